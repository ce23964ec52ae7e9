"""Rules over single values and dates: completeness, service hours, term, renewal, calendar, parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from app.domain.proofreading.facts import Draft
from app.domain.proofreading.finding import Hit, Place, SetVariable, Severity, rule
from app.domain.tree import BLANK_TEXT, Blank
from app.domain.variables import Requirement

# Letters next to the crosses belong to a code (a credit code may contain XX) and are no placeholder.
PLACEHOLDER = re.compile(r"_{2,}|【\s*】|\[\s*\]|(?<![0-9A-Za-z])X{2,}(?![0-9A-Za-z])|×{2,}|(?<!等)待定|待填|TBD|XX年")
JUDGED_ELSEWHERE = frozenset({"party_b.telecom_license_no"})
"""Blanks that a rule of their own judges more leniently: a missing telecom licence is R-35, a warning."""

_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


@rule(
    "R-01", "必填空白或占位残留", ("CC:470", "CC:472", "CC:510"),
    "补填；确不适用的写“本项不适用”并由系统记录原因；不得用“另行约定”替代标的、价款、期限三项。",
)  # fmt: skip
def no_blank_or_placeholder(d: Draft) -> Iterator[Hit]:
    """Every variable that must be answered by now is; no placeholder is left in any text."""
    reported: set[str] = set()
    for variable in d.variables:
        if variable.name in JUDGED_ELSEWHERE or not d.due_now(variable.stage):
            continue
        if d.applies(variable) and d.blank(variable.name):
            reported.add(variable.name)
            yield Hit(Severity.ERROR, _unfilled(d, variable.section, variable.label), d.place(variable.name))
    for block in d.blocks:
        for span in block.content:
            known = d.variables.get(span.variable) if isinstance(span, Blank) else None
            if known is None or known.name in reported or known.name in JUDGED_ELSEWHERE or not d.due_now(known.stage):
                continue
            if known.required is not Requirement.OPTIONAL and not d.applies(known):
                reported.add(known.name)
                yield Hit(
                    Severity.ERROR, _unfilled(d, block.section, known.label), Place(block.place_id, block.label, known.name)
                )
    for segment in d.segments:
        match = PLACEHOLDER.search(segment.text)
        if match:
            what = "表格单元格" if match[0] == BLANK_TEXT else f"占位“{match[0]}”"
            place = segment.place(segment.text[max(0, match.start() - 12) : match.end() + 12].replace("\t", " "))
            yield Hit(Severity.ERROR, f"{segment.number or '首部'}残留{what}，合同内容须具体确定后方可签署。", place)


def _unfilled(d: Draft, section: str, label: str) -> str:
    known = d.instrument.section(section)
    where = f"第{section}节" if known is not None else "首部"
    return f"{where}“{label}”尚未填写，合同内容须具体确定后方可签署。"


@rule(
    "R-02", "响应时限长于每日服务时间", ("CC:142", "CC:510"),
    "将响应时限降至不高于每日服务小时，或改为跨日计时并明写口径。",
)  # fmt: skip
def response_within_service_day(d: Draft) -> Iterator[Hit]:
    """A first response counted in service hours fits into one service day; one in natural hours into 24."""
    response, hours = d.number("sla.response_hours"), d.number("service.hours_per_day")
    if response is None:
        return
    clock = d.text_of("sla.response_clock")
    place = d.place("sla.response_hours", "2.3")
    if response <= 0:
        yield Hit(Severity.ERROR, f"首次响应时限（{response} 小时）必须大于零。", place)
    elif clock == "natural_hours":
        if response > 24:
            yield Hit(Severity.ERROR, f"首次响应时限（{response} 自然小时）长于 24 小时，承诺失去意义。", place)
    elif hours is not None and response > hours:
        yield Hit(
            Severity.ERROR,
            f"首次响应时限（{response} 小时）长于每日服务时间（{hours} 小时），当日无法完成响应，承诺失去意义。",
            place,
        )


@rule(
    "R-03", "服务起止时刻与每日小时不符", ("CC:142",), "以起止时刻为准自动计算小时数；跨零点的写明次日。"
)  # fmt: skip
def service_clock_agrees(d: Draft) -> Iterator[Hit]:
    """Start, end and hours per day agree; five to seven days a week; 24 hours means 00:00 to 24:00."""
    hours, days = d.number("service.hours_per_day"), d.number("service.days_per_week")
    start, end = d.text_of("service.start_time"), d.text_of("service.end_time")
    if days is not None and not 5 <= days <= 7:
        yield Hit(Severity.ERROR, f"每周服务 {days} 天，应为 5 至 7 天。", d.place("service.days_per_week", "2.3"))
    if hours is None or not start or not end:
        return
    span = span_hours(start, end)
    whole_day = hours == 24 and (start, end) != ("00:00", "24:00")
    if span is None or span != hours or whole_day:
        patch = SetVariable("service.hours_per_day", span) if span is not None and 8 <= span <= 24 and not whole_day else None
        yield Hit(
            Severity.ERROR,
            f"服务起止时刻（{start}–{end}）与“每日 {hours} 小时”不一致。",
            d.place("service.hours_per_day", "2.3"),
            patch,
        )


def span_hours(start: str, end: str) -> Decimal | None:
    """Hours from ``HH:MM`` to ``HH:MM``; an end before the start is on the next day. None for anything else."""
    first, last = _CLOCK.fullmatch(start), _CLOCK.fullmatch(end)
    if not first or not last:
        return None
    minutes = (int(last[1]) * 60 + int(last[2])) - (int(first[1]) * 60 + int(first[2]))
    return Decimal(minutes if minutes > 0 else minutes + 1440) / 60


@rule(
    "R-36", "投诉办结时限过长", ("CRPLR:44", "CRPLR:46", "CRPL:48", "ECL:59"),
    "办结 ≤5 个工作日，监管转报 ≤2 小时。",
)  # fmt: skip
def complaints_closed_in_time(d: Draft) -> Iterator[Hit]:
    """Complaints are closed in at most 5 working days (error above 7), forwarded within 8 hours, accepted in a set time."""
    days, notify = d.number("complaint.close_workdays"), d.number("complaint.regulator_notify_hours")
    if days is not None and days > 5:
        yield Hit(
            Severity.ERROR if days > 7 else Severity.WARN,
            f"投诉办结 {days} 个工作日；行政部门一般自收到投诉之日起 7 个工作日内处理并告知，内部时限应更短。",
            d.place("complaint.close_workdays", "4.3"),
            SetVariable("complaint.close_workdays", 5),
        )
    if notify is not None and notify > 8:
        message = f"监管、媒体投诉转报时限 {notify} 小时过长，甲方难以在行政部门期限内回复。"
        yield Hit(Severity.WARN, message, d.place("complaint.regulator_notify_hours", "4.3"))
    if d.blank("complaint.accept_hours"):
        yield Hit(Severity.WARN, "未约定投诉受理时限，投诉处理无法计时。", d.place("complaint.accept_hours", "4.3"))


@rule(
    "R-42", "岗位人数与承诺不符", (), "调整岗位表或下限。"
)  # fmt: skip
def roster_meets_commitment(d: Draft) -> Iterator[Hit]:
    """Heads of the role table reach the promised minimum; repair has at least one; trainees stay under their share."""
    heads = [_head(r.get("headcount")) for r in d.rows("team.roles")]
    total, minimum = sum(heads), d.number("team.min_headcount")
    if heads and minimum is not None and total < minimum:
        message = f"岗位人数合计 {total} 人，低于最低在岗人数 {minimum} 人。"
        yield Hit(Severity.WARN, message, d.place("team.roles", "3.2"))
    repair = d.number("team.repair_count")
    if d.flag("service.repair_enabled") and repair is not None and repair < 1:
        yield Hit(Severity.WARN, "合同含硬件维修而维修人员为 0 人。", d.place("team.repair_count", "3.2"))
    trainees = sum(_head(r.get("trainees")) for r in d.rows("team.roles"))
    limit = d.number("team.trainee_ratio_max")
    if total and limit is not None and Decimal(trainees) * 100 / total > limit:
        message = f"试岗人员 {trainees} 人，占比 {Decimal(trainees) * 100 / total:.1f}%，超过上限 {limit}%。"
        yield Hit(Severity.WARN, message, d.place("team.roles", "3.2"))


def _head(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else int(value) if isinstance(value, Decimal) else 0


@rule(
    "R-46", "节假日日历缺年份", ("HOL:2", "HOL:6", "HOL:7", "CC:203"),
    "待国务院办公厅发布年度通知后导入并重算。",
)  # fmt: skip
def calendar_covers_the_term(d: Draft) -> Iterator[Hit]:
    """Every year in which a deadline of the term is counted has an official holiday calendar."""
    missing = sorted({day.year for day in deadlines(d)} - d.calendar_years)
    if missing:
        years = "、".join(str(y) for y in missing)
        notice = d.day("renew.notice_deadline")
        tail = f"（其中不续约通知截止日 {notice.isoformat()} 为暂定值）" if notice and notice.year in missing else ""
        message = f"{years} 年节假日安排未录入，相关到期日为暂定值{tail}。"
        yield Hit(Severity.WARN, message, d.place("term.end_date", "1.3"))


def deadlines(d: Draft) -> Iterator[date]:
    """Days of the term from which working-day deadlines run: one in each year of the term and the notice deadline."""
    start, end = d.day("term.start_date"), d.day("term.end_date")
    if start is not None and end is not None and start <= end <= date(start.year + 20, 12, 31):
        yield from (date(year, 1, 1) for year in range(start.year, end.year + 1))
    notice = notice_deadline(d)
    if notice is not None:
        yield notice


def notice_deadline(d: Draft) -> date | None:
    """Last day for a notice of non-renewal: the computed one, else counted back from the last day of the term."""
    computed = d.day("renew.notice_deadline")
    end, days = d.day("term.end_date"), d.number("renew.notice_days")
    if d.text_of("renew.mode") == "none":
        return None
    if computed is not None:
        return computed
    return end - timedelta(days=int(days)) if end is not None and days is not None else None


@rule(
    "R-47", "LPR 或法律状态日过期", ("SMEP:17", "LOAN:25"), "更新参数并重跑规则。"
)  # fmt: skip
def parameters_are_fresh(d: Draft) -> Iterator[Hit]:
    """The LPR is at most 60 days old, the legal status at most 180."""
    lpr, status = d.day("lpr.as_of"), d.day("annex.legal_status_date")
    stale = "请更新后再判定 R-09、R-12、R-13、R-33。"
    if lpr is not None and (d.today - lpr).days > 60:
        age = (d.today - lpr).days
        yield Hit(
            Severity.INFO, f"LPR 取值日 {lpr.isoformat()} 距今 {age} 日，已超过 60 日，{stale}", d.place("lpr.as_of", "8.2")
        )
    if status is not None and (d.today - status).days > 180:
        age = (d.today - status).days
        message = f"法律状态日 {status.isoformat()} 距今 {age} 日，已超过 180 日，{stale}"
        yield Hit(Severity.INFO, message, d.place("annex.legal_status_date", "13.3"))
