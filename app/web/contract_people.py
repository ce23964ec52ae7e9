"""The people of a contract: its owner, and to whom it is open."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.errors import ContractError
from app.domain.permissions import Forbidden
from app.services import confidentiality as service
from app.services.record import ContractMissing
from app.services.stage_mails import Post
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("people", __name__, url_prefix="/contracts/<contract_id>/people")


def post_office() -> Post:
    """Addresses in mails come from the settings, never from the request."""
    base = desk().settings.base_url
    return Post(desk().write_mail, lambda contract_id: f"{base}{url_for('contracts.show', contract_id=contract_id)}")


@pages.get("/")
def show(contract_id: str) -> str:
    return _page(contract_id, told=request.args.get("told", ""))


@pages.post("/confidentiality")
def close(contract_id: str) -> ResponseReturnValue:
    form = request.form
    confidential, readers = form.get("confidential") == "1", frozenset(form.getlist("reader"))
    seen = service.Closure(form.get("seen") == "1", frozenset(form.get("seen_readers", "").split()))
    try:
        with desk().unit_of_work() as uow:
            service.set_confidentiality(
                uow, actor(), desk().now(), contract_id, confidential=confidential, readers=readers, seen=seen
            )
    except (ContractMissing, Forbidden):
        raise
    except service.PeopleChanged as error:
        return _page(contract_id, problem=error.message, entered=error.merged), 409
    except ContractError as error:
        return _page(contract_id, problem=error.message, entered=service.Closure(confidential, readers)), 422
    return redirect(url_for("people.show", contract_id=contract_id, told="closed" if confidential else "opened"))


@pages.post("/owner")
def hand_over(contract_id: str) -> ResponseReturnValue:
    owner, seen = request.form.get("owner", ""), request.form.get("seen_owner", "")
    try:
        with desk().unit_of_work() as uow:
            service.change_owner(uow, actor(), desk().now(), contract_id, owner, seen=seen, post=post_office())
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return _page(contract_id, problem=error.message), 409 if isinstance(error, service.OwnerChanged) else 422
    # Who hands a confidential contract over may not see it any more.
    return redirect(url_for("register.index"))


def _page(contract_id: str, problem: str = "", told: str = "", entered: service.Closure | None = None) -> str:
    with desk().reading() as uow:
        people = service.read_people(uow, actor(), contract_id)
    return contract_page(
        "contracts/people.html", contract_id, people=people, problem=problem, told=told, entered=entered or people.closure
    )
