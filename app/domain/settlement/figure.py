"""A figure with its working: the clause it rests on, the variable or the input, and the figures it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.presentation import money_digits, number

YUAN = "元"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a sheet. ``how``: its formula in words; ``clause``: id of a provision or a citation code; ``variable``: where the
    contract keeps it; ``source``: the report or voucher for an input. ``parts``: what it was made from, the last leaves being
    variables and inputs. ``value`` None: nothing to be counted, ``how`` says why."""

    label: str
    value: Decimal | None
    unit: str = YUAN
    how: str = ""
    clause: str = ""
    variable: str = ""
    source: str = ""
    parts: tuple[Figure, ...] = ()

    @property
    def text(self) -> str:
        if self.value is None:
            return "—"
        return f"{money_digits(self.value)}元" if self.unit == YUAN else f"{number(self.value)}{self.unit}"

    def walk(self) -> Iterator[Figure]:
        yield self
        for part in self.parts:
            yield from part.walk()


def agreed(label: str, value: Decimal | int, variable: str, clause: str, unit: str = YUAN) -> Figure:
    """A leaf that the contract says."""
    return Figure(label, Decimal(value), unit, "合同约定", clause, variable)


def entered(label: str, value: Decimal | int, source: str, unit: str = "", clause: str = "") -> Figure:
    """A leaf that somebody entered. ``source``: the report it stands in."""
    return Figure(label, Decimal(value), unit, "录入数据", clause, source=source)


def plain_figure(figure: Figure) -> dict[str, Any]:
    """For storage; empty fields are left out. ``read_figure`` reads it back equal."""
    found: dict[str, Any] = {
        "label": figure.label,
        "value": None if figure.value is None else str(figure.value),
        "unit": figure.unit,
    }
    found |= {k: v for k in ("how", "clause", "variable", "source") if (v := getattr(figure, k))}
    if figure.parts:
        found["parts"] = [plain_figure(p) for p in figure.parts]
    return found


def read_figure(data: Mapping[str, Any]) -> Figure:
    value = data.get("value")
    return Figure(
        data["label"], None if value is None else Decimal(value), data["unit"], data.get("how", ""), data.get("clause", ""),
        data.get("variable", ""), data.get("source", ""), tuple(read_figure(p) for p in data.get("parts", ())),
    )  # fmt: skip
