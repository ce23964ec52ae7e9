"""How a value reads inside a sentence of the contract (inline markup, docs/clause-format.md).

Every figure is printed from here with its unit, so that the same variable reads the same in text, tables and annexes.
Nothing goes through binary floating point.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from app.domain.capitals import to_capitals
from app.domain.variables import Contact, Option, Value, Variable, VariableType, is_blank

FORMATS = frozenset({"", "number", "capitals", "both", "name", "title", "phone", "email"})

_COUNTED = {
    "工作日": "个工作日", "自然日": "个自然日", "服务小时": "个服务小时", "自然小时": "个自然小时", "月": "个月",
    "百分点": "个百分点", "品种": "个品种",
}  # fmt: skip
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(WD|SH|D|H|M|Y|W|min)")
_DURATION_WORDS = {
    "WD": "个工作日", "D": "个自然日", "H": "小时", "SH": "个服务小时", "M": "个月", "Y": "年", "W": "周", "min": "分钟",
}  # fmt: skip
_DIGITS = "零一二三四五六七八九"


def present(variable: Variable, value: Value, fmt: str = "") -> str:
    """The printed form of ``value``; ``fmt`` is one of FORMATS. A blank value gives the empty string.

    Raises ValueError for an unknown format or one that does not fit the variable's type.
    """
    if fmt not in FORMATS:
        raise ValueError(f"未知的格式：{fmt}")
    if is_blank(value):
        return ""
    if fmt in ("capitals", "both"):
        return _money_words(variable, value, fmt)
    if fmt in ("name", "title", "phone", "email"):
        if not isinstance(value, Contact):
            raise ValueError(f"{variable.name} 不是联系人，不能使用格式 {fmt}")
        return str(getattr(value, fmt))
    return _typed(variable, value, bare=fmt == "number")


def _typed(variable: Variable, value: Value, *, bare: bool) -> str:
    kind = variable.type
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{_date(value)}{value:%H:%M}"
    if isinstance(value, date):
        return _date(value)
    if isinstance(value, Contact):
        return _contact(value)
    if kind is VariableType.MONEY:
        return money_digits(_decimal(value)) if bare else _money(variable, _decimal(value))
    if kind is VariableType.PERCENT:
        return number(value) if bare else f"{number(value)}%"
    if kind in (VariableType.INT, VariableType.DECIMAL):
        return number(value) if bare else with_unit(value, variable.unit)
    if kind is VariableType.ENUM:
        return _printed(variable.options, str(value))
    if kind is VariableType.DURATION:
        return _duration(str(value))
    if isinstance(value, tuple):
        return _many(variable, value)
    return str(value)


def number(value: Value) -> str:
    """A plain figure: thousands separated, no trailing zeros (``1.0`` → ``1``, ``3000`` → ``3,000``)."""
    amount = _decimal(value)
    text = f"{amount:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def with_unit(value: Value, unit: str) -> str:
    """A figure with its unit as it reads in a sentence (``5个工作日``, ``12人``, ``第5个工作日``, ``万分之三``)."""
    figure = number(value)
    if unit == "工作日序号":
        return f"第{figure}个工作日"
    if unit == "级":
        return f"第{_chinese(figure)}级"
    if unit == "万分":
        return f"万分之{_chinese(figure)}"
    if unit in ("", "-"):
        return figure
    return f"{figure}{_COUNTED.get(unit, unit)}"


def money_digits(amount: Decimal) -> str:
    """``100,000.00``; always two decimals."""
    return f"{amount:,.2f}"


def _money(variable: Variable, amount: Decimal) -> str:
    unit = variable.unit if variable.unit.startswith("元") else "元"
    return f"人民币{money_digits(amount)}{unit}"


def _money_words(variable: Variable, value: Value, fmt: str) -> str:
    if variable.type is not VariableType.MONEY:
        raise ValueError(f"{variable.name} 不是金额，不能使用格式 {fmt}")
    amount = _decimal(value)
    words = to_capitals(amount)
    return words if fmt == "capitals" else f"{_money(variable, amount)}（大写：{words}）"


def _many(variable: Variable, value: tuple[object, ...]) -> str:
    if variable.type is VariableType.TABLE:
        return "、".join(filter(None, (_first_text(variable, row) for row in value)))
    if variable.type is VariableType.MULTI_ENUM:
        order = {option.value: place for place, option in enumerate(variable.options)}
        chosen = sorted((str(v) for v in value), key=lambda v: order.get(v, len(order)))
        return "、".join(_printed(variable.options, v) for v in chosen)
    if variable.unit == "节":
        return "、".join(f"第{v}节" for v in value)
    joined = "、".join(str(v) for v in value)
    return joined + _COUNTED.get(variable.unit, "" if variable.unit == "-" else variable.unit)


def _first_text(variable: Variable, row: object) -> str:
    """The name a row goes by: its first text column that is filled in (used when a table is named inside a sentence)."""
    if not hasattr(row, "get"):
        return str(row)
    for column in variable.columns:
        found = row.get(column.key)
        if column.type is VariableType.TEXT and isinstance(found, str) and found.strip():
            return found
    return ""


def _printed(options: tuple[Option, ...], value: str) -> str:
    return next((option.printed() for option in options if option.value == value), value)


def _contact(contact: Contact) -> str:
    details = [contact.title, contact.phone and f"电话{contact.phone}", contact.email and f"邮箱{contact.email}"]
    known = "，".join(filter(None, details))
    return f"{contact.name}（{known}）" if known else contact.name


def _date(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _duration(text: str) -> str:
    found = _DURATION.fullmatch(text)
    return f"{found[1]}{_DURATION_WORDS[found[2]]}" if found else text


def _decimal(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    return Decimal(str(value))


def _chinese(figure: str) -> str:
    """Digits of a small figure in Chinese (``3`` → ``三``, ``3.5`` → ``三点五``); figures from 10 on stay Arabic."""
    whole, _, fraction = figure.partition(".")
    if len(whole) != 1:
        return figure
    words = _DIGITS[int(whole)]
    return f"{words}点{''.join(_DIGITS[int(d)] for d in fraction)}" if fraction else words
