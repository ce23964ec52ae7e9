"""Rules over liability, standard terms, subcontracting, staff, results and informal changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from app.domain.proofreading.facts import Draft
from app.domain.proofreading.finding import FROM_REVIEW, Hit, SetVariable, Severity, Stage, rule
from app.domain.variables import FillStage

MANDATORY_CARVE_OUTS = ("personal_injury", "intent_gross_negligence")
ASYMMETRY_LIMIT = 3


@rule(
    "R-17", "免责或责任上限触碰法定底线", ("CC:506", "CC:497"),
    "勾选法定例外；加“上述上限不适用于…”；数据专项上限不得低于一般上限。",
)  # fmt: skip
def liability_cap_keeps_the_floor(d: Draft) -> Iterator[Hit]:
    """A cap keeps the two statutory exceptions; no cap, a low data cap or absolute exemptions are pointed out."""
    mode, carve_outs = d.text_of("liability.cap_mode"), d.choices("liability.carve_outs")
    if mode and not set(MANDATORY_CARVE_OUTS) <= carve_outs:
        value = d.value("liability.carve_outs")
        kept = value if isinstance(value, tuple) else ()
        patch = SetVariable(
            "liability.carve_outs", (*MANDATORY_CARVE_OUTS, *(str(v) for v in kept if v not in MANDATORY_CARVE_OUTS))
        )
        message = "责任限制未保留人身损害与故意、重大过失财产损失两项例外；该部分免责无效。"
        yield Hit(Severity.ERROR, message, d.place("liability.carve_outs", "9.2"), patch)
    if mode == "none":
        message = "双方均不设责任上限，请确认系议价结果并评估保险。"
        yield Hit(Severity.WARN, message, d.place("liability.cap_mode", "9.2"))
    data, general = d.number("liability.data_cap_multiple"), d.number("liability.cap_multiple")
    if data is not None and general is not None and data < general:
        message = f"数据专项上限（{data} 倍）低于一般上限（{general} 倍）。"
        patch = SetVariable("liability.data_cap_multiple", general)
        yield Hit(Severity.WARN, message, d.place("liability.data_cap_multiple", "9.2"), patch)
    for hit in d.search("(任何情况|无论何种原因).{0,10}(均|概)?不承担(任何)?责任"):
        yield Hit(Severity.WARN, f"“{hit.match[0]}”：出现绝对免责表述，触及人身损害与故意、重大过失的部分无效。", hit.place)


@rule(
    "R-27", "自由分包或未经同意转委托个人信息", ("CC:772", "CC:773", "CC:923", "PIPL:21"),
    "改为 with_consent 或 listed 并填名单；写全责与等同下穿。",
)  # fmt: skip
def subcontracting_needs_consent(d: Draft) -> Iterator[Hit]:
    """No free subcontracting; a listed mode has its list; personal information only with consent; less than half."""
    mode, listed = d.text_of("subcontract.mode"), d.rows("subcontract.list")
    place = d.place("subcontract.mode", "1.2")
    if mode == "free":
        message = "允许自由分包；承揽主要工作与委托事务均须取得同意。"
        yield Hit(Severity.ERROR, message, place, SetVariable("subcontract.mode", "with_consent"))
    if mode == "listed" and not listed:
        yield Hit(Severity.ERROR, "分包名单为空；名单制须列明分包商与事项。", d.place("subcontract.list", "1.2"))
    touches = [str(r.get("name") or "") for r in listed if r.get("personal_info") is True]
    if mode != "prohibited" and touches and d.text_of("privacy.subprocessing") != "with_consent":
        message = f"分包商“{'、'.join(touches)}”接触个人信息，而未约定再委托须经同意。"
        patch = SetVariable("privacy.subprocessing", "with_consent")
        yield Hit(Severity.ERROR, message, d.place("privacy.subprocessing", "7.2"), patch)
    ratio = d.number("subcontract.max_ratio")
    if mode not in ("", "prohibited") and ratio is not None and ratio >= 50:
        message = f"分包上限 {ratio}%，已及主要工作；主要工作须由乙方亲自完成。"
        yield Hit(Severity.ERROR, message, d.place("subcontract.max_ratio", "1.2"))


@rule(
    "R-34", "外包名义、派遣实质", ("LCL:57", "LCL:58", "LCL:59", "LCL:66", "LCL:92", "LDR:27"),
    "改为按成果/工单/服务级别计费；设乙方现场管理人；删除管理性表述；保留“要求更换”而非“辞退”。",
)  # fmt: skip
def no_disguised_dispatch(d: Draft) -> Iterator[Hit]:
    """The client manages results, not the contractor's people."""
    tail = "可能被认定为以外包名义实施劳务派遣。"
    if d.text_of("team.site_mode") == "party_a_site":
        yield Hit(Severity.WARN, f"乙方人员驻甲方现场办公，{tail}", d.place("team.site_mode", "3.1"))
    if d.text_of("fees.model") == "per_seat" and d.blank("perf.weights"):
        yield Hit(Severity.WARN, f"仅按人头计费而无成果考核，{tail}", d.place("fees.model", "8.1"))
    patterns = (
        "甲方(?![^。；]{0,8}不)[^。；]{0,14}(人员|员工|坐席)[^。；]{0,12}(考勤|打卡|排班|派班|发放工资|核发|录用|辞退|奖惩)"
        "|甲方(?![^。；]{0,8}不)[^。；]{0,10}(考勤|排班|派班|录用|辞退|奖惩)[^。；]{0,10}(人员|员工|坐席)",
        "(?<!不构成)(?<!不属于)(?<!不成立)(?<!并非)(?<!不得以)劳务派遣",
    )
    for pattern in patterns:
        for hit in d.search(pattern):
            yield Hit(Severity.WARN, f"“{hit.match[0]}”：存在甲方直接管理人员等派遣特征，{tail}", hit.place)


