"""What a view of the register is made of, and its plain form: as it stands in addresses, in saved views and on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from app.domain.errors import InputFault
from app.domain.lifecycle import Flag, Stage
from app.domain.searching import LONGEST_QUERY
from app.services.register import Filter, Order
from app.store.register import Range, SortKey

Column = SortKey
"""Every column can be sorted by."""
COLUMN_LABELS: Mapping[Column, str] = {
    Column.NUMBER: "合同编号",
    Column.TITLE: "合同名称",
    Column.PARTY_A: "甲方",
    Column.PARTY_B: "乙方",
    Column.STAGE: "阶段",
    Column.OWNER: "负责人",
    Column.VALUE: "合同总额（元）",
    Column.EFFECT: "生效日",
    Column.LAST_DAY: "届满日",
    Column.FORM: "合同类型",
    Column.CONFIDENTIAL: "保密",
    Column.CREATED: "登记时间",
    Column.UPDATED: "最近修改",
}
USUAL = (
    Column.NUMBER, Column.TITLE, Column.PARTY_A, Column.PARTY_B, Column.STAGE, Column.OWNER, Column.VALUE, Column.LAST_DAY, Column.UPDATED,
)  # fmt: skip
NEWEST_FIRST = frozenset({Column.VALUE, Column.EFFECT, Column.LAST_DAY, Column.CONFIDENTIAL, Column.CREATED, Column.UPDATED})
"""Columns that begin with the largest when they are chosen."""
_MONEY = re.compile(r"-?\d{1,13}(\.\d{1,2})?")
_TEXT_LIMIT = 100
Plain = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Settings:
    """Filter, order and columns; the number is always the first column."""

    filter: Filter = field(default_factory=Filter)
    order: Order = field(default_factory=Order)
    columns: tuple[Column, ...] = USUAL


def read_settings(plain: Plain) -> tuple[Settings, tuple[InputFault, ...]]:
    """Settings from their plain form. What can't be used is a fault and left out; unknown names are ignored."""
    faults: list[InputFault] = []

    def one(name: str, limit: int = _TEXT_LIMIT) -> str:
        return (plain.get(name) or [""])[0].replace("\x00", "").strip()[:limit]

    def limits(name: str, label: str, parse: Callable[[str], Any], allowed: str) -> Range:
        ends: list[Any] = []
        for end, word in (("from", "起"), ("to", "止")):
            typed = one(f"{name}_{end}")
            try:
                ends.append(parse(typed) if typed else None)
            except (ValueError, InvalidOperation):
                faults.append(InputFault(f"{name}_{end}", f"{label}（{word}）", f"“{typed[:40]}”无法识别", allowed))
                ends.append(None)
        low, high = ends
        if low is not None and high is not None and low > high:
            faults.append(InputFault(f"{name}_from", label, "起大于止，查不到任何合同"))
        return Range(low, high)

    found = Filter(
        text=one("q", LONGEST_QUERY + 1),
        stages=frozenset(s for s in Stage if s.value in plain.get("stage", ())),
        flags=frozenset(f for f in Flag if f.value in plain.get("flag", ())),
        party=one("party"),
        owner=one("owner"),
        form=one("form"),
        confidential={"yes": True, "no": False}.get(one("confidential")),
        value=limits("value", "合同总额", _money, "不超过两位小数的金额，例如 100,000.00"),
        effect=limits("effect", "生效日", date.fromisoformat, "日期，例如 2026-11-22"),
        last_day=limits("last", "届满日", date.fromisoformat, "日期，例如 2026-11-22"),
    )
    key = next((k for k in SortKey if k.value == one("sort")), None)
    order = Order() if key is None else Order(key, one("dir") != "up" if one("dir") else key in NEWEST_FIRST)
    chosen = tuple(c for c in Column if c.value in plain.get("col", ()))
    columns = tuple(dict.fromkeys((Column.NUMBER, *chosen))) if chosen else USUAL
    return Settings(found, order, columns), tuple(faults)


def plain_settings(settings: Settings) -> dict[str, list[str]]:
    """The plain form; what is at its usual value is left out."""
    wanted, order = settings.filter, settings.order
    found: dict[str, list[str]] = {
        "q": [wanted.text],
        "stage": [s.value for s in Stage if s in wanted.stages],
        "flag": [f.value for f in Flag if f in wanted.flags],
        "party": [wanted.party],
        "owner": [wanted.owner],
        "form": [wanted.form],
        "confidential": ["" if wanted.confidential is None else "yes" if wanted.confidential else "no"],
    }
    for name, limits in (("value", wanted.value), ("effect", wanted.effect), ("last", wanted.last_day)):
        for end, value in (("from", limits.low), ("to", limits.high)):
            found[f"{name}_{end}"] = ["" if value is None else str(value)]
    if order != Order():
        found |= {"sort": [order.key.value], "dir": ["down" if order.descending else "up"]}
    if settings.columns != USUAL:
        found["col"] = [c.value for c in settings.columns]
    return {name: values for name, values in found.items() if any(values)}


def _money(text: str) -> Decimal:
    bare = text.replace(",", "").replace("，", "")
    if not _MONEY.fullmatch(bare):
        raise ValueError(text)
    return Decimal(bare)
