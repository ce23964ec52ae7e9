"""A round of approval: it binds one digest, each seat decides once and in turn, and no one approves for themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.approval import (
    ApprovalRound,
    Approver,
    ReturnComment,
    RoundStatus,
    abandon,
    approve,
    delegate,
    open_round,
    recall_delegation,
    return_for_changes,
    revoke,
    text_changed,
    unfillable,
    withdraw,
)
from app.domain.approval_route import Function, Route, Seat, Step
from app.domain.errors import ContractError

L, B, F, H = Function.LEGAL, Function.BUSINESS, Function.FINANCE, Function.LEGAL_HEAD
TEXT, OTHER = "a" * 64, "b" * 64
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
NOTE = "该客户为集团战略客户，风险由商业条款对价覆盖，同意豁免。"


def seat(function: Function, personal: bool = False) -> Seat:
    return Seat(function, ("理由",), personal)


ROUTE = Route((Step((seat(L),)), Step((seat(B), seat(F))), Step((seat(H),))))
LEGAL, BUSINESS, FINANCE, HEAD = (Approver(i, frozenset({f})) for i, f in (("xu", L), ("he", B), ("qi", F), ("lu", H)))
WHO = {L: LEGAL, B: BUSINESS, F: FINANCE, H: HEAD}


def fresh(route: Route = ROUTE) -> ApprovalRound:
    return open_round(TEXT, route, "lin", NOW)


def approved_by(round_: ApprovalRound, *functions: Function) -> ApprovalRound:
    for function in functions:
        round_ = approve(round_, function, WHO[function], TEXT, NOW)
    return round_


def refused(code: str, words: str = "") -> pytest.RaisesExc[ContractError]:
    return pytest.raises(ContractError, match=words or None, check=lambda e: e.code == code)


def test_steps_follow_one_another_and_the_seats_of_a_step_decide_in_any_order() -> None:
    round_ = fresh()
    assert [s.function for s in round_.waiting] == [L]
    round_ = approved_by(round_, L)
    assert [s.function for s in round_.waiting] == [B, F]
    round_ = approved_by(round_, F, B)
    assert [s.function for s in round_.waiting] == [H]
    assert round_.status is RoundStatus.OPEN
    round_ = approved_by(round_, H)
    assert round_.status is RoundStatus.APPROVED
    assert round_.waiting == round_.outstanding == ()
    assert round_.binds(TEXT)


def test_a_seat_waits_for_the_step_before_it() -> None:
    with refused("approval.turn", "须先由法务审批"):
        approved_by(fresh(), B)


def test_a_seat_decides_once() -> None:
    with refused("approval.turn", "“法务”已经审批"):
        approved_by(fresh(), L, L)


def test_an_office_that_the_route_does_not_ask_for_has_no_seat() -> None:
    manager = Approver("wu", frozenset({Function.GENERAL_MANAGER}))
    with refused("approval.turn", "不需要“总经理”"):
        approve(fresh(), Function.GENERAL_MANAGER, manager, TEXT, NOW)


def test_an_approver_who_read_another_text_approves_nothing() -> None:
    with refused("approval.stale", "请刷新后重新阅读"):
        approve(fresh(), L, LEGAL, OTHER, NOW)


@pytest.mark.parametrize("person", [Approver("ma"), Approver("ma", frozenset({B}))])
def test_only_the_office_that_is_asked_approves(person: Approver) -> None:
    with refused("approval.person", "您不是“法务”"):
        approve(fresh(), L, person, TEXT, NOW)


def test_nobody_approves_what_they_submitted() -> None:
    with refused("approval.person", "不得审批自己送审"):
        approve(fresh(), L, Approver("lin", frozenset(Function)), TEXT, NOW)


def test_one_person_does_not_take_two_seats() -> None:
    both = Approver("ma", frozenset({B, F}))
    round_ = approve(approved_by(fresh(), L), B, both, TEXT, NOW)
    with refused("approval.person", "同一人不得既作为“业务负责人”又作为“财务负责人”"):
        approve(round_, F, both, TEXT, NOW)


def test_the_head_of_legal_also_speaks_for_legal() -> None:
    round_ = approve(fresh(), L, HEAD, TEXT, NOW)
    assert approved_by(round_, B, F, H).status is RoundStatus.APPROVED


def test_a_changed_text_voids_the_round_open_or_approved() -> None:
    for round_ in (fresh(), approved_by(fresh(), L, B, F, H)):
        voided = text_changed(round_, OTHER, "lin", NOW)
        assert voided.status is RoundStatus.VOIDED
        assert not voided.binds(TEXT)
        assert not voided.binds(OTHER)
        with refused("approval.closed", "已失效"):
            approve(voided, H, HEAD, TEXT, NOW)


def test_the_same_text_saved_again_voids_nothing() -> None:
    approved = approved_by(fresh(), L, B, F, H)
    assert text_changed(approved, TEXT, "lin", NOW) is approved


def test_a_round_without_approval_binds_nothing_not_even_no_text() -> None:
    assert not fresh().binds(TEXT)
    assert not fresh().binds("")


def test_a_text_is_returned_with_comments_by_the_seat_whose_turn_it_is() -> None:
    comments = (ReturnComment("fees.pay", "付款期须不超过60日"), ReturnComment("", "  "))
    returned = return_for_changes(fresh(), L, LEGAL, comments, NOW)
    assert returned.status is RoundStatus.RETURNED
    assert returned.closing is not None
    assert returned.closing.comments == comments[:1]
    with refused("approval.turn"):
        return_for_changes(fresh(), B, BUSINESS, comments, NOW)
    with refused("approval.reason", "退回须写明意见"):
        return_for_changes(fresh(), L, LEGAL, (ReturnComment("", " "),), NOW)


def test_only_the_submitter_withdraws_and_only_an_open_round() -> None:
    assert withdraw(fresh(), "lin", NOW).status is RoundStatus.WITHDRAWN
    with refused("approval.person"):
        withdraw(fresh(), "xu", NOW)
    with refused("approval.closed", "已通过"):
        withdraw(approved_by(fresh(), L, B, F, H), "lin", NOW)


def test_a_delegate_decides_in_place_of_the_principal() -> None:
    round_ = delegate(fresh(), L, LEGAL, "su", "出差", NOW)
    with refused("approval.person", "已经转交"):
        approve(round_, L, LEGAL, TEXT, NOW)
    consent = approve(round_, L, Approver("su"), TEXT, NOW).consent(L)
    assert consent is not None
    assert (consent.by, consent.for_whom) == ("su", "xu")


def test_a_delegation_can_be_recalled_until_it_is_used() -> None:
    round_ = delegate(fresh(), L, LEGAL, "su", "出差", NOW)
    assert recall_delegation(round_, L, "xu") == fresh()
    with refused("approval.delegation"):
        recall_delegation(round_, L, "he")
    with refused("approval.turn", "已经审批"):
        recall_delegation(approve(round_, L, Approver("su"), TEXT, NOW), L, "xu")


@pytest.mark.parametrize(("to", "reason"), [("xu", "出差"), ("lin", "出差"), ("", "出差"), ("su", " ")])
def test_a_seat_is_not_delegated_to_oneself_to_the_submitter_or_without_a_reason(to: str, reason: str) -> None:
    with refused("approval.delegation"):
        delegate(fresh(), L, LEGAL, to, reason, NOW)


def test_a_delegate_does_not_delegate_on() -> None:
    round_ = delegate(fresh(), L, LEGAL, "su", "出差", NOW)
    with refused("approval.delegation", "受托人不得再转交"):
        delegate(round_, L, Approver("su", frozenset({L})), "ma", "出差", NOW)


def test_a_delegation_does_not_get_around_the_two_persons() -> None:
    both = Approver("ma", frozenset({B, F}))
    round_ = delegate(approved_by(fresh(), L), B, both, "su", "出差", NOW)
    round_ = approve(round_, F, both, TEXT, NOW)
    with refused("approval.person", "同一人"):
        approve(round_, B, Approver("su"), TEXT, NOW)


def test_a_waiver_is_decided_in_person_with_a_reason() -> None:
    route = Route((Step((seat(H, personal=True),)),))
    with refused("approval.reason", "不少于20字"):
        approve(fresh(route), H, HEAD, TEXT, NOW, "同意")
    with refused("approval.delegation", "须由本人"):
        delegate(fresh(route), H, HEAD, "su", "出差", NOW)
    assert approve(fresh(route), H, HEAD, TEXT, NOW, NOTE).binds(TEXT)


@pytest.mark.parametrize(("digest", "route"), [("", ROUTE), (TEXT, Route(())), (TEXT, Route((Step(()),)))])
def test_no_round_opens_that_nobody_would_have_to_approve(digest: str, route: Route) -> None:
    with refused("approval.empty"):
        open_round(digest, route, "lin", NOW)


ACTS = st.tuples(
    st.sampled_from(["approve", "approve", "approve", "return", "delegate", "recall", "withdraw", "change"]),
    st.sampled_from([L, B, F, H]),
    st.sampled_from(["xu", "he", "qi", "lu", "su", "lin"]),
    st.sampled_from([TEXT, TEXT, TEXT, OTHER]),
)
OFFICES = {a.id: a for a in WHO.values()}


def act(round_: ApprovalRound, kind: str, function: Function, who: str, digest: str) -> ApprovalRound:
    person = OFFICES.get(who, Approver(who, frozenset(Function) if who == "lin" else frozenset()))
    match kind:
        case "approve":
            return approve(round_, function, person, digest, NOW, NOTE)
        case "return":
            return return_for_changes(round_, function, person, (ReturnComment("", "重写"),), NOW)
        case "delegate":
            return delegate(round_, function, person, "su", "出差", NOW)
        case "recall":
            return recall_delegation(round_, function, who)
        case "withdraw":
            return withdraw(round_, who, NOW)
        case _:
            return text_changed(round_, digest, who, NOW)


@given(st.lists(ACTS, max_size=25), st.booleans())
def test_whatever_people_do_an_approval_has_every_seat_of_this_text_and_no_self_approval(
    acts: list[tuple[str, Function, str, str]], orderly: bool
) -> None:
    round_ = approved_by(fresh(), L, B) if orderly else fresh()
    for kind, function, who, digest in acts:
        before = round_
        try:
            round_ = act(before, kind, function, who, digest)
        except ContractError:
            continue
        if before.status in (RoundStatus.RETURNED, RoundStatus.WITHDRAWN, RoundStatus.VOIDED):
            assert round_ == before, "a closed round stays closed"
    assert (round_.status is RoundStatus.APPROVED) <= (not round_.outstanding)
    assert all(c.digest == TEXT and c.by != "lin" for c in round_.consents)
    order = [c.function for c in round_.consents]
    assert len(order) == len(set(order))
    assert H not in order[:3], "the head decides after legal, business and finance"
    assert order[:1] in ([], [L])
    assert not round_.binds(OTHER)


# ---- taken back, given up


def test_one_who_approved_takes_the_approval_back_with_a_reason() -> None:
    whole = approved_by(fresh(), L, B, F, H)
    with refused("approval.person"):
        revoke(whole, Approver("somebody"), NOW, "发现错误")
    with refused("approval.reason"):
        revoke(whole, BUSINESS, NOW, "  ")
    back = revoke(whole, BUSINESS, NOW, "发现错误")
    assert back.status is RoundStatus.REVOKED
    assert not back.binds(TEXT)
    with refused("approval.closed", "已撤销"):
        revoke(back, BUSINESS, NOW, "再次撤销")


def test_what_is_still_open_is_not_revoked() -> None:
    with refused("approval.closed", "审批中"):
        revoke(approved_by(fresh(), L), LEGAL, NOW, "发现错误")


def test_a_contract_given_up_takes_an_open_or_approved_round_with_it_and_no_other() -> None:
    for round_ in (fresh(), approved_by(fresh(), L, B, F, H)):
        assert abandon(round_, "lin", NOW, "作废").status is RoundStatus.VOIDED
    gone = withdraw(fresh(), "lin", NOW)
    assert abandon(gone, "lin", NOW, "作废") is gone


def test_a_delegate_who_decided_another_seat_already_is_refused() -> None:
    with refused("approval.person", "同一人"):
        delegate(approved_by(fresh(), L), B, BUSINESS, "xu", "休假", NOW)


# ---- whether every seat can be taken


def test_a_route_that_different_people_can_take_has_no_gap() -> None:
    assert unfillable(ROUTE, {L: frozenset("ab"), B: frozenset("a"), F: frozenset("bc"), H: frozenset("d")}) == ()


def test_the_head_of_legal_may_take_both_seats_of_legal() -> None:
    assert unfillable(ROUTE, {L: frozenset("h"), B: frozenset("b"), F: frozenset("f"), H: frozenset("h")}) == ()


def test_offices_that_nobody_holds_are_all_named() -> None:
    told = unfillable(ROUTE, {L: frozenset("a"), H: frozenset("h")})
    assert [t.split("审批")[0] for t in told] == ["没有人可以作为“业务负责人”", "没有人可以作为“财务负责人”"]


def test_one_person_for_two_seats_is_a_gap() -> None:
    (told,) = unfillable(ROUTE, {L: frozenset("a"), B: frozenset("b"), F: frozenset("b"), H: frozenset("h")})
    assert "不能由同一人兼任" in told


@given(st.fixed_dictionaries({f: st.frozensets(st.sampled_from("abc"), min_size=1) for f in (L, B, F, H)}))
def test_a_route_without_a_gap_can_really_be_walked(candidates: dict[Function, frozenset[str]]) -> None:
    """Against the rules of deciding themselves: some assignment of people passes every seat exactly where no gap is named."""
    walks = []
    for a, b, c, d in product(*(sorted(candidates[f]) for f in (L, B, F, H))):
        round_, who = fresh(), {L: a, B: b, F: c, H: d}
        try:
            for function, person in who.items():
                offices = frozenset(f for f in who if person in candidates[f])
                round_ = approve(round_, function, Approver(person, offices), TEXT, NOW)
        except ContractError:
            continue
        walks.append(who)
    assert bool(walks) == (unfillable(ROUTE, candidates) == ())


# ---- four eyes


def test_an_author_takes_no_seat_of_legal_but_may_take_another() -> None:
    round_ = open_round(TEXT, ROUTE, "lin", NOW, frozenset({"xu", "he", "lu"}))
    with refused("approval.person", "须由他人复核"):
        approve(round_, L, LEGAL, TEXT, NOW)
    other = Approver("gu", frozenset({L}))
    round_ = approve(approve(approve(round_, L, other, TEXT, NOW), B, BUSINESS, TEXT, NOW), F, FINANCE, TEXT, NOW)
    with refused("approval.person", "须由他人复核"):
        approve(round_, H, HEAD, TEXT, NOW)


def test_a_seat_of_legal_is_not_passed_on_to_an_author() -> None:
    round_ = open_round(TEXT, ROUTE, "lin", NOW, frozenset({"ou"}))
    with refused("approval.delegation", "修改过文本"):
        delegate(round_, L, LEGAL, "ou", "休假", NOW)
    assert delegate(round_, B, BUSINESS, "ou", "休假", NOW).delegations
