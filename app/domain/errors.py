"""Errors of the domain; each carries a stable code and a Chinese message for the person who can mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ContractError(Exception):
    """Base of all refusals; ``code`` is stable and safe to rely on, ``message`` says what, where and how to mend it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class InputFault:
    """One fault of something entered: where (dotted path, label, line of the file), what is wrong, what is allowed."""

    path: str
    label: str
    problem: str
    allowed: str = ""
    line: int | None = None
    suggestion: str = ""

    def sentence(self) -> str:
        where = f"第{self.line}行 " if self.line else ""
        name = f"{self.label}（{self.path}）" if self.label and self.label != self.path else self.path
        tail = f"；允许：{self.allowed}" if self.allowed else ""
        hint = f"；是否想写“{self.suggestion}”？" if self.suggestion else ""
        return f"{where}{name}：{self.problem}{tail}{hint}"


class InputError(ContractError):
    """Input that can't be used; carries every fault at once."""

    def __init__(self, faults: Sequence[InputFault], code: str = "input.invalid") -> None:
        super().__init__(code, "\n".join(f.sentence() for f in faults))
        self.faults = tuple(faults)


class LibraryError(ContractError):
    """A fault of the clause library itself, with every finding."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("library.invalid", "\n".join(problems))
        self.problems = tuple(problems)
