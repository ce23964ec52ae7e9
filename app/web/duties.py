"""履行 over all contracts: list with filters, export, and the import of events."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError, InputError
from app.domain.event_table import HEADS
from app.domain.obligation_events import recordable
from app.domain.permissions import Forbidden
from app.services.obligation_events import import_events
from app.services.obligation_handover import MOST
from app.services.obligation_views import PAGE, duties_of_all, ids_of_all
from app.services.record import ContractMissing
from app.web import obligation_words as words
from app.web.desk import desk
from app.web.duty_events import read_upload, told_import
from app.web.gate import actor
from app.web.obligations import exported, handed_over
from app.web.register import XLSX

pages = Blueprint("duties", __name__, url_prefix="/obligations")


@pages.get("/")
def index() -> str:
    return _page()


def _page(**more: Any) -> str:
    asked = words.asked(desk().today())
    offset = request.args.get("offset", "0")
    start = int(offset) if offset.isdecimal() and len(offset) < 7 else 0
    with desk().reading() as uow:
        found = duties_of_all(uow, actor(), desk().now(), asked.wanted, start)
    return render_template(
        "obligations/index.html", found=found, asked=asked, months=words.by_month(found.lines), choices=words.CHOICES, size=PAGE,
        today=desk().today(), **{"entered": {}, "faults": asked.faults, "problem": "", "form": "", **more},
    )  # fmt: skip


@pages.post("/responsible")
def hand_over_many() -> ResponseReturnValue:
    """Who is responsible for many obligations of several contracts."""

    def filtered() -> list[str]:
        with desk().reading() as uow:
            return ids_of_all(uow, actor(), desk().now(), words.asked(desk().today()).wanted, MOST + 1)

    try:
        flash(handed_over(filtered))
    except (Forbidden, ContractMissing):
        raise
    except ContractError as error:
        faults = error.faults if isinstance(error, InputError) else ()
        return _page(faults=faults, problem="" if faults else error.message, entered=request.form, form="handover"), 422
    kept: dict[str, Any] = {**words.query()}
    return redirect(url_for("duties.index", **kept) + "#told")


@pages.get("/export.<kind>")
def export(kind: str) -> Response:
    return exported(kind)


@pages.get("/events")
def events() -> str:
    return render_template("obligations/events.html", faults=(), problem="", kinds=recordable())


@pages.post("/events")
def upload() -> ResponseReturnValue:
    try:
        rows = read_upload(one_contract=False)
        with desk().unit_of_work() as uow:
            made = import_events(uow, actor(), desk().now(), desk().today(), desk().almanac, rows)
    except Forbidden:
        raise
    except ContractError as error:
        faults = error.faults if isinstance(error, InputError) else ()
        problem = "" if faults else error.message
        return render_template("obligations/events.html", faults=faults, problem=problem, kinds=recordable()), 422
    flash(told_import(made.new, made.known, made.planned))
    return redirect(url_for("duties.index"))


@pages.get("/events/template.xlsx")
def template() -> Response:
    """An empty table; its second sheet names every event."""
    known = [(k.label, f"{k.group}；{k.subject}{'；填计划日' if k.planned else ''}") for k in recordable()]
    content = desk().write_register(HEADS, (20, 26, 14, 10, 24, 40, 10), [], known, title="履行事件")
    name = _("履行事件")
    return send_file(io.BytesIO(content), as_attachment=True, download_name=f"{name}.xlsx", mimetype=XLSX)
