"""A settlement as it is kept and shown: plain data with every amount as text, and the same read back as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.domain.money import TaxedAmount
from app.domain.settlement.figure import Figure, plain_figure, read_figure
from app.domain.settlement.month import MonthFigures, plain_month
from app.domain.settlement.sheet import PastMonth, Sheet, SumRow

MODELS: Mapping[str, str] = {
    "fixed_monthly": "固定月费", "per_ticket": "按有效工单计费", "per_seat": "按坐席计费", "tiered": "阶梯计费",
    "hybrid": "固定月费加按量计费",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LineView:
    item: str
    quantity: Decimal
    unit: str
    price: Decimal
    amount: TaxedAmount


@dataclass(frozen=True, slots=True)
class ExtraView:
    item: str
    voucher: str
    amount: TaxedAmount
    carry: bool


@dataclass(frozen=True, slots=True)
class AssessmentView:
    label: str
    score: Decimal | None
    band: str
    ratio: Decimal
    base: Decimal
    deduction: Decimal
    capped: bool
    bonus: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class SheetView:
    """``months``: what later settlements need of this one (annual cap, quarterly assessment)."""

    start: date
    end: date
    model: str
    reports: tuple[str, ...]
    months: tuple[PastMonth, ...]
    lines: tuple[LineView, ...]
    extras: tuple[ExtraView, ...]
    assessments: tuple[AssessmentView, ...]
    rows: tuple[SumRow, ...]
    by_rate: tuple[TaxedAmount, ...]
    figure: Figure
    notices: tuple[str, ...]

    @property
    def total(self) -> SumRow:
        return self.rows[-1]

    @property
    def payable(self) -> Decimal:
        return self.rows[-1].incl

    @property
    def deduction(self) -> Decimal:
        return sum((a.deduction for a in self.assessments), Decimal(0))


def plain_sheet(
    sheet: Sheet, inputs: Sequence[MonthFigures], past: Sequence[PastMonth], notices: Sequence[str] = ()
) -> dict[str, Any]:
    """With its inputs beside it, so that it can be replayed. ``notices``: what only the record knows."""
    return {
        "start": sheet.start.isoformat(),
        "end": sheet.end.isoformat(),
        "model": sheet.model,
        "reports": list(sheet.reports),
        "inputs": [plain_month(m) for m in inputs],
        "past": [plain_past(p) for p in past],
        "months": [
            plain_past(PastMonth(fee.month, fee.amount, scored.total, scored.ramp))
            for fee, scored in zip(sheet.months, sheet.scores, strict=True)
        ],
        "lines": [
            {"item": x.item, "quantity": _text(x.quantity), "unit": x.unit, "price": _text(x.price), "amount": _plain_amount(x.amount)}
            for x in sheet.lines
        ],
        "extras": [
            {"item": x.item, "voucher": x.voucher, "amount": _plain_amount(x.amount), "carry": x.carry} for x in sheet.extras
        ],
        "assessments": [
            {"label": a.label, "score": None if a.score is None else _text(a.score), "band": a.band, "ratio": _text(a.ratio),
             "base": _text(a.base), "deduction": _text(a.deduction), "capped": a.capped, "bonus": _text(a.bonus), "why": a.why}
            for a in sheet.assessments
        ],
        "rows": [[r.item, _text(r.excl), _text(r.tax), _text(r.incl)] for r in sheet.rows],
        "by_rate": [_plain_amount(t) for t in sheet.totals.by_rate],
        "figure": plain_figure(sheet.figure),
        "notices": [*sheet.notices, *notices],
    }  # fmt: skip


def read_sheet(data: Mapping[str, Any]) -> SheetView:
    return SheetView(
        start=date.fromisoformat(data["start"]),
        end=date.fromisoformat(data["end"]),
        model=data["model"],
        reports=tuple(data["reports"]),
        months=tuple(read_past(p) for p in data["months"]),
        lines=tuple(
            LineView(x["item"], Decimal(x["quantity"]), x["unit"], Decimal(x["price"]), _amount(x["amount"])) for x in data["lines"]
        ),
        extras=tuple(ExtraView(x["item"], x["voucher"], _amount(x["amount"]), x["carry"]) for x in data["extras"]),
        assessments=tuple(
            AssessmentView(
                a["label"], None if a["score"] is None else Decimal(a["score"]), a["band"], Decimal(a["ratio"]), Decimal(a["base"]),
                Decimal(a["deduction"]), a["capped"], Decimal(a["bonus"]), a["why"],
            )
            for a in data["assessments"]
        ),
        rows=tuple(SumRow(r[0], Decimal(r[1]), Decimal(r[2]), Decimal(r[3])) for r in data["rows"]),
        by_rate=tuple(_amount(t) for t in data["by_rate"]),
        figure=read_figure(data["figure"]),
        notices=tuple(data["notices"]),
    )  # fmt: skip


def plain_past(past: PastMonth) -> dict[str, Any]:
    score = None if past.score is None else _text(past.score)
    return {"month": past.month.isoformat(), "fee": _text(past.fee), "score": score, "ramp": past.ramp}


def read_past(data: Mapping[str, Any]) -> PastMonth:
    score = None if data["score"] is None else Decimal(data["score"])
    return PastMonth(date.fromisoformat(data["month"]), Decimal(data["fee"]), score, data["ramp"])


def _plain_amount(amount: TaxedAmount) -> list[str]:
    return [_text(amount.excl), _text(amount.rate), _text(amount.tax), _text(amount.incl)]


def _amount(data: Sequence[str]) -> TaxedAmount:
    return TaxedAmount(*(Decimal(x) for x in data))


def _text(value: Decimal) -> str:
    return format(value, "f")
