"""``settlement``: monthly figures and scores, settlements, invoices, payments, plan and budget."""

from __future__ import annotations

import click

from app.cli.lazy import LazyGroup

COMMANDS = {
    "months": ("app.cli.settlement_months", "列出各月考核与结算单"),
    "template": ("app.cli.settlement_months", "写出某月考核数据的填报模板"),
    "enter": ("app.cli.settlement_months", "从填好的模板录入考核数据"),
    "score": ("app.cli.settlement_months", "显示某月得分及计算过程"),
    "review": ("app.cli.settlement_months", "记录甲方的审核"),
    "answer": ("app.cli.settlement_months", "记录乙方对审核结果的答复"),
    "received": ("app.cli.settlement_months", "记录乙方收到审核结果的日期"),
    "lapse": ("app.cli.settlement_months", "逾期未提出异议，视为确认"),
    "reopen": ("app.cli.settlement_months", "撤销对考核的确认"),
    "fail": ("app.cli.settlement_months", "以考核持续不合格启动解除事项"),
    "draw": ("app.cli.settlement_sheets", "编制结算单"),
    "show": ("app.cli.settlement_sheets", "显示结算单及每个数字的由来"),
    "xlsx": ("app.cli.settlement_sheets", "写出结算单工作簿"),
    "receive": ("app.cli.settlement_sheets", "记录甲方收到结算单"),
    "confirm": ("app.cli.settlement_sheets", "记录确认，付款期起算"),
    "object": ("app.cli.settlement_sheets", "记录甲方对部分款项的异议"),
    "resolve": ("app.cli.settlement_sheets", "记录异议的复核结果"),
    "void": ("app.cli.settlement_sheets", "作废结算单"),
    "correct": ("app.cli.settlement_corrections", "用更正后的数据重新计算已结算的月份"),
    "recompute": ("app.cli.settlement_corrections", "按现行条款重新计算已结算的期间"),
    "corrections": ("app.cli.settlement_corrections", "列出更正建议"),
    "accept": ("app.cli.settlement_corrections", "接受更正，列入下期"),
    "refuse": ("app.cli.settlement_corrections", "不采纳更正"),
    "invoice": ("app.cli.settlement_money", "登记发票或者红字发票"),
    "assign": ("app.cli.settlement_money", "把发票改归更正或者结算单"),
    "pay": ("app.cli.settlement_money", "登记付款并核销"),
    "match": ("app.cli.settlement_money", "手工核销一笔付款"),
    "unmatched": ("app.cli.settlement_money", "列出没有全部核销的付款"),
    "reverse": ("app.cli.settlement_money", "冲销付款"),
    "due": ("app.cli.settlement_money", "列出各合同应付和逾期的结算款"),
    "dun": ("app.cli.settlement_money", "起草催款函"),
    "plan": ("app.cli.settlement_money", "付款计划、预算与印花税依据"),
    "budget": ("app.cli.settlement_money", "设定合同年度预算"),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, short_help="考核与结算：数据、得分、结算单、发票、付款")
def settlement() -> None:
    """月度考核数据与得分、结算单、发票与付款、计划与预算。用 --as 指明以谁的账号办理。"""
