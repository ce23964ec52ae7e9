"""签署: a contract's page of signing: the plan, where it stands, and what its owner does meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import cast

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.authority import Authority, Matter
from app.domain.errors import ContractError
from app.domain.execution import Medium, Mode, Order
from app.domain.permissions import Forbidden
from app.domain.signing_form import SeamPages, SeamWish
from app.services import signing_lead as lead
from app.services.filing import DocumentKind
from app.services.record import ContractMissing
from app.services.signing_plan import Ask, Assigned, Plan, Proposal, prepare
from app.services.signing_start import read_ask, start
from app.services.signing_views import read_signing
from app.store.uow import UnitOfWork
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.files import put_in
from app.web.gate import actor
from app.web.starting import STARTS, Starts

pages = Blueprint("signing", __name__, url_prefix="/contracts/<contract_id>/signing")


def starts() -> Starts:
    return cast(Starts, current_app.extensions[STARTS])


@pages.get("/")
def show(contract_id: str) -> str:
    failed = starts().take_failed(contract_id)
    if failed is not None:
        return _page(contract_id, problem=failed.problem, entered=failed.entered)
    return _page(contract_id)


@pages.post("/start")
def begin(contract_id: str) -> ResponseReturnValue:
    entered = request.form.to_dict()
    try:
        with desk().reading() as uow:
            ask = read_ask(uow, actor(), desk().calendar, desk().today(), contract_id)
        prepare(ask, _plan(ask, contract_id, keep=False), desk().today())
        plan = _plan(ask, contract_id, keep=True)
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return _page(contract_id, problem=error.message, entered=entered), 422
    kit, who, calendar = desk().signing_kit, actor(), desk().calendar
    starts().begin(contract_id, entered, lambda progress: start(kit, who, calendar, contract_id, plan, progress))
    return redirect(url_for("signing.show", contract_id=contract_id))


@pages.get("/state")
def state(contract_id: str) -> ResponseReturnValue:
    """The step that a start is at; once it is over, the page is loaded anew."""
    with desk().reading() as uow:
        read_signing(uow, actor(), contract_id)
    found = starts().of(contract_id)
    if found is None or found.problem:
        return "", 204, {"HX-Refresh": "true"}
    return render_template("contracts/_signing_start.html", start=found, contract_id=contract_id)


@pages.post("/remind")
def remind(contract_id: str) -> ResponseReturnValue:
    return _done(contract_id, lambda uow: lead.remind(uow, actor(), desk().now(), desk().sign_post, contract_id, _field("place")))


@pages.post("/address")
def address(contract_id: str) -> ResponseReturnValue:
    return _done(
        contract_id,
        lambda uow: lead.correct_address(
            uow, actor(), desk().now(), desk().sign_post, contract_id, _field("place"), _field("email")
        ),
    )


@pages.post("/replace")
def replace(contract_id: str) -> ResponseReturnValue:
    person = Assigned(_field("place"), _field("name"), _field("title"), _field("email"))
    return _done(
        contract_id,
        lambda uow: lead.replace_signatory(
            uow, actor(), desk().now(), desk().sign_post, contract_id, person.place, person, _field("reason")
        ),
    )


@pages.post("/withdraw")
def withdraw(contract_id: str) -> ResponseReturnValue:
    return _done(
        contract_id, lambda uow: lead.withdraw(uow, actor(), desk().now(), desk().sign_post, contract_id, _field("reason"))
    )


def _done(contract_id: str, work: Callable[[UnitOfWork], None]) -> ResponseReturnValue:
    try:
        with desk().unit_of_work() as uow:
            work(uow)
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return _page(contract_id, problem=error.message, entered=request.form.to_dict()), 422
    return redirect(url_for("signing.show", contract_id=contract_id))


def _page(contract_id: str, problem: str = "", entered: object = None) -> str:
    with desk().reading() as uow:
        view = read_signing(uow, actor(), contract_id)
        ask, why_not = None, ""
        running = starts().of(contract_id)
        if view.leads and (view.current is None or not view.current.open) and running is None:
            try:
                ask = read_ask(uow, actor(), desk().calendar, desk().today(), contract_id)
            except ContractError as error:
                why_not = error.message
        uow.session.expunge_all()
    return contract_page(
        "contracts/signing.html", contract_id, view=view, ask=ask, why_not=why_not, start=running, problem=problem,
        entered=entered or {}, orders=tuple(Order), seam_pages=tuple(SeamPages), matters=tuple(Matter), media=tuple(Medium), today=desk().today(),
        hybrid=ask is not None and ask.terms.mode is Mode.HYBRID,
    )  # fmt: skip


# ---- the form


def _plan(ask: Ask, contract_id: str, *, keep: bool) -> Plan:
    """The plan as entered; with ``keep`` an authority document that came along is put among the contract's files."""
    order = next((o for o in Order if o.value == _field("order")), Order.PARALLEL)
    people = tuple(_person(p, contract_id, keep) for p in ask.proposals if not _field(f"skip-{p.place.key}"))
    return Plan(order, _day("deadline", _("签署期限")) or ask.terms.deadline, people, _seam())


def _seam() -> SeamWish | None:
    pages = next((s for s in SeamPages if s.value == _field("seam")), None)
    most = _field("seam-most")
    return SeamWish(pages, _field("seam-cover") == "1", int(most) if most.isdigit() else 8) if pages is not None else None


def _person(proposal: Proposal, contract_id: str, keep: bool) -> Assigned:
    key = proposal.place.key
    name = proposal.person.name if proposal.fixed else _field(f"name-{key}")
    stage = _field(f"stage-{key}")
    medium = next((m for m in Medium if m.value == _field(f"medium-{key}")), proposal.person.medium)
    power, document = None, ""
    if proposal.agent:
        power = _power(proposal, name, key)
        sent = request.files.get(f"power-file-{key}")
        if keep and sent is not None and sent.filename:
            document = put_in(contract_id, sent, DocumentKind.EVIDENCE, _("授权委托书")).id
    return Assigned(
        key, name, _field(f"title-{key}") or proposal.person.title, _field(f"email-{key}"), int(stage) if stage.isdigit() else 1, medium,
        power, document,
    )  # fmt: skip


def _power(proposal: Proposal, name: str, key: str) -> Authority | None:
    number, until = _field(f"power-number-{key}"), _day(f"power-until-{key}", _("授权期限"))
    if not number or until is None:
        return None
    begins = _day(f"power-from-{key}", _("授权期限")) or desk().today()
    matters = frozenset(m for m in Matter if m.value in request.form.getlist(f"power-matters-{key}"))
    return Authority(number, proposal.party_name, name, matters, begins, begins, until, _amount(f"power-limit-{key}"))


def _field(name: str) -> str:
    return request.form.get(name, "").strip()[:2000]


def _day(name: str, label: str) -> date | None:
    text = _field(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ContractError("signing.plan", _("%(label)s的写法应为 2027-01-01。", label=label)) from error


def _amount(name: str) -> Decimal | None:
    text = _field(name).replace(",", "").replace("，", "")
    if not text:
        return None
    try:
        found = Decimal(text)
        if not found.is_finite() or found < 0:
            raise InvalidOperation
    except InvalidOperation as error:
        raise ContractError("signing.plan", _("授权限额应为金额（元），例如 500000.00；不限额的留空。")) from error
    return found
