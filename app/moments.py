"""The time it is, by itself: who only asks for it must not load all that the wiring does."""

from __future__ import annotations

from datetime import UTC, date, datetime

from app.domain.term import BEIJING


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    """Dates of law are days in Beijing."""
    return datetime.now(BEIJING).date()
