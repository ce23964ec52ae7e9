"""Severity of a ticket, P1 to P4: how long its first response may take, and whether the watch works on it at night (2.3, 6.3).

P1 and P2 are counted in natural time, P3 and P4 in service hours; where the general limit of section 2.3 is shorter, it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.domain.term import Period, Unit
from app.domain.variables import Value

LEVELS = ("P1", "P2", "P3", "P4")
_RESPONSE: Mapping[str, tuple[str, Unit]] = {
    "P1": ("sla.p1_response_minutes", Unit.MINUTES), "P2": ("sla.p2_response_minutes", Unit.MINUTES),
    "P3": ("sla.p3_response_hours", Unit.SERVICE_HOURS), "P4": ("sla.p4_response_hours", Unit.SERVICE_HOURS),
}  # fmt: skip
_WATCH: Mapping[str, frozenset[str]] = {"p1_p2": frozenset({"P1", "P2"}), "p1_only": frozenset({"P1"})}


@dataclass(frozen=True, slots=True)
class LevelLimit:
    """``period`` of the first response, taken from ``variable``. ``watched``: the watch works on it outside the hours of service, so
    that it counts from the ticket; otherwise from the beginning of the next hours."""

    level: str
    period: Period
    variable: str
    watched: bool


def response_limit(level: str, values: Mapping[str, Value]) -> LevelLimit | None:
    """None where the level is unknown or its limit was never agreed."""
    if level not in _RESPONSE:
        return None
    variable, unit = _RESPONSE[level]
    amount = values.get(variable)
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        return None
    watch = _WATCH.get(str(values.get("service.after_hours_oncall")), frozenset())
    return LevelLimit(level, Period(Decimal(amount), unit), variable, level in watch)
