"""Jinja's immutable sandbox, which answers the same question about the same kind of object once."""

from __future__ import annotations

from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST = 4096
"""Kinds of objects with the names that templates asked of them; there are some hundreds."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Whether a template may reach an attribute hangs on the class of the object and the name alone.

    A contract is some ten thousand attributes, and to look at each through nine abstract classes took a third of its drawing.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._judged: dict[tuple[type, str], bool] = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        kind = type(obj)
        known = self._judged.get((kind, attr))
        # What passes itself off as something of another class is looked at each time.
        if known is not None and obj.__class__ is kind:
            return known
        safe = super().is_safe_attribute(obj, attr, value)
        if obj.__class__ is kind and len(self._judged) < MOST:
            self._judged[kind, attr] = safe
        return safe
