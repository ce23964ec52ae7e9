"""What every page shares: file versions, the start page, the language switch, and how times and texts are shown."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from flask import Flask, redirect, request, url_for
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from app.domain.term import BEIJING
from app.web.language import back, choose_language

ROOT = Path(__file__).resolve().parents[2]
_STATIC = str(ROOT / "app" / "web" / "static")


def init_pages(app: Flask) -> None:
    app.add_url_rule("/language", "language", switch_language, methods=["POST"])
    app.jinja_env.filters.update(clock=clock, plain=printable, lines=lines, browser=browser)
    app.jinja_env.globals.update(asset=asset, is_fragment=is_fragment)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(_keep_for_good)


def switch_language() -> Response:
    choose_language(request.form.get("language", ""))
    return redirect(back())


def is_fragment() -> bool:
    """True for a request that htmx makes for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def clock(moment: datetime) -> str:
    """An instant in Beijing time, to the minute."""
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M}"


def printable(text: object) -> str:
    """Text that any page can carry: lone surrogates and control characters are shown as a replacement sign."""
    return "".join(
        c if c in "\n\t" or ((c.isprintable() or ord(c) > 0xFF) and not 0xD800 <= ord(c) <= 0xDFFF) else "\ufffd"
        for c in str(text)
    )


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser(agent: str) -> str:
    """A browser's long description of itself in two words; one that is unknown is cut."""
    name = next((shown for sign, shown in _BROWSERS if sign in agent), printable(agent)[:40] or "—")
    system = next((shown for sign, shown in _SYSTEMS if sign in agent), "")
    return f"{name} · {system}" if system else name


def lines(text: object) -> Markup:
    """Escaped text whose line ends show."""
    return Markup("<br>").join(escape(line) for line in printable(text).splitlines())


def asset(name: str) -> str:
    """The address of a static file, with the digest of its contents so that browsers never show a stale one.

    Modules import each other by their plain name, so they go without; browsers ask again for them each time.
    """
    if name.startswith("js/"):
        return url_for("static", filename=name)
    return url_for("static", filename=name, v=_version(name))


def _keep_for_good(response: Response) -> Response:
    """A file under an address that names its version is never asked for again; under any other it is, each time."""
    name = (request.view_args or {}).get("filename", "")
    if request.endpoint == "static" and response.status_code in (200, 304) and request.args.get("v") == _version(name):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _version(name: str) -> str:
    path = f"{_STATIC}/{name}"
    try:
        found = os.stat(path)
    except OSError:
        return "0"
    return _digest(path, (found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size))


@lru_cache(maxsize=64)
def _digest(path: str, _state: tuple[int, ...]) -> str:
    """Of the contents: a time of change may be the same in two releases, and one address must never have two contents."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
