"""Run by the system's own Python, which has LibreOffice's ``uno``: resolve all tracked changes of documents in LibreOffice.

Usage: ``uno_resolve.py PIPE FILE... --again FILE...``. Writes ``X.accepted.docx`` and ``X.rejected.docx`` beside every ``X.docx`` and prints
one JSON line for each: the file, how many changes LibreOffice saw, how many were left. Behind ``--again``: ``X.again.docx``, as it was read.
"""

import json
import pathlib
import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException


def properties(**values):
    return tuple(PropertyValue(name, 0, value, 0) for name, value in values.items())


def connect(pipe):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(240):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            time.sleep(0.25)
    raise SystemExit("LibreOffice does not answer")


def count(document):
    changes, number = document.Redlines.createEnumeration(), 0
    while changes.hasMoreElements():
        changes.nextElement()
        number += 1
    return number


def store(document, target):
    document.storeToURL(target.as_uri(), properties(FilterName="MS Word 2007 XML"))


def main(pipe, files, again):
    context = connect(pipe)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    dispatcher = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", context)
    for name in files:
        path = pathlib.Path(name)
        for verb, command in (("accepted", "AcceptAllTrackedChanges"), ("rejected", "RejectAllTrackedChanges")):
            document = desktop.loadComponentFromURL(path.as_uri(), "_blank", 0, properties(Hidden=True))
            before = count(document)
            dispatcher.executeDispatch(document.CurrentController.Frame, f".uno:{command}", "", 0, ())
            left = count(document)
            # What a REF field shows was laid out while the deleted paragraphs still counted.
            document.TextFields.refresh()
            target = path.with_suffix(f".{verb}.docx")
            store(document, target)
            document.close(True)
            print(json.dumps({"file": target.name, "before": before, "left": left}), flush=True)
    for name in again:
        path = pathlib.Path(name)
        document = desktop.loadComponentFromURL(path.as_uri(), "_blank", 0, properties(Hidden=True))
        store(document, path.with_suffix(".again.docx"))
        document.close(True)
    desktop.terminate()


if __name__ == "__main__":
    end = sys.argv.index("--again")
    main(sys.argv[1], sys.argv[2:end], sys.argv[end + 1 :])
