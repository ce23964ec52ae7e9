"""What a settlement and its consequences fill into papers: 结算单 (C6), 整改通知 (C7). All of it may still be changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.calendar import WorkingCalendar
from app.domain.money import ZERO
from app.domain.presentation import money_digits, number
from app.domain.settlement.receivable import expected_due
from app.domain.settlement.scoring import MetricResult, ScoredMonth, Trigger
from app.domain.settlement.terms import PayTerms, ServiceTerms
from app.domain.settlement.view import MODELS, SheetView
from app.domain.term import Period, Unit, add_working_days, due_date
from app.domain.variables import Answers, Row, Scalar, Value


@dataclass(frozen=True, slots=True)
class Account:
    """What was confirmed and paid before this settlement, with tax."""

    confirmed: Decimal = ZERO
    paid: Decimal = ZERO


def settlement_values(
    sheet: SheetView, pay: PayTerms, cap: Decimal, scored_on: date, day: date, before: Account, calendar: WorkingCalendar
) -> dict[str, Value]:
    """Brief C6. ``cap``: of the deduction in percent; ``scored_on``: when the score was confirmed; ``day``: of the paper."""
    scores = [a.score for a in sheet.assessments if a.score is not None] or [p.score for p in sheet.months if p.score is not None]
    mean = (sum(scores, ZERO) / len(scores)).quantize(Decimal("0.01")) if scores else None
    carry = [x for x in sheet.extras if x.carry]
    beside: tuple[Row, ...] = tuple(
        {"item": x.item, "voucher": x.voucher or "—", **_cells(x.amount.excl, x.amount.rate, x.amount.tax, x.amount.incl)} for x in sheet.extras
    )  # fmt: skip
    values: dict[str, Value] = {
        "paper.date": day,
        "settlement.period_start": sheet.start,
        "settlement.period_end": sheet.end,
        "settlement.model": MODELS.get(sheet.model, sheet.model),
        "settlement.report_no": "、".join(sheet.reports)[:60],
        "settlement.line_table": _line_rows(sheet),
        "settlement.score": mean,
        "settlement.band": _bands(sheet),
        "settlement.deduction_pct": max((a.ratio for a in sheet.assessments), default=ZERO),
        "settlement.deduction_cap_pct": cap,
        "settlement.score_confirmed": scored_on,
        "settlement.deduction_working": _working(sheet),
        "settlement.deduction": sheet.deduction,
        "settlement.total_table": _sum_rows(sheet),
        "settlement.payable": sheet.payable,
        "settlement.cumulative": before.confirmed + sheet.payable,
        "settlement.paid": before.paid,
        "settlement.unpaid": before.confirmed + sheet.payable - before.paid,
        "settlement.due": expected_due(day, pay, calendar).day,
        "settlement.account": pay.account,
    }  # fmt: skip
    if mean is None:
        values["settlement.unscored"] = _unscored(sheet)
    if beside:
        values["settlement.extra_table"] = beside
    if carry:
        values["settlement.carry_note"] = "；".join(f"{x.item}，不含税{money_digits(x.amount.excl)}元" for x in carry) + "。"
    return values


def _unscored(sheet: SheetView) -> str:
    """Why there is no score, metric by metric, as the working of the sheet says it."""
    found: list[str] = []
    waiting = [sheet.figure]
    while waiting:
        figure = waiting.pop(0)
        if figure.value is None and ("少于最低样本量" in figure.how or "参评率" in figure.how):
            found.append(f"{figure.label}{figure.how.split('，')[0]}")
        waiting += figure.parts
    return "；".join(dict.fromkeys(found))[:400] or "各指标样本均不足"


def _line_rows(sheet: SheetView) -> tuple[Row, ...]:
    rows: list[Row] = []
    for x in sheet.lines:
        taxed = _cells(x.amount.excl, x.amount.rate, x.amount.tax, x.amount.incl)
        rows.append({"item": x.item, "quantity": x.quantity, "unit": x.unit, "price": x.price, **taxed})
    return tuple(rows)


def _sum_rows(sheet: SheetView) -> tuple[Row, ...]:
    return tuple({"item": r.item, "excl": r.excl, "tax": r.tax, "incl": r.incl} for r in sheet.rows)


def _cells(excl: Decimal, rate: Decimal, tax: Decimal, incl: Decimal) -> dict[str, Scalar]:
    return {"excl": excl, "rate": rate, "tax": tax, "incl": incl}


def _bands(sheet: SheetView) -> str:
    if not sheet.assessments:
        return "本期不计算（按季考核）"
    if len(sheet.assessments) == 1:
        return sheet.assessments[0].band
    return "；".join(f"{a.label}{number(a.score) if a.score is not None else '不计分'}" for a in sheet.assessments)[:60]


def _working(sheet: SheetView) -> str:
    """The line of calculation of each deduction."""
    said = []
    for a in sheet.assessments:
        label = f"{a.label}：" if len(sheet.assessments) > 1 else ""
        why = f"（{a.why}）" if a.why and a.deduction else ""
        said.append(f"{label}{a.why}" if a.why and not a.deduction else f"{label}{money_digits(a.base)}×{number(a.ratio)}%{why}")
    return "；".join(said) or "本期不计算服务抵扣"


# ---- 整改通知


def rectification_values(
    month: ScoredMonth, triggers: Sequence[Trigger], terms: ServiceTerms, answers: Answers, labels: Mapping[str, tuple[str, str]],
    confirmed_on: date, day: date, turn: int, report: str, calendar: WorkingCalendar,
) -> dict[str, Value]:  # fmt: skip
    """Brief C7. ``turn``: which round this is; ``labels``: how provisions read."""
    named = {m for t in triggers for m in t.metrics}
    weak = [r for r in month.results if r.level.name in named and r.actual is not None and (r.missed or r.score != 100)]
    weak.sort(key=lambda r: (not r.missed, r.score if r.score is not None else ZERO))
    facts: list[Row] = [_fact(r, month.month, report) for r in weak]
    if month.total is not None and any(t.key == "score" for t in triggers):
        line = f"≥{number(terms.trigger_score)}分"
        facts.insert(
            0,
            {
                "metric": "月度得分",
                "period": _period(month.month),
                "agreed": line,
                "actual": f"{number(month.total)}分",
                "sample": report,
            },
        )
    if month.falsified:
        facts.append(
            {"metric": "数据真实性", "period": _period(month.month), "agreed": "数据真实", "actual": "查实造假", "sample": report}
        )
    severe = "critical" if month.falsified else "serious" if month.failed else "general"
    plan, verify = answers.get("improve.plan_workdays"), answers.get("improve.verify_days")
    values: dict[str, Value] = {
        "paper.date": day,
        "paper.sender": "party_a",
        "rectification.fact_table": tuple(facts),
        "rectification.trigger": "、".join(f"本合同{labels.get(t.clause, (t.clause, ''))[0]}" for t in triggers) + "所列情形",
        "rectification.severity": severe,
        "rectification.score_confirmed": confirmed_on,
        "rectification.round": turn,
        "rectification.max_rounds": answers.get("improve.max_rounds"),
        "rectification.requirement_table": tuple(_requirement(r) for r in weak)
        or ({"measure": "查明原因，更正数据并防止再次发生", "criterion": "经甲方抽查原始记录，数据一致"},),
    }
    if isinstance(plan, int):
        values["rectification.plan_due"] = add_working_days(day, plan + 1, calendar).day
        if isinstance(verify, int):
            values["rectification.completion_due"] = due_date(
                add_working_days(day, plan + 1, calendar).day, Period(Decimal(verify), Unit.DAYS), calendar
            ).day
    return values


def _fact(result: MetricResult, month: date, report: str) -> Row:
    level = result.level
    sign = "≥" if level.higher else "≤"
    sample = f"样本{number(result.sample)}，报表{report}" if result.sample is not None else f"报表{report}"
    return {
        "metric": level.name, "period": _period(month), "agreed": f"目标{sign}{number(level.target)}%，底线{sign}{number(level.limit)}%",
        "actual": f"{number(result.actual)}%", "sample": sample,
    }  # fmt: skip


def _requirement(result: MetricResult) -> Row:
    level = result.level
    word = "不低于" if level.higher else "不高于"
    return {
        "measure": f"查明{level.name}未达标的原因，采取改进措施",
        "criterion": f"验证期内{level.name}{word}{number(level.target)}%",
    }


def _period(month: date) -> str:
    return f"{month.year}年{month.month}月"
