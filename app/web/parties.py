"""Choosing an organisation for a party of a draft: search, see what would change, confirm."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.party_answers import Picks, offer, project_contact
from app.services.party_filling import Proposal, fill_party, propose_party
from app.services.questionnaire import part_of
from app.services.registering import search_organisations
from app.web.desk import desk
from app.web.gate import actor
from app.web.pages import is_fragment
from app.web.reviewing import loaded

pages = Blueprint("parties", __name__, url_prefix="/drafts/<draft_id>/parties/<any(a,b):role>")
SHOWN = 20


@pages.get("/")
def choose(draft_id: str, role: str) -> str:
    """The organisations to choose from; with ``organisation`` what that one would change."""
    if request.args.get("organisation"):
        return _proposal(draft_id, role, request.args["organisation"])
    query = request.args.get("q", "").strip()[:100]
    with desk().reading() as uow:
        found = search_organisations(uow, actor(), desk().today(), query, limit=SHOWN)
    template = "parties/_list.html" if is_fragment() else "parties/choose.html"
    return render_template(template, view=loaded(draft_id), role=role, found=found, query=query)


@pages.post("/")
def fill(draft_id: str, role: str) -> ResponseReturnValue:
    organisation_id, seen = request.form.get("organisation", ""), request.form.get("seen", 0, type=int)
    with desk().unit_of_work() as uow:
        view = fill_party(
            uow, actor(), desk().now(), desk().today(), desk().library, draft_id, role, organisation_id, _picks(),
            request.form.getlist("name"), seen,
        )  # fmt: skip
    if view.conflicts:
        return _proposal(draft_id, role, organisation_id, conflicts={c.name: c.by for c in view.conflicts}), 409
    chapter = part_of(desk().library, f"party_{role}.name")
    return redirect(url_for("workspace.show", draft_id=draft_id, chapter=chapter, variable=f"party_{role}.name"))


def _proposal(draft_id: str, role: str, organisation_id: str, conflicts: dict[str, str] | None = None) -> str:
    picks = _picks()
    with desk().reading() as uow:
        proposal: Proposal = propose_party(uow, actor(), desk().today(), desk().library, draft_id, role, organisation_id, picks)
    details = proposal.organisation.details
    contact = project_contact(details) if picks.contact == Picks().contact else picks.contact
    return render_template(
        "parties/confirm.html", view=proposal.view, role=role, proposal=proposal, details=details, offer=offer(details),
        picks=picks, contact=contact, today=desk().today(), conflicts=conflicts or {},
    )  # fmt: skip


def _picks() -> Picks:
    values, standard = request.values, Picks()
    return Picks(
        values.get("postal", standard.postal, type=int),
        values.get("email", standard.email, type=int),
        values.get("account", standard.account, type=int),
        values.get("contact", standard.contact, type=int),
    )
