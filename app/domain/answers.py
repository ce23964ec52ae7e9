"""Raw answers of a form or a file → typed ``Answers``; every fault at once, each with path, label and line.

A required value that is missing is not a fault here: it stays blank and rule R-01 reports it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from app.domain.clauses import Topic
from app.domain.conditions import Condition
from app.domain.cross_checks import clashes
from app.domain.defaults import complete
from app.domain.errors import InputError, InputFault
from app.domain.presentation import present
from app.domain.typed_values import read_value
from app.domain.variables import (
    Acknowledgement,
    Answers,
    DeviationKind,
    DeviationRequest,
    Requirement,
    Value,
    Variable,
    VariableSet,
    VariableType,
    is_blank,
)

POSITIONS = ("standard", "fallback")
RESERVED = ("playbook", "deviations", "acknowledgements")
UNKNOWN_LIMIT = 200
"""Unknown keys that are reported one by one; a file of another kind would drown everything else."""
SUGGESTION_LIMIT = 30
Lines = Mapping[str, int]
_TEXT = Variable(name="text", label="", type=VariableType.TEXT, section="", max_length=20_000, multiline=True)
_MOMENT = Variable(name="at", label="", type=VariableType.DATETIME, section="")


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read, and every fault. ``answers`` holds the sound values, completed by defaults."""

    answers: Answers
    faults: tuple[InputFault, ...]

    def require(self) -> Answers:
        """The answers; raises ``InputError`` with all faults where there are any."""
        if self.faults:
            raise InputError(self.faults)
        return self.answers


def read_answers(
    variables: VariableSet,
    raw: Mapping[str, Any],
    *,
    topics: Iterable[Topic] = (),
    lines: Lines | None = None,
) -> Reading:
    """Type, check and complete a nested or dotted mapping of raw answers.

    Beside the variables' names the top level may carry ``playbook``, ``deviations`` and ``acknowledgements``. ``lines``
    gives the line of the file for a dotted path (``fees.price_rows[2].excl_tax``).
    """
    faults = _Faults(lines or {})
    known = tuple(topics)
    positions = _positions(raw.get("playbook"), known, faults)
    deviations = _deviations(raw.get("deviations"), faults)
    acknowledgements = _acknowledgements(raw.get("acknowledgements"), faults)
    flat = _flatten({k: v for k, v in raw.items() if k not in RESERVED}, variables, faults)
    given = read_values(variables, flat, faults)
    presets = _presets(variables, known, positions)
    _contradictions(variables, given, presets, faults)
    values = complete(variables, given, presets)
    _constraints(variables, values, given, faults)
    return Reading(
        Answers(values, positions, deviations, acknowledgements, frozenset(given)), tuple(sorted(faults.found, key=_by_line))
    )


class _Faults:
    """Collects faults and knows the line of a path, or of the nearest part of it that has one."""

    def __init__(self, lines: Lines) -> None:
        self.found: list[InputFault] = []
        self._lines = lines

    def add(self, path: str, label: str, problem: str, allowed: str = "", suggestion: str = "") -> None:
        self.found.append(InputFault(path, label, problem, allowed, self._line(path), suggestion))

    def _line(self, path: str) -> int | None:
        while path:
            if path in self._lines:
                return self._lines[path]
            path = re.sub(r"(\.[^.\[]*|\[\d+\])$", "", path) if re.search(r"[.\[]", path) else ""
        return None


def _by_line(fault: InputFault) -> tuple[int, str]:
    return (fault.line or 0, fault.path)


def read_values(variables: VariableSet, flat: Mapping[str, object], faults: _Faults) -> dict[str, Value]:
    """The typed values of dotted names that were really answered."""
    given: dict[str, Value] = {}
    for name, source in flat.items():
        variable = variables[name]
        value, problems = read_value(variable, source)
        for problem in problems:
            faults.add(f"{name}{problem.inside}", variable.label, problem.problem, problem.allowed, problem.suggestion)
        if value is None:
            continue
        if variable.required is Requirement.COMPUTED:
            faults.add(name, variable.label, "由系统计算得出，不能填写", "删去这一项")
            continue
        if variable.min_rows and isinstance(value, tuple) and len(value) < variable.min_rows:
            faults.add(name, variable.label, f"行数不足（现有{len(value)}行）", f"至少{variable.min_rows}行")
        given[name] = value
    return given


