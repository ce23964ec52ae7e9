"""``register``: search the contracts, export them, record those that were signed before the system came in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from app.cli.common import settings
from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.files import write_all
from app.cli.lazy import LazyGroup
from app.cli.register_options import filter_option, hit_words, read_filters
from app.domain.errors import ContractError
from app.services.access import actor_with_login
from app.services.recording import Examined, RecordingRefused, SignedFile, plan_recording, record_contracts
from app.services.register import read_register
from app.services.register_export import export_register
from app.services.searching import all_hits
from app.services.stage_mails import Post
from app.wiring import Wiring, now, today

FAULTY = 1
COMMANDS = {"views": ("app.cli.register_views", "视图：列出、保存、删除、设为默认")}


@click.group(cls=LazyGroup, lazy=COMMANDS, short_help="合同台账：查找、导出、补录已签合同")
def register() -> None:
    """合同台账。用 --as 指明以谁的账号办理，只见到该账号可以查看的合同。"""


@register.command(short_help="查找编号、当事人和正文")
@click.argument("words", required=False, default="")
@filter_option
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="至多列出的份数。")
@acting_option
def search(words: str, filters: tuple[str, ...], limit: int, login: str) -> None:
    """在编号、名称、当事人和全部版本的正文、附件中查找。多个词须出现在同一条款中；整句请加引号。"""
    wanted = read_filters((*filters, f"q={words}"))
    with Wiring(settings()).reading() as uow:
        page = read_register(uow, actor_with_login(uow, login), wanted.filter, wanted.order, size=limit)
    for line in page.lines:
        contract = line.contract
        parties = " / ".join(p.name for p in contract.parties)
        click.echo("\t".join((contract.number, contract.state.label, contract.title, parties)))
        if line.hit is not None:
            click.echo(f"    {hit_words(line.hit)}")
    more = "以上" if page.more else ""
    click.echo(f"共 {page.count:,} 份{more}，列出 {len(page.lines)} 份。", err=True)


@register.command(short_help="一份合同中的全部命中")
@number_argument
@click.argument("words")
@acting_option
def hits(number: str, words: str, login: str) -> None:
    """列出一份合同中的全部命中，现行文本在前，旧版本在后。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = all_hits(uow, desk.actor, desk.contract_id, words)
    for hit in found:
        click.echo(hit_words(hit))
    click.echo(f"共 {len(found)} 处。", err=True)


@register.command(short_help="导出为 XLSX")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="输出文件。")
@filter_option
@acting_option
def export(out: Path, filters: tuple[str, ...], login: str) -> None:
    """把符合条件的合同导出为工作簿，并记入审计日志。"""
    wiring, wanted = Wiring(settings()), read_filters(filters)
    with wiring.reading() as uow:
        actor = actor_with_login(uow, login)
    made = export_register(wiring.reading, wiring.unit_of_work, actor, now(), wanted, wiring.write_register)
    write_all(out.parent, {out.name: made.content})
    click.echo(f"已导出 {made.count:,} 份合同到 {out}。")
    if made.capped:
        click.echo(f"符合条件的合同更多，只导出了前 {made.count:,} 份；请缩小条件后再导出。", err=True)


@register.command(short_help="补录台账的模板")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="输出文件。")
def template(out: Path) -> None:
    """写出空白的补录台账，第二张工作表逐列说明填法。"""
    write_all(out.parent, {out.name: Wiring(settings()).register_template()})
    click.echo(f"已写出 {out}。")


@register.command("import", short_help="补录已签合同")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--check", is_flag=True, help="只核对，不入账。")
@acting_option
def import_(files: tuple[Path, ...], check: bool, login: str) -> None:
    """补录已签合同：一个 .xlsx 台账和各份 .pdf 签署件，可以给出文件、文件夹或者 .zip。全部无误才入账；有误的逐处列出，退出码为 1。"""
    wiring = Wiring(settings())
    examined, contents = _examine(wiring, files)
    with wiring.reading() as uow:
        actor = actor_with_login(uow, login)
        plan = plan_recording(uow, actor, today(), examined)
    for name in plan.unused:
        click.echo(f"注意：文件“{name}”没有任何一行引用，不会存入。", err=True)
    try:
        if plan.faults:
            raise RecordingRefused(plan.faults)
        if check:
            click.echo(f"{len(plan.rows)} 份合同核对无误，尚未入账。")
            return
        post = Post(wiring.write_mail, lambda contract_id: f"{wiring.settings.base_url}/contracts/{contract_id}/")
        with wiring.unit_of_work() as uow:
            made = record_contracts(uow, actor, now(), today(), post, wiring.blobs, examined, lambda name: contents[name])
    except RecordingRefused as refused:
        for fault in refused.faults:
            click.echo(fault.sentence(), err=True)
        click.echo(f"有 {len(refused.faults)} 处须先改正，没有补录任何合同。", err=True)
        sys.exit(FAULTY)
    click.echo(f"已补录 {len(made)} 份合同。")


def _examine(wiring: Wiring, paths: tuple[Path, ...]) -> tuple[Examined, dict[str, bytes]]:
    sent = [(p.name, p.read_bytes()) for path in paths for p in _files(path)]
    upload = wiring.read_register_upload(sent)
    found: dict[str, SignedFile] = {}
    for name, content in upload.pdfs.items():
        try:
            found[name] = SignedFile(len(content), wiring.read_pdf(content))
        except ContractError as error:
            found[name] = SignedFile(len(content), (), error.message)
    source = next((name for name, _ in sent if name.lower().endswith((".xlsx", ".zip"))), "")
    return Examined(source, upload.register, upload.faults, found), dict(upload.pdfs)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    yield from sorted(
        p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in (".xlsx", ".pdf") and p.name[0] not in ".~"
    )
