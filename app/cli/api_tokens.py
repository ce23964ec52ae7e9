"""``api-tokens``: tokens with which a program signs by the API."""

from __future__ import annotations

import click

from app.cli.common import settings
from app.cli.contract_common import acting_option
from app.domain.permissions import Actor
from app.services.access import actor_with_login
from app.services.api_tokens import READ, SCOPES, SIGN, list_tokens, make_token, revoke_token
from app.wiring import Wiring, now


@click.group("api-tokens", short_help="签署接口的令牌：生成、列出、撤销")
def api_tokens() -> None:
    """供程序以外部密钥签署合同，见 docs/signing-api.md。令牌以生成者的名义、在其权限之内办理。"""


def _at(login: str) -> tuple[Wiring, Actor]:
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        return wiring, actor_with_login(uow, login)


@api_tokens.command(short_help="生成令牌")
@click.option("--name", required=True, help="用途。")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(list(SCOPES)), default=(READ, SIGN), help="范围，可重复；省略则两项。"
)
@click.option("--days", default=30, show_default=True, help="有效期（日）。")
@click.option("--contract", "number", default="", help="只限一份合同（编号）。")
@acting_option
def make(name: str, scopes: tuple[str, ...], days: int, number: str, login: str) -> None:
    """打印令牌；只打印这一次，系统不保存。"""
    wiring, actor = _at(login)
    with wiring.unit_of_work() as uow:
        click.echo(make_token(uow, actor, now(), name, scopes, days, number))


@api_tokens.command("list", short_help="列出令牌")
@acting_option
def list_(login: str) -> None:
    """编号、用途、范围、期限、最近使用。"""
    wiring, actor = _at(login)
    words = {"good": "有效", "ended": "已到期", "revoked": "已撤销"}
    with wiring.reading() as uow:
        for t in list_tokens(uow, actor, now()):
            used = f"{t.used_at:%Y-%m-%d %H:%M} UTC" if t.used_at else "尚未使用"
            click.echo(f"{t.id}\t{t.name}\t{' '.join(t.scopes)}\t{words[t.state]}\t至 {t.expires_at:%Y-%m-%d}\t{used}\t{t.owner}")


@api_tokens.command(short_help="撤销令牌")
@click.argument("token_id", metavar="编号")
@acting_option
def revoke(token_id: str, login: str) -> None:
    """立即失效。"""
    wiring, actor = _at(login)
    with wiring.unit_of_work() as uow:
        revoke_token(uow, actor, now(), token_id)
    click.echo("已撤销。")
