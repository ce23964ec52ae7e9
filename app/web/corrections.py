"""Corrections of settled periods: proposed from the form of a month or for changed terms, shown with both computations, decided."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.services.correcting import (
    CAUSES,
    STATES,
    accept_correction,
    correct_for_terms,
    correct_month,
    corrections,
    refuse_correction,
)
from app.services.settlement_views import terms_labels
from app.web.desk import desk
from app.web.gate import actor
from app.web.settlement_months import entered_figures, month_acting, month_of
from app.web.settlements import Money, acting, page_of

pages = Blueprint("corrections", __name__, url_prefix="/contracts/<contract_id>/settlements/corrections")


@pages.get("")
def show(contract_id: str) -> str:
    return _page(contract_id)


def _page(contract_id: str, **more: Any) -> str:
    def read() -> dict[str, Any]:
        with desk().reading() as uow:
            return {
                "found": corrections(uow, actor(), contract_id), "labels": terms_labels(uow, actor(), contract_id), "states": STATES,
                "causes": CAUSES,
            }  # fmt: skip

    return page_of("contracts/corrections.html", contract_id, read, **more)


@pages.post("/months/<month>")
def from_figures(contract_id: str, month: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        figures = entered_figures(form, month_of(month))
        form.require_sound()
        with desk().unit_of_work() as uow:
            correct_month(uow, actor(), desk().now(), contract_id, figures, form.text("words", 400))
        return _("更正建议已提出，请双方核对后决定。")

    return month_acting(contract_id, month, act, lambda: url_for("corrections.show", contract_id=contract_id))


@pages.post("/terms/<settlement_id>")
def from_terms(contract_id: str, settlement_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            correct_for_terms(uow, actor(), desk().now(), contract_id, settlement_id, Money().text("reason", 400))
        return _("更正建议已提出，请双方核对后决定。")

    return _acting(contract_id, act)


@pages.post("/<correction_id>/acceptance")
def accept(contract_id: str, correction_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        with desk().unit_of_work() as uow:
            follows = accept_correction(
                uow, actor(), desk().now(), desk().today(), contract_id, correction_id, _seen(form), form.text("evidence", 400)
            )
        if follows:
            return _("更正已接受。以后的结算单因此也有差额，已提出%(numbers)s，请一并决定。", numbers="、".join(follows))
        return _("更正已接受，将列入下一份结算单。")

    return _acting(contract_id, act)


@pages.post("/<correction_id>/refusal")
def refuse(contract_id: str, correction_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        with desk().unit_of_work() as uow:
            refuse_correction(
                uow, actor(), desk().now(), desk().today(), contract_id, correction_id, _seen(form), form.text("reason", 400)
            )
        return _("已记录不采纳的理由。")

    return _acting(contract_id, act)


def _acting(contract_id: str, act: Any) -> ResponseReturnValue:
    return acting(lambda: url_for("corrections.show", contract_id=contract_id), lambda **more: _page(contract_id, **more), act)


def _seen(form: Money) -> int:
    return form.whole("revision", _("版本"), most=10**9) or 0
