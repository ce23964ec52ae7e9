"""A file that is signed elsewhere with the party's own certificate: the signatory's page for it, and the one of whoever leads the signing."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError
from app.domain.execution import Mark
from app.domain.permissions import Forbidden
from app.services import signing_access as doors
from app.services import signing_ceremony as ceremony_service
from app.services import signing_elsewhere as service
from app.services.ports import OutsideSignature
from app.services.record import ContractMissing
from app.services.trusted_roots import names_of_roots
from app.web.bounded import Bound, TooMany
from app.web.ceremony import gone, not_entered, secret_of, step_of
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.gate import actor, client
from app.web.made_files import stem_of
from app.web.verification import BOUND

ceremony_pages = Blueprint("ceremony_elsewhere", __name__, url_prefix="/sign/<token>/elsewhere")
ceremony_pages.register_error_handler(doors.LinkGone, gone)
ceremony_pages.register_error_handler(doors.NotEntered, not_entered)
pages = Blueprint("elsewhere", __name__, url_prefix="/contracts/<contract_id>/signing/elsewhere")
TWICE, MOVED = "execution.twice", "import.outdated"


# ---- the signatory


@ceremony_pages.get("/")
def show(token: str) -> ResponseReturnValue:
    return _ceremony_page(token)


@ceremony_pages.post("/")
def upload(token: str) -> ResponseReturnValue:
    try:
        _bounded(lambda content: service.sign_elsewhere(desk().elsewhere_kit, client(), token, secret_of(token), content))
    except (doors.LinkGone, doors.NotEntered):
        raise
    except ContractError as error:
        if error.code != TWICE:  # a second press: it is signed
            return _ceremony_page(token, error, _status(error))
    return redirect(url_for("ceremony.show", token=token))


def _ceremony_page(token: str, error: ContractError | None = None, status: int = 200) -> ResponseReturnValue:
    now = desk().now()
    with desk().reading() as uow:
        found = doors.entered(uow, now, token, secret_of(token))
        if step_of(found) != "hand" or not service.may_sign_elsewhere(uow, found.contract, found.row, found.place):
            return redirect(url_for("ceremony.show", token=token))
        at = ceremony_service.bench(uow, now, token, secret_of(token))
        body = render_template(
            "sign/elsewhere.html", token=token, problem=error.message if error else "", visit=found, contract=found.contract, row=found.row,
            moved=error is not None and error.code == MOVED, place=found.place, at=at, seal=found.place.mark is Mark.SEAL,
            entered=request.form, roots=names_of_roots(uow, desk().configured_roots),
        )  # fmt: skip
    return body, status


# ---- whoever leads the signing


@pages.get("/")
def index(contract_id: str) -> str:
    return _page(contract_id)


@pages.get("/file")
def file(contract_id: str) -> ResponseReturnValue:
    try:
        name, content = service.file_to_sign(desk().elsewhere_kit, actor(), contract_id)
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return _page(contract_id, error.message), 422
    answer = send_file(
        io.BytesIO(content),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=f"{stem_of(name.removesuffix('.pdf'))}.pdf",
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@pages.post("/")
def accept(contract_id: str) -> ResponseReturnValue:
    place = request.form.get("place", "")[:64]
    try:
        done, found = _bounded(
            lambda content: service.accept_elsewhere(desk().elsewhere_kit, actor(), contract_id, place, content)
        )
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return _page(contract_id, error.message, place, moved=error.code == MOVED), _status(error)
    flash(_("已接受 %(name)s 的签名，证书由 %(issuer)s 签发。", name=found.name, issuer=found.issuer))
    for remark in found.notes:
        flash(remark)
    if done:
        flash(_("全部签署人均已完成。"))
    return redirect(url_for("signing.show", contract_id=contract_id))


def _page(contract_id: str, problem: str = "", place: str = "", *, moved: bool = False) -> str:
    with desk().reading() as uow:
        places = service.places_elsewhere(uow, actor(), contract_id)
        roots = names_of_roots(uow, desk().configured_roots)
    return contract_page(
        "contracts/elsewhere.html", contract_id, places=places, roots=roots, problem=problem, chosen=place, moved=moved
    )


# ---- both


def _bounded(work: Callable[[bytes], tuple[bool, OutsideSignature]]) -> tuple[bool, OutsideSignature]:
    """Do it with the file that came, if it is this caller's turn. Raises ``TooMany``, ``import.none``."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise ContractError("import.none", _("请先选择一个文件。"))
    with cast(Bound, current_app.extensions[BOUND]).admitted(request.remote_addr or "", desk().now()):
        return work(sent.stream.read())


def _status(error: ContractError) -> int:
    if isinstance(error, TooMany):
        return 429 if error.often else 503
    return 409 if error.code == MOVED else 422
