"""My account: password, signed-in browsers, second factor."""

from __future__ import annotations

import segno
from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from app.domain.errors import ContractError
from app.services import access as sessions
from app.services import own_account as service
from app.services.credentials import enrolment_address, new_secret
from app.web.desk import desk
from app.web.gate import actor, me

pages = Blueprint("account", __name__, url_prefix="/account")
OFFER = "second_factor_offer"


@pages.get("/")
def show() -> ResponseReturnValue:
    return _page(told=request.args.get("told", ""))


@pages.post("/password")
def change_password() -> ResponseReturnValue:
    form = request.form
    try:
        if form.get("password", "") != form.get("again", ""):
            raise ContractError("password.again", _("两次输入的密码不一致。"))
        with desk().unit_of_work() as uow:
            service.change_password(
                uow, actor(), desk().now(), _session(), form.get("current", ""), form.get("password", ""), desk().write_mail
            )
    except ContractError as error:
        return _page(problem=error.message, part="password"), 422
    return redirect(url_for("account.show", told="password"))


@pages.post("/sessions/<session_id>/end")
def end_session(session_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        sessions.end_session(uow, actor(), desk().now(), session_id)
    return redirect(url_for("account.show", _anchor="sessions"))


@pages.post("/sessions/end-others")
def end_others() -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        sessions.end_other_sessions(uow, actor(), desk().now(), _session())
    return redirect(url_for("account.show", _anchor="sessions"))


@pages.get("/second-factor")
def offer_second_factor() -> str:
    """A new secret, kept in the signed cookie until a code of it is entered."""
    session[OFFER] = session.get(OFFER) or new_secret()
    return _offer()


@pages.post("/second-factor")
def enable_second_factor() -> ResponseReturnValue:
    secret = session.get(OFFER)
    if not secret:
        return redirect(url_for("account.offer_second_factor"))
    try:
        with desk().unit_of_work() as uow:
            codes = service.enable_second_factor(
                uow, actor(), desk().now(), _session(), request.form.get("password", ""), secret,
                request.form.get("code", ""), desk().write_mail, desk().vault,
            )  # fmt: skip
    except ContractError as error:
        return _offer(error.message), 422
    session.pop(OFFER, None)
    return render_template("account/codes.html", codes=codes, new=True)


@pages.post("/second-factor/disable")
def disable_second_factor() -> ResponseReturnValue:
    form = request.form
    try:
        with desk().unit_of_work() as uow:
            service.disable_second_factor(
                uow, actor(), desk().now(), form.get("password", ""), form.get("code", ""), desk().write_mail, desk().vault
            )
    except ContractError as error:
        return _page(problem=error.message, part="second-factor"), 422
    return redirect(url_for("account.show", told="disabled"))


@pages.post("/second-factor/codes")
def renew_codes() -> ResponseReturnValue:
    try:
        with desk().unit_of_work() as uow:
            codes = service.renew_recovery_codes(uow, actor(), desk().now(), request.form.get("password", ""), desk().write_mail)
    except ContractError as error:
        return _page(problem=error.message, part="second-factor"), 422
    return render_template("account/codes.html", codes=codes, new=False)


def _session() -> str:
    found = me()
    return found.session_id if found else ""


def _page(problem: str = "", part: str = "", told: str = "") -> str:
    with desk().reading() as uow:
        mine = service.load_account(uow, actor())
        opened = sessions.sessions_of(uow, desk().now(), actor().id, _session())
    return render_template("account/index.html", mine=mine, sessions=opened, problem=problem, part=part, told=told)


def _offer(problem: str = "") -> str:
    found, secret = me(), session[OFFER]
    address = enrolment_address(secret, found.login if found else "")
    # Ours from the first byte to the last, and without a style: the content security policy would refuse one.
    picture = Markup(segno.make(address, error="m").svg_inline(omitsize=True, border=4, dark="#000", light="#fff"))  # noqa: S704
    groups = [secret[i : i + 4] for i in range(0, len(secret), 4)]
    return render_template("account/second_factor.html", picture=picture, groups=groups, problem=problem)
