"""结算 of a contract: its months, settlements, payments, plan and budget; and what is due over all contracts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.permissions import Forbidden
from app.domain.presentation import money_digits
from app.services.billing import NewPayment, draft_dunning, record_payment, reverse_payment, set_budget
from app.services.correcting import CorrectionMissing, corrections
from app.services.correction_replay import PROPOSED
from app.services.matching import PaymentMissing, unmatched
from app.services.record import ContractMissing
from app.services.service_levels import open_failure_case
from app.services.settlement_views import money_desk, overview, payment_plan
from app.services.settling import SettlementMissing, draw_up
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.entered import Entered
from app.web.gate import actor

pages = Blueprint("settlements", __name__, url_prefix="/contracts/<contract_id>/settlements")
money_pages = Blueprint("money", __name__, url_prefix="/settlements")
MISSING = (ContractMissing, SettlementMissing, PaymentMissing, CorrectionMissing)
NOTHING: dict[str, Any] = {"entered": {}, "faults": (), "problem": "", "form": ""}
MONTH_STATES = {"": "plain", "submitted": "note", "objected": "warn", "confirmed": "good"}
STATES = {"open": "note", "confirmed": "good", "void": "bad"}


@pages.app_template_filter("yuan")
def yuan(amount: Decimal | None) -> str:
    return "—" if amount is None else money_digits(amount)


@pages.app_template_filter("plain_number")
def plain_number(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")


@pages.app_template_global()
def month_name(month: date) -> str:
    return str(_("%(year)d年%(month)d月", year=month.year, month=month.month))


@pages.app_template_global()
def month_state(state: str) -> str:
    names = {"": _("未录入"), "submitted": _("待审核"), "objected": _("有异议"), "confirmed": _("已确认")}
    return str(names[state])


@pages.app_template_global()
def settlement_state(state: str) -> str:
    return str({"open": _("待确认"), "confirmed": _("已确认"), "void": _("已作废")}[state])


@pages.app_template_global()
def tone_of(state: str) -> str:
    return STATES.get(state) or MONTH_STATES.get(state, "plain")


@pages.app_template_global()
def score_tone(score: Decimal | None, *, failed: bool = False) -> str:
    """The colour of a score: red where it counts as failed, amber below ninety."""
    return "plain" if score is None else "bad" if failed else "good" if score >= 90 else "warn"


class Money(Entered):
    """A form whose figures may be written with thousands separators."""

    def amount(self, name: str, label: str, *, required: bool = True) -> Decimal:
        raw = self.text(name, 30).replace(",", "").replace("，", "")
        if not raw and not required:
            return Decimal(0)
        try:
            value = Decimal(raw) if raw else Decimal("NaN")
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            self.faults.append(InputFault(name, label, _("应为数字") if raw else _("未填写")))
            return Decimal(0)
        return value

    def date(self, name: str, label: str) -> date:
        """A day that must be there; the first of the calendar stands in for one that is a fault already."""
        return self.day(name, label) or date.min


def acting(target: Callable[[], str], again: Callable[..., str], act: Callable[[], str]) -> ResponseReturnValue:
    """Do it and go on to ``target``; what is refused shows the page again with every fault and what was entered."""
    try:
        told = act()
    except (*MISSING, Forbidden):
        raise
    except InputError as error:
        return again(faults=error.faults, entered=request.form, form=request.form.get("form", "")), 422
    except ContractError as error:
        return again(problem=error.message, entered=request.form, form=request.form.get("form", "")), 422
    flash(told)
    return redirect(f"{target()}#told")


def page_of(template: str, contract_id: str, read: Callable[[], dict[str, Any]], **more: Any) -> str:
    """A page of settlement, or why the contract has none."""
    try:
        values = read()
    except MISSING:
        raise
    except ContractError as error:
        return contract_page("contracts/settlements_unknown.html", contract_id, why=error.message, **NOTHING)
    return contract_page(template, contract_id, **values, **{**NOTHING, **more})


@pages.get("/")
def show(contract_id: str) -> str:
    return _overview(contract_id)


def _overview(contract_id: str, **more: Any) -> str:
    def read() -> dict[str, Any]:
        with desk().reading() as uow:
            waiting = [c for c in corrections(uow, actor(), contract_id) if c.state == PROPOSED]
            return {
                "found": overview(uow, actor(), desk().today(), contract_id), "today": desk().today(), "undecided": len(waiting),
            }  # fmt: skip

    return page_of("contracts/settlements.html", contract_id, read, **more)


@pages.post("/")
def draw(contract_id: str) -> ResponseReturnValue:
    made = ""

    def act() -> str:
        nonlocal made
        form = Entered()
        start = form.day("start", _("结算周期"))
        form.require_sound()
        assert start is not None
        with desk().unit_of_work() as uow:
            made = draw_up(uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, start)
        return _("结算单已编制，文书已填好，请核对后定稿。")

    return acting(
        lambda: url_for("settlement_sheets.show", contract_id=contract_id, settlement_id=made),
        lambda **more: _overview(contract_id, **more), act,
    )  # fmt: skip


@pages.post("/payments")
def pay(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        payment = NewPayment(
            form.date("paid_on", _("付款日")),
            form.amount("amount", _("付款金额")),
            form.text("reference", 100),
            form.text("note", 400),
            held=form.flag("held"),
        )
        form.require_sound()
        with desk().unit_of_work() as uow:
            left = record_payment(uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, payment)
        if left and payment.held:
            return _("已登记付款，尚未核销；请在付款记录中逐笔核销。")
        if left:
            return _("已登记付款；多付%(left)s元，乙方应当退还。", left=money_digits(left))
        return _("已登记付款，并按到期先后核销。")

    return acting(lambda: _home(contract_id), lambda **more: _overview(contract_id, **more), act)


@pages.post("/payments/<payment_id>/reversal")
def reverse(contract_id: str, payment_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        seen = form.whole("revision", _("版本"), most=10**9) or 0
        with desk().unit_of_work() as uow:
            reverse_payment(
                uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, payment_id, seen, form.text("reason", 400)
            )
        return _("付款已冲销，未付金额已恢复。")

    return acting(lambda: _home(contract_id), lambda **more: _overview(contract_id, **more), act)


@pages.post("/dunning")
def dun(contract_id: str) -> ResponseReturnValue:
    made = ""

    def act() -> str:
        nonlocal made
        with desk().unit_of_work() as uow:
            made = draft_dunning(uow, actor(), desk().now(), desk().today(), desk().papers, contract_id)
        return _("催款函已起草，逾期款项和违约金已填入。")

    return acting(
        lambda: url_for("papers.show", contract_id=contract_id, paper_id=made), lambda **more: _overview(contract_id, **more), act
    )


@pages.post("/failure")
def fail(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            open_failure_case(uow, actor(), desk().now(), desk().today(), desk().papers, contract_id)
        return _("已启动解除事项，不合格各期的事实和证据已填入。")

    return acting(lambda: url_for("ending.show", contract_id=contract_id), lambda **more: _overview(contract_id, **more), act)


@pages.get("/plan")
def plan(contract_id: str) -> str:
    return _plan(contract_id)


def _plan(contract_id: str, **more: Any) -> str:
    def read() -> dict[str, Any]:
        with desk().reading() as uow:
            return {"found": payment_plan(uow, actor(), contract_id), "today": desk().today()}

    return page_of("contracts/settlement_plan.html", contract_id, read, **more)


@pages.post("/plan")
def budget(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        year, amount = form.date("year", _("合同年度")), form.amount("amount", _("预算金额"))
        form.require_sound()
        with desk().unit_of_work() as uow:
            set_budget(uow, actor(), desk().now(), contract_id, year, amount, form.text("note", 400))
        return _("预算已保存。")

    return acting(lambda: url_for("settlements.plan", contract_id=contract_id), lambda **more: _plan(contract_id, **more), act)


@money_pages.get("/")
def index() -> str:
    with desk().reading() as uow:
        found, loose = money_desk(uow, actor(), desk().today()), unmatched(uow, actor())
    return render_template("settlements/index.html", found=found, loose=loose, today=desk().today())


def _home(contract_id: str) -> str:
    return url_for("settlements.show", contract_id=contract_id)
