"""Every rule with its failing and passing examples (legal rules §2, §3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.domain.proofreading import Draft, Severity, Stage
from app.domain.tree import Blank, FilledValue, Reference, TermUse, Text
from app.domain.variables import FillStage, Requirement, Variable, VariableType
from tests.domain.proofreading.drafts import draft, found, ids, table

ERROR, WARN, INFO = Severity.ERROR, Severity.WARN, Severity.INFO
D = Decimal


@dataclass(frozen=True)
class Case:
    """``severity`` None: the rule finds nothing; else the highest severity it finds."""

    rule: str
    severity: Severity | None
    says: str
    build: Callable[[], Draft]

    def __str__(self) -> str:
        return f"{self.rule} {self.severity.value if self.severity else 'pass'}: {self.says}"


def v(rule: str, severity: Severity | None, says: str, /, **values: Any) -> Case:
    """A case over values; ``party_b__name`` stands for ``party_b.name``."""
    named = {k.replace("__", "."): x for k, x in values.items()}
    return Case(rule, severity, says, lambda: draft(named))


def t(rule: str, severity: Severity | None, section: str, sentence: str, /, **values: Any) -> Case:
    """A case over one sentence put into a section."""
    named = {k.replace("__", "."): x for k, x in values.items()}
    return Case(rule, severity, sentence, lambda: draft(named, {section: (sentence,)}))


def c(rule: str, severity: Severity | None, says: str, build: Callable[[], Draft], /) -> Case:
    return Case(rule, severity, says, build)


HOURS = Variable("service.hours_per_day", "每日服务小时", VariableType.DECIMAL, "2.3")
ESIGN = Variable("sign.party_a_esign_id", "电子签名标识", VariableType.TEXT, "14.1", stage=FillStage.SIGNING)
WHEN = Variable(
    "service.onsite_cities", "上门城市", VariableType.LIST, "2.2", required=Requirement.CONDITIONAL,
    condition="service.onsite_enabled",
)  # fmt: skip
NOTICE = Variable("sign.format_clause_notice", "格式条款提示确认", VariableType.BOOL, "14.3", stage=FillStage.SIGNING)
TERMS = table("defs.term_table", ("过渡期", "终止后的交接期间", "第11.3节"))


def term_draft(*uses: str, rows: Any = TERMS, extra: str = "") -> Draft:
    spans = [TermUse(u) for u in uses] + [Text(f"的安排。{extra}")]
    return draft(spans={"11.3": spans}, tables={"1.1": rows})


CASES = [
    #
    c("R-01", ERROR, "必填变量为空", lambda: draft({"service.hours_per_day": None}, variables=[HOURS])),
    c("R-01", None, "必填变量已填", lambda: draft(variables=[HOURS])),
    c("R-01", ERROR, "条件成立而为空", lambda: draft({"service.onsite_enabled": True}, variables=[WHEN])),
    c("R-01", None, "条件不成立", lambda: draft({"service.onsite_enabled": False}, variables=[WHEN])),
    c("R-01", None, "签署时才填的，签署前不查", lambda: draft(variables=[ESIGN])),
    c("R-01", ERROR, "签署时才填的，签署时查", lambda: draft(variables=[ESIGN], stage=Stage.SIGNING)),
    c("R-01", ERROR, "打印了空白的变量", lambda: draft(
        variables=[WHEN], spans={"2.2": [Blank("service.onsite_cities", "上门城市", FillStage.DRAFT)]})),
    t("R-01", ERROR, "8.2", "甲方应当在【 】日内付款。"),
    t("R-01", ERROR, "8.2", "单价待定。"),
    t("R-01", ERROR, "8.2", "违约金XX元。"),
    t("R-01", ERROR, "8.2", "付款期____日。"),
    t("R-01", None, "8.2", "代码9131XX5MA1K0XYW5B有效，等待定价。"),
    c("R-01", ERROR, "表格单元格为空", lambda: draft(tables={"13.1": table("annex.service_items", ("S-01", "________"))})),
    #
    v("R-02", ERROR, "14 小时响应，每日 12 小时", sla__response_hours=D(14)),
    v("R-02", None, "2 小时响应"),
    v("R-02", ERROR, "自然小时超过 24", sla__response_hours=D(25), sla__response_clock="natural_hours"),
    v("R-02", None, "自然小时 20，每日 12", sla__response_hours=D(20), sla__response_clock="natural_hours"),
    v("R-02", ERROR, "零", sla__response_hours=D(0)),
    #
    v("R-03", ERROR, "09:00–18:00 与 12 小时", service__end_time="18:00"),
    v("R-03", None, "09:00–21:00 与 12 小时"),
    v("R-03", None, "跨零点 21:00–09:00", service__start_time="21:00", service__end_time="09:00"),
    v("R-03", None, "24 小时制", service__start_time="00:00", service__end_time="24:00", service__hours_per_day=D(24)),
    v("R-03", ERROR, "24 小时而起于 09:00", service__end_time="09:00", service__hours_per_day=D(24)),
    v("R-03", ERROR, "每周 4 天", service__days_per_week=4),
    #
    v("R-04", ERROR, "届满早于起始", term__end_date=date(2026, 12, 31)),
    v("R-04", None, "2027-01-01~2027-12-31"),
    v("R-04", ERROR, "起始早于签订", term__start_date=date(2026, 11, 1)),
    v("R-04", None, "追溯已注明", term__start_date=date(2026, 11, 1), contract__retroactive=True),
    #
    v("R-05", ERROR, "届满多一日", term__end_date=date(2028, 1, 1)),
    v("R-05", None, "届满 2027-12-31"),
    v("R-05", None, "2 月 29 日起一年", term__start_date=date(2028, 2, 29), term__end_date=date(2029, 2, 28)),
    #
    v("R-06", ERROR, "签订日已过截止日", contract__sign_date=date(2026, 12, 20), term__end_date=date(2027, 1, 31)),
    v("R-06", WARN, "截止日在签订后 30 日内", contract__sign_date=date(2026, 11, 22), term__end_date=date(2027, 2, 10)),
    v("R-06", None, "届满 2027-12-31"),
    v("R-06", None, "到期自然终止", contract__sign_date=date(2026, 12, 20), term__end_date=date(2027, 1, 31), renew__mode="none"),
    #
    t("R-07", ERROR, "10.1", "可提交北仲仲裁，也可向法院起诉。"),
    t("R-07", None, "10.1", "提交北京仲裁委员会/北京国际仲裁院仲裁。"),
    t("R-07", ERROR, "10.1", "争议提交北京仲裁委员会仲裁。对裁决以外的事项向甲方住所地人民法院提起诉讼。"),
    c("R-07", None, "法院只作司法监督", lambda: draft(texts={
        "10.1": ("争议提交北京仲裁委员会仲裁。任何一方可以向人民法院申请仲裁前保全。",),
        "10.2": ("仲裁的司法监督由有管辖权的人民法院处理。",)})),
    t("R-07", None, "10.1", "任何一方可以向被告住所地人民法院起诉，不得申请仲裁。"),
    #
    t("R-08", ERROR, "10.1", "由甲方所在地仲裁委员会仲裁。", dispute__mode="arbitration",
      dispute__arb_institution="甲方所在地仲裁委员会"),
    t("R-08", None, "10.1", "提交中国国际经济贸易仲裁委员会仲裁。", dispute__mode="arbitration",
      dispute__arb_institution="中国国际经济贸易仲裁委员会"),
    t("R-08", None, "10.1", "提交北京仲裁委员会/北京国际仲裁院，按照申请仲裁时该机构现行仲裁规则仲裁。", dispute__mode="arbitration",
      dispute__arb_institution="北京仲裁委员会/北京国际仲裁院"),
    t("R-08", ERROR, "10.1", "提交北京仲裁委员会或者上海仲裁委员会仲裁。", dispute__mode="arbitration",
      dispute__arb_institution="北京仲裁委员会"),
    t("R-08", ERROR, "10.1", "按照贸易仲裁规则仲裁。", dispute__mode="arbitration", dispute__arb_institution="北京仲裁委员会"),
    v("R-08", ERROR, "未选定机构", dispute__mode="arbitration", dispute__arb_institution=None),
    v("R-08", None, "诉讼不查机构"),
    #
    v("R-09", WARN, "大型对小型 90 日", pay__days_after_confirm=90),
    v("R-09", None, "30 日"),
    v("R-09", ERROR, "机关 61 日", party_a__enterprise_size="public_body", pay__days_after_confirm=61),
    v("R-09", WARN, "机关 45 日", party_a__enterprise_size="public_body", pay__days_after_confirm=45),
    v("R-09", WARN, "规模未知", party_a__enterprise_size="unknown"),
    v("R-09", WARN, "确认期过长", party_a__enterprise_size="medium", pay__days_after_confirm=60, pay__confirm_workdays=30),
    #
    t("R-10", ERROR, "8.2", "甲方收到平台回款后 10 日内付款。"),
    t("R-10", None, "8.2", "确认后 30 日内付款。"),
    t("R-10", None, "8.2", "甲方不得以收到第三方支付的款项后再行付款为条件。"),
    t("R-10", WARN, "8.2", "实行背靠背付款。", party_b__enterprise_size="large"),
    v("R-10", ERROR, "以第三方付款为条件", pay__third_party_condition=True),
    #
    v("R-11", ERROR, "成都、杭州约定三亚", dispute__court_name="三亚市城郊人民法院", party_a__domicile="四川省成都市武侯区1号",
      party_b__domicile="浙江省杭州市西湖区2号", contract__sign_place="成都市"),
    v("R-11", None, "甲方所在区法院", dispute__court_name="北京市朝阳区人民法院"),
    v("R-11", None, "未写具体法院"),
    v("R-11", WARN, "越级", dispute__court_name="北京市高级人民法院"),
    v("R-11", WARN, "互联网法院", dispute__court_name="北京互联网法院"),
    t("R-11", WARN, "10.2", "由当地人民法院管辖。"),
    v("R-11", None, "仲裁不查法院", dispute__mode="arbitration", dispute__court_name="三亚市城郊人民法院"),
    #
    v("R-12", ERROR, "日万分之零点五", pay__late_daily_rate_bp=D("0.5")),
    v("R-12", None, "日万分之三"),
    v("R-12", INFO, "未约定", pay__late_daily_rate_bp=None),
    v("R-12", None, "乙方为大型企业", pay__late_daily_rate_bp=D("0.5"), party_b__enterprise_size="large"),
    #
    v("R-13", WARN, "日万分之五", pay__late_daily_rate_bp=D(5)),
    v("R-13", None, "日万分之三"),
    v("R-13", WARN, "上限 40%", pay__late_cap_pct=D(40)),
    t("R-13", WARN, "8.2", "每日按千分之一支付违约金。"),
    #
    v("R-14", WARN, "泄露违约金 50%", penalty__b_data_leak_pct=D(50)),
    v("R-14", None, "20% 并据实赔偿"),
    v("R-14", WARN, "合计上限 35%", liability__total_penalty_cap_pct=D(35)),
    t("R-14", WARN, "9.2", "乙方擅自分包的，应当支付违约金。"),
    #
    v("R-15", WARN, "上限 50%", perf__credit_cap_pct=D(50)),
    v("R-15", None, "上限 20% 且含扣减条款"),
    v("R-15", WARN, "无上限", perf__credit_cap_pct=None),
    t("R-15", WARN, "5.2", "服务抵扣按得分计算。"),
    t("R-15", WARN, "5.2", "同一事实已经抵扣的不重复计算，服务抵扣为唯一救济。"),
    t("R-15", None, "5.2", "同一事实已经抵扣的不重复计算，服务抵扣不是唯一救济。"),
    #
    t("R-16", ERROR, "9.2", "双方放弃援引情势变更。"),
    t("R-16", None, "9.2", "发生重大变化的，30 日内重新协商。违约金相当于损失。"),
    #
    v("R-17", ERROR, "只有知识产权例外", liability__carve_outs=("ip",)),
    v("R-17", None, "含法定两项"),
    v("R-17", WARN, "不设上限", liability__cap_mode="none"),
    v("R-17", WARN, "数据上限低于一般上限", liability__data_cap_multiple=D("0.5")),
    t("R-17", WARN, "9.2", "任何情况下均不承担任何责任，违约金相当于损失。"),
    #
    v("R-18", ERROR, "未约定删除期", privacy__exit_delete_days=None),
    v("R-18", None, "15 日"),
    v("R-18", ERROR, "60 日", privacy__exit_delete_days=60),
    c("R-18", ERROR, "正文无返还删除", lambda: draft(texts={"7.2": ("乙方应当保护个人信息。",), "11.3": ("任意解除须补偿。",)})),
    t("R-18", None, "7.3", "法定保存期未届满的，乙方有权保留个人信息，但除存储和安全保护外不得处理。"),
    v("R-18", None, "不涉及个人信息", privacy__data_types=(), privacy__exit_delete_days=None),
    #
    v("R-19", ERROR, "种类为空", privacy__data_types=()),
    v("R-19", None, "六要素齐备"),
    v("R-19", ERROR, "未做影响评估", privacy__pia_done=False),
    v("R-19", ERROR, "目的为空", privacy__purpose=""),
    c("R-19", ERROR, "无监督条款", lambda: draft(texts={"7.1": ("乙方应当加密。",), "7.2": ("乙方应当删除个人信息。",)})),
    #
    v("R-20", ERROR, "独立处理者", privacy__role="independent"),
    v("R-20", None, "委托处理"),
    v("R-20", WARN, "共同处理", privacy__role="joint"),
    v("R-20", WARN, "允许训练模型", security__ai_training_allowed=True),
    #
    v("R-21", ERROR, "出境而无路径", privacy__cross_border=True),
    v("R-21", None, "不出境、境内存储"),
    v("R-21", ERROR, "存储于香港而声明不出境", privacy__storage_region="香港"),
    v("R-21", ERROR, "出境未评估", privacy__cross_border=True, privacy__cross_border_path="exempt", privacy__pia_done=False),
    v("R-21", None, "出境有路径并已评估", privacy__cross_border=True, privacy__cross_border_path="standard_contract"),
    #
    v("R-22", ERROR, "48 小时", leak__first_report_hours=D(48)),
    v("R-22", None, "2 小时"),
    v("R-22", WARN, "8 小时", leak__first_report_hours=D(8)),
    v("R-22", ERROR, "无数字", leak__first_report_hours=None),
    v("R-22", WARN, "书面早于首报", leak__first_report_hours=D(4), leak__written_report_hours=D(2)),
    #
    c("R-23", ERROR, "使用未定义的术语", lambda: draft(spans={"11.3": [TermUse("过渡期"), Text("内")]})),
    c("R-23", None, "定义表含该术语", lambda: term_draft("过渡期")),
    c("R-23", ERROR, "重复定义", lambda: term_draft("过渡期", extra="“过渡期”是指交接期间。")),
    c("R-23", WARN, "定义而未用", lambda: term_draft(rows=table("defs.term_table", ("孤儿词", "无人使用", "第1.1节")))),
    c("R-23", None, "正文内定义", lambda: draft(texts={"9.3": ("通知到达后进入交接期（以下简称“交接期”），交接期为三十日。",)})),
    #
    v("R-24", ERROR, "无事由清单", breach__list_a=(), breach__list_b=()),
    v("R-24", None, "事由、补救、到达、行使期齐备"),
    c("R-24", ERROR, "无催告期", lambda: draft(texts={"9.1": ("乙方重大违约。",)})),
    c("R-24", ERROR, "无到达规则", lambda: draft(texts={"9.3": ("守约方催告后可以解除。",)})),
    v("R-24", INFO, "未约定行使期", terminate__right_exercise_days=None),
    #
    t("R-25", ERROR, "9.1", "催告按照第 15.2 条办理。"),
    t("R-25", None, "9.1", "催告按照第10.1节办理。"),
    t("R-25", ERROR, "9.1", "催告按照第十五章办理。"),
    c("R-25", ERROR, "悬空标识", lambda: draft(spans={"9.1": [Reference("gone.away", "【引用失效】", "")]})),
    c("R-25", None, "有效标识", lambda: draft(spans={"9.1": [Reference("s.10.1", "第10.1节", "10.1")]})),
    #
    c("R-26", ERROR, "附件二缺失", lambda: draft(without=frozenset({"13.2"}))),
    v("R-26", None, "三附件齐备"),
    c("R-26", ERROR, "附件二无内容", lambda: draft(tables={"13.2": table("annex.metrics")})),
    c("R-26", ERROR, "附件三未被引用", lambda: draft(texts={"10.2": ("由被告住所地人民法院管辖。",)})),
    v("R-26", ERROR, "签署页未确认", sign__annex_confirmed=False),
    #
    v("R-27", ERROR, "自由分包", subcontract__mode="free"),
    v("R-27", None, "经同意、30%"),
    v("R-27", ERROR, "名单为空", subcontract__mode="listed", subcontract__list=()),
    v("R-27", ERROR, "分包商接触个人信息", subcontract__mode="listed",
      subcontract__list=({"name": "某公司", "matters": "话务", "personal_info": True},)),
    v("R-27", None, "接触个人信息且须同意", subcontract__mode="listed", privacy__subprocessing="with_consent",
      subcontract__list=({"name": "某公司", "matters": "话务", "personal_info": True},)),
    v("R-27", ERROR, "上限 50%", subcontract__max_ratio=D(50)),
    #
    v("R-28", ERROR, "大写不一致", fees__total_incl_tax_caps="人民币壹佰贰拾元整"),
    v("R-28", None, "大小写一致"),
    v("R-28", None, "可选写法", fees__total_incl_tax_caps="人民币壹佰肆拾万零柒仟陆佰圆正"),
    v("R-28", ERROR, "合计不平", fees__total_tax=D("87000.00")),
    v("R-28", ERROR, "行不平", fees__price_table=(
        {"item": "维修", "category": "加工修理修配", "excl_tax": D("100.00"), "tax": D("13.00"), "incl_tax": D("114.00")},)),
    #
    v("R-29", ERROR, "校验码错误", party_b__uscc="91350100M000100Y4Z"),
    v("R-29", None, "校验通过", party_b__uscc="91350100M000100Y43"),
    v("R-29", ERROR, "双方代码相同", party_b__uscc="91110105MA00ABCD4R"),
    v("R-29", ERROR, "户名不符", pay__account_name="某某个人"),
    v("R-29", None, "括号宽度不同", pay__account_name="示例乙方客户服务有限公司(虚构)"),
    c("R-29", ERROR, "签署页名称不一致", lambda: draft(forms={"14.1": [("单位名称", "另一家公司")]})),
    #
    v("R-30", ERROR, "一般纳税人 3%", tax__vat_rate_service=D(3)),
    v("R-30", None, "一般纳税人 6%，维修 13%"),
    v("R-30", ERROR, "小规模 6%", party_b__taxpayer_type="small_scale"),
    v("R-30", WARN, "1% 跨 2027 年", party_b__taxpayer_type="small_scale", tax__vat_rate_service=D(1),
      term__start_date=date(2027, 2, 1), term__end_date=date(2028, 1, 31)),
    v("R-30", ERROR, "维修 6%", tax__vat_rate_repair=D(6)),
    v("R-30", ERROR, "向自然人开专票", party_a__type="natural_person"),
    v("R-30", WARN, "维修未单列", fees__price_table=(
        {"item": "客服", "category": "服务", "excl_tax": D("100.00"), "tax": D("6.00"), "incl_tax": D("106.00")},)),
    #
    v("R-31", ERROR, "P1 恢复 8h、P2 恢复 4h", sla__p1_restore_hours=D(8), sla__p2_restore_hours=D(4)),
    v("R-31", None, "4h/8h/24h"),
    v("R-31", ERROR, "响应长于恢复", sla__p1_response_minutes=300),
    v("R-31", ERROR, "P4 响应长于一般时限", sla__p4_response_hours=D(4)),
    v("R-31", ERROR, "底线高于目标", sla__csat_floor=D(95)),
    v("R-31", ERROR, "投诉率上限低于目标", sla__complaint_rate_ceiling=D("0.3")),
    v("R-31", ERROR, "P2 解决 72 小时长于 P3 两个工作日", sla__p3_resolve_workdays=2, sla__p3_restore_hours=D(8)),
    #
    v("R-32", ERROR, "签字无授权书", sign__party_b_signatory="孙三"),
    v("R-32", None, "授权书在有效期内", sign__party_b_signatory="孙三", sign__party_b_authority_doc="SQ-1",
      sign__party_b_authority_expiry=date(2027, 1, 1)),
    v("R-32", ERROR, "授权过期", sign__party_b_signatory="孙三", sign__party_b_authority_doc="SQ-1",
      sign__party_b_authority_expiry=date(2026, 11, 1)),
    v("R-32", WARN, "约定盖章而无印章", sign__party_a_seal_type="none"),
    v("R-32", WARN, "签署早于定稿", sign__party_a_date=date(2026, 11, 19)),
    v("R-32", WARN, "签署日在将来", sign__party_a_date=date(2026, 12, 1)),
    v("R-32", None, "签署日未知不算缺陷", sign__party_a_date=None),
    v("R-32", ERROR, "越权", sign__authority_matrix=({"representative": "钱二", "powers": "签署本合同，金额不超过100万元"},)),
    v("R-32", None, "权限足够", sign__authority_matrix=({"representative": "钱二", "powers": "金额不超过人民币2,000,000.00元"},)),
    v("R-32", WARN, "签订日早于定稿日", contract__final_date=date(2026, 11, 25)),
    #
    t("R-33", ERROR, "9.2", "依据《合同法》第一百一十四条支付违约金，相当于损失。"),
    t("R-33", None, "9.2", "依据《民法典》第五百八十五条支付违约金，相当于损失。"),
    t("R-33", ERROR, "10.1", "依据《仲裁法》第十六条订立。"),
    t("R-33", None, "10.1", "依据《仲裁法》第二十七条订立。"),
    t("R-33", ERROR, "9.2", "依据民法典第1261条赔偿损失。"),
    t("R-33", None, "9.2", "本合同法定代表人与劳动合同法无关，损失据实。"),
    t("R-33", ERROR, "7.3", "依据《反不正当竞争法》第九条保护商业秘密。"),
    t("R-33", None, "7.3", "依据《反不正当竞争法》第九条不得虚假宣传。"),
    t("R-33", ERROR, "12.1", "报告按照《商标法（2026修订）》使用商标。"),
    t("R-33", None, "12.1", "报告按照《商标法（2026修订）》（自2027年1月1日起施行）使用商标。"),
    t("R-33", None, "12.1", "报告按照《商标法》第四十八条使用商标。"),
    t("R-33", ERROR, "12.1", "报告按照《商标法》第四十八条使用商标。", contract__sign_date=date(2027, 1, 5)),
    t("R-33", ERROR, "8.2", "依据增值税暂行条例第二条计税。"),
    #
    t("R-34", WARN, "3.2", "甲方对乙方人员实行考勤打卡并核发奖金。"),
    t("R-34", None, "3.2", "乙方负责人员管理，甲方按 SLA 验收。"),
    v("R-34", WARN, "驻场", team__site_mode="party_a_site"),
    v("R-34", WARN, "仅按人头", fees__model="per_seat", perf__weights=()),
    #
    v("R-35", WARN, "无许可证", party_b__telecom_license_no=None),
    v("R-35", None, "证号已登记"),
    v("R-35", None, "不用呼叫中心", party_b__telecom_license_no=None, service__call_center=False),
    v("R-35", WARN, "许可证早于届满到期", party_b__certs=(
        {"name": "增值电信业务经营许可证", "number": "B2-20260001", "expiry": date(2027, 6, 30)},)),
    #
    v("R-36", ERROR, "15 个工作日", complaint__close_workdays=15),
    v("R-36", None, "5 个工作日"),
    v("R-36", WARN, "6 个工作日", complaint__close_workdays=6),
    v("R-36", WARN, "转报 9 小时", complaint__regulator_notify_hours=D(9)),
    v("R-36", WARN, "无受理时限", complaint__accept_hours=None),
    #
    v("R-37", ERROR, "合计 95", perf__weights=({"metric": "a", "weight": D(55)}, {"metric": "b", "weight": D(40)})),
    v("R-37", None, "合计 100"),
    v("R-37", ERROR, "权重为零", perf__weights=({"metric": "a", "weight": D(100)}, {"metric": "b", "weight": D(0)})),
    #
    v("R-38", ERROR, "60 处缺口", fees__tiers=({"from": 0, "to": 60, "price": D(1)}, {"from": 61, "to": None, "price": D(1)})),
    v("R-38", None, "左闭右开", fees__tiers=({"from": 0, "to": 60, "price": D(2)}, {"from": 60, "to": None, "price": D(1)})),
    v("R-38", ERROR, "重叠", fees__tiers=({"from": 0, "to": 70, "price": D(2)}, {"from": 60, "to": None, "price": D(1)})),
    v("R-38", ERROR, "不从零起", fees__tiers=({"from": 10, "to": None, "price": D(2)},)),
    v("R-38", ERROR, "比例倒挂", perf__bands=(
        {"from": D(90), "to": D(100), "ratio": D(10)}, {"from": D(0), "to": D(90), "ratio": D(0)})),
    v("R-38", ERROR, "末段不到 100", perf__bands=({"from": D(0), "to": D(90), "ratio": D(0)},)),
    #
    t("R-39", ERROR, "12.3", "最终解释权归甲方所有。", contract__drafted_by="party_a"),
    t("R-39", None, "12.3", "争议按第10.1节处理。"),
    t("R-39", WARN, "12.3", "最终解释权归甲方所有。", contract__drafted_by="party_a", sign__format_clause_notice=True),
    v("R-39", WARN, "全额停付", contract__drafted_by="party_a", sign__format_clause_notice=True, pay__late_pause_rule="full"),
    v("R-39", None, "单方起草但已提示且均衡", contract__drafted_by="party_a", sign__format_clause_notice=True),
    c("R-39", WARN, "提示确认由签署带来，签署前不阻断", lambda: draft({"contract.drafted_by": "party_a"}, variables=[NOTICE])),
    c("R-39", ERROR, "签署时仍未提示", lambda: draft(
        {"contract.drafted_by": "party_a", "sign.format_clause_notice": False}, variables=[NOTICE], stage=Stage.SIGNING)),
    t("R-39", WARN, "9.2", "损失：甲方有权解除，甲方有权终止，甲方有权扣减，甲方有权变更。", contract__drafted_by="party_a",
      sign__format_clause_notice=True),
    #
    v("R-40", ERROR, "日志 3 个月", security__log_months=3),
    v("R-40", None, "日志 6 个月"),
    v("R-40", ERROR, "记录 2 年", privacy__record_years=2),
    v("R-40", ERROR, "平台工单 24 个月", party_a__is_platform=True, process__record_retention_months=24),
    v("R-40", None, "非平台工单 24 个月", process__record_retention_months=24),
    #
    v("R-41", WARN, "不限次数", renew__mode="auto_once", renew__max_times=None),
    v("R-41", None, "一次、60 日", renew__mode="auto_once"),
    v("R-41", WARN, "选择权不限次数", renew__mode="option", renew__max_times=None),
    v("R-41", None, "选择权一次", renew__mode="option"),
    v("R-41", WARN, "无退出窗口", renew__notice_days=None),
    #
    v("R-42", WARN, "合计 10 人", team__roles=({"role": "客服", "headcount": 10},)),
    v("R-42", None, "合计 12 人且维修 1 人"),
    v("R-42", WARN, "无维修人员", team__repair_count=0),
    #
    v("R-43", WARN, "归属为空", ip__deliverables_owner=None),
    v("R-43", None, "归甲方且列明成果"),
    t("R-43", WARN, "12.1", "成果归甲方所有。"),
    #
    v("R-44", WARN, "无失败轮次", service__ai_enabled=True, service__ai_max_failed_turns=None),
    c("R-44", None, "2 轮转人工且退款人工确认", lambda: draft(
        {"service.ai_enabled": True, "service.ai_max_failed_turns": 2},
        {"2.1": ("乙方提供附件一所列服务，失败2轮的应当转接人工；退款事项由人工确认。",)})),
    v("R-44", WARN, "无转人工条款", service__ai_enabled=True, service__ai_max_failed_turns=2),
    v("R-44", None, "不用智能客服"),
    #
    t("R-45", WARN, "10.3", "微信群聊内容视为对本合同的变更。"),
    t("R-45", None, "10.3", "群聊记录不构成对本合同的变更。"),
    #
    c("R-46", WARN, "日历仅有 2026", lambda: draft(calendar_years=frozenset({2026}))),
    c("R-46", None, "已录入 2027", lambda: draft(calendar_years=frozenset({2026, 2027}))),
    #
    v("R-47", INFO, "LPR 94 日前", lpr__as_of=date(2026, 8, 20)),
    v("R-47", None, "LPR 在 60 日内"),
    v("R-47", INFO, "法律状态日过期", annex__legal_status_date=date(2026, 5, 1)),
    #
    c("R-48", WARN, "全文未提任意解除", lambda: draft(texts={"11.3": ("期满终止。",)})),
    c("R-48", None, "提前期与补偿", lambda: draft()),
    t("R-48", WARN, "11.3", "任何一方可随时解除且不承担责任。"),
    # X
    c("X-03", WARN, "节内标题重复", lambda: draft(texts={"8.2": ("甲。", "乙。")}, titles={"8.2": ["付款", "付款"]})),
    c("X-03", None, "标题各异", lambda: draft(texts={"8.2": ("甲。", "乙。")}, titles={"8.2": ["付款", "开票"]})),
    v("X-04", ERROR, "双方同名", party_b__name="示例甲方科技有限公司(虚构)"),
    v("X-04", None, "双方不同"),
    t("X-05", ERROR, "8.2", "价格见附件五。"),
    t("X-05", None, "8.2", "价格见附件一；参照《某办法》附件五。"),
    c("X-06", ERROR, "缺字", lambda: draft({}, {"8.2": ("收件人𬱖先生。",)}, covered=lambda ch: ch != "𬱖")),
    c("X-06", None, "字体齐全", lambda: draft(covered=lambda ch: True)),
    c("X-06", None, "没有渲染器时不查", lambda: draft({}, {"8.2": ("收件人𬱖先生。",)})),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_judges_its_example_as_the_legal_rules_say(case: Case):
    findings = found(case.rule, case.build())
    if case.severity is None:
        assert [f.message for f in findings] == []
    else:
        assert findings, "nothing found"
        assert min(findings, key=lambda f: f.severity.rank).severity is case.severity


def test_every_rule_has_a_failing_and_a_passing_example():
    fails = {c.rule for c in CASES if c.severity is not None}
    passes = {c.rule for c in CASES if c.severity is None}
    assert set(ids()) - fails == set()
    assert set(ids()) - passes == set()


def test_there_are_the_48_rules_of_the_legal_rules_and_no_number_twice():
    assert {i for i in ids() if i.startswith("R-")} == {f"R-{n:02d}" for n in range(1, 49)}
    assert len(ids()) == len(set(ids()))


def test_the_filled_value_of_a_variable_gives_the_finding_its_provision():
    d = draft({"pay.days_after_confirm": 90}, spans={"8.2": [FilledValue("90个自然日", "pay.days_after_confirm")]})
    place = found("R-09", d)[0].place
    assert (place.provision_id, place.number, place.variable) == ("p8_2.x", "第8.2.2条", "pay.days_after_confirm")
