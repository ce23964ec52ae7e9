"""Ending before the term: grounds, cure period, lapse of the right, effect of the notice (sections 9.1, 9.3, 11.3; brief C4, C8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.answers import read_answers
from app.domain.arrears import arrears
from app.domain.defaults import complete
from app.domain.errors import ContractError
from app.domain.lifecycle import Event
from app.domain.termination import (
    GROUNDS,
    Case,
    Demand,
    Notice,
    Route,
    TerminationTerms,
    cure_ends,
    ends_on,
    ground,
    may_leave_on,
    right_lapses,
)
from app.domain.termination_checks import has_ended, may_demand, may_give_notice, unmet
from app.domain.variables import Answers
from app.library.answers_file import load_example
from app.library.loader import load_library
from tests.domain.renewals import OFFICIAL, ONE, d

TODAY = d("2026-08-31")
LISTS = frozenset(g.listed for g in GROUNDS if g.listed)


def agreed(**changes: Any) -> TerminationTerms:
    whole: dict[str, Any] = {
        "cure_days": 15, "data_cure_days": 3, "right_days": 90, "auto_days": 15, "notice_method": "written_delivery", "fm_days": 60,
        "leave_days": {"a": 60, "b": 120}, "lists": LISTS,
    }  # fmt: skip
    return TerminationTerms(**{**whole, **changes})


BREACH = Case(
    Route.BREACH, ground="fail", by="a", facts="2026年4月至6月连续三期不合格", evidence="JS-202604、JS-202605、JS-202606",
    known_on=d("2026-07-06"), demand=Demand("X-CG-01", d("2026-07-10"), 15),
)  # fmt: skip
NOTICE = Notice("X-JC-01", d("2026-08-03"))


def blocked(case: Case, today: date = TODAY, **changes: Any) -> tuple[str, ...]:
    return unmet(may_give_notice(case, agreed(**changes), OFFICIAL, today))


def open_end(case: Case, today: date = TODAY, **changes: Any) -> tuple[str, ...]:
    return unmet(has_ended(case, agreed(**changes), OFFICIAL, today))


# ---- demand and cure


def test_a_breach_with_demand_and_cure_period_over_may_be_answered_by_rescission() -> None:
    assert blocked(BREACH) == ()


def test_the_cure_period_runs_from_arrival_and_rolls_to_a_working_day() -> None:
    found = cure_ends(BREACH, agreed(), OFFICIAL)
    assert found is not None
    assert found.day == d("2026-07-27")  # 25 July is a Saturday
    assert found.lines == (
        "催告函X-CG-01到达：2026年7月10日（周五）",
        "补救期（催告期与约定补救期取较长者）：自2026年7月10日次日起算15个自然日，为2026年7月25日（周六）",
        "期间末日遇休假日：2026年7月25日（周六），顺延至2026年7月27日",
    )


@pytest.mark.parametrize(("today", "words"), [("2026-07-27", "尚未届满"), ("2026-07-28", "")])
def test_on_the_last_day_of_the_cure_period_there_is_no_right_yet(today: str, words: str) -> None:
    found = blocked(BREACH, d(today))
    assert (found == ()) if not words else (len(found) == 1 and words in found[0])


BLOCKS: list[tuple[Case, dict[str, Any], str]] = [
    (replace(BREACH, demand=None), {}, "须先以催告函催告"),
    (replace(BREACH, demand=Demand("X-CG-01", None, 15)), {}, "没有到达记录"),
    (replace(BREACH, demand=Demand("X-CG-01", d("2026-09-01"), 15)), {}, "没有到达记录"),
    (replace(BREACH, demand=Demand("X-CG-01", d("2026-07-10"), 7)), {}, "短于补救期15个自然日"),
    (replace(BREACH, cured_on=d("2026-07-27")), {}, "已在补救期内完成补救"),
    (replace(BREACH, ground=""), {}, "尚未选定解除事由"),
    (replace(BREACH, ground="delay"), {}, "尚未选定解除事由"),
    (replace(BREACH, by="b"), {}, "不能由该方主张"),
    (replace(BREACH, ground="misuse"), {"lists": LISTS - {"unauthorized_data_use"}}, "没有把“擅自使用数据”列为重大违约"),
    (replace(BREACH, facts=" "), {}, "事实和证据"),
    (replace(BREACH, evidence=""), {}, "事实和证据"),
    (replace(BREACH, known_on=None), {}, "知道解除事由之日"),
    (replace(BREACH, known_on=d("2026-09-01")), {}, "尚未到来"),
    (replace(BREACH, known_on=d("2026-06-01")), {}, "2026年8月30日届满，解除权已经消灭"),
]


@pytest.mark.parametrize(("case", "changes", "words"), BLOCKS)
def test_each_thing_that_stands_in_the_way_is_said(case: Case, changes: dict[str, Any], words: str) -> None:
    found = blocked(case, **changes)
    assert len(found) == 1
    assert words in found[0]


def test_a_cure_after_the_cure_period_does_not_take_the_right_away() -> None:
    assert blocked(replace(BREACH, cured_on=d("2026-07-28"))) == ()


def test_a_breach_of_data_has_the_shorter_cure_period() -> None:
    case = replace(BREACH, ground="leak", demand=Demand("X-CG-01", d("2026-07-10"), 3))
    assert blocked(case) == ()
    found = cure_ends(case, agreed(), OFFICIAL)
    assert found is not None
    assert found.day == d("2026-07-13")
    assert found.steps[1].source == ("breach.events.general.data",)


def test_a_demand_with_less_grace_than_the_cure_period_is_told_before_it_is_sent() -> None:
    case = replace(BREACH, demand=None)
    assert unmet(may_demand(case, agreed(), 15, TODAY)) == ()
    assert "不得短于补救期" in unmet(may_demand(case, agreed(), 14, TODAY))[0]
    assert unmet(may_demand(replace(case, ground="leak"), agreed(), 3, TODAY)) == ()


# ---- the right and its lapse


def test_without_an_agreed_period_the_right_lapses_after_a_year() -> None:
    found = right_lapses(BREACH, agreed(right_days=None), OFFICIAL)
    assert found is not None
    assert found.day == d("2027-07-06")
    assert found.steps[-1].source == ("CC:564",)


def test_while_a_breach_lasts_the_period_has_not_begun() -> None:
    lasting = replace(BREACH, known_on=d("2025-01-01"), continuing=True)
    assert right_lapses(lasting, agreed(), OFFICIAL) is None
    assert blocked(lasting) == ()
    over = replace(lasting, ceased_on=d("2026-05-01"))
    assert "2026年7月30日届满" in blocked(over)[0]


def test_a_demand_to_decide_shortens_the_right_only_where_that_was_agreed() -> None:
    asked = replace(BREACH, asked_on=d("2026-07-20"))
    assert right_lapses(asked, agreed(), OFFICIAL) == right_lapses(BREACH, agreed(), OFFICIAL)
    shortened = right_lapses(asked, agreed(answers_demand=True), OFFICIAL)
    assert shortened is not None
    assert shortened.day == d("2026-08-19")
    assert "解除权已经消灭" in blocked(asked, answers_demand=True)[0]


def test_the_last_day_of_the_right_is_told_strictly_and_not_rolled() -> None:
    found = right_lapses(replace(BREACH, known_on=d("2026-07-06")), agreed(right_days=89), OFFICIAL)
    assert found is not None
    assert found.day == d("2026-10-03")  # inside the National Day holiday


# ---- statutory grounds

STATUTORY = replace(BREACH, route=Route.STATUTORY, ground="refuse", demand=None)


@pytest.mark.parametrize("key", ["refuse", "basic"])
def test_refusal_and_a_breach_that_defeats_the_purpose_need_no_demand(key: str) -> None:
    assert blocked(replace(STATUTORY, ground=key)) == ()


def test_delay_needs_demand_and_time() -> None:
    assert "须先以催告函催告" in blocked(replace(STATUTORY, ground="delay"))[0]
    assert blocked(replace(BREACH, route=Route.STATUTORY, ground="delay", by="b")) == ()


@pytest.mark.parametrize(("since", "free"), [("2026-07-02", False), ("2026-07-01", True), (None, False)])
def test_force_majeure_must_last_longer_than_agreed(since: str | None, free: bool) -> None:
    case = replace(STATUTORY, ground="force", since=d(since) if since else None)
    assert (blocked(case) == ()) is free


# ---- the notice works


def test_a_notice_ends_the_contract_on_arrival() -> None:
    case = replace(BREACH, notice=NOTICE)
    found = ends_on(case, agreed(), OFFICIAL)
    assert found is not None
    assert found.day == d("2026-08-03")
    assert open_end(case) == ()


def test_a_notice_with_a_last_chance_ends_it_when_that_is_over_and_nothing_was_done() -> None:
    case = replace(BREACH, notice=replace(NOTICE, automatic=True))
    found = ends_on(case, agreed(), OFFICIAL)
    assert found is not None
    assert found.day == d("2026-08-18")
    assert "尚未届至" in open_end(case, d("2026-08-18"))[0]  # it may still be performed until midnight
    assert open_end(case, d("2026-08-19")) == ()
    performed = replace(case, notice=replace(NOTICE, automatic=True, performed_on=d("2026-08-18")))
    assert ends_on(performed, agreed(), OFFICIAL) is None
    assert "不自动解除" in open_end(performed)[0]
    too_late = replace(case, notice=replace(NOTICE, automatic=True, performed_on=d("2026-08-19")))
    assert open_end(too_late) == ()


@pytest.mark.parametrize(
    ("notice", "words"),
    [
        (None, "尚未发出通知"),
        (replace(NOTICE, arrived_on=None), "没有到达对方的记录"),
        (replace(NOTICE, faults=("解除通知应当以邮政特快专递发出（第9.3节）。",)), "特快专递"),
    ],
)
def test_a_notice_that_did_not_arrive_as_agreed_ends_nothing(notice: Notice | None, words: str) -> None:
    assert any(words in found for found in open_end(replace(BREACH, notice=notice)))


def test_what_must_hold_is_judged_on_the_day_of_arrival_and_not_later() -> None:
    case = replace(BREACH, notice=replace(NOTICE, arrived_on=d("2026-10-04")))
    assert open_end(case, d("2026-12-01")) == ()  # arrived on the last day of the right
    late = replace(BREACH, notice=replace(NOTICE, arrived_on=d("2026-10-05")))
    assert "解除权已经消灭" in open_end(late, d("2026-12-01"))[0]
    early = replace(BREACH, notice=replace(NOTICE, arrived_on=d("2026-07-27")))
    assert "尚未届满" in open_end(early, d("2026-12-01"))[0]


# ---- leaving without ground, by agreement

LEAVING = Case(Route.CONVENIENCE, by="a", notice=Notice("X-TQ-01", d("2026-06-30")))


def test_leaving_needs_the_agreed_days_after_arrival() -> None:
    found = may_leave_on(LEAVING, agreed(), OFFICIAL)
    assert found is not None
    assert found.day == d("2026-08-31")  # 29 August is a Saturday
    assert "尚未届至" in open_end(LEAVING, d("2026-08-30"))[0]
    assert open_end(LEAVING, d("2026-08-31")) == ()


def test_an_announced_day_counts_only_where_it_is_later() -> None:
    later, sooner = (replace(LEAVING, end_on=d(day)) for day in ("2026-09-30", "2026-07-31"))
    for case, day in ((later, "2026-09-30"), (sooner, "2026-08-31")):
        found = ends_on(case, agreed(), OFFICIAL)
        assert found is not None
        assert found.day == d(day)


def test_the_contractor_may_not_leave_where_that_was_agreed() -> None:
    case = replace(LEAVING, by="b")
    assert unmet(may_give_notice(case, agreed(), OFFICIAL, TODAY)) == ()
    assert "乙方不享有" in unmet(may_give_notice(case, agreed(b_may_leave=False), OFFICIAL, TODAY))[0]
    assert "哪一方" in unmet(may_give_notice(replace(case, by=""), agreed(), OFFICIAL, TODAY))[0]


def test_an_agreement_ends_the_contract_on_its_day_once_both_signed() -> None:
    case = Case(Route.AGREEMENT, end_on=d("2026-08-31"), signed_on=d("2026-08-20"))
    assert open_end(case) == ()
    assert "尚未届至" in open_end(case, d("2026-08-30"))[0]
    assert open_end(replace(case, signed_on=None))[0] == "双方尚未签署终止协议"
    assert "没有写明终止日" in open_end(replace(case, end_on=None))[0]


# ---- the catalogue


def test_every_ground_stands_in_a_provision_and_on_a_list_of_the_form() -> None:
    library = load_library()
    ids = {c.id for c in library.clauses()}
    assert [g.key for g in GROUNDS if g.source not in ids] == []
    options = {o.value for name in ("breach.list_a", "breach.list_b") for o in library.variables[name].options}
    assert {g.listed for g in GROUNDS if g.listed} == options
    assert ground("fail") in GROUNDS
    assert ground("nonsense") is None


def test_every_route_has_its_event() -> None:
    assert [r.event for r in Route] == [
        Event.TERMINATED_BY_AGREEMENT, Event.RESCINDED, Event.RESCINDED, Event.TERMINATED_FOR_CONVENIENCE,
    ]  # fmt: skip
    assert [r.by_notice for r in Route] == [False, True, True, True]


def test_the_demonstration_contract_has_all_terms_of_ending() -> None:
    library = load_library()
    given_values = read_answers(library.variables, load_example().data, topics=library.topics()).require()
    answers = Answers(complete(library.variables, given_values.values), given_values.positions)
    found = TerminationTerms.from_answers(answers)
    assert (found.cure_days, found.data_cure_days, found.right_days, found.auto_days) == (15, 3, 90, 15)
    assert found.leave_days == {"a": 60, "b": 120}
    assert found.lists == LISTS
    assert found.fm_days > 0
    fallback = TerminationTerms.from_answers(replace(answers, positions={"9.3-t2": "fallback", "9.3-t1": "fallback"}))
    assert (fallback.b_may_leave, fallback.answers_demand) == (False, True)


# ---- what must hold always

DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


@given(DAYS, st.integers(0, 40), st.integers(1, 30), st.integers(0, 400))
def test_before_the_cure_period_is_over_no_notice_is_ever_free(arrived: date, grace: int, cure: int, more: int) -> None:
    case = replace(BREACH, known_on=arrived - 5 * ONE, demand=Demand("CG", arrived, grace), continuing=True)
    terms = agreed(cure_days=cure)
    ends = cure_ends(case, terms, OFFICIAL)
    assert ends is not None
    assert ends.day >= arrived + timedelta(days=max(grace, cure))
    free = unmet(may_give_notice(case, terms, OFFICIAL, arrived + more * ONE)) == ()
    assert free is (arrived + more * ONE > ends.day and grace >= cure)


@given(DAYS, DAYS, st.one_of(st.none(), st.integers(30, 365)))
def test_once_lapsed_the_right_stays_lapsed(known: date, today: date, right: int | None) -> None:
    case = replace(STATUTORY, known_on=min(known, today))
    terms = agreed(right_days=right)
    if unmet(may_give_notice(case, terms, OFFICIAL, today)):
        assert unmet(may_give_notice(case, terms, OFFICIAL, today + ONE))


# ---- arrears


def test_damages_for_delay_are_shown_as_a_calculation() -> None:
    found = arrears(Decimal("100000.00"), d("2026-06-30"), d("2026-08-31"), Decimal(5), Decimal(10))
    assert (found.days_late, found.damages, found.total) == (62, Decimal("3100.00"), Decimal("103100.00"))
    assert found.reasoning == (
        "到期日2026年6月30日，至2026年8月31日逾期62日（自到期日次日起算）",
        "逾期违约金：100,000.00元 × 万分之5 × 62日 = 3,100.00元",
    )


def test_damages_stop_at_the_cap() -> None:
    found = arrears(Decimal("100000.00"), d("2025-06-30"), d("2026-08-31"), Decimal(5), Decimal(10))
    assert found.damages == Decimal("10000.00")
    assert found.capped
    assert "按上限计" in found.reasoning[-1]


def test_on_the_day_it_is_due_nothing_is_late_and_nothing_owed_is_refused() -> None:
    assert arrears(Decimal("1.00"), d("2026-08-31"), d("2026-08-31"), Decimal(5), Decimal(10)).damages == 0
    assert arrears(Decimal("1.00"), d("2026-09-30"), d("2026-08-31"), Decimal(5), Decimal(10)).days_late == 0
    with pytest.raises(ContractError, match="大于0元"):
        arrears(Decimal(0), d("2026-08-31"), d("2026-08-31"), Decimal(5), Decimal(10))
