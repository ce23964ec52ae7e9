"""证据包: made in the background and filed with the contract; a page below 签署."""

from __future__ import annotations

import hashlib
from typing import cast

from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.errors import ContractError
from app.domain.permissions import Forbidden
from app.services.evidence import make_evidence, packages_of, signing_to_prove
from app.services.record import ContractMissing
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.gate import actor, can
from app.web.starting import Starts

pages = Blueprint("evidence", __name__, url_prefix="/contracts/<contract_id>/evidence")
PROOFS = "chengyue.proofs"


def init_evidence(app: Flask) -> None:
    app.extensions[PROOFS] = Starts()


def proofs() -> Starts:
    return cast(Starts, current_app.extensions[PROOFS])


@pages.get("/")
def show(contract_id: str) -> str:
    failed = proofs().take_failed(contract_id)
    why_not, leads = "", can("contract.signing")
    with desk().reading() as uow:
        made = list(packages_of(uow, actor(), contract_id))
        if leads:
            try:
                signing_to_prove(uow, actor(), contract_id)
            except (ContractMissing, Forbidden):
                raise
            except ContractError as error:
                why_not = error.message
        uow.session.expunge_all()
    running = proofs().of(contract_id)
    root = hashlib.sha256(desk().authority.certificate("root")).hexdigest() if made or (leads and not why_not) else ""
    return contract_page(
        "contracts/evidence.html", contract_id, made=made, why_not=why_not, leads=leads, root=root,
        problem=failed.problem if failed is not None else "", start=running if running is not None and not running.problem else None,
    )  # fmt: skip


@pages.get("/state")
def state(contract_id: str) -> ResponseReturnValue:
    found = proofs().of(contract_id)
    if found is None or found.problem:
        return "", 204, {"HX-Refresh": "true"}
    return render_template("contracts/_evidence_state.html", start=found, contract_id=contract_id)


@pages.post("/")
def make(contract_id: str) -> ResponseReturnValue:
    with desk().reading() as uow:
        signing_to_prove(uow, actor(), contract_id)
    kit, who = desk().evidence_kit, actor()
    proofs().begin(contract_id, request.form.to_dict(), lambda progress: make_evidence(kit, who, contract_id, progress))
    return redirect(url_for("evidence.show", contract_id=contract_id))
