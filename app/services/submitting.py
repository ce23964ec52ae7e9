"""Submitting a contract for approval: the text is frozen, the route computed from it, the round opened; and calling it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.domain.approval import RoundStatus, open_round, unfillable, withdraw
from app.domain.approval_route import Route, Submission, Waiver, approval_route, submission_of
from app.domain.assembly import assemble
from app.domain.errors import ContractError, InputFault
from app.domain.lifecycle import Event, advance
from app.domain.lifecycle_facts import Facts
from app.domain.permissions import Action, Actor
from app.domain.place_names import place_names
from app.domain.proofreading import Finding, Severity, unresolved
from app.domain.tree import Instrument
from app.domain.variables import Acknowledgement, Answers, DeviationKind
from app.services.access import record_of
from app.services.approval_mails import Matter, Post, ask, tell
from app.services.approval_rows import Asked, WaiverAsked, current, new_row, write_round
from app.services.approvers import authors_of, by_office, deciders, first_asked, waited_for
from app.services.drafting import Compiled, Reference, compile_draft, dated_final
from app.services.drafts import load_draft_unasked
from app.services.journal import note
from app.services.moving import move
from app.services.record import opened, state_of
from app.services.versions import draft_of, freeze
from app.store.drafts import find_draft
from app.store.uow import ChangedMeanwhile, UnitOfWork

LONGEST_REMARK = 2000


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a submission would come to now. ``findings`` and ``faults`` stand in its way, ``problems`` too, each a sentence;
    ``route`` is None where none can be computed; ``candidates``: names of those who will be asked, by office. ``revision``: of
    the draft that was looked at."""

    revision: int
    basis: Submission
    route: Route | None
    candidates: Mapping[str, tuple[str, ...]]
    findings: tuple[Finding, ...]
    faults: tuple[InputFault, ...]
    problems: tuple[str, ...]

    @property
    def ready(self) -> bool:
        return not (self.findings or self.faults or self.problems)


class NotReady(ContractError):
    """A submission is refused; carries everything that stands in its way."""

    def __init__(self, outlook: Outlook) -> None:
        count = len(outlook.findings) + len(outlook.faults) + len(outlook.problems)
        lines = [f"还不能送审：有{count}项须先处理。错误须改正，警告须改正或者写明放行理由。"]
        lines += [f"· {f.label or f.path}：{f.problem}" for f in outlook.faults]
        lines += [f"· [{f.severity.label}] {f.rule} {f.place.label}：{f.message}" for f in outlook.findings]
        lines += [f"· {p}" for p in outlook.problems]
        super().__init__("approval.not_ready", "\n".join(lines))
        self.outlook = outlook


def look_ahead(
    uow: UnitOfWork, actor: Actor, reference: Reference, today: date, contract_id: str, waivers: tuple[WaiverAsked, ...] = ()
) -> Outlook:
    """What submitting would come to: the route with its reasons, or everything that stands in the way.

    Raises ``ContractMissing``, ``Forbidden``; ``IllegalMove`` where the contract isn't being drafted.
    """
    return _prepare(uow, actor, reference, today, contract_id, waivers)[0]


def submit(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    reference: Reference,
    post: Post,
    contract_id: str,
    asked: Asked | None = None,
    *,
    seen: int | None = None,
) -> str:
    """Freeze the draft, open a round of approval over it and ask the first approvers; returns the round's id.

    ``seen``: the draft's revision that the submitter looked at. Raises ``NotReady`` with everything that stands in the way,
    ``ChangedMeanwhile`` where the text changed since, ``IllegalMove``, ``ContractMissing``, ``Forbidden``.
    """
    said = asked or Asked()
    if len(said.remark) > LONGEST_REMARK:
        raise ContractError("approval.remark", f"送审说明过长，上限为{LONGEST_REMARK:,}字。")
    outlook, compiled = _prepare(uow, actor, reference, today, contract_id, said.waivers)
    if seen is not None and outlook.revision != seen:
        raise ChangedMeanwhile
    if not outlook.ready or outlook.route is None:
        raise NotReady(outlook)
    contract = opened(uow, actor, Action.SUBMIT_CONTRACT, contract_id, lock=True)
    draft = find_draft(uow.session, draft_of(contract), lock=True)
    if draft is None or draft.revision != outlook.revision:
        raise ChangedMeanwhile
    head = freeze(uow, actor, now, contract, compiled, said.remark)
    uow.session.flush()  # the round points at the version
    round_ = open_round(head.digest, outlook.route, actor.id, now, authors_of(uow, contract, draft))
    row = new_row(uow, contract.id, head.id, round_, said)
    uow.session.add(row)
    move(uow, actor, now, contract, Event.SUBMITTED, Facts(digest=head.digest), version=head.id, approval=row.id)
    note(
        uow, actor, now, "approval.submitted", contract=contract.id, approval=row.id, version=head.id, digest=head.digest,
        seats=[f"{s.function.label}：{'；'.join(s.reasons)}" for s in outlook.route.seats()], remark=said.remark,
        waivers=[f"{w.topic.section} {w.topic.title}：{w.reason}" for w in outlook.basis.waivers],
    )  # fmt: skip
    ask(uow, now, post, Matter(contract, row, round_))
    uow.commit()
    return row.id


