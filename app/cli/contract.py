"""``contract``: what is done with contracts of the record; every command acts as somebody (``--as``)."""

from __future__ import annotations

import click

from app.cli.lazy import LazyGroup

COMMANDS = {
    "version": ("app.cli.contract_version", "版本：列出、保存、生成文件"),
    "compare": ("app.cli.contract_compare", "比较两个版本"),
    "comment": ("app.cli.contract_comment", "批注：列出、添加、回复、解决、导出"),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, short_help="合同：版本、比较、批注")
def contract() -> None:
    """合同的各项操作。用 --as 指明以谁的账号办理，权限与网页相同，并记入审计记录。"""
