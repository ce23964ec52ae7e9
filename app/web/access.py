"""Before anybody is signed in: first run, sign-in, second factor, forgotten password, one-time links."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError
from app.domain.permissions import Role
from app.services import access as service
from app.services.accounts import (
    FIRST_RUN,
    INVITATION,
    RESET,
    LinkSpent,
    Post,
    UserDetails,
    create_administrator,
    owner_of_link,
)
from app.services.own_account import request_reset, set_password_by_link
from app.web.desk import desk
from app.web.gate import TOKEN, client, forget_session, keep_session, me
from app.web.language import same_origin_path
from app.web.throttle import Throttle

pages = Blueprint("access", __name__)
THROTTLE = "sign_in_throttle"


def post_office() -> Post:
    """How links reach people; their address comes from the settings, never from the request."""
    base = desk().settings.base_url
    return Post(desk().write_mail, lambda token: f"{base}{url_for('access.link', token=token)}")


@pages.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    if me() is not None:
        return redirect(_next())
    return render_template("access/sign_in.html", login="", next=_next(), told=request.args.get("told", ""))


@pages.post("/sign-in")
def enter() -> ResponseReturnValue:
    login = request.form.get("login", "")[:200]
    try:
        require_patience()
        with desk().unit_of_work() as uow:
            made = service.sign_in(uow, desk().now(), login, request.form.get("password", ""), client(), desk().write_mail)
    except service.SignInRefused as error:
        count_failure()
        return render_template("access/sign_in.html", login=login, next=_next(), problem=error.message), 422
    keep_session(made.token)
    return redirect(url_for("access.second_factor", next=_next()) if made.second_factor_due else _next())


@pages.get("/sign-in/second-factor")
def second_factor() -> ResponseReturnValue:
    if me() is not None:
        return redirect(_next())
    if not session.get(TOKEN):
        return redirect(url_for("access.sign_in", next=_next()))
    return render_template("access/second_factor.html", next=_next())


@pages.post("/sign-in/second-factor")
def pass_second_factor() -> ResponseReturnValue:
    code = request.form.get("code", "")[:40]
    try:
        require_patience()
        with desk().unit_of_work() as uow:
            made = service.pass_second_factor(
                uow, desk().now(), session.get(TOKEN, ""), code, client(), desk().write_mail, desk().vault
            )
    except service.SignInRefused:
        count_failure()
        problem = _("验证码不正确，或者等待过久、多次有误而暂停登录。请输入应用此刻显示的验证码，或者返回重新登录。")
        return render_template("access/second_factor.html", next=_next(), problem=problem), 422
    keep_session(made.token)
    return redirect(_next())


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        service.sign_out(uow, desk().now(), session.get(TOKEN, ""))
    forget_session()
    return redirect(url_for("access.sign_in", told="out"))


@pages.get("/forgotten")
def forgotten() -> str:
    return render_template("access/forgotten.html", told=False)


@pages.post("/forgotten")
def request_link() -> str:
    with desk().unit_of_work() as uow:
        request_reset(uow, desk().now(), request.form.get("login", "")[:200], post_office())
    return render_template("access/forgotten.html", told=True)


@pages.get("/first-run/<token>")
def first_run(token: str) -> ResponseReturnValue:
    try:
        with desk().reading() as uow:
            owner_of_link(uow, desk().now(), token, FIRST_RUN)
    except LinkSpent as error:
        return _spent(error)
    return render_template("access/first_run.html", token=token, entered={"drafter": "1"})


@pages.post("/first-run/<token>")
def begin(token: str) -> ResponseReturnValue:
    form = request.form
    roles = {Role.SYSTEM_ADMINISTRATOR} | ({Role.DRAFTER, Role.CONTRACT_ADMINISTRATOR} if form.get("drafter") else set())
    details = UserDetails(form.get("login", ""), form.get("name", ""), form.get("email", ""), frozenset(roles))
    password = form.get("password", "")
    try:
        if password != form.get("again", ""):
            raise ContractError("password.again", _("两次输入的密码不一致。"))
        with desk().unit_of_work() as uow:
            create_administrator(uow, desk().now(), token, details, password)
    except LinkSpent as error:
        return _spent(error)
    except ContractError as error:
        return render_template("access/first_run.html", token=token, entered=form, problem=error), 422
    with desk().unit_of_work() as uow:
        made = service.sign_in(uow, desk().now(), details.login, password, client(), desk().write_mail)
    keep_session(made.token)
    return redirect(url_for("start"))


@pages.get("/password/<token>")
def link(token: str) -> ResponseReturnValue:
    return _password_page(token)


@pages.post("/password/<token>")
def set_password(token: str) -> ResponseReturnValue:
    password = request.form.get("password", "")
    try:
        if password != request.form.get("again", ""):
            raise ContractError("password.again", _("两次输入的密码不一致。"))
        with desk().unit_of_work() as uow:
            set_password_by_link(uow, desk().now(), token, password, desk().write_mail)
    except LinkSpent as error:
        return _spent(error)
    except ContractError as error:
        return _password_page(token, error)
    forget_session()
    return redirect(url_for("access.sign_in", told="set"))


def _password_page(token: str, problem: ContractError | None = None) -> ResponseReturnValue:
    try:
        with desk().reading() as uow:
            owner = owner_of_link(uow, desk().now(), token, INVITATION, RESET)
    except LinkSpent as error:
        return _spent(error)
    return render_template("access/password.html", token=token, owner=owner, problem=problem), 422 if problem else 200


def _spent(error: LinkSpent) -> ResponseReturnValue:
    return render_template("access/spent.html", message=error.message), 404


def require_patience() -> None:
    """Raises ``SignInRefused``, in the same words as ever, where too many failures came from this address."""
    throttle: Throttle = current_app.extensions[THROTTLE]
    if throttle.is_refused(client().address, desk().now()):
        raise service.SignInRefused


def count_failure() -> None:
    throttle: Throttle = current_app.extensions[THROTTLE]
    throttle.failed(client().address, desk().now())


def _next() -> str:
    return same_origin_path(request.values.get("next", "/"))
