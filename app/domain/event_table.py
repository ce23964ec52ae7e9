"""A table of events from outside: cells as text → rows, with every fault of every row at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from app.domain.errors import InputFault
from app.domain.obligation_events import event_named
from app.domain.term import BEIJING

HEADS = ("合同编号", "事件", "日期", "时刻", "对象", "说明", "严重等级")
REQUIRED = ("事件", "日期")
MOST = 5_000


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event; ``number``: its row from 1 as the spreadsheet shows it, ``contract``: number, empty where the whole table is of one."""

    number: int
    contract: str
    kind: str
    day: date
    moment: datetime | None
    subject: str
    note: str
    level: str = ""


@dataclass(frozen=True, slots=True)
class EventTable:
    rows: tuple[EventRow, ...]
    faults: tuple[InputFault, ...]


def read_event_table(cells: Sequence[Sequence[str]], *, one_contract: bool = False) -> EventTable:
    """The first row has the heads, in any order. ``one_contract``: the number may be missing."""
    heads = [c.strip().removesuffix("*").strip() for c in cells[0]] if cells else []
    required = REQUIRED if one_contract else ("合同编号", *REQUIRED)
    faults = [InputFault(head, head, "缺少这一列", line=1) for head in required if head not in heads]
    faults += [InputFault(h, h, "没有这一列，请删除或者改用模板的表头", line=1) for h in heads if h and h not in HEADS]
    if faults:
        return EventTable((), tuple(faults))
    places = {head: heads.index(head) for head in HEADS if head in heads}
    rows: list[EventRow] = []
    for number, line in enumerate(cells[1:], 2):
        values = {head: line[at].strip() if at < len(line) else "" for head, at in places.items()}
        if any(values.values()):
            row, wrong = _row(number, values, one_contract=one_contract)
            faults += wrong
            rows += [row] if row is not None else []
    if not rows and not faults:
        faults.append(InputFault("rows", "表格", "表头以下没有内容", line=2))
    if len(rows) > MOST:
        faults.append(InputFault("rows", "表格", f"行数过多，一次不超过{MOST}行"))
    return EventTable(tuple(rows), tuple(faults))


def _row(number: int, values: dict[str, str], *, one_contract: bool) -> tuple[EventRow | None, list[InputFault]]:
    faults = []
    contract, said = values.get("合同编号", ""), values.get("事件", "")
    if not contract and not one_contract:
        faults.append(InputFault("合同编号", "合同编号", "未填写", line=number))
    kind = event_named(said)
    if kind is None:
        faults.append(InputFault("事件", "事件", f"“{said[:40]}”不是已知的事件" if said else "未填写", "见模板“事件”表", number))
    day, moment = _day(values.get("日期", "")), None
    if day is None:
        faults.append(InputFault("日期", "日期", f"“{values.get('日期', '')[:40]}”不是有效的日期", "2027-03-01", number))
    clock = values.get("时刻", "")
    if clock and day is not None:
        found = _time(clock)
        if found is None:
            faults.append(InputFault("时刻", "时刻", f"“{clock[:20]}”不是有效的时刻", "14:30", number))
        else:
            moment = datetime.combine(day, found, BEIJING)
    if faults or kind is None or day is None:
        return None, faults
    return EventRow(
        number,
        contract,
        kind.name,
        day,
        moment,
        values.get("对象", ""),
        values.get("说明", "")[:2000],
        values.get("严重等级", "").upper(),
    ), []


def _day(text: str) -> date | None:
    plain = text.strip().replace("/", "-").replace(".", "-").replace("年", "-").replace("月", "-").removesuffix("日")
    parts = plain.split(" ")[0].split("-")
    try:
        year, month, day = (int(p) for p in parts)
        return date(year, month, day)
    except ValueError:
        return None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text if len(text.partition(":")[0]) == 2 else f"0{text}")
    except ValueError:
        return None
