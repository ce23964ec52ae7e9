"""Tables of annexes 13.2 and 13.3, drawn from variables and the law book; no figure in them is typed a second time.

Rows are plain mappings with the column keys of ``variables.yaml``. Cells are printed text: they are read-only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from app.domain.laws import Law, LawBook, Standard, StandardKind, Verification
from app.domain.presentation import number, with_unit
from app.domain.variables import Row, Value, is_blank

Values = Mapping[str, Value]
NONE = "—"


@dataclass(frozen=True, slots=True)
class Metric:
    """A service level of section 5.1: what is counted, and which variables give its target and its limit.

    ``lower_is_better`` turns target and limit into upper bounds (complaint rate).
    """

    code: str
    name: str
    definition: str
    formula: str
    source: str
    target: str
    floor: str = ""
    lower_is_better: bool = False
    exclusion: str = "甲方原因、不可抗力、恶意骚扰"


METRICS: tuple[Metric, ...] = (
    Metric(
        "M-01", "首次响应达标率", "在首次响应时限内作出首次响应的工单所占比例", "时限内首次响应工单数÷应响应工单数×100%",
        "工单系统", "sla.first_response_rate_target", "sla.first_response_rate_floor",
    ),
    Metric(
        "M-02", "接通率", "在接起阈值内接起的有效呼入所占比例", "阈值内接起量÷有效呼入量×100%",
        "话务系统", "sla.answer_rate_target", "sla.answer_rate_floor", exclusion="甲方原因、超区间业务量、恶意骚扰",
    ),
    Metric(
        "M-03", "解决率", "考核期内解决且在重开窗口内未重开的工单所占比例", "已解决且未重开工单数÷应解决工单数×100%",
        "工单系统", "sla.resolution_rate_target", "sla.resolution_rate_floor", exclusion="待甲方L3处理、产品缺陷集中爆发",
    ),
    Metric(
        "M-04", "恢复及时率", "在严重等级对应的恢复时限内恢复的工单所占比例", "时限内恢复工单数÷应恢复工单数×100%",
        "工单系统", "sla.restore_ontime_target", "sla.restore_ontime_floor", exclusion="停钟期间、甲方原因、不可抗力",
    ),
    Metric(
        "M-05", "满意度CSAT", "终端用户评价为四分或者五分的有效评价所占比例", "四分及五分评价份数÷有效评价份数×100%",
        "评价系统", "sla.csat_target", "sla.csat_floor", exclusion="不实评价、甲方原因",
    ),
    Metric(
        "M-06", "投诉率", "因乙方服务引起的有效投诉占工单量的比例", "有效投诉件数÷工单总量×100%",
        "投诉台账", "sla.complaint_rate_target", "sla.complaint_rate_ceiling", True, "非乙方原因的投诉、重复投诉",
    ),
    Metric(
        "M-07", "质检合格率", "抽检样本中达到合格分的样本所占比例", "合格样本数÷抽检样本数×100%",
        "质检系统", "sla.qa_pass_target", "sla.qa_pass_floor", exclusion="复核后改判的样本按复核结果计",
    ),
)  # fmt: skip
MONITORED = Metric(
    "M-08", "一次解决率", "终端用户首次联系即解决且未再次进线的工单所占比例", "一次解决工单数÷已解决工单数×100%",
    "工单系统", "sla.fcr_target", exclusion="监测项，不计入得分",
)  # fmt: skip


def metric_named(name: str) -> Metric | None:
    """The metric of a row of ``perf.weights``."""
    return next((m for m in METRICS if m.name == name), None)


def metrics(values: Values) -> tuple[Row, ...]:
    """Annex 13.2, first table: one row per weighted metric, and the monitored one when it has a target."""
    period = "公历季度" if values.get("perf.period") == "quarterly" else "公历月"
    rows: list[Row] = []
    for weighted in _rows(values, "perf.weights"):
        metric = metric_named(str(weighted.get("metric")))
        if metric is None:
            continue
        rows.append(_metric(metric, values, _figure(weighted.get("weight")), period))
    if not is_blank(values.get(MONITORED.target)):
        rows.append(_metric(MONITORED, values, NONE, period))
    return tuple(rows)


def _metric(metric: Metric, values: Values, weight: str, period: str) -> Row:
    sign = "≤" if metric.lower_is_better else "≥"
    definition = metric.definition
    if metric.code == "M-02":
        definition += f"（电话{_unit(values, 'sla.answer_seconds', '秒')}、在线{_unit(values, 'sla.chat_seconds', '秒')}）"
    return {
        "no": metric.code,
        "name": metric.name,
        "definition": definition,
        "formula": metric.formula,
        "unit": "%",
        "target": _bound(sign, values.get(metric.target)),
        "floor": _bound(sign, values.get(metric.floor)) if metric.floor else NONE,
        "weight": weight,
        "source": metric.source,
        "period": period,
        "exclusion": metric.exclusion,
    }


def severity_matrix(values: Values) -> tuple[Row, ...]:
    """Annex 13.2, second table: P1–P4 with their three time limits (brief 6.3)."""

    def limits(response: tuple[str, str], restore: tuple[str, str] | None, resolve: tuple[str, str]) -> dict[str, str]:
        return {
            "response": _unit(values, *response),
            "restore": _unit(values, *restore) if restore else "不适用",
            "resolve": _unit(values, *resolve),
        }

    return (
        {"level": "P1", "definition": "核心功能大面积不可用、发生安全事件或者危及人身、财产安全",
         **limits(("sla.p1_response_minutes", "分钟"), ("sla.p1_restore_hours", "自然小时"), ("sla.p1_resolve_hours", "自然小时")),
         "clock": "自然时间连续计时"},
        {"level": "P2", "definition": "重要功能受损，影响部分终端用户且无替代方案",
         **limits(("sla.p2_response_minutes", "分钟"), ("sla.p2_restore_hours", "自然小时"), ("sla.p2_resolve_hours", "自然小时")),
         "clock": "自然时间连续计时"},
        {"level": "P3", "definition": "一般功能问题，有替代方案",
         **limits(("sla.p3_response_hours", "服务小时"), ("sla.p3_restore_hours", "服务小时"), ("sla.p3_resolve_workdays", "工作日")),
         "clock": "首次响应、恢复按服务小时，解决按工作日"},
        {"level": "P4", "definition": "咨询、建议和轻微缺陷",
         **limits(("sla.p4_response_hours", "服务小时"), None, ("sla.p4_resolve_workdays", "工作日")),
         "clock": "首次响应按服务小时，解决按工作日"},
    )  # fmt: skip


def system_params(values: Values) -> tuple[Row, ...]:
    """Annex 13.2, third table: system, continuity and security parameters (brief 6.2, 6.3, 7.1)."""
    backup = {"hourly": "每小时", "daily": "每日", "weekly": "每周"}.get(str(values.get("maint.backup_period")), NONE)
    window_note = "北京时间" if values.get("service.hours_per_day") == 24 else "北京时间，服务时间之外"
    rows = (
        ("系统可用性", "乙方系统月可用率", _bound("≥", values.get("maint.availability_target")), "不含计划维护时间"),
        ("系统可用性", "计划维护窗口", _text(values.get("maint.window")), window_note),
        ("系统可用性", "月计划维护上限", _limit("不超过", values, "maint.max_hours_month", "小时"), "按公历月累计"),
        ("备份与恢复", "备份周期", backup, "含配置与业务数据"),
        ("备份与恢复", "恢复点目标（RPO）", _limit("不超过", values, "maint.rpo_hours", "小时"), "允许丢失数据的最长时间"),
        ("备份与恢复", "恢复时间目标（RTO）", _limit("不超过", values, "maint.rto_hours", "小时"), "自中断发生起至恢复服务"),
        (
            "业务连续性",
            "备用场地或者远程坐席切换",
            _limit("不超过", values, "incident.bcp_switch_hours", "自然小时"),
            "自失效时起",
        ),
        ("业务连续性", "应急演练", _limit("每年不少于", values, "incident.drill_per_year", "次"), "提交演练报告"),
        ("安全", "网络安全等级保护", _limit("不低于", values, "security.mlps_level", "级"), "以实际定级为准"),
        ("安全", "网络日志留存", _limit("不少于", values, "security.log_months", "月"), "到期前不得删除"),
        (
            "安全",
            "身份鉴别",
            _yes(values, "security.mfa_required", "双因素鉴别", "口令及访问控制"),
            "适用于接触终端用户信息的账号",
        ),
        ("安全", "传输与存储加密", _yes(values, "security.encryption_required", "要求", "不要求"), "采用国家认可的密码技术"),
        ("安全", "信息安全管理体系认证", _yes(values, "security.iso27001_required", "要求", "不要求"), "要求的，证书覆盖本服务"),
        ("安全", "渗透测试", _limit("每年不少于", values, "security.pentest_per_year", "次"), "向甲方提交结果摘要"),
        ("安全", "严重漏洞修复", _limit("不超过", values, "maint.vuln_critical_days", "自然日"), "自发现或者被通知之日起"),
        ("安全", "离岗人员权限回收", _limit("不超过", values, "team.access_revoke_hours", "自然小时"), "自离岗时起"),
    )
    return tuple({"group": g, "item": i, "requirement": r, "note": n} for g, i, r, n in rows)


def data_inventory(values: Values) -> tuple[Row, ...]:
    """Annex 13.2, fourth table: the personal information of 7.2, with the place where it is stored."""
    region = _text(values.get("privacy.storage_region"))
    return tuple(
        {
            "category": _text(row.get("category")),
            "fields": _text(row.get("fields")),
            "sensitive": "是" if row.get("sensitive") else "否",
            "purpose": _text(row.get("purpose")),
            "retention": _text(row.get("retention")),
            "region": region,
        }
        for row in _rows(values, "privacy.data_types")
    )


def law_list(book: LawBook, cited: Iterable[str], on: date) -> tuple[Row, ...]:
    """Annex 13.3: the laws that the contract cites (all of the book where nothing is said), with the articles used.

    ``on`` is the legal status day: a text that is not yet in force on it says from when it will be.
    """
    articles: dict[str, list[str]] = {}
    for code in cited:
        law, _, article = code.partition(":")
        used = articles.setdefault(law, [])
        if article and article not in used:
            used.append(article)
    listed = book.listed_laws(list(articles) or None)
    return tuple(
        {
            "name": law.name,
            "number": law.number or NONE,
            "issuer": law.issuer,
            "in_force": _day(law.in_force),
            "articles": _articles(law, articles.get(law.code, ())) or "整体适用",
            "status": _status(law, on),
        }
        for law in listed
    )


def standard_list(book: LawBook, kinds: Iterable[StandardKind] | None = None) -> tuple[Row, ...]:
    """Annex 13.3: standards of the given kinds (all where None), mandatory ones first, then by subject."""
    wanted = None if kinds is None else frozenset(kinds)
    return tuple(
        {
            "number": s.number,
            "name": s.name,
            "kind": s.kind.label,
            "group": s.group.label,
            "in_force": s.in_force or NONE,
            "status": _standard_status(s),
        }
        for s in book.listed_standards()
        if wanted is None or s.kind in wanted
    )


def _standard_status(standard: Standard) -> str:
    if standard.status is Verification.MEMORY:
        return "以主管部门公布的状态为准"
    return f"代替{standard.replaces}" if standard.replaces else "现行"


def _status(law: Law, on: date) -> str:
    if law.in_force is not None and law.in_force > on:
        return f"{_day(law.in_force)}起施行"
    if law.expires is not None:
        return f"现行，{_day(law.expires)}后由新法代替"
    if law.amended_in_force is not None:
        return f"现行有效，最近修改自{_day(law.amended_in_force)}起施行"
    return "现行有效"


def _article(law: Law, number_text: str) -> str:
    found = law.articles.get(number_text)
    return found.label if found else (f"第{number_text}条" if number_text.isdigit() else number_text)


def _articles(law: Law, cited: Iterable[str]) -> str:
    """``第61、123、140至143条、附一``: figures in order, three or more in a row as a span; dashes (the whole law) left out."""
    found = [a for a in cited if a != "-"]
    figures = sorted(int(a) for a in found if a.isdigit())
    spans: list[list[int]] = []
    for figure in figures:
        if spans and figure == spans[-1][-1] + 1:
            spans[-1].append(figure)
        else:
            spans.append([figure])
    parts = [f"{s[0]}至{s[-1]}" if len(s) > 2 else "、".join(map(str, s)) for s in spans]
    named = [_article(law, a) for a in found if not a.isdigit()]
    return "、".join(([f"第{'、'.join(parts)}条"] if parts else []) + named)


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else NONE


def _rows(values: Values, name: str) -> tuple[Row, ...]:
    rows = values.get(name)
    return tuple(r for r in rows if isinstance(r, Mapping)) if isinstance(rows, tuple) else ()


def _text(value: object) -> str:
    return value if isinstance(value, str) and value.strip() else NONE


def _figure(value: Value) -> str:
    return NONE if is_blank(value) else number(value)


def _bound(sign: str, value: Value) -> str:
    return NONE if is_blank(value) else f"{sign}{number(value)}%"


def _unit(values: Values, name: str, unit: str) -> str:
    value = values.get(name)
    return NONE if is_blank(value) else with_unit(value, unit)


def _limit(word: str, values: Values, name: str, unit: str) -> str:
    found = _unit(values, name, unit)
    return NONE if found == NONE else f"{word}{found}"


def _yes(values: Values, name: str, yes: str, no: str) -> str:
    return yes if values.get(name) is True else no
