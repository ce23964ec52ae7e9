"""``variables.yaml`` → ``VariableSet``; every fault of the file at once, with file and line."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.domain.conditions import Condition, ConditionError
from app.domain.errors import LibraryError
from app.domain.typed_values import read_value
from app.domain.variables import Column, FillStage, Option, Requirement, Variable, VariableSet, VariableType
from app.library.yaml_files import read_model

NAME = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$"
TypeName = Literal[
    "text", "int", "decimal", "money", "percent", "date", "datetime", "duration", "enum", "multi_enum", "bool", "table",
    "party", "contact", "list",
]  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OptionModel(_Strict):
    """A member of an enumeration: ``label`` for the form, ``text`` for the sentence of the contract."""

    value: str
    label: str
    text: str = ""


class ColumnModel(_Strict):
    """A column of a table variable; ``width`` is a relative weight."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str
    type: TypeName = "text"
    required: bool = True
    options: list[OptionModel] = []
    width: int = Field(default=10, ge=1, le=100)
    unit: str = ""
    help: str = ""
    signed: bool = False


class VariableModel(_Strict):
    """One variable, as written in the file; meanings are in ``app.domain.variables.Variable``."""

    name: str = Field(pattern=NAME)
    label: str
    type: TypeName
    section: str = Field(pattern=r"^(0|\d{1,2}(\.\d)?)$")
    unit: str = ""
    default: Any = None
    default_from: str = ""
    minimum: str | int | None = None
    maximum: str | int | None = None
    pattern: str = ""
    pattern_help: str = ""
    options: list[OptionModel] = []
    required: Literal["required", "optional", "conditional", "computed"] = "required"
    condition: str = ""
    constraint: str = ""
    constraint_help: str = ""
    judged_by: str = Field(default="", pattern=r"^(R-\d\d)?$")
    stage: Literal["draft", "freeze", "signing", "after"] = "draft"
    help: str = ""
    columns: list[ColumnModel] = []
    min_rows: int = 0
    max_length: int = 500
    multiline: bool = False
    compact: bool = False


class VariablesFile(_Strict):
    """The file: all variables of one form in the order of the sections that own them."""

    variables: list[VariableModel]


def load_variables(path: Path, *shared: Path) -> VariableSet:
    """The variables of a form, those of ``shared`` files first. Raises ``LibraryError`` with every fault: schema, names,
    defaults, conditions, patterns."""
    problems: list[str] = []
    found: list[Variable] = []
    lines: dict[str, int] = {}
    for part in (*shared, path):
        source = read_model(part, VariablesFile, problems)
        if source is None:
            raise LibraryError(problems or [f"{part.name}：文件为空"])
        lines |= _lines(part)
        for model in source.variables:
            where = f"{part.name} 第{lines.get(model.name, 1)}行：{model.name}"
            try:
                found.append(_variable(model, where, problems))
            except (ValueError, ArithmeticError) as error:
                problems.append(f"{where}：{error}")
    variables = VariableSet.of(found)
    if len(variables) != len(found):
        names = [v.name for v in found]
        problems.extend(f"{path.name}：变量 {name} 重复" for name in sorted({n for n in names if names.count(n) > 1}))
    for variable in found:
        where = f"{path.name} 第{lines.get(variable.name, 1)}行：{variable.name}"
        problems.extend(f"{where}：{fault}" for fault in _references(variable, variables))
    if problems:
        raise LibraryError(problems)
    return variables


def _variable(model: VariableModel, where: str, problems: list[str]) -> Variable:
    kind = VariableType(model.type)
    bare = Variable(
        name=model.name,
        label=model.label,
        type=kind,
        section=model.section,
        unit=model.unit,
        minimum=_limit(kind, model.minimum),
        maximum=_limit(kind, model.maximum),
        pattern=model.pattern,
        pattern_help=model.pattern_help,
        options=_options(model.options),
        required=Requirement(model.required),
        condition=model.condition,
        constraint=model.constraint,
        constraint_help=model.constraint_help,
        stage=FillStage(model.stage),
        help=model.help,
        columns=tuple(_column(c) for c in model.columns),
        min_rows=model.min_rows,
        max_length=model.max_length,
        multiline=model.multiline,
        default_from=model.default_from,
        judged_by=model.judged_by,
        compact=model.compact,
    )
    if model.pattern:
        re.compile(model.pattern)
    if kind in (VariableType.ENUM, VariableType.MULTI_ENUM) and not model.options:
        problems.append(f"{where}：枚举没有选项")
    if kind is VariableType.TABLE and not model.columns:
        problems.append(f"{where}：表格没有列")
    if model.required == "conditional" and not model.condition:
        problems.append(f"{where}：条件必填而没有 condition")
    if model.required == "computed" and (model.default is not None or model.default_from):
        problems.append(f"{where}：计算变量不能有默认值")
    default, faults = read_value(bare, model.default)
    problems.extend(f"{where}：默认值{f.inside}：{f.problem}" for f in faults)
    return replace(bare, default=default)


def _references(variable: Variable, variables: VariableSet) -> list[str]:
    """Conditions parse and read only known variables; the default's source exists."""
    faults: list[str] = []
    for text in filter(None, (variable.condition, variable.constraint)):
        try:
            unknown = sorted(n for n in Condition.parse(text).names if n not in variables)
        except ConditionError as error:
            faults.append(str(error))
            continue
        faults.extend(f"条件中的变量 {name} 不存在" for name in unknown)
    if variable.default_from and variable.default_from not in variables:
        faults.append(f"默认值来源 {variable.default_from} 不存在")
    return faults


def _limit(kind: VariableType, raw: str | int | None) -> Decimal | date | None:
    if raw is None:
        return None
    return date.fromisoformat(str(raw)) if kind is VariableType.DATE else Decimal(str(raw))


def _options(models: list[OptionModel]) -> tuple[Option, ...]:
    return tuple(Option(o.value, o.label, o.text) for o in models)


def _column(model: ColumnModel) -> Column:
    kind = VariableType(model.type)
    return Column(
        model.key, model.label, kind, model.required, _options(model.options), model.width, model.unit, model.help, model.signed
    )


def _lines(path: Path) -> dict[str, int]:
    """The line of each ``- name:`` entry."""
    found: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = re.match(r"\s*-\s+\{?\s*name:\s*([\w.]+)", line)
        if match:
            found.setdefault(match[1], number)
    return found
