"""One month of a contract: its figures by form or workbook, its score, what both parties say of it."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from app.domain.errors import InputError, InputFault
from app.domain.settlement.month import ExtraItem, ItemKind, MetricCount, MonthFigures
from app.services.filing import DocumentKind
from app.services.service_levels import Evidence, answer_objection, enter_month, receive_result, reopen_month, review_month
from app.services.settlement_views import MonthDesk, month_desk
from app.services.silence import deem_confirmed
from app.web.desk import desk
from app.web.files import put_in
from app.web.gate import actor
from app.web.settlements import Money, acting, page_of

pages = Blueprint("settlement_months", __name__, url_prefix="/contracts/<contract_id>/settlements/months/<month>")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BLANK_ITEMS, MOST_ITEMS = 2, 100


@pages.get("")
def show(contract_id: str, month: str) -> str:
    return _page(contract_id, month_of(month))


def _page(contract_id: str, month: date, **more: Any) -> str:
    more.setdefault("correct", bool(request.args.get("correct")))

    def read() -> dict[str, Any]:
        with desk().reading() as uow:
            found = month_desk(uow, actor(), desk().papers, contract_id, month)
        return {"found": found, "typed": _typed(found, more.get("entered", {})), "kinds": ItemKind, "today": desk().today()}

    return page_of("contracts/settlement_month.html", contract_id, read, **more)


@pages.post("")
def enter(contract_id: str, month: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        figures, on = entered_figures(form, month_of(month)), form.date("submitted_on", _("提交日"))
        form.require_sound()
        return _enter(contract_id, figures, on, form)

    return month_acting(contract_id, month, act)


@pages.post("/upload")
def upload(contract_id: str, month: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        on, file = form.date("submitted_on", _("提交日")), request.files.get("workbook")
        if file is None or not file.filename:
            form.faults.append(InputFault("workbook", _("工作簿"), _("请先选择填好的模板")))
        form.require_sound()
        assert file is not None
        read = desk().read_month_upload(file.stream.read())
        faults = [InputFault(f.letter, f.sheet, f.sentence()) for f in read.faults]
        if read.figures is not None and read.figures.month != month_of(month):
            faults.append(InputFault("month", _("服务月份"), _("工作簿是%(other)s的数据", other=f"{read.figures.month:%Y-%m}")))
        if faults or read.figures is None:
            raise InputError(faults)
        return _enter(contract_id, read.figures, on, form)

    return month_acting(contract_id, month, act)


@pages.get("/template.xlsx")
def template(contract_id: str, month: str) -> ResponseReturnValue:
    with desk().reading() as uow:
        found = month_desk(uow, actor(), desk().papers, contract_id, month_of(month))
    made = desk().month_template(found.month, [level.name for level in found.levels], found.figures)
    return send_file(io.BytesIO(made), XLSX, as_attachment=True, download_name=f"考核数据-{month}.xlsx")


@pages.post("/review")
def review(contract_id: str, month: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        on, agrees = form.date("on", _("审核日")), form.text("verdict", 10) == "agree"
        form.require_sound()
        proof = _evidence(contract_id, form.text("words"))
        with desk().unit_of_work() as uow:
            return review_month(
                uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, month_of(month), _seen(form), agrees=agrees, on=on,
                evidence=proof,
            )  # fmt: skip

    return month_acting(contract_id, month, act)


@pages.post("/answer")
def answer(contract_id: str, month: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        on, verdict = form.date("on", _("答复日")), form.text("verdict", 10)
        form.require_sound()
        proof = _evidence(contract_id, form.text("words"))
        if verdict == "received":
            return _received(contract_id, month_of(month), on, proof, _seen(form))
        accepts = verdict == "agree"
        with desk().unit_of_work() as uow:
            return answer_objection(
                uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, month_of(month), _seen(form), accepts=accepts, on=on,
                evidence=proof,
            )  # fmt: skip

    return month_acting(contract_id, month, act)


def _received(contract_id: str, month: date, on: date, proof: Evidence, seen: int) -> str:
    with desk().unit_of_work() as uow:
        silence = receive_result(
            uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, month, seen, on=on, evidence=proof
        )
    if silence.last is None:
        return _("收到日已记录。%(why)s。", why=silence.why)
    return _("收到日已记录；乙方至%(day)s未提出异议的，视为认可。", day=silence.last.isoformat())


@pages.post("/lapse")
def lapse(contract_id: str, month: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            return deem_confirmed(
                uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, month_of(month), _seen(Money())
            )

    return month_acting(contract_id, month, act)


@pages.post("/reopening")
def reopen(contract_id: str, month: str) -> ResponseReturnValue:
    def act() -> str:
        form = Money()
        with desk().unit_of_work() as uow:
            reopen_month(
                uow, actor(), desk().now(), desk().papers, contract_id, month_of(month), _seen(form), form.text("reason")
            )
        return _("确认已撤销，可以更正数据。")

    return month_acting(contract_id, month, act)


# ---- inside


def month_acting(contract_id: str, month: str, act: Any, target: Any = None) -> ResponseReturnValue:
    """As ``acting``; what is refused shows the page of the month again. ``target``: where to go on to, otherwise that page."""
    return acting(
        target or (lambda: url_for("settlement_months.show", contract_id=contract_id, month=month)),
        lambda **more: _page(contract_id, month_of(month), **more), act,
    )  # fmt: skip


def _enter(contract_id: str, figures: MonthFigures, on: date, form: Money) -> str:
    proof = _evidence(contract_id, form.text("words"))
    with desk().unit_of_work() as uow:
        scored = enter_month(
            uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, figures, on, seen=_seen(form), by="a" if form.text("by", 1) == "a" else "b",
            evidence=proof,
        )  # fmt: skip
    if scored.total is None:
        return _("已保存；各指标样本均不足，当期不计分。")
    return _("已保存，月度得分%(score)s分。", score=scored.total)


def _evidence(contract_id: str, words: str) -> Evidence:
    """Files that came with the form are put into the record first, so that nothing that was sent is lost."""
    sent = [f for f in request.files.getlist("evidence") if f.filename]
    return Evidence(words, tuple(put_in(contract_id, f, DocumentKind.EVIDENCE, _("考核数据的证据")).id for f in sent))


def _seen(form: Money) -> int:
    return form.whole("revision", _("版本"), most=10**9) or 0


def month_of(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise NotFound from error


def entered_figures(form: Money, month: date) -> MonthFigures:
    """The whole form of a month; every figure that can't be read is a fault of the form."""
    return MonthFigures(
        month, form.text("report_no", 60), _maybe(form, "tickets", _("有效工单量")), _maybe(form, "seat_days_due", _("应到岗席位日")),
        _maybe(form, "seat_days_present", _("实际到岗席位日")), form.whole("outage_days", _("未提供服务天数"), most=31) or 0,
        tuple(_counts(form)), tuple(_items(form)), form.flag("falsified"), form.text("no_bonus", 200),
    )  # fmt: skip


