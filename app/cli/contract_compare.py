"""``contract compare``: two texts of a contract compared, as files."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.contract_common import TextChoice, acting_option, at_desk, number_argument
from app.cli.files import write_all
from app.domain.comparison import Change
from app.services.comparing import Compared, compare_contract
from app.services.generation import Format, Generated
from app.services.redlining import REDLINE_FORMATS, make_redline, redline_identity
from app.wiring import now, today

LABELS = {
    Change.ADDED: "新增", Change.REMOVED: "删除", Change.CHANGED: "修改", Change.MOVED: "移动", Change.RENUMBERED: "编号变更",
}  # fmt: skip


class RedlineFormats(click.ParamType["frozenset[Format]"]):
    """A comma-separated list of formats."""

    name = ",".join(f.value for f in REDLINE_FORMATS)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[Format]:
        if isinstance(value, frozenset):
            return value
        names = [n.strip().lower() for n in str(value).split(",") if n.strip()]
        unknown = [n for n in names if n not in {f.value for f in REDLINE_FORMATS}]
        if unknown or not names:
            self.fail(f"未知格式 {'、'.join(unknown) or '（空）'}；可选 {self.name}。", param, ctx)
        return frozenset(Format(n) for n in names)


@click.command(short_help="比较两个版本")
@number_argument
@acting_option
@click.option("--from", "old", type=TextChoice(), required=True, help="旧版本。")
@click.option("--to", "new", type=TextChoice(), required=True, help="新版本。")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="输出目录。")
@click.option(
    "--format", "formats", type=RedlineFormats(), default=frozenset(REDLINE_FORMATS), show_default="全部", help="逗号分隔。"
)
def compare(number: str, login: str, old: int, new: int, out: Path, formats: frozenset[Format]) -> None:
    """比较合同的两个版本（或者草稿），写出对比稿；DOCX 带原生修订标记，接受全部即新版，拒绝全部即旧版，逐条核对后才写出。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        compared = compare_contract(
            uow, desk.actor, desk.wiring.reference, desk.wiring.differ, today(), desk.contract_id, old, new
        )
    meta = redline_identity(compared, now())
    made = make_redline(compared, meta, desk.wiring.redline_tools, formats, lambda step: click.echo(f"… {step}", err=True))
    report(compared, made, write_all(out, made.files))


def report(compared: Compared, made: Generated, paths: tuple[Path, ...]) -> None:
    """What changed, what was written, what was proven."""
    counts = compared.comparison.counts()
    told = "，".join(f"{LABELS[c]} {counts[c]} 处" for c in LABELS if counts.get(c)) or "文字完全相同"
    click.echo(f"{compared.old.label} → {compared.new.label}：{told}；数值变更 {len(compared.comparison.variables)} 项")
    for path in paths:
        click.echo(f"已写出 {path}（{path.stat().st_size:,} 字节）")
    for proof in made.proofs:
        click.echo(f"一致性证明：{proof.file} 逐条一致（{proof.blocks} 处）")
