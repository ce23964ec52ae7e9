"""The register of certificates: issued and revoked ones, with what the built-in authority is and what it is not."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError
from app.domain.permissions import Forbidden, Hidden
from app.services import pki as service
from app.web.desk import desk
from app.web.gate import actor
from signatures.revocation import Reason

pages = Blueprint("certificates", __name__, url_prefix="/certificates")


@pages.get("/")
def index() -> str:
    return _page()


@pages.post("/<serial>/revocation")
def revoke(serial: str) -> ResponseReturnValue:
    try:
        with desk().unit_of_work() as uow:
            service.revoke_certificate(
                uow,
                actor(),
                desk().now(),
                desk().write_mail,
                serial,
                request.form.get("reason", ""),
                request.form.get("words", ""),
            )
    except (Forbidden, Hidden):
        raise
    except ContractError as error:
        return _page(problem=error.message, serial=serial), 422
    flash(_("证书已吊销；吊销列表和状态查询即时生效，相关合同的负责人会收到通知。"))
    return redirect(url_for("certificates.index", q=serial))


def _page(problem: str = "", serial: str = "") -> str:
    query, page = request.args.get("q", "").strip()[:100], max(1, min(request.args.get("page", 1, type=int), 10_000))
    with desk().reading() as uow:
        found = service.list_certificates(uow, actor(), serial or query, page)
    return render_template(
        "certificates/index.html", found=found, query=serial or query, page=page, pages=-(-found.total // service.PAGE),
        problem=problem, serial=serial, reasons=Reason, now=desk().now(), entered=request.form,
    )  # fmt: skip


@pages.app_template_global()
def certificate_kind(kind: str) -> str:
    return str(
        {"system": _("系统"), "person": _("自然人"), "seal": _("单位（印章）"), "outside": _("外部机构签发")}.get(kind, kind)
    )


@pages.app_template_global()
def revocation_reason(reason: Reason) -> str:
    names = {
        Reason.COMPROMISED: _("密钥失密或可能失密"),
        Reason.AFFILIATION: _("不再代表该单位"),
        Reason.SUPERSEDED: _("已换发新证书"),
        Reason.CEASED: _("不再使用"),
    }
    return str(names[reason])
