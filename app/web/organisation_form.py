"""The form of an organisation: as it was entered, so that nothing is lost, and as master data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.domain.errors import ContractError, InputFault
from app.domain.organisations import LABELS, BankAccount, Licence, Organisation, Person, ServiceAddress

PARTS: Mapping[str, type[Any]] = {
    "addresses": ServiceAddress, "bank_accounts": BankAccount, "licences": Licence, "contacts": Person,
}  # fmt: skip
SCALARS = ("name", "uscc", "legal_representative", "registered_address", "size_class", "note")
COLUMNS = {group: tuple(f.name for f in fields(kind)) for group, kind in PARTS.items()}
DATES = ("valid_from", "valid_until")
MOST_ROWS = 200
_KEY = re.compile(r"(addresses|bank_accounts|licences|contacts)-(\d{1,4})-([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands in the form: text by field, and rows of text by part; blank rows are gone."""

    scalars: Mapping[str, str]
    own: bool
    rows: Mapping[str, tuple[Mapping[str, str], ...]]

    def details(self) -> tuple[Organisation, tuple[InputFault, ...]]:
        """As master data, and what can't be read as such (dates)."""
        faults: list[InputFault] = []
        whole: dict[str, Any] = {**self.scalars, "own": self.own}
        for group in PARTS:
            whole[group] = tuple(self._part(group, place, faults) for place in range(len(self.rows[group])))
        return Organisation(**whole), tuple(faults)

    def _part(self, group: str, place: int, faults: list[InputFault]) -> Any:
        cells: dict[str, Any] = dict(self.rows[group][place])
        for name in DATES if group == "licences" else ():
            cells[name] = _day(cells[name], place, faults)
        return PARTS[group](**cells)


def from_form(form: MultiDict[str, str]) -> Entered:
    cells: dict[str, dict[int, dict[str, str]]] = {group: {} for group in PARTS}
    for key, value in form.items():
        found = _KEY.fullmatch(key)
        if found and found[3] in COLUMNS[found[1]]:
            cells[found[1]].setdefault(int(found[2]), {})[found[3]] = value
    rows = {group: _rows(group, (row for _place, row in sorted(there.items()))) for group, there in cells.items()}
    return Entered({name: form.get(name, "") for name in SCALARS}, form.get("own") == "1", rows)


def from_details(details: Organisation) -> Entered:
    rows = {group: _rows(group, (_texts(part) for part in getattr(details, group))) for group in PARTS}
    return Entered({name: getattr(details, name) for name in SCALARS}, details.own, rows)


def written(entered: Entered) -> str:
    """For a hidden field: what the form showed when it was opened."""
    return json.dumps({**entered.scalars, "own": entered.own, **entered.rows}, ensure_ascii=False)


def read_back(text: str) -> Entered:
    """The inverse of ``written``. Raises ``form.base`` for anything else."""
    try:
        data = json.loads(text)
        rows = {group: _rows(group, data[group]) for group in PARTS}
        return Entered({name: str(data[name]) for name in SCALARS}, data["own"] is True, rows)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ContractError("form.base", _("提交的内容不完整，请刷新页面后重试。")) from error


def _rows(group: str, rows: Iterable[Mapping[str, str]]) -> tuple[Mapping[str, str], ...]:
    """Complete rows of text; those in which nothing but a choice was made are left out."""
    whole = ({name: str(row.get(name, "")) for name in COLUMNS[group]} for row in rows)
    return tuple(row for row in whole if any(v.strip() for k, v in row.items() if (group, k) != ("addresses", "kind")))[
        :MOST_ROWS
    ]


def _texts(part: Any) -> dict[str, str]:
    return {f.name: "" if (value := getattr(part, f.name)) is None else str(value) for f in fields(part)}


def _day(text: str, place: int, faults: list[InputFault]) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        faults.append(InputFault(f"licences[{place}]", LABELS["licences"], f"“{text[:20]}”不是有效日期", "2027-01-31 的样子"))
        return None
