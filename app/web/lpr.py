"""The register of the LPR: what was published, entered month by month, put right or taken out with a reason."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError, InputError, InputFault
from app.services.lending_rate import drop_quote, read_register, set_quote
from app.web.desk import desk
from app.web.entered import Entered
from app.web.gate import actor

pages = Blueprint("lpr", __name__, url_prefix="/reminders/lpr")


@pages.get("/")
def show() -> str:
    return _page()


def _page(**more: Any) -> str:
    with desk().reading() as uow:
        found = read_register(uow, actor(), desk().today(), desk().calendar)
    shown = {"faults": (), "problem": "", "entered": {}, "form": "", **more}
    return render_template("reminders/lpr.html", found=found, today=desk().today(), **shown)


@pages.post("/")
def enter() -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        published, until = form.day("published_on", _("公布日")), form.day("until", _("核至"), required=False)
        one, five = form.figure("one_year", _("一年期 LPR")), form.figure("five_year", _("五年期以上 LPR"))
        if one is None and not form.text("one_year", 20):
            form.faults.append(InputFault("one_year", _("一年期 LPR"), _("未填写")))
        form.require_sound()
        assert published is not None
        assert one is not None
        with desk().unit_of_work() as uow:
            set_quote(
                uow, actor(), desk().now(), desk().today(), desk().calendar, published_on=published, one_year=one, five_year=five,
                until=until, source=form.text("source", 400), reason=form.text("reason", 400),
            )  # fmt: skip
        return _("%(day)s公布的 LPR 已登记。", day=published.isoformat())

    return _acted(act)


@pages.post("/<day>/removal")
def drop(day: str) -> ResponseReturnValue:
    def act() -> str:
        try:
            published = date.fromisoformat(day)
        except ValueError:
            abort(404)
        with desk().unit_of_work() as uow:
            drop_quote(uow, actor(), desk().now(), desk().today(), desk().calendar, published, Entered().text("reason", 400))
        return _("登记已删除。")

    return _acted(act)


def _acted(act: Any) -> ResponseReturnValue:
    try:
        told = act()
    except InputError as error:
        return _page(faults=error.faults, entered=request.form, form=request.form.get("form", "")), 422
    except ContractError as error:
        if error.code == "lpr.missing":
            return _page(problem=error.message), 422
        raise
    flash(told)
    return redirect(f"{url_for('lpr.show')}#told")
