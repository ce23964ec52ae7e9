"""受信任的证书机构: whose certificates are taken beside the built-in authority's; looked at, compared, confirmed, removed."""

from __future__ import annotations

import base64
import binascii

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError
from app.domain.permissions import Forbidden, Hidden
from app.services import trusted_roots as service
from app.web.desk import desk
from app.web.gate import actor
from signatures.roots import Root

pages = Blueprint("trust", __name__, url_prefix="/trust")
LARGEST = 64 * 1024


@pages.get("/")
def index() -> str:
    return _page()


@pages.post("/look")
def look() -> ResponseReturnValue:
    """Step one: what the file holds, with the fingerprint to compare. Nothing is kept."""
    sent = request.files.get("file")
    content = sent.stream.read(LARGEST + 1) if sent is not None and sent.filename else b""
    try:
        if not content or len(content) > LARGEST:
            raise ContractError("root.invalid", _("请选择一张证书文件（PEM 或者 DER，不超过 64 KB）。"))
        found = service.look(actor(), desk().now(), content)
    except (Forbidden, Hidden):
        raise
    except ContractError as error:
        return _page(error.message), 422
    return _page(seen=found)


@pages.post("/")
def add() -> ResponseReturnValue:
    """Step two: it was compared."""
    try:
        content = base64.b64decode(request.form.get("certificate", ""), validate=True)
    except (binascii.Error, ValueError):
        content = b""
    confirmed = request.form.get("fingerprint", "") if request.form.get("compared") == "1" else ""
    try:
        with desk().unit_of_work() as uow:
            found = service.add_root(uow, actor(), desk().now(), content, confirmed)
    except (Forbidden, Hidden):
        raise
    except ContractError as error:
        return _again(error, content), 422
    flash(_("已信任 %(name)s 签发的证书。", name=found.subject))
    return redirect(url_for("trust.index"))


@pages.post("/<root_id>/removal")
def remove(root_id: str) -> ResponseReturnValue:
    try:
        with desk().unit_of_work() as uow:
            service.remove_root(uow, actor(), desk().now(), root_id, request.form.get("reason", ""))
    except (Forbidden, Hidden):
        raise
    except ContractError as error:
        return _page(error.message, removing=root_id), 422
    flash(_("已不再信任该机构；此后验证由其签发的签名，将提示签名人身份无法确认。"))
    return redirect(url_for("trust.index"))


def _again(error: ContractError, content: bytes) -> str:
    """The certificate that was chosen stays chosen, unless it is itself what is wrong."""
    seen = service.look(actor(), desk().now(), content) if error.code == "root.unconfirmed" else None
    return _page(error.message, seen)


def _page(problem: str = "", seen: Root | None = None, removing: str = "") -> str:
    with desk().reading() as uow:
        found = service.list_roots(uow, actor(), desk().configured_roots)
    return render_template(
        "trust/index.html", found=found, problem=problem, seen=seen, removing=removing, entered=request.form, now=desk().now(),
        encoded=base64.b64encode(seen.der).decode() if seen is not None else "",
    )  # fmt: skip


@pages.app_template_filter("in_groups")
def in_groups(fingerprint: str) -> str:
    """A fingerprint as authorities print it: pairs of capitals with colons."""
    return ":".join(fingerprint[i : i + 2] for i in range(0, len(fingerprint), 2)).upper()
