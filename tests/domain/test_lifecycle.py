"""The table of moves: every stage with every event against a table written by hand, what each move needs, what is said."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.domain.effect import Condition, ConditionsPrecedent, Effect
from app.domain.errors import ContractError
from app.domain.lifecycle import AUTOMATIC, MOVES, Event, Flag, IllegalMove, Stage, State, advance, outlook
from app.domain.lifecycle_facts import Decision, Facts, Paper, TermFacts

TODAY = date(2028, 1, 1)
DAY = timedelta(days=1)

# Written from the brief, part D, and from the decisions of ADR 6; not from the code. A stage not named after ">" stays.
BY_HAND = """
draft       content_changed>draft submitted>in_review voided>void recorded_as_signed>signed
in_review   submission_withdrawn>draft returned>draft approved>approved voided>void
approved    content_changed>draft approval_revoked>draft signing_started>signing voided>void
signing     signing_withdrawn>approved signing_lapsed>approved signing_returned>draft executed>signed
signed      took_effect>active condition_failed>terminated terminated_by_agreement>terminated rescinded>terminated
            ended_by_decision>terminated dispute_raised dispute_closed
active      window_opened>expiring non_renewal_notified>expiring renewed_by_agreement renewed_automatically
            term_ended>expired terminated_by_agreement>terminated rescinded>terminated
            terminated_for_convenience>terminated ended_by_decision>terminated
            rectification_ordered rectification_closed dispute_raised dispute_closed
expiring    non_renewal_notified renewed_by_agreement>active renewed_automatically>active
            term_ended>expired terminated_by_agreement>terminated rescinded>terminated
            terminated_for_convenience>terminated ended_by_decision>terminated
            rectification_ordered rectification_closed dispute_raised dispute_closed
expired     renewed_by_agreement>active held_over>active ended_by_decision>terminated
            dispute_raised dispute_closed archived>archived
