"""Seals: one table of states, offices by written authority, applications that can only go one way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.domain.errors import ContractError
from app.domain.seal_register import (
    MOVES,
    USE_MOVES,
    Grant,
    PaperUse,
    Seal,
    SealKind,
    SealLook,
    SealMove,
    SealOffice,
    SealState,
    UseMedium,
    UseMove,
    UseRequest,
    UseState,
    grant_faults,
    moved,
    readiness_faults,
    request_faults,
    require_office,
    use_faults,
    use_moved,
)

TODAY = date(2026, 11, 28)
YEAR = timedelta(days=365)


def grant(person: str, office: SealOffice, **more: object) -> Grant:
    made = Grant(f"g-{person}-{office.value}", person, person, office, "用印授〔2026〕1号", TODAY - YEAR, TODAY + YEAR)
    return replace(made, **more)  # type: ignore[arg-type]


KEEPER, APPROVER = grant("keeper", SealOffice.KEEPER), grant("approver", SealOffice.APPROVER)
SEAL = Seal(SealKind.CONTRACT, "示例科技有限公司", SealState.ACTIVE, SealLook.DRAWN, (KEEPER, APPROVER))
REQUEST = UseRequest(UseMedium.PAPER, "服务外包合同", 4, True, "与乙方签订合同")


@pytest.mark.parametrize("state", SealState)
@pytest.mark.parametrize("move", SealMove)
def test_every_pair_of_state_and_move_is_in_the_table_or_refused_with_a_sentence(state: SealState, move: SealMove) -> None:
    seal = replace(SEAL, state=state)
    if (state, move) in MOVES:
        assert moved(seal, move, "行政部经办，法务部监督", TODAY) is MOVES[state, move]
        return
    with pytest.raises(ContractError, match=f"“{state.label}”状态，不能{move.label}；") as refused:
        moved(seal, move, "行政部经办，法务部监督", TODAY)
    assert refused.value.code == "seal.move"


def test_a_destroyed_seal_never_comes_back() -> None:
    assert replace(SEAL, state=SealState.DESTROYED).moves == ()


def test_a_seal_is_not_put_into_use_without_keeper_approver_and_image() -> None:
    bare = Seal(SealKind.OFFICIAL, "示例", SealState.MAKING, SealLook.IMAGE)
    with pytest.raises(ContractError, match=r"保管人.*审批人.*图样") as refused:
        moved(bare, SealMove.ENABLE, "", TODAY)
    assert refused.value.code == "seal.unready"
    assert readiness_faults(replace(bare, grants=(KEEPER, APPROVER), has_image=True), TODAY) == ()


@pytest.mark.parametrize("move", [SealMove.SUSPEND])
def test_to_take_a_seal_out_of_use_needs_a_reason(move: SealMove) -> None:
    with pytest.raises(ContractError, match="写明原因"):
        moved(SEAL, move, "遗失", TODAY)


@pytest.mark.parametrize(
    ("on", "stands"),
    [
        (TODAY - YEAR - timedelta(1), False),
        (TODAY - YEAR, True),
        (TODAY + YEAR, True),
        (TODAY + YEAR + timedelta(1), False),
    ],
)
def test_both_days_of_an_authority_count(on: date, *, stands: bool) -> None:
    assert KEEPER.stands(on) is stands
    assert SEAL.holds("keeper", SealOffice.KEEPER, on) is stands


def test_an_authority_taken_back_is_over_on_that_very_day() -> None:
    ended = replace(KEEPER, ended_on=TODAY)
    assert ended.stands(TODAY - timedelta(1))
    assert not ended.stands(TODAY)
    with pytest.raises(ContractError, match="已于2026-11-28结束"):
        require_office(replace(SEAL, grants=(ended,)), "keeper", SealOffice.KEEPER, TODAY)


def test_who_was_never_appointed_is_told_so() -> None:
    with pytest.raises(ContractError, match="您不是这枚合同专用章的审批人"):
        require_office(SEAL, "keeper", SealOffice.APPROVER, TODAY)


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (grant("approver", SealOffice.KEEPER), "同一个人"),
        (grant("keeper", SealOffice.APPROVER), "同一个人"),
        (grant("another", SealOffice.KEEPER), "只能有一名保管人"),
        (grant("approver", SealOffice.APPROVER), "已是审批人"),
        (grant("x", SealOffice.USER, number=" "), "编号"),
        (grant("", SealOffice.USER), "选择人员"),
        (grant("x", SealOffice.USER, valid_from=TODAY, valid_until=TODAY - timedelta(1)), "早于起始日"),
        (grant("x", SealOffice.USER, valid_until=TODAY - timedelta(1)), "已经届满"),
        (grant("x", SealOffice.USER, valid_until=TODAY + 6 * YEAR), "至多5年"),
    ],
)
def test_grants_that_are_refused(new: Grant, words: str) -> None:
    assert any(words in fault.problem + fault.label for fault in grant_faults(SEAL, new, TODAY))


def test_a_keeper_may_follow_another_and_an_approver_may_stand_beside_another() -> None:
    handed_over = replace(SEAL, grants=(replace(KEEPER, ended_on=TODAY), APPROVER))
    assert grant_faults(handed_over, grant("next", SealOffice.KEEPER, valid_from=TODAY), TODAY) == ()
    assert grant_faults(SEAL, grant("second", SealOffice.APPROVER), TODAY) == ()


@pytest.mark.parametrize("medium", UseMedium)
@pytest.mark.parametrize("state", UseState)
@pytest.mark.parametrize("move", UseMove)
def test_every_move_of_an_application_is_in_its_table_or_refused(medium: UseMedium, state: UseState, move: UseMove) -> None:
    if (state, move) in USE_MOVES[medium]:
        assert use_moved(medium, state, move) is USE_MOVES[medium][state, move]
    else:
        with pytest.raises(ContractError, match=f"{state.label}，不能{move.label}"):
            use_moved(medium, state, move)


@pytest.mark.parametrize("medium", UseMedium)
def test_no_way_leads_to_a_use_that_leaves_the_approval_out(medium: UseMedium) -> None:
    table = {key: after for key, after in USE_MOVES[medium].items() if key[1] is not UseMove.APPROVE}
    reached, new = {UseState.SUBMITTED}, {UseState.SUBMITTED}
    while new:
        new = {after for (state, _), after in table.items() if state in reached} - reached
        reached |= new
    assert UseState.USED not in reached
    assert UseState.RELEASED not in reached


@pytest.mark.parametrize(
    ("seal", "request_", "words"),
    [
        (replace(SEAL, state=SealState.SUSPENDED), REQUEST, "停用"),
        (replace(SEAL, look=SealLook.NONE), replace(REQUEST, medium=UseMedium.ELECTRONIC, copies=1), "只用于纸质"),
        (replace(SEAL, kind=SealKind.FINANCE), REQUEST, "不用于签订合同"),
        (SEAL, replace(REQUEST, document=" "), "什么文件"),
        (SEAL, replace(REQUEST, copies=0), "整数"),
        (SEAL, replace(REQUEST, copies=101), "整数"),
        (SEAL, replace(REQUEST, medium=UseMedium.ELECTRONIC), "一份原件"),
        (SEAL, replace(REQUEST, purpose="签"), "事由"),
    ],
)
def test_applications_that_are_refused(seal: Seal, request_: UseRequest, words: str) -> None:
    assert any(words in fault.problem for fault in request_faults(seal, request_))


def test_a_sound_application_has_no_fault() -> None:
    assert list(request_faults(SEAL, REQUEST)) == []


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (PaperUse(5, TODAY, "王律师"), "超出批准的4份"),
        (PaperUse(0, TODAY, "王律师"), "超出"),
        (PaperUse(4, TODAY - timedelta(2), "王律师"), "早于批准日"),
        (PaperUse(4, TODAY + timedelta(1), "王律师"), "晚于今日"),
        (PaperUse(4, TODAY, " "), "由谁"),
    ],
)
def test_uses_that_are_not_entered(use: PaperUse, words: str) -> None:
    assert any(words in fault.problem for fault in use_faults(use, 4, TODAY - timedelta(1), TODAY))
    assert list(use_faults(PaperUse(4, TODAY, "王律师"), 4, TODAY - timedelta(1), TODAY)) == []
