"""Run by the system's own Python, which has LibreOffice's ``uno``: what LibreOffice says of the signatures of documents.

Usage: ``uno_signature.py PIPE FILE...``. Prints one JSON line for each file: its path and the state of ``.uno:Signature``
(SignatureState of sfx2: 0 none, 1 ok, 2 broken, 3 invalid, 4 not validated, 5 partial, 6 partial and not validated).
"""

import contextlib
import json
import sys
import time

import uno
import unohelper
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.frame import XStatusListener
from com.sun.star.util import URL


class Listener(unohelper.Base, XStatusListener):
    def __init__(self):
        self.state = None

    def statusChanged(self, event):
        self.state = event.State

    def disposing(self, event):
        pass


def connect(pipe):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(240):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            time.sleep(0.25)
    raise SystemExit("LibreOffice does not answer")


def main(pipe, files):
    context = connect(pipe)
    manager = context.ServiceManager
    desktop = manager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    for path in files:
        hidden = PropertyValue("Hidden", 0, True, 0)
        document = desktop.loadComponentFromURL(f"file://{path}", "_blank", 0, (hidden,))
        address = URL()
        address.Complete = ".uno:Signature"
        _, address = manager.createInstanceWithContext("com.sun.star.util.URLTransformer", context).parseStrict(address)
        listener = Listener()
        dispatch = document.CurrentController.Frame.queryDispatch(address, "", 0)
        dispatch.addStatusListener(listener, address)
        for _ in range(40):
            if listener.state is not None:
                break
            time.sleep(0.1)
        dispatch.removeStatusListener(listener, address)
        print(json.dumps({"file": path, "state": listener.state}), flush=True)
        document.close(True)
    with contextlib.suppress(Exception):  # the office goes away while it answers
        desktop.terminate()


main(sys.argv[1], sys.argv[2:])