terminated  ending_set_aside>active ending_set_aside_before_effect>signed dispute_raised dispute_closed archived>archived
archived
void
"""


def by_hand() -> dict[tuple[Stage, Event], Stage]:
    table: dict[tuple[Stage, Event], Stage] = {}
    stage = Stage.DRAFT
    for line in BY_HAND.strip().splitlines():
        words = line.split()
        if not line.startswith(" "):
            stage = Stage(words.pop(0))
        for word in words:
            event, _, target = word.partition(">")
            table[stage, Event(event)] = Stage(target) if target else stage
    return table


EXPECTED = by_hand()
PAIRS = [(stage, event) for stage in Stage for event in Event]
NO_CONDITIONS = Effect((date(2026, 12, 1),))
OPEN_CONDITIONS = Effect((date(2026, 12, 1),), ConditionsPrecedent((Condition.PIA_DONE,)))
TERM = TermFacts(
    last_day=date(2027, 12, 31), window_opens=date(2027, 10, 2), notice_deadline=date(2027, 11, 1),
    renews_automatically=False, renewed_until=date(2028, 12, 31),
)  # fmt: skip
SHOWN = Facts(
    today=TODAY, reason="双方确认", digest="a" * 64, approved_digest="a" * 64, blocking_findings=0, outstanding_approvals=(),
    outstanding_signatures=(), signing_deadline=TODAY - DAY, signed_copy="b" * 64, effect=NO_CONDITIONS,
    took_effect_on=date(2027, 1, 1), term=TERM, paper=Paper("SHFW-2026-0001-JC-01", date(2027, 10, 20), date(2027, 11, 5), ()),
    decision=Decision("（2027）沪0105民初1号", date(2027, 12, 1)), open_tasks=(), open_rectifications=(), open_disputes=(),
)  # fmt: skip
SPECIAL = {
    Event.CONDITION_FAILED: replace(SHOWN, effect=OPEN_CONDITIONS),
    Event.RENEWED_AUTOMATICALLY: replace(SHOWN, term=replace(TERM, renews_automatically=True)),
    Event.ENDING_SET_ASIDE_BEFORE_EFFECT: replace(SHOWN, took_effect_on=None),
}
FLAG_NEEDED = {Event.RECTIFICATION_CLOSED: Flag.RECTIFYING, Event.DISPUTE_CLOSED: Flag.DISPUTED}


def shown(event: Event) -> Facts:
    return SPECIAL.get(event, SHOWN)


def at(stage: Stage, event: Event) -> State:
    flag = FLAG_NEEDED.get(event)
    return State(stage, frozenset({flag}) if flag and stage in flag.stages else frozenset())


@pytest.mark.parametrize(("stage", "event"), PAIRS, ids=lambda v: v.value)
def test_every_stage_meets_every_event_as_the_table_written_by_hand_says(stage: Stage, event: Event) -> None:
    target = EXPECTED.get((stage, event))
    if target is not None:
        assert advance(at(stage, event), event, shown(event)).stage is target
        return
    with pytest.raises(IllegalMove) as refusal:
        advance(at(stage, event), event, shown(event))
    assert refusal.value.code == "lifecycle.not_here"
    assert f"本合同为“{stage.label}”，不能“{event.label}”" in refusal.value.message
    assert not refusal.value.message.endswith("的合同。"), "a refusal says what to do or why it is over"


def test_every_event_has_one_line_in_the_table() -> None:
    assert sorted(m.event.value for m in MOVES) == sorted(e.value for e in Event)


@pytest.mark.parametrize("event", [m.event for m in MOVES if m.needs], ids=lambda e: e.value)
def test_a_move_that_needs_facts_is_refused_when_none_are_shown(event: Event) -> None:
    stage = next(s for s, e in EXPECTED if e is event)
    with pytest.raises(IllegalMove) as refusal:
        advance(at(stage, event), event)
    assert refusal.value.code == "lifecycle.incomplete"
    assert refusal.value.missing
    assert all(phrase in refusal.value.message for phrase in refusal.value.missing)


PAPER = SHOWN.paper
assert PAPER is not None
REFUSED = [
    ("in_review", "approved", replace(SHOWN, blocking_findings=2), "还有2项校对意见未处理"),
    ("in_review", "approved", replace(SHOWN, outstanding_approvals=("法务负责人",)), "审批尚未完成：法务负责人"),
    ("in_review", "approved", replace(SHOWN, approved_digest="c" * 64), "与审批通过的版本不一致"),
    ("in_review", "returned", replace(SHOWN, reason=" "), "须写明理由"),
    ("approved", "signing_started", replace(SHOWN, digest="c" * 64), "须重新送审"),
    ("approved", "signing_started", replace(SHOWN, digest="", approved_digest=""), "没有冻结的版本"),
    ("signing", "executed", replace(SHOWN, outstanding_signatures=("乙方印章",)), "签署尚未完成：乙方印章"),
    ("signing", "executed", replace(SHOWN, digest="c" * 64), "与审批通过的版本不一致"),
    ("signing", "executed", replace(SHOWN, signed_copy=""), "没有已签署文本的存档件"),
    ("signing", "signing_lapsed", replace(SHOWN, signing_deadline=TODAY), "尚未届满"),
    ("signed", "took_effect", replace(SHOWN, effect=OPEN_CONDITIONS), "个人信息保护影响评估完成"),
    ("signed", "condition_failed", SHOWN, "应当记为生效"),
    ("active", "window_opened", replace(SHOWN, today=date(2027, 10, 1)), "2027-10-02才开启"),
    ("active", "window_opened", replace(SHOWN, term=TermFacts(None)), "没有可以计算的续约窗口"),
    ("active", "non_renewal_notified", replace(SHOWN, paper=replace(PAPER, arrived_on=None)), "没有到达对方的记录"),
    (
        "active", "non_renewal_notified",
        replace(
            SHOWN, paper=replace(PAPER, arrived_on=date(2027, 11, 2)), term=replace(TERM, renews_automatically=True)
        ),
        "自动续约可能已经触发",
    ),
    ("expiring", "term_ended", replace(SHOWN, today=date(2027, 12, 31)), "至2027-12-31（含当日），尚未届满"),
    ("expiring", "term_ended", replace(SHOWN, term=replace(TERM, renews_automatically=True)), "应当先记录续约"),
    ("active", "term_ended", replace(SHOWN, term=TermFacts(None, renews_automatically=False)), "不定期合同"),
    (
        "expiring", "renewed_automatically",
        replace(SHOWN, today=date(2027, 11, 1), term=replace(TERM, renews_automatically=True)), "截止日尚未经过",
    ),
    ("expiring", "renewed_automatically", SHOWN, "不具备自动续约的条件"),
    ("expired", "renewed_by_agreement", replace(SHOWN, term=replace(TERM, renewed_until=TERM.last_day)), "不晚于原届满日"),
    ("active", "rescinded", replace(SHOWN, paper=replace(PAPER, unmet=("催告的补救期尚未届满",))), "催告的补救期尚未届满"),
    ("active", "rescinded", replace(SHOWN, paper=replace(PAPER, unmet=None)), "尚未校对"),
    ("active", "rescinded", replace(SHOWN, paper=replace(PAPER, effective_on=TODAY + DAY)), "2028-01-02尚未届至"),
    ("active", "terminated_by_agreement", replace(SHOWN, paper=replace(PAPER, arrived_on=TODAY + DAY)), "双方尚未签署"),
    ("active", "ended_by_decision", replace(SHOWN, decision=Decision("1号", TODAY + DAY)), "才生效"),
    ("terminated", "ending_set_aside", replace(SHOWN, took_effect_on=None), "未曾生效"),
    ("terminated", "archived", replace(SHOWN, open_tasks=("个人信息删除证明", "终止结算")), "个人信息删除证明、终止结算"),
    ("active", "rectification_closed", SHOWN, "没有“整改中”标记"),
    ("expired", "dispute_closed", SHOWN, "没有“争议中”标记"),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "event", "facts", "words"), REFUSED)
def test_a_move_says_what_is_missing(stage: str, event: str, facts: Facts, words: str) -> None:
    with pytest.raises(IllegalMove, match=re.escape(words)):
        advance(State(Stage(stage)), Event(event), facts)


@pytest.mark.parametrize(
    ("stage", "event", "words"),
    [
        (Stage.DRAFT, Event.SIGNING_STARTED, "须先：提交审查、审批通过。"),
        (Stage.IN_REVIEW, Event.CONTENT_CHANGED, "须先：撤回送审。"),
        (Stage.SIGNING, Event.CONTENT_CHANGED, "须先：签署退回（含拒签）。"),
        (Stage.SIGNING, Event.VOIDED, "须先："),
        (Stage.ACTIVE, Event.CONTENT_CHANGED, "只能以补充协议变更"),
        (Stage.ACTIVE, Event.VOIDED, "不能作废"),
        (Stage.ACTIVE, Event.ARCHIVED, "须先届满或者终止"),
        (Stage.EXPIRED, Event.RECTIFICATION_ORDERED, "只办理清理、结算和归档"),
        (Stage.ARCHIVED, Event.DISPUTE_RAISED, "只读"),
        (Stage.VOID, Event.SUBMITTED, "请另行起草"),
    ],
)
def test_a_stage_that_does_not_know_the_event_shows_the_way_or_why_there_is_none(stage: Stage, event: Event, words: str) -> None:
    with pytest.raises(IllegalMove, match=re.escape(words)):
        advance(State(stage), event, SHOWN)


def test_rectification_and_dispute_run_beside_the_stage() -> None:
    state = advance(State(Stage.ACTIVE), Event.RECTIFICATION_ORDERED, SHOWN)
    state = advance(state, Event.DISPUTE_RAISED, SHOWN)
    assert state == State(Stage.ACTIVE, frozenset(Flag))
    assert state.label == "履行中（整改中、争议中）"
    state = advance(state, Event.WINDOW_OPENED, SHOWN)
    assert state == State(Stage.EXPIRING, frozenset(Flag))
    assert advance(state, Event.RECTIFICATION_CLOSED, SHOWN).flags == {Flag.DISPUTED}


def test_the_end_of_performance_ends_rectification_but_not_the_dispute() -> None:
    ended = advance(State(Stage.ACTIVE, frozenset(Flag)), Event.RESCINDED, SHOWN)
    assert ended == State(Stage.TERMINATED, frozenset({Flag.DISPUTED}))


def test_a_disputed_contract_is_not_archived_until_the_dispute_is_closed() -> None:
    disputed = advance(State(Stage.TERMINATED), Event.DISPUTE_RAISED, SHOWN)
    with pytest.raises(IllegalMove, match="争议中"):
        advance(disputed, Event.ARCHIVED, SHOWN)
    closed = advance(disputed, Event.DISPUTE_CLOSED, SHOWN)
    assert advance(closed, Event.ARCHIVED, SHOWN).terminal


def test_a_second_notice_of_rectification_leaves_the_flag_standing() -> None:
    rectifying = State(Stage.ACTIVE, frozenset({Flag.RECTIFYING}))
    assert advance(rectifying, Event.RECTIFICATION_ORDERED, SHOWN) == rectifying


@pytest.mark.parametrize(
    ("stage", "flag"), [(s, f) for s in Stage for f in Flag if s.value not in
     {"active", "expiring", *(("signed", "expired", "terminated") if f is Flag.DISPUTED else ())}],
)  # fmt: skip
def test_a_flag_can_not_stand_where_there_is_nothing_to_perform_or_to_settle(stage: Stage, flag: Flag) -> None:
    with pytest.raises(ContractError, match=f"“{stage.label}”的合同不能带有“{flag.label}”标记"):
        State(stage, frozenset({flag}))


def test_the_outlook_lists_what_a_stage_can_do_and_what_each_still_needs() -> None:
    can = {o.event: o.missing for o in outlook(State(Stage.SIGNED), replace(SHOWN, effect=OPEN_CONDITIONS))}
    assert can[Event.CONDITION_FAILED] == ()
    assert "个人信息保护影响评估完成" in can[Event.TOOK_EFFECT][0]
    assert Event.SUBMITTED not in can


@pytest.mark.parametrize("stage", [Stage.ARCHIVED, Stage.VOID])
def test_a_terminal_stage_has_no_outlook(stage: Stage) -> None:
    assert outlook(State(stage), SHOWN) == ()


def test_the_clock_alone_never_ends_review_binds_anybody_or_archives() -> None:
    assert {m.target for m in MOVES if m.event in AUTOMATIC} == {Stage.APPROVED, Stage.ACTIVE, Stage.EXPIRING, Stage.EXPIRED}
    assert Event.EXECUTED not in AUTOMATIC


def test_the_decision_record_shows_the_table_as_it_is() -> None:
    text = (Path(__file__).parents[2] / "docs/adr/0006-lifecycle.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]+) \| ([\w ]+) \|", text, re.MULTILINE)
    written = {(Stage(s.strip()), Event(e)): t.strip() for e, sources, t in rows for s in sources.split(",")}
    assert {k: (k[0] if v == "stays" else Stage(v)) for k, v in written.items()} == EXPECTED
