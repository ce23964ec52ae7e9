"""Rules over personal information, security incidents and retention."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from app.domain.proofreading.facts import Draft
from app.domain.proofreading.finding import Hit, SetVariable, Severity, rule
from app.domain.variables import is_blank

_KEEPING = "(乙方|受托方).{0,10}(可|有权)(继续)?(保留|留存|使用).{0,12}(用户|个人信息|数据)"
# Deleting at a person's request is another duty; what counts is returning or deleting once the contract has ended.
_GIVING_BACK = "(终止|届满|解除|期满|结束|无效|不生效)[^。]{0,80}(应|须|不得)[^。]{0,80}(返还|删除|保留)"
# What the law itself lets a processor keep: the statutory period, storage only (PIPL art. 47).
_LAWFUL_KEEPING = re.compile(r"除存储|仅存储|只存储|法定保存期|(法律|行政法规)[^。；]{0,12}(保存|留存)期")


@rule(
    "R-18", "缺个人信息返还或删除义务", ("PIPL:21", "PIPL:47"),
    "写明 15 日内返还或删除、范围含备份与分包商、3 个工作日内出具证明、例外与到期再删。",
)  # fmt: skip
def personal_information_is_given_back(d: Draft) -> Iterator[Hit]:
    """After the end personal information is returned or deleted within 30 days and nothing is kept."""
    if not d.rows("privacy.data_types"):
        return
    days, place = d.number("privacy.exit_delete_days"), d.place("privacy.exit_delete_days", "7.2")
    patch = SetVariable("privacy.exit_delete_days", 15)
    if days is None:
        yield Hit(Severity.ERROR, "未约定终止后返还或删除个人信息的期限。", place, patch)
    elif days > 30:
        yield Hit(Severity.ERROR, f"终止后返还或删除个人信息的期限为 {days} 日，超过 30 日。", place, patch)
    if (d.has_section("7.2") or d.has_section("11.3")) and not d.has_clause(_GIVING_BACK, "7.2", "11.3"):
        message = "未约定终止后返还或删除个人信息且不得保留。"
        yield Hit(Severity.ERROR, message, d.section_place("7.2"))
    for hit in d.search(_KEEPING):
        start = hit.match.start(2)
        forbidden = hit.segment.text[max(0, start - 1) : start] == "不" or "不得" in hit.match[0]
        if not forbidden and not _LAWFUL_KEEPING.search(hit.sentence):
            yield Hit(Severity.ERROR, f"“{hit.match[0]}”：约定乙方可留存、使用个人信息。", hit.place)


@rule(
    "R-19", "委托处理法定要素缺失", ("PIPL:21", "PIPL:55", "PIPL:56", "NDSR:12"),
    "以 7.2 表格补齐六要素，附 13.2 数据清单；完成影响评估并登记编号（报告保存不少于三年）。",
)  # fmt: skip
def entrusted_processing_is_complete(d: Draft) -> Iterator[Hit]:
    """The six matters of entrusted processing, supervision, and the impact assessment done beforehand."""
    if d.text_of("privacy.role") == "entrusted":
        names = ("privacy.purpose", "privacy.duration", "privacy.methods", "privacy.data_types")
        for name in (n for n in names if d.blank(n)):
            message = f"个人信息委托处理缺少法定要素“{d.label(name)}”。"
            yield Hit(Severity.ERROR, message, d.place(name, "7.2"))
        if all(is_blank(v) for n, v in d.answers.values.items() if n.startswith("security.")):
            yield Hit(Severity.ERROR, "个人信息委托处理缺少法定要素“保护措施”。", d.section_place("7.1"))
        if d.has_section("7.2") and not d.has_clause("应当|不得|有权|义务", "7.2"):
            yield Hit(Severity.ERROR, "个人信息委托处理缺少法定要素“双方权利义务”。", d.section_place("7.2"))
    if (d.has_section("7.1") or d.has_section("7.2")) and not d.has_clause("监督", "7.1", "7.2"):
        yield Hit(Severity.ERROR, "未约定甲方对受托处理活动的监督。", d.section_place("7.2"))
    if not d.flag("privacy.pia_done"):
        message = "委托处理前应完成个人信息保护影响评估，现未登记完成。"
        yield Hit(Severity.ERROR, message, d.place("privacy.pia_done", "7.2"))


@rule(
    "R-20", "数据角色与约定不符", ("PIPL:20", "PIPL:21", "PIPL:23", "PIPL:13"),
    "改回委托处理；确需共同处理或提供的，拆出独立协议与单独评估。",
)  # fmt: skip
def contractor_stays_processor(d: Draft) -> Iterator[Hit]:
    """The contractor processes on behalf only: no purposes of its own, no training of models."""
    role = d.text_of("privacy.role")
    severity = Severity.ERROR if role == "independent" else Severity.WARN
    tail = "已超出委托处理，须另有合法性基础（向其他处理者提供的须告知并取得单独同意；共同处理承担连带责任）。"
    if role and role != "entrusted":
        name = {"joint": "共同处理", "independent": "独立处理"}.get(role, role)
        patch = SetVariable("privacy.role", "entrusted")
        yield Hit(severity, f"数据角色为{name}，{tail}", d.place("privacy.role", "7.2"), patch)
    if d.flag("security.ai_training_allowed"):
        patch = SetVariable("security.ai_training_allowed", False)
        message = f"允许将数据用于模型训练，{tail}"
        yield Hit(severity, message, d.place("security.ai_training_allowed", "7.1"), patch)
    pattern = "乙方[^。；]{0,12}(?<!不)(?<!不得)(自行决定|自主决定|用于自身|享有)[^。；]{0,10}(处理目的|用户数据|个人信息)"
    for hit in d.search(pattern):
        yield Hit(severity, f"“{hit.match[0]}”：乙方自定处理目的或将用户数据用于自身，{tail}", hit.place)


@rule(
    "R-21", "个人信息出境无法定路径",
    ("PIPL:38", "PIPL:39", "PIPL:40", "PIPL:55", "NDSR:35", "CBDF:5", "CBDF:7", "CBDF:8"),
    "默认改为境内存储与境内坐席；确需出境的另签补充协议并登记路径、数量、接收方。",
)  # fmt: skip
def transfer_abroad_has_a_path(d: Draft) -> Iterator[Hit]:
    """Transfer abroad has a statutory path and an assessment; storage abroad does not contradict 'no transfer'."""
    abroad, region = d.flag("privacy.cross_border"), d.text_of("privacy.storage_region")
    place = d.place("privacy.cross_border", "7.2")
    if abroad and d.blank("privacy.cross_border_path"):
        message = "个人信息出境缺少法定路径（安全评估、标准合同、认证或法定豁免）。"
        yield Hit(Severity.ERROR, message, d.place("privacy.cross_border_path", "7.2"))
    if abroad and not d.flag("privacy.pia_done"):
        yield Hit(Severity.ERROR, "个人信息出境前未做影响评估。", place)
    if abroad is False and re.search("境外|海外|香港", region):
        message = f"存储地“{region}”与“不出境”的声明矛盾。"
        patch = SetVariable("privacy.storage_region", "中国境内")
        yield Hit(Severity.ERROR, message, d.place("privacy.storage_region", "7.2"), patch)


@rule(
    "R-22", "泄露、安全事件首报时限过长或无数字",
    ("NCIR:4", "NCIR:8", "PIPL:57", "NDSR:11", "CSL:27", "CSL:44"),
    "首报 2 小时（电话+系统），书面 24 小时，终报 5 个工作日。",
)  # fmt: skip
def incidents_are_reported_at_once(d: Draft) -> Iterator[Hit]:
    """First report within 4 hours (error above 24 or without a figure), the written report not before it."""
    first, written = d.number("leak.first_report_hours"), d.number("leak.written_report_hours")
    place, patch = d.place("leak.first_report_hours", "7.3"), SetVariable("leak.first_report_hours", Decimal(2))
    law = "难以保证甲方完成法定报告（较大以上网络安全事件一般须 4 小时内报省级网信部门；泄露个人信息须立即采取措施并通知）。"
    if first is None:
        yield Hit(Severity.ERROR, f"未约定乙方首报时限，{law}", place, patch)
        return
    if first > 4:
        severity = Severity.ERROR if first > 24 else Severity.WARN
        yield Hit(severity, f"乙方首报时限 {first} 小时，{law}", place, patch)
    if written is not None and written < first:
        message = f"书面初报时限（{written} 小时）短于首报时限（{first} 小时），顺序颠倒。"
        yield Hit(Severity.WARN, message, d.place("leak.written_report_hours", "7.3"))


@rule(
    "R-40", "低于法定最短留存期", ("CSL:23", "NDSR:12", "PIPL:56", "ECL:31"), "提高到法定下限；另设到期删除任务。"
)  # fmt: skip
def records_are_kept_long_enough(d: Draft) -> Iterator[Hit]:
    """Logs 6 months, processing records and assessments 3 years, platform transactions 36 months."""
    floors = [
        ("security.log_months", "7.1", Decimal(6), "个月", "网络日志不少于六个月"),
        ("privacy.record_years", "7.2", Decimal(3), "年", "委托处理个人信息情况记录不少于三年"),
        ("privacy.pia_retention_years", "7.2", Decimal(3), "年", "个人信息保护影响评估报告不少于三年"),
    ]
    if d.flag("party_a.is_platform"):
        floors.append(("process.record_retention_months", "4.1", Decimal(36), "个月", "平台商品服务与交易信息不少于三年"))
    for name, section, floor, unit, law in floors:
        kept = d.number(name)
        if kept is not None and kept < floor:
            message = f"{d.label(name)} {kept} {unit}，低于法定最短留存期：{law}。"
            yield Hit(Severity.ERROR, message, d.place(name, section), SetVariable(name, int(floor)))
