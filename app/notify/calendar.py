"""iCalendar files (RFC 5545) of days with their alarms, in Beijing time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from icalendar import Alarm, Calendar, Event, Timezone, TimezoneStandard

from app.domain.agenda import Entry
from app.domain.term import BEIJING

BEGINS = time(8, 30)
LASTS = timedelta(minutes=30)
ZONE = "Asia/Shanghai"
_REFRESH = timedelta(hours=4)


def write_calendar(entries: Sequence[Entry], name: str) -> str:
    """One event for each entry, at half past eight of its day, that marks nobody as busy. The text ends its lines with CRLF."""
    calendar = Calendar()
    _add(calendar, prodid="-//Chengyue//Reminders//ZH", version="2.0", calscale="GREGORIAN", method="PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", ZONE)
    calendar.add("refresh-interval", _REFRESH, {"value": "DURATION"})
    calendar.add_component(_zone())
    for entry in entries:
        calendar.add_component(_event(entry))
    return str(calendar.to_ical(), "utf-8")


def _zone() -> Timezone:
    """China has kept UTC+8 throughout since summer time ended on 1991-09-15 (tz database, zone Asia/Shanghai)."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", ZONE)
    # Summer time ended at two o'clock of UTC+9.
    _add(
        standard, dtstart=datetime(1991, 9, 15, 2), tzoffsetfrom=timedelta(hours=9), tzoffsetto=timedelta(hours=8), tzname="CST"
    )  # fmt: skip
    zone.add_component(standard)
    return zone


def _event(entry: Entry) -> Event:
    event = Event()
    begins = datetime.combine(entry.on, BEGINS, BEIJING)
    _add(
        event,
        uid=f"{entry.uid}@chengyue",
        dtstamp=entry.changed_at,
        last_modified=entry.changed_at,
        dtstart=begins,
        dtend=begins + LASTS,
    )
    _add(event, summary=entry.title, description=entry.text, url=entry.link, transp="TRANSPARENT")
    # A moved date must win over the one that the calendar already has.
    event.add("sequence", int(entry.changed_at.timestamp()) // 60 % 2**31)
    for before in entry.alarms:
        alarm = Alarm()
        _add(alarm, action="DISPLAY", description=entry.title, trigger=before)
        event.add_component(alarm)
    return event


def _add(component: Any, **values: Any) -> None:
    for name, value in values.items():
        component.add(name.replace("_", "-"), value)
