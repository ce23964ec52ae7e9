"""The application under test, whose templates and words are compiled once for all tests."""

from __future__ import annotations

import atexit
import hashlib
import inspect
import shutil
from functools import cache
from pathlib import Path

from flask import Flask
from jinja2 import FileSystemBytecodeCache

from app.factory import create_app
from app.settings import Settings
from app.web import pages
from app.web.desk import Desk
from app.web.language import compile_words
from tests.scratch import scratch_folder

_OPTIONS = hashlib.sha256(inspect.getsource(pages).encode()).hexdigest()[:12]
"""What is compiled depends on how ``pages`` sets Jinja up, of which the cache itself knows nothing."""
COMPILED = FileSystemBytecodeCache(pattern=f"chengyue-{_OPTIONS}-%s.cache")
"""What Jinja made of each template, in a folder of the user's own; valid for one source and one version of Jinja and of Python."""


@cache
def _words() -> Path:
    folder = scratch_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    compile_words(folder)
    return folder


def with_words(data_dir: Path) -> Path:
    """The same folder with the words of the interface, which a first start compiles into it."""
    shutil.copytree(_words(), data_dir / "translations", dirs_exist_ok=True)
    return data_dir


def application(settings: Settings, wiring: Desk | None = None) -> Flask:
    with_words(settings.data_dir)
    made = create_app(settings, wiring)
    made.jinja_env.bytecode_cache = COMPILED
    return made
