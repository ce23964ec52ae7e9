"""``keys``: the state of certificates and keys, and a new key-encryption key."""

from __future__ import annotations

import sys

import click

from app.cli.common import settings
from app.services.pki import rewrap_keys
from app.services.setup_state import Setup, setup_at_machine
from app.wiring import Wiring, now

FAULTY = 1


@click.group(short_help="签署密钥和证书：状态、更换密钥加密密钥")
def keys() -> None:
    """签署私钥以密钥加密密钥和签署人的密码两层加密；这里管理前一层。"""


@keys.command(short_help="证书、密钥、时间、邮件的状态")
@click.option("--time", "ask", is_flag=True, help="向外部时间戳服务实际请求一次。")
def state(ask: bool) -> None:
    """有须处理的问题时退出码为 1。"""
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        found = setup_at_machine(uow, now(), wiring.authority)
    _certificates(found)
    if wiring.settings.timestamp_url:
        click.echo(f"时间来源：外部时间戳服务 {wiring.settings.timestamp_url}")
    else:
        click.echo("时间来源：本系统内置时间戳（非独立第三方时间）")
    answer = wiring.authority.ask_time() if ask else None
    if answer is not None and answer.outside:
        click.echo(f"　外部服务的时间：{answer.at:%Y-%m-%d %H:%M:%S} UTC" if answer.at else f"　{answer.fault}")
    smtp = wiring.settings.smtp_host
    click.echo(f"邮件：{smtp or '只存于本地发件箱'}；待发送 {found.mails['waiting']} 封，失败 {found.mails['failed']} 封")
    click.echo(f"短信网关：{'已设置' if wiring.settings.sms_url else '未设置，短信验证码只存于本地发件箱'}")
    for alarm in found.alarms:
        click.echo(f"须处理：{alarm.message}", err=True)
    sys.exit(FAULTY if found.alarms or (answer is not None and answer.fault) else 0)


def _certificates(found: Setup) -> None:
    for c in found.certificates:
        click.echo(f"{c.label}\t{c.serial}\t至 {c.valid_until:%Y-%m-%d}{f'　{c.alarm}' if c.alarm else ''}")
    if not found.certificates and not found.problem:
        click.echo("内置证书机构尚未生成（首次签署时生成）。")
    if found.keys is not None:
        source = "环境变量 SIGNING_KEYS" if found.keys.source == "environment" else found.keys.path
        click.echo(f"密钥加密密钥：{source}；当前 {found.keys.current or '尚未生成'}，共 {found.keys.count} 把")


@keys.command(short_help="更换密钥加密密钥")
@click.option("--rewrap", is_flag=True, help="不生成新密钥，只把私钥改在当前（最后一把）密钥之下；密钥来自环境变量时用。")
@click.option("--drop-old", is_flag=True, help="完成后从密钥文件中删去不再使用的旧密钥；旧备份随之不能恢复，请先做新的备份。")
def rotate(rewrap: bool, drop_old: bool) -> None:
    """生成新密钥，把所有签署私钥改在其下加密；不需要签署人的密码。中断后再运行一次即可。"""
    wiring = Wiring(settings())
    room = wiring.authority
    name = room.key_health().current if rewrap else room.new_ring()
    room.rewrap_authority()
    with wiring.unit_of_work() as uow:
        changed = rewrap_keys(uow, now(), room)
    click.echo(f"当前密钥加密密钥：{name}；改写 {changed} 把签署私钥。")
    if drop_old:
        with wiring.reading() as uow:
            dropped = room.drop_old_keys(_still_used(uow))
        click.echo(f"已删去旧密钥：{'、'.join(dropped)}" if dropped else "没有可以删去的旧密钥。")


def _still_used(uow: object) -> frozenset[str]:
    from app.authority_room import ring_of
    from app.store.signings import sealed_certificates

    rows = sealed_certificates(uow.session)  # type: ignore[attr-defined]
    return frozenset(ring_of(row.sealed) for row in rows)
