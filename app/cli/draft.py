"""``draft`` and ``check``: from an answers file to findings and documents."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import click

from app.cli.common import (
    deviation_data,
    finding_data,
    print_deviations,
    print_findings,
    read_file,
    settings,
    tally,
    today_option,
)
from app.cli.files import write_all
from app.domain.errors import ContractError
from app.domain.proofreading.registry import MINIMUM_REASON
from app.services.drafting import compile_draft, dated_final
from app.services.generation import ALL_FORMATS, Format, generate, identity
from app.wiring import Wiring, now


class Formats(click.ParamType["frozenset[Format]"]):
    """A comma-separated list of formats."""

    name = "docx,pdf,html,json,txt"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[Format]:
        if isinstance(value, frozenset):
            return value
        names = [n.strip().lower() for n in str(value).split(",") if n.strip()]
        unknown = [n for n in names if n not in {f.value for f in Format}]
        if unknown or not names:
            self.fail(f"未知格式 {'、'.join(unknown) or '（空）'}；可选 {'、'.join(f.value for f in Format)}。", param, ctx)
        return frozenset(Format(n) for n in names)


@click.command(short_help="生成合同")
@click.argument("answers", type=click.Path(path_type=Path))
@click.option("--out", "out", required=True, type=click.Path(path_type=Path, file_okay=False), help="输出目录。")
@click.option("--final", is_flag=True, help="生成定稿：有错误、未填空白或未放行的警告即拒绝。")
@click.option("--format", "formats", type=Formats(), default=ALL_FORMATS, show_default="全部", help="输出格式，逗号分隔。")
@today_option
def draft(answers: Path, out: Path, final: bool, formats: frozenset[Format], today: date) -> None:
    """由答案文件生成合同及附件，写入输出目录。"""
    wiring = Wiring(settings())
    reading = read_file(answers, wiring.library)
    entered = reading.require()
    compiled = compile_draft(wiring.reference, dated_final(entered, today) if final else entered, today)
    print_findings(compiled.findings)
    print_deviations(compiled.instrument)
    click.echo(f"校对：{tally(compiled.findings)}")
    if final and compiled.blocking:
        rules = "、".join(sorted({f.rule for f in compiled.blocking}))
        click.echo(
            f"不能定稿：{len(compiled.blocking)} 项须先处理（{rules}）。错误须改正；"
            f"警告须在 acknowledgements 中逐项写明 rule、place、by、at 和不少于 {MINIMUM_REASON} 字的 reason。",
            err=True,
        )
        sys.exit(1)
    meta = identity(compiled.instrument, now(), final=final)
    try:
        made = generate(
            compiled.instrument, compiled.answers, meta, wiring.tools, formats, lambda step: click.echo(f"… {step}", err=True)
        )
    except ContractError:
        click.echo("没有写出任何文件。", err=True)
        raise
    for path in write_all(out, made.files):
        click.echo(f"已写出 {path}（{path.stat().st_size:,} 字节）")
    for proof in made.proofs:
        click.echo(f"一致性证明：{proof.file} 与规范文本逐条一致（{proof.blocks} 处，{proof.characters} 字）")
    if made.page_count:
        click.echo(f"PDF 共 {made.page_count} 页")
    click.echo(f"文本哈希 SHA-256 {meta.digest}")


@click.command(short_help="校对答案文件")
@click.argument("answers", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
@today_option
def check(answers: Path, as_json: bool, today: date) -> None:
    """校对由答案文件得到的合同，列出全部意见；有错误则退出码为 1。"""
    wiring = Wiring(settings())
    reading = read_file(answers, wiring.library)
    compiled = compile_draft(wiring.reference, reading.require(), today)
    if as_json:
        data = {
            "findings": [finding_data(f) for f in compiled.findings],
            "blocking": [finding_data(f) for f in compiled.blocking],
            "blanks": [{"place": p, "variable": b.variable, "label": b.label} for p, b in compiled.instrument.blanks()],
            "deviations": [deviation_data(d) for d in compiled.instrument.deviations],
        }
        click.echo(json.dumps(data, ensure_ascii=False, indent=1))
    else:
        print_findings(compiled.findings)
        print_deviations(compiled.instrument)
        click.echo(f"校对：{tally(compiled.findings)}")
    sys.exit(1 if any(f.severity.value == "error" for f in compiled.findings) else 0)
