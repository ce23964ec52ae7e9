"""``answers``: print an answers file to start from."""

from __future__ import annotations

import click


@click.command(short_help="输出空白或示例答案文件")
@click.option("--blank", "kind", flag_value="blank", help="空白答案文件，以注释说明标签、单位、默认值与范围。")
@click.option("--example", "kind", flag_value="example", help="演示合同的答案文件。")
@click.pass_context
def answers(ctx: click.Context, kind: str | None) -> None:
    """输出一份答案文件（YAML），填写后交给 draft 或 check。"""
    from app.library.answers_file import blank_answers, example_answers
    from app.library.loader import load_library

    if kind is None:
        raise click.UsageError("请指定 --blank 或 --example。", ctx)
    library = load_library()
    click.echo(blank_answers(library.variables) if kind == "blank" else example_answers(library.variables), nl=False)
