"""Raw scalars of a form or a file → typed values of a variable, with every fault of the value.

Raw input is text, numbers, booleans, lists and mappings; text is always plain text, never markup. Nothing passes through
binary floating point, and money has exactly two decimals (brief §0.1).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches

from app.domain.variables import Column, Contact, Option, Row, Scalar, Value, Variable, VariableType

MONEY_LIMIT = Decimal("999999999999.99")
COUNT_LIMIT = Decimal("1000000000")
ROW_LIMIT = 20_000
CELL_LENGTH = 1000

_NUMBER = re.compile(r"-?(\d{1,40}|\d{1,3}(,\d{3}){1,12})(\.\d{1,20})?")
_DATE = re.compile(r"(\d{4})[-/年.](\d{1,2})[-/月.](\d{1,2})日?")
_DATETIME = re.compile(r"(.+?)[ T]?(\d{1,2}):(\d{2})(?::\d{2})?")
_DURATION = re.compile(r"\d{1,4}(\.\d{1,2})?(WD|SH|D|H|M|Y|W|min)")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "是": True,
             "false": False, "no": False, "off": False, "0": False, "否": False}  # fmt: skip
_INVISIBLE = frozenset(chr(c) for c in (*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x206A), 0xFEFF))
_NUMERIC = (VariableType.INT, VariableType.DECIMAL, VariableType.MONEY, VariableType.PERCENT)


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a value: where inside it (``.email``, ``[2].weight``; empty for the whole), what, what is allowed."""

    inside: str
    problem: str
    allowed: str = ""
    suggestion: str = ""


class _Refused(Exception):
    def __init__(self, problem: str, allowed: str = "", suggestion: str = "") -> None:
        super().__init__(problem)
        self.found = Problem("", problem, allowed, suggestion)


def read_value(variable: Variable, raw: object) -> tuple[Value, tuple[Problem, ...]]:
    """The typed value of ``raw`` and its faults. Blank input is no fault.

    The value is None where nothing of it can be used; a table or a contact keeps its sound parts beside its faults, so
    that a preview can show them.
    """
    if _nothing(raw):
        return None, ()
    if variable.type is VariableType.TABLE:
        return _table(variable, raw)
    if variable.type is VariableType.CONTACT:
        return _contact(variable, raw)
    try:
        return _scalar_or_list(variable, raw), ()
    except _Refused as refused:
        return None, (refused.found,)


def allowed_range(variable: Variable) -> str:
    """What the form says about the limits of a variable, in Chinese; empty where there are none."""
    unit = "" if variable.unit in ("", "-") else variable.unit
    low, high = variable.minimum, variable.maximum
    if low is not None and high is not None:
        return f"{_plain(low)}至{_plain(high)}{unit}"
    if low is not None:
        return f"不小于{_plain(low)}{unit}"
    if high is not None:
        return f"不大于{_plain(high)}{unit}"
    if variable.options:
        return "、".join(option.value for option in variable.options)
    return variable.pattern_help


def _nothing(raw: object) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip()) or (isinstance(raw, list | tuple | Mapping) and not raw)


def _scalar_or_list(variable: Variable, raw: object) -> Value:
    kind = variable.type
    if kind in (VariableType.MULTI_ENUM, VariableType.LIST):
        return _several(variable, raw)
    if isinstance(raw, Mapping | list | tuple):
        raise _Refused("这里只能填一个值，不能是列表或表格")
    if kind is VariableType.BOOL:
        return _boolean(raw)
    if kind in _NUMERIC:
        return _within(variable, _figure(variable, raw))
    if kind is VariableType.DATE:
        return _within(variable, read_date(raw))
    if kind is VariableType.DATETIME:
        return _moment(raw)
    if kind is VariableType.ENUM:
        return _member(variable.options, str(raw).strip())
    text = _text(raw, variable.max_length, variable.multiline, compact=variable.compact)
    if kind is VariableType.DURATION and not _DURATION.fullmatch(text):
        raise _Refused(f"“{_short(text)}”不是期限", "数字加单位，例如 5WD、30D、2H、2SH、1M、1Y")
    return _matching(variable, text)


def _matching(variable: Variable, text: str) -> str:
    if variable.pattern and not variable.judged_by and not re.fullmatch(variable.pattern, text):
        raise _Refused(f"“{_short(text)}”格式不符", variable.pattern_help)
    return text


