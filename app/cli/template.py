"""``template``: check a Word template that a lawyer restyled."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.group(short_help="文书模板")
def template() -> None:
    """文书模板。"""


@template.command("check", short_help="检查 Word 模板")
@click.argument("path", required=False, type=click.Path(path_type=Path, dir_okay=False))
def check(path: Path | None) -> None:
    """检查 contract.docx（或 PATH）：未知或缺失的占位符、断开的标记、缺失的样式。"""
    from app.rendering.docx import TEMPLATE
    from app.rendering.template_check import check_template

    target = path or TEMPLATE
    problems = check_template(target)
    for problem in problems:
        click.echo(f"✗ {problem}")
    click.echo(f"{target.name}：{'通过' if not problems else f'发现 {len(problems)} 个问题'}")
    sys.exit(1 if problems else 0)
