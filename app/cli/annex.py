"""``annex``: the service list as a workbook, out and in."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.cli.files import write_all


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
def check(path: Path) -> None:
    """检查填好的服务项目表（XLSX 或 CSV），逐格列出错误。"""
    from app.intake.service_list import read_service_list
    from app.library.loader import load_library

    try:
        content = path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"无法读取 {path}：{error.strerror or error}") from error
    result = read_service_list(content, path.name, load_library().variables)
    for fault in result.faults:
        click.echo(f"✗ {fault.sentence()}")
    click.echo(f"共 {len(result.rows)} 行，{'通过' if not result.faults else f'发现 {len(result.faults)} 处错误'}")
    sys.exit(1 if result.faults else 0)
