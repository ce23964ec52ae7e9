"""``organisations``: master data of the parties, listed, shown, and entered from a workbook."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from app.cli.common import settings
from app.cli.contract_common import acting_option
from app.cli.files import write_all
from app.domain.errors import InputError
from app.domain.lifecycle import Stage
from app.domain.organisation_sheets import MAIN
from app.domain.organisations import LABELS, in_words
from app.domain.parties import normalise_uscc
from app.services.access import actor_with_login
from app.services.registering import contracts_of, find_by_code, import_organisations, search_organisations
from app.wiring import Wiring, now, today

FAULTY = 1
_PLACE = re.compile(r"\[(\d+)\]\.")


@click.group(short_help="主体：列出、显示、导入")
def organisations() -> None:
    """当事人的主体资料。用 --as 指明以谁的账号办理，权限与网页相同。"""


@organisations.command("list", short_help="列出主体")
@click.argument("words", required=False, default="")
@click.option("--ending", is_flag=True, help="只列证照已到期或者将到期的。")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="至多列出的个数。")
@acting_option
def list_(words: str, ending: bool, limit: int, login: str) -> None:
    """按名称、信用代码、人员或者证照编号查找。"""
    with Wiring(settings()).reading() as uow:
        found = search_organisations(uow, actor_with_login(uow, login), today(), words, ending=ending, limit=limit)
    for line in found.lines:
        licences = "；".join(f"{x.kind} {state.label} {x.valid_until}" for x, state in line.licences)
        click.echo("\t".join((line.uscc or "—", line.name, line.legal_representative, licences)))
    click.echo(f"共 {found.found:,} 个，列出 {len(found.lines)} 个。", err=True)


@organisations.command(short_help="显示一个主体")
@click.argument("code", metavar="统一社会信用代码|标识")
@acting_option
def show(code: str, login: str) -> None:
    """显示一个主体的全部资料。"""
    with Wiring(settings()).reading() as uow:
        actor = actor_with_login(uow, login)
        found = find_by_code(uow, actor, normalise_uscc(code) if len(normalise_uscc(code)) == 18 else code)
    click.echo(f"标识：{found.id}")
    for name, label in LABELS.items():
        text = in_words(name, getattr(found.details, name))
        if text:
            first, *rest = text.splitlines()
            click.echo("\n".join((f"{label}：{first}", *(f"　　{line}" for line in rest))))


@organisations.command(short_help="列出一个主体的合同")
@click.argument("code", metavar="统一社会信用代码|标识")
@acting_option
def contracts(code: str, login: str) -> None:
    """列出一个主体的合同中可以查看的那些，最近修改的在前。"""
    with Wiring(settings()).reading() as uow:
        actor = actor_with_login(uow, login)
        found = find_by_code(uow, actor, normalise_uscc(code) if len(normalise_uscc(code)) == 18 else code)
        lines = contracts_of(uow, actor, found.id)
    for line in lines:
        click.echo("\t".join((line.number, Stage(line.stage).label, line.title)))
    click.echo(f"共 {len(lines)} 份。", err=True)


@organisations.command(short_help="写出导入用的模板")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="输出的 XLSX 文件。")
def template(out: Path) -> None:
    """写出空白的主体资料工作簿，五张工作表。"""
    from app.rendering.organisation_sheet import organisation_template

    write_all(out.parent, {out.name: organisation_template()})
    click.echo(f"已写出 {out}")


@organisations.command("import", short_help="从工作簿导入")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@acting_option
def import_(path: Path, login: str) -> None:
    """导入填好的工作簿：信用代码已有的更新，其余新增。全部无误才入账；有误的逐处列出，退出码为 1。"""
    from app.intake.organisation_list import read_organisation_list

    found = read_organisation_list(path.read_bytes())
    if found.faults:
        _refuse([fault.sentence() for fault in found.faults])
    wiring = Wiring(settings())
    try:
        with wiring.unit_of_work() as uow:
            done = import_organisations(uow, actor_with_login(uow, login), now(), found.organisations)
    except InputError as error:
        _refuse([f"{_where(f.path, found.rows)}{f.label}：{f.problem}" for f in error.faults])
    click.echo(f"新增 {len(done.created)} 个，更新 {len(done.changed)} 个，未变 {len(done.unchanged)} 个。")


def _where(path: str, rows: tuple[int, ...]) -> str:
    place = _PLACE.match(path)
    return f"工作表“{MAIN}”第{rows[int(place[1])]}行 " if place else ""


def _refuse(sentences: list[str]) -> None:
    for sentence in sentences:
        click.echo(sentence, err=True)
    click.echo(f"有 {len(sentences)} 处须先改正，没有导入任何主体。", err=True)
    sys.exit(FAULTY)
