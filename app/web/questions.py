"""Questions as the page shows them: which control, what stands in it, what the form says about it, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from flask_babel import gettext as _

from app.domain.answers import Reading
from app.domain.errors import InputFault
from app.domain.presentation import number, present
from app.domain.typed_values import allowed_range
from app.domain.variables import Column, Contact, FillStage, Variable, VariableType, is_blank
from app.services.questionnaire import Group, applies, must_answer
from app.web.pages import printable

MAX_ROWS = 60
"""A longer table is not edited row by row; it comes from a workbook."""
RADIO_OPTIONS = 3
RADIO_WIDTH = 18
CONTACT_FIELDS = (("name", "姓名"), ("title", "职务"), ("phone", "电话"), ("email", "邮箱"))
_KINDS = {
    VariableType.BOOL: "choice", VariableType.ENUM: "choice", VariableType.MULTI_ENUM: "many", VariableType.LIST: "list",
    VariableType.CONTACT: "contact", VariableType.TABLE: "table",
}  # fmt: skip
_FIGURES = (VariableType.INT, VariableType.DECIMAL, VariableType.PERCENT, VariableType.MONEY)


class Entries(Protocol):
    """What was entered and how it reads: a draft's answers, or a paper's."""

    @property
    def raw(self) -> Mapping[str, Any]: ...
    @property
    def reading(self) -> Reading: ...
    @property
    def revisions(self) -> Mapping[str, int]: ...
    def faults_of(self, name: str) -> tuple[InputFault, ...]: ...


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class RowView:
    """A table row as text by column key."""

    cells: Mapping[str, str]
    summary: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``kind`` is the control: text, area, date, choice, many, list, contact, table."""

    variable: Variable
    kind: str
    applies: bool
    given: bool
    needed: bool
    text: str
    choices: tuple[Choice, ...]
    rows: tuple[RowView, ...]
    row_count: int
    contact: Mapping[str, str]
    faults: tuple[str, ...]
    revision: int
    """The draft's revision that set the answer; 0 where there never was one."""

    @property
    def radio(self) -> bool:
        labels = [c.label for c in self.choices]
        return len(labels) <= RADIO_OPTIONS and sum(map(len, labels)) <= RADIO_WIDTH

    @property
    def unit(self) -> str:
        return "" if self.variable.unit in ("", "-") else self.variable.unit

    @property
    def figure(self) -> bool:
        return self.variable.type in _FIGURES

    @property
    def range(self) -> str:
        """What may be entered, where the control itself does not show it."""
        return "" if self.choices else allowed_range(self.variable)

    @property
    def default(self) -> str:
        """The default as the contract prints it; empty for tables and where there is none."""
        v = self.variable
        return "" if v.default is None or v.type is VariableType.TABLE else present(v, v.default)

    @property
    def at_signing(self) -> bool:
        return self.variable.stage is FillStage.SIGNING

    @property
    def too_long(self) -> bool:
        return self.row_count > MAX_ROWS


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    section: str
    title: str
    questions: tuple[Question, ...]


def group_view(group: Group, view: Entries) -> QuestionGroup:
    return QuestionGroup(group.section, group.title, tuple(question(v, view) for v in group.variables))


def question(variable: Variable, view: Entries) -> Question:
    raw = view.raw.get(variable.name)
    value = view.reading.answers.get(variable.name)
    faults = view.faults_of(variable.name)
    shown: Any = raw if raw is not None and (faults or is_blank(value)) else value
    rows = _rows(variable, shown) if variable.type is VariableType.TABLE else ()
    return Question(
        variable=variable,
        kind=_kind(variable, shown),
        applies=applies(variable, view.reading.answers.values),
        given=raw is not None,
        needed=must_answer(variable),
        text=shown_text(variable, shown),
        choices=_choices(variable, shown),
        rows=rows[:MAX_ROWS],
        row_count=len(rows),
        contact=_contact(shown),
        faults=tuple(fault_text(f) for f in faults),
        revision=view.revisions.get(variable.name, 0),
    )


def fault_text(fault: InputFault) -> str:
    parts = [fault.problem]
    if fault.allowed:
        parts.append(_("应为：%(allowed)s", allowed=fault.allowed))
    if fault.suggestion:
        parts.append(_("是否想写“%(suggestion)s”？", suggestion=fault.suggestion))
    return printable("。".join(parts))


def state(question: Question) -> dict[str, Any]:
    """What a page must know about a question after an answer was saved."""
    plain = question.kind in ("text", "area", "date", "choice")
    chosen = next((c.value for c in question.choices if c.chosen), "")
    return {
        "applies": question.applies,
        "given": question.given,
        "faults": list(question.faults),
        "revision": question.revision,
        "shown": (chosen if question.choices else question.text) if plain else None,
    }


def shown_text(variable: Variable, value: Any) -> str:
    """A value as a person types it: figures with thousands separators, dates as ISO, one list entry per line."""
    if value is None or isinstance(value, bool | Mapping | Contact):
        return ""
    if isinstance(value, tuple | list):
        return printable("\n".join(str(v) for v in value if not isinstance(v, Mapping)))
    if isinstance(value, date):
        return value.isoformat()
    if variable.type in _FIGURES and not isinstance(value, str):
        return present(variable, value, "number")
    return printable(value)


def _kind(variable: Variable, shown: Any) -> str:
    if variable.type is VariableType.DATE:
        return "date"
    if variable.type in (VariableType.TEXT, VariableType.PARTY) and (
        variable.multiline or (variable.max_length >= 1000 and _long(shown))
    ):
        return "area"
    return _KINDS.get(variable.type, "text")


def _long(shown: Any) -> bool:
    return isinstance(shown, str) and (len(shown) > 60 or "\n" in shown)


def _choices(variable: Variable, shown: Any) -> tuple[Choice, ...]:
    if variable.type is VariableType.BOOL:
        truth = (
            shown if isinstance(shown, bool) else {"true": True, "false": False, "是": True, "否": False}.get(str(shown).lower())
        )
        return (Choice("true", _("是"), truth is True), Choice("false", _("否"), truth is False))
    chosen = {str(v) for v in shown} if isinstance(shown, tuple | list) else {str(shown)}
    return tuple(Choice(o.value, o.label, o.value in chosen or o.label in chosen) for o in variable.options)


def _contact(shown: Any) -> dict[str, str]:
    if isinstance(shown, Contact):
        return {key: getattr(shown, key) for key, _label in CONTACT_FIELDS}
    if isinstance(shown, Mapping):
        return {key: printable(shown.get(key) or "") for key, _label in CONTACT_FIELDS}
    return {key: "" for key, _label in CONTACT_FIELDS}


def _rows(variable: Variable, shown: Any) -> tuple[RowView, ...]:
    if not isinstance(shown, tuple | list):
        return ()
    return tuple(_row(variable, row) for row in shown if isinstance(row, Mapping))


def _row(variable: Variable, row: Mapping[str, Any]) -> RowView:
    cells = {c.key: _cell(c, row.get(c.key, row.get(c.label))) for c in variable.columns}
    texts = [cells[c.key] for c in variable.columns if c.type is not VariableType.BOOL and not c.options and cells[c.key]]
    return RowView(cells, "　".join(texts[:2])[:60])


def _cell(column: Column, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if column.type in _FIGURES and not isinstance(value, str):
        return number(value) if column.type is not VariableType.MONEY else f"{value:,.2f}"
    return printable(value)
