"""The register of seals: the list with what waits for the reader, one seal with its offices, image, states and uses."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import Any, TypeVar

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.permissions import Action, Forbidden, Hidden, may
from app.domain.seal_register import SealKind, SealLook, SealMove, SealOffice, SealState, UseMedium
from app.services import sealing as service
from app.services.reading_log import history_of
from app.services.seal_use import my_tasks, uses_of
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("seals", __name__, url_prefix="/seals")
HISTORY = 12
E = TypeVar("E", bound=Enum)
_TONES = {
    SealState.MAKING: "note", SealState.ACTIVE: "good", SealState.SUSPENDED: "warn", SealState.SURRENDERED: "plain", SealState.DESTROYED: "bad",
}  # fmt: skip


@pages.app_template_global()
def seal_kind_name(kind: SealKind) -> str:
    names = {
        SealKind.OFFICIAL: _("公章"),
        SealKind.CONTRACT: _("合同专用章"),
        SealKind.FINANCE: _("财务专用章"),
        SealKind.REPRESENTATIVE: _("法定代表人章"),
    }
    return str(names[kind])


@pages.app_template_global()
def seal_state_name(state: SealState) -> str:
    names = {
        SealState.MAKING: _("制作中"),
        SealState.ACTIVE: pgettext("state of a seal", "启用"),
        SealState.SUSPENDED: _("停用"),
        SealState.SURRENDERED: _("收缴"),
        SealState.DESTROYED: _("销毁"),
    }
    return str(names[state])


@pages.app_template_global()
def seal_state_tone(state: SealState) -> str:
    return _TONES[state]


@pages.app_template_global()
def seal_move_name(move: SealMove) -> str:
    names = {
        SealMove.ENABLE: pgettext("seal", "启用"),
        SealMove.SUSPEND: pgettext("seal", "停用"),
        SealMove.SURRENDER: pgettext("seal", "收缴"),
        SealMove.DESTROY: pgettext("seal", "销毁"),
    }
    return str(names[move])


@pages.app_template_global()
def seal_office_name(office: SealOffice) -> str:
    names = {SealOffice.KEEPER: _("保管人"), SealOffice.APPROVER: _("审批人"), SealOffice.USER: _("使用人")}
    return str(names[office])


@pages.app_template_global()
def seal_look_name(look: SealLook) -> str:
    names = {SealLook.IMAGE: _("上传的印章图样"), SealLook.DRAWN: _("系统绘制的电子签章"), SealLook.NONE: _("仅用于纸质文件")}
    return str(names[look])


@pages.app_template_global()
def seal_medium_name(medium: UseMedium) -> str:
    return str({UseMedium.PAPER: _("纸质用印"), UseMedium.ELECTRONIC: _("电子签章")}[medium])


@pages.get("/")
def index() -> str:
    with desk().reading() as uow:
        seals = service.list_seals(uow, actor(), desk().today())
        tasks = my_tasks(uow, actor(), desk().today())
    return render_template(
        "seals/index.html", seals=seals, tasks=tasks, states=SealState, offices=SealOffice, today=desk().today()
    )


@pages.get("/new")
def new() -> str:
    return _form({})


@pages.post("/")
def create() -> ResponseReturnValue:
    form = request.form
    try:
        details = service.SealDetails(
            form.get("organisation", ""), _chosen(SealKind, "kind", SealKind.OFFICIAL), form.get("name", ""),
            _chosen(SealLook, "look", SealLook.IMAGE), _number(form.get("size", "")), form.get("code", ""), form.get("owner", ""),
        )  # fmt: skip
        with desk().unit_of_work() as uow:
            made = service.register_seal(uow, actor(), desk().now(), details)
    except InputError as error:
        return _form(form, error.faults), 422
    flash(_("已登记。请指定保管人和审批人。"))
    return redirect(url_for("seals.show", seal_id=made))


@pages.get("/<seal_id>/")
def show(seal_id: str) -> str:
    return _seal(seal_id)


@pages.post("/<seal_id>/offices")
def appoint(seal_id: str) -> ResponseReturnValue:
    form, sent = request.form, request.files.get("file")

    def act() -> str:
        office = _chosen(SealOffice, "office", SealOffice.USER)
        with desk().unit_of_work() as uow:
            service.appoint(
                uow, actor(), desk().now(), desk().today(), desk().blobs, desk().inspect_file, seal_id, person=form.get("person", ""),
                office=office, number=form.get("number", ""), valid_from=_day("valid_from"), valid_until=_day("valid_until"),
                file_name=sent.filename or "" if sent else "", content=sent.stream.read() if sent and sent.filename else b"",
            )  # fmt: skip
        return str(_("授权已登记。"))

    return _acted(seal_id, act, "appoint")


@pages.post("/<seal_id>/offices/<grant_id>/end")
def dismiss(seal_id: str, grant_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            service.dismiss(uow, actor(), desk().now(), desk().today(), grant_id, request.form.get("reason", ""))
        return str(_("授权已收回。"))

    return _acted(seal_id, act, f"end-{grant_id}")


@pages.get("/<seal_id>/offices/<grant_id>/document")
def authority(seal_id: str, grant_id: str) -> ResponseReturnValue:
    with desk().reading() as uow:
        name, media_type, content = service.open_authority(uow, actor(), desk().blobs, seal_id, grant_id)
    return send_file(io.BytesIO(content), mimetype=media_type, as_attachment=True, download_name=name)


@pages.post("/<seal_id>/image")
def put_image(seal_id: str) -> ResponseReturnValue:
    sent = request.files.get("file")

    def act() -> str:
        if sent is None or not sent.filename:
            raise ContractError("seal.image", _("请先选择一个图像文件。"))
        with desk().unit_of_work() as uow:
            notes = service.put_image(
                uow, actor(), desk().now(), desk().today(), desk().blobs, desk().vault, desk().seal_studio, seal_id,
                content=sent.stream.read(), width_mm=_number(request.form.get("width", "")),
                confirmed=request.form.get("confirmed") == "1",
            )  # fmt: skip
        return "\n".join((_("图样已存入，请核对下面的样子。"), *notes))

    return _acted(seal_id, act, "image")


@pages.get("/<seal_id>/specimen")
def specimen(seal_id: str) -> ResponseReturnValue:
    with desk().reading() as uow:
        media_type, content = service.open_preview(uow, actor(), desk().blobs, desk().seal_studio, seal_id)
    answer = send_file(io.BytesIO(content), mimetype=media_type, download_name="specimen")
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@pages.post("/<seal_id>/state")
def move(seal_id: str) -> ResponseReturnValue:
    def act() -> str:
        wanted = next((m for m in SealMove if m.value == request.form.get("move")), None)
        if wanted is None:
            raise ContractError("seal.move", _("请选择要办理的事项。"))
        with desk().unit_of_work() as uow:
            after = service.move_seal(
                uow, actor(), desk().now(), desk().today(), seal_id, wanted, request.form.get("reason", "")[:1000]
            )
        return str(_("印章现为“%(state)s”。", state=seal_state_name(after)))

    return _acted(seal_id, act, "state")


# ---- shared


def _acted(seal_id: str, act: Callable[[], str], form: str) -> ResponseReturnValue:
    """Do it and go on, or show the same page with every fault and what was entered."""
    try:
        told = act()
    except (service.SealMissing, Forbidden, Hidden):
        raise
    except InputError as error:
        return _seal(seal_id, faults=error.faults, form=form), 422
    except ContractError as error:
        return _seal(seal_id, problem=error.message, form=form), 422
    flash(told)
    return redirect(url_for("seals.show", seal_id=seal_id))


def _seal(seal_id: str, problem: str = "", faults: tuple[InputFault, ...] = (), form: str = "") -> str:
    with desk().reading() as uow:
        found = service.load_seal(uow, actor(), desk().today(), seal_id)
        uses = uses_of(uow, actor(), seal_id)
        history = history_of(uow, actor(), Action.READ_SEALS, seal_id, HISTORY)
        people = service.people_to_appoint(uow, actor()) if may(actor(), Action.KEEP_SEALS) else ()
    return render_template(
        "seals/seal.html", seal=found, uses=uses, history=history, people=people, offices=SealOffice, moves=SealMove, states=SealState,
        looks=SealLook, confirmation=service.CONFIRMATION, problem=problem, faults=faults, form=form, entered=request.form,
        today=desk().today(), media=UseMedium,
    )  # fmt: skip


def _form(entered: Any, faults: tuple[InputFault, ...] = ()) -> str:
    with desk().reading() as uow:
        own = service.own_organisations(uow, actor())
    return render_template("seals/new.html", entered=entered, faults=faults, own=own, kinds=SealKind, looks=SealLook)


def _chosen(kind: type[E], name: str, otherwise: E) -> E:
    return next((member for member in kind if member.value == request.form.get(name)), otherwise)


def _number(text: str) -> float:
    """Millimetres; what is no number is out of every range."""
    try:
        value = float(text.strip().replace("，", ".").replace(",", "."))
    except ValueError:
        return 0.0
    return value if 0 <= value < 1000 else 0.0


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, "").strip())
    except ValueError:
        raise InputError([InputFault(name, _("授权期限"), _("请填写起始日和终止日"), "2027-12-31")]) from None
