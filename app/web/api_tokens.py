"""接口令牌: made, shown once, revoked."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError
from app.domain.permissions import Forbidden, Hidden
from app.services import api_tokens as service
from app.web.desk import desk
from app.web.entered_numbers import number_in
from app.web.gate import actor

pages = Blueprint("api_tokens", __name__, url_prefix="/account/api-tokens")


@pages.get("/")
def index() -> str:
    return _page()


@pages.post("/")
def make() -> ResponseReturnValue:
    days = request.form.get("days", "")
    try:
        with desk().unit_of_work() as uow:
            token = service.make_token(
                uow, actor(), desk().now(), request.form.get("name", ""), request.form.getlist("scope"),
                number_in(days, 0), request.form.get("number", "")[:60],
            )  # fmt: skip
    except (Forbidden, Hidden):
        raise
    except ContractError as error:
        return _page(problem=error.message), 422
    return _page(token=token)


@pages.post("/<token_id>/revocation")
def revoke(token_id: str) -> ResponseReturnValue:
    try:
        with desk().unit_of_work() as uow:
            service.revoke_token(uow, actor(), desk().now(), token_id)
    except (Forbidden, Hidden):
        raise
    except ContractError as error:
        return _page(problem=error.message), 404
    flash(_("令牌已撤销，立即失效。"))
    return redirect(url_for("api_tokens.index"))


def _page(problem: str = "", token: str = "") -> str:
    with desk().reading() as uow:
        found = service.list_tokens(uow, actor(), desk().now())
    entered = request.form if problem else {}
    chosen = request.form.getlist("scope") if problem else [service.READ, service.SIGN]
    return render_template(
        "account/api_tokens.html", found=found, problem=problem, token=token, scopes=service.SCOPES, chosen=chosen, entered=entered,
        longest=service.LONGEST_DAYS,
    )  # fmt: skip


@pages.app_template_global()
def scope_name(scope: str) -> str:
    names = {service.READ: _("查看签署状态、取得文件"), service.SIGN: _("以外部密钥签署")}
    return str(names.get(scope, scope))
