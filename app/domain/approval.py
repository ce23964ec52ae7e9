"""One round of approval: a frozen value and the moves over it.

A round binds the digest of the version that was submitted; a changed text voids it, approved or not. Nobody approves what they
submitted, and no two seats are taken by one person, except that the head of legal may also speak for legal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from app.domain.approval_route import Function, Route, Seat
from app.domain.errors import ContractError

OF_LEGAL = frozenset({Function.LEGAL, Function.LEGAL_HEAD})
"""Seats of the second pair of eyes: nobody takes one over a text that he wrote a part of (route rule ``every_contract``)."""
REASON_LENGTH = 20
"""Fewest characters of a reason given for a waiver; the same as for an accepted warning (legal rules §4.2)."""


class RoundStatus(Enum):
    OPEN = "open"
    """审批中: somebody's decision is outstanding."""
    APPROVED = "approved"
    """已通过: every seat approved; the text of the digest may go out for signature."""
    RETURNED = "returned"
    """已退回: an approver wants changes, with comments."""
    WITHDRAWN = "withdrawn"
    """已撤回: by the one who submitted."""
    VOIDED = "voided"
    """已失效: the text was changed, or the contract given up."""
    REVOKED = "revoked"
    """已撤销: an approver took the approval back."""

    @property
    def label(self) -> str:
        labels = {"open": "审批中", "approved": "已通过", "returned": "已退回", "withdrawn": "已撤回", "voided": "已失效"}
        return labels.get(self.value, "已撤销")


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody who may approve, with the offices held."""

    id: str
    functions: frozenset[Function] = frozenset()

    def holds(self, function: Function) -> bool:
        """The head of legal may also speak for legal."""
        return function in self.functions or (function is Function.LEGAL and Function.LEGAL_HEAD in self.functions)


@dataclass(frozen=True, slots=True)
class Consent:
    """A seat's approval: who, when, of which digest; ``for_whom`` where a delegate decided."""

    function: Function
    by: str
    at: datetime
    digest: str
    note: str = ""
    for_whom: str = ""


@dataclass(frozen=True, slots=True)
class Delegation:
    """``principal`` lets ``delegate`` decide one seat of this round (转交)."""

    function: Function
    principal: str
    delegate: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReturnComment:
    """What an approver wants changed; ``provision`` empty: the whole text."""

    provision: str
    text: str


