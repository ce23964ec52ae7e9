"""One settlement: its sheet with every figure unfoldable, confirmation and objection, invoices, and how its payment stands."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import InputFault
from app.domain.settlement.invoices import INVOICE_KINDS, InvoiceLine
from app.services.filing import DocumentKind
from app.services.invoicing import NONE, NewInvoice, assign_invoice, record_invoice
from app.services.settlement_views import SettlementDesk, settlement_desk
from app.services.settling import HOW, confirm_settlement, object_to, receive_settlement, resolve_objection, void_settlement
from app.web.desk import desk
from app.web.files import put_in
from app.web.gate import actor
from app.web.settlement_months import XLSX
from app.web.settlements import Money, acting, page_of

pages = Blueprint("settlement_sheets", __name__, url_prefix="/contracts/<contract_id>/settlements/<settlement_id>")
MOST_LINES = 6


def _read(contract_id: str, settlement_id: str) -> SettlementDesk:
    with desk().reading() as uow:
        return settlement_desk(uow, actor(), desk().today(), desk().papers, contract_id, settlement_id)


@pages.get("")
def show(contract_id: str, settlement_id: str) -> str:
    return _page(contract_id, settlement_id)


def _page(contract_id: str, settlement_id: str, **more: Any) -> str:
    def read() -> dict[str, Any]:
        return {
            "found": _read(contract_id, settlement_id), "hows": HOW, "invoice_kinds": INVOICE_KINDS, "laws": desk().reference.laws, "no_correction": NONE,
            "today": desk().today(),
        }  # fmt: skip

    return page_of("contracts/settlement_sheet.html", contract_id, read, **more)


@pages.get("/sheet.xlsx")
def workbook(contract_id: str, settlement_id: str) -> ResponseReturnValue:
    found = _read(contract_id, settlement_id)
    made = desk().settlement_workbook(found.paper.number, found.sheet, found.labels)
    return send_file(io.BytesIO(made), XLSX, as_attachment=True, download_name=f"{found.paper.number}.xlsx")


@pages.post("/receipt")
def receive(contract_id: str, settlement_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        on = form.date("on", _("收到日"))
        form.require_sound()
        with desk().unit_of_work() as uow:
            silence = receive_settlement(
                uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, settlement_id, _seen(form), on=on
            )
        if silence.last is None:
            return _("收到日已记录。%(why)s。", why=silence.why)
        return _("收到日已记录；至%(day)s未确认也未异议的，视为确认。", day=silence.last.isoformat())

    return _acting(contract_id, settlement_id, act)


@pages.post("/confirmation")
def confirm(contract_id: str, settlement_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        on = form.date("on", _("确认日"))
        form.require_sound()
        with desk().unit_of_work() as uow:
            return confirm_settlement(
                uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, settlement_id, _seen(form), on=on,
                how=form.text("how", 10), evidence=form.text("evidence", 400), post=desk().clockwork.post,
            )  # fmt: skip

    return _acting(contract_id, settlement_id, act)


@pages.post("/objection")
def objection(contract_id: str, settlement_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        amount, on = form.amount("amount", _("争议金额")), form.date("on", _("异议日"))
        form.require_sound()
        with desk().unit_of_work() as uow:
            object_to(
                uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, settlement_id, _seen(form), amount=amount, on=on,
                reason=form.text("reason"), post=desk().clockwork.post,
            )  # fmt: skip
        return _("异议已记录；无异议部分视为确认，照常支付。")

    return _acting(contract_id, settlement_id, act)


@pages.post("/resolution")
def resolve(contract_id: str, settlement_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        reduced, on = form.amount("reduced", _("核减金额")), form.date("on", _("结果确定日"))
        form.require_sound()
        with desk().unit_of_work() as uow:
            resolve_objection(
                uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, settlement_id, _seen(form), on=on, reduced=reduced,
                reason=form.text("reason"), apart=form.flag("apart"),
            )  # fmt: skip
        return _("复核结果已记录，应付部分须在五个工作日内支付。")

    return _acting(contract_id, settlement_id, act)


@pages.post("/voiding")
def void(contract_id: str, settlement_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        with desk().unit_of_work() as uow:
            void_settlement(
                uow, actor(), desk().now(), desk().papers, contract_id, settlement_id, _seen(form), form.text("reason", 400)
            )
        return _("结算单已作废，可以重新编制。")

    return _acting(contract_id, settlement_id, act)


@pages.post("/invoices")
def invoice(contract_id: str, settlement_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        found = _invoice(form)
        form.require_sound()
        sent = _file(contract_id)
        with desk().unit_of_work() as uow:
            wrong = record_invoice(
                uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, settlement_id, _seen(form),
                NewInvoice(**found, document_id=sent),
            )  # fmt: skip
        if wrong:
            return _("发票已登记，但与结算单不符，付款期不起算：%(why)s。", why="；".join(wrong))
        return _("发票已登记，与结算单相符。")

    return _acting(contract_id, settlement_id, act)


@pages.post("/invoices/<invoice_id>/assignment")
def assign(contract_id: str, settlement_id: str, invoice_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        with desk().unit_of_work() as uow:
            wrong = assign_invoice(
                uow, actor(), desk().now(), desk().papers, contract_id, settlement_id, _seen(form), invoice_id, form.text("correction", 60),
                form.text("reason", 400),
            )  # fmt: skip
        if wrong:
            return _("发票的归属已改，但不相符：%(why)s。", why="；".join(wrong))
        return _("发票的归属已改，相符。")

    return _acting(contract_id, settlement_id, act)


def _invoice(form: Money) -> dict[str, Any]:
    red = form.text("red_of", 40)
    lines = []
    for place in range(MOST_LINES):
        if not form.text(f"excl-{place}", 30):
            continue
        label = _("第%(n)d行", n=place + 1)
        rate, excl, tax = (form.amount(f"{key}-{place}", label) for key in ("rate", "excl", "tax"))
        sign = -1 if red else 1
        lines.append(InvoiceLine(rate, sign * abs(excl), sign * abs(tax)))
    if not lines:
        form.faults.append(InputFault("lines", _("发票金额"), _("请至少填写一行税率、不含税额和税额")))
    return {
        "number": form.text("number", 60), "kind": form.text("kind", 16), "issued_on": form.date("issued_on", _("开票日")),
        "received_on": form.date("received_on", _("收到日")), "lines": tuple(lines), "buyer_uscc": form.text("buyer_uscc", 18), "red_of": red,
        "correction": form.text("correction", 60),
    }  # fmt: skip


def _file(contract_id: str) -> str:
    sent = request.files.get("file")
    return put_in(contract_id, sent, DocumentKind.EVIDENCE, _("发票")).id if sent and sent.filename else ""


def _acting(contract_id: str, settlement_id: str, act: Any) -> ResponseReturnValue:
    return acting(
        lambda: url_for("settlement_sheets.show", contract_id=contract_id, settlement_id=settlement_id),
        lambda **more: _page(contract_id, settlement_id, **more), act,
    )  # fmt: skip


def _seen(form: Money) -> int:
    return form.whole("revision", _("版本"), most=10**9) or 0
