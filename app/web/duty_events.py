"""Events of a contract that begin periods: recorded, imported, taken back, their clock stopped and started."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError, InputError
from app.domain.event_table import EventRow, read_event_table
from app.domain.obligation_events import STOPS, recordable
from app.domain.priorities import LEVELS
from app.services.event_rows import Happening
from app.services.obligation_events import (
    end_state,
    import_events,
    judge_incident,
    record_event,
    start_clock,
    stop_clock,
    withdraw_event,
)
from app.services.obligation_views import duty_board
from app.web.acting import acted
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.entered import Entered
from app.web.gate import actor
from app.web.obligations import at

pages = Blueprint("duty_events", __name__, url_prefix="/contracts/<contract_id>/obligations/events")


@pages.get("/")
def show(contract_id: str) -> str:
    return page(contract_id)


def page(contract_id: str, **more: Any) -> str:
    with desk().reading() as uow:
        board = duty_board(uow, actor(), desk().now(), contract_id)
    groups = [(name, list(kinds)) for name, kinds in groupby(recordable(), key=lambda k: k.group)]
    return contract_page(
        "contracts/duty_events.html", contract_id, board=board, groups=groups, stops=STOPS, levels=LEVELS, today=desk().today(), now=desk().now(),
        **{"entered": {}, "faults": (), "problem": "", "form": "", **more},
    )  # fmt: skip


@pages.post("/")
def record(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        moment = at(form, "moment", _("时刻"), required=False)
        day = moment.date() if moment else form.day("day", _("日期"))
        form.require_sound()
        assert day is not None
        happening = Happening(
            form.text("kind", 40), day, form.text("subject", 200), moment, form.text("note", 2000), form.text("level", 2)
        )
        with desk().unit_of_work() as uow:
            made = record_event(uow, actor(), desk().now(), desk().today(), desk().almanac, contract_id, happening)
        if made.known:
            return _("这条事件此前已经记录，没有重复登记。")
        return _("已记录，由此排定义务%(n)d项。", n=made.planned.added)

    return acted(contract_id, act, page, "duty_events.show")


@pages.post("/import")
def upload(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        rows = read_upload(one_contract=True)
        with desk().unit_of_work() as uow:
            made = import_events(uow, actor(), desk().now(), desk().today(), desk().almanac, rows, contract_id)
        return told_import(made.new, made.known, made.planned)

    return acted(contract_id, act, page, "duty_events.show")


def read_upload(*, one_contract: bool) -> tuple[EventRow, ...]:
    """The rows of the file that came with the form. Raises ``InputError`` with the faults of every row, ``RefusedFile``."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise ContractError("event.none", _("请先选择一个文件。"))
    table = read_event_table(desk().read_event_list(sent.stream.read(), sent.filename), one_contract=one_contract)
    if table.faults:
        raise InputError(table.faults)
    return table.rows


def told_import(new: int, known: int, planned: int) -> str:
    return _("已导入事件%(new)d条，此前已有%(known)d条，由此排定义务%(planned)d项。", new=new, known=known, planned=planned)


@pages.post("/<event_id>/withdrawal")
def withdraw(contract_id: str, event_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            made = withdraw_event(
                uow, actor(), desk().now(), desk().almanac, contract_id, event_id, Entered().text("reason", 400)
            )
        return _("已撤回，取消未办的义务%(n)d项。", n=made.dropped)

    return acted(contract_id, act, page, "duty_events.show")


@pages.post("/<event_id>/judgement")
def judge(contract_id: str, event_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        with desk().unit_of_work() as uow:
            made = judge_incident(
                uow, actor(), desk().now(), desk().today(), desk().almanac, contract_id, event_id, at_fault=form.text("at_fault", 1),
                cause=form.text("cause", 200),
            )  # fmt: skip
        if made.raised:
            return _("认定已记录，并触发整改：%(why)s。", why="；".join(made.raised))
        return _("认定已记录。")

    return acted(contract_id, act, page, "duty_events.show")


@pages.post("/<event_id>/stop")
def stop(contract_id: str, event_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        moment = at(form, "at", _("停钟时刻"))
        form.require_sound()
        assert moment is not None
        with desk().unit_of_work() as uow:
            stop_clock(
                uow, actor(), desk().now(), desk().almanac, contract_id, event_id, ground=form.text("ground", 20), at=moment
            )
        return _("已停钟。恢复计时后重算期限。")

    return acted(contract_id, act, page, "duty_events.show")


@pages.post("/<event_id>/start")
def start(contract_id: str, event_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        moment = at(form, "at", _("恢复时刻"))
        form.require_sound()
        assert moment is not None
        with desk().unit_of_work() as uow:
            start_clock(uow, actor(), desk().now(), desk().almanac, contract_id, event_id, at=moment)
        return _("已恢复计时，期限已经重算。")

    return acted(contract_id, act, page, "duty_events.show")


@pages.post("/<event_id>/end")
def end(contract_id: str, event_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        moment = at(form, "at", _("解除时刻"))
        form.require_sound()
        assert moment is not None
        with desk().unit_of_work() as uow:
            end_state(uow, actor(), desk().now(), desk().almanac, contract_id, event_id, at=moment)
        return _("已记录状态解除。")

    return acted(contract_id, act, page, "duty_events.show")
