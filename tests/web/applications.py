"""The application under test, whose templates are compiled once for all tests of a process."""

from __future__ import annotations

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from app.factory import create_app
from app.settings import Settings
from app.web.desk import Desk


class _Compiled(BytecodeCache):
    """What Jinja made of each template; the bucket's checksum is that of its source."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        found = self.held.get((bucket.key, bucket.checksum))
        if found is not None:
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.held[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


COMPILED = _Compiled()


def application(settings: Settings, wiring: Desk | None = None) -> Flask:
    made = create_app(settings, wiring)
    made.jinja_env.bytecode_cache = COMPILED
    return made
