"""Sentences of the audit log on scores, settlements, invoices, payments and the LPR."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.domain.audit_sentence import Data, Names, said


def _belongs(correction: str) -> str:
    return f"更正 {correction}" if correction else "结算单"


MONEY: Mapping[str, Callable[[Data, Names], str]] = {
    "budget.set": said("设定自 {year} 起的合同年度预算：{amount} 元"),
    "invoice.assigned": lambda data, _names: (
        f"发票 {data['number']} 由{_belongs(data['before'])}改归{_belongs(data['correction'])}"
    ),
    "invoice.recorded": lambda data, _names: (
        f"登记{'红字' if data.get('red_of') else ''}发票 {data['number']}，{data['amount']} 元"
        + (f"，{'' if data.get('by_hand') else '系统判断'}属于更正 {data['correction']}" if data.get("correction") else "")
        + ("（与结算单不符）" if data.get("faults") else "")
    ),
    "month.answered": lambda data, _names: f"乙方对 {data['month']} 考核{'认可' if data['agrees'] else '提出异议'}，{data['on']}",
    "month.deemed": said("{month} 考核逾期未提出异议，视为确认，{on}"),
    "month.entered": said("录入 {month} 考核数据，得分 {score}"),
    "month.reopened": said("撤销对 {month} 考核的确认"),
    "month.result_received": said("乙方于 {on} 收到 {month} 考核的审核结果"),
    "month.reviewed": lambda data, _names: f"甲方对 {data['month']} 考核{'认可' if data['agrees'] else '提出异议'}，{data['on']}",
    "payment.matched": said("核销付款 {number}，余额 {left} 元"),
    "payment.recorded": said("登记付款 {amount} 元，{on}（{number}）"),
    "payment.reversed": said("冲销付款 {amount} 元（{number}）"),
    "correction.accepted": said("接受更正 {number}，不含税 {amount} 元"),
    "correction.proposed": said("提出更正 {number}，不含税 {amount} 元"),
    "correction.refused": said("不采纳更正 {number}"),
    "settlement.confirmed": said("结算单 {number} 于 {on} 确认，应付 {payable} 元"),
    "settlement.drawn": said("编制结算单 {number}，应付 {payable} 元"),
    "settlement.objected": said("对结算单提出异议，争议金额 {amount} 元"),
    "settlement.received": said("甲方于 {on} 收到结算单 {number}"),
    "settlement.resolved": said("结算异议复核完毕，核减 {reduced} 元"),
    "settlement.silence_broken": said("结算单 {number} 曾于 {last} 视为确认，补录期限内（{on}）的书面表示：{reason}"),
    "settlement.voided": said("作废结算单 {number}"),
    "lpr.dropped": said("删除 {number} 公布的LPR登记（{before}）"),
    "lpr.set": lambda data, _names: (
        f"{'更正' if data['before'] else '登记'} {data['number']} 公布的LPR：{data['before'] + ' → ' if data['before'] else ''}{data['after']}"
    ),
}
