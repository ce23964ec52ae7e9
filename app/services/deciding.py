"""Deciding a round of approval: approve, send back, pass a seat on or take it back, and take an approval back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.domain import approval as rules
from app.domain.approval import ApprovalRound, ReturnComment, RoundStatus
from app.domain.approval_route import Function
from app.domain.errors import ContractError
from app.domain.lifecycle import Event, advance
from app.domain.lifecycle_facts import Facts
from app.domain.permissions import Action, Actor, may
from app.domain.place_names import place_names
from app.domain.proofreading import Finding
from app.services.access import actor_of, record_of
from app.services.approval_mails import Matter, Post, ask, tell
from app.services.approval_rows import current, write_round
from app.services.approvers import waited_for
from app.services.commenting import remark
from app.services.drafting import Reference, examine
from app.services.journal import note
from app.services.moving import move
from app.services.record import opened, state_of
from app.services.texts import ContractText
from app.services.versions import StoredVersion, read_version_unasked
from app.store.approvals import ApprovalRow
from app.store.contracts import ContractRow
from app.store.uow import ChangedMeanwhile, UnitOfWork
from app.store.users import find_user

MOST_REMARKS = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """What a seat said, and where the round and its contract stand now."""

    approval_id: str
    status: RoundStatus


class NewFindings(ContractError):
    """Since the submission something came up that the text doesn't meet (a date that passed, a law that changed)."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        lines = [f"送审后出现{len(findings)}项未处理的校对意见，不能通过；请退回修改。"]
        lines += [f"· [{f.severity.label}] {f.rule} {f.place.label}：{f.message}" for f in findings]
        super().__init__("approval.new_findings", "\n".join(lines))
        self.findings = findings


def approve(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    reference: Reference,
    post: Post,
    contract_id: str,
    function: Function,
    digest: str,
    words: str = "",
) -> Decision:
    """Take a seat's decision in favour of the text of ``digest``; the last seat makes the contract approved.

    Raises what ``domain.approval.approve`` raises, ``NewFindings``, ``IllegalMove``, ``ContractMissing``, ``Forbidden``.
    """
    text = _text(uow, actor, contract_id)
    uow.session.rollback()  # proofreading takes a while and needs no lock on the database
    findings = examine(reference, text.answers, text.instrument, today).blocking
    contract = opened(uow, actor, Action.DECIDE_APPROVAL, contract_id, lock=True)
    row, round_ = _under_way(uow, contract)
    after = rules.approve(round_, function, actor.approver(), digest, now, words)
    if findings:
        raise NewFindings(findings)
    write_round(row, after)
    note(
        uow, actor, now, "approval.consented", contract=contract.id, approval=row.id, function=function.value, digest=digest,
        words=words.strip(), for_whom=after.consents[-1].for_whom,
    )  # fmt: skip
    matter = Matter(contract, row, after)
    if after.status is RoundStatus.APPROVED:
        facts = Facts(
            digest=text.head.digest,
            approved_digest=after.approved_digest,
            outstanding_approvals=tuple(s.function.label for s in after.outstanding),
            blocking_findings=len(findings),
        )
        move(uow, actor, now, contract, Event.APPROVED, facts, version=row.version_id, approval=row.id)
        tell(
            uow, now, post, matter, actor, (row.submitter_id, contract.owner_id), what="审批通过",
            sentence=f"合同已由全部审批人通过（最后由{actor.name}作为{function.label}通过），已定稿，可以发起签署。",
            todo="定稿后的任何修改都会使审批失效。请打开：",
        )  # fmt: skip
    elif set(after.waiting) - set(round_.waiting):
        ask(uow, now, post, matter)
    uow.commit()
    return Decision(row.id, after.status)


