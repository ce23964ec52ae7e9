"""Checks of the settlement (brief C6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from app.domain.money import cents
from app.domain.paper_rules.common import iso, near
from app.domain.paper_rules.context import PaperDraft, figure, paper_rule
from app.domain.papers import PaperKind, PaperState
from app.domain.proofreading.finding import Hit, Severity
from app.domain.term import Period, Unit, due_date
from app.domain.variables import Row

SETTLEMENT = (PaperKind.SETTLEMENT,)
_AMOUNTS = ("excl", "tax", "incl")
_TOLERANCE = Decimal("0.05")
"""Rounding difference that a settlement may carry (brief B5)."""


@paper_rule("C6-01", "明细行算错", SETTLEMENT, ("VATR:16",), "按数量、单价和税率重算该行。")
def lines_are_computed(d: PaperDraft) -> Iterator[Hit]:
    for name in ("settlement.line_table", "settlement.extra_table"):
        for row in d.rows(name):
            excl, tax, incl, rate = (figure(row.get(k)) for k in ("excl", "tax", "incl", "rate"))
            quantity, price = figure(row.get("quantity")), figure(row.get("price"))
            if excl is None or tax is None or incl is None or rate is None:
                continue
            if quantity is not None and price is not None and not near(quantity * price, excl):
                yield Hit(Severity.ERROR, f"“{row.get('item')}”的不含税额应为{cents(quantity * price)}元。", d.place(name))
            if not near(excl * (100 + rate) / 100, incl):
                yield Hit(Severity.ERROR, f"“{row.get('item')}”的含税额应为{cents(excl * (100 + rate) / 100)}元。", d.place(name))
            if not near(incl - excl, tax):
                yield Hit(Severity.ERROR, f"“{row.get('item')}”的税额应为{cents(incl - excl)}元。", d.place(name))


@paper_rule("C6-02", "合计不符", SETTLEMENT, ("SMEP:9",), "重算合计：服务费与另计项之和，减去抵扣。")
def totals_are_the_sum(d: PaperDraft) -> Iterator[Hit]:
    """The last row of the totals is the sum of those before, its tax included is what is payable."""
    rows = d.rows("settlement.total_table")
    if len(rows) < 2:
        return
    for key in _AMOUNTS:
        parts = sum((figure(r.get(key)) or Decimal(0) for r in rows[:-1]), Decimal(0))
        stated = figure(rows[-1].get(key))
        if stated is not None and abs(parts - stated) > _TOLERANCE:
            yield Hit(
                Severity.ERROR, f"合计行的{_NAMES[key]}应为{cents(parts)}元，现为{stated}元。", d.place("settlement.total_table")
            )
    first = figure(rows[0].get("excl"))
    lines = _sum(d.rows("settlement.line_table"), "excl")
    if first is not None and abs(first - lines) > _TOLERANCE:
        yield Hit(Severity.ERROR, f"服务费合计与明细之和{cents(lines)}元不符。", d.place("settlement.total_table"))
    payable, last = d.number("settlement.payable"), figure(rows[-1].get("incl"))
    if payable is not None and last is not None and not near(payable, last):
        yield Hit(Severity.ERROR, f"本期应付{payable}元与合计行的含税额{last}元不符。", d.place("settlement.payable"))


@paper_rule("C6-03", "抵扣超过上限或算错", SETTLEMENT, ("CC:582", "CC:585"), "按合同第5.2节的分段和上限重算。")
def the_deduction_is_capped(d: PaperDraft) -> Iterator[Hit]:
    share, cap = d.number("settlement.deduction_pct"), d.agreed_number("perf.credit_cap_pct")
    if share is not None and cap is not None and share > cap:
        yield Hit(Severity.ERROR, f"抵扣比例{share}%超过合同约定的上限{cap}%。", d.place("settlement.deduction_pct"))
    amount, fee = d.number("settlement.deduction"), _sum(d.rows("settlement.line_table"), "excl")
    if (
        amount is not None
        and share is not None
        and fee
        and abs(amount - fee * share / 100) > _TOLERANCE
        and amount > fee * share / 100
    ):
        yield Hit(
            Severity.ERROR,
            f"抵扣金额{amount}元超过服务费的{share}%（{cents(fee * share / 100)}元）。",
            d.place("settlement.deduction"),
        )


@paper_rule("C6-04", "税率与业务不匹配", SETTLEMENT, ("VAT:10", "VATR:5"), "适用合同价格行的税率。")
def rates_are_those_agreed(d: PaperDraft) -> Iterator[Hit]:
    value = d.background.value("fees.price_table")
    rows = tuple(r for r in value if not isinstance(r, str)) if isinstance(value, tuple) else ()
    agreed = {rate for rate in (figure(r.get("rate")) for r in rows) if rate is not None}
    for row in (*d.rows("settlement.line_table"), *d.rows("settlement.extra_table")):
        rate = figure(row.get("rate"))
        if agreed and rate is not None and rate not in agreed:
            yield Hit(Severity.ERROR, f"“{row.get('item')}”的税率{rate}%不是合同约定的税率。", d.place("settlement.line_table"))


@paper_rule("C6-05", "结算周期重复", SETTLEMENT, ("SMEP:9",), "同一周期只能有一份有效的结算单；更正应当作废前一份。")
def the_period_is_settled_once(d: PaperDraft) -> Iterator[Hit]:
    number = d.text("paper.no")
    taken = {p.number for p in d.others if p.kind is PaperKind.SETTLEMENT and p.state is not PaperState.VOID}
    start, end = d.day("settlement.period_start"), d.day("settlement.period_end")
    if number and number in taken:
        yield Hit(Severity.ERROR, f"该周期已有结算单{number}。", d.place("settlement.period_start"))
    if start is not None and end is not None and end < start:
        yield Hit(Severity.ERROR, "周期届满日早于起始日。", d.place("settlement.period_end"))


@paper_rule("C6-06", "付款到期日有误", SETTLEMENT, ("SMEP:9", "CC:203"), "自确认日起按合同约定的付款期计算，末日遇休假日顺延。")
def the_due_day_is_computed(d: PaperDraft) -> Iterator[Hit]:
    due, days = d.day("settlement.due"), d.agreed_number("pay.days_after_confirm")
    if due is None or days is None:
        return
    expected = due_date(d.paper_day, Period(days, Unit.DAYS), d.calendar).day
    if due < expected:
        yield Hit(Severity.ERROR, f"付款到期日不得早于{iso(expected)}（确认日后{days}个自然日）。", d.place("settlement.due"))


@paper_rule("C6-07", "累计数不符", SETTLEMENT, ("SMEP:9",), "未付等于累计确认减去累计已付。")
def the_balance_is_the_difference(d: PaperDraft) -> Iterator[Hit]:
    confirmed, paid, open_ = (d.number(f"settlement.{n}") for n in ("cumulative", "paid", "unpaid"))
    if confirmed is not None and paid is not None and open_ is not None and not near(confirmed - paid, open_):
        yield Hit(Severity.ERROR, f"未付金额应为{cents(confirmed - paid)}元，现为{open_}元。", d.place("settlement.unpaid"))


@paper_rule("C6-08", "收款账户没有脱敏", SETTLEMENT, ("PIPL:51", "CC:501"), "账号只显示末四位。")
def the_account_is_masked(d: PaperDraft) -> Iterator[Hit]:
    account, written = d.agreed_text("pay.account_no"), re.sub(r"\s", "", d.text("settlement.account"))
    if account and account in written:
        yield Hit(Severity.ERROR, "收款账户写出了完整账号。", d.place("settlement.account"))
    elif account and written and account[-4:] not in written:
        yield Hit(Severity.ERROR, "收款账户的末四位与合同第8.2节登记的账户不一致。", d.place("settlement.account"))


_NAMES = {"excl": "不含税额", "tax": "税额", "incl": "含税额"}


def _sum(rows: tuple[Row, ...], key: str) -> Decimal:
    return sum((figure(r.get(key)) or Decimal(0) for r in rows), Decimal(0))


RULES = (
    lines_are_computed, totals_are_the_sum, the_deduction_is_capped, rates_are_those_agreed, the_period_is_settled_once,
    the_due_day_is_computed, the_balance_is_the_difference, the_account_is_masked,
)  # fmt: skip
