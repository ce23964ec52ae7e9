"""Rules over the term: dates, renewal, rescission and termination at will."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from app.domain.proofreading.facts import Draft
from app.domain.proofreading.finding import Hit, SetVariable, Severity, rule
from app.domain.proofreading.rules_values import notice_deadline
from app.domain.term import term_end


@rule(
    "R-04", "届满早于起始或起始早于签订未注追溯", ("CC:160",),
    "更正日期；确需追溯的，增设追溯期间服务确认与结算条款。",
)  # fmt: skip
def term_runs_forward(d: Draft) -> Iterator[Hit]:
    """The last day follows the first; a start before signature needs the retroactive clause."""
    start, end = d.day("term.start_date"), d.day("term.end_date")
    signed = d.day("contract.sign_date")
    if start is None:
        return
    if end is not None and end <= start:
        message = f"届满日 {end.isoformat()} 不晚于起始日 {start.isoformat()}。"
        yield Hit(Severity.ERROR, message, d.place("term.end_date", "1.3"))
    if signed is not None and start < signed and not d.flag("contract.retroactive"):
        message = f"服务起始日 {start.isoformat()} 早于签订日 {signed.isoformat()}，而未写追溯条款。"
        yield Hit(Severity.ERROR, message, d.place("term.start_date", "1.3"))


@rule(
    "R-05", "年限与起止日不一致", ("CC:201", "CC:202", "CC:204"),
    "采用系统计算的届满日，或改写年限为“自…起至…止”单一表述。",
)  # fmt: skip
def term_matches_years(d: Draft) -> Iterator[Hit]:
    """Last day = anniversary of the first day − 1 day, both days included (brief B1-5)."""
    start, end, years = d.day("term.start_date"), d.day("term.end_date"), d.number("term.years")
    if start is None or end is None or years is None or not 0 < years < 100:
        return
    expected = term_end(start, int(years))
    if end != expected:
        yield Hit(
            Severity.ERROR,
            f"年限 {years} 年与起止日（{start.isoformat()} 至 {end.isoformat()}）不一致；"
            f"按首尾均含计算，届满日应为 {expected.isoformat()}。",
            d.place("term.end_date", "1.3"),
            SetVariable("term.end_date", expected),
        )


@rule(
    "R-06", "续约通知窗口早于签订日或已过", ("CC:137", "CC:160"),
    "缩短通知期或延长合同期；短于 90 日的合同建议改为到期自然终止。",
)  # fmt: skip
def notice_window_is_open(d: Draft) -> Iterator[Hit]:
    """The last day for a notice of non-renewal lies after signature (error) and at least 30 days later (warning)."""
    if d.text_of("renew.mode") in ("", "none"):
        return
    deadline = notice_deadline(d)
    if deadline is None:
        return
    signed = d.signing_day
    if deadline >= signed + timedelta(days=30):
        return
    severity = Severity.ERROR if deadline <= signed else Severity.WARN
    relation = "不晚于" if severity is Severity.ERROR else "紧邻"
    message = f"不续约通知截止日（{deadline.isoformat()}）{relation}签订日（{signed.isoformat()}），通知权形同虚设。"
    yield Hit(severity, message, d.place("renew.notice_days", "11.3"))


@rule(
    "R-24", "解除条款不完整", ("CC:562", "CC:563", "CC:564", "CC:565", "CCI:53"),
    "按 9.3 模板补四要素；异议期条款不得写成“逾期未异议即解除”（对无解除权的通知无效）。",
)  # fmt: skip
def rescission_is_complete(d: Draft) -> Iterator[Hit]:
    """Causes, a demand or cure period, arrival of the notice (errors) and a period for exercising the right (info)."""
    place = d.section_place("9.3")
    if not d.choices("breach.list_a") | d.choices("breach.list_b"):
        yield Hit(Severity.ERROR, "解除条款缺少事由清单。", d.place("breach.list_b", "9.1"))
    if d.has_section("9.3"):
        if not d.has_clause("催告|补救期", "9.1", "9.3"):
            yield Hit(Severity.ERROR, "解除条款缺少催告或补救期。", place)
        if not d.has_clause("通知.{0,6}到达", "9.3"):
            yield Hit(Severity.ERROR, "解除条款缺少通知到达规则。", place)
    if d.blank("terminate.right_exercise_days"):
        message = "未约定解除权行使期限；解除权自知道或者应当知道事由之日起一年不行使即消灭。"
        yield Hit(Severity.INFO, message, d.place("terminate.right_exercise_days", "9.3"))


@rule(
    "R-41", "自动续约无次数上限或无退出窗口", ("CC:563", "CC:497"),
    "上限 1 次、通知窗口 60 日、续约价格封顶。",
)  # fmt: skip
def renewal_has_an_exit(d: Draft) -> Iterator[Hit]:
    """Renewal by itself or by one party's option at most three times; every renewal has a notice window."""
    mode, times = d.text_of("renew.mode"), d.number("renew.max_times")
    if mode in ("auto_once", "option") and (times is None or times > 3):
        said = f"（{times} 次）" if times is not None else ""
        kind = "自动续约" if mode == "auto_once" else "续约选择权"
        message = f"{kind}无次数上限或次数过多{said}，易形成长期锁定。"
        yield Hit(Severity.WARN, message, d.place("renew.max_times", "11.3"), SetVariable("renew.max_times", 1))
    if mode not in ("", "none") and d.blank("renew.notice_days"):
        message = "续约没有退出窗口（通知期未填），易形成长期锁定。"
        yield Hit(Severity.WARN, message, d.place("renew.notice_days", "11.3"), SetVariable("renew.notice_days", 60))


@rule(
    "R-48", "任意解除权未处理", ("CC:787", "CC:933"),
    "采用 11.3 提前期与补偿公式，并写明排除 CC:933、CC:787 的默认补偿算法。",
)  # fmt: skip
def termination_at_will_is_settled(d: Draft) -> Iterator[Hit]:
    """The statutory rights to terminate at will are dealt with, and never without compensation."""
    default = "默认双方可随时解除，有偿委托的解除方须赔偿对方直接损失和履行后可得利益。"
    if (d.has_section("9.3") or d.has_section("11.3")) and not d.has_clause("(任意|随时)解除", "9.3", "11.3"):
        yield Hit(Severity.WARN, f"未处理委托、承揽的任意解除权；{default}", d.section_place("11.3"))
    for hit in d.search("(任何一方|甲方|乙方)(可|有权)随时解除.{0,10}(不承担|无需)"):
        yield Hit(Severity.WARN, f"“{hit.match[0]}”：约定可随时解除而不承担后果；{default}", hit.place)
