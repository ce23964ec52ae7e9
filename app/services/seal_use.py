"""Using a seal: applied for, approved, then entered by its keeper (paper) or released for the electronic signature.

Every application hangs on the digest of an approved text; where that text is no longer the approved one, the application lapses.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.domain.approval import RoundStatus
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.lifecycle import Stage
from app.domain.permissions import Action, Actor, may, require
from app.domain.seal_register import (
    PaperUse,
    Seal,
    SealOffice,
    SealState,
    UseMedium,
    UseMove,
    UseRequest,
    UseState,
    request_faults,
    require_office,
    use_faults,
    use_moved,
)
from app.domain.term import BEIJING
from app.services.access import actor_of, record_of
from app.services.approval_rows import current
from app.services.journal import note
from app.services.record import opened, require_contract, state_of
from app.services.seal_mails import Post, ask, tell
from app.services.sealing import require_seal, seal_of
from app.store.contracts import ContractRow
from app.store.seals import (
    SealApplicationRow,
    SealRow,
    SealUseRow,
    all_seals,
    applications_of,
    find_application,
    open_applications,
    uses_of_contract,
    uses_of_seal,
)
from app.store.uow import UnitOfWork
from app.store.users import find_user, user_names

SEALABLE = (Stage.APPROVED, Stage.SIGNING, Stage.SIGNED, Stage.ACTIVE, Stage.EXPIRING)
"""From the approved text on, as long as the contract lives."""
ELECTRONIC = (Stage.APPROVED, Stage.SIGNING)
PARTIES = {"a": "party_a", "b": "party_b"}
REASON = 5


@dataclass(frozen=True, slots=True)
class UseView:
    """One line of a seal's log."""

    at: datetime
    used_on: date
    medium: UseMedium
    seal_id: str
    seal: str
    contract_id: str
    contract: str
    document: str
    digest: str
    copies: int
    seam: bool
    by: str
    handed_to: str
    remark: str
    serial: str


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """``lapsed``: the approved text is another one by now. ``may``: what the reader can do with it now."""

    id: str
    seal_id: str
    seal: str
    organisation_seal: Seal
    contract_id: str
    contract: str
    medium: UseMedium
    state: UseState
    document: str
    digest: str
    copies: int
    seam: bool
    purpose: str
    applicant: str
    applied_at: datetime
    decided_by: str
    decided_at: datetime | None
    words: str
    released_by: str
    released_at: datetime | None
    lapsed: bool
    may: frozenset[UseMove]
    use: UseView | None


@dataclass(frozen=True, slots=True)
class ChoosableSeal:
    id: str
    name: str
    organisation: str
    kind: str
    electronic: bool


@dataclass(frozen=True, slots=True)
class SealDesk:
    """The page of a contract. ``digest``: of the approved text, empty where there is none; ``seals``: those the reader may apply for."""

    digest: str
    applications: tuple[ApplicationView, ...]
    seals: tuple[ChoosableSeal, ...]
    why_not: str