def _counts(form: Money) -> list[MetricCount]:
    found = []
    for place in range(20):
        name = form.text(f"metric-{place}", 40)
        if not name:
            break
        numbers = [_maybe(form, f"{key}-{place}", name) for key in ("numerator", "denominator", "invited")]
        lost = form.flag(f"lost-{place}")
        if lost or any(n is not None for n in numbers):
            found.append(MetricCount(name, numbers[0], numbers[1], numbers[2], lost, form.text(f"remark-{place}", 200)))
    return found


def _items(form: Money) -> list[ExtraItem]:
    found = []
    for place in range(MOST_ITEMS):
        words = [form.text(f"{key}-{place}", 200) for key in ("item", "excl", "voucher")]
        if not any(words):
            continue
        kind = next((k for k in ItemKind if k.value == form.text(f"kind-{place}", 20)), ItemKind.EXTRA)
        label = words[0] or kind.label
        rate = form.amount(f"rate-{place}", _("%(item)s的税率", item=label))
        found.append(ExtraItem(kind, words[0], form.amount(f"excl-{place}", label), rate, words[2]))
    return found


def _maybe(form: Money, name: str, label: str) -> Decimal | None:
    return form.amount(name, label) if form.text(name, 30) else None


def _typed(found: MonthDesk, entered: Any) -> dict[str, Any]:
    """What the form shows: what was just typed, otherwise what is stored."""
    figures = found.figures
    fields: dict[str, Any] = {
        "report_no": figures.report_no if figures else "", "tickets": _text(figures.tickets if figures else None),
        "seat_days_due": _text(figures.seat_days_due if figures else None),
        "seat_days_present": _text(figures.seat_days_present if figures else None),
        "outage_days": figures.outage_days if figures else 0, "falsified": "1" if figures and figures.falsified else "",
        "no_bonus": figures.no_bonus if figures else "",
    }  # fmt: skip
    for place, level in enumerate(found.levels):
        count = figures.count(level.name) if figures else None
        for key in ("numerator", "denominator", "invited"):
            fields[f"{key}-{place}"] = _text(getattr(count, key, None))
        fields[f"lost-{place}"] = "1" if count and count.lost else ""
        fields[f"remark-{place}"] = count.remark if count else ""
    items = figures.items if figures else ()
    for place, item in enumerate(items):
        fields |= {
            f"kind-{place}": item.kind.value, f"item-{place}": item.item, f"excl-{place}": _text(item.excl),
            f"rate-{place}": _text(item.rate), f"voucher-{place}": item.voucher,
        }  # fmt: skip
    rows = len(items) + BLANK_ITEMS
    if entered and entered.get("form") == "figures":
        fields = {name: entered.get(name, "") for name in {*fields, *entered}}
        rows = max(
            rows,
            1
            + max(
                (int(n[5:]) for n in entered if n.startswith("item-") and len(n) < 9 and n[5:].isdecimal() and entered[n]),
                default=0,
            ),
        )
    return {"fields": fields, "items": range(min(rows, MOST_ITEMS))}


def _text(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")
