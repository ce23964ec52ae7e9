"""What the pages need from outside; ``app.factory`` hands over the wiring, a view reaches it through ``desk()``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol, cast

from flask import current_app

from app.domain.clauses import ClauseLibrary
from app.domain.tree import Instrument
from app.services.drafting import Reference
from app.services.generation import Tools
from app.services.ports import ServiceListReading
from app.settings import Settings
from app.store.uow import UnitOfWork

KEY = "chengyue"


class Desk(Protocol):
    """The tools a page works with; ``app.wiring.Wiring`` is the real one."""

    @property
    def settings(self) -> Settings: ...
    @property
    def library(self) -> ClauseLibrary: ...
    @property
    def reference(self) -> Reference: ...
    @property
    def tools(self) -> Tools: ...
    @property
    def secret_key(self) -> str: ...
    def unit_of_work(self) -> UnitOfWork: ...
    def now(self) -> datetime: ...
    def today(self) -> date: ...
    def preview(self, instrument: Instrument) -> str: ...
    def read_service_list(self, content: bytes, filename: str) -> ServiceListReading: ...
    def service_list_template(self) -> bytes: ...
    def read_answers_file(self, content: bytes) -> Mapping[str, Any]: ...
    def example_answers(self) -> Mapping[str, Any]: ...


def desk() -> Desk:
    return cast(Desk, current_app.extensions[KEY])
