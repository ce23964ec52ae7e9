"""Who may sign: powers of attorney (R-32), and no change of a person that gets round them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.authority import Capacity, Defect, Matter, Signatory, authority_faults
from app.domain.execution import (
    Execution,
    Order,
    Terms,
    begin,
)
from tests.domain.signings import (
    DIGEST,
    KEEPER_A,
    LI,
    NAMES,
    PLACES,
    POWER,
    TERMS,
    TODAY,
    ZHANG,
    person,
    refused,
    signed,
    signing,
)

# ---- authority


def faults(signatory: Signatory, amount: Decimal | None = TERMS.amount, on: date = TODAY) -> list[Defect]:
    return [f.defect for f in authority_faults(signatory, Matter.CONTRACT, amount, on)]


def agent(**changes: object) -> Signatory:
    return replace(LI, authority=replace(POWER, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("signatory", "amount", "on", "defects"),
    [
        (ZHANG, None, TODAY, []),
        (KEEPER_A, None, TODAY, []),
        (LI, Decimal("2000000.00"), TODAY, []),
        (LI, Decimal("2000000.01"), TODAY, [Defect.EXCEEDED]),
        (LI, None, TODAY, [Defect.EXCEEDED]),
        (agent(limit=None), None, TODAY, []),
        (LI, TERMS.amount, date(2026, 12, 31), []),
        (LI, TERMS.amount, date(2027, 1, 1), [Defect.EXPIRED]),
        (LI, TERMS.amount, date(2026, 11, 1), []),
        (agent(valid_from=date(2026, 12, 1)), TERMS.amount, TODAY, [Defect.EXPIRED]),
        (agent(issued_on=date(2026, 12, 1)), TERMS.amount, TODAY, [Defect.NONE]),
        (agent(agent="李五"), TERMS.amount, TODAY, [Defect.NONE]),
        (agent(principal="别家公司"), TERMS.amount, TODAY, [Defect.NONE]),
        (agent(matters=frozenset({Matter.SETTLEMENT})), TERMS.amount, TODAY, [Defect.EXCEEDED]),
        (replace(LI, authority=None), TERMS.amount, TODAY, [Defect.NONE]),
        (agent(number=" "), TERMS.amount, TODAY, [Defect.NONE]),
        (
            agent(valid_until=date(2026, 11, 2), limit=Decimal(1), matters=frozenset()),
            TERMS.amount,
            TODAY,
            [Defect.EXPIRED, Defect.EXCEEDED, Defect.EXCEEDED],
        ),
    ],
)
def test_no_power_an_ended_one_and_one_exceeded(
    signatory: Signatory, amount: Decimal | None, on: date, defects: list[Defect]
) -> None:
    assert faults(signatory, amount, on) == defects


def test_names_are_the_same_but_for_spaces_and_brackets() -> None:
    name = "某某（中国）有限公司"
    other = replace(LI, party_name=name, authority=replace(POWER, principal="某某(中国) 有限公司"))
    assert faults(other) == []


@settings(max_examples=100)
@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.decimals(0, 4_000_000, places=2, allow_nan=False),
    st.decimals(0, 4_000_000, places=2, allow_nan=False),
)
def test_who_may_sign_for_more_may_sign_for_less_and_only_within_the_period(on: date, amount: Decimal, less: Decimal) -> None:
    if not faults(LI, amount, on):
        assert POWER.valid_from <= on <= POWER.valid_until
        assert not faults(LI, min(amount, less), on)
    else:
        assert on < POWER.valid_from or on > POWER.valid_until or amount > Decimal("2000000")


# ---- another person


def test_a_person_whose_name_is_printed_needs_a_new_text() -> None:
    with refused("execution.printed", "重新定稿"):
        signing().reassign("a_sign", person("赵六", "party_a"), "张三已经离任", TODAY)


def test_a_person_who_is_not_named_in_the_text_can_be_replaced() -> None:
    other = person("赵六", "party_a", Capacity.SEAL_KEEPER)
    made = signing().reassign("a_seal", other, "原保管人休假", TODAY)
    assert made.place("a_seal").signatory == other
    with refused("execution.person"):
        made.sign("a_seal", KEEPER_A.id, TODAY, DIGEST, TODAY)


@pytest.mark.parametrize(
    ("place", "other", "reason", "code"),
    [
        ("a_seal", person("钱七", "party_b", Capacity.SEAL_KEEPER), "原保管人休假", "execution.party"),
        ("a_seal", person("赵六", "party_a", Capacity.SEAL_KEEPER), "", "execution.reason"),
        ("a_seal", person("赵六", "party_a", Capacity.AGENT), "原保管人休假", "execution.authority"),
    ],
)
def test_not_anybody_can_take_a_place(place: str, other: Signatory, reason: str, code: str) -> None:
    with refused(code):
        signing().reassign(place, other, reason, TODAY)


def test_a_place_that_is_signed_keeps_its_person() -> None:
    with refused("execution.twice"):
        signed(signing(), "a_seal").reassign("a_seal", KEEPER_A, "原保管人休假", TODAY)


# ---- no change gets round the rules for powers


FREE = tuple(replace(p, printed=False) for p in PLACES)
NAMED = replace(TERMS, representatives=(("party_a", "张三"), ("party_b", "王五")))


def free(terms: Terms = NAMED) -> Execution:
    return begin(terms, Order.PARALLEL, FREE, TODAY)


def other_agent(name: str = "赵六", **changes: object) -> Signatory:
    return replace(LI, id="u-new", name=name, authority=replace(POWER, agent=name, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("place", "other", "why"),
    [
        ("b_sign", replace(other_agent(), authority=None), "无授权"),
        ("b_sign", replace(other_agent(), authority=POWER), "受托人是“李四”"),
        ("b_sign", other_agent(valid_until=date(2026, 11, 27)), "超期"),
        ("b_sign", other_agent(valid_from=date(2026, 11, 29)), "超期"),
        ("b_sign", other_agent(valid_from=date(2026, 12, 31), valid_until=date(2026, 12, 30)), "失效日早于生效日"),
        ("b_sign", other_agent(limit=Decimal("1199999.99")), "越权"),
        ("b_sign", other_agent(matters=frozenset({Matter.SETTLEMENT})), "越权"),
        ("b_sign", other_agent(principal=NAMES["party_a"]), "委托人是"),
        ("b_sign", replace(other_agent(), capacity=Capacity.REPRESENTATIVE, authority=None), "法定代表人是“王五”"),
        ("b_sign", replace(other_agent(), capacity=Capacity.SEAL_KEEPER, authority=None), "不能由用印人签署"),
        ("a_sign", person("赵六", "party_a"), "法定代表人是“张三”"),
    ],
)
def test_whoever_takes_a_place_needs_the_power_that_a_plan_would_ask_for(place: str, other: Signatory, why: str) -> None:
    with refused("execution.authority", why):
        free().reassign(place, other, "原签署人已经离任", TODAY)


def test_with_a_power_of_ones_own_or_by_office_a_place_is_taken_over() -> None:
    taken = free().reassign(
        "b_sign", other_agent(issued_on=date(2026, 11, 2), valid_from=date(2026, 11, 20)), "原签署人已经离任", TODAY
    )
    assert taken.place("b_sign").signatory.name == "赵六"
    boss = replace(person("王五", "party_b"), id="u-boss")
    assert free().reassign("b_sign", boss, "由法定代表人亲自签署", TODAY).place("b_sign").signatory == boss


def test_a_power_that_ends_between_taking_over_and_signing_is_refused_at_the_signature() -> None:
    taken = free().reassign("b_sign", other_agent(valid_until=date(2026, 11, 29)), "原签署人已经离任", TODAY)
    later = date(2026, 11, 30)
    with refused("execution.authority", "超期"):
        taken.sign("b_sign", "u-new", later, DIGEST, later)


def test_another_power_for_the_same_agent_is_held_to_the_same_rules() -> None:
    longer = replace(POWER, number="SQ-2026-9", valid_until=date(2027, 6, 30))
    made = free().reauthorise("b_sign", longer, TODAY)
    assert made.place("b_sign").signatory.authority == longer
    with refused("execution.authority", "越权"):
        free().reauthorise("b_sign", replace(longer, limit=Decimal(1)), TODAY)
    with refused("execution.authority", "受托人"):
        free().reauthorise("b_sign", replace(longer, agent="别人"), TODAY)
    with refused("execution.authority", "不凭授权委托书签署"):
        free().reauthorise("a_sign", longer, TODAY)
    with refused("execution.twice"):
        signed(free(), "b_sign").reauthorise("b_sign", longer, TODAY)