@rule(
    "R-35", "呼叫中心业务缺许可证信息", ("TELR:7", "TELR:9", "TELC"),
    "核验许可证号、业务种类、覆盖范围、有效期并设到期提醒；无证的改由甲方系统与号码承载。",
)  # fmt: skip
def telecom_licence_is_on_file(d: Draft) -> Iterator[Hit]:
    """A call-centre contractor's licence is registered and outlives the term."""
    if not d.flag("service.call_center"):
        return
    place = d.place("party_b.telecom_license_no", "1.2")  # the duty to hold it; the party block prints it only when given
    if d.blank("party_b.telecom_license_no"):
        message = "乙方以呼叫中心系统受托提供话务服务，但未登记增值电信业务经营许可证。"
        yield Hit(Severity.WARN, message, place)
        return
    end, number = d.day("term.end_date"), d.text_of("party_b.telecom_license_no")
    for row in d.rows("party_b.certs"):
        expiry = row.get("expiry")
        is_licence = number == str(row.get("number") or "").strip() or "电信" in str(row.get("name") or "")
        if is_licence and isinstance(expiry, date) and end is not None and expiry < end:
            message = f"增值电信业务经营许可证有效期至 {expiry.isoformat()}，早于合同届满日 {end.isoformat()}。"
            yield Hit(Severity.WARN, message, place)


@rule(
    "R-39", "失衡的格式条款或未履行提示说明",
    ("CC:496", "CC:497", "CC:498", "CCI:9", "CCI:10", "SMEP:7", "AUCL:15"),
    "改为双向；对重大利害条款加粗加下划线并逐条签认；保留协商记录。",
)  # fmt: skip
def standard_terms_are_fair(d: Draft) -> Iterator[Hit]:
    """Terms drafted by one side are explained and not lopsided."""
    if d.text_of("contract.drafted_by") in ("", "negotiated"):
        return
    told = bool(d.flag("sign.format_clause_notice"))
    known = d.variables.get("sign.format_clause_notice")
    # What only the signing brings is no fault before it (the rule runs again at the signing).
    may_wait = known is not None and known.stage is FillStage.SIGNING and d.stage is not Stage.SIGNING
    severity = Severity.WARN if told or may_wait else Severity.ERROR
    if not told:
        message = "由一方预先拟定的条款尚未完成显著提示与说明留痕。"
        yield Hit(severity, message, d.place("sign.format_clause_notice", "14.3"))
    lopsided = "由一方预先拟定的条款存在失衡"
    if asymmetry(d) >= ASYMMETRY_LIMIT:
        yield Hit(severity, f"{lopsided}：违约、解除条款中一方的单边权利明显多于对方。", d.section_place("9.2"))
    for hit in d.search("最终解释权|(甲方|乙方)有权(随时|单方)(变更|调整|解除)"):
        yield Hit(severity, f"“{hit.match[0]}”：{lopsided}。", hit.place)
    if d.text_of("pay.late_pause_rule") == "full":
        patch = SetVariable("pay.late_pause_rule", "disputed_only")
        message = f"{lopsided}：有异议即全额停付。"
        yield Hit(severity, message, d.place("pay.late_pause_rule", "8.2"), patch)


