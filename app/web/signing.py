"""签署: a contract's page of signing: the plan, where it stands, and what its owner does meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import cast

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.authority import Matter
from app.domain.ceremony import CodeWay
from app.domain.errors import ContractError
from app.domain.execution import Medium, Mode, Order
from app.domain.permissions import Forbidden
from app.domain.signing_form import SeamPages, SeamWish
from app.services import signing_lead as lead
from app.services.authority_papers import PowerText
from app.services.filing import DocumentKind
from app.services.record import ContractMissing
from app.services.signing_plan import Ask, Assigned, Plan, Proposal, prepare, with_document
from app.services.signing_start import read_ask, start
from app.services.signing_views import read_signing
from app.store.uow import UnitOfWork
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.entered_numbers import number_in
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
    entered = _entered()
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


@pages.post("/code-way")
def code_way(contract_id: str) -> ResponseReturnValue:
    way, phone = _way("code_way"), _field("phone")
    return _done(
        contract_id,
        lambda uow: lead.set_code_way(uow, actor(), desk().now(), desk().sign_post, contract_id, _field("place"), way, phone),
    )


@pages.post("/replace")
def replace(contract_id: str) -> ResponseReturnValue:
    place, reason = _field("place"), _field("reason")
    person = Assigned(
        place, _field("name"), _field("title"), _field("email"), code_way=_way("code_way"), phone=_field("phone"), power=_power()
    )
    return _with_scan(
        contract_id,
        lambda uow: lead.check_replacement(uow, actor(), desk().now(), contract_id, place, person, reason),
        lambda uow, scan: lead.replace_signatory(
            uow, actor(), desk().now(), desk().sign_post, contract_id, place, with_document(person, scan), reason
        ),
    )


@pages.post("/authority")
def authority(contract_id: str) -> ResponseReturnValue:
    place, power = _field("place"), _power()
    return _with_scan(
        contract_id,
        lambda uow: lead.check_authority(uow, actor(), desk().now(), contract_id, place, power),
        lambda uow, scan: lead.put_authority(uow, actor(), desk().now(), contract_id, place, power, scan),
    )


@pages.post("/withdraw")
def withdraw(contract_id: str) -> ResponseReturnValue:
    return _done(
        contract_id, lambda uow: lead.withdraw(uow, actor(), desk().now(), desk().sign_post, contract_id, _field("reason"))
    )


def _with_scan(
    contract_id: str, check: Callable[[UnitOfWork], None], act: Callable[[UnitOfWork, str], None]
) -> ResponseReturnValue:
    """A deed with the scan of a power of attorney: it goes among the files only where the deed would be done."""
    sent = request.files.get("power-file")
    try:
        with desk().unit_of_work() as uow:
            check(uow)
        scan = put_in(contract_id, sent, DocumentKind.EVIDENCE, _("授权委托书")).id if sent is not None and sent.filename else ""
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return _page(contract_id, problem=error.message, entered=_entered()), 422
    return _done(contract_id, lambda uow: act(uow, scan))


def _done(contract_id: str, work: Callable[[UnitOfWork], None]) -> ResponseReturnValue:
    try:
        with desk().unit_of_work() as uow:
            work(uow)
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return _page(contract_id, problem=error.message, entered=_entered()), 422
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
        texts_go_out=bool(desk().settings.sms_url), hybrid=ask is not None and ask.terms.mode is Mode.HYBRID,
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
    return SeamWish(pages, _field("seam-cover") == "1", number_in(most, 8)) if pages is not None else None


def _person(proposal: Proposal, contract_id: str, keep: bool) -> Assigned:
    key = proposal.place.key
    name = proposal.person.name if proposal.fixed else _field(f"name-{key}")
    stage = _field(f"stage-{key}")
    medium = next((m for m in Medium if m.value == _field(f"medium-{key}")), proposal.person.medium)
    document = ""
    sent = request.files.get(f"power-file-{key}")
    if keep and proposal.binds and sent is not None and sent.filename:
        document = put_in(contract_id, sent, DocumentKind.EVIDENCE, _("授权委托书")).id
    return Assigned(
        key, name, _field(f"title-{key}") or proposal.person.title, _field(f"email-{key}"), number_in(stage, 1), medium,
        None, document, _way(f"way-{key}"), _field(f"phone-{key}"), _power(f"-{key}"),
    )  # fmt: skip


def _power(suffix: str = "") -> PowerText:
    """The power of attorney of a form; ``suffix`` tells several in one form apart."""
    matters = tuple(request.form.getlist(f"power-matters{suffix}"))
    number, issued, begins, until, limit = (
        _field(f"power-{name}{suffix}") for name in ("number", "issued", "from", "until", "limit")
    )
    return PowerText(number, issued, begins, until, limit, matters)


def _entered() -> dict[str, str]:
    """What was entered; of several ticks all, with spaces between."""
    return {name: " ".join(request.form.getlist(name)) for name in request.form}


def _way(name: str) -> CodeWay:
    return CodeWay.SMS if _field(name) == CodeWay.SMS.value else CodeWay.MAIL


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
