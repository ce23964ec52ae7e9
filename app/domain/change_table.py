"""What an amendment's paper says of its operations: the articles, the table of old against new words, and what else changes.

One article for each place. Rows of one table share an article and stand one by one in the table of comparison; values that
print nowhere have an article of their own, so that nothing agreed is missing from the paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.amendment import (
    AddRow,
    Assign,
    Delete,
    DropRow,
    Insert,
    Operation,
    Reword,
    SetLine,
    SetLines,
    SetRow,
    Standing,
    Substitute,
)
from app.domain.numbering import reference_labels
from app.domain.outline import titled
from app.domain.presentation import present
from app.domain.tables import present_cell
from app.domain.tree import FilledValue, FormRow, Instrument, Level, Provision, Table, TableRow, plain
from app.domain.variables import Row, Value, Variable, VariableSet, VariableType, is_blank

SAID_BY: Mapping[str, str] = {"fees.price_rows": "fees.price_table"}
"""Tables that are typed in, and the printed table computed from each, which says the change already."""
UNCHANGED = "不变"
NONE = "无"
KINDS = {
    "reword": "修改", "substitute": "代替", "delete": "删除", "insert": "增加", "table": "修改", "line": "修改", "value": "修改",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChangeItem:
    """One article of an amendment. ``operations``: places in the list of operations that it states."""

    kind: str
    place: str
    anchor: str = ""
    label: str = ""
    before: str = ""
    after: str = ""
    operations: tuple[int, ...] = ()

    def row(self) -> Row:
        return {
            "kind": self.kind, "place": self.place, "anchor": self.anchor or None, "label": self.label or None,
            "before": self.before or None, "after": self.after or None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the table of comparison (对照表)."""

    place: str
    how: str
    before: str
    after: str


