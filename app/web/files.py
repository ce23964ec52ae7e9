"""The files of a contract: the list, putting one in, and getting one back exactly as it was put in."""

from __future__ import annotations

import io

from flask import Blueprint, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.domain.errors import ContractError
from app.domain.permissions import Forbidden
from app.services import documents as service
from app.services.filing import DocumentKind, DocumentView
from app.services.record import ContractMissing
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("files", __name__, url_prefix="/contracts/<contract_id>/documents")


@pages.app_template_global()
def kind_name(kind: DocumentKind) -> str:
    names = {
        DocumentKind.GENERATED: _("生成的文件"),
        DocumentKind.SIGNED: _("签署件"),
        DocumentKind.EVIDENCE: _("证据"),
        DocumentKind.CORRESPONDENCE: _("往来函件"),
        DocumentKind.LICENCE: _("证照"),
        DocumentKind.OTHER: _("其他"),
    }
    return str(names[kind])


@pages.get("/")
def index(contract_id: str) -> str:
    return _page(contract_id, told=request.args.get("told", ""))


@pages.post("/")
def upload(contract_id: str) -> ResponseReturnValue:
    sent = request.files.get("file")
    kind = next((k for k in service.BY_HAND if k.value == request.form.get("kind")), DocumentKind.OTHER)
    try:
        put_in(contract_id, sent, kind, request.form.get("remark", ""))
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return _page(contract_id, problem=error.message, remark=request.form.get("remark", ""), kind=kind), 422
    return redirect(url_for("files.index", contract_id=contract_id, told="added"))


@pages.get("/<document_id>")
def download(contract_id: str, document_id: str) -> ResponseReturnValue:
    try:
        with desk().reading() as uow:
            view, content = service.open_document(uow, actor(), desk().blobs, contract_id, document_id)
    except service.DocumentDamaged as error:
        with desk().unit_of_work() as uow:
            service.record_check(uow, desk().now(), error.sha256, error.fault, desk().write_mail)
        return _page(contract_id, problem=error.message), 500
    # Never shown inside our own pages: what a file contains is not ours.
    answer = send_file(
        io.BytesIO(content), mimetype=view.media_type, as_attachment=True, download_name=view.name, etag=view.sha256
    )
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def put_in(contract_id: str, sent: FileStorage | None, kind: DocumentKind, remark: str, paper_id: str = "") -> DocumentView:
    """A file that came with a form; of a paper where it belongs to one. Raises ``ContractError`` where there is none or it is not taken."""
    if sent is None or not sent.filename:
        raise ContractError("document.none", _("请先选择一个文件。"))
    with desk().unit_of_work() as uow:
        return service.file_document(
            uow, actor(), desk().now(), desk().blobs, desk().inspect_file, contract_id,
            kind=kind, name=sent.filename, content=sent.stream.read(), remark=remark, paper_id=paper_id,
        )  # fmt: skip


def _page(
    contract_id: str, problem: str = "", told: str = "", remark: str = "", kind: DocumentKind = DocumentKind.EVIDENCE
) -> str:
    with desk().reading() as uow:
        lines = service.list_documents(uow, actor(), contract_id)
    return contract_page(
        "contracts/documents.html", contract_id, lines=lines, kinds=service.BY_HAND, problem=problem, told=told, remark=remark, kind=kind,
    )  # fmt: skip