@dataclass(frozen=True, slots=True)
class Closing:
    """How a round ended without approval."""

    by: str
    at: datetime
    reason: str = ""
    comments: tuple[ReturnComment, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalRound:
    """A round as it stands. Consents and delegations are in the order in which they were made; ``authors`` wrote the text."""

    digest: str
    route: Route
    submitter: str
    submitted_at: datetime
    status: RoundStatus = RoundStatus.OPEN
    consents: tuple[Consent, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    closing: Closing | None = None
    authors: frozenset[str] = frozenset()

    def bars(self, function: Function, person: str) -> bool:
        """Whether somebody may not take this seat, whatever the office: the submitter none, an author none of legal."""
        return person == self.submitter or (function in OF_LEGAL and person in self.authors)

    def consent(self, function: Function) -> Consent | None:
        return next((c for c in self.consents if c.function is function), None)

    def delegation(self, function: Function) -> Delegation | None:
        return next((d for d in self.delegations if d.function is function), None)

    @property
    def outstanding(self) -> tuple[Seat, ...]:
        """Seats without a decision, in the order of the route."""
        return tuple(s for s in self.route.seats() if self.consent(s.function) is None)

    @property
    def waiting(self) -> tuple[Seat, ...]:
        """Seats that can decide now: those outstanding of the first unfinished step; none unless the round is open."""
        if self.status is not RoundStatus.OPEN:
            return ()
        for step in self.route.steps:
            open_seats = tuple(s for s in step.seats if self.consent(s.function) is None)
            if open_seats:
                return open_seats
        return ()

    @property
    def approved_digest(self) -> str:
        """The digest that may be signed; empty unless the round is approved."""
        return self.digest if self.status is RoundStatus.APPROVED else ""

    def binds(self, digest: str) -> bool:
        """Whether the text of ``digest`` is approved by this round."""
        return bool(digest) and self.approved_digest == digest


def open_round(digest: str, route: Route, submitter: str, at: datetime, authors: frozenset[str] = frozenset()) -> ApprovalRound:
    """Submit a frozen version. Raises ``approval.empty`` without a digest or a route: that would be approval by nobody."""
    if not digest or not route.seats() or any(not step.seats for step in route.steps):
        raise ContractError("approval.empty", "送审须有冻结的版本和审批路线。")
    return ApprovalRound(digest, route, submitter, at, authors=authors)


def approve(
    round_: ApprovalRound, function: Function, approver: Approver, digest: str, at: datetime, note: str = ""
) -> ApprovalRound:
    """One seat approves the text of ``digest`` (the digest that the approver was shown).

    Raises ``approval.closed``, ``approval.turn``, ``approval.person``, ``approval.stale``, ``approval.reason``.
    """
    seat = _seat_in_turn(round_, function)
    _require_entitled(round_, function, approver)
    if digest != round_.digest:
        raise ContractError("approval.stale", "您看到的文本不是本次送审的版本，请刷新后重新阅读再审批。")
    if seat.personal and len(note.strip()) < REASON_LENGTH:
        raise ContractError("approval.reason", f"豁免不可接受立场须由本人写明理由，不少于{REASON_LENGTH}字。")
    delegation = round_.delegation(function)
    consent = Consent(function, approver.id, at, digest, note.strip(), delegation.principal if delegation else "")
    after = replace(round_, consents=(*round_.consents, consent))
    return after if after.outstanding else replace(after, status=RoundStatus.APPROVED)


def return_for_changes(
    round_: ApprovalRound, function: Function, approver: Approver, comments: tuple[ReturnComment, ...], at: datetime
) -> ApprovalRound:
    """A seat whose turn it is sends the text back. Raises as ``approve`` does; ``approval.reason`` without a comment."""
    _seat_in_turn(round_, function)
    _require_entitled(round_, function, approver)
    said = tuple(c for c in comments if c.text.strip())
    if not said:
        raise ContractError("approval.reason", "退回须写明意见，指出需要修改的条款。")
    return replace(round_, status=RoundStatus.RETURNED, closing=Closing(approver.id, at, comments=said))


def delegate(round_: ApprovalRound, function: Function, principal: Approver, to: str, reason: str, at: datetime) -> ApprovalRound:
    """Let somebody else decide one's seat, also before its turn.

    Raises ``approval.delegation``: a waiver is decided in person; a delegate does not delegate on (CC:169); not to oneself or to
    the submitter; not without a reason.
    """
    seat = _open_seat(round_, function)
    if round_.delegation(function) is not None:
        raise ContractError("approval.delegation", f"“{function.label}”的审批已经转交，受托人不得再转交；请先收回。")
    _require_entitled(round_, function, principal)
    if seat.personal:
        raise ContractError("approval.delegation", "涉及豁免不可接受立场的审批须由本人作出，不得转交。")
    if to in (principal.id, "") or round_.bars(function, to):
        raise ContractError("approval.delegation", "审批不得转交给本人、送审人；法务审批也不得转交给起草、修改过文本的人。")
    if not reason.strip():
        raise ContractError("approval.delegation", "转交审批须写明理由。")
    _require_free(round_, function, {to})
    made = Delegation(function, principal.id, to, reason.strip(), at)
    return replace(round_, delegations=(*round_.delegations, made))


def recall_delegation(round_: ApprovalRound, function: Function, principal: str) -> ApprovalRound:
    """Take one's seat back before the delegate has decided. Raises ``approval.delegation``."""
    _open_seat(round_, function)
    made = round_.delegation(function)
    if made is None or made.principal != principal:
        raise ContractError("approval.delegation", f"没有可以由您收回的“{function.label}”转交。")
    return replace(round_, delegations=tuple(d for d in round_.delegations if d is not made))


def withdraw(round_: ApprovalRound, person: str, at: datetime, reason: str = "") -> ApprovalRound:
    """The submitter calls the text back while it is before the approvers. Raises ``approval.closed``, ``approval.person``."""
    _require_open(round_)
    if person != round_.submitter:
        raise ContractError("approval.person", "只有送审人可以撤回送审。")
    return replace(round_, status=RoundStatus.WITHDRAWN, closing=Closing(person, at, reason.strip()))


def text_changed(round_: ApprovalRound, digest: str, by: str, at: datetime) -> ApprovalRound:
    """The contract now reads as ``digest``: any other text than the submitted one voids an open or approved round."""
    if digest == round_.digest or round_.status not in (RoundStatus.OPEN, RoundStatus.APPROVED):
        return round_
    return replace(round_, status=RoundStatus.VOIDED, closing=Closing(by, at, "文本已变更，审批失效"))


def abandon(round_: ApprovalRound, by: str, at: datetime, reason: str) -> ApprovalRound:
    """The contract itself was given up: an open or approved round goes with it."""
    if round_.status not in (RoundStatus.OPEN, RoundStatus.APPROVED):
        return round_
    return replace(round_, status=RoundStatus.VOIDED, closing=Closing(by, at, reason.strip()))


def revoke(round_: ApprovalRound, approver: Approver, at: datetime, reason: str) -> ApprovalRound:
    """Somebody whose approval counted takes it back before anybody was bound.

    Raises ``approval.closed`` unless the round is approved, ``approval.person`` for anybody who did not approve (or delegate) in it,
    ``approval.reason`` without a reason.
    """
    if round_.status is not RoundStatus.APPROVED:
        raise ContractError("approval.closed", f"本次审批{round_.status.label}，没有可以撤销的审批。")
    if all(approver.id not in (c.by, c.for_whom) for c in round_.consents):
        raise ContractError("approval.person", "只有参与本次审批的审批人可以撤销审批。")
    if not reason.strip():
        raise ContractError("approval.reason", "撤销审批须写明理由。")
    return replace(round_, status=RoundStatus.REVOKED, closing=Closing(approver.id, at, reason.strip()))


def _require_open(round_: ApprovalRound) -> None:
    if round_.status is not RoundStatus.OPEN:
        raise ContractError("approval.closed", f"本次审批{round_.status.label}，不能再操作。")


def _open_seat(round_: ApprovalRound, function: Function) -> Seat:
    _require_open(round_)
    seat = round_.route.seat(function)
    if seat is None:
        raise ContractError("approval.turn", f"本次审批不需要“{function.label}”。")
    if round_.consent(function) is not None:
        raise ContractError("approval.turn", f"“{function.label}”已经审批。")
    return seat


def _seat_in_turn(round_: ApprovalRound, function: Function) -> Seat:
    seat = _open_seat(round_, function)
    if seat not in round_.waiting:
        before = "、".join(s.function.label for s in round_.waiting)
        raise ContractError("approval.turn", f"还没有轮到“{function.label}”，须先由{before}审批。")
    return seat


def _require_entitled(round_: ApprovalRound, function: Function, approver: Approver) -> None:
    delegation = round_.delegation(function)
    if approver.id == round_.submitter:
        raise ContractError("approval.person", "送审人不得审批自己送审的合同。")
    if round_.bars(function, approver.id):
        raise ContractError("approval.person", f"起草、修改过这份文本的人不得作为“{function.label}”审批，须由他人复核。")
    if delegation is not None and approver.id != delegation.delegate:
        raise ContractError("approval.person", f"“{function.label}”的审批已经转交，只能由受托人作出；委托人可以先收回。")
    if delegation is None and not approver.holds(function):
        raise ContractError("approval.person", f"您不是“{function.label}”，不能作出此项审批。")
    _require_free(round_, function, {approver.id} | ({delegation.principal} if delegation else set()))


def _require_free(round_: ApprovalRound, function: Function, people: set[str]) -> None:
    """Nobody of ``people`` has decided (or had decided) another seat, save the two seats of legal."""
    for consent in round_.consents:
        same_line = {consent.function, function} == {Function.LEGAL, Function.LEGAL_HEAD}
        if people & {consent.by, consent.for_whom} and not same_line:
            raise ContractError("approval.person", f"同一人不得既作为“{consent.function.label}”又作为“{function.label}”审批。")


def unfillable(route: Route, candidates: Mapping[Function, frozenset[str]]) -> tuple[str, ...]:
    """Why the seats of ``route`` can't be taken by different people, each a Chinese sentence; empty where they can.

    ``candidates``: for each office the ids of those who may take its seat (the submitter left out). The head of legal may sit for legal, too,
    so those two seats may go to one person.
    """
    seats = [s.function for s in route.seats()]
    empty = [f for f in seats if not candidates.get(f)]
    if empty:
        return tuple(f"没有人可以作为“{f.label}”审批（送审人本人除外），请系统管理员在“用户”中设置审批职务" for f in empty)
    if _seated(seats, candidates, {}):
        return ()
    names = "、".join(f.label for f in seats)
    return (f"“{names}”不能由同一人兼任，现有的审批人不足以分任，请系统管理员在“用户”中增设审批职务",)


def _seated(seats: list[Function], candidates: Mapping[Function, frozenset[str]], taken: Mapping[Function, str]) -> bool:
    if not seats:
        return True
    first, rest = seats[0], seats[1:]
    same_line = {Function.LEGAL: Function.LEGAL_HEAD, Function.LEGAL_HEAD: Function.LEGAL}.get(first)
    for person in sorted(candidates[first]):
        if all(who != person or function is same_line for function, who in taken.items()) and _seated(
            rest, candidates, {**taken, first: person}
        ):
            return True
    return False
