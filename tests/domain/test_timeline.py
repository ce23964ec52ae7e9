"""The life of a contract in order of time."""

from __future__ import annotations

from datetime import timedelta

from app.domain.timeline import Mark, MarkKind, Span, SpanKind, Timeline
from tests.domain.renewals import d

TODAY = d("2026-11-22")


def test_marks_and_spans_come_in_order_of_time_with_today_among_them() -> None:
    found = Timeline.of(
        [Mark(d("2027-12-31"), MarkKind.END, "届满"), Mark(d("2026-11-20"), MarkKind.SIGNED, "签订")],
        [Span(d("2027-01-01"), d("2027-12-31"), SpanKind.TERM, "首期")],
        TODAY,
    )
    assert [e.sentence for e in found.events] == [
        "2026年11月20日：签订", "2026年11月22日：今天", "2027年1月1日至2027年12月31日：首期", "2027年12月31日：届满",
    ]  # fmt: skip
    assert (found.first, found.last) == (d("2026-11-20"), d("2027-12-31"))


def test_the_next_date_is_the_first_that_asks_for_something_today_or_later() -> None:
    marks = [
        Mark(TODAY - timedelta(1), MarkKind.DEADLINE, "过去"), Mark(TODAY + timedelta(3), MarkKind.PAPER, "文书"),
        Mark(TODAY + timedelta(9), MarkKind.SAFE, "发出"), Mark(TODAY + timedelta(20), MarkKind.DEADLINE, "截止"),
    ]  # fmt: skip
    found = Timeline.of(marks, [], TODAY)
    assert found.next is not None
    assert found.next.label == "发出"
    assert Timeline.of([Mark(TODAY, MarkKind.DEADLINE, "今天截止")], [], TODAY).next is not None
    assert Timeline.of([], [], TODAY).next is None
