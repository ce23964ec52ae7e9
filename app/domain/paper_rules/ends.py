"""Checks of renewal agreement (C2), notice of non-renewal (C3) and termination agreement (C5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from app.domain.money import cents, cents_within
from app.domain.paper_rules.common import iso
from app.domain.paper_rules.context import PaperDraft, figure, paper_rule
from app.domain.papers import PaperKind
from app.domain.proofreading.finding import Hit, Severity
from app.domain.term import term_end

RENEWAL = (PaperKind.RENEWAL,)
NON_RENEWAL = (PaperKind.NON_RENEWAL,)
TERMINATION = (PaperKind.TERMINATION,)
_DAY = timedelta(days=1)
_SUBSTANTIVE = re.compile("价格|单价|费用|责任|违约|赔偿|争议|管辖|仲裁|分包")
_RELEASE = re.compile("(?:免除|放弃|不承担|不追究)[^。；]{0,40}(?:人身|伤亡|故意|重大过失)")


@paper_rule("C2-01", "续展期与原期限不衔接", RENEWAL, ("CC:160", "CC:204"), "续展期首日填原届满日的次日。")
def terms_join(d: PaperDraft) -> Iterator[Hit]:
    """No gap, no overlap."""
    old, start = d.day("renewal.original_end"), d.day("renewal.start")
    if old is not None and start is not None and start != old + _DAY:
        what = "重叠" if start <= old else "断档"
        yield Hit(
            Severity.ERROR, f"续展期首日{iso(start)}与原届满日{iso(old)}{what}，应为{iso(old + _DAY)}。", d.place("renewal.start")
        )


@paper_rule("C2-02", "续展期届满日与年限不符", RENEWAL, ("CC:204",), "届满日为续展期首日的对应周年日的前一日。")
def the_last_day_fits_the_years(d: PaperDraft) -> Iterator[Hit]:
    start, end, years = d.day("renewal.start"), d.day("renewal.end"), d.number("renewal.years")
    if start is not None and end is not None and years is not None:
        expected = term_end(start, int(years))
        if end != expected:
            yield Hit(Severity.ERROR, f"续展期届满日应为{iso(expected)}，现为{iso(end)}。", d.place("renewal.end"))


@paper_rule("C2-03", "原届满日与合同不符", RENEWAL, ("CC:142",), "以合同现行有效期的届满日为准。")
def the_old_term_is_the_one_in_force(d: PaperDraft) -> Iterator[Hit]:
    written, agreed = d.day("renewal.original_end"), d.agreed_day("term.end_date")
    if written is not None and agreed is not None and written != agreed:
        yield Hit(Severity.ERROR, f"原届满日{iso(written)}与合同现行届满日{iso(agreed)}不符。", d.place("renewal.original_end"))


@paper_rule("C2-04", "新的通知截止日早于签署", RENEWAL, ("CC:160",), "缩短通知期或者延长续展期。")
def the_next_notice_can_still_be_given(d: PaperDraft) -> Iterator[Hit]:
    deadline, end = d.day("renewal.notice_deadline"), d.day("renewal.end")
    if deadline is not None and deadline < d.paper_day:
        yield Hit(Severity.ERROR, f"续展期的通知截止日{iso(deadline)}早于文书日期。", d.place("renewal.notice_deadline"))
    if deadline is not None and end is not None and deadline > end:
        yield Hit(Severity.ERROR, f"续展期的通知截止日{iso(deadline)}晚于续展期届满日。", d.place("renewal.notice_deadline"))


@paper_rule("C2-05", "超过约定的续展次数", RENEWAL, ("CC:509",), "先以补充协议修改次数上限，或者另签新合同。")
def renewals_are_not_used_up(d: PaperDraft) -> Iterator[Hit]:
    count, most = d.number("renewal.count"), d.agreed_number("renew.max_times")
    if d.agreed_text("renew.mode") in ("auto_once", "option") and count is not None and most is not None and count > most:
        yield Hit(Severity.ERROR, f"合同约定至多续展{most}次，本次为第{count}次。", d.place("renewal.count"))


@paper_rule(
    "C2-06", "续展期价格计算有误或超过上限", RENEWAL, ("CC:543",), "按计算过程改正价格；幅度不得超过合同第8.3节的年度上限。"
)
def renewed_prices_are_computed_and_capped(d: PaperDraft) -> Iterator[Hit]:
    cap = d.agreed_number("adjust.annual_cap_pct")
    for row in d.rows("renewal.price_table"):
        before, after, rate = (figure(row.get(k)) for k in ("before", "after", "rate"))
        if before is None or after is None or rate is None:
            continue
        exact = before * (100 + rate) / 100
        if cents(after) not in (cents(exact), cents_within(exact)):  # within a cap, a part of a fen is dropped
            yield Hit(Severity.ERROR, f"“{row.get('item')}”的续展期价格与幅度不符。", d.place("renewal.price_table"))
        if cap is not None and rate > cap:
            yield Hit(Severity.ERROR, f"“{row.get('item')}”的幅度{rate}%超过年度上限{cap}%。", d.place("renewal.price_table"))


@paper_rule("C2-07", "个人信息委托处理期限没有同步", RENEWAL, ("PIPL:21", "PIPL:55"), "委托处理期限与续展期同日届满。")
def processing_lasts_as_long_as_the_term(d: PaperDraft) -> Iterator[Hit]:
    until, end = d.day("renewal.privacy_until"), d.day("renewal.end")
    if until is not None and end is not None and until < end:
        yield Hit(Severity.ERROR, f"委托处理期限{iso(until)}早于续展期届满日{iso(end)}。", d.place("renewal.privacy_until"))


@paper_rule("C2-08", "许可或资质不能覆盖续展期", RENEWAL, ("TELR:7", "TELR:9"), "办理续期，或者改正“是否覆盖续展期”。")
def licences_cover_the_new_term(d: PaperDraft) -> Iterator[Hit]:
    end = d.day("renewal.end")
    for row in d.rows("renewal.licence_table"):
        until = row.get("until")
        if end is None or not isinstance(until, date):
            continue
        if until < end and row.get("covers") is True:
            yield Hit(
                Severity.ERROR, f"“{row.get('name')}”有效期至{iso(until)}，不能覆盖续展期。", d.place("renewal.licence_table")
            )
        elif until < end:
            yield Hit(
                Severity.WARN, f"“{row.get('name')}”有效期至{iso(until)}，须在届满前续期。", d.place("renewal.licence_table")
            )


@paper_rule("C2-09", "以续约掩盖实质变更", RENEWAL, ("CC:543", "CC:544"), "价格结构、责任、争议等实质变更另签补充协议。")
def substance_changes_by_amendment(d: PaperDraft) -> Iterator[Hit]:
    for row in d.rows("renewal.service_table"):
        found = _SUBSTANTIVE.search(f"{row.get('item')}{row.get('after')}")
        if found:
            message = f"“{row.get('item')}”涉及“{found[0]}”，应当签订补充协议，不以续约协议代替。"
            yield Hit(Severity.ERROR, message, d.place("renewal.service_table"))


@paper_rule("C3-01", "不续约通知逾期", NON_RENEWAL, ("CC:137", "CC:160"), "自动续约可能已经触发，改走无因提前终止或者协商终止。")
def notice_is_in_time(d: PaperDraft) -> Iterator[Hit]:
    deadline = d.day("non_renewal.notice_deadline")
    if deadline is None:
        return
    if d.arrived_on is not None and d.arrived_on > deadline:
        yield Hit(
            Severity.ERROR,
            f"通知于{iso(d.arrived_on)}到达，晚于通知截止日{iso(deadline)}。",
            d.place("non_renewal.notice_deadline"),
        )
    elif d.arrived_on is None and max(d.paper_day, d.today) > deadline:
        yield Hit(Severity.ERROR, f"通知截止日{iso(deadline)}已过。", d.place("non_renewal.notice_deadline"))


@paper_rule("C3-02", "届满日与合同不符", NON_RENEWAL, ("CC:142",), "以合同现行有效期的届满日为准。")
def the_end_is_that_of_the_term_in_force(d: PaperDraft) -> Iterator[Hit]:
    written, agreed = d.day("non_renewal.end_date"), d.agreed_day("term.end_date")
    if written is not None and agreed is not None and written != agreed:
        yield Hit(Severity.ERROR, f"届满日{iso(written)}与合同现行届满日{iso(agreed)}不符。", d.place("non_renewal.end_date"))
    deadline = d.agreed_day("renew.notice_deadline")
    stated = d.day("non_renewal.notice_deadline")
    if written == agreed and deadline is not None and stated is not None and stated > deadline:
        yield Hit(
            Severity.ERROR, f"通知截止日{iso(stated)}晚于合同约定的{iso(deadline)}。", d.place("non_renewal.notice_deadline")
        )


@paper_rule("C3-03", "退出日程前后矛盾", NON_RENEWAL, ("CC:558", "PIPL:47"), "先移交后删除，退出计划在届满之前。")
def the_exit_runs_in_order(d: PaperDraft) -> Iterator[Hit]:
    end = d.day("non_renewal.end_date")
    plan, transition = d.day("non_renewal.exit_plan_due"), d.day("non_renewal.transition_end")
    export, deletion = d.day("non_renewal.export_due"), d.day("non_renewal.deletion_due")
    if export is not None and deletion is not None and deletion < export:
        yield Hit(Severity.ERROR, "个人信息的删除期限早于数据移交期限。", d.place("non_renewal.deletion_due"))
    if end is not None and plan is not None and plan > end:
        yield Hit(Severity.ERROR, "退出计划的提交期限晚于届满日。", d.place("non_renewal.exit_plan_due"))
    if end is not None and transition is not None and transition < end:
        yield Hit(Severity.ERROR, "过渡期届满日早于合同届满日。", d.place("non_renewal.transition_end"))


@paper_rule("C5-01", "结算单没有全部结清", TERMINATION, ("CC:567",), "先结清，或者在余额中列明并约定支付日。")
def settlements_are_closed(d: PaperDraft) -> Iterator[Hit]:
    left = [str(r.get("number")) for r in d.rows("termination.settlement_table") if r.get("state") != "closed"]
    if left:
        yield Hit(Severity.ERROR, f"结算单{'、'.join(left)}尚未结清。", d.place("termination.settlement_table"))


@paper_rule("C5-02", "移交事项没有完成也没有日期", TERMINATION, ("CC:558",), "勾选已经移交，或者写明期限。")
def everything_is_handed_over_or_dated(d: PaperDraft) -> Iterator[Hit]:
    for row in d.rows("termination.handover_table"):
        if row.get("done") is not True and not isinstance(row.get("due"), date):
            yield Hit(Severity.ERROR, f"“{row.get('item')}”尚未移交，也没有期限。", d.place("termination.handover_table"))


@paper_rule("C5-03", "免除法定不得免除的责任", TERMINATION, ("CC:506",), "删去对人身损害、故意或者重大过失责任的放弃。")
def statutory_liability_stays(d: PaperDraft) -> Iterator[Hit]:
    for name in ("termination.cause", "termination.liability_terms", "termination.damages_terms"):
        found = _RELEASE.search(d.text(name))
        if found:
            yield Hit(Severity.ERROR, f"“{found[0]}”放弃了法律规定不得免除的责任。", d.place(name))


@paper_rule("C5-04", "返还删除与证明的日程有误", TERMINATION, ("PIPL:21", "PIPL:47"), "证明日不早于删除日。")
def deletion_is_certified(d: PaperDraft) -> Iterator[Hit]:
    deletion, certificate = d.day("termination.deletion_due"), d.day("termination.certificate_due")
    if deletion is not None and certificate is not None and certificate < deletion:
        yield Hit(Severity.ERROR, "删除证明的提交期限早于返还、删除的期限。", d.place("termination.certificate_due"))


@paper_rule(
    "C5-05", "余额的支付没有落实", TERMINATION, ("CC:567", "CC:579"), "写明支付日与账户；付甲方以外的账户须与合同第8.2节一致。"
)
def the_balance_can_be_paid(d: PaperDraft) -> Iterator[Hit]:
    due, amount = d.day("termination.balance_due"), d.number("termination.balance")
    if d.text("termination.balance_direction") in ("a_pays", "b_pays"):
        if due is not None and due < d.paper_day:
            yield Hit(Severity.ERROR, f"余额的支付期限{iso(due)}早于文书日期。", d.place("termination.balance_due"))
        if amount is not None and amount <= Decimal(0):
            yield Hit(Severity.ERROR, "写明有余额，金额却不大于零。", d.place("termination.balance"))
    if d.text("termination.balance_direction") == "a_pays":
        account = d.agreed_text("pay.account_no")
        if account and account not in re.sub(r"\s", "", d.text("termination.account")):
            yield Hit(Severity.ERROR, "收款账户与合同第8.2节登记的账户不一致。", d.place("termination.account"))


RULES = (
    terms_join, the_last_day_fits_the_years, the_old_term_is_the_one_in_force, the_next_notice_can_still_be_given,
    renewals_are_not_used_up, renewed_prices_are_computed_and_capped, processing_lasts_as_long_as_the_term,
    licences_cover_the_new_term, substance_changes_by_amendment, notice_is_in_time, the_end_is_that_of_the_term_in_force,
    the_exit_runs_in_order, settlements_are_closed, everything_is_handed_over_or_dated, statutory_liability_stays,
    deletion_is_certified, the_balance_can_be_paid,
)  # fmt: skip
