"""``signing roots``: outside authorities whose certificates are taken."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.common import settings
from app.cli.contract_common import acting_option
from app.domain.permissions import Actor
from app.services.access import actor_with_login
from app.services.trusted_roots import add_root, list_roots, look, remove_root
from app.wiring import Wiring, now

existing = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group(short_help="受信任的外部证书机构")
def roots() -> None:
    """除内置机构外，由这些机构签发的证书作出的签名和时间戳被接受。"""


def _at(login: str) -> tuple[Wiring, Actor]:
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        return wiring, actor_with_login(uow, login)


@roots.command("list", short_help="列出受信任的机构")
@acting_option
def list_(login: str) -> None:
    """指纹、名称、有效期；由 TRUSTED_ROOTS 文件设定的另行注明。"""
    wiring, actor = _at(login)
    with wiring.reading() as uow:
        for line in list_roots(uow, actor, wiring.configured_roots).trusted:
            origin = "TRUSTED_ROOTS" if line.fixed else f"{line.added_by} {line.added_at:%Y-%m-%d}"
            click.echo(f"{line.fingerprint}\t{line.subject}\t至 {line.valid_until:%Y-%m-%d}\t{origin}")


@roots.command("look", short_help="查看证书文件，显示指纹")
@click.argument("file", type=existing)
@acting_option
def look_(file: Path, login: str) -> None:
    """显示将要信任的证书；不能信任的列出全部原因，退出码为 1。"""
    _, actor = _at(login)
    found = look(actor, now(), file.read_bytes())
    click.echo(
        f"{found.subject}\t有效期 {found.valid_from:%Y-%m-%d} 至 {found.valid_until:%Y-%m-%d}\nSHA-256 {found.fingerprint}"
    )


@roots.command(short_help="信任一个机构")
@click.argument("file", type=existing)
@click.option("--fingerprint", required=True, help="从该机构官方渠道取得的 SHA-256 指纹。")
@acting_option
def add(file: Path, fingerprint: str, login: str) -> None:
    """指纹须与证书一致才会生效。"""
    wiring, actor = _at(login)
    with wiring.unit_of_work() as uow:
        found = add_root(uow, actor, now(), file.read_bytes(), fingerprint)
    click.echo(f"已信任：{found.subject}")


@roots.command(short_help="不再信任一个机构")
@click.argument("fingerprint")
@click.option("--reason", required=True, help="理由。")
@acting_option
def remove(fingerprint: str, reason: str, login: str) -> None:
    """此后验证由其签发的签名，将提示签名人身份无法确认。"""
    wiring, actor = _at(login)
    with wiring.unit_of_work() as uow:
        remove_root(uow, actor, now(), fingerprint.lower(), reason)
    click.echo("已移除。")
