"""``verify``: what a signed PDF is worth, without network and without the server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from app.cli.common import settings
from app.wiring import now

FAILED = 1
existing = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(short_help="验证已签署的 PDF")
@click.argument("file", type=existing)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@click.option("--root", "roots", multiple=True, type=existing, help="受信任的根证书（PEM，可重复）；省略则用本系统的根证书。")
@click.option("--language", type=click.Choice(["zh", "en"]), help="文字的语言；省略则按 LANGUAGE 设置。")
def verify(file: Path, as_json: bool, roots: tuple[Path, ...], language: str | None) -> None:
    """验证 PDF 的每个签名、其后的改动、应签未签的栏位、附件和时间戳。未通过则退出码为 1。

    解析在单独的进程中进行，有内存和时间限制；不访问网络。
    """
    from signatures.authority import read_roots
    from signatures.certificates import read_certificates
    from signatures.verification.trusting import Trust
    from signatures.verification.verdict import Outcome
    from signatures.verification.words import spoken
    from signatures.verification.worker import Verifier

    configured = settings()
    own = read_roots(configured.data_dir / "pki")
    others = tuple(c for path in roots for c in read_certificates(path.read_bytes()))
    with Verifier() as verifier:
        verdict = verifier.verify(file.read_bytes(), Trust(own=own, others=others), now())
    if as_json:
        click.echo(json.dumps(verdict.data(), ensure_ascii=False, indent=2))
    else:
        for line in spoken(verdict, language or configured.language):
            click.echo(line)
        if not own and not others:
            click.echo("未指定受信任的根证书（--root），无法确认签名人身份。", err=True)
    sys.exit(0 if verdict.outcome is Outcome.VALID else FAILED)
