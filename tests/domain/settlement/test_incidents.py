"""One root cause behind several P1, and serious complaints: what asks for improvement, once (section 5.3)."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.settlement.incidents import P1, SERIOUS, WINDOW_MONTHS, Incident, improvements


def p1(subject: str, day: date, cause: str = "数据库连接池") -> Incident:
    return Incident(P1, subject, day, cause)


def test_a_cause_that_comes_again_within_three_calendar_months_asks_for_improvement_once() -> None:
    [found] = improvements(
        [p1("INC-2", date(2027, 3, 31)), p1("INC-1", date(2027, 1, 1), "数据库 连接池"), p1("INC-3", date(2027, 4, 2))]
    )
    assert found.subject == "重复P1 INC-1、INC-2"
    assert "INC-1（2027-01-01）、INC-2（2027-03-31）" in found.sentence
    assert not improvements([p1("INC-1", date(2027, 1, 31)), p1("INC-2", date(2027, 4, 1))]), "the fourth month"
    assert not improvements([p1("INC-1", date(2027, 1, 1)), p1("INC-2", date(2027, 1, 2), "网络")])
    assert not improvements([p1("INC-1", date(2027, 1, 1), ""), p1("INC-2", date(2027, 1, 2), "")]), "nobody knows why"
    assert not improvements([p1("INC-1", date(2027, 1, 1)), p1("INC-1", date(2027, 1, 2))]), "entered twice"


def test_a_cause_that_comes_back_after_a_quiet_time_asks_anew() -> None:
    days = [date(2027, 1, 1), date(2027, 2, 1), date(2027, 9, 1), date(2027, 10, 1)]
    found = improvements([p1(f"INC-{i}", day) for i, day in enumerate(days)])
    assert [x.subject for x in found] == ["重复P1 INC-0、INC-1", "重复P1 INC-2、INC-3"]


def test_every_serious_complaint_asks_for_improvement() -> None:
    found = improvements([Incident(SERIOUS, "TS-1", date(2027, 1, 1)), Incident(SERIOUS, "TS-2", date(2027, 1, 1))])
    assert [x.subject for x in found] == ["重大投诉 TS-1", "重大投诉 TS-2"]


INCIDENTS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.sampled_from(["甲", "乙", ""])),
    max_size=8,
).map(lambda found: [p1(*x) for x in found])


@settings(max_examples=150)
@given(INCIDENTS.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_exactly_the_causes_with_two_near_incidents_are_told_in_whatever_order_they_came(
    both: tuple[list[Incident], list[Incident]],
) -> None:
    found, shuffled = both
    told = improvements(found)
    assert set(improvements(shuffled)) == set(told)
    first: dict[tuple[str, str], date] = {}
    for x in found:
        if x.cause:
            first[x.cause, x.subject] = min(x.day, first.get((x.cause, x.subject), x.day))
    months = {c: sorted(day.year * 12 + day.month for (cause, _), day in first.items() if cause == c) for c, _ in first}
    near = {c for c, row in months.items() if any(b - a < WINDOW_MONTHS for a, b in pairwise(row))}
    assert near == {c for c in months if any(f"“{c}”" in x.sentence for x in told)}
