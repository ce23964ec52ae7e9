"""iCalendar files, read back by a library that did not write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.agenda import Entry
from app.notify.calendar import write_calendar

ENTRY = Entry(
    "s1", date(2027, 3, 17), "付款到期日：SHFW-2026-0001 1月服务费", "第8.2节，含逗号；与\n换行", "http://localhost/contracts/c/",
    datetime(2026, 11, 22, 8, 30, tzinfo=UTC), (timedelta(days=-5), timedelta(days=-1)),
)  # fmt: skip


@pytest.mark.filterwarnings("ignore")
def test_another_library_reads_day_zone_and_alarms_of_a_calendar() -> None:
    import vobject

    text = write_calendar(
        [ENTRY, Entry("s2", date(2027, 12, 31), "届满日", "", "http://localhost/", ENTRY.changed_at)], "成约提醒"
    )
    calendar = vobject.readOne(text)
    events = calendar.vevent_list
    begins = events[0].dtstart.value
    assert begins.utcoffset() == timedelta(hours=8)
    assert begins.isoformat() == "2027-03-17T08:30:00+08:00"
    assert events[0].summary.value == ENTRY.title
    assert events[0].description.value == ENTRY.text
    assert [a.trigger.value for a in events[0].valarm_list] == [timedelta(days=-5), timedelta(days=-1)]
    assert not hasattr(events[1], "valarm")
    assert calendar.vtimezone.tzid.value == "Asia/Shanghai"
    assert [e.uid.value for e in events] == ["s1@chengyue", "s2@chengyue"]


def test_lines_are_folded_at_75_bytes_and_end_with_crlf() -> None:
    text = write_calendar([ENTRY], "成约提醒")
    assert text.replace("\r\n", "").count("\n") == 0
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_a_moved_date_wins_over_the_one_that_the_calendar_has() -> None:
    later = Entry(ENTRY.uid, date(2027, 4, 1), ENTRY.title, "", ENTRY.link, ENTRY.changed_at + timedelta(hours=1))

    def sequence(entry: Entry) -> int:
        return int(write_calendar([entry], "x").split("SEQUENCE:")[1].split("\r\n")[0])

    assert sequence(later) > sequence(ENTRY)
