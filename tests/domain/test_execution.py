"""What is signed by whom and when, and what is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.authority import Matter
from app.domain.effect import Effect
from app.domain.errors import ContractError
from app.domain.execution import (
    Execution,
    Formation,
    Medium,
    Mode,
    Order,
    Place,
    Required,
    Status,
    begin,
    plan_faults,
)
from app.domain.lifecycle_facts import Facts, fully_signed
from tests.domain.signings import (
    DEADLINE,
    DIGEST,
    FINAL,
    LI,
    NAMES,
    PLACES,
    POWER,
    TERMS,
    TODAY,
    ZHANG,
    refused,
    signed,
    signing,
)

# ---- the plan follows the contract


def plan(**changes: object) -> tuple[str, ...]:
    places = changes.pop("places", PLACES)
    return plan_faults(Execution(replace(TERMS, **changes), Order.PARALLEL, places), TODAY)  # type: ignore[arg-type]


def on_paper(*names: str) -> tuple[Place, ...]:
    return tuple(replace(p, medium=Medium.PAPER) if p.id in names else p for p in PLACES)


def test_a_plan_as_the_contract_says_has_no_fault() -> None:
    assert plan() == ()
    assert plan(mode=Mode.PAPER, places=on_paper("a_sign", "a_seal", "b_sign", "b_seal")) == ()
    assert plan(mode=Mode.HYBRID, places=on_paper("a_sign", "a_seal")) == ()
    assert plan(formation=Formation.ELECTRONIC, required=frozenset({Required.E_SIGNATURE}), places=(PLACES[0], PLACES[2])) == ()
    assert plan(formation=Formation.EITHER, places=(PLACES[0], PLACES[2])) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"places": PLACES[:3]}, "甲方缺少盖章"),
        ({"places": PLACES[1:]}, "乙方缺少签名"),
        ({"places": PLACES[:2]}, "甲方没有签署人"),
        ({"places": (PLACES[1], *PLACES[2:]), "formation": Formation.EITHER}, "乙方只有用印人"),
        ({"mode": Mode.PAPER}, "合同约定纸质签署"),
        ({"places": on_paper("a_seal")}, "合同约定电子签署"),
        ({"mode": Mode.HYBRID}, "一方电子、一方纸质"),
        ({"mode": Mode.HYBRID, "places": on_paper("a_seal")}, "一方电子、一方纸质"),
        ({"mode": Mode.PAPER, "formation": Formation.ELECTRONIC, "places": on_paper(*(p.id for p in PLACES))}, "缺少电子签名"),
        ({"required": frozenset(Required), "mode": Mode.PAPER, "places": on_paper(*(p.id for p in PLACES))}, "缺少电子签名"),
        ({"places": (*PLACES, PLACES[0])}, "重复"),
        ({"places": (*PLACES, replace(PLACES[0], id="x", stage=0))}, "须从1开始"),
        ({"places": (*PLACES, replace(PLACES[0], id="x", signatory=replace(LI, party="party_c")))}, "不代表任何一方"),
        ({"deadline": date(2026, 11, 1)}, "早于文本定稿日"),
        ({"amount": Decimal("3000000")}, "越权"),
        ({"matter": Matter.AMENDMENT}, "不包括“签署补充协议”"),
    ],
)
def test_a_plan_that_differs_from_the_contract_is_refused(changes: dict[str, object], words: str) -> None:
    assert any(words in fault for fault in plan(**changes))


def test_all_faults_of_a_plan_are_told_at_once() -> None:
    bad = replace(TERMS, mode=Mode.PAPER, amount=Decimal("9000000"))
    with refused("execution.plan", "缺少盖章.*纸质签署.*越权"):
        begin(bad, Order.PARALLEL, PLACES[:3], TODAY)


# ---- order


def waiting(plan: Execution) -> list[str]:
    return [p.id for p in plan.waiting]


def test_at_once_anybody_may_begin() -> None:
    assert waiting(signing()) == ["b_sign", "b_seal", "a_sign", "a_seal"]


def test_one_after_the_other() -> None:
    made = signing(Order.SEQUENTIAL)
    assert waiting(made) == ["b_sign"]
    with refused("execution.turn", "乙方签名（李四）"):
        signed(made, "a_sign")
    assert waiting(signed(made, "b_sign")) == ["b_seal"]


def test_by_stages_a_stage_waits_for_the_one_before() -> None:
    made = signing(Order.STAGED)
    assert waiting(made) == ["b_sign", "b_seal"]
    with refused("execution.turn"):
        signed(made, "a_seal")
    assert waiting(signed(made, "b_seal", "b_sign")) == ["a_sign", "a_seal"]


# ---- signing


def test_with_the_last_mark_the_signing_is_complete_and_the_lifecycle_sees_it() -> None:
    half = signed(signing(), "b_sign", "b_seal")
    assert half.fulfilled("party_b")
    assert not half.fulfilled("party_a")
    assert half.outstanding == ("甲方签名（张三）", "甲方盖章（保管a）")
    assert list(fully_signed(Facts(outstanding_signatures=half.outstanding)))
    done = signed(half, "a_sign", on=TODAY - timedelta(days=2))
    done = signed(done, "a_seal")
    assert done.status is Status.COMPLETE
    assert done.outstanding == ()
    assert not list(fully_signed(Facts(outstanding_signatures=done.outstanding)))
    assert Effect(done.signed_on).formed_on == TODAY


@pytest.mark.parametrize(
    ("place", "by", "on", "digest", "code"),
    [
        ("nowhere", "u-李四", TODAY, DIGEST, "execution.place"),
        ("b_sign", "u-张三", TODAY, DIGEST, "execution.person"),
        ("b_sign", "u-李四", TODAY, "cd" * 32, "execution.digest"),
        ("b_sign", "u-李四", FINAL - timedelta(days=1), DIGEST, "execution.date"),
        ("b_sign", "u-李四", TODAY + timedelta(days=1), DIGEST, "execution.date"),
    ],
)
def test_what_makes_a_signature_impossible(place: str, by: str, on: date, digest: str, code: str) -> None:
    with refused(code):
        signing().sign(place, by, on, digest, TODAY)


def test_after_the_last_day_nobody_signs() -> None:
    late = DEADLINE + timedelta(days=1)
    with refused("execution.date", "届满"):
        signing().sign("b_sign", LI.id, late, DIGEST, late)


def test_a_power_that_ended_between_plan_and_signature_stops_it() -> None:
    ending = replace(LI, authority=replace(POWER, valid_until=TODAY))
    made = signing(places=(replace(PLACES[0], signatory=ending), *PLACES[1:]))
    tomorrow = TODAY + timedelta(days=1)
    with refused("execution.authority", "超期"):
        made.sign("b_sign", ending.id, tomorrow, DIGEST, tomorrow)


def test_nobody_signs_twice() -> None:
    with refused("execution.twice"):
        signed(signing(), "b_sign", "b_sign")


# ---- refusal, withdrawal, lapse


def test_a_refusal_needs_a_reason_and_stops_everything() -> None:
    made = signed(signing(), "b_sign")
    with refused("execution.reason"):
        made.refuse("a_sign", ZHANG.id, " 不 同 意 ", TODAY)
    stopped = made.refuse("a_sign", ZHANG.id, "付款条件须再商定", TODAY)
    assert stopped.status is Status.REFUSED
    assert stopped.waiting == ()
    assert stopped.ending is not None
    assert stopped.ending.reason == "付款条件须再商定"
    with refused("execution.closed", "已拒签"):
        signed(stopped, "a_seal")


def test_only_the_signatory_refuses_and_not_after_signing() -> None:
    with refused("execution.person"):
        signing().refuse("a_sign", LI.id, "付款条件须再商定", TODAY)
    with refused("execution.twice"):
        signed(signing(), "a_sign").refuse("a_sign", ZHANG.id, "付款条件须再商定", TODAY)


def test_a_signing_lapses_the_day_after_its_last_day() -> None:
    with refused("execution.early"):
        signing().lapse(DEADLINE)
    assert signing().lapse(DEADLINE + timedelta(days=1)).status is Status.LAPSED


def test_a_signing_can_be_withdrawn_once() -> None:
    gone = signing().withdraw("u-owner", "文本有误，需要修改", TODAY)
    assert gone.status is Status.WITHDRAWN
    with refused("execution.closed"):
        gone.withdraw("u-owner", "文本有误，需要修改", TODAY)


# ---- whatever the plan and whatever the sequence


PLANS = st.builds(
    lambda order, stages, used: Execution(
        TERMS, order, tuple(replace(p, stage=s) for p, s in zip(PLACES, stages, strict=True) if p.id in used)
    ),
    st.sampled_from(list(Order)),
    st.lists(st.integers(1, 3), min_size=4, max_size=4),
    st.sets(st.sampled_from([p.id for p in PLACES]), min_size=1),
)


@settings(max_examples=150)
@given(PLANS, st.lists(st.sampled_from([p.id for p in PLACES]), max_size=14))
def test_only_who_is_waiting_can_sign_and_every_signature_brings_it_one_nearer(made: Execution, tries: list[str]) -> None:
    for name in tries:
        before = made
        allowed = name in [p.id for p in made.waiting]
        try:
            made = made.sign(name, next((p.signatory.id for p in made.places if p.id == name), ""), TODAY, DIGEST, TODAY)
        except ContractError:
            assert not allowed
            assert made is before
            continue
        assert allowed
        assert len(made.outstanding) == len(before.outstanding) - 1
        assert (made.status is Status.COMPLETE) == (not made.outstanding)
    assert len({s.place for s in made.signed}) == len(made.signed)
    if made.status is Status.OPEN:
        assert made.waiting, "an open signing always waits for somebody"


@settings(max_examples=100)
@given(PLANS, st.sampled_from(list(Formation)))
def test_more_marks_never_make_a_party_less_complete(made: Execution, formation: Formation) -> None:
    made = replace(made, terms=replace(TERMS, formation=formation), order=Order.PARALLEL)
    fulfilled = {party: made.fulfilled(party) for party in NAMES}
    while made.waiting:
        made = signed(made, made.waiting[0].id)
        for party in NAMES:
            assert made.fulfilled(party) or not fulfilled[party]
            fulfilled[party] = made.fulfilled(party)


@given(PLANS, st.sampled_from([Status.REFUSED, Status.WITHDRAWN, Status.LAPSED, Status.COMPLETE]))
def test_what_is_closed_stays_closed(made: Execution, status: Status) -> None:
    closed = replace(made, status=status)
    assert closed.waiting == ()
    for deed in (
        lambda: closed.sign(made.places[0].id, made.places[0].signatory.id, TODAY, DIGEST, TODAY),
        lambda: closed.refuse(made.places[0].id, made.places[0].signatory.id, "付款条件须再商定", TODAY),
        lambda: closed.withdraw("u", "文本有误，需要修改", TODAY),
        lambda: closed.lapse(DEADLINE + timedelta(days=9)),
        lambda: closed.reassign(made.places[0].id, made.places[0].signatory, "原保管人休假", TODAY),
    ):
        with refused("execution.closed"):
            deed()
