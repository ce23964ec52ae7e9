"""Organisations: the list, one of them with its contracts and history, and the form that enters and changes it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.errors import InputError, InputFault
from app.domain.lifecycle import Stage
from app.domain.organisations import ADDRESS_KINDS, LABELS, SIZES, Merged, Organisation, merge
from app.domain.permissions import Action
from app.services import registering as service
from app.services.party_filling import party_from_draft
from app.services.reading_log import history_of
from app.web.desk import desk
from app.web.gate import actor
from app.web.organisation_form import COLUMNS, Entered, from_details, from_form, read_back, written
from app.web.pages import is_fragment

pages = Blueprint("organisations", __name__, url_prefix="/organisations")
PAGE = 20
HISTORY = 20


@pages.get("/")
def index() -> str:
    query, ending = request.args.get("q", "").strip()[:100], request.args.get("ending") == "1"
    page = max(1, min(request.args.get("page", 1, type=int), 10_000))
    with desk().reading() as uow:
        found = service.search_organisations(
            uow, actor(), desk().today(), query, ending=ending, limit=PAGE, offset=(page - 1) * PAGE
        )
    template = "organisations/_list.html" if is_fragment() else "organisations/index.html"
    return render_template(
        template, found=found, query=query, ending=ending, page=page, pages=-(-found.found // PAGE), sizes=SIZES
    )


@pages.get("/new")
def new() -> str:
    """An empty form, or one begun with what a draft says of a party."""
    draft_id, role = request.args.get("draft", ""), request.args.get("role", "")
    begun = Organisation("")
    if draft_id:
        with desk().reading() as uow:
            begun = party_from_draft(uow, actor(), desk().library, draft_id, role)
    return _form(from_details(begun), begun=from_details(Organisation("")))


@pages.post("/")
def create() -> ResponseReturnValue:
    entered = from_form(request.form)
    try:
        details = _details(entered, "")
        with desk().unit_of_work() as uow:
            made = service.create_organisation(uow, actor(), desk().now(), details)
    except InputError as error:
        return _form(entered, begun=from_details(Organisation("")), faults=error.faults), 422
    return redirect(url_for("organisations.show", organisation_id=made, told="saved"))


@pages.get("/<organisation_id>/")
def show(organisation_id: str) -> str:
    with desk().reading() as uow:
        found = service.load_organisation(uow, actor(), organisation_id)
        contracts = service.contracts_of(uow, actor(), organisation_id)
        history = history_of(uow, actor(), Action.READ_ORGANISATIONS, organisation_id, HISTORY)
    return render_template(
        "organisations/organisation.html", organisation=found, contracts=contracts, history=history, today=desk().today(),
        told=request.args.get("told", ""), stages=Stage, sizes=SIZES, kinds=ADDRESS_KINDS, labels=LABELS,
    )  # fmt: skip


@pages.get("/<organisation_id>/edit")
def edit(organisation_id: str) -> str:
    with desk().reading() as uow:
        found = service.load_organisation(uow, actor(), organisation_id)
    return _form(from_details(found.details), stored=found)


@pages.post("/<organisation_id>/")
def change(organisation_id: str) -> ResponseReturnValue:
    entered, base = from_form(request.form), read_back(request.form.get("base", ""))
    revision = request.form.get("revision", 0, type=int)
    try:
        details = _details(entered, organisation_id)
        with desk().unit_of_work() as uow:
            service.change_organisation(uow, actor(), desk().now(), organisation_id, revision, details)
    except service.OrganisationChanged as error:
        merged = merge(base.details()[0].tidy(), details.tidy(), error.theirs.details)
        return _form(from_details(merged.details), stored=error.theirs, merged=merged), 409
    except InputError as error:
        return _form(entered, begun=base, organisation_id=organisation_id, revision=revision, faults=error.faults), 422
    return redirect(url_for("organisations.show", organisation_id=organisation_id, told="saved"))


def _details(entered: Entered, organisation_id: str) -> Organisation:
    """As master data. Raises ``InputError`` with everything that is wrong, unreadable dates among it."""
    details, unreadable = entered.details()
    if unreadable:
        with desk().reading() as uow:
            raise InputError([*unreadable, *service.check_organisation(uow, actor(), details, organisation_id)])
    return details


def _form(
    entered: Entered, *, begun: Entered | None = None, stored: service.StoredOrganisation | None = None, organisation_id: str = "",
    revision: int = 0, faults: tuple[InputFault, ...] = (), merged: Merged | None = None,
) -> str:  # fmt: skip
    """``begun``: what the form showed when it was opened, where that isn't what is stored."""
    base = begun if begun is not None else from_details(stored.details) if stored else entered
    values: dict[str, Any] = {
        "entered": entered,
        "base": written(base),
        "organisation_id": stored.id if stored else organisation_id,
        "revision": stored.revision if stored else revision,
        "faults": {f.path: [g.problem for g in faults if g.path == f.path] for f in faults},
        "merged": merged,
        "stored": stored,
        "sizes": SIZES,
        "kinds": ADDRESS_KINDS,
        "columns": COLUMNS,
    }
    return render_template("organisations/form.html", **values)
