"""The expression language of ``when:`` and of a variable's ``condition`` and ``constraint`` (docs/clause-format.md).

An expression is parsed once with ``ast`` and walked by this module; it is never evaluated as Python. Allowed are dotted
variable names, literals, tuples, ``and``/``or``/``not``, comparisons, ``in``, and the functions ``blank(x)`` and
``count(x)``. A variable without a value is None: it equals only None, is in nothing, is never greater or less.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from app.domain.variables import Contact, is_blank

MAX_LENGTH = 500
_TRUE_FALSE = {"true": True, "false": False, "none": None, "null": None}
_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "blank": lambda value: is_blank(value),
    "count": lambda value: len(value) if isinstance(value, tuple | str) else (0 if value is None else 1),
}


class ConditionError(ValueError):
    """An expression that the language does not know; the message (Chinese) names the part that is wrong."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed expression. ``names`` are the dotted variable names it reads; ``holds`` answers it for given values."""

    text: str
    names: frozenset[str]
    _tree: ast.expr

    @staticmethod
    def parse(text: str) -> Condition:
        """Parse ``text``; raises ConditionError. The empty text is not a condition: callers mean "always" by it."""
        return _parse(text.strip())

    def holds(self, values: Mapping[str, Any]) -> bool:
        """True when the expression is true of ``values`` (dotted name → typed value); missing names count as None."""
        return bool(_value(self._tree, values))


def holds(text: str, values: Mapping[str, Any]) -> bool:
    """Shorthand: the empty text always holds."""
    return True if not text.strip() else Condition.parse(text).holds(values)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Condition:
    if not text:
        raise ConditionError("条件为空")
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"条件过长（超过{MAX_LENGTH}个字符）")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ConditionError(f"条件写法有误：{text}") from error
    names: set[str] = set()
    _check(tree, names, text)
    return Condition(text, frozenset(names), tree)


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = _dotted(node.value)
        return f"{head}.{node.attr}" if head else None
    return None


def _check(node: ast.expr, names: set[str], text: str) -> None:
    """Refuse every node that the language does not have, and collect the variable names."""
    match node:
        case ast.BoolOp(values=parts):
            for part in parts:
                _check(part, names, text)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            _check(inner, names, text)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
            return
        case ast.Compare(left=left, ops=ops, comparators=rights):
            for op in ops:
                if isinstance(op, ast.Is | ast.IsNot):
                    raise ConditionError(f"条件中不能使用 is：{text}")
            for part in (left, *rights):
                _check(part, names, text)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                _check(part, names, text)
        case ast.Constant(value=value):
            if not isinstance(value, str | bool | int | float | None):
                raise ConditionError(f"条件中不能使用这种常量：{ast.unparse(node)}")
        case ast.Call(func=ast.Name(id=function), args=[argument], keywords=[]) if function in _FUNCTIONS:
            _check(argument, names, text)
        case ast.Name() | ast.Attribute():
            name = _dotted(node)
            if name is None:
                raise ConditionError(f"条件中不能使用：{ast.unparse(node)}")
            if name not in _TRUE_FALSE:
                names.add(name)
        case _:
            raise ConditionError(f"条件中不能使用：{ast.unparse(node)}")


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(bool(_value(part, values)) for part in parts)
        case ast.BoolOp(values=parts):
            return any(bool(_value(part, values)) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return not _value(inner, values)
        case ast.UnaryOp(operand=ast.Constant(value=number)) if isinstance(number, int | float):
            return -Decimal(str(number))
        case ast.Compare(left=left, ops=ops, comparators=rights):
            current = _value(left, values)
            for op, right in zip(ops, rights, strict=True):
                following = _value(right, values)
                if not _compare(op, current, following):
                    return False
                current = following
            return True
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return tuple(_value(part, values) for part in parts)
        case ast.Constant(value=value):
            return Decimal(str(value)) if isinstance(value, float) else value
        case ast.Call(func=ast.Name(id=function), args=[argument]):
            return _FUNCTIONS[function](_value(argument, values))
    name = _dotted(node)
    if name is None:
        raise ConditionError(f"条件中不能使用：{ast.unparse(node)}")
    return _TRUE_FALSE[name] if name in _TRUE_FALSE else _read(name, values)


def _read(name: str, values: Mapping[str, Any]) -> Any:
    """The value of a variable, or a field of a contact variable (``party_a.project_manager.email``)."""
    if name in values:
        return values[name]
    owner, _, field = name.rpartition(".")
    contact = values.get(owner)
    if isinstance(contact, Contact) and field in Contact.__slots__:
        return getattr(contact, field)
    return None


def _compare(op: ast.cmpop, left: Any, right: Any) -> bool:
    match op:
        case ast.Eq():
            return bool(_alike(left) == _alike(right))
        case ast.NotEq():
            return bool(_alike(left) != _alike(right))
        case ast.In() | ast.NotIn():
            found = isinstance(right, tuple | str) and left is not None and _contains(left, right)
            return found if isinstance(op, ast.In) else not found
    if left is None or right is None:
        return False
    left, right = _alike(left), _alike(right)
    try:
        match op:
            case ast.Lt():
                return bool(left < right)
            case ast.LtE():
                return bool(left <= right)
            case ast.Gt():
                return bool(left > right)
            case _:
                return bool(left >= right)
    except TypeError:
        return False


def _contains(item: Any, holder: tuple[Any, ...] | str) -> bool:
    if isinstance(holder, str):
        return isinstance(item, str) and item in holder
    return any(_alike(item) == _alike(member) for member in holder)


def _alike(value: Any) -> Any:
    """Make values of one meaning comparable: an ISO literal with a date is compared as text, numbers as numbers."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
