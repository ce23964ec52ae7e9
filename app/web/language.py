"""Interface language: Chinese is written in the pages, English comes from the catalogue.

The catalogue is kept as text (``.po``) and compiled into the data directory when a newer one is found.
"""

from __future__ import annotations

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, current_app, g, request, session
from flask_babel import Babel

SOURCE = Path(__file__).resolve().parent / "translations"
LANGUAGES = {"zh": "中文", "en": "English"}
_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


def init_language(app: Flask, data_dir: Path, default: str) -> None:
    target = (data_dir / "translations").resolve()
    compile_words(target)
    app.config.update(BABEL_TRANSLATION_DIRECTORIES=str(target), BABEL_DEFAULT_LOCALE=_LOCALES[default], LANGUAGE=default)
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    Babel(app, locale_selector=lambda: _LOCALES[current_language()])
    app.context_processor(lambda: {"language": current_language(), "languages": LANGUAGES})


def current_language() -> str:
    """The language chosen in this session, else the one of the settings."""
    if "language" not in g:
        chosen = session.get("language")
        g.language = chosen if chosen in LANGUAGES else current_app.config["LANGUAGE"]
    return str(g.language)


def choose_language(code: str) -> None:
    if code in LANGUAGES:
        session["language"] = code
        session.permanent = True
        g.pop("language", None)


def compile_words(target: Path) -> None:
    """Each catalogue into the folder ``target``, unless one as new is there."""
    for source in SOURCE.glob("*/LC_MESSAGES/messages.po"):
        compiled = target / source.relative_to(SOURCE).with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        compiled.parent.mkdir(parents=True, exist_ok=True)
        temporary = compiled.with_suffix(f".{os.getpid()}.tmp")
        with source.open("rb") as text, temporary.open("wb") as binary:
            write_mo(binary, read_po(text))
        os.replace(temporary, compiled)


def same_origin_path(target: str) -> str:
    """``target`` where it is a path of this site, else the start page."""
    unsafe = not target.startswith("/") or target.startswith("//") or "\\" in target or any(ord(c) < 32 for c in target)
    return "/" if unsafe else target


def back() -> str:
    return same_origin_path(request.form.get("next", "/"))
