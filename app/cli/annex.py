"""``annex``: the service list as a workbook, out and in."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import yaml

from app.cli.files import write_all
from app.domain.variables import VariableSet


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