@dataclass(slots=True)
class _Writer:
    before: Standing
    after: Standing
    variables: VariableSet
    items: list[ChangeItem] = field(default_factory=list)
    lines: list[Comparison] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.old, self.new = reference_labels(self.before.instrument), reference_labels(self.after.instrument)
        self.headings = _headings(self.before.instrument)
        self.tables = _tables(self.before.instrument)
        self.later = _tables(self.after.instrument)

    old: Mapping[str, tuple[str, str]] = field(init=False)
    new: Mapping[str, tuple[str, str]] = field(init=False)
    headings: Mapping[str, tuple[str, str]] = field(init=False)
    tables: Mapping[str, tuple[str, Table]] = field(init=False)
    later: Mapping[str, tuple[str, Table]] = field(init=False)

    def write(self, operations: Sequence[Operation]) -> None:
        tables: dict[str, list[int]] = {}
        for place, operation in enumerate(operations):
            if isinstance(operation, SetRow | AddRow | DropRow):
                tables.setdefault(operation.table, []).append(place)
        told: set[str] = set()
        for place, operation in enumerate(operations):
            match operation:
                case Reword() | Substitute() | Delete() | Insert():
                    self._provision(operation, place)
                case SetRow(table=table) | AddRow(table=table) | DropRow(table=table):
                    if table not in told:
                        told.add(table)
                        self._table(table, operations, tuple(tables[table]))
                case SetLine(place=line):
                    self._line(line, place)
                case SetLines(block=block, rows=rows):
                    self._block(block, rows, place)
                case Assign():
                    self._value(operation, place)

    def _provision(self, operation: Reword | Substitute | Delete | Insert, place: int) -> None:
        match operation:
            case Reword(provision=where):
                kind, label = "reword", self.old[where][0]
                before, after = self._own(self.before, where), self._own(self.after, where)
            case Substitute(provision=where, by=by):
                kind, label = "substitute", self.old[where][0]
                before, after = self._whole(self.before, where), _written(by, top=True)
            case Delete(provision=where):
                kind, label, before, after = "delete", self.old[where][0], self._whole(self.before, where), ""
            case Insert(provision=inserted):
                kind, label, before, after = "insert", self.new[inserted.id][0], "", _written(inserted, top=True)
        anchor = self.new[operation.after][0] if isinstance(operation, Insert) and operation.after else ""
        self.items.append(ChangeItem(kind, label, anchor, "", before, after, (place,)))
        self.lines.append(Comparison(label, KINDS[kind], before or "—", after or "（删除）"))

    def _own(self, standing: Standing, where: str) -> str:
        found = standing.instrument.provision(where)
        return titled(found.title, found.text) if found is not None else ""

    def _whole(self, standing: Standing, where: str) -> str:
        found = standing.instrument.provision(where)
        return _written(found, top=True) if found is not None else ""

    def _table(self, name: str, operations: Sequence[Operation], places: tuple[int, ...]) -> None:
        holder, table = self.tables[name]
        rows, later = {r.id: r for r in table.rows}, {r.id: r for r in self.later[name][1].rows}
        label = self.old[holder][0]
        counts = {"修改": 0, "增加": 0, "删除": 0}
        for place in places:
            match operations[place]:
                case SetRow(row=row, cells=cells):
                    how, old, new = "修改", rows.get(row), cells
                    before, after = _changed_cells(table, old.cells if old else (), new)
                case AddRow(row=added):
                    how, before, after = "增加", "—", _cells(table, later.get(added.id, added))
                case DropRow(row=row):
                    how, before, after = "删除", _cells(table, rows[row]) if row in rows else "", "（删除）"
                case _:
                    continue
            counts[how] += 1
            self.lines.append(Comparison(f"{label}“{table.caption}”", how, before, after))
        summary = "、".join(f"{how}{count}行" for how, count in counts.items() if count)
        self.items.append(ChangeItem("table", label, "", table.caption, "", summary, places))

    def _line(self, line: str, place: int) -> None:
        home, label = self.headings.get(line, ("首部", "鉴于部分"))
        before, after = _line_text(self.before.instrument, line), _line_text(self.after.instrument, line)
        self.items.append(ChangeItem("line", home, "", label, before, after, (place,)))
        self.lines.append(Comparison(f"{home}“{label}”", "修改", before or "—", after))

    def _block(self, block: str, rows: tuple[FormRow, ...], place: int) -> None:
        home = next((b.heading for b in self.before.instrument.parties if b.id == block), "封面")
        old = (
            self.before.instrument.cover
            if home == "封面"
            else next(b.rows for b in self.before.instrument.parties if b.id == block)
        )
        before, after = (_rows_text(r) for r in (old, rows))
        self.items.append(ChangeItem("line", home, "", "全部信息", before, after, (place,)))
        self.lines.append(Comparison(home, "修改", before, after))

    def _value(self, operation: Assign, place: int) -> None:
        """Only what no printed place shows; everything else stands in the words that print it."""
        variable = self.variables.get(operation.variable)
        printed = _printed(self.after.instrument) | _printed(self.before.instrument)
        if operation.derived or variable is None or {operation.variable, SAID_BY.get(operation.variable)} & printed:
            return
        old, new = (s.answers.get(operation.variable) for s in (self.before, self.after))
        if variable.type is VariableType.TABLE:
            before, after = _differing_rows(variable, old, new), _differing_rows(variable, new, old)
        else:
            before, after = (_shown(self.variables, operation.variable, v) for v in (old, new))
        self.items.append(ChangeItem("value", "相关约定", "", variable.label, before, after, (place,)))
        self.lines.append(Comparison(f"“{variable.label}”", "修改", before, after))


