"""The versions of a contract: the list, saving one, and the documents of each."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.services.filing import load_contract
from app.services.generation import Generated
from app.services.ports import Progress
from app.services.texts import DRAFT, current_ordinal, label_of
from app.services.version_list import issue_version, prepare_version_documents, version_line, version_lines
from app.services.versions import save_version
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.documents import jobs
from app.web.gate import actor
from app.web.made_files import Made, send, stem_of

pages = Blueprint("versions", __name__, url_prefix="/contracts/<contract_id>/versions")


@pages.get("")
def index(contract_id: str) -> str:
    with desk().reading() as uow:
        lines = version_lines(uow, actor(), contract_id)
        drafting = not lines or current_ordinal(uow, actor(), contract_id) == DRAFT
    told = request.args.get("told", "")
    return contract_page("contracts/versions.html", contract_id, lines=lines, drafting=drafting, told=told)


@pages.post("")
def save(contract_id: str) -> ResponseReturnValue:
    remark = request.form.get("remark", "").strip()[:500]
    with desk().unit_of_work() as uow:
        before = len(version_lines(uow, actor(), contract_id))
        head = save_version(uow, actor(), desk().now(), desk().today(), desk().reference, contract_id, remark)
    told = "saved" if head.ordinal > before else "same"
    return redirect(url_for("versions.index", contract_id=contract_id, told=told))


@pages.get("/<int:ordinal>/documents")
def documents(contract_id: str, ordinal: int) -> str:
    """The documents of a version: what there is, or how far it is."""
    with desk().reading() as uow:
        line = version_line(uow, actor(), contract_id, ordinal)
    made = Made.of(jobs(), f"{contract_id}/{line.key}")
    return contract_page("contracts/version_documents.html", contract_id, line=line, version=line.head, made=made)


@pages.post("/<int:ordinal>/documents")
def generate(contract_id: str, ordinal: int) -> ResponseReturnValue:
    with desk().reading() as uow:
        issue = prepare_version_documents(uow, actor(), contract_id, ordinal)
    tools, moment = desk(), desk().now()

    def work(progress: Progress) -> Generated:
        progress("准备字体与渲染器")
        return issue_version(issue, tools.tools, moment, progress)

    jobs().start(f"{contract_id}/{issue.key}", work)
    return redirect(url_for("versions.documents", contract_id=contract_id, ordinal=ordinal))


@pages.get("/<int:ordinal>/documents/<name>")
def download(contract_id: str, ordinal: int, name: str) -> ResponseReturnValue:
    with desk().reading() as uow:
        line, number = version_line(uow, actor(), contract_id, ordinal), load_contract(uow, actor(), contract_id).number
    label = f"{stem_of(number)}-{label_of(ordinal)}"
    return send(jobs(), f"{contract_id}/{line.key}", name, f"{label}-附件表" if name.startswith("annexes") else label)
