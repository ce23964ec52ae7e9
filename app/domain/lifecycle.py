"""The life of a contract: stages, flags, and one table of moves; ``advance`` is the only way from one stage to the next.

The authority is part D of the brief; docs/adr/0006-lifecycle.md gives the reason for every move beyond it.
Stages are exclusive. Rectification and dispute run beside the stage, so they are flags.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from app.domain import lifecycle_facts as need
from app.domain.errors import ContractError
from app.domain.lifecycle_facts import Facts, Guard


class Stage(Enum):
    """Where a contract stands in law."""

    DRAFT = "draft"
    """起草: no one is bound, the text may change."""
    IN_REVIEW = "in_review"
    """审查中: a version is frozen and lies before the approvers."""
    APPROVED = "approved"
    """已定稿: this text, and no other, may go out for signature. No one is bound."""
    SIGNING = "signing"
    """签署中: the text is before the signatories; an offer that binds no one until both have signed (CC:490)."""
    SIGNED = "signed"
    """已签未生效: formed and binding (CC:119), but a condition or the date of effect is outstanding (CC:158, CC:502)."""
    ACTIVE = "active"
    """履行中: in force."""
    EXPIRING = "expiring"
    """即将届满: in force, within the renewal window or after notice of non-renewal."""
    EXPIRED = "expired"
    """已届满: ended by its term (CC:160, CC:557); transition and settlement."""
    TERMINATED = "terminated"
    """已终止: ended otherwise (rescission, agreement, decision, condition that can't come about); transition and settlement."""
    ARCHIVED = "archived"
    """已归档: everything is settled; read only, kept as the rules on archives ask."""
    VOID = "void"
    """已作废: given up before anybody was bound; its number is not used again."""

    @property
    def label(self) -> str:
        return _STAGE_LABELS[self]


class Flag(Enum):
    """What may run beside a stage."""

    RECTIFYING = "rectifying"
    """整改中: a notice of rectification has arrived (section 5.3) and its cure is not verified yet."""
    DISPUTED = "disputed"
    """争议中: a dispute of chapter 10 is open, for instance an objection to a rescission (CC:565)."""

    @property
    def label(self) -> str:
        return {"rectifying": "整改中", "disputed": "争议中"}[self.value]

    @property
    def stages(self) -> frozenset[Stage]:
        """Where the flag can stand: rectification needs performance, a dispute needs a bond that is not wound up yet."""
        return _PERFORMING if self is Flag.RECTIFYING else _BOUND


class Event(Enum):
    """What happened, in the past tense; the value is stable and goes into the audit log."""

    CONTENT_CHANGED = "content_changed"
    SUBMITTED = "submitted"
    SUBMISSION_WITHDRAWN = "submission_withdrawn"
    RETURNED = "returned"
    APPROVED = "approved"
    APPROVAL_REVOKED = "approval_revoked"
    SIGNING_STARTED = "signing_started"
    SIGNING_WITHDRAWN = "signing_withdrawn"
    SIGNING_RETURNED = "signing_returned"
    SIGNING_LAPSED = "signing_lapsed"
    EXECUTED = "executed"
    RECORDED_AS_SIGNED = "recorded_as_signed"
    VOIDED = "voided"
    TOOK_EFFECT = "took_effect"
    CONDITION_FAILED = "condition_failed"
    WINDOW_OPENED = "window_opened"
    NON_RENEWAL_NOTIFIED = "non_renewal_notified"
    RENEWED_BY_AGREEMENT = "renewed_by_agreement"
    RENEWED_AUTOMATICALLY = "renewed_automatically"
    TERM_ENDED = "term_ended"
    HELD_OVER = "held_over"
    TERMINATED_BY_AGREEMENT = "terminated_by_agreement"
    RESCINDED = "rescinded"
    TERMINATED_FOR_CONVENIENCE = "terminated_for_convenience"
    ENDED_BY_DECISION = "ended_by_decision"
    ENDING_SET_ASIDE = "ending_set_aside"
    ENDING_SET_ASIDE_BEFORE_EFFECT = "ending_set_aside_before_effect"
    RECTIFICATION_ORDERED = "rectification_ordered"
    RECTIFICATION_CLOSED = "rectification_closed"
    DISPUTE_RAISED = "dispute_raised"
    DISPUTE_CLOSED = "dispute_closed"
    ARCHIVED = "archived"

    @property
    def label(self) -> str:
        return _EVENT_LABELS[self]


_STAGE_LABELS = dict(
    zip(
        Stage,
        ("起草", "审查中", "已定稿", "签署中", "已签未生效", "履行中", "即将届满", "已届满", "已终止", "已归档", "已作废"),
        strict=True,
    )
)
_EVENT_LABELS = {
    Event.CONTENT_CHANGED: "修改内容",
    Event.SUBMITTED: "提交审查",
    Event.SUBMISSION_WITHDRAWN: "撤回送审",
    Event.RETURNED: "退回修改",
    Event.APPROVED: "审批通过",
    Event.APPROVAL_REVOKED: "撤销审批",
    Event.SIGNING_STARTED: "发起签署",
    Event.SIGNING_WITHDRAWN: "撤回签署",
    Event.SIGNING_RETURNED: "签署退回（含拒签）",
    Event.SIGNING_LAPSED: "签署逾期失效",
    Event.EXECUTED: "双方签署完成",
    Event.RECORDED_AS_SIGNED: "补录已签合同",
    Event.VOIDED: "作废",
    Event.TOOK_EFFECT: "生效",
    Event.CONDITION_FAILED: "确认生效条件不能成就",
    Event.WINDOW_OPENED: "进入续约窗口",
    Event.NON_RENEWAL_NOTIFIED: "不续约通知到达",
    Event.RENEWED_BY_AGREEMENT: "协商续约",
    Event.RENEWED_AUTOMATICALLY: "自动续约",
    Event.TERM_ENDED: "期限届满",
    Event.HELD_OVER: "期满后继续履行（转为不定期）",
    Event.TERMINATED_BY_AGREEMENT: "协议解除",
    Event.RESCINDED: "解除通知生效",
    Event.TERMINATED_FOR_CONVENIENCE: "无因提前终止",
    Event.ENDED_BY_DECISION: "裁判终止（解除、无效或者撤销）",
    Event.ENDING_SET_ASIDE: "终止被裁判否定",
    Event.ENDING_SET_ASIDE_BEFORE_EFFECT: "生效前的终止被裁判否定",
    Event.RECTIFICATION_ORDERED: "整改通知到达",
    Event.RECTIFICATION_CLOSED: "整改验证通过",
    Event.DISPUTE_RAISED: "提出争议",
    Event.DISPUTE_CLOSED: "争议了结",
    Event.ARCHIVED: "归档",
}

_PERFORMING = frozenset({Stage.ACTIVE, Stage.EXPIRING})
_BOUND = frozenset({Stage.SIGNED, Stage.ACTIVE, Stage.EXPIRING, Stage.EXPIRED, Stage.TERMINATED})
_ENDED = frozenset({Stage.EXPIRED, Stage.TERMINATED})
_TERMINAL = frozenset({Stage.ARCHIVED, Stage.VOID})

AUTOMATIC = frozenset(
    {Event.SIGNING_LAPSED, Event.TOOK_EFFECT, Event.WINDOW_OPENED, Event.RENEWED_AUTOMATICALLY, Event.TERM_ENDED}
)
"""What the clock may cause; each still goes into the audit log and is told to the owner."""


@dataclass(frozen=True, slots=True)
class State:
    """Stage and flags. Raises ``lifecycle.state`` for a flag that can't stand at the stage."""

    stage: Stage = Stage.DRAFT
    flags: frozenset[Flag] = frozenset()

    def __post_init__(self) -> None:
        for flag in self.flags:
            if self.stage not in flag.stages:
                raise ContractError("lifecycle.state", f"“{self.stage.label}”的合同不能带有“{flag.label}”标记。")

    @property
    def label(self) -> str:
        """As shown: ``履行中（整改中、争议中）``."""
        marks = "、".join(f.label for f in Flag if f in self.flags)
        return f"{self.stage.label}（{marks}）" if marks else self.stage.label

    @property
    def terminal(self) -> bool:
        """Archived or void: nothing happens to it any more."""
        return self.stage in _TERMINAL


@dataclass(frozen=True, slots=True)
class Move:
    """One line of the table. ``target`` None: the stage stays. ``within``: a flag that must stand, ``free_of``: one that may not."""

    event: Event
    sources: tuple[Stage, ...]
    target: Stage | None
    needs: tuple[Guard, ...] = ()
    sets: Flag | None = None
    clears: Flag | None = None
    within: Flag | None = None
    free_of: Flag | None = None


_S, _E = Stage, Event
_ENDABLE = (_S.SIGNED, _S.ACTIVE, _S.EXPIRING)
_DISPUTABLE = (_S.SIGNED, _S.ACTIVE, _S.EXPIRING, _S.EXPIRED, _S.TERMINATED)

MOVES: tuple[Move, ...] = (
    # drafting, review
    Move(_E.CONTENT_CHANGED, (_S.DRAFT, _S.APPROVED), _S.DRAFT),
    Move(_E.SUBMITTED, (_S.DRAFT,), _S.IN_REVIEW, (need.version_frozen,)),
    Move(_E.SUBMISSION_WITHDRAWN, (_S.IN_REVIEW,), _S.DRAFT),
    Move(_E.RETURNED, (_S.IN_REVIEW,), _S.DRAFT, (need.reasoned,)),
    Move(
        _E.APPROVED,
        (_S.IN_REVIEW,),
        _S.APPROVED,
        (need.version_frozen, need.findings_cleared, need.approval_complete, need.approval_binds_text),
    ),
    Move(_E.APPROVAL_REVOKED, (_S.APPROVED,), _S.DRAFT, (need.reasoned,)),
    Move(_E.VOIDED, (_S.DRAFT, _S.IN_REVIEW, _S.APPROVED), _S.VOID, (need.reasoned,)),
    # signing
    Move(_E.SIGNING_STARTED, (_S.APPROVED,), _S.SIGNING, (need.version_frozen, need.approval_binds_text)),
    Move(_E.SIGNING_WITHDRAWN, (_S.SIGNING,), _S.APPROVED, (need.reasoned,)),
    Move(_E.SIGNING_LAPSED, (_S.SIGNING,), _S.APPROVED, (need.signing_overdue,)),
    Move(_E.SIGNING_RETURNED, (_S.SIGNING,), _S.DRAFT, (need.reasoned,)),
    Move(_E.EXECUTED, (_S.SIGNING,), _S.SIGNED, (need.fully_signed, need.approval_binds_text, need.signed_copy_filed)),
    Move(_E.RECORDED_AS_SIGNED, (_S.DRAFT,), _S.SIGNED, (need.reasoned, need.fully_signed, need.signed_copy_filed)),
    # effect
    Move(_E.TOOK_EFFECT, (_S.SIGNED,), _S.ACTIVE, (need.effect_reached,)),
    Move(_E.CONDITION_FAILED, (_S.SIGNED,), _S.TERMINATED, (need.reasoned, need.effect_not_reached)),
    # term
    Move(_E.WINDOW_OPENED, (_S.ACTIVE,), _S.EXPIRING, (need.window_open,)),
    Move(_E.NON_RENEWAL_NOTIFIED, (_S.ACTIVE, _S.EXPIRING), _S.EXPIRING, (need.notice_arrived, need.notice_in_time)),
    Move(
        _E.RENEWED_BY_AGREEMENT,
        (_S.ACTIVE, _S.EXPIRING, _S.EXPIRED),
        _S.ACTIVE,
        (need.agreement_signed, need.term_extended),
    ),
    Move(_E.RENEWED_AUTOMATICALLY, (_S.ACTIVE, _S.EXPIRING), _S.ACTIVE, (need.automatic_renewal, need.term_extended)),
    Move(_E.TERM_ENDED, (_S.ACTIVE, _S.EXPIRING), _S.EXPIRED, (need.term_over, need.no_automatic_renewal)),
    Move(_E.HELD_OVER, (_S.EXPIRED,), _S.ACTIVE, (need.reasoned,)),
    # ending before the term
    Move(_E.TERMINATED_BY_AGREEMENT, _ENDABLE, _S.TERMINATED, (need.agreement_signed, need.paper_effective)),
    Move(_E.RESCINDED, _ENDABLE, _S.TERMINATED, (need.notice_arrived, need.paper_effective)),
    Move(
        _E.TERMINATED_FOR_CONVENIENCE,
        (_S.ACTIVE, _S.EXPIRING),
        _S.TERMINATED,
        (need.notice_arrived, need.paper_effective),
    ),
    Move(_E.ENDED_BY_DECISION, (*_ENDABLE, _S.EXPIRED), _S.TERMINATED, (need.decided,)),
    Move(_E.ENDING_SET_ASIDE, (_S.TERMINATED,), _S.ACTIVE, (need.decided, need.was_in_force)),
    Move(_E.ENDING_SET_ASIDE_BEFORE_EFFECT, (_S.TERMINATED,), _S.SIGNED, (need.decided, need.was_never_in_force)),
    # beside the stage
    Move(_E.RECTIFICATION_ORDERED, (_S.ACTIVE, _S.EXPIRING), None, (need.notice_arrived,), sets=Flag.RECTIFYING),
    Move(
        _E.RECTIFICATION_CLOSED,
        (_S.ACTIVE, _S.EXPIRING),
        None,
        (need.rectifications_closed,),
        clears=Flag.RECTIFYING,
        within=Flag.RECTIFYING,
    ),
    Move(_E.DISPUTE_RAISED, _DISPUTABLE, None, (need.reasoned,), sets=Flag.DISPUTED),
    Move(_E.DISPUTE_CLOSED, _DISPUTABLE, None, (need.disputes_closed,), clears=Flag.DISPUTED, within=Flag.DISPUTED),
    # the end
    Move(_E.ARCHIVED, (_S.EXPIRED, _S.TERMINATED), _S.ARCHIVED, (need.tasks_done,), free_of=Flag.DISPUTED),
)
_BY_EVENT = {move.event: move for move in MOVES}


class IllegalMove(ContractError):
    """A move that can't be made now. ``missing``: one Chinese phrase for each thing to be done first.

    Code ``lifecycle.not_here``: the stage doesn't know the event; ``lifecycle.incomplete``: the stage does, something is missing.
    """

    def __init__(self, code: str, message: str, state: State, event: Event, missing: tuple[str, ...]) -> None:
        super().__init__(code, message)
        self.state = state
        self.event = event
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Outlook:
    """A move that the stage knows, and what is still missing for it (empty: it can be made now)."""

    event: Event
    target: Stage
    missing: tuple[str, ...]


def advance(state: State, event: Event, facts: Facts | None = None) -> State:
    """The state after ``event``. Facts that aren't given count as missing. Raises ``IllegalMove``."""
    move = _BY_EVENT[event]
    if state.stage not in move.sources:
        raise IllegalMove("lifecycle.not_here", _not_here(state, move), state, event, _way(state.stage, event))
    missing = _missing(state, move, facts or Facts())
    if missing:
        sentence = f"现在不能“{event.label}”：{'；'.join(missing)}。"
        raise IllegalMove("lifecycle.incomplete", sentence, state, event, missing)
    stage = move.target or state.stage
    flags = {f for f in state.flags if stage in f.stages} - {move.clears}
    return State(stage, frozenset(flags | ({move.sets} if move.sets else set())))


def outlook(state: State, facts: Facts | None = None) -> tuple[Outlook, ...]:
    """Every move that the stage knows, in the order of the table, with what each still needs; empty at a terminal stage."""
    shown = facts or Facts()
    here = (m for m in MOVES if state.stage in m.sources)
    return tuple(Outlook(m.event, m.target or state.stage, _missing(state, m, shown)) for m in here)


def _missing(state: State, move: Move, facts: Facts) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_gaps(state, move, facts)))