def _flatten(raw: Mapping[str, Any], variables: VariableSet, faults: _Faults) -> dict[str, object]:
    """Nested or dotted keys → raw values by variable name; unknown keys are faults, the first ones with a suggestion."""
    groups = {name[:place] for name in variables.by_name for place, character in enumerate(name) if character == "."}
    flat: dict[str, object] = {}
    unknown: list[str] = []

    def visit(part: Mapping[str, Any], prefix: str) -> None:
        for key, value in part.items():
            name = f"{prefix}{key}"
            if name in variables:
                if name in flat:
                    faults.add(name, variables[name].label, "同一项填写了两次", "只保留一处")
                flat[name] = value
            elif name not in groups:
                unknown.append(name)
            elif isinstance(value, Mapping):
                visit(value, f"{name}.")
            elif value is not None:
                faults.add(name, "", "这是一组变量，下面应逐项填写", _members(name, variables))

    visit(raw, "")
    for place, name in enumerate(unknown[:UNKNOWN_LIMIT]):
        faults.add(name, "", "没有这个变量", "", nearest(name, variables) if place < SUGGESTION_LIMIT and len(name) < 80 else "")
    if len(unknown) > UNKNOWN_LIMIT:
        faults.add(unknown[UNKNOWN_LIMIT], "", f"从这里起另有{len(unknown) - UNKNOWN_LIMIT}个不存在的变量，不再逐一列出")
    return flat


def nearest(name: str, variables: VariableSet) -> str:
    """The known name that an unknown one most likely means; by full name, by last part, or by Chinese label."""
    near = get_close_matches(name, list(variables.by_name), n=1, cutoff=0.7)
    if near:
        return near[0]
    if "." not in name:
        groups = get_close_matches(name, sorted({n.partition(".")[0] for n in variables.by_name}), n=1, cutoff=0.75)
        if groups:
            return groups[0]
    by_label = {v.label: v.name for v in variables}
    last = name.rpartition(".")[2]
    if last in by_label:
        return by_label[last]
    tails = {n.rpartition(".")[2]: n for n in variables.by_name}
    found = get_close_matches(last, list(tails), n=1, cutoff=0.8)
    return tails[found[0]] if found else ""


def _members(prefix: str, variables: VariableSet) -> str:
    names = [n for n in variables.by_name if n.startswith(f"{prefix}.")]
    return "、".join(names[:6]) + ("等" if len(names) > 6 else "")


def _constraints(variables: VariableSet, values: Mapping[str, Value], given: Mapping[str, Value], faults: _Faults) -> None:
    """Limits between variables, checked once all of them are answered; those that a rule owns are left to that rule."""
    for variable in variables:
        if not variable.constraint or variable.judged_by:
            continue
        condition = Condition.parse(variable.constraint)
        touched = variable.name in given or any(name in given for name in condition.names)
        blank = is_blank(values.get(variable.name)) or any(is_blank(values.get(n)) for n in condition.names)
        if touched and not blank and _applies(variable, values) and not condition.holds(values):
            faults.add(variable.name, variable.label, variable.constraint_help or "与其他变量不一致", "")
    for clash in clashes(values):
        if clash.name in variables and any(name in given for name in clash.involved):
            faults.add(clash.name, variables[clash.name].label, clash.problem, clash.allowed)


def _applies(variable: Variable, values: Mapping[str, Value]) -> bool:
    return not variable.condition or Condition.parse(variable.condition).holds(values)


def _presets(variables: VariableSet, topics: Sequence[Topic], positions: Mapping[str, str]) -> dict[str, Value]:
    presets: dict[str, Value] = {}
    for topic in topics:
        if positions.get(topic.id) != "fallback":
            continue
        for name, raw in topic.presets.items():
            if name in variables:
                value, _ = read_value(variables[name], raw)
                if value is not None:
                    presets[name] = value
    return presets


def _contradictions(variables: VariableSet, given: Mapping[str, Value], presets: Mapping[str, Value], faults: _Faults) -> None:
    """A switch answered against the chosen fallback would leave the contract with neither wording."""
    for name, preset in presets.items():
        variable = variables[name]
        switch = variable.type in (VariableType.ENUM, VariableType.BOOL)
        if switch and name in given and given[name] != preset:
            wanted = present(variable, preset)
            faults.add(name, variable.label, "与所选的可退让立场不符", f"填写“{wanted}”，或者改选标准立场")