def _text(raw: object, limit: int, multiline: bool, *, compact: bool = False) -> str:
    text = unicodedata.normalize("NFC", str(raw)).replace("\r\n", "\n").strip()
    if compact:
        text = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).upper()
    for place, character in enumerate(text, 1):
        if character in "\n\t" and multiline:
            continue
        if character == "\n":
            raise _Refused(f"第{place}个字符是换行，这里只能填一行文字")
        code = ord(character)
        category = unicodedata.category(character)
        if category in ("Cc", "Cs") or character in _INVISIBLE or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
            raise _Refused(f"第{place}个字符是不可见的控制字符 U+{code:04X}，请删除")
    if len(text) > limit:
        raise _Refused(f"文字过长（{len(text)}个字符）", f"至多{limit}个字符")
    return text


def _boolean(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    found = _BOOLEANS.get(str(raw).strip().lower())
    if found is None:
        raise _Refused(f"“{_short(raw)}”不是“是”或“否”", "是（true）、否（false）")
    return found


def _figure(variable: Variable, raw: object) -> int | Decimal:
    if isinstance(raw, bool):
        raise _Refused("这里应填数字，不是“是”或“否”")
    text = unicodedata.normalize("NFKC", raw if isinstance(raw, str) else _exact(raw)).strip()
    text = text.removeprefix("¥") if variable.type is VariableType.MONEY else text
    text = text.removesuffix("%") if variable.type is VariableType.PERCENT else text
    if not _NUMBER.fullmatch(text):
        raise _Refused(f"“{_short(raw)}”不是数字", allowed_range(variable))
    value = Decimal(text.replace(",", ""))
    digits = -int(value.normalize().as_tuple().exponent) if value else 0
    if value < 0 and not (isinstance(variable.minimum, Decimal) and variable.minimum < 0):
        raise _Refused(f"不得为负数（{_short(text)}）", allowed_range(variable))
    if variable.type is VariableType.MONEY:
        if value > MONEY_LIMIT:
            raise _Refused("金额过大", f"不超过{MONEY_LIMIT:,}元")
        if digits > 2:
            raise _Refused(f"金额只能到分（{_short(text)}）", "至多两位小数")
        return value.quantize(Decimal("0.01"))
    if value > COUNT_LIMIT:
        raise _Refused("数值过大", allowed_range(variable) or f"不超过{COUNT_LIMIT:,}")
    if variable.type is VariableType.INT:
        if digits > 0:
            raise _Refused(f"应为整数（{_short(text)}）", allowed_range(variable))
        return int(value)
    if digits > 6:
        raise _Refused(f"小数位过多（{_short(text)}）", "至多六位小数")
    return value


def _exact(raw: object) -> str:
    """A number as text; a float arrives only from JSON and is taken at its shortest decimal spelling."""
    return format(Decimal(repr(raw)), "f") if isinstance(raw, float) and raw == raw and abs(raw) < 1e15 else str(raw)


def _within(variable: Variable, value: int | Decimal | date) -> int | Decimal | date:
    if variable.judged_by:
        return value
    for limit, wrong in ((variable.minimum, False), (variable.maximum, True)):
        if limit is None or isinstance(value, date) != isinstance(limit, date):
            continue
        if (value > limit) if wrong else (value < limit):  # type: ignore[operator]
            raise _Refused(f"{_plain(value)}超出范围", allowed_range(variable))
    return value


def read_date(raw: object) -> date:
    """A calendar date from ``2027-01-01``, ``2027/1/1`` or ``2027年1月1日``."""
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    text = unicodedata.normalize("NFKC", str(raw)).strip()
    found = _DATE.fullmatch(text)
    if not found:
        raise _Refused(f"“{_short(raw)}”不是日期", "年-月-日，例如 2027-01-01")
    year, month, day = (int(part) for part in found.groups())
    try:
        value = date(year, month, day)
    except ValueError:
        raise _Refused(f"日期不存在：{_short(text)}", "真实存在的公历日期") from None
    if not 1990 <= year <= 2199:
        raise _Refused(f"年份不合常理：{year}", "1990年至2199年")
    return value


def _moment(raw: object) -> datetime:
    if isinstance(raw, datetime):
        return raw
    text = unicodedata.normalize("NFKC", str(raw)).strip()
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        found = _DATETIME.fullmatch(text)
    if not found or int(found[2]) > 23 or int(found[3]) > 59:
        raise _Refused(f"“{_short(raw)}”不是日期和时刻", "例如 2027-01-01 09:00")
    day = read_date(found[1])
    return datetime(day.year, day.month, day.day, int(found[2]), int(found[3]))


def _member(options: Sequence[Option], text: str) -> str:
    """The option's value; its Chinese label is accepted too."""
    for option in options:
        if text in (option.value, option.label):
            return option.value
    spellings = [o.value for o in options] + [o.label for o in options]
    near = get_close_matches(text, spellings, n=1, cutoff=0.6)
    allowed = "、".join(f"{o.value}（{o.label}）" for o in options)
    raise _Refused(f"“{_short(text)}”不在选项之内", allowed, near[0] if near else "")


def _several(variable: Variable, raw: object) -> tuple[str, ...]:
    if isinstance(raw, Mapping):
        raise _Refused("应为列表")
    parts: Sequence[object] = [raw]
    if isinstance(raw, str):
        parts = re.split(r"[,，、]", raw)
    elif isinstance(raw, list | tuple):
        parts = raw
    chosen: list[str] = []
    for part in parts:
        if _nothing(part):
            continue
        if isinstance(part, Mapping | list | tuple):
            raise _Refused("列表的每一项只能是一个值")
        if variable.type is VariableType.MULTI_ENUM:
            text = _member(variable.options, str(part).strip())
        else:
            text = _matching(variable, _text(part, variable.max_length, multiline=False))
        if text not in chosen:
            chosen.append(text)
    if len(chosen) > 200:
        raise _Refused(f"列表过长（{len(chosen)}项）", "至多200项")
    return tuple(chosen)


def _contact(variable: Variable, raw: object) -> tuple[Value, tuple[Problem, ...]]:
    if isinstance(raw, Contact):
        raw = {field: getattr(raw, field) for field in Contact.__slots__}
    if not isinstance(raw, Mapping):
        raw = {"name": raw}
    problems: list[Problem] = []
    fields: dict[str, str] = {}
    for key, part in raw.items():
        if key not in Contact.__slots__:
            near = get_close_matches(str(key), Contact.__slots__, n=1)
            allowed = "name（姓名）、title（职务）、phone（电话）、email（邮箱）"
            problems.append(Problem(f".{key}", "没有这一项", allowed, near[0] if near else ""))
            continue
        if _nothing(part):
            continue
        try:
            if isinstance(part, Mapping | list | tuple):
                raise _Refused("这里只能填一个值")
            fields[key] = _text(part, variable.max_length, multiline=False)
            if key == "email" and not _EMAIL.fullmatch(fields[key]):
                raise _Refused(f"“{_short(part)}”不是电子邮箱", "例如 name@example.com")
        except _Refused as refused:
            problems.append(replace(refused.found, inside=f".{key}"))
    return (Contact(**fields) if fields else None), tuple(problems)


def _table(variable: Variable, raw: object) -> tuple[Value, tuple[Problem, ...]]:
    if not isinstance(raw, list | tuple):
        return None, (Problem("", "应为表格：每行一项的列表", _columns(variable)),)
    if len(raw) > ROW_LIMIT:
        return None, (Problem("", f"行数过多（{len(raw)}行）", f"至多{ROW_LIMIT}行"),)
    problems: list[Problem] = []
    rows: list[Row] = []
    for place, source in enumerate(raw, 1):
        if _nothing(source):
            continue
        if not isinstance(source, Mapping):
            problems.append(Problem(f"[{place}]", f"第{place}行应写成“列名: 值”", _columns(variable)))
            continue
        rows.append(_row(variable, source, place, problems))
    return (tuple(rows) or None), tuple(problems)


def _row(variable: Variable, source: Mapping[object, object], place: int, problems: list[Problem]) -> Row:
    row: dict[str, Scalar] = {}
    for key, raw in source.items():
        column = variable.column(str(key)) or next((c for c in variable.columns if c.label == key), None)
        if column is None:
            near = get_close_matches(str(key), [c.key for c in variable.columns], n=1)
            problems.append(Problem(f"[{place}].{key}", f"第{place}行没有这一列", _columns(variable), near[0] if near else ""))
            continue
        value, faults = read_value(as_variable(column), raw)
        where, title = f"[{place}].{column.key}", f"第{place}行“{column.label}”"
        problems.extend(replace(f, inside=where, problem=f"{title}：{f.problem}") for f in faults)
        if value is not None:
            row[column.key] = value  # type: ignore[assignment]
    return {column.key: row[column.key] for column in variable.columns if column.key in row}


def as_variable(column: Column) -> Variable:
    """A column seen as a variable of its own, so that a cell is read like any other value."""
    return Variable(
        name=column.key, label=column.label, type=column.type, section="", unit=column.unit, options=column.options,
        minimum=-MONEY_LIMIT if column.signed else None, max_length=CELL_LENGTH, multiline=column.type is VariableType.TEXT,
    )  # fmt: skip


def _columns(variable: Variable) -> str:
    return "列：" + "、".join(f"{c.key}（{c.label}）" for c in variable.columns)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def _short(raw: object) -> str:
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in str(raw))
    return text if len(text) <= 40 else f"{text[:40]}…"
