"""The links of a reminder: a page that shows what would be decided, and a form that decides. Nobody needs to sign in; the link is the person's.

Mail scanners and browsers open links ahead of people, so that opening one changes nothing.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError, InputError
from app.services import link_deciding as service
from app.services.decision_links import LATER, LinkSpent
from app.web.desk import desk
from app.web.entered import Entered

pages = Blueprint("deciding", __name__, url_prefix="/decide/<link_id>/<choice>/<signature>")


@pages.get("")
def show(link_id: str, choice: str, signature: str) -> ResponseReturnValue:
    return _page(link_id, choice, signature)


@pages.post("")
def decide(link_id: str, choice: str, signature: str) -> ResponseReturnValue:
    form = Entered()
    try:
        seen = form.whole("revision", _("版本"), most=10**9) or 0
        until = form.day("until", _("推迟至")) if choice == LATER else None
        form.require_sound()
        with desk().unit_of_work() as uow:
            told = service.decide_by_link(
                uow, desk().now(), desk().today(), desk().calendar, desk().link_key, link_id, choice, signature,
                service.Entered(seen, form.text("reason"), until),
            )  # fmt: skip
    except (LinkSpent, service.SignInFirst) as error:
        return _refused(error)
    except InputError as error:
        return _page(link_id, choice, signature, faults=error.faults)
    except ContractError as error:
        return _page(link_id, choice, signature, problem=error.message)
    return render_template("decide/done.html", told=told)


def _page(link_id: str, choice: str, signature: str, **more: object) -> ResponseReturnValue:
    try:
        with desk().reading() as uow:
            found = service.read_link(
                uow, desk().now(), desk().today(), desk().calendar, desk().link_key, link_id, choice, signature
            )
    except (LinkSpent, service.SignInFirst) as error:
        return _refused(error)
    earliest = desk().today() + timedelta(days=1)
    shown = {"faults": (), "problem": "", "entered": request.form, **more}
    return render_template("decide/show.html", found=found, earliest=earliest, **shown), 422 if more else 200


def _refused(error: ContractError) -> ResponseReturnValue:
    known = error.contract_id if isinstance(error, service.SignInFirst) else ""
    return render_template("decide/refused.html", message=error.message, contract_id=known), 404
