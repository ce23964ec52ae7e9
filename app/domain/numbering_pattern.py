"""Contract numbers by pattern: ``SHFW-{YYYY}-{NNNN}`` gives SHFW-2026-0001, SHFW-2026-0002, …

Placeholders: ``{YYYY}`` or ``{YY}`` (year), ``{MM}`` (month), and exactly one counter ``{N…}``, as wide as it has Ns, which may grow
beyond. Numbers that differ in their counter alone form a series; each series counts from 1 without gaps, so a
pattern with a year starts anew every year. Drawing a number from the series in one transaction is the store's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.domain.errors import ContractError

LONGEST, SHORTEST = 40, 6
"""Length of a contract number, as the variable ``contract.no`` of the forms allows."""

_TOKEN = re.compile(r"\{([^{}]*)\}")
_FIXED = re.compile(r"[A-Z0-9\-]*")
_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9\-]*")
_COUNTER = re.compile(r"N+")
_DATE_DIGITS = {"YYYY": 4, "YY": 2, "MM": 2}
_ROOM = 3
"""Digits kept free, so that a series can outgrow its width a thousandfold before its numbers become too long."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number read back: its series (the number with ``#`` for the counter) and its place in it, from 1."""

    series: str
    sequence: int


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """A checked pattern; make one with ``parse_pattern``. ``parts`` alternate fixed text and placeholder names."""

    text: str
    parts: tuple[str, ...]

    @property
    def width(self) -> int:
        """Digits of the counter, at least."""
        return len(next(p for p in self.parts[1::2] if _COUNTER.fullmatch(p)))

    def series(self, on: date) -> str:
        """The series that numbers given on ``on`` belong to: ``SHFW-2026-#``. The key under which a store keeps the last one used."""
        return self._write(on, "#")

    def number(self, on: date, sequence: int) -> str:
        """The number at place ``sequence``. Raises ``number.sequence`` below 1 or where the number would be too long."""
        if sequence < 1:
            raise ContractError("number.sequence", "流水号从1开始。")
        written = self._write(on, f"{sequence:0{self.width}d}")
        if len(written) > LONGEST:
            raise ContractError("number.sequence", f"编号“{written}”超过{LONGEST}位，本序列已经用尽，请改用新的编号规则。")
        return written

    def next_number(self, on: date, last_used: int) -> str:
        """The number behind the last one used in the series of ``on``; 0: none was used yet."""
        return self.number(on, last_used + 1)

    def read(self, number: str) -> Numbered | None:
        """A number of this pattern taken apart; None for any other text, also where the counter has superfluous zeros."""
        match = re.compile(self._expression()).fullmatch(number)
        if match is None or len(number) > LONGEST:
            return None
        digits = match["counter"]
        if int(digits) < 1 or (len(digits) > self.width and digits.startswith("0")):
            return None
        if not 1 <= int(match.groupdict().get("MM") or 1) <= 12:
            return None
        return Numbered(f"{number[: match.start('counter')]}#{number[match.end('counter') :]}", int(digits))

    def _write(self, on: date, counter: str) -> str:
        dated = {"YYYY": f"{on.year:04d}", "YY": f"{on.year % 100:02d}", "MM": f"{on.month:02d}"}
        return "".join(dated.get(part, counter) if i % 2 else part for i, part in enumerate(self.parts))

    def _expression(self) -> str:
        out = []
        for i, part in enumerate(self.parts):
            if i % 2 == 0:
                out.append(re.escape(part))
            elif part in _DATE_DIGITS:
                out.append(f"(?P<{part}>[0-9]{{{_DATE_DIGITS[part]}}})")
            else:
                out.append(f"(?P<counter>[0-9]{{{self.width},}})")
        return "".join(out)


def parse_pattern(text: str) -> NumberPattern:
    """Check and take apart a pattern.

    Raises ``number.pattern``: unknown or doubled placeholders, not exactly one counter, characters that a contract number can't
    have, a counter beside digits (its end could not be told), months without a year, numbers that would be too short or too long.
    """
    parts = tuple(_TOKEN.split(text))
    names = parts[1::2]
    counters = [n for n in names if _COUNTER.fullmatch(n)]
    unknown = [n for n in names if n not in _DATE_DIGITS and n not in counters]
    if unknown:
        raise _fault(text, f"不认识占位符“{{{unknown[0]}}}”，可用：{{YYYY}}、{{YY}}、{{MM}}、{{NNNN}}")
    if len(counters) != 1:
        raise _fault(text, "须有且只有一个流水号占位符，例如{NNNN}")
    if len(set(names)) != len(names) or {"YYYY", "YY"} <= set(names):
        raise _fault(text, "同一占位符只能使用一次")
    if "MM" in names and not {"YYYY", "YY"} & set(names):
        raise _fault(text, "有月份{MM}的须同时有年份，否则次年编号重复")
    if not all(_FIXED.fullmatch(p) for p in parts[::2]):
        raise _fault(text, "固定部分只能使用大写字母、数字和连字符")
    if _counter_beside_digits(parts):
        raise _fault(text, "流水号之后不得紧接数字或者日期，其前不得紧接固定数字")
    pattern = NumberPattern(text, parts)
    shortest = pattern._write(date(2026, 1, 1), "1" * pattern.width)
    if not _NUMBER.fullmatch(shortest) or len(shortest) < SHORTEST or len(shortest) + _ROOM > LONGEST:
        raise _fault(text, f"编号须为{SHORTEST}至{LONGEST - _ROOM}位，首位不为连字符")
    return pattern


def missing_numbers(sequences: Iterable[int]) -> tuple[int, ...]:
    """The places left out below the highest one used, for the check that a series has no gaps."""
    used = set(sequences)
    return tuple(n for n in range(1, max(used, default=0)) if n not in used)


def _counter_beside_digits(parts: tuple[str, ...]) -> bool:
    at = next(i for i in range(1, len(parts), 2) if _COUNTER.fullmatch(parts[i]))
    before, after = parts[at - 1], parts[at + 1]
    followed = after[:1].isdigit() or (not after and at + 2 < len(parts))
    return followed or before[-1:].isdigit()


def _fault(text: str, problem: str) -> ContractError:
    return ContractError("number.pattern", f"编号规则“{text}”不可用：{problem}。")
