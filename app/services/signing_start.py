"""Starting a signing: the approved text is frozen once, everybody whose turn it is gets a link (sections 11.1, 14)."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date

from app.domain.calendar import WorkingCalendar
from app.domain.execution import Mark, Medium, Place
from app.domain.lifecycle import Event, advance
from app.domain.permissions import Action, Actor
from app.domain.signing_form import PartySeam
from app.services.approval_rows import current
from app.services.generation import FILE_NAMES, Format, generate, identity
from app.services.journal import note
from app.services.ports import CertificateState, Progress
from app.services.record import opened, require_contract, state_of
from app.services.seal_signing import plan_seams, write_seams
from app.services.sending_out import go_out, out_facts
from app.services.signing_kit import SigningKit, credential, system_credential
from app.services.signing_mails import invite
from app.services.signing_plan import Ask, Plan, Prepared, ask_of, prepare
from app.services.signing_rows import happened, power_told, put_details, write_form, write_terms
from app.store.signings import SigningPlaceRow, SigningRow
from app.store.uow import ChangedMeanwhile, UnitOfWork


def read_ask(uow: UnitOfWork, actor: Actor, calendar: WorkingCalendar, today: date, contract_id: str) -> Ask:
    """What a plan has to fill. Raises ``ContractMissing``, ``Forbidden``, ``IllegalMove``, ``signing.version``."""
    contract = opened(uow, actor, Action.LEAD_SIGNING, contract_id)
    advance(state_of(contract), Event.SIGNING_STARTED, out_facts(uow, contract))
    return ask_of(uow, contract, calendar, today)


def start(
    kit: SigningKit,
    actor: Actor,
    calendar: WorkingCalendar,
    contract_id: str,
    plan: Plan,
    progress: Progress = lambda _step: None,
) -> str:
    """Freeze the approved text and send it out; returns the id of the signing. Takes seconds, between two short transactions.

    Raises what ``read_ask`` raises; ``signing.plan`` and ``execution.plan`` with everything in which the plan is wrong or differs from the
    contract; ``ChangedMeanwhile``.
    """
    with kit.units() as uow:
        ask = read_ask(uow, actor, calendar, kit.today(), contract_id)
    prepared = prepare(ask, plan, kit.today())
    system, now = system_credential(kit), kit.now()
    instrument = ask.version.instrument
    meta = replace(identity(instrument, now, final=True), fields=True)
    made = generate(
        instrument, ask.version.answers, meta, kit.tools(), frozenset({Format.JSON, Format.DOCX, Format.PDF}), progress
    )
    progress("定稿与认证")
    # What has no box on a page can't be filled there.
    placed = {b.name for b in made.boxes}
    fields = tuple(f for f in prepared.form.fields if f.name in placed)
    prepared = replace(prepared, form=replace(prepared.form, fields=fields))
    pdf, docx = made.files[FILE_NAMES[Format.PDF]], made.files[FILE_NAMES[Format.DOCX]]
    seams = _seams(kit, contract_id, prepared, plan)
    places = prepared.execution.places
    inked = {p.id for p in places if p.medium is Medium.PAPER} if any(p.medium is Medium.ELECTRONIC for p in places) else set()
    frozen = kit.room.freeze(pdf, prepared.form, made.boxes, credential(system), CertificateState(), now, seams, inked)
    row = _row(actor, prepared, made.page_count)
    row.contract_id, row.system, row.started_at = contract_id, system.serial, now
    row.frozen = row.file = kit.blobs.put(frozen)
    row.docx, row.seams = kit.blobs.put(docx), write_seams(seams)
    with kit.units() as uow:
        _begin(uow, kit, actor, prepared, row)
        uow.commit()
    return row.id


def _seams(kit: SigningKit, contract_id: str, prepared: Prepared, plan: Plan) -> tuple[PartySeam, ...]:
    sealing = {p.signatory.party for p in prepared.execution.places if p.mark is Mark.SEAL and p.medium is Medium.ELECTRONIC}
    with kit.units() as uow:
        contract = require_contract(uow, contract_id)
        return plan_seams(uow, kit.safe, contract, tuple(sorted(sealing)), plan.seam, prepared.execution.terms.digest)


def _begin(uow: UnitOfWork, kit: SigningKit, actor: Actor, prepared: Prepared, row: SigningRow) -> None:
    contract = opened(uow, actor, Action.LEAD_SIGNING, row.contract_id, lock=True)
    if go_out(uow, actor, row.started_at, contract) != row.version_id:
        raise ChangedMeanwhile
    approved = current(uow, contract.id)
    contract.signing_deadline = row.deadline
    uow.session.add(row)
    uow.session.flush()
    happened(
        uow, row.id, "", row.started_at, "frozen", digest=row.digest, frozen=row.frozen, docx=row.docx, pages=row.pages,
        approval=approved[0].id if approved is not None else "",
    )  # fmt: skip
    people = [[p.label, prepared.emails[p.id], p.medium.value, p.signatory.capacity.value] for p in prepared.execution.places]
    powers = {place: told for place, details in prepared.details.items() if (told := power_told(details)) is not None}
    note(
        uow, actor, row.started_at, "signing.started", contract=contract.id, signing=row.id, version=row.version_id,
        digest=row.digest, frozen=row.frozen, order=row.ordering, deadline=row.deadline.isoformat(), people=people, powers=powers,
    )  # fmt: skip
    invite(uow, actor, row.started_at, kit.post, contract, row, prepared.execution)


def _place(prepared: Prepared, ordinal: int, planned: Place) -> SigningPlaceRow:
    way, phone = prepared.codes[planned.id]
    made = SigningPlaceRow(
        id=planned.id, ordinal=ordinal, party=planned.signatory.party, mark=planned.mark.value, medium=planned.medium.value,
        stage=planned.stage, email=prepared.emails[planned.id], code_way=way.value, phone=phone, code="", code_tries=0, codes_sent=0,
        code_went="", code_problem="", session="", read_pages=0, clock="", hand="",
    )  # fmt: skip
    put_details(made, prepared.details[planned.id])
    return made


def _row(actor: Actor, prepared: Prepared, pages: int) -> SigningRow:
    execution, terms = prepared.execution, prepared.execution.terms
    places = [_place(prepared, n, p) for n, p in enumerate(execution.places, 1)]
    return SigningRow(
        id=uuid.uuid4().hex, version_id=prepared.ask.version.head.id, digest=terms.digest, status=execution.status.value,
        ordering=execution.order.value, deadline=terms.deadline, terms=write_terms(terms), form=write_form(prepared.form), final="",
        pages=pages, started_by=actor.id, starter=actor.name, ended_by="", reason="", places=places,
    )  # fmt: skip
