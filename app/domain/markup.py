"""Inline markup of clause text: ``{{variable|format}}``, ``{{@reference}}``, ``[[term]]``. There is no other markup.

A paper points into its contract by ``{{@@reference}}`` and into the row of a repeated provision by ``{{row.column}}``.

What a person answers is never parsed again: values are put into the parsed text as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"\{\{\s*(@{0,2})([A-Za-z_][\w.\-]*)\s*(?:\|\s*([a-z_]+)\s*)?\}\}|\[\[([^\[\]]+)\]\]")
_STRAY = re.compile(r"\{\{|\}\}|\[\[|\]\]")


@dataclass(frozen=True, slots=True)
class Literal:
    text: str


@dataclass(frozen=True, slots=True)
class VariableToken:
    name: str
    fmt: str


@dataclass(frozen=True, slots=True)
class ReferenceToken:
    """``foreign``: the target stands in the contract that the paper belongs to."""

    target: str
    fmt: str
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class TermToken:
    text: str


Token = Literal | VariableToken | ReferenceToken | TermToken


@lru_cache(maxsize=8192)
def parse(text: str) -> tuple[Token, ...]:
    """Tokens of a clause text. Raises ``ValueError`` naming the first stray bracket pair."""
    tokens: list[Token] = []
    position = 0
    for match in _TOKEN.finditer(text):
        if match.start() > position:
            tokens.append(_literal(text[position : match.start()]))
        at, name, fmt, term = match.groups()
        if term is not None:
            tokens.append(TermToken(term))
        elif at:
            tokens.append(ReferenceToken(name, fmt or "", len(at) == 2))
        else:
            tokens.append(VariableToken(name, fmt or ""))
        position = match.end()
    if position < len(text):
        tokens.append(_literal(text[position:]))
    return tuple(tokens)


def _literal(text: str) -> Literal:
    stray = _STRAY.search(text)
    if stray:
        raise ValueError(f"无法识别的标记“{text[stray.start() : stray.start() + 24]}”")
    return Literal(text)


def variables_in(text: str) -> frozenset[str]:
    return frozenset(t.name for t in parse(text) if isinstance(t, VariableToken))


def references_in(text: str) -> tuple[str, ...]:
    """Targets in the document itself; what a paper names of its contract is left out."""
    return tuple(t.target for t in parse(text) if isinstance(t, ReferenceToken) and not t.foreign)