def _gaps(state: State, move: Move, facts: Facts) -> Iterable[str]:
    if move.within is not None and move.within not in state.flags:
        yield f"合同没有“{move.within.label}”标记"
    if move.free_of is not None and move.free_of in state.flags:
        yield f"合同仍在“{move.free_of.label}”，须先了结"
    for guard in move.needs:
        yield from guard(facts)


# ---- sentences for moves that the stage doesn't know

_USUAL = (
    _E.SUBMISSION_WITHDRAWN, _E.SIGNING_RETURNED, _E.SIGNING_WITHDRAWN, _E.SUBMITTED, _E.APPROVED, _E.SIGNING_STARTED,
    _E.EXECUTED, _E.TOOK_EFFECT,
)  # fmt: skip
"""The moves that a person may be sent through to get where an event is possible; endings are never proposed."""

_DRAFTING = frozenset({_E.CONTENT_CHANGED, _E.SUBMITTED, _E.SUBMISSION_WITHDRAWN, _E.RETURNED, _E.APPROVED, _E.APPROVAL_REVOKED})


def _not_here(state: State, move: Move) -> str:
    places = "".join(f"“{s.label}”" for s in move.sources)
    way = _way(state.stage, move.event)
    hint = f"须先：{'、'.join(way)}。" if way else _dead_end(state.stage, move.event)
    return f"本合同为“{state.stage.label}”，不能“{move.event.label}”；该步骤只适用于{places}的合同。{hint}"


