"""Options of the commands of review: office, reason, pairs of name and text; and how their mails name the pages."""

from __future__ import annotations

from typing import Any

import click

from app.domain.approval_route import Function
from app.services.approval_mails import Post
from app.wiring import Wiring

reason_option = click.option("--reason", required=True, help="理由。")


class Office(click.ParamType[Function]):
    """An approval office by its value."""

    name = "|".join(f.value for f in Function)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Function:
        found = next((f for f in Function if value in (f, f.value, f.label)), None)
        if found is None:
            known = "、".join(f"{f.value}（{f.label}）" for f in Function)
            self.fail(f"没有审批职务“{value}”；可选 {known}。", param, ctx)
        return found


office_option = click.option("--office", required=True, type=Office(), help="以哪个审批职务。")


class Pair(click.ParamType["tuple[str, str]"]):
    """``NAME=TEXT``."""

    name = "NAME=TEXT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        if not equals or not name.strip() or not text.strip():
            self.fail(f"“{value}”应写成 名称=文字 的样子。", param, ctx)
        return name.strip(), text.strip()


def post_office(wiring: Wiring) -> Post:
    base = wiring.settings.base_url
    return Post(wiring.write_mail, lambda found: f"{base}/contracts/{found}/approvals")