def _positions(raw: object, topics: Sequence[Topic], faults: _Faults) -> dict[str, str]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        faults.add("playbook", "立场选择", "应写成“议题编号: standard 或 fallback”")
        return {}
    known = [t.id for t in topics]
    positions: dict[str, str] = {}
    for topic, choice in raw.items():
        path = f"playbook.{topic}"
        if known and topic not in known:
            near = get_close_matches(str(topic), known, n=1)
            faults.add(path, "立场选择", "没有这个议题", "", near[0] if near else "")
        elif choice is not None and str(choice) not in POSITIONS:
            faults.add(path, "立场选择", f"“{choice}”不是可选的立场", "standard（标准立场）、fallback（可退让立场）")
        elif choice is not None:
            positions[str(topic)] = str(choice)
    return positions


def _entries(raw: object, path: str, label: str, allowed: Sequence[str], faults: _Faults) -> list[tuple[str, dict[str, str]]]:
    """A list of small text mappings, each with its path; faulty entries are reported and left out."""
    if raw is None:
        return []
    if not isinstance(raw, list | tuple):
        faults.add(path, label, "应为列表，每项写成“键: 值”", "、".join(allowed))
        return []
    found: list[tuple[str, dict[str, str]]] = []
    for place, entry in enumerate(raw, 1):
        where = f"{path}[{place}]"
        if not isinstance(entry, Mapping):
            faults.add(where, label, "应写成“键: 值”", "、".join(allowed))
            continue
        fields: dict[str, str] = {}
        for key, source in entry.items():
            if key not in allowed:
                near = get_close_matches(str(key), allowed, n=1)
                faults.add(f"{where}.{key}", label, "没有这一项", "、".join(allowed), near[0] if near else "")
                continue
            value, problems = read_value(_TEXT, source)
            for problem in problems:
                faults.add(f"{where}.{key}", label, problem.problem, problem.allowed)
            fields[str(key)] = str(value) if value is not None else ""
        found.append((where, fields))
    return found


def _deviations(raw: object, faults: _Faults) -> tuple[DeviationRequest, ...]:
    label = "条款偏离"
    found: list[DeviationRequest] = []
    for where, entry in _entries(raw, "deviations", label, ("kind", "provision", "reason", "text", "title", "after"), faults):
        kind = next((k for k in DeviationKind if k.value == entry.get("kind")), None)
        missing = [key for key in ("provision", "reason") if not entry.get(key)]
        if kind is None:
            faults.add(f"{where}.kind", label, "偏离方式不明", "override（改写）、remove（删除）、add（增加）")
        elif kind is not DeviationKind.REMOVE and not entry.get("text"):
            missing.append("text")
        if kind is DeviationKind.ADD and not entry.get("after"):
            missing.append("after")
        for key in missing:
            faults.add(f"{where}.{key}", label, "必须填写")
        if kind is not None and not missing:
            found.append(DeviationRequest(
                kind, entry["provision"], entry["reason"], entry.get("text", ""), entry.get("title", ""), entry.get("after", "")
            ))  # fmt: skip
    return tuple(found)


def _acknowledgements(raw: object, faults: _Faults) -> tuple[Acknowledgement, ...]:
    label = "警告放行"
    found: list[Acknowledgement] = []
    for where, entry in _entries(raw, "acknowledgements", label, ("rule", "place", "by", "at", "reason"), faults):
        missing = [key for key in ("rule", "by", "reason") if not entry.get(key)]
        for key in missing:
            faults.add(f"{where}.{key}", label, "必须填写")
        at, problems = read_value(_MOMENT, _as_moment(entry.get("at", "")))
        for problem in problems:
            faults.add(f"{where}.at", label, problem.problem, problem.allowed)
        if not missing and not problems:
            found.append(Acknowledgement(entry["rule"], entry.get("place", ""), entry["by"], at, entry["reason"]))  # type: ignore[arg-type]
    return tuple(found)


def _as_moment(text: str) -> str:
    """A day alone counts from its first minute."""
    return f"{text} 00:00" if text and ":" not in text else text
