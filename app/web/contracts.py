"""Contracts: filing a draft as one, the list of them, and the overview of one."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.domain.numbering_pattern import parse_pattern
from app.services.filing import create_contract, list_contracts
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("contracts", __name__)


@pages.get("/contracts/")
def index() -> str:
    with desk().reading() as uow:
        found = list_contracts(uow, actor())
    return render_template("contracts/index.html", contracts=found)


@pages.post("/drafts/<draft_id>/contract")
def register(draft_id: str) -> ResponseReturnValue:
    pattern = parse_pattern(desk().settings.contract_number)
    with desk().unit_of_work() as uow:
        made = create_contract(uow, actor(), desk().now(), desk().today(), desk().reference, draft_id, pattern)
    return redirect(url_for("contracts.show", contract_id=made.id))


@pages.get("/contracts/<contract_id>/")
def show(contract_id: str) -> str:
    return contract_page("contracts/overview.html", contract_id)
