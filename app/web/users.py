"""The administration of accounts: invite, change roles, close, and help somebody back in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.approval_route import Function
from app.domain.errors import ContractError, InputError
from app.domain.permissions import Role
from app.services import accounts as service
from app.services.confidentiality import ReaderUnfit, count_owned, hand_over_all, heirs
from app.store.uow import ChangedMeanwhile
from app.web.access import post_office
from app.web.contract_people import post_office as contract_post
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("users", __name__, url_prefix="/users")


@pages.get("/")
def index() -> str:
    with desk().reading() as uow:
        found = service.list_users(uow, actor())
    return render_template("users/index.html", users=found, roles=Role, now=desk().now())


@pages.get("/new")
def new() -> str:
    return _form(service.UserDetails("", "", "", frozenset({Role.DRAFTER})))


@pages.post("/")
def invite() -> ResponseReturnValue:
    entered = _entered()
    try:
        with desk().unit_of_work() as uow:
            made = service.invite(uow, actor(), desk().now(), entered, post_office())
    except ContractError as error:
        return _form(entered, _words(error)), 422
    return _linked(made)


@pages.get("/<user_id>/")
def show(user_id: str) -> str:
    return _user(user_id)


@pages.post("/<user_id>/")
def change(user_id: str) -> ResponseReturnValue:
    revision = request.form.get("revision", 0, type=int)
    try:
        with desk().unit_of_work() as uow:
            service.change_user(uow, actor(), desk().now(), user_id, revision, _entered())
    except (service.UserMissing, ChangedMeanwhile):
        raise
    except ContractError as error:
        return _user(user_id, problem=_words(error)), 422
    return redirect(url_for("users.show", user_id=user_id, told="saved"))


@pages.post("/<user_id>/active")
def set_active(user_id: str) -> ResponseReturnValue:
    active = request.form.get("active") == "1"
    try:
        with desk().unit_of_work() as uow:
            service.set_active(uow, actor(), desk().now(), user_id, active)
    except service.UserMissing:
        raise
    except ContractError as error:
        return _user(user_id, problem=error.message), 422
    return redirect(url_for("users.show", user_id=user_id))


@pages.post("/<user_id>/link")
def send_link(user_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        made = service.send_link(uow, actor(), desk().now(), user_id, post_office())
    return _linked(made)


@pages.post("/<user_id>/second-factor")
def clear_second_factor(user_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        service.clear_second_factor(uow, actor(), desk().now(), user_id, desk().write_mail)
    return redirect(url_for("users.show", user_id=user_id, told="cleared"))


@pages.post("/<user_id>/sessions")
def end_sessions(user_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        service.end_sessions_of(uow, actor(), desk().now(), user_id)
    return redirect(url_for("users.show", user_id=user_id, told="ended"))


@pages.post("/<user_id>/hand-over")
def hand_over(user_id: str) -> ResponseReturnValue:
    try:
        with desk().unit_of_work() as uow:
            count = hand_over_all(uow, actor(), desk().now(), user_id, request.form.get("heir", ""), contract_post())
    except ReaderUnfit as error:
        return _user(user_id, problem=error.message), 422
    return redirect(url_for("users.show", user_id=user_id, told="handed" if count else ""))


def _entered() -> service.UserDetails:
    form = request.form
    roles = frozenset(r for r in Role if r.value in form.getlist("role"))
    offices = frozenset(f for f in Function if f.value in form.getlist("office"))
    return service.UserDetails(form.get("login", ""), form.get("name", ""), form.get("email", ""), roles, offices)


def _words(error: ContractError) -> str:
    if not isinstance(error, InputError):
        return error.message
    return "\n".join(f"{f.label}：{f.problem}{f'（{f.allowed}）' if f.allowed else ''}" for f in error.faults)


def _form(entered: service.UserDetails, problem: str = "") -> str:
    return render_template("users/new.html", entered=entered, problem=problem, roles=Role, offices=Function)


def _user(user_id: str, problem: str = "") -> str:
    with desk().reading() as uow:
        found = service.load_user(uow, actor(), user_id)
        owned, heirs_of = count_owned(uow, actor(), user_id), heirs(uow, actor(), user_id)
    told = request.args.get("told", "")
    return render_template(
        "users/user.html", user=found, entered=found.details, problem=problem, told=told, roles=Role, offices=Function,
        locked=service.is_user_locked(found, desk().now()), own=user_id == actor().id, owned=owned,
        heirs=heirs_of,
    )  # fmt: skip


def _linked(made: service.Invitation) -> str:
    """The link itself is shown only where no mail can carry it."""
    with desk().reading() as uow:
        user = service.load_user(uow, actor(), made.user_id)
    carried = made.mailed and bool(desk().settings.smtp_host)
    return render_template("users/link.html", user=user, link="" if carried else made.link)