def withdraw_submission(uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, reason: str = "") -> None:
    """Call the text back while it is before the approvers. Raises ``approval.person`` for anybody but the submitter."""
    contract = opened(uow, actor, Action.SUBMIT_CONTRACT, contract_id, lock=True)
    found = current(uow, contract_id, RoundStatus.OPEN)
    if found is None:
        advance(state_of(contract), Event.SUBMISSION_WITHDRAWN)  # says what stage the contract has
        raise ChangedMeanwhile
    row, round_ = found
    waited = waited_for(uow, contract, round_)
    after = withdraw(round_, actor.id, now, reason)
    write_round(row, after)
    move(uow, actor, now, contract, Event.SUBMISSION_WITHDRAWN, Facts(reason=reason), approval=row.id)
    note(uow, actor, now, "approval.withdrawn", contract=contract.id, approval=row.id, reason=reason)
    tell(
        uow, now, post, Matter(contract, row, after), actor, waited, what="送审已撤回",
        sentence=f"{actor.name}撤回了送审，您不必再审批这一版本。", details=f"撤回理由：{reason}" if reason.strip() else "",
    )  # fmt: skip
    uow.commit()


def _prepare(
    uow: UnitOfWork, actor: Actor, reference: Reference, today: date, contract_id: str, waivers: tuple[WaiverAsked, ...]
) -> tuple[Outlook, Compiled]:
    contract = opened(uow, actor, Action.SUBMIT_CONTRACT, contract_id)
    advance(state_of(contract), Event.SUBMITTED, Facts(digest="to be frozen"))
    view = load_draft_unasked(uow, reference.library, draft_of(contract))
    draft = find_draft(uow.session, view.id)
    people = deciders(uow, record_of(contract), actor.id)
    authors = authors_of(uow, contract, draft) if draft is not None else frozenset()
    uow.session.rollback()  # compiling takes a while and needs no lock on the database
    compiled = compile_draft(reference, dated_final(view.reading.answers, today), today)
    offices = by_office(people, authors)
    basis, problems = basis_of(reference, compiled.answers, compiled.instrument, compiled.findings, "to be frozen", waivers)
    route = None
    try:
        route = approval_route(basis, reference.policy)
    except ContractError as error:
        problems += (error.message,)
    if route is not None:
        problems += unfillable(route, {f: frozenset(c.id for c in found) for f, found in offices.items()})
    names = {f.value: tuple(c.name for c in first_asked(f, found)) for f, found in offices.items()}
    return Outlook(view.revision, basis, route, names, compiled.blocking, view.reading.faults, problems), compiled


def basis_of(
    reference: Reference,
    answers: Answers,
    instrument: Instrument,
    findings: tuple[Finding, ...],
    digest: str,
    waivers: tuple[WaiverAsked, ...],
) -> tuple[Submission, tuple[str, ...]]:
    """What the route is computed from, and what is wrong with the waivers asked for. Accepted warnings that no longer occur
    don't count."""
    library = reference.library
    known = {t.id: t for t in library.topics()}
    problems = tuple(f"豁免的议题“{w.topic[:40]}”不存在" for w in waivers if w.topic not in known)
    named = tuple(Waiver(known[w.topic], w.reason) for w in waivers if w.topic in known)
    value = answers.get("fees.total_incl_tax")
    live = Answers(
        answers.values, answers.positions, answers.deviations, _live(findings, answers.acknowledgements), answers.given
    )
    amount = value if isinstance(value, Decimal) else None
    return submission_of(library, live, digest, amount, _labels(reference, answers, instrument), named), problems


def _live(findings: tuple[Finding, ...], given: tuple[Acknowledgement, ...]) -> tuple[Acknowledgement, ...]:
    warnings = [f for f in findings if f.severity is Severity.WARN]
    return tuple(a for a in given if any(not unresolved([f], [a]) for f in warnings))


def _labels(reference: Reference, answers: Answers, instrument: Instrument) -> dict[str, str]:
    """How places are named: provisions as this text numbers them, taken-out ones as the library does; variables by their label."""
    found = {v.name: v.label for v in reference.library.variables}
    if any(d.kind is DeviationKind.REMOVE for d in answers.deviations):
        found |= place_names(assemble(reference.library, Answers(answers.values, answers.positions, given=answers.given)))
    return {**found, **place_names(instrument), "*": "全文"}
