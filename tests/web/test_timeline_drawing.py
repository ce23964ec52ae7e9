"""The drawn timeline: nothing crosses words, everything is in the picture."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.timeline import Mark, MarkKind, Span, SpanKind, Timeline
from app.web.timeline_drawing import GAP, LABEL, STRIP, WIDTH, Pin, draw, length, strip

TODAY = date(2026, 11, 22)
MARKS = st.builds(
    Mark,
    st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    st.sampled_from([k for k in MarkKind if k is not MarkKind.TODAY]),
    st.sampled_from(["签订", "通知到达截止", "快递最后安全发出", "解除通知函到达", "届满"]),
)


@given(st.lists(MARKS, max_size=14))
def test_no_words_lie_over_others_and_no_line_crosses_words(marks: list[Mark]) -> None:
    pins = draw(Timeline.of(marks, [], TODAY)).pins
    for place, one in enumerate(pins):
        for other in pins[place + 1 :]:
            if other.x < one.x + length(one.label) + GAP:
                assert lower(other, one)


def lower(one: Pin, other: Pin) -> bool:
    """A whole label lower: the line of the lower one rises only to its own words, below those of the other."""
    return one.top >= other.top + LABEL


@given(st.lists(MARKS, min_size=1, max_size=14))
def test_everything_is_inside_the_picture(marks: list[Mark]) -> None:
    spans = [Span(m.day, m.day + timedelta(365), SpanKind.TERM, "首期") for m in marks[:3]]
    drawing = draw(Timeline.of(marks, spans, TODAY))
    for pin in drawing.pins:
        assert 0 <= pin.x <= WIDTH - 100
        assert 0 <= pin.top < pin.foot <= drawing.height
    for bar in drawing.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH
    assert [t.x for t in drawing.ticks] == sorted(t.x for t in drawing.ticks)


@given(st.lists(MARKS, max_size=14))
def test_on_a_narrow_screen_every_mark_and_today_lie_on_the_strip(marks: list[Mark]) -> None:
    spans = [Span(m.day, m.day + timedelta(365), SpanKind.TERM, "首期") for m in marks[:3]]
    timeline = Timeline.of(marks, spans, TODAY)
    found = strip(timeline)
    assert len(found.pins) == len(timeline.marks) - 1
    assert all(0 <= x <= STRIP for x in (*(p.x for p in found.pins), found.today))
    assert all(b.x >= 0 and b.x + b.width <= STRIP for b in found.bars)
