"""``fonts``: build the fonts that the PDF engine loads first."""

from __future__ import annotations

import click

from app.cli.common import settings


@click.command(short_help="生成 PDF 用的字体子集（首次启动时自动进行）")
def fonts() -> None:
    """生成 PDF 引擎优先使用的字体子集，存入数据目录；已存在则不重复生成。"""
    from app.rendering.fonts import ensure_fonts

    ensure_fonts(settings().data_dir / "fonts")
    click.echo("字体已就绪")
