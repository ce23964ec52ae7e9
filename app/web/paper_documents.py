"""Papers and consolidated copies as files: made in the background, taken away, and of a frozen paper put into the record."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.digest import digest
from app.domain.errors import ContractError
from app.services.generation import Generated
from app.services.paper_desk import PaperLine, paper_line, shown_paper
from app.services.paper_files import PaperFiles, file_paper, files_of, make_files
from app.services.ports import Progress
from app.web.acting import acted
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.documents import jobs
from app.web.gate import actor
from app.web.made_files import Made, send

pages = Blueprint("paper_documents", __name__, url_prefix="/contracts/<contract_id>/papers/<paper_id>/documents")


def labels_of(files: Mapping[str, int]) -> dict[str, str]:
    """What each file of a finished set is called on the page."""
    words = {"docx": _("Word 文档"), "pdf": _("PDF"), "html": _("网页"), "json": _("机器可读文本"), "txt": _("规范文本")}
    return {name: str(words.get(name.rpartition(".")[2], name)) for name in files}


@pages.get("")
def show(contract_id: str, paper_id: str) -> str:
    return _page(contract_id, paper_id=paper_id)


def _page(contract_id: str, *, paper_id: str, **more: object) -> str:
    line, wanted = _wanted(contract_id, paper_id)
    made = Made.of(jobs(), _key(contract_id, paper_id, wanted))
    labels = labels_of(made.finished.files) if made.finished else {}
    return contract_page(
        "contracts/paper_files.html", contract_id, line=line, made=made, labels=labels, final=wanted.final,
        **{"problem": "", "faults": (), **more},
    )  # fmt: skip


@pages.post("")
def generate(contract_id: str, paper_id: str) -> ResponseReturnValue:
    _line, wanted = _wanted(contract_id, paper_id)
    start(_key(contract_id, paper_id, wanted), wanted)
    return redirect(url_for("paper_documents.show", contract_id=contract_id, paper_id=paper_id))


def start(key: str, wanted: PaperFiles) -> None:
    """Begin to make the files in the background."""
    tools, moment = desk(), desk().now()

    def work(progress: Progress) -> Generated:
        return make_files(wanted, lambda: tools.tools, moment, progress)

    jobs().start(key, work, bundle="")


@pages.get("/<name>")
def download(contract_id: str, paper_id: str, name: str) -> ResponseReturnValue:
    _line, wanted = _wanted(contract_id, paper_id)
    return send(jobs(), _key(contract_id, paper_id, wanted), name, name.rpartition(".")[0])


@pages.post("/record")
def keep(contract_id: str, paper_id: str) -> ResponseReturnValue:
    """Put the finished files of a frozen paper into the contract's record."""

    def act() -> str:
        _line, wanted = _wanted(contract_id, paper_id)
        key = _key(contract_id, paper_id, wanted)
        finished, folder = jobs().finished(key), jobs().folder(key)
        if finished is None or folder is None:
            raise ContractError("document.none", _("请先生成文件。"))
        files = {name: (folder / name).read_bytes() for name in finished.files}
        with desk().unit_of_work() as uow:
            filed = file_paper(uow, actor(), desk().now(), desk().blobs, paper_id, files, finished.digest)
        return _("已归入合同的文件：%(count)d 个。", count=len(filed)) if filed else _("这些文件已在合同的文件中。")

    return acted(contract_id, act, _page, "paper_documents.show", {"paper_id": paper_id}, paper_id=paper_id)


def _wanted(contract_id: str, paper_id: str) -> tuple[PaperLine, PaperFiles]:
    with desk().reading() as uow:
        line = paper_line(uow, actor(), contract_id, paper_id)
        return line, files_of(shown_paper(uow, actor(), desk().papers, paper_id, desk().today()))


def _key(contract_id: str, paper_id: str, wanted: PaperFiles) -> str:
    return f"{contract_id}/p{paper_id}-c{digest(wanted.instrument)[:16]}-{'final' if wanted.final else 'draft'}"
