"""Taking effect (section 11.1): the date rule, the conditions precedent and their evidence."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.effect import Condition, ConditionsPrecedent, DateRule, Effect, Fulfilment, Ground
from app.domain.errors import ContractError

TODAY = date(2027, 1, 20)
SIGNED = (date(2026, 12, 30), date(2027, 1, 5))
BOTH = ConditionsPrecedent((Condition.PIA_DONE, Condition.ANNEX_COMPLETE))


def done(condition: Condition, on: date, ground: Ground = Ground.FULFILLED) -> Fulfilment:
    return Fulfilment(condition, on, "PIA-2026-017", "lin", ground)


def complete(first: date, second: date) -> ConditionsPrecedent:
    checked = BOTH.check_off(done(Condition.PIA_DONE, first), TODAY)
    return checked.check_off(done(Condition.ANNEX_COMPLETE, second), TODAY)


@pytest.mark.parametrize(
    ("effect", "day"),
    [
        (Effect(SIGNED), date(2027, 1, 5)),
        (Effect(SIGNED, complete(date(2026, 12, 1), date(2026, 12, 30))), date(2027, 1, 5)),
        (Effect(SIGNED, complete(date(2026, 12, 1), date(2027, 1, 12))), date(2027, 1, 12)),
        (Effect(SIGNED, rule=DateRule.FIXED_DATE, fixed_date=date(2027, 1, 1)), date(2027, 1, 5)),
        (Effect(SIGNED, rule=DateRule.FIXED_DATE, fixed_date=date(2027, 2, 1)), date(2027, 2, 1)),
        (Effect(SIGNED, complete(date(2027, 1, 6), date(2027, 1, 9)), DateRule.FIXED_DATE, date(2027, 1, 7)), date(2027, 1, 9)),
        (Effect(SIGNED, BOTH), None),
        (Effect(()), None),
        (Effect(SIGNED, rule=DateRule.FIXED_DATE), None),
    ],
)
def test_effect_comes_on_the_latest_of_signature_fixed_date_and_last_condition(effect: Effect, day: date | None) -> None:
    assert effect.effective_on == day


def test_a_contract_is_formed_by_the_later_signature_whatever_conditions_are_open() -> None:
    assert Effect(SIGNED, BOTH).formed_on == date(2027, 1, 5)


def test_what_is_missing_names_each_condition_that_is_not_checked_off() -> None:
    half = BOTH.check_off(done(Condition.ANNEX_COMPLETE, TODAY), TODAY)
    assert Effect(SIGNED, half).missing(TODAY) == ("生效前置条件“个人信息保护影响评估完成”尚未勾销（须附证据）",)


def test_a_day_of_effect_that_lies_ahead_is_missing_until_it_comes() -> None:
    effect = Effect(SIGNED, rule=DateRule.FIXED_DATE, fixed_date=date(2027, 2, 1))
    assert effect.missing(date(2027, 1, 31)) == ("生效日2027-02-01尚未届至",)
    assert effect.missing(date(2027, 2, 1)) == ()


@pytest.mark.parametrize(
    ("fulfilment", "words"),
    [
        (done(Condition.LICENSE_VERIFIED, TODAY), "不是本合同约定的"),
        (done(Condition.PIA_DONE, TODAY + timedelta(days=1)), "尚未到来"),
        (Fulfilment(Condition.PIA_DONE, TODAY, " ", "lin"), "须写明证据"),
        (Fulfilment(Condition.PIA_DONE, TODAY, "PIA-1", ""), "记录人"),
        (done(Condition.PIA_DONE, TODAY, Ground.WAIVED), "须实际成就"),
        (done(Condition.PIA_DONE, TODAY, Ground.DEEMED), "须实际成就"),
    ],
)
def test_a_condition_is_not_checked_off_without_evidence_or_against_the_law(fulfilment: Fulfilment, words: str) -> None:
    with pytest.raises(ContractError, match=words):
        BOTH.check_off(fulfilment, TODAY)


def test_an_agreed_condition_may_be_waived_or_deemed_fulfilled() -> None:
    for ground in (Ground.WAIVED, Ground.DEEMED):
        checked = BOTH.check_off(done(Condition.ANNEX_COMPLETE, TODAY, ground), TODAY)
        assert checked.outstanding == (Condition.PIA_DONE,)


def test_a_condition_is_checked_off_once_and_a_mistake_can_be_taken_back() -> None:
    checked = BOTH.check_off(done(Condition.PIA_DONE, TODAY), TODAY)
    with pytest.raises(ContractError, match="已经勾销"):
        checked.check_off(done(Condition.PIA_DONE, TODAY), TODAY)
    assert checked.uncheck(Condition.PIA_DONE) == BOTH


DAYS = st.dates(date(2026, 1, 1), date(2030, 1, 1))


@given(
    signed=st.lists(DAYS, max_size=4),
    agreed=st.sets(st.sampled_from(Condition)),
    fulfilled=st.dictionaries(st.sampled_from(Condition), DAYS),
    fixed=st.none() | DAYS,
    today=DAYS,
)
def test_nothing_has_effect_before_all_signatures_conditions_and_dates(
    signed: list[date], agreed: set[Condition], fulfilled: dict[Condition, date], fixed: date | None, today: date
) -> None:
    conditions = ConditionsPrecedent(tuple(agreed))
    for condition, day in fulfilled.items():
        if condition in agreed and day <= today:
            conditions = conditions.check_off(done(condition, day), today)
    rule = DateRule.FIXED_DATE if fixed else DateRule.LATEST_SIGNATURE
    effect = Effect(tuple(signed), conditions, rule, fixed)
    if effect.missing(today):
        return
    day = effect.effective_on
    assert day is not None
    assert signed
    assert day <= today
    assert all(day >= d for d in [*signed, *(f.on for f in conditions.fulfilled), *([fixed] if fixed else [])])
    assert {f.condition for f in conditions.fulfilled} == agreed
