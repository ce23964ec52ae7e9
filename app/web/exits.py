"""The exit of a contract that has ended: its checklist with days, evidence, what goes on binding, and the archive."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.exit_plan import TaskKey
from app.services.exiting import archive as archive_contract
from app.services.exiting import exit_desk, finish_task, reopen_task
from app.services.filing import DocumentKind, attach_document
from app.services.record import ContractMissing
from app.web.acting import acted
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.entered import Entered
from app.web.gate import actor

pages = Blueprint("exits", __name__, url_prefix="/contracts/<contract_id>/exit")


@pages.get("/")
def show(contract_id: str) -> str:
    return page(contract_id)


def page(contract_id: str, **more: Any) -> str:
    try:
        with desk().reading() as uow:
            found = exit_desk(uow, actor(), desk().today(), desk().calendar, contract_id)
    except ContractMissing:
        raise
    except ContractError as error:
        return contract_page("contracts/term_unknown.html", contract_id, why=error.message)
    return contract_page(
        "contracts/exit.html", contract_id, found=found, today=desk().today(),
        **{"entered": {}, "faults": (), "problem": "", "form": "", **more},
    )  # fmt: skip


@pages.post("/<exit_id>/tasks/<key>")
def finish(contract_id: str, exit_id: str, key: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        done_on, task, waived = form.day("done_on", _("完成日")), _task(key), form.flag("waived")
        form.require_sound()
        assert done_on is not None
        document_id = _uploaded(contract_id) or form.text("document_id", 32)
        with desk().unit_of_work() as uow:
            finish_task(
                uow, actor(), desk().now(), desk().today(), desk().calendar, contract_id, exit_id, _seen(form), task, done_on=done_on,
                evidence=form.text("evidence"), document_id=document_id, waived=waived,
            )  # fmt: skip
        return _("已记录不再办理。") if waived else _("已记录完成。")

    return acted(contract_id, act, page, "exits.show")


@pages.post("/<exit_id>/tasks/<key>/reopening")
def reopen(contract_id: str, exit_id: str, key: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        with desk().unit_of_work() as uow:
            reopen_task(
                uow, actor(), desk().now(), desk().calendar, contract_id, exit_id, _seen(form), _task(key), form.text("reason")
            )
        return _("该任务已重新打开。")

    return acted(contract_id, act, page, "exits.show")


@pages.post("/archive")
def archive(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            archive_contract(uow, actor(), desk().now(), desk().calendar, contract_id, _seen(Entered()))
        return _("合同已归档。")

    return acted(contract_id, act, page, "exits.show")


def _uploaded(contract_id: str) -> str:
    """A file sent with the form goes into the record first; it stays there even where the task is then refused."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return ""
    with desk().unit_of_work() as uow:
        added = attach_document(
            uow, actor(), desk().now(), desk().blobs, contract_id, kind=DocumentKind.EVIDENCE, name=upload.filename,
            media_type=upload.mimetype, content=upload.stream.read(),
        )  # fmt: skip
    return added.id


def _task(key: str) -> TaskKey:
    found = next((k for k in TaskKey if k.value == key), None)
    if found is None:
        raise InputError([InputFault("key", _("任务"), _("没有这项任务"))])
    return found


def _seen(form: Entered) -> int:
    return form.whole("revision", _("版本"), most=10**9) or 0