@dataclass(frozen=True, slots=True)
class Changes:
    """Articles and lines of comparison of one amendment, in reading order."""

    items: tuple[ChangeItem, ...]
    lines: tuple[Comparison, ...]

    def item_rows(self) -> tuple[Row, ...]:
        return tuple(i.row() for i in self.items)

    def comparison_rows(self) -> tuple[Row, ...]:
        return tuple(
            {"no": str(n), "place": x.place, "how": x.how, "before": x.before, "after": x.after}
            for n, x in enumerate(self.lines, 1)
        )

    def articles(self, operations: Sequence[Operation]) -> tuple[str, ...]:
        """For each operation the article that states it (第3条); empty for values that only follow."""
        found = [""] * len(operations)
        for number, item in enumerate(self.items, 1):
            for place in item.operations:
                found[place] = f"第{number}条"
        return tuple(found)


def changes_of(before: Standing, after: Standing, operations: Sequence[Operation], variables: VariableSet) -> Changes:
    writer = _Writer(before, after, variables)
    writer.write(operations)
    return Changes(tuple(writer.items), tuple(writer.lines))


# ---- what else changes (brief C1, 4)

_IMPACT: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("合同总价（不含税）", ("fees.total_excl_tax",)),
    ("税额", ("fees.total_tax",)),
    ("合同总价（含税）", ("fees.total_incl_tax",)),
    ("固定月费", ("fees.monthly_fixed",)),
    ("超量单价", ("fees.unit_price_ticket",)),
    ("服务响应时限", ("sla.response_hours",)),
    ("合同期限", ("term.start_date", "term.end_date")),
    ("个人信息处理角色", ("privacy.role",)),
)
_SERVICE_LEVELS = ("sla.", "perf.", "maint.availability")
_PRIVACY = ("privacy.", "data.")


def impact_rows(before: Standing, after: Standing, operations: Sequence[Operation], variables: VariableSet) -> tuple[Row, ...]:
    """Fees, tax, service levels, annexes, personal information and term before and after; what stays says so."""
    rows: list[Row] = []
    for item, names in _IMPACT:
        known = [n for n in names if n in variables]
        old, new = (
            "至".join(_shown(variables, n, s.answers.get(n)) for n in known if not is_blank(s.answers.get(n))) or NONE
            for s in (before, after)
        )
        if known and (old, new) != (NONE, NONE):
            rows.append({"item": item, "before": old, "after": UNCHANGED if old == new else new})
    levels = [
        n for n in _changed(before, after) if n.startswith(_SERVICE_LEVELS) and n in variables and n != "sla.response_hours"
    ]
    rows += [
        {"item": f"服务级别：{variables[n].label}", "before": _shown(variables, n, before.answers.get(n)),
         "after": _shown(variables, n, after.answers.get(n))}
        for n in levels if variables[n].type is not VariableType.TABLE
    ]  # fmt: skip
    touched = _touched_annexes(before.instrument, operations)
    for section in before.instrument.annexes():
        new = f"变更{touched[section.id]}行" if touched.get(section.id) else UNCHANGED
        rows.append({"item": f"{section.annex} {section.title}", "before": "原版本", "after": new})
    private = any(n.startswith(_PRIVACY) for n in _changed(before, after))
    rows.append({"item": "个人信息处理", "before": "原约定", "after": "按本协议变更" if private else UNCHANGED})
    return tuple(rows)


def touches(before: Standing, after: Standing, operations: Sequence[Operation]) -> Mapping[str, bool]:
    """Which of the matters that need words of their own an amendment touches: fees, privacy, disputes."""
    changed = _changed(before, after)
    places = {s.id: {p.id for p in s.walk()} for s in before.instrument.sections()}
    hit = {p for o in operations for p in (getattr(o, "provision", None), getattr(o, "parent", None)) if isinstance(p, str)}

    def section(*numbers: str) -> bool:
        return any(hit & (places.get(f"s.{n}", set()) | {f"s.{n}"}) for n in numbers)

    return {
        "fees": any(n.startswith(("fees.", "tax.", "pay.", "adjust.")) for n in changed) or section("8.1", "8.2", "8.3"),
        "privacy": any(n.startswith(_PRIVACY) for n in changed) or section("7.2"),
        "dispute": any(n.startswith(("dispute.", "law.")) for n in changed) or section("10.1", "10.2"),
    }


