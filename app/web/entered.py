"""Values of a plain form as the use cases want them. A day or a number that can't be read is a fault beside the others, never lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext as _

from app.domain.errors import InputError, InputFault

E = TypeVar("E", bound=Enum)


class Entered:
    """Reads ``request.form`` (or the query); call ``require_sound`` before the values are used."""

    def __init__(self, source: Any = None) -> None:
        self.source = request.form if source is None else source
        self.faults: list[InputFault] = []

    def text(self, name: str, longest: int = 4000) -> str:
        return str(self.source.get(name, "")).strip()[:longest]

    def flag(self, name: str) -> bool:
        return self.text(name) == "1"

    def day(self, name: str, label: str, *, required: bool = True) -> date | None:
        raw = self.text(name, 40)
        if not raw:
            if required:
                self.faults.append(InputFault(name, label, _("未填写")))
            return None
        try:
            return date.fromisoformat(raw)
        except ValueError:
            self.faults.append(InputFault(name, label, _("不是有效的日期"), "2026-11-22"))
            return None

    def whole(self, name: str, label: str, *, least: int = 0, most: int = 9999) -> int | None:
        raw = self.text(name, 20)
        if not raw:
            return None
        try:
            value = int(raw)
        except ValueError:
            self.faults.append(InputFault(name, label, _("应为整数")))
            return None
        if not least <= value <= most:
            self.faults.append(InputFault(name, label, _("应在%(least)d至%(most)d之间", least=least, most=most)))
            return None
        return value

    def figure(self, name: str, label: str) -> Decimal | None:
        raw = self.text(name, 20)
        if not raw:
            return None
        try:
            value = Decimal(raw)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            self.faults.append(InputFault(name, label, _("应为数字")))
            return None
        return value

    def member(self, name: str, label: str, kind: type[E]) -> E | None:
        """A member of a closed set by its value; a missing or strange one is a fault."""
        raw = self.text(name, 40)
        found = next((m for m in kind if m.value == raw), None)
        if found is None:
            self.faults.append(InputFault(name, label, _("请选择")))
        return found

    def require_sound(self) -> None:
        """Raises ``InputError`` with everything that can't be read."""
        if self.faults:
            raise InputError(self.faults)