def _way(stage: Stage, event: Event) -> tuple[str, ...]:
    """The shortest usual way from ``stage`` to one that knows ``event``, as labels; empty where there is none."""
    goal = _BY_EVENT[event].sources
    queue: deque[tuple[Stage, tuple[str, ...]]] = deque([(stage, ())])
    seen = {stage}
    while queue:
        here, path = queue.popleft()
        if here in goal:
            return path
        for step in (_BY_EVENT[e] for e in _USUAL):
            if here in step.sources and step.target is not None and step.target not in seen:
                seen.add(step.target)
                queue.append((step.target, (*path, step.event.label)))
    return ()


def _dead_end(stage: Stage, event: Event) -> str:
    """Why there is no way from ``stage`` to ``event``; never empty."""
    after_the_end = not _ENDED.isdisjoint(_BY_EVENT[event].sources)
    if stage is Stage.ARCHIVED:
        return "合同已归档，只读。"
    if stage is Stage.VOID:
        return "合同已作废，编号不再使用；请另行起草。"
    if stage in _ENDED:
        return "合同关系已经终止，现只办理清理、结算和归档。"
    if stage not in _BOUND:
        return "合同尚未签署，没有可以届满或者终止的合同关系；不再需要的请作废。"
    if after_the_end:
        return "合同须先届满或者终止。"
    if event in _DRAFTING:
        return "文本已经签署，内容只能以补充协议变更（第10.3节）。"
    if event is Event.VOIDED:
        return "已签署的合同对双方有约束力，只能依约或者依法终止，不能作废。"
    return "合同已经走过这一步。"
