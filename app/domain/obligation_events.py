"""What begins periods: the events of the brief by name, who learns of them, and which of them follow from something done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Origin(Enum):
    """Where an event comes from."""

    PERSON = "person"
    """Recorded by form, import or command."""
    RECORD = "record"
    """The record knows of it by itself: effect, ending, arrival of a paper, an amendment."""
    BEFORE = "before"
    """Lies before the effect of the contract; what hung on it is over once the contract is in force."""


@dataclass(frozen=True, slots=True)
class EventKind:
    """``subject``: what its object is called (工单号); ``planned``: the day is the one planned, and the period counts back from it."""

    name: str
    label: str
    group: str
    subject: str = "对象"
    planned: bool = False
    origin: Origin = Origin.PERSON


_P, _R, _B = Origin.PERSON, Origin.RECORD, Origin.BEFORE
_TICKET, _INCIDENT = "工单编号", "事件编号"

EVENTS: Mapping[str, EventKind] = {
    kind.name: kind
    for kind in (
        EventKind("effective", "合同生效", "合同", origin=_R),
        EventKind("contract_ended", "合同终止", "合同", origin=_R),
        EventKind("contract_terminated", "合同解除或者终止", "合同", origin=_R),
        EventKind("exit_started", "进入过渡期", "合同", origin=_R),
        EventKind("amendment_signed", "补充协议签署", "合同", "补充协议编号", origin=_R),
        EventKind("annex_changed", "附件更新", "合同", "附件、版本"),
        EventKind("draft_saved", "保存文本", "合同", origin=_B),
        EventKind("draft_approved", "文本定稿", "合同", origin=_B),
        EventKind("pre_signing", "签署前", "合同", origin=_B),
        EventKind("contract_signing", "签约", "合同", origin=_B),
        EventKind("signing", "签署", "合同", origin=_B),
        EventKind("signed", "签署完成", "合同", origin=_B),
        EventKind("document_submitted", "文书送审", "合同", origin=_B),
        EventKind("fees_changed", "价款变动", "合同", origin=_B),
        EventKind("roster_submitted", "乙方提交人员名册", "人员与资料", "名册版本"),
        EventKind("key_person_change", "计划更换关键人员", "人员与资料", "岗位、姓名", planned=True),
        EventKind("replacement_requested", "甲方要求替换人员", "人员与资料", "姓名"),
        EventKind("staff_left", "人员离岗", "人员与资料", "姓名或者工号"),
        EventKind("staff_joined", "新员工计划上岗", "人员与资料", "姓名或者工号", planned=True),
        EventKind("cert_expiring", "岗位证书到期", "人员与资料", "证书编号", planned=True),
        EventKind("assess_failed", "人员考核不合格", "人员与资料", "姓名或者工号"),
        EventKind("license_changed", "乙方资质、许可、认证变化", "人员与资料", "证照名称"),
        EventKind("document_expiring", "附加文件到期", "人员与资料", "文件名称", planned=True),
        EventKind("sop_submitted", "收到 SOP", "人员与资料", "SOP 版本"),
        EventKind("new_product_planned", "新产品计划上线", "业务计划", "产品名称", planned=True),
        EventKind("release_planned", "版本计划发布", "业务计划", "产品、版本", planned=True),
        EventKind("volume_surge_expected", "预计业务量超出区间", "业务计划", "活动名称", planned=True),
        EventKind("hours_change_planned", "计划调整服务时间", "业务计划", "调整内容", planned=True),
        EventKind("maintenance_planned", "计划内维护", "业务计划", "维护单号", planned=True),
        EventKind("subcontract_planned", "计划分包", "业务计划", "分包事项", planned=True),
        EventKind("ticket_created", "工单生成", "工单与投诉", _TICKET),
        EventKind("ticket_escalated", "工单升级至甲方", "工单与投诉", _TICKET),
        EventKind("ticket_closed", "工单关闭", "工单与投诉", _TICKET),
        EventKind("p1_p2_after_hours", "非服务时段 P1/P2 工单", "工单与投诉", _TICKET),
        EventKind("ai_failed_or_requested", "智能客服转人工", "工单与投诉", _TICKET),
        EventKind("onsite_required", "需要上门", "工单与投诉", _TICKET),
        EventKind("device_received", "收到待修设备", "工单与投诉", "维修单号"),
        EventKind("same_fault_recurred", "返修期内同一故障", "工单与投诉", "维修单号"),
        EventKind("refund_over_limit", "超授权退款、赔偿申请", "工单与投诉", _TICKET),
        EventKind("complaint_received", "收到投诉", "工单与投诉", "投诉编号"),
        EventKind("regulator_complaint", "监管、媒体、群体性投诉", "工单与投诉", "投诉编号"),
        EventKind("novel_issue_closed", "新问题关闭", "工单与投诉", _TICKET),
        EventKind("minutes_sent", "会议纪要发出", "沟通与分歧", "会议名称"),
        EventKind("major_issue", "发现重大事项", "沟通与分歧", "事项"),
        EventKind("contact_changed", "联络人、联系信息变更", "沟通与分歧", "姓名"),
        EventKind("issue_raised", "书面提出分歧", "沟通与分歧", "分歧编号"),
        EventKind("in_dispute", "争议期间", "沟通与分歧", origin=_R),
        EventKind("input_defect_found", "发现甲方资料、条件不符", "沟通与分歧", "资料名称"),
        EventKind("p1_opened", "P1 故障发生", "故障与安全", _INCIDENT),
        EventKind("p1_p2_closed", "P1、P2 关闭", "故障与安全", _INCIDENT),
        EventKind("escalated_l3_p1", "P1 升级至甲方 L3", "故障与安全", _INCIDENT),
        EventKind("escalated_l3_p2", "P2 升级至甲方 L3", "故障与安全", _INCIDENT),
        EventKind("force_majeure", "不可抗力发生", "故障与安全", "事由"),
        EventKind("critical_vuln_found", "发现严重漏洞", "故障与安全", "漏洞编号"),
        EventKind("safety_defect_found", "发现人身财产安全类缺陷", "故障与安全", "产品、缺陷"),
        EventKind("audit_finding", "安全审计发现问题", "故障与安全", "问题编号"),
        EventKind("incident_detected", "发现安全、泄露事件", "故障与安全", _INCIDENT),
        EventKind("incident_confirmed", "安全事件确认", "故障与安全", _INCIDENT),
        EventKind("incident_closed", "安全事件处置结束", "故障与安全", _INCIDENT),
        EventKind("rights_request", "收到个人信息权利请求", "故障与安全", "请求编号"),
        EventKind("retention_expired", "录音、工单留存期满", "故障与安全", "批次"),
        EventKind("deletion_done", "完成返还、删除", "故障与安全", "批次"),
        EventKind("score_submitted", "收到月度得分", "考核与整改", "考核月份"),
        EventKind("score_reviewed", "收到审核结果", "考核与整改", "考核月份"),
        EventKind("score_confirmed", "得分确认", "考核与整改", "考核月份"),
        EventKind("improve_triggered", "触发整改", "考核与整改", "事由"),
        EventKind("rectify_notice_received", "整改通知到达", "考核与整改", "通知编号"),
        EventKind("plan_submitted", "收到整改方案", "考核与整改", "方案编号"),
        EventKind("plan_approved", "整改方案批准", "考核与整改", "方案编号"),
        EventKind("statement_submitted", "收到结算单", "费用", "结算单号"),
        EventKind("statement_received", "结算单送达", "费用", "结算单号"),
        EventKind("statement_confirmed", "结算单确认", "费用", "结算单号"),
        EventKind("payment_overdue", "付款逾期", "费用", "结算单号"),
        EventKind("overpayment_found", "发现多付款", "费用", "结算单号"),
        EventKind("account_change", "计划变更收款账户", "费用", "账户", planned=True),
        EventKind("taxpayer_type_changed", "税务身份变化", "费用"),
        EventKind("price_adjust_needed", "计划调价", "费用", "事由", planned=True),
        EventKind("breach_notice_received", "违约通知到达", "违约与争议", "通知编号"),
        EventKind("data_breach_notice", "数据类违约通知到达", "违约与争议", "通知编号"),
        EventKind("suspension_invoked", "中止履行", "违约与争议", "事由"),
        EventKind("loss_known", "知道损失", "违约与争议", "事由"),
        EventKind("liability_confirmed", "责任书面确认或者生效", "违约与争议", "文书编号"),
        EventKind("breach_occurred", "对方违约", "违约与争议", "事由"),
        EventKind("termination_cause_known", "知道解除事由", "违约与争议", "事由"),
        EventKind("terminate_decided", "决定解除", "违约与争议", "事由"),
        EventKind("dispute_raised", "书面提出争议", "违约与争议", "事由"),
        EventKind("award_received", "收到仲裁裁决", "违约与争议", "裁决编号"),
        EventKind("claim_accrued", "权利可以主张", "违约与争议", "事由"),
        EventKind("convenience_termination_a", "甲方计划无因终止", "违约与争议", planned=True),
        EventKind("convenience_termination_b", "乙方计划提前终止", "违约与争议", planned=True),
        EventKind("ip_claim_received", "收到侵权主张", "违约与争议", "主张方"),
        EventKind("license_signed", "商标许可签署", "违约与争议", "商标"),
        EventKind("change_requested", "变更申请", "变更与通知", "申请编号"),
        EventKind("change_assessed", "变更评估完成", "变更与通知", "申请编号"),
        EventKind("emergency_change", "紧急变更实施", "变更与通知", "变更编号"),
        EventKind("law_changed", "法律、标准重大变化", "变更与通知", "法律名称"),
        EventKind("domicile_changed", "住所变更登记", "变更与通知", "主体"),
        EventKind("oral_notice_given", "口头、电话紧急通知", "变更与通知", "事由"),
        EventKind("notice_sent", "通知发出", "变更与通知", "通知编号", origin=_B),
        EventKind("authority_changed", "授权变更", "变更与通知", "代表姓名"),
        EventKind("bribery_found", "发现廉洁事项", "变更与通知", "线索编号"),
        EventKind("fraud_suspected", "发现涉诈线索", "变更与通知", "线索编号"),
    )
}
"""By the brief's name (``event:ticket_escalated``); the name is stored, so it never changes."""

