"""``annex``: the service list as a workbook, out and in."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click
import yaml

from app.cli.common import Day
from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.files import write_all
from app.domain.annex_change import AnnexChange, RowKind
from app.domain.variables import VariableSet
from app.wiring import Wiring

source_argument = click.argument("path", metavar="文件", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group(short_help="附件：服务项目表")
def annex() -> None:
    """附件一服务项目表的工作簿。"""


@annex.command("template", short_help="写出可填写的工作簿")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="输出的 XLSX 文件。")
def template(out: Path) -> None:
    """写出带表头、下拉选项与示例行的服务项目表工作簿。"""
    from app.library.loader import load_library
    from app.rendering.annexes import service_list_template

    write_all(out.parent, {out.name: service_list_template(load_library().variables)})
    click.echo(f"已写出 {out}")


@annex.command("check", short_help="检查填好的工作簿")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--answers", "out", type=click.Path(path_type=Path, dir_okay=False), help="无错误时把各行写成答案文件片段（YAML）。"
)
def check(path: Path, out: Path | None) -> None:
    """检查填好的服务项目表（XLSX 或 CSV），逐格列出错误；无错误时可写成答案文件片段，并入答案文件后用于 draft。"""
    from app.intake.service_list import read_service_list
    from app.library.loader import load_library

    try:
        content = path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"无法读取 {path}：{error.strerror or error}") from error
    variables = load_library().variables
    result = read_service_list(content, path.name, variables)
    for fault in result.faults:
        click.echo(f"✗ {fault.sentence()}")
    for name, rows in result.tables().items():
        click.echo(f"{variables[name].label} {len(rows)} 行")
    if not result.faults:
        _print_totals(result.prices, variables)
        if out is not None:
            rows_of = {name: rows for name, rows in result.tables().items() if rows}
            text = yaml.safe_dump(rows_of, allow_unicode=True, sort_keys=False, width=160)
            write_all(out.parent, {out.name: text.encode("utf-8")})
            click.echo(f"已写出 {out}")
    click.echo("通过" if not result.faults else f"发现 {len(result.faults)} 处错误")
    sys.exit(1 if result.faults else 0)


@annex.command("current", short_help="写出合同现行的清单")
@number_argument
@acting_option
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="输出的 XLSX 文件。")
def current(number: str, login: str, out: Path) -> None:
    """写出合同今日现行的服务项目与价格，可以在其中增删改后用 diff 比较、用 amend 起草补充协议。"""
    from app.services.annex_changing import list_in_force
    from app.wiring import today

    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = list_in_force(uow, desk.actor, desk.contract_id, today())
    write_all(out.parent, {out.name: desk.wiring.service_list_template(found.values)})
    click.echo(f"已写出 {out}")


@annex.command("diff", short_help="与合同现行的清单比较")
@number_argument
@source_argument
@acting_option
@click.option("--on", "day", type=Day(), default=None, help="与哪一天现行的清单比较，默认今天。")
def diff(number: str, path: Path, login: str, day: date | None) -> None:
    """逐行列出新增、删除、修改的内容，和每年价款的增减。"""
    from app.services.annex_changing import compare_with
    from app.wiring import today

    desk = at_desk(login, number)
    tables = _sound(desk.wiring, path)
    with desk.wiring.reading() as uow:
        change = compare_with(uow, desk.actor, desk.wiring.papers, desk.contract_id, tables, day or today())
    _print_change(change)


@annex.command("amend", short_help="以变更后的清单起草补充协议")
@number_argument
@source_argument
@acting_option
@click.option("--keep-fee", is_flag=True, help="固定月费不随价格表改变。")
def amend(number: str, path: Path, login: str, keep_fee: bool) -> None:
    """只写入有变化的行；之后用 paper、amendment 填写、定稿、记录签署。"""
    from app.services.annex_changing import draft_list_change
    from app.wiring import now, today

    desk = at_desk(login, number)
    tables = _sound(desk.wiring, path)
    with desk.wiring.unit_of_work() as uow:
        made = draft_list_change(
            uow, desk.actor, now(), today(), desk.wiring.papers, desk.contract_id, tables, with_fee=not keep_fee
        )
    click.echo(made.number)


def _sound(wiring: Wiring, path: Path) -> Mapping[str, Any]:
    """The tables of the file; where a cell is bad, every one is named and the command ends."""
    reading = wiring.read_service_list(path.read_bytes(), path.name)
    if reading.faults:
        for fault in reading.faults:
            click.echo(f"✗ 工作表“{fault.sheet}”第{fault.row}行“{fault.column}”：{fault.reason}", err=True)
        sys.exit(2)
    return reading.tables()


def _print_change(change: AnnexChange) -> None:
    for table in change.tables:
        counts = "，".join(f"{kind.label}{table.count(kind)}行" for kind in RowKind)
        click.echo(f"{table.label}：{counts}，不变{table.same}行{'，次序有变' if table.moved else ''}")
        for row in table.rows:
            effect = f"\t每年{row.effect:+,.2f}元" if row.effect is not None else ""
            click.echo(f"  {row.kind.label} {row.key} {row.name}{effect}")
            if row.kind is RowKind.CHANGED:
                for cell in row.cells:
                    click.echo(f"      {cell.column}：{cell.before or '（空）'} → {cell.after or '（空）'}")
    if change.price is not None:
        price = change.price
        click.echo(f"每年增减：不含税 {price.yearly_excl:+,.2f}，含税 {price.yearly_incl:+,.2f}")
        if price.fixed_after is not None:
            click.echo(f"固定月费：{price.fixed:,.2f} → {price.fixed_after:,.2f}")


def _print_totals(prices: list[dict[str, Any]] | None, variables: VariableSet) -> None:
    """Subtotals by tax rate, tax, total and capitals of the priced rows, as chapter 8 will state them."""
    if not prices:
        return
    from app.domain.answers import read_answers
    from app.domain.capitals import to_capitals
    from app.domain.prices import price_table

    values = read_answers(variables, {"fees.price_rows": prices}).answers.values
    rows = values.get("fees.price_rows")
    table = price_table((r for r in rows if isinstance(r, Mapping)), values) if isinstance(rows, tuple) else None
    if table is None:
        return
    for part in table.totals.by_rate:
        click.echo(f"税率{part.rate.normalize():f}%：不含税 {part.excl:,.2f}，税额 {part.tax:,.2f}，含税 {part.incl:,.2f}")
    whole = table.totals
    click.echo(f"合计：不含税 {whole.excl:,.2f}，税额 {whole.tax:,.2f}，含税 {whole.incl:,.2f}（{to_capitals(whole.incl)}）")
