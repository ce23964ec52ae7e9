"""``contract version``: the versions of a contract, saving one, and its documents as files."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.files import write_all
from app.services.texts import label_of
from app.services.version_list import issue_version, prepare_version_documents, version_lines
from app.services.versions import save_version
from app.wiring import now, today


@click.group(short_help="版本：列出、保存、生成文件")
def version() -> None:
    """合同的版本：冻结的文本，保存以后不再改变。"""


@version.command("list", short_help="列出版本")
@number_argument
@acting_option
def show(number: str, login: str) -> None:
    """列出合同的全部版本，新的在前。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        lines = version_lines(uow, desk.actor, desk.contract_id)
    for line in lines:
        head = line.head
        state = line.approval.label if line.approval else "未送审"
        parent = f"据{label_of(line.parent)}" if line.parent else "首版"
        click.echo(
            f"{label_of(head.ordinal)}\t{parent}\t{state}\t{head.created_by}\t{head.created_at:%Y-%m-%dT%H:%MZ}\t{head.digest[:12]}\t"
            f"条款库 {head.library_version}\t{head.note}"
        )
    if not lines:
        click.echo("还没有版本。")


@version.command("save", short_help="保存版本")
@number_argument
@acting_option
@click.option("--note", "remark", default="", help="说明。")
def save(number: str, login: str, remark: str) -> None:
    """把草稿现在的文本冻结为一个版本；没有变化时不另存。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        head = save_version(uow, desk.actor, now(), today(), desk.wiring.reference, desk.contract_id, remark)
    click.echo(f"{label_of(head.ordinal)}，文本哈希 SHA-256 {head.digest}")


@version.command("documents", short_help="生成某一版的文件")
@number_argument
@acting_option
@click.option("--version", "ordinal", type=click.IntRange(1), required=True, help="版本号。")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="输出目录。")
def documents(number: str, login: str, ordinal: int, out: Path) -> None:
    """生成某一版的 DOCX、PDF、HTML、JSON、TXT 与附件表，并证明文字一致；通过审批的版本不带“草稿”标记。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        issue = prepare_version_documents(uow, desk.actor, desk.contract_id, ordinal)
    made = issue_version(issue, desk.wiring.tools, now(), lambda step: click.echo(f"… {step}", err=True))
    for path in write_all(out, made.files):
        click.echo(f"已写出 {path}（{path.stat().st_size:,} 字节）")
    for proof in made.proofs:
        click.echo(f"一致性证明：{proof.file} 与规范文本逐条一致（{proof.blocks} 处，{proof.characters} 字）")
