"""Values of a plain form as the use cases want them. A day or a number that can't be read is a fault beside the others, never lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext as _

from app.domain.errors import ContractError, InputError, InputFault

E = TypeVar("E", bound=Enum)
MOST_AT_ONCE = 500


def sent_answers() -> tuple[dict[str, Any], dict[str, int] | None]:
    """Answers that a page sends by itself: raw by name (an empty text clears one), and the revision of each answer that the page
    showed; None where the sender doesn't say. Raises ``answers.shape``."""
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # brackets a hundred thousand deep
        body = None
    entered = body.get("answers") if isinstance(body, dict) else None
    if not isinstance(entered, dict) or not entered or len(entered) > MOST_AT_ONCE:
        raise ContractError("answers.shape", _("提交的内容不完整，请刷新页面后重试。"))
    shown = body.get("seen") if isinstance(body, dict) else None
    seen = {str(n): r for n, r in shown.items() if isinstance(r, int)} if isinstance(shown, dict) else None
    return {str(name): (None if value == "" else value) for name, value in entered.items()}, seen


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
