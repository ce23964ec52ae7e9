"""Recording contracts that were signed before the system came in: upload, check, look, record."""

from __future__ import annotations

import io

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.services.recording import RecordingRefused, plan_recording, record_contracts
from app.services.register import RECORDED
from app.services.stage_mails import Post
from app.web.desk import desk
from app.web.gate import actor
from app.web.importing import imports
from app.web.register import XLSX

pages = Blueprint("register_import", __name__, url_prefix="/register")


@pages.get("/import")
def begin() -> str:
    return render_template("register/import.html", problem="")


@pages.get("/import/template.xlsx")
def template() -> Response:
    content, name = io.BytesIO(desk().register_template()), _("补录合同")
    return send_file(content, as_attachment=True, download_name=f"{name}.xlsx", mimetype=XLSX)


@pages.post("/import")
def upload() -> ResponseReturnValue:
    files = [(f.filename, f.stream.read()) for f in request.files.getlist("file") if f.filename]
    if not files:
        return render_template("register/import.html", problem=_("请先选择台账和签署件。")), 422
    return redirect(url_for("register_import.show", import_id=imports().start(actor(), files)))


@pages.get("/imports/<import_id>/")
def show(import_id: str) -> str:
    return _shown(import_id)


@pages.post("/imports/<import_id>/record")
def record(import_id: str) -> ResponseReturnValue:
    staged = imports().of(actor(), import_id)
    if staged.examined is None:
        return redirect(url_for("register_import.show", import_id=import_id))
    try:
        with desk().unit_of_work() as uow:
            made = record_contracts(
                uow, actor(), desk().now(), desk().today(), _post(), desk().blobs, staged.examined,
                lambda name: imports().content(actor(), import_id, name),
            )  # fmt: skip
    except RecordingRefused:
        return _shown(import_id), 422
    imports().discard(actor(), import_id)
    return redirect(url_for("register.index", form=RECORDED, sort="created", dir="down", recorded=len(made)))


@pages.post("/imports/<import_id>/discard")
def discard(import_id: str) -> ResponseReturnValue:
    imports().discard(actor(), import_id)
    return redirect(url_for("register_import.begin"))


def _post() -> Post:
    base = desk().settings.base_url
    return Post(desk().write_mail, lambda contract_id: f"{base}{url_for('contracts.show', contract_id=contract_id)}")


def _shown(import_id: str) -> str:
    staged = imports().of(actor(), import_id)
    plan = None
    if staged.examined is not None:
        with desk().reading() as uow:
            plan = plan_recording(uow, actor(), desk().today(), staged.examined)
    return render_template("register/imported.html", staged=staged, plan=plan, import_id=import_id)
