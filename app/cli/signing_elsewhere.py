"""``signing elsewhere``: a file that a party signs with a certificate of its own."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.files import write_all
from app.services.signing_elsewhere import accept_elsewhere, file_to_sign, places_elsewhere


@click.group(short_help="在系统外签署：输出文件、接受签回的文件")
def elsewhere() -> None:
    """一方用自己的证书和工具（U 盾、持牌机构）签署：取出文件，签署后交回，经严格核对后接受。"""


@elsewhere.command("file", short_help="输出待签署的文件")
@number_argument
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="输出文件（PDF）。")
@acting_option
def file_(number: str, out: Path, login: str) -> None:
    """当前状态的文件，以及轮到签署的栏位；须在所列栏位中追加签名，不能另存或者改动。"""
    desk = at_desk(login, number)
    _, content = file_to_sign(desk.wiring.elsewhere_kit, desk.actor, desk.contract_id)
    write_all(out.parent, {out.name: content})
    with desk.wiring.reading() as uow:
        for place in places_elsewhere(uow, desk.actor, desk.contract_id):
            click.echo(f"{place.id}\t{place.label}")


@elsewhere.command("accept", short_help="接受签回的文件")
@number_argument
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--place", required=True, metavar="栏位", help="签署栏位。")
@acting_option
def accept(number: str, file: Path, place: str, login: str) -> None:
    """逐项核对后接受；不符的列出全部原因，退出码为 1。受信任的外部根证书由 TRUSTED_ROOTS 设定。"""
    desk = at_desk(login, number)
    done, found = accept_elsewhere(desk.wiring.elsewhere_kit, desk.actor, desk.contract_id, place, file.read_bytes())
    click.echo(f"已接受：{found.name}，证书 {found.serial}，签发者 {found.issuer}")
    for remark in found.notes:
        click.echo(remark, err=True)
    if done:
        click.echo("双方签署完毕。")
