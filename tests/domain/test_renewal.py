"""Renewal by section 11.3: dates of the current term, renewal by itself or by option, decisions and their papers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.domain.errors import ContractError
from app.domain.notice import Method
from app.domain.renewal import (
    Circumstances,
    Mode,
    PriceRule,
    RenewalNotice,
    RenewalTerms,
    due_renewals,
    outlook,
    schedule,
    term_facts,
)
from app.domain.renewal_decision import Choice, Paper, offer_of, offers
from app.domain.renewal_price import Proposal, priced_items, renewal_price, renewed_values
from app.domain.term_chain import Origin, Term, TermChain
from tests.domain.renewals import OFFICIAL, RULES, d, terms

CHAIN = TermChain.begin(d("2026-01-01"), 1)
SIGNED = Circumstances(d("2025-12-01"))


def with_notice(arrived: str, *, term: int = 0, by: str = "a", chooses: bool = False) -> Circumstances:
    return Circumstances(SIGNED.signed_on, (RenewalNotice(term, by, d(arrived), "SHFW-2026-0001-BX-01", chooses),))


# ---- terms


def test_a_renewal_begins_the_day_after_the_last_day() -> None:
    chain = CHAIN.renewed(CHAIN.next_term(Origin.AUTOMATIC, 1, counts=True))
    assert [(t.first_day, t.last_day) for t in chain.terms] == [
        (d("2026-01-01"), d("2026-12-31")), (d("2027-01-01"), d("2027-12-31")),
    ]  # fmt: skip
    assert chain.counted == 1
    assert chain.current.name == "第1次续展期"
    assert chain.at(d("2026-12-31")) is chain.first
    assert chain.at(d("2028-01-01")) is None


def test_a_term_that_begins_on_29_february_renews_from_1_march() -> None:
    chain = TermChain.begin(d("2028-02-29"), 1)
    assert chain.current.last_day == d("2029-02-28")
    chain = chain.renewed(chain.next_term(Origin.AGREEMENT, 3, counts=False))
    assert (chain.current.first_day, chain.current.last_day) == (d("2029-03-01"), d("2032-02-29"))


@pytest.mark.parametrize("first", ["2026-12-31", "2027-01-02"])
def test_terms_with_a_gap_or_an_overlap_are_refused(first: str) -> None:
    with pytest.raises(ContractError, match="首尾相接") as caught:
        CHAIN.renewed(Term(1, d(first), d("2027-12-31"), Origin.AGREEMENT))
    assert caught.value.code == "term.chain"


def test_a_term_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ContractError, match="早于起始日"):
        Term(0, d("2026-01-02"), d("2026-01-01"))


def test_terms_out_of_order_and_no_term_at_all_are_refused() -> None:
    with pytest.raises(ContractError, match="次序"):
        TermChain((Term(1, d("2026-01-01"), d("2026-12-31")),))
    with pytest.raises(ContractError, match="没有期限"):
        TermChain(())


# ---- the dates of a term


def test_the_schedule_of_the_demonstration_contract() -> None:
    plan = schedule(TermChain.begin(d("2027-01-01"), 1), terms(), RULES, OFFICIAL)
    assert plan.notice_deadline is not None
    assert plan.window_opens is not None
    assert plan.sign_by is not None
    assert plan.end.day == d("2027-12-31")
    assert plan.notice_deadline.day == d("2027-11-01")
    assert plan.window_opens.day == d("2027-10-02")
    assert plan.sign_by.day == d("2027-12-30")
    assert plan.exit_plan_due.day == d("2027-12-01")
    assert [r.day for r in plan.reminders] == [d("2027-10-02"), d("2027-11-01"), d("2027-12-01"), d("2027-12-24")]
    assert {m: r.day for m, r in plan.safe["b"].items()} == {
        Method.HAND: d("2027-11-01"), Method.EXPRESS: d("2027-10-29"), Method.EMAIL: d("2027-10-29"), Method.SYSTEM: d("2027-11-01"),
    }  # fmt: skip
    assert plan.notice_deadline.provisional_years == (2027,)


def test_the_reasoning_goes_line_by_line_from_the_first_day_to_the_deadline() -> None:
    plan = schedule(CHAIN, terms(notice_days=86), RULES, OFFICIAL)
    assert plan.notice_deadline is not None
    assert plan.notice_deadline.lines == (
        "首期届满日：自2026年1月1日起1年，首尾两日均计入，至2026年12月31日（周四）",
        "届满前的通知期：自2026年12月31日往前数86个自然日，为2026年10月6日（周二，国庆节放假）",
        "往前推算的截止日遇休假日：2026年10月6日（周二，国庆节放假），提前至2026年9月30日",
    )
    assert [s.source for s in plan.notice_deadline.steps] == [
        ("general.term.period", "CC:204"), ("lifecycle.end.notice",), ("general.definitions.periods.end",),
    ]  # fmt: skip
    express = plan.safe["b"][Method.EXPRESS]
    assert express.day == d("2026-09-24")  # 27 September is the last day of a holiday
    assert express.steps[: len(plan.notice_deadline.steps)] == plan.notice_deadline.steps


def test_working_days_without_make_up_days_move_the_deadline() -> None:
    strict = schedule(CHAIN, terms(notice_days=82, without_make_up_days=True), RULES, OFFICIAL)
    usual = schedule(CHAIN, terms(notice_days=82), RULES, OFFICIAL)
    assert usual.notice_deadline is not None
    assert strict.notice_deadline is not None
    assert usual.notice_deadline.day == d("2026-10-10")  # a Saturday that is worked
    assert strict.notice_deadline.day == d("2026-10-09")


def test_without_a_reminder_before_the_deadline_the_window_opens_a_month_before_it() -> None:
    plan = schedule(CHAIN, terms(reminder_days=(30, 7)), RULES, OFFICIAL)
    assert plan.notice_deadline is not None
    assert plan.window_opens is not None
    assert plan.window_opens.day == d("2026-09-30")
    assert plan.notice_deadline.day == d("2026-10-30")  # 1 November is a Sunday


def test_without_renewal_there_is_neither_window_nor_deadline() -> None:
    plan = schedule(CHAIN, terms(mode=Mode.NONE), RULES, OFFICIAL)
    assert (plan.window_opens, plan.notice_deadline, plan.sign_by, plan.safe) == (None, None, None, {})
    assert plan.end.day == d("2026-12-31")
    assert [r.steps[-1].source for r in plan.reminders] == [(), (), (), ()]


def test_section_11_3_comes_from_the_answers() -> None:
    values: dict[str, Any] = {
        "renew.mode": "option", "renew.years": 2, "renew.max_times": 3, "renew.notice_days": 90, "renew.price_rule": "same",
        "adjust.annual_cap_pct": Decimal(5), "renew.option_holder": "party_b", "renew.reminder_days": ("30", "90"),
        "defs.workday_source": "mon_fri_only",
    }  # fmt: skip
    found = RenewalTerms.from_values(values)
    assert (found.mode, found.holder, found.reminder_days, found.without_make_up_days) == (Mode.OPTION, "b", (90, 30), True)
    with pytest.raises(ContractError, match="续约期限、续约次数上限"):
        RenewalTerms.from_values({k: v for k, v in values.items() if k not in ("renew.years", "renew.max_times")})
    with pytest.raises(ContractError, match="选择权人"):
        RenewalTerms.from_values({k: v for k, v in values.items() if k != "renew.option_holder"})


# ---- renewal by itself


def ahead(facts: Circumstances = SIGNED, today: str = "2026-12-01", chain: TermChain = CHAIN, **changes: Any) -> Any:
    return outlook(chain, terms(**changes), facts, OFFICIAL, d(today))


def test_nobody_gave_notice_so_a_further_term_follows() -> None:
    found = ahead()
    assert found.unmet == ()
    assert found.settled
    assert (found.next_term.first_day, found.next_term.last_day) == (d("2027-01-01"), d("2027-12-31"))
    assert not ahead(today="2026-10-30").settled  # on the deadline itself a notice may still arrive


def test_a_notice_that_arrives_on_the_deadline_is_in_time() -> None:
    assert "及时到达" in ahead(with_notice("2026-10-30")).unmet[0]


def test_a_notice_that_arrives_a_day_late_stops_nothing() -> None:
    found = ahead(with_notice("2026-10-31"))
    assert found.next_term is not None
    assert "晚于截止日2026年10月30日" in found.grounds[-1].sentence


def test_a_notice_of_an_earlier_term_says_nothing_about_this_one() -> None:
    chain = CHAIN.renewed(CHAIN.next_term(Origin.AGREEMENT, 1, counts=False))
    assert ahead(with_notice("2026-09-01", term=0), "2027-12-01", chain).next_term is not None


def test_renewals_used_up_end_the_contract() -> None:
    chain = CHAIN.renewed(CHAIN.next_term(Origin.AUTOMATIC, 1, counts=True))
    assert ahead(chain=chain, today="2027-12-01").unmet == ("已续约1次，约定合计不超过1次，次数已经用尽，期满终止",)
    assert ahead(chain=chain, today="2027-12-01", max_times=2).next_term is not None


def test_a_deadline_before_signature_means_no_automatic_renewal() -> None:
    assert "早于签订日" in ahead(Circumstances(d("2026-11-15"))).unmet[0]


def test_a_price_to_be_renegotiated_means_no_renewal_until_it_is_signed() -> None:
    assert "不发生续约" in ahead(price=PriceRule.RENEGOTIATE).unmet[0]
    priced = Circumstances(SIGNED.signed_on, priced=frozenset({0}))
    assert ahead(priced, price=PriceRule.RENEGOTIATE).next_term is not None


@pytest.mark.parametrize("mode", [Mode.BY_AGREEMENT, Mode.NONE])
def test_other_modes_never_renew_by_themselves(mode: Mode) -> None:
    assert ahead(mode=mode).next_term is None
    assert due_renewals(CHAIN, terms(mode=mode), SIGNED, OFFICIAL, d("2035-01-01")) == ()


def test_an_option_renews_only_when_its_holder_chose_in_time() -> None:
    option = {"mode": Mode.OPTION, "holder": "b"}
    assert "没有在" in ahead(**option).unmet[0]
    assert ahead(with_notice("2026-10-30", by="b", chooses=True), **option).next_term.origin is Origin.OPTION
    assert ahead(with_notice("2026-10-31", by="b", chooses=True), **option).next_term is None
    assert ahead(with_notice("2026-10-01", by="a", chooses=True), **option).next_term is None
    assert ahead(with_notice("2026-10-01", by="a"), **option).next_term is None


def test_on_the_last_day_nothing_has_happened_and_on_the_next_the_new_term_runs() -> None:
    assert due_renewals(CHAIN, terms(), SIGNED, OFFICIAL, d("2026-12-31")) == ()
    (renewed,) = due_renewals(CHAIN, terms(), SIGNED, OFFICIAL, d("2027-01-01"))
    assert renewed.first_day == d("2027-01-01")


def test_after_years_of_downtime_every_term_is_made_up_and_no_more_than_agreed() -> None:
    found = due_renewals(CHAIN, terms(max_times=3), SIGNED, OFFICIAL, d("2040-01-01"))
    assert [(t.number, t.last_day.year) for t in found] == [(1, 2027), (2, 2028), (3, 2029)]


def test_the_lifecycle_is_told_the_dates_of_the_current_term() -> None:
    facts = term_facts(CHAIN, terms(), SIGNED, OFFICIAL, d("2026-12-01"))
    assert (facts.last_day, facts.window_opens, facts.notice_deadline) == (d("2026-12-31"), d("2026-10-02"), d("2026-10-30"))
    assert (facts.renews_automatically, facts.renewed_until) == (True, d("2027-12-31"))


# ---- decisions


def offered(choice: Choice, facts: Circumstances = SIGNED, today: str = "2026-09-01", **changes: Any) -> Any:
    agreed, day = terms(**changes), d(today)
    plan = schedule(CHAIN, agreed, RULES, OFFICIAL)
    return offer_of(choice, plan, agreed, outlook(CHAIN, agreed, facts, OFFICIAL, day), day)


OFFERS: list[tuple[dict[str, Any], Choice, tuple[Paper, ...] | str]] = [
    ({"mode": Mode.AUTOMATIC}, Choice.RENEW, (Paper.RENEWAL,)),
    ({"mode": Mode.AUTOMATIC}, Choice.RENEGOTIATE, (Paper.NON_RENEWAL, Paper.RENEWAL)),
    ({"mode": Mode.AUTOMATIC}, Choice.NOT_RENEW, (Paper.NON_RENEWAL,)),
    ({"mode": Mode.AUTOMATIC}, Choice.LAPSE, "请选择“不续约”"),
    ({"mode": Mode.BY_AGREEMENT}, Choice.RENEW, (Paper.RENEWAL,)),
    ({"mode": Mode.BY_AGREEMENT}, Choice.RENEGOTIATE, (Paper.RENEWAL,)),
    ({"mode": Mode.BY_AGREEMENT}, Choice.NOT_RENEW, (Paper.NON_RENEWAL,)),
    ({"mode": Mode.BY_AGREEMENT}, Choice.LAPSE, (Paper.NON_RENEWAL, Paper.TERMINATION)),
    ({"mode": Mode.OPTION, "holder": "a"}, Choice.RENEW, (Paper.RENEWAL,)),
    ({"mode": Mode.OPTION, "holder": "a"}, Choice.LAPSE, (Paper.TERMINATION,)),
    ({"mode": Mode.NONE}, Choice.RENEW, "另行签订合同"),
    ({"mode": Mode.NONE}, Choice.RENEGOTIATE, "另行签订合同"),
    ({"mode": Mode.NONE}, Choice.NOT_RENEW, (Paper.NON_RENEWAL,)),
    ({"mode": Mode.NONE}, Choice.LAPSE, (Paper.TERMINATION,)),
]


@pytest.mark.parametrize(("changes", "choice", "expected"), OFFERS)
def test_each_choice_drafts_its_paper_or_says_why_not(
    changes: dict[str, Any], choice: Choice, expected: tuple[Paper, ...] | str
) -> None:
    found = offered(choice, **changes)
    if isinstance(expected, str):
        assert expected in found.refused
        assert found.papers == ()
    else:
        assert (found.refused, found.papers) == ("", expected)
        assert found.consequence


@pytest.mark.parametrize("choice", [Choice.NOT_RENEW, Choice.RENEGOTIATE])
def test_behind_the_deadline_an_automatic_renewal_can_no_longer_be_stopped(choice: Choice) -> None:
    assert "现已逾期" in offered(choice, today="2026-10-31").refused
    assert offered(choice, today="2026-10-30").refused == ""


def test_the_choices_come_in_one_order() -> None:
    agreed, day = terms(), d("2026-09-01")
    plan = schedule(CHAIN, agreed, RULES, OFFICIAL)
    found = offers(plan, agreed, outlook(CHAIN, agreed, SIGNED, OFFICIAL, day), day)
    assert [o.choice.label for o in found] == ["续签", "重谈", "不续约", "到期不续"]


def test_every_paper_has_its_own_code_of_part_c() -> None:
    assert [(p.code, p.served) for p in Paper] == [("XY", False), ("BX", True), ("JC", True), ("ZZ", False), ("CG", True)]


# ---- prices

PRICES = {"月固定费": Decimal("100000.00"), "工单单价": Decimal("0.33")}


def test_a_rise_within_the_cap_is_computed_line_by_line_and_rounded_down() -> None:
    found = renewal_price(PRICES, terms(), Proposal(Decimal(5)))
    assert found.faults == ()
    assert [line.after for line in found.lines] == [Decimal("105000.00"), Decimal("0.34")]
    assert found.reasoning[-2] == "月固定费：100,000.00元 ×（1 + 5%）= 105,000.00元"
    assert (found.before, found.after) == (Decimal("100000.33"), Decimal("105000.34"))


@pytest.mark.parametrize(
    ("changes", "proposal", "words"),
    [
        ({}, Proposal(Decimal("5.01")), "超过第8.3节的年度调价上限5%"),
        ({"index": "cpi"}, Proposal(Decimal(4), Decimal(2), Decimal(2), "国家统计局"), "合计上调6%"),
        ({"price": PriceRule.SAME}, Proposal(Decimal(1)), "续约价格不变"),
        ({}, Proposal(index_pct=Decimal(1), published_pct=Decimal(1), source="国家统计局"), "未约定调价指数"),
        ({"index": "cpi"}, Proposal(index_pct=Decimal(1)), "公布的涨幅和出处"),
        (
            {"index": "cpi"},
            Proposal(index_pct=Decimal(2), published_pct=Decimal("1.5"), source="国家统计局"),
            "超过公布的涨幅1.5%",
        ),
        ({"index": "cpi"}, Proposal(index_pct=Decimal(1), published_pct=Decimal(-1), source="国家统计局"), "超过公布的涨幅-1%"),
    ],
)
def test_what_the_contract_does_not_allow_is_told(changes: dict[str, Any], proposal: Proposal, words: str) -> None:
    faults = renewal_price(PRICES, terms(**changes), proposal).faults
    assert len(faults) == 1
    assert words in faults[0]


def test_an_index_within_its_published_rise_and_the_cap_is_allowed() -> None:
    found = renewal_price(PRICES, terms(index="cpi"), Proposal(Decimal(3), Decimal(2), Decimal("2.1"), "国家统计局2026年公报"))
    assert found.faults == ()
    assert "出处：国家统计局2026年公报" in found.reasoning[1]


def test_the_agreement_gets_its_table_and_the_ground_of_the_rise_in_words() -> None:
    asked = Proposal(Decimal(3), Decimal(2), Decimal("2.1"), "国家统计局2026年居民消费价格指数")
    found = renewal_price(PRICES, terms(index="cpi"), asked)
    assert found.basis.startswith("双方协商的续约调价3%；国家统计局2026年居民消费价格指数公布的涨幅2.1%，据以调价2%")
    assert found.rows()[0] == {
        "item": "月固定费", "before": Decimal("100000.00"), "working": "100,000.00×（1＋5%）", "rate": Decimal(5), "after": Decimal("105000.00"),
    }  # fmt: skip
    assert renewal_price(PRICES, terms(), Proposal()).basis == ""


def test_the_prices_at_hand_are_those_of_section_8_1_as_renewed_and_amended_since() -> None:
    rows = ({"item": "年度服务", "excl_tax": Decimal(1200)}, {"item": "未定", "excl_tax": None})
    tiers = ({"from": 0, "to": 100, "price": Decimal(30)},)
    values = {
        "fees.monthly_fixed": Decimal(100), "fees.min_guarantee": Decimal(0), "fees.tiers": tiers, "fees.price_rows": rows,
    }  # fmt: skip
    assert priced_items(values) == {"固定月费": 100, "阶梯单价（0单起）": 30, "年度服务": 1200}
    first = {"item": "固定月费", "before": Decimal(100), "after": Decimal(103)}
    second = {"item": "固定月费", "before": Decimal(103), "after": Decimal(105)}
    assert priced_items(values, [first, second])["固定月费"] == 105
    amended = {**values, "fees.monthly_fixed": Decimal(90)}
    assert priced_items(amended, [first, second])["固定月费"] == 90
    assert renewed_values(values, [first, second]) == {**values, "fees.monthly_fixed": Decimal(105)}
    row = {"item": "年度服务", "before": Decimal(1200), "after": Decimal(1236)}
    assert renewed_values(values, [row])["fees.price_rows"] == ({**rows[0], "excl_tax": Decimal(1236)}, rows[1])
    assert renewed_values(values, [{**row, "before": Decimal(1)}]) == values


def test_a_percentage_that_is_no_number_is_refused() -> None:
    with pytest.raises(ContractError, match="数字"):
        renewal_price(PRICES, terms(), Proposal(Decimal("NaN")))