def asymmetry(d: Draft) -> int:
    """How many more unilateral rights one party has than the other in the chapters on breach and termination."""
    rights = "(甲方|乙方)(?:有权|可以)(?:立即|随时|单方)?(?:解除|终止|变更|调整|扣除|扣减|停付|暂停|要求.{0,6}支付违约金)"
    count = Counter(hit.match[1] for hit in d.search(rights, "9.1", "9.2", "9.3", "11.3"))
    return abs(count["甲方"] - count["乙方"])


@rule(
    "R-43", "成果归属未约定", ("CC:885", "COPY:19", "PAT:8"), "明写归属、转移时点、许可范围。"
)  # fmt: skip
def results_have_an_owner(d: Draft) -> Iterator[Hit]:
    """Who owns the results is answered, and section 12.1 names them."""
    default = "默认委托作品著作权归受托人、技术服务新成果归受托人、委托发明的专利申请权归完成方。"
    if d.blank("ip.deliverables_owner"):
        patch = SetVariable("ip.deliverables_owner", "party_a")
        yield Hit(Severity.WARN, f"未约定成果归属；{default}", d.place("ip.deliverables_owner", "12.1"), patch)
    elif d.has_section("12.1") and not d.has_clause("知识库|话术|报告", "12.1"):
        yield Hit(Severity.WARN, f"第12.1节未列明成果范围（知识库、话术、报告等）；{default}", d.section_place("12.1"))


@rule(
    "R-44", "智能客服无人工入口或转接规则", ("CRPL:20", "CRPLR:44", "GB/T 47746-2026"), "补四项；在 13.3 列入该标准。"
)  # fmt: skip
def ai_service_hands_over(d: Draft) -> Iterator[Hit]:
    """An automatic assistant hands over to a person after set failures, and money matters are confirmed by one."""
    if not d.flag("service.ai_enabled"):
        return
    if d.blank("service.ai_max_failed_turns"):
        patch = SetVariable("service.ai_max_failed_turns", 2)
        message = "启用智能客服但未约定自动转人工的失败轮次。"
        yield Hit(Severity.WARN, message, d.place("service.ai_max_failed_turns", "2.1"), patch)
    if not d.has_clause("转.{0,4}人工", "2.1", "4.1"):
        yield Hit(Severity.WARN, "启用智能客服但缺少转人工规则。", d.section_place("2.1"))
    if not d.has_clause("(退款|赔偿|价格).{0,12}人工", "2.1", "2.2"):
        yield Hit(Severity.WARN, "启用智能客服但缺少价格、退款、赔偿事项的人工确认规则。", d.section_place("2.1"))


@rule(
    "R-45", "允许以群聊、纪要、单方通知变更合同", ("CC:543", "CC:544"),
    "限定书面双签；群聊仅作日常沟通与证据。", FROM_REVIEW,
)  # fmt: skip
def changes_are_formal(d: Draft) -> Iterator[Hit]:
    """No chat, minutes, mail or spoken word counts as a change of the contract."""
    pattern = "(微信|群聊|会议纪要|邮件|口头)[^。；]{0,14}(?<!不)(?<!不得)(视为|构成|即为)[^。；]{0,8}(变更|修改|补充)"
    for hit in d.search(pattern):
        yield Hit(Severity.WARN, f"“{hit.match[0]}”：允许以非正式方式变更合同；变更内容不明确的，推定为未变更。", hit.place)