def return_contract(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    post: Post,
    contract_id: str,
    function: Function,
    digest: str,
    reason: str,
    remarks: tuple[ReturnComment, ...] = (),
) -> Decision:
    """Send the text of ``digest`` back with a reason and, where wanted, remarks at provisions; each opens a thread of comments.

    Raises what ``domain.approval.return_for_changes`` raises, ``approval.stale``, ``CommentRefused``.
    """
    if not reason.strip():
        raise ContractError("approval.reason", "退回须写明理由，指出需要怎样修改。")
    said = tuple(r for r in remarks if r.text.strip())
    if len(said) > MOST_REMARKS:
        raise ContractError("approval.remarks", f"一次退回的逐条意见至多{MOST_REMARKS}条。")
    text = _text(uow, actor, contract_id)
    uow.session.rollback()
    contract = opened(uow, actor, Action.DECIDE_APPROVAL, contract_id, lock=True)
    row, round_ = _under_way(uow, contract)
    if digest != round_.digest or row.version_id != text.head.id:
        raise ContractError("approval.stale", "您看到的文本不是本次送审的版本，请刷新后重新阅读再退回。")
    whole = (ReturnComment("", reason.strip()), *said)
    after = rules.return_for_changes(round_, function, actor.approver(), whole, now)
    shown = ContractText(contract.id, text.head.ordinal, text.instrument, text.answers, text.head)
    for part in whole:
        remark(uow, actor, now, shown, part.provision, part.text)
    write_round(row, after)
    move(uow, actor, now, contract, Event.RETURNED, Facts(reason=reason.strip()), version=row.version_id, approval=row.id)
    note(
        uow, actor, now, "approval.returned", contract=contract.id, approval=row.id, function=function.value, digest=digest,
        reason=reason.strip(), remarks=len(said),
    )  # fmt: skip
    labels = place_names(text.instrument)
    details = "\n".join(
        [f"退回理由：{reason.strip()}", *(f"· {labels.get(r.provision, '全文')}：{r.text.strip()}" for r in said)]
    )
    matter = Matter(contract, row, after)
    tell(
        uow, now, post, matter, actor, (row.submitter_id, contract.owner_id), what="已退回修改",
        sentence=f"{actor.name}（{function.label}）退回了合同，请修改后重新送审。", details=details, todo="全部意见与批注见：",
    )  # fmt: skip
    tell(
        uow, now, post, matter, actor, waited_for(uow, contract, round_) - {row.submitter_id, contract.owner_id},
        what="已退回修改", sentence=f"{actor.name}（{function.label}）退回了合同，这一版本您不必再审批。", details=details,
    )  # fmt: skip
    uow.commit()
    return Decision(row.id, after.status)


def delegate(
    uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, function: Function, to: str, reason: str
) -> None:
    """Let another approver (user id) decide one's seat in this round.

    Raises ``approval.delegation``, also for somebody who may not decide contracts or may not read this one.
    """
    contract = opened(uow, actor, Action.DELEGATE_APPROVAL, contract_id, lock=True)
    row, round_ = _under_way(uow, contract)
    user = find_user(uow.session, to)
    if user is None or not user.active or not may(actor_of(user), Action.DECIDE_APPROVAL, record_of(contract)):
        named = user.name if user else to[:40]
        raise ContractError("approval.delegation", f"“{named}”不能审批本合同：须为在用的审批人账号，且可以查看本合同。")
    after = rules.delegate(round_, function, actor.approver(), user.id, reason, now)
    write_round(row, after)
    note(
        uow, actor, now, "approval.delegated", contract=contract.id, approval=row.id, function=function.value, to=user.id,
        to_name=user.name, reason=reason.strip(),
    )  # fmt: skip
    ask(uow, now, post, Matter(contract, row, after), only=frozenset({user.id}))
    uow.commit()


def recall(uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, function: Function) -> None:
    """Take one's seat back before the delegate has decided. Raises ``approval.delegation``."""
    contract = opened(uow, actor, Action.DELEGATE_APPROVAL, contract_id, lock=True)
    row, round_ = _under_way(uow, contract)
    write_round(row, rules.recall_delegation(round_, function, actor.id))
    note(uow, actor, now, "approval.recalled", contract=contract.id, approval=row.id, function=function.value)
    uow.commit()


def revoke(uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, reason: str) -> None:
    """Take the approval of an approved contract back, before it goes out for signature.

    Raises ``approval.person`` for anybody who did not approve in the round, ``approval.reason``, ``IllegalMove``.
    """
    contract = opened(uow, actor, Action.DECIDE_APPROVAL, contract_id, lock=True)
    found = current(uow, contract_id, RoundStatus.APPROVED)
    if found is None:
        advance(state_of(contract), Event.APPROVAL_REVOKED, Facts(reason=reason))
        raise ChangedMeanwhile
    row, round_ = found
    after = rules.revoke(round_, actor.approver(), now, reason)
    write_round(row, after)
    move(uow, actor, now, contract, Event.APPROVAL_REVOKED, Facts(reason=reason.strip()), version=row.version_id, approval=row.id)
    note(uow, actor, now, "approval.revoked", contract=contract.id, approval=row.id, reason=reason.strip())
    people = (row.submitter_id, contract.owner_id, *(c.by for c in round_.consents))
    tell(
        uow, now, post, Matter(contract, row, after), actor, people, what="审批已撤销",
        sentence=f"{actor.name}撤销了审批，合同回到起草阶段，须修改后重新送审。", details=f"撤销理由：{reason.strip()}",
    )  # fmt: skip
    uow.commit()


def _text(uow: UnitOfWork, actor: Actor, contract_id: str) -> StoredVersion:
    """The text that lies before the approvers."""
    row, _ = _under_way(uow, opened(uow, actor, Action.DECIDE_APPROVAL, contract_id))
    return read_version_unasked(uow, row.version_id)


def _under_way(uow: UnitOfWork, contract: ContractRow) -> tuple[ApprovalRow, ApprovalRound]:
    found = current(uow, contract.id, RoundStatus.OPEN)
    if found is None:
        raise ContractError(
            "approval.closed", f"本合同现为“{state_of(contract).label}”，没有正在进行的审批，可能刚刚撤回或者退回。"
        )
    return found
