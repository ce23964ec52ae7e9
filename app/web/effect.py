"""Conditions precedent on a contract's overview: checked off with evidence, taken back, and the approval that the law may ask for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.effect import Condition, Ground
from app.domain.errors import ContractError
from app.domain.permissions import Forbidden
from app.services import taking_effect as service
from app.services.filing import DocumentKind
from app.services.record import ContractMissing
from app.web.contract_people import post_office
from app.web.contracts import overview
from app.web.desk import desk
from app.web.files import put_in
from app.web.gate import actor

pages = Blueprint("effect", __name__, url_prefix="/contracts/<contract_id>/effect")


@pages.post("/check")
def check(contract_id: str) -> ResponseReturnValue:
    return _done(contract_id, lambda: _check(contract_id))


@pages.post("/undo")
def undo(contract_id: str) -> ResponseReturnValue:
    return _done(contract_id, lambda: _undo(contract_id))


@pages.post("/approval")
def require_approval(contract_id: str) -> ResponseReturnValue:
    return _done(contract_id, lambda: _require_approval(contract_id))


@pages.post("/approval/drop")
def drop_approval(contract_id: str) -> ResponseReturnValue:
    return _done(contract_id, lambda: _drop_approval(contract_id))


def _check(contract_id: str) -> None:
    form = request.form
    sent = request.files.get("file")
    document = form.get("document", "")
    if sent is not None and sent.filename:
        document = put_in(contract_id, sent, DocumentKind.EVIDENCE, form.get("evidence", "")[:200]).id
    with desk().unit_of_work() as uow:
        service.check_off(
            uow, actor(), desk().now(), desk().today(), post_office(), contract_id, _condition(), on=_day(form.get("on", "")),
            evidence=form.get("evidence", "")[:500], document_id=document, ground=_ground(),
        )  # fmt: skip


def _undo(contract_id: str) -> None:
    with desk().unit_of_work() as uow:
        service.undo_check_off(uow, actor(), desk().now(), contract_id, _condition(), request.form.get("reason", ""))


def _require_approval(contract_id: str) -> None:
    with desk().unit_of_work() as uow:
        service.require_official_approval(uow, actor(), desk().now(), contract_id, request.form.get("reason", ""))


def _drop_approval(contract_id: str) -> None:
    with desk().unit_of_work() as uow:
        service.drop_official_approval(
            uow, actor(), desk().now(), desk().today(), post_office(), contract_id, request.form.get("reason", "")
        )


def _done(contract_id: str, work: Callable[[], None]) -> ResponseReturnValue:
    """Back to the overview; what was refused is said above the conditions, with what was entered."""
    try:
        work()
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return overview(contract_id, effect_problem=error.message, entered=request.form), 422
    return redirect(url_for("contracts.show", contract_id=contract_id, _anchor="effect"))


def _condition() -> Condition:
    found = next((c for c in Condition if c.value == request.form.get("condition")), None)
    if found is None:
        raise ContractError("effect.condition", _("请选择一项生效前置条件。"))
    return found


def _ground() -> Ground:
    found = next((g for g in Ground if g.value == request.form.get("ground", Ground.FULFILLED.value)), None)
    if found is None:
        raise ContractError("effect.ground", _("请选择缘由：成就、视为成就或者双方书面放弃。"))
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise ContractError("effect.day", _("请填写条件成就的日期，例如 2027-01-01。")) from error
