"""Groups of commands that import a command's module only when it is called: a start-up must not load what it does not use."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click


class LazyGroup(click.Group):
    """``lazy``: command → its module, and the line that the help shows.

    The command stands in the module under its name with ``-`` as ``_`` (``list_`` for a name that Python has already).
    """

    def __init__(self, *args: Any, lazy: Mapping[str, tuple[str, str]] | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, name = import_module(self.lazy[cmd_name][0]), cmd_name.replace("-", "_")
        command: click.Command = getattr(module, f"{name}_" if iskeyword(name) or name in dir(builtins) else name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [(name, help_line) for name, (_, help_line) in self.lazy.items()]
        added = [(name, c.get_short_help_str()) for name, c in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*own, *added])