def seal_desk(uow: UnitOfWork, actor: Actor, today: date, contract_id: str) -> SealDesk:
    """Raises ``ContractMissing``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    digest = approved_digest(uow, contract)
    names = user_names(uow.session)
    rows = applications_of(uow.session, contract_id)
    seals = {row.id: row for row in _party_seals(uow, contract)}
    uses = {use.application_id: use for use in uses_of_contract(uow.session, contract_id)}
    views = tuple(_view(uow, actor, today, contract, row, names, digest, uses.get(row.id)) for row in rows)
    mine = [row for row in seals.values() if seal_of(row, names).holds(actor.id, SealOffice.USER, today)]
    open_ = [row for row in mine if row.state == SealState.ACTIVE.value]
    return SealDesk(
        digest, views, tuple(_choosable(row, contract) for row in open_), _why_not(contract, digest, seals, mine, open_)
    )


def _why_not(
    contract: ContractRow, digest: str, seals: dict[str, SealRow], mine: Sequence[SealRow], open_: Sequence[SealRow]
) -> str:
    if not digest:
        return "合同还没有审批通过的文本；用印以审批通过的文本为准。"
    if state_of(contract).stage not in SEALABLE:
        return f"合同{state_of(contract).stage.label}，不再用印。"
    if not seals:
        return "合同的本方主体还没有登记印章。"
    if not mine:
        return "您不是本方任何一枚印章的使用人；请由合同管理员凭书面授权登记。"
    return "" if open_ else "您可以申请的印章都没有启用。"


def apply_for_seal(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, post: Post, contract_id: str, seal_id: str, request: UseRequest
) -> str:
    """Ask for the use of a seal on the approved text; its approvers are told. Returns the application's id.

    Raises ``InputError`` with every fault, ``seal.text``, ``seal.readers``, ``seal.office``.
    """
    contract = opened(uow, actor, Action.APPLY_FOR_SEAL, contract_id, lock=True)
    digest = approved_digest(uow, contract)
    stages = SEALABLE if request.medium is UseMedium.PAPER else ELECTRONIC
    if not digest or state_of(contract).stage not in stages:
        raise ContractError(
            "seal.text", f"合同{state_of(contract).stage.label}，不能申请{request.medium.label}；用印以审批通过的文本为准。"
        )
    row = require_seal(uow, seal_id)
    names = user_names(uow.session)
    seal = seal_of(row, names)
    require_office(seal, actor.id, SealOffice.USER, today)
    faults = list(request_faults(seal, request))
    party = next((PARTIES[p.role] for p in contract.parties if p.organisation_id == row.organisation_id), "")
    if not party:
        faults.append(InputFault("seal", "印章", "这枚印章不属于合同的任何一方"))
    twin = [a for a in applications_of(uow.session, contract_id) if a.seal_id == seal_id and UseState(a.state).open]
    if any(a.medium == request.medium.value and a.digest == digest for a in twin):
        faults.append(InputFault("seal", "印章", "这枚印章对同一文本已有一份办理中的申请"))
    if faults:
        raise InputError(faults)
    _require_readers(uow, contract, seal, today, actor)
    made = SealApplicationRow(
        id=uuid.uuid4().hex, seal_id=row.id, contract_id=contract.id, version_id=_approved_version(uow, contract), digest=digest,
        party=party, medium=request.medium.value, document=request.document.strip()[:200], copies=request.copies, seam=request.seam,
        purpose=request.purpose.strip(), state=UseState.SUBMITTED.value, applicant_id=actor.id, applied_at=now,
    )  # fmt: skip
    uow.session.add(made)
    uow.session.flush()
    _log(
        uow, actor, now, "seal.applied", made, row, digest=digest, document=made.document, copies=made.copies, reason=made.purpose
    )
    ask(uow, now, post, contract, row, made, actor, seal.standing(SealOffice.APPROVER, today), "请审批用印申请")
    uow.commit()
    return made.id


def decide(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, post: Post, contract_id: str, application_id: str, *,
    approve: bool, words: str = "",
) -> None:  # fmt: skip
    """The seal's approver consents or refuses; nobody decides on an own application. Raises ``seal.office``, ``seal.own``,
    ``seal.reason``, ``seal.lapsed``, ``seal.use_move``."""
    contract, row, seal_row, seal = _open(uow, actor, contract_id, application_id)
    require_office(seal, actor.id, SealOffice.APPROVER, today)
    if row.applicant_id == actor.id:
        raise ContractError("seal.own", "不能审批自己提出的用印申请。")
    after = use_moved(UseMedium(row.medium), UseState(row.state), UseMove.APPROVE if approve else UseMove.REFUSE)
    if approve:
        _require_current(uow, contract, row)
        _require_active(seal)
    elif len("".join(words.split())) < REASON:
        raise ContractError("seal.reason", f"驳回须写明理由（不少于{REASON}个字）。")
    row.state, row.decided_by, row.decided_at, row.words = after.value, actor.id, now, words.strip()
    if approve:
        _log(uow, actor, now, "seal.approved", row, seal_row, digest=row.digest, remark=row.words)
        todo = "请登记用印" if row.medium == UseMedium.PAPER.value else "请放行电子签章"
        ask(uow, now, post, contract, seal_row, row, actor, seal.standing(SealOffice.KEEPER, today), todo)
    else:
        row.closed_at = now
        _log(uow, actor, now, "seal.refused", row, seal_row, reason=row.words)
    tell(uow, now, post, contract, seal_row, row, actor, "已批准" if approve else "被驳回", row.words)
    uow.commit()


def withdraw(uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, application_id: str) -> None:
    """The applicant takes it back, as long as the seal was not used. Raises ``seal.own``, ``seal.use_move``."""
    _contract, row, seal_row, _seal = _open(uow, actor, contract_id, application_id)
    if row.applicant_id != actor.id:
        raise ContractError("seal.own", "用印申请只能由申请人撤回。")
    row.state = use_moved(UseMedium(row.medium), UseState(row.state), UseMove.WITHDRAW).value
    row.closed_at = now
    _log(uow, actor, now, "seal.withdrawn", row, seal_row)
    uow.commit()


def release(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    post: Post,
    contract_id: str,
    application_id: str,
    *,
    back: bool = False,
) -> None:
    """The keeper lets the electronic signature of the party show the seal, or takes that back before it did.

    Raises ``seal.office``, ``seal.lapsed``, ``seal.suspended``, ``seal.use_move``.
    """
    contract, row, seal_row, seal = _open(uow, actor, contract_id, application_id)
    require_office(seal, actor.id, SealOffice.KEEPER, today)
    after = use_moved(UseMedium(row.medium), UseState(row.state), UseMove.RECALL if back else UseMove.RELEASE)
    if not back:
        _require_current(uow, contract, row)
        _require_active(seal)
    row.state = after.value
    row.released_by, row.released_at = (None, None) if back else (actor.id, now)
    _log(uow, actor, now, "seal.recalled" if back else "seal.released", row, seal_row, digest=row.digest)
    tell(uow, now, post, contract, seal_row, row, actor, "的放行已收回" if back else "已放行，可以签署", "")
    uow.commit()


def register_use(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, post: Post, contract_id: str, application_id: str, use: PaperUse
) -> None:
    """The keeper enters that the seal was put to paper: the log gets its line, and the application is done.

    Raises ``InputError``, ``seal.office``, ``seal.lapsed``, ``seal.suspended``, ``seal.use_move``.
    """
    contract, row, seal_row, seal = _open(uow, actor, contract_id, application_id)
    require_office(seal, actor.id, SealOffice.KEEPER, today)
    if row.medium != UseMedium.PAPER.value:
        raise ContractError("seal.use_move", "电子签章的用印由签署本身登记，不能手工登记。")
    after = use_moved(UseMedium.PAPER, UseState(row.state), UseMove.USE)
    _require_current(uow, contract, row)
    _require_active(seal)
    approved_on = row.decided_at.astimezone(BEIJING).date() if row.decided_at else today
    faults = list(use_faults(use, row.copies, approved_on, today))
    if faults:
        raise InputError(faults)
    row.state, row.closed_at = after.value, now
    made = SealUseRow(
        id=uuid.uuid4().hex, seal_id=row.seal_id, application_id=row.id, contract_id=row.contract_id, at=now, used_on=use.used_on,
        medium=row.medium, document=row.document, digest=row.digest, copies=use.copies, seam=row.seam, by=actor.name,
        handed_to=use.handed_to.strip()[:100], remark=use.remark.strip(),
    )  # fmt: skip
    uow.session.add(made)
    _log(uow, actor, now, "seal.used", row, seal_row, digest=row.digest, document=row.document, copies=use.copies,
         medium=UseMedium.PAPER.label, day=use.used_on.isoformat())  # fmt: skip
    tell(uow, now, post, contract, seal_row, row, actor, f"已用印{use.copies}份", use.remark)
    uow.commit()


def my_tasks(uow: UnitOfWork, actor: Actor, today: date) -> tuple[ApplicationView, ...]:
    """Applications that wait for the actor as approver or keeper, the oldest first; those of unseen contracts are left out."""
    require(actor, Action.READ_SEALS)
    names = user_names(uow.session)
    held = [
        row.id
        for row in all_seals(uow.session)
        if any(seal_of(row, names).holds(actor.id, office, today) for office in (SealOffice.APPROVER, SealOffice.KEEPER))
    ]
    waiting = open_applications(uow.session, held, [UseState.SUBMITTED.value, UseState.APPROVED.value]) if held else []
    views = []
    for row in waiting:
        contract = require_contract(uow, row.contract_id)
        if may(actor, Action.READ_CONTRACTS, record_of(contract)):
            view = _view(uow, actor, today, contract, row, names, approved_digest(uow, contract), None)
            if view.may & {UseMove.APPROVE, UseMove.RELEASE, UseMove.USE} and not view.lapsed:
                views.append(view)
    return tuple(views)


def uses_of(uow: UnitOfWork, actor: Actor, seal_id: str) -> tuple[UseView, ...]:
    """The log of a seal, the newest first; contracts that the reader may not see have no number there."""
    require(actor, Action.READ_SEALS)
    row = require_seal(uow, seal_id)
    return tuple(use_view(uow, actor, row, use) for use in uses_of_seal(uow.session, seal_id))


def use_view(uow: UnitOfWork, actor: Actor, seal: SealRow, use: SealUseRow) -> UseView:
    contract = require_contract(uow, use.contract_id)
    seen = may(actor, Action.READ_CONTRACTS, record_of(contract))
    return UseView(
        use.at, use.used_on, UseMedium(use.medium), seal.id, seal.name, contract.id if seen else "", contract.number if seen else "",
        use.document if seen else "", use.digest, use.copies, use.seam, use.by, use.handed_to if seen else "",
        use.remark if seen else "", use.serial,
    )  # fmt: skip


def approved_digest(uow: UnitOfWork, contract: ContractRow) -> str:
    """Of the text that the approvers passed and that is still the one to be signed; empty where there is none."""
    found = current(uow, contract.id, RoundStatus.APPROVED)
    return found[0].digest if found else ""


# ---- inside


def _approved_version(uow: UnitOfWork, contract: ContractRow) -> str:
    found = current(uow, contract.id, RoundStatus.APPROVED)
    if found is None:
        raise ContractError("seal.text", "合同还没有审批通过的文本。")
    return found[0].version_id


def _party_seals(uow: UnitOfWork, contract: ContractRow) -> list[SealRow]:
    return all_seals(uow.session, [p.organisation_id for p in contract.parties if p.organisation_id])


def _choosable(row: SealRow, contract: ContractRow) -> ChoosableSeal:
    organisation = next((p.name for p in contract.parties if p.organisation_id == row.organisation_id), "")
    return ChoosableSeal(row.id, row.name, organisation, row.kind, row.look != "none")


def _open(
    uow: UnitOfWork, actor: Actor, contract_id: str, application_id: str
) -> tuple[ContractRow, SealApplicationRow, SealRow, Seal]:
    contract = opened(uow, actor, Action.HANDLE_SEAL, contract_id, lock=True)
    row = find_application(uow.session, application_id, lock=True)
    if row is None or row.contract_id != contract_id:
        raise ContractError("seal.application", "没有找到这份用印申请。")
    seal_row = require_seal(uow, row.seal_id)
    return contract, row, seal_row, seal_of(seal_row, user_names(uow.session))


def _require_current(uow: UnitOfWork, contract: ContractRow, row: SealApplicationRow) -> None:
    if approved_digest(uow, contract) != row.digest:
        raise ContractError("seal.lapsed", "申请用印的文本已不是现行的审批通过文本，申请随之失效；请按新文本重新申请。")
    stages = SEALABLE if row.medium == UseMedium.PAPER.value else ELECTRONIC
    if state_of(contract).stage not in stages:
        raise ContractError("seal.lapsed", f"合同{state_of(contract).stage.label}，不再办理{UseMedium(row.medium).label}。")


def _require_active(seal: Seal) -> None:
    if seal.state is not SealState.ACTIVE:
        raise ContractError("seal.suspended", f"印章处于“{seal.state.label}”状态，不能用印。")


def _require_readers(uow: UnitOfWork, contract: ContractRow, seal: Seal, today: date, applicant: Actor) -> None:
    """Somebody of each office must be able to read the contract, and an approver who isn't the applicant."""
    for office in (SealOffice.APPROVER, SealOffice.KEEPER):
        people = [find_user(uow.session, g.person) for g in seal.standing(office, today)]
        fit = [p for p in people if p is not None and p.active and may(actor_of(p), Action.READ_CONTRACTS, record_of(contract))]
        if office is SealOffice.APPROVER:
            fit = [p for p in fit if p.id != applicant.id]
        if not fit:
            who = "、".join(p.name for p in people if p is not None) or "无"
            raise ContractError(
                "seal.readers",
                f"印章没有可以办理的{office.label}（现有：{who}）：须授权在有效期内、不是申请人本人，且可以阅读这份合同；"
                "保密合同请先在“人员”中指定。",
            )


