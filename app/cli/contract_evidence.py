"""``contract evidence``: the evidence package of a signed contract."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.files import write_all
from app.services.evidence import make_evidence


@click.command(short_help="制作证据包")
@number_argument
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="另存一份到此文件。")
@acting_option
def evidence(number: str, out: Path | None, login: str) -> None:
    """为签署完毕的合同制作证据包（ZIP）并存入合同文件：签署件、DOCX、机器可读合同、证书与吊销信息、时间戳、签署过程、用印、审计条目及归属证明、证据报告和独立验证程序。"""
    desk = at_desk(login, number)
    view, content = make_evidence(desk.wiring.evidence_kit, desk.actor, desk.contract_id, lambda step: click.echo(step, err=True))
    if out is not None:
        write_all(out.parent, {out.name: content})
    click.echo(f"[{view.id[:8]}] {view.name}，{view.size:,} 字节，SHA-256 {view.sha256}")
    root = desk.wiring.signing_room.authority.root
    from signatures.certificates import fingerprint

    click.echo(f"根证书指纹 {fingerprint(root)}（请从证据包以外交给验证人）")
