"""Conditions of the register on the command line, and how a hit is printed."""

from __future__ import annotations

import click

from app.domain.errors import InputError
from app.services.register_settings import Settings, read_settings
from app.services.searching import Hit

filter_option = click.option(
    "--filter", "filters", multiple=True, metavar="名称=值", help="与网页地址相同的条件，可重复，例如 stage=active、party=星河、sort=value。"
)  # fmt: skip


def read_filters(filters: tuple[str, ...]) -> Settings:
    """Raises ``InputError`` for conditions that can't be used."""
    plain: dict[str, list[str]] = {}
    for item in filters:
        name, mark, value = item.partition("=")
        if not mark:
            raise click.UsageError(f"条件“{item}”应写成 名称=值。")
        plain.setdefault(name, []).append(value)
    found, faults = read_settings(plain)
    if faults:
        raise InputError(faults)
    return found


def hit_words(hit: Hit) -> str:
    versions = "" if not hit.last else f"第{hit.last}版　" if hit.current else f"仅见于旧版本（至第{hit.last}版）　"
    return f"{hit.number}　{versions}" + "".join(f"【{p.text}】" if p.hit else p.text for p in hit.pieces)
