"""What is reported of one month: counts per metric, the volume, extra items; and what is wrong with it, all at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from app.domain.errors import InputFault
from app.domain.money import RESIDUE_LIMIT, amount_faults
from app.domain.settlement.figure import Figure, plain_figure, read_figure
from app.domain.settlement.terms import FeeTerms, LevelTerms, ServiceTerms

CSAT = "满意度CSAT"
LEAST_RESPONSE = Decimal(20)
"""Percent of the invitations that must have been answered for satisfaction to count (section 5.1)."""
LARGEST = Decimal(100_000_000)
LARGEST_ITEM = Decimal(10_000_000_000)
"""Yuan: beyond it an item is a slip of the pen, and its tax need not be representable."""


class ItemKind(Enum):
    """What an item beside the fee is."""

    EXTRA = "extra"
    """另计项 (section 8.1): by the table of extra items, approved before it arose."""
    ADVANCE = "advance"
    """代垫: what party B paid for party A."""
    CORRECTION = "correction"
    """更正: of an earlier settlement, either way."""
    RESIDUE = "residue"
    """上期尾差: at most five 分 either way (brief B5)."""

    @property
    def label(self) -> str:
        return {"extra": "另计项", "advance": "代垫", "correction": "更正", "residue": "上期尾差"}[self.value]


@dataclass(frozen=True, slots=True)
class MetricCount:
    """One metric of the month after the exclusions both parties agreed. ``invited``: tickets whose users were asked, satisfaction only.

    ``lost``: party B did not collect or keep the data, so that the metric scores nought (section 5.1).
    """

    metric: str
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    invited: Decimal | None = None
    lost: bool = False
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ExtraItem:
    """``excl`` in yuan without tax; ``rate`` in percent. ``voucher``: the bill and the approval it rests on, or the number of the
    correction; ``working``: how a correction was computed, None for what somebody typed."""

    kind: ItemKind
    item: str
    excl: Decimal
    rate: Decimal
    voucher: str = ""
    working: Figure | None = None


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """One month as reported. ``month``: its first day. ``tickets``: valid tickets (去重，剔除乙方原因重开与骚扰).

    ``outage_days``: days without service for reasons of party B. ``falsified``: an audit found the data forged (section 5.2).
    ``no_bonus``: why no reward is due whatever the score (serious complaint, incident); empty otherwise.
    """

    month: date
    report_no: str
    tickets: Decimal | None = None
    seat_days_due: Decimal | None = None
    seat_days_present: Decimal | None = None
    outage_days: int = 0
    counts: tuple[MetricCount, ...] = ()
    items: tuple[ExtraItem, ...] = ()
    falsified: bool = False
    no_bonus: str = ""

    def count(self, metric: str) -> MetricCount | None:
        return next((c for c in self.counts if c.metric == metric), None)


def month_faults(figures: MonthFigures, service: ServiceTerms, fees: FeeTerms) -> tuple[InputFault, ...]:
    """Everything that keeps the month from being scored and settled."""
    return tuple(_faults(figures, service, fees))


def _faults(figures: MonthFigures, service: ServiceTerms, fees: FeeTerms) -> Iterator[InputFault]:
    if not figures.report_no.strip():
        yield InputFault("report_no", "来源报表编号", "请填写数据来源报表的编号，结算单须可追溯")
    if fees.model != "per_seat" and figures.tickets is None:
        yield InputFault("tickets", "有效工单量", "请填写当月有效工单量")
    if fees.model == "per_seat":
        yield from _seat_faults(figures)
    tickets = figures.tickets
    if tickets is not None and (not _countable(tickets) or tickets != tickets.to_integral_value()):
        yield InputFault("tickets", "有效工单量", "应为不小于零且不超过一亿的整数")
    if not 0 <= figures.outage_days <= 31:
        yield InputFault("outage_days", "未提供服务天数", "应为0至31的整数")
    known = {level.name for level in service.levels}
    for level in service.levels:
        yield from _count_faults(level, figures.count(level.name))
    for count in figures.counts:
        if count.metric not in known:
            yield InputFault(f"counts.{count.metric}", count.metric, "不是合同第5.2节权重表中的指标", "、".join(sorted(known)))
    for place, item in enumerate(figures.items, 1):
        yield from _item_faults(f"items.{place}", item)


def _seat_faults(figures: MonthFigures) -> Iterator[InputFault]:
    due, present = figures.seat_days_due, figures.seat_days_present
    if due is None or not _countable(due) or not due:
        yield InputFault("seat_days_due", "应到岗席位日", "按坐席计费的，请填写大于零的应到岗席位日")
    if present is None or not _countable(present) or (due is not None and _countable(due) and present > due):
        yield InputFault("seat_days_present", "实际到岗席位日", "应不小于零且不超过应到岗席位日")


def _count_faults(level: LevelTerms, count: MetricCount | None) -> Iterator[InputFault]:
    place = f"counts.{level.name}"
    if count is None or (count.numerator is None and count.denominator is None):
        if count is None or not count.lost:
            yield InputFault(place, level.name, "缺少当月数据，不得视为样本不足", "填写分子和分母，或者注明“数据无法核实”")
        return
    if count.lost:
        yield InputFault(place, level.name, "已注明数据无法核实，不应再填分子和分母")
        return
    top, bottom = count.numerator, count.denominator
    if top is None or bottom is None:
        yield InputFault(place, level.name, "分子和分母须同时填写")
        return
    if not (_countable(top) and _countable(bottom) and (count.invited is None or _countable(count.invited))):
        yield InputFault(place, level.name, "分子、分母和邀评数应为不小于零且不超过一亿的数")
        return
    if top > bottom:
        yield InputFault(place, level.name, f"分子{top}大于分母{bottom}")
    if count.metric == CSAT and count.invited is not None and bottom > count.invited * 5:
        yield InputFault(place, level.name, "有效评价份数大于邀评数")


def _countable(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value <= LARGEST


def _item_faults(place: str, item: ExtraItem) -> Iterator[InputFault]:
    if not item.item.strip():
        yield InputFault(f"{place}.item", item.kind.label, "请写明项目")
    if item.kind in (ItemKind.EXTRA, ItemKind.ADVANCE) and not item.voucher.strip():
        yield InputFault(
            f"{place}.voucher", item.item or item.kind.label, "请填写票据和审批记录的编号，否则甲方有权拒付（第8.1节）"
        )
    label, where = item.item or item.kind.label, f"{place}.excl"
    wrong = amount_faults(where, label, item.excl, "金额至多两位小数，不超过一百亿元", least=-LARGEST_ITEM, most=LARGEST_ITEM)
    if wrong:
        yield from wrong
    elif item.kind in (ItemKind.EXTRA, ItemKind.ADVANCE) and item.excl <= 0:
        yield InputFault(where, label, "金额应大于零")
    elif item.kind is ItemKind.RESIDUE and abs(item.excl) > RESIDUE_LIMIT:
        yield InputFault(where, label, f"尾差的绝对值不得超过{RESIDUE_LIMIT}元；更大的差额请作为更正列示")
    if not item.rate.is_finite() or not 0 <= item.rate <= 100:
        yield InputFault(f"{place}.rate", label, "税率应在0至100之间")


# ---- storage


def plain_month(figures: MonthFigures) -> dict[str, Any]:
    def text(value: Decimal | None) -> str | None:
        return None if value is None else format(value, "f")

    return {
        "month": figures.month.isoformat(),
        "report_no": figures.report_no,
        "tickets": text(figures.tickets),
        "seat_days_due": text(figures.seat_days_due),
        "seat_days_present": text(figures.seat_days_present),
        "outage_days": figures.outage_days,
        "counts": [
            {"metric": c.metric, "numerator": text(c.numerator), "denominator": text(c.denominator), "invited": text(c.invited),
             "lost": c.lost, "remark": c.remark}
            for c in figures.counts
        ],
        "items": [plain_item(i) for i in figures.items],
        "falsified": figures.falsified,
        "no_bonus": figures.no_bonus,
    }  # fmt: skip


def digest_of(figures: MonthFigures) -> str:
    """SHA-256 of what the figures claim: counts, volume and items, whatever report, remark or voucher is named for them."""

    def text(value: Decimal | None) -> str | None:
        return None if value is None else format(value.normalize() + 0, "f")

    claimed = [
        figures.month.isoformat(), text(figures.tickets), text(figures.seat_days_due), text(figures.seat_days_present),
        figures.outage_days, figures.falsified, figures.no_bonus,
        sorted(([c.metric, text(c.numerator), text(c.denominator), text(c.invited), c.lost] for c in figures.counts), key=str),
        sorted(([i.kind.value, i.item, text(i.excl), text(i.rate)] for i in figures.items), key=str),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(claimed, ensure_ascii=False).encode()).hexdigest()


def plain_item(item: ExtraItem) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": item.kind.value, "item": item.item, "excl": format(item.excl, "f"), "rate": format(item.rate, "f"), "voucher": item.voucher,
    }  # fmt: skip
    return found if item.working is None else {**found, "working": plain_figure(item.working)}


def read_item(data: Mapping[str, Any]) -> ExtraItem:
    """Raises ``KeyError``, ``ValueError`` for what ``plain_item`` never wrote."""
    working = read_figure(data["working"]) if "working" in data else None
    return ExtraItem(ItemKind(data["kind"]), data["item"], Decimal(data["excl"]), Decimal(data["rate"]), data["voucher"], working)


def read_month(data: Mapping[str, Any]) -> MonthFigures:
    """Raises ``ValueError`` for what ``plain_month`` never wrote."""
    try:
        return MonthFigures(
            date.fromisoformat(data["month"]), data["report_no"], _number(data["tickets"]), _number(data["seat_days_due"]),
            _number(data["seat_days_present"]), int(data["outage_days"]),
            tuple(
                MetricCount(
                    c["metric"], _number(c["numerator"]), _number(c["denominator"]), _number(c["invited"]), bool(c["lost"]), c["remark"]
                )
                for c in data["counts"]
            ),
            tuple(read_item(i) for i in data["items"]),
            bool(data["falsified"]), data["no_bonus"],
        )  # fmt: skip
    except (KeyError, TypeError, InvalidOperation) as error:
        raise ValueError(f"stored figures can't be read: {error}") from error


def _number(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
