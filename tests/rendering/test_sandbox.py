"""The sandbox of the documents: the same answers as Jinja's own, however often it is asked."""

from __future__ import annotations

import types
from collections import deque
from typing import Any

import pytest
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.rendering.sandbox import Sandbox


class Masked:
    """Passes itself off as a list."""

    @property
    def __class__(self) -> Any:  # type: ignore[override]
        return list

    append = "harmless"


def _generator() -> Any:
    yield 1


OBJECTS: list[Any] = [
    [1], {"a": 1}, {1}, deque([1]), "text", 1, object(), _generator, _generator(), [].append, Masked(), Masked, types.SimpleNamespace(a=1, _b=2),
    _generator.__code__,
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(OBJECTS)))
def test_it_answers_as_jinjas_own(number: int) -> None:
    ours, own, obj = Sandbox(), ImmutableSandboxedEnvironment(), OBJECTS[number]
    names = [*dir(obj), "append", "mro", "_b", "func_code", "clear", "a"]
    for _ in range(2):
        for name in names:
            assert ours.is_safe_attribute(obj, name, None) == own.is_safe_attribute(obj, name, None), name


def test_one_class_says_nothing_of_another() -> None:
    ours = Sandbox()
    assert ours.is_safe_attribute(types.SimpleNamespace(append=1), "append", None)
    assert not ours.is_safe_attribute([], "append", None)
    assert not ours.is_safe_attribute(Masked(), "append", None)


@pytest.mark.parametrize("words", ["{{ x.append(1) }}", "{{ x.__class__.mro() }}", "{{ f.__globals__.x }}"])
def test_a_template_reaches_nothing_by_asking_twice(words: str) -> None:
    template = Sandbox().from_string(words)
    for _ in range(2):
        with pytest.raises(SecurityError):
            template.render(x=[], f=_generator)
