"""``demo``: the demonstration contract, drafted, proofread, rendered and proven, then reviewed, approved, compared, amended,
renewed and ended."""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from pathlib import Path

import click

from app.cli.common import finding_data, print_findings, settings, tally
from app.cli.files import write_all
from app.domain.answers import read_answers
from app.services.drafting import compile_draft
from app.services.generation import generate, identity
from app.wiring import Wiring, now

TODAY = date(2026, 11, 22)
OUT = Path("out/demo")
EXPECTED = {("R-35", "warn"), ("R-46", "warn"), ("R-47", "info")}
"""What proofreading must find in the demonstration contract, no more and no less."""


@click.command(short_help="生成演示合同到 out/demo")
@click.option("--out", default=OUT, type=click.Path(path_type=Path, file_okay=False), show_default=True, help="输出目录。")
def demo(out: Path) -> None:
    """起草、校对、生成演示合同，证明各文件文字一致；再由多人审查两轮、审批定稿，比较两个送审版本；双方签名、盖章，验证签署件；
    签订补充协议，合并其生效前后的文本；
    另以两份合同演示续约、不续约、违约解除与清理，生成各份文书；以一份演示义务的排期、完成、停钟和清单变更。全部成立时退出码为 0。"""
    from app.library.answers_file import parse_answers
    from app.library.loader import FORM, clauses_root

    started = time.perf_counter()
    timings: dict[str, float] = {}

    def lap(step: str, since: float) -> float:
        timings[step] = time.perf_counter() - since
        return time.perf_counter()

    wiring = Wiring(settings())
    mark = time.perf_counter()
    reference = wiring.reference
    source = parse_answers((clauses_root() / FORM / "example.yaml").read_bytes())
    reading = read_answers(wiring.library.variables, source.data, topics=wiring.library.topics(), lines=source.lines)
    mark = lap("读取条款库与答案", mark)
    compiled = compile_draft(reference, reading.require(), TODAY)
    mark = lap("装配与校对", mark)
    tools = wiring.tools
    lap("准备字体与渲染器", mark)
    meta = identity(compiled.instrument, now(), final=False)
    made = generate(compiled.instrument, compiled.answers, meta, tools)
    findings = json.dumps([finding_data(f) for f in compiled.findings], ensure_ascii=False, indent=1).encode("utf-8")
    for path in write_all(out, {**made.files, "findings.json": findings}):
        click.echo(f"{path}  {path.stat().st_size:,} 字节")
    print_findings(compiled.findings)
    click.echo(f"校对：{tally(compiled.findings)}")
    found = {(f.rule, f.severity.value) for f in compiled.findings}
    as_expected = found == EXPECTED
    if not as_expected:
        click.echo(f"校对结果与预期不符：多 {sorted(found - EXPECTED)}，缺 {sorted(EXPECTED - found)}", err=True)
    for proof in made.proofs:
        click.echo(f"一致性证明：{proof.file} 与规范文本逐条一致（{proof.blocks} 处，{proof.characters} 字）")
    click.echo(f"PDF 共 {made.page_count} 页；文本哈希 SHA-256 {meta.digest}")
    mark = time.perf_counter()
    held = _review(out, wiring)
    mark = lap("两轮审查", mark)
    held = _later(out, wiring) and held
    mark = lap("续约与终止", mark)
    held = _settled(out, wiring) and held
    lap("考核与结算", mark)
    for step, seconds in {**timings, **made.timings}.items():
        click.echo(f"  {step:<12} {seconds:6.2f} 秒")
    click.echo(f"  合计         {time.perf_counter() - started:6.2f} 秒")
    sys.exit(0 if as_expected and held and len(made.proofs) == 2 and all(p.equal for p in made.proofs) else 1)


def _review(out: Path, wiring: Wiring) -> bool:
    """Two rounds of review over a database of its own; whatever else shows the reviewed contract is called here, too."""
    from app.cli.demo_amendment import SIGNED, amendment_files
    from app.cli.demo_comparison import comparison_files
    from app.cli.demo_review import report, reviewed
    from app.cli.demo_signing import signed_files

    with reviewed() as review:
        compared = comparison_files(review, wiring)
        reviewed_files = report(review)
        signed = signed_files(review, wiring, SIGNED)
        amended = amendment_files(review, wiring)
        for line in review.log:
            click.echo(line)
        for path in write_all(out, {**reviewed_files, **compared, **signed, **amended}):
            click.echo(f"{path}  {path.stat().st_size:,} 字节")
        return not review.failed


def _later(out: Path, wiring: Wiring) -> bool:
    """Renewal and ending of two contracts over a database of their own, with the papers that they take."""
    from app.cli.demo_duties import duty_files
    from app.cli.demo_ending import ending_files

    files, lines, failed = ending_files(lambda: wiring.tools)
    kept, told, amiss = duty_files(lambda: wiring.tools)
    files, lines, failed = {**files, **kept}, [*lines, *told], [*failed, *amiss]
    for line in lines:
        click.echo(line)
    for path in write_all(out, files):
        click.echo(f"{path}  {path.stat().st_size:,} 字节")
    return not failed


def _settled(out: Path, wiring: Wiring) -> bool:
    """A month's figures, its score, settlement, invoice and payment over a database of their own."""
    from app.cli.demo_settlement import settlement_files

    files, lines, failed = settlement_files(lambda: wiring.tools)
    for line in lines:
        click.echo(line)
    for path in write_all(out, files):
        click.echo(f"{path}  {path.stat().st_size:,} 字节")
    return not failed
