"""``audit``: verify the log, export one contract's entries, sign a checkpoint now."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.cli.common import settings
from app.cli.contract_common import acting_option, at_desk, number_argument
from app.domain.audit import Checkpoint
from app.services.access import actor_with_login
from app.services.auditing import make_checkpoint, verify_audit
from app.services.reading_log import LogFilter, LogPage, export_contract_log, read_contract_log, read_house_log
from app.wiring import Wiring, now

FAULTY = 1
existing = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group(short_help="审计日志")
def audit() -> None:
    """审计日志：验证、按合同导出、签发检查点。"""


@audit.command(name="verify", short_help="验证审计日志")
@click.option("--checkpoints", "files", multiple=True, type=existing, help="另存的检查点文件（可重复）；建议与数据库分开保管。")
@click.option("--key", "keys", multiple=True, type=existing, help="另存的公钥文件（可重复）。")
def verify_log(files: tuple[Path, ...], keys: tuple[Path, ...]) -> None:
    """逐条验证链条并与检查点核对；指出第一条被改动的条目、被整体重写的日志和缺失的尾部。不一致则退出码为 1。"""
    from app.store.seal import read_checkpoint_file

    wiring = Wiring(settings())
    elsewhere = [point for path in files for point in read_checkpoint_file(path)[0]]
    with wiring.reading() as uow:
        report = verify_audit(uow, wiring.audit_seal.verifier(*keys), wiring.audit_seal, elsewhere)
    click.echo(report.verdict.summary)
    for note in report.notes:
        click.echo(f"注意：{note}")
    sys.exit(0 if report.verdict.sound else FAULTY)


@audit.command(name="export", short_help="导出一份合同的审计条目")
@number_argument
@acting_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="输出文件；省略则打印。")
def export_log(number: str, login: str, out: Path | None) -> None:
    """导出合同（编号或者标识）的全部审计条目，每条附有可独立核对的归属证明；限合同管理员和审计。"""
    desk = at_desk(login, number)
    _checkpoint(desk.wiring)
    with desk.wiring.reading() as uow:
        _number, content = export_contract_log(uow, desk.actor, desk.contract_id)
    if out is None:
        click.echo(content.decode("utf-8"), nl=False)
    else:
        out.write_bytes(content)
        click.echo(f"已写出 {out}（{len(content):,} 字节）")


@audit.command(name="show", short_help="查看审计日志")
@click.argument("number", metavar="[合同编号]", required=False)
@acting_option
@click.option("--about", "family", default="", help="只看一类事项，如 contract、approval、access。")
@click.option("--before", type=click.IntRange(1), help="只看此序号以前的条目。")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="至多几条。")
def show_log(number: str | None, login: str, family: str, before: int | None, limit: int) -> None:
    """列出一份合同的审计条目；不给编号时列出全部条目，限审计。新的在前。"""
    if number is not None:
        desk = at_desk(login, number)
        with desk.wiring.reading() as uow:
            page = read_contract_log(uow, desk.actor, desk.contract_id, LogFilter(family), before=before, limit=limit)
    else:
        with Wiring(settings()).reading() as uow:
            page = read_house_log(uow, actor_with_login(uow, login), LogFilter(family), before=before, limit=limit)
    _print_page(page)


def _print_page(page: LogPage) -> None:
    for line in page.lines:
        words = line.words
        told = f"{words.who}　{words.what}" if words else "（保密合同的事项，不予显示）"
        click.echo(f"{line.number}\t{line.at:%Y-%m-%dT%H:%MZ}\t{line.contract}\t{told}")
    if page.next is not None:
        click.echo(f"还有更早的条目：加 --before {page.next} 查看。", err=True)


@audit.command(name="checkpoint", short_help="立即签发检查点")
def sign_checkpoint() -> None:
    """立即为当前日志签发检查点（平时由后台任务定时签发）。"""
    made = _checkpoint(Wiring(settings()))
    click.echo(f"已为前 {made.size} 条签发检查点，头部 {made.head}" if made else "自上一个检查点以来没有新的条目。")


def _checkpoint(wiring: Wiring) -> Checkpoint | None:
    with wiring.unit_of_work() as uow:
        return make_checkpoint(uow, wiring.audit_seal.signer(), wiring.audit_seal, now())
