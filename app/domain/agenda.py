"""A day in somebody's calendar: what the iCalendar files of reminders are made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Entry:
    """``uid``: the same for the same thing, so that a moved date moves in the calendar instead of doubling. ``alarms``: relative to
    the event's beginning, negative before it."""

    uid: str
    on: date
    title: str
    text: str
    link: str
    changed_at: datetime
    alarms: tuple[timedelta, ...] = ()
