"""``audit``: verify the log, export one contract's entries, sign a checkpoint now."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.cli.common import settings
from app.domain.audit import Checkpoint
from app.services.auditing import export_audit, make_checkpoint, verify_audit
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
@click.argument("contract")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="输出文件；省略则打印。")
def export_log(contract: str, out: Path | None) -> None:
    """导出合同（编号或者标识）的全部审计条目，每条附有可独立核对的归属证明。"""
    wiring = Wiring(settings())
    _checkpoint(wiring)
    with wiring.reading() as uow:
        content = export_audit(uow, contract)
    if out is None:
        click.echo(content.decode("utf-8"), nl=False)
    else:
        out.write_bytes(content)
        click.echo(f"已写出 {out}（{len(content):,} 字节）")


@audit.command(name="checkpoint", short_help="立即签发检查点")
def sign_checkpoint() -> None:
    """立即为当前日志签发检查点（平时由后台任务定时签发）。"""
    made = _checkpoint(Wiring(settings()))
    click.echo(f"已为前 {made.size} 条签发检查点，头部 {made.head}" if made else "自上一个检查点以来没有新的条目。")


def _checkpoint(wiring: Wiring) -> Checkpoint | None:
    with wiring.unit_of_work() as uow:
        return make_checkpoint(uow, wiring.audit_seal.signer(), wiring.audit_seal, now())
