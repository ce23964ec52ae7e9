"""Contracts: filing a draft as one, and the overview of one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.effect import Ground
from app.domain.errors import ContractError
from app.domain.numbering_pattern import parse_pattern
from app.domain.permissions import Forbidden
from app.services.content import reopen_text
from app.services.documents import list_documents
from app.services.filing import create_contract, load_contract
from app.services.overview import Happening, Step, read_overview
from app.services.record import ContractMissing
from app.services.taking_effect import read_effect
from app.services.voiding import void_contract
from app.web.approval import LONGEST, post_office
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("contracts", __name__)


@pages.app_template_global()
def happened(step: Step) -> str:
    """What a step on the overview was, in words."""
    if step.event is not None:
        return step.event.label
    names = {
        Happening.FILED: _("已登记为合同"),
        Happening.FROZEN: _("保存第%(n)d版", n=step.count),
        Happening.SUBMITTED: _("第%(n)d次送审", n=step.count),
        Happening.CONSENTED: _("审批通过"),
        Happening.RETURNED: _("已退回修改"),
        Happening.WITHDRAWN: _("已撤回送审"),
        Happening.VOIDED: _("审批失效"),
        Happening.REVOKED: _("审批已撤销"),
    }
    return str(names[step.happening])


@pages.post("/drafts/<draft_id>/contract")
def register(draft_id: str) -> ResponseReturnValue:
    pattern = parse_pattern(desk().settings.contract_number)
    with desk().unit_of_work() as uow:
        made = create_contract(uow, actor(), desk().now(), desk().today(), desk().reference, draft_id, pattern)
    return redirect(url_for("contracts.show", contract_id=made.id))


@pages.get("/contracts/<contract_id>/")
def show(contract_id: str) -> str:
    return overview(contract_id)


@pages.post("/contracts/<contract_id>/void")
def void(contract_id: str) -> ResponseReturnValue:
    reason = request.form.get("reason", "")[:LONGEST]
    try:
        with desk().unit_of_work() as uow:
            void_contract(uow, actor(), desk().now(), post_office(), contract_id, reason)
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return overview(contract_id, problem=error.message, reason=reason), 422
    return redirect(url_for("contracts.show", contract_id=contract_id))


@pages.post("/contracts/<contract_id>/redraft")
def redraft(contract_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        reopen_text(uow, actor(), desk().now(), post_office(), contract_id)
    with desk().reading() as uow:
        draft_id = load_contract(uow, actor(), contract_id).draft_id
    return redirect(url_for("workspace.show", draft_id=draft_id))


def overview(contract_id: str, problem: str = "", reason: str = "", **more: Any) -> str:
    """The first page of a contract. ``more``: what one of its forms says about what was entered."""
    with desk().reading() as uow:
        found = read_overview(uow, actor(), contract_id)
        effect = read_effect(uow, actor(), desk().today(), contract_id)
        papers = list_documents(uow, actor(), contract_id) if effect.open and effect.keeps else ()
    return contract_page(
        "contracts/overview.html", contract_id, found=found, effect=effect, papers=papers, grounds=Ground, today=desk().today(),
        problem=problem, reason=reason, **more,
    )  # fmt: skip