LEVELLED = frozenset({"ticket_created", "p1_p2_after_hours"})
"""Events of a ticket whose level, P1 to P4, decides how long the answer may take."""

STOPS: Mapping[str, str] = {
    "user": "等待终端用户答复", "party_a": "等待甲方对升级工单答复", "maintenance": "计划内维护", "force_majeure": "不可抗力期间",
}  # fmt: skip
"""Why the clock of a period may stand (section 2.3, 停钟); nothing else is a ground."""

SUCCESSORS: Mapping[str, str] = {
    "O-3.1-1": "roster_submitted", "O-4.1-1": "sop_submitted", "O-5.2-1": "score_submitted", "O-5.2-2": "score_reviewed",
    "O-5.3-2": "plan_submitted", "O-5.3-3": "plan_approved", "O-8.2-1": "statement_submitted", "O-8.2-2": "statement_confirmed",
    "O-11.2-1": "change_assessed",
}  # fmt: skip
"""Obligation → the event that its fulfilment is: what one party hands in begins the other's period to answer."""

EXIT_DUTIES = frozenset({
    "O-7.2-3", "O-7.2-4", "O-7.3-5", "O-7.3-6", "O-8.3-3", "O-9.3-3", "O-11.3-5", "O-11.3-6", "O-11.3-7", "O-12.1-2",
})  # fmt: skip
"""Obligations of a contract that has ended; the exit plan keeps them as its tasks, and they are not entered twice."""


def recordable() -> tuple[EventKind, ...]:
    """What a person may record, in the order in which a form shows it."""
    return tuple(k for k in EVENTS.values() if k.origin is Origin.PERSON)


def event_named(text: str) -> EventKind | None:
    """By its name or its Chinese label."""
    wanted = text.strip()
    return EVENTS.get(wanted) or next((k for k in EVENTS.values() if k.label == wanted), None)
