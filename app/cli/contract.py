"""``contract``: what is done with contracts of the record; every command acts as somebody (``--as``)."""

from __future__ import annotations

import click

from app.cli.lazy import LazyGroup

COMMANDS = {
    "register": ("app.cli.contract_filing", "登记合同"),
    "list": ("app.cli.contract_filing", "列出合同"),
    "show": ("app.cli.contract_filing", "显示合同与审批"),
    "submit": ("app.cli.contract_review", "送审"),
    "withdraw": ("app.cli.contract_review", "撤回送审"),
    "desk": ("app.cli.contract_review", "待我审批"),
    "approve": ("app.cli.contract_review", "审批通过"),
    "return": ("app.cli.contract_review", "退回修改"),
    "delegate": ("app.cli.contract_review", "转交审批"),
    "recall": ("app.cli.contract_review", "收回转交"),
    "revoke": ("app.cli.contract_review", "撤销审批"),
    "redraft": ("app.cli.contract_filing", "恢复起草"),
    "void": ("app.cli.contract_filing", "作废"),
    "people": ("app.cli.contract_people", "负责人与可以查看的人"),
    "confidential": ("app.cli.contract_people", "设为保密或者取消"),
    "hand-over": ("app.cli.contract_people", "移交给他人"),
    "files": ("app.cli.contract_files", "文件：列出、存入、取出"),
    "effect": ("app.cli.contract_effect", "生效：前置条件的勾销"),
    "version": ("app.cli.contract_version", "版本：列出、保存、生成文件"),
    "compare": ("app.cli.contract_compare", "比较两个版本"),
    "evidence": ("app.cli.contract_evidence", "制作证据包"),
    "comment": ("app.cli.contract_comment", "批注：列出、添加、回复、解决、导出"),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, short_help="合同：登记、审批、版本、比较、批注")
def contract() -> None:
    """合同的各项操作。用 --as 指明以谁的账号办理，权限与网页相同，并记入审计记录。"""
