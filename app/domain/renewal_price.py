"""Prices of a renewed term: the rise that section 8.3 and section 11.3 allow, line by line, and never a fen above it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from app.domain.errors import ContractError
from app.domain.renewal import PriceRule, RenewalTerms
from app.domain.variables import Row, Scalar, Value

FEN = Decimal("0.01")
_SINGLE = {
    "fees.monthly_fixed": "固定月费", "fees.unit_price_ticket": "单价-工单", "fees.unit_price_seat": "单价-坐席",
    "fees.min_guarantee": "最低保底",
}  # fmt: skip
_TABLES = (("fees.tiers", "阶梯单价（{from}单起）", "price"), ("fees.price_rows", "{item}", "excl_tax"))
"""Priced tables: variable, how a row is named, the column of its price."""


def priced_items(values: Mapping[str, Value], renewed: Iterable[Mapping[str, Scalar]] = ()) -> dict[str, Decimal]:
    """What section 8.1 prices, without tax: item → yuan, as ``renewed_values`` leaves it."""
    now = renewed_values(values, renewed)
    found = {label: value for name, label in _SINGLE.items() if isinstance(value := now.get(name), Decimal) and value > 0}
    for table, _, price in _TABLES:
        for row in _rows(now.get(table)):
            if isinstance(value := row.get(price), Decimal):
                found[_item(table, row)] = value
    return found


def renewed_values(values: Mapping[str, Value], renewed: Iterable[Mapping[str, Scalar]]) -> dict[str, Value]:
    """``values`` with the prices of renewed terms. ``renewed``: lines of renewal agreements (item, before, after), the oldest first.

    A line counts only where it began from the price at hand, so that what was amended since stands.
    """
    now = dict(values)
    for line in renewed:
        after = line.get("after")
        if isinstance(after, Decimal):
            _set_price(now, str(line.get("item")), line.get("before"), after)
    return now


def _set_price(now: dict[str, Value], item: str, before: Scalar, after: Decimal) -> None:
    for name, label in _SINGLE.items():
        if label == item and now.get(name) == before:
            now[name] = after
    for table, _, price in _TABLES:
        rows = _rows(now.get(table))
        if any(_item(table, r) == item and r.get(price) == before for r in rows):
            now[table] = tuple({**r, price: after} if _item(table, r) == item and r.get(price) == before else r for r in rows)


def _item(table: str, row: Row) -> str:
    """How the line of a priced row is named in a renewal agreement."""
    label = next(label for name, label, _ in _TABLES if name == table)
    return label.format_map(dict(row))


def _rows(value: Value) -> tuple[Row, ...]:
    return tuple(r for r in value if isinstance(r, Mapping)) if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is asked for. ``rise_pct`` on account of the renewal, ``index_pct`` on account of the published index whose own rise was
    ``published_pct`` (``source``: where it was published). Percentages of the price without tax."""

    rise_pct: Decimal = Decimal(0)
    index_pct: Decimal = Decimal(0)
    published_pct: Decimal | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class PricedLine:
    item: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class RenewalPrice:
    """The renewed prices without tax, how they came about, and what the contract does not allow (empty: allowed). ``basis``: how the
    agreement words the ground of the change, empty where nothing changes."""

    total_pct: Decimal
    lines: tuple[PricedLine, ...]
    reasoning: tuple[str, ...]
    faults: tuple[str, ...]
    basis: str = ""

    def rows(self) -> tuple[Row, ...]:
        """Lines of the renewal agreement's table of prices (brief C2)."""
        rate = _plain(self.total_pct)
        return tuple(
            {
                "item": x.item,
                "before": x.before,
                "working": f"{x.before:,.2f}×（1＋{rate}%）",
                "rate": self.total_pct,
                "after": x.after,
            }
            for x in self.lines
        )

    @property
    def before(self) -> Decimal:
        return sum((line.before for line in self.lines), Decimal(0))

    @property
    def after(self) -> Decimal:
        return sum((line.after for line in self.lines), Decimal(0))


def renewal_price(prices: Mapping[str, Decimal], terms: RenewalTerms, proposal: Proposal) -> RenewalPrice:
    """``prices``: item → yuan without tax. A part of a fen is dropped, so that rounding never breaks the cap.

    Raises ``renewal.price`` for a percentage that is no number.
    """
    if not all(p.is_finite() for p in (proposal.rise_pct, proposal.index_pct, proposal.published_pct or Decimal(0))):
        raise ContractError("renewal.price", "调价幅度应为数字。")
    total = proposal.rise_pct + proposal.index_pct
    lines = tuple(PricedLine(item, price, _raised(price, total)) for item, price in prices.items())
    reasoning, faults = tuple(_reasoning(terms, proposal, total, lines)), tuple(_faults(terms, proposal, total))
    return RenewalPrice(total, lines, reasoning, faults, _basis(proposal) if total else "")


def _basis(proposal: Proposal) -> str:
    parts = [f"双方协商的续约调价{_plain(proposal.rise_pct)}%"] if proposal.rise_pct else []
    if proposal.index_pct and proposal.published_pct is not None:
        parts.append(
            f"{proposal.source.strip()}公布的涨幅{_plain(proposal.published_pct)}%，据以调价{_plain(proposal.index_pct)}%"
        )
    return "；".join(parts) + "（以不含税价格为基数，不足一分的舍去）"


def _raised(price: Decimal, pct: Decimal) -> Decimal:
    return (price * (100 + pct) / 100).quantize(FEN, ROUND_DOWN)


def _faults(terms: RenewalTerms, proposal: Proposal, total: Decimal) -> list[str]:
    faults = []
    if terms.price is PriceRule.SAME and total != 0:
        faults.append("第11.3节约定续约价格不变；要调整的，先以补充协议修改该约定。")
    if total > terms.cap_pct:
        faults.append(f"合计上调{_plain(total)}%，超过第8.3节的年度调价上限{_plain(terms.cap_pct)}%。")
    if proposal.index_pct:
        if terms.index == "none":
            faults.append("本合同未约定调价指数，不能以指数调价（第8.3节）。")
        elif proposal.published_pct is None or not proposal.source.strip():
            faults.append("以指数调价的，应当写明公布的涨幅和出处。")
        elif proposal.index_pct > max(proposal.published_pct, Decimal(0)):
            faults.append(f"指数调价{_plain(proposal.index_pct)}%超过公布的涨幅{_plain(proposal.published_pct)}%（第8.3节）。")
    return faults


def _reasoning(terms: RenewalTerms, proposal: Proposal, total: Decimal, lines: tuple[PricedLine, ...]) -> list[str]:
    said = [f"续约价格规则：{terms.price.label}；年度调价上限{_plain(terms.cap_pct)}%（第8.3节）"]
    if proposal.index_pct and proposal.published_pct is not None:
        said.append(f"指数调价{_plain(proposal.index_pct)}%，公布涨幅{_plain(proposal.published_pct)}%，出处：{proposal.source}")
    said.append(f"续约调价{_plain(proposal.rise_pct)}%，与指数调价合计{_plain(total)}%，以不含税单价为基数，不足一分的舍去")
    said += [f"{x.item}：{x.before:,.2f}元 ×（1 + {_plain(total)}%）= {x.after:,.2f}元" for x in lines]
    return said


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