def _view(
    uow: UnitOfWork, actor: Actor, today: date, contract: ContractRow, row: SealApplicationRow, names: dict[str, str], digest: str,
    use: SealUseRow | None,
) -> ApplicationView:  # fmt: skip
    seal_row = require_seal(uow, row.seal_id)
    seal = seal_of(seal_row, names)
    state, medium = UseState(row.state), UseMedium(row.medium)
    return ApplicationView(
        id=row.id, seal_id=row.seal_id, seal=seal_row.name, organisation_seal=seal, contract_id=contract.id, contract=contract.number,
        medium=medium, state=state, document=row.document, digest=row.digest, copies=row.copies, seam=row.seam, purpose=row.purpose,
        applicant=names.get(row.applicant_id, row.applicant_id), applied_at=row.applied_at,
        decided_by=names.get(row.decided_by or "", ""), decided_at=row.decided_at, words=row.words,
        released_by=names.get(row.released_by or "", ""), released_at=row.released_at, lapsed=state.open and digest != row.digest,
        may=_moves(actor, today, seal, row), use=use_view(uow, actor, seal_row, use) if use is not None else None,
    )  # fmt: skip


def _moves(actor: Actor, today: date, seal: Seal, row: SealApplicationRow) -> frozenset[UseMove]:
    state, medium = UseState(row.state), UseMedium(row.medium)
    found = set()
    if state is UseState.SUBMITTED and row.applicant_id != actor.id and seal.holds(actor.id, SealOffice.APPROVER, today):
        found |= {UseMove.APPROVE, UseMove.REFUSE}
    if seal.holds(actor.id, SealOffice.KEEPER, today):
        if state is UseState.APPROVED:
            found.add(UseMove.USE if medium is UseMedium.PAPER else UseMove.RELEASE)
        if state is UseState.RELEASED:
            found.add(UseMove.RECALL)
    if state.open and row.applicant_id == actor.id:
        found.add(UseMove.WITHDRAW)
    return frozenset(found)


def _log(uow: UnitOfWork, actor: Actor, now: datetime, action: str, row: SealApplicationRow, seal: SealRow, **data: Any) -> None:
    note(uow, actor, now, action, contract=row.contract_id, seal=seal.id, seal_name=seal.name, application=row.id, **data)