def _changed(before: Standing, after: Standing) -> tuple[str, ...]:
    old, new = before.answers.values, after.answers.values
    return tuple(sorted(n for n in {*old, *new} if old.get(n) != new.get(n)))


def _touched_annexes(instrument: Instrument, operations: Iterable[Operation]) -> dict[str, int]:
    homes = {p.table.id: s.id for s in instrument.annexes() for p in s.walk() if p.table is not None}
    found: dict[str, int] = {}
    for operation in operations:
        if isinstance(operation, SetRow | AddRow | DropRow) and operation.table in homes:
            home = homes[operation.table]
            found[home] = found.get(home, 0) + 1
    return found


# ---- words


def _written(provision: Provision, *, top: bool = False) -> str:
    """A provision with everything below it as running text: its own words, then each below with its number."""
    own = titled(provision.title, provision.text)
    head = own if top else f"{provision.number}{'' if provision.level is Level.ITEM else ' '}{own}"
    lines = [head, *(_written(c) for c in provision.children)]
    if provision.table is not None:
        lines += [
            "；".join(f"{c.label}：{cell}" for c, cell in zip(provision.table.columns, r.cells, strict=True))
            for r in provision.table.rows
        ]
    return "\n".join(lines)


def _cells(table: Table, row: TableRow) -> str:
    return "；".join(f"{c.label}：{cell}" for c, cell in zip(table.columns, row.cells, strict=True))


def _changed_cells(table: Table, old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, str]:
    """The first cell that names the row, and the cells that differ, on both sides."""
    differing = [i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b]
    shown = sorted({0, *differing, *([1] if 0 in differing and len(new) > 1 else [])})

    def side(cells: tuple[str, ...]) -> str:
        return "；".join(f"{table.columns[i].label}：{cells[i]}" for i in shown if i < len(cells))

    return side(old), side(new)


def _headings(instrument: Instrument) -> dict[str, tuple[str, str]]:
    found = {r.id: ("封面", r.label) for r in instrument.cover}
    for block in instrument.parties:
        found |= {r.id: (block.heading, r.label) for r in block.rows}
    return found


def _line_text(instrument: Instrument, line: str) -> str:
    if line == "preamble":
        return plain(instrument.preamble)
    rows = (*instrument.cover, *(r for b in instrument.parties for r in b.rows))
    return next((r.text for r in rows if r.id == line), "")


def _rows_text(rows: tuple[FormRow, ...]) -> str:
    return "；".join(f"{r.label}：{r.text}" for r in rows)


def _differing_rows(variable: Variable, rows: Value, other: Value) -> str:
    """The rows of a table that print nowhere and that the other side does not have."""
    known = other if isinstance(other, tuple) else ()
    found = [row for row in rows if isinstance(row, Mapping) and row not in known] if isinstance(rows, tuple) else []
    said = (
        "；".join(f"{c.label}：{present_cell(c, row[c.key])}" for c in variable.columns if row.get(c.key) is not None)
        for row in found
    )
    return "。".join(said) or NONE


def _tables(instrument: Instrument) -> dict[str, tuple[str, Table]]:
    found: dict[str, tuple[str, Table]] = {}
    for provision in instrument.provisions():
        if provision.table is not None:
            found.setdefault(provision.table.id, (provision.id, provision.table))
    return found


def _printed(instrument: Instrument) -> frozenset[str]:
    names = {s.variable for _, s in instrument.spans() if isinstance(s, FilledValue)}
    return frozenset(names | {p.table.id for p in instrument.provisions() if p.table is not None})


def _shown(variables: VariableSet, name: str, value: Value) -> str:
    variable = variables.get(name)
    if variable is None or is_blank(value):
        return NONE
    if variable.type is VariableType.TABLE:
        return f"{len(value)}行" if isinstance(value, tuple) else NONE
    return present(variable, value)
