"""工作台: the first page of everybody who works with contracts."""

from __future__ import annotations

import io
from datetime import date, timedelta

from flask import Blueprint, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError
from app.domain.months import Month
from app.domain.reminders import Topic
from app.services.agenda import LONG_AGO, MOST, read_agenda
from app.services.beginnings import Beginning, read_beginnings
from app.services.money_seen import SECTIONS, Trends, read_money, read_trends
from app.services.monthly_reporting import monthly_report
from app.services.workbench import RUNNING, Ahead, Matter, MatterKind, read_workbench
from app.web.desk import desk
from app.web.gate import actor
from app.web.pages import printable

pages = Blueprint("workbench", __name__, url_prefix="/workbench")

_PLACES = {
    MatterKind.APPROVE: "approval.show",
    MatterKind.DECIDE_RENEWAL: "term.show",
    MatterKind.REVISE: "approval.show",
    MatterKind.START_SIGNING: "contracts.show",
    MatterKind.SIGN: "contracts.show",
    MatterKind.CONFIRM_EFFECT: "contracts.show",
    MatterKind.WIND_UP: "exits.show",
}


@pages.get("/")
def show() -> str:
    today = desk().today()
    with desk().reading() as uow:
        found = read_workbench(uow, actor(), today)
        beginnings = read_beginnings(uow, actor())
        money, trends = read_money(uow, actor(), today), read_trends(uow, actor(), today)
    return render_template(
        "workbench/index.html", found=found, beginnings=beginnings, beginning_of=beginning_of, money=money, trends=trends,
        lines=lines_of(trends), kinds=tuple(MatterKind), today=today, name=matter_name, link=matter_link,
        chart=chart_of(found.ahead), ending_in=ending_in, yesterday=today - timedelta(days=1), week=today + timedelta(days=6),
        month=today + timedelta(days=29), notices_in=notices_in, topic_name=topic_name, last_month=Month.of(today).before,
    )  # fmt: skip


@pages.get("/dates/")
def dates() -> str:
    """All dates: of one kind or several, of a stretch of time, mine or everybody's."""
    today, faults = desk().today(), list[str]()
    first = _day("from", today - LONG_AGO, faults)
    last = _day("to", today + timedelta(days=90), faults)
    topics = frozenset(t for t in Topic if t.value in request.args.getlist("topic"))
    mine = request.args.get("whose") != "all"
    with desk().reading() as uow:
        found = read_agenda(uow, actor(), today, first, last, topics, mine=mine)
    return render_template(
        "workbench/dates.html", found=found, topics=tuple(Topic), chosen=topics, mine=mine, faults=faults, most=MOST,
        first=request.args.get("from", ""), last=request.args.get("to", ""), topic_name=topic_name, today=today,
    )  # fmt: skip


@pages.get("/report")
def report() -> ResponseReturnValue:
    """The monthly report as PDF; without a month, of the last one that is over."""
    today = desk().today()
    text = request.args.get("month", "").strip()
    try:
        month = Month.parse(text) if text else Month.of(today).before
    except ValueError:
        raise ContractError(
            "report.month", _("“%(text)s”不是月份，请按 2027-01 的格式填写。", text=printable(text)[:40])
        ) from None
    with desk().reading() as uow:
        found = monthly_report(uow, actor(), desk().now(), today, month, SECTIONS)
    content = io.BytesIO(desk().print_monthly_report(found))
    return send_file(content, mimetype="application/pdf", as_attachment=True, download_name=f"合同月报-{month}.pdf")


def _day(name: str, usual: date, faults: list[str]) -> date:
    text = request.args.get(name, "").strip()
    if not text:
        return usual
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults.append(_("“%(text)s”不是日期，请按 2027-01-31 的格式填写。", text=printable(text)[:40]))
        return usual


def beginning_of(step: Beginning) -> tuple[str, str, str]:
    """Where a first step is taken, what it is called, and what it is good for."""
    match step:
        case Beginning.COMPANIES:
            return (
                url_for("organisations.index"),
                _("登记主体"),
                _("本方和对方的名称、信用代码、送达地址和账户录入一次，起草时直接选用。"),
            )
        case Beginning.COLLEAGUES:
            return (
                url_for("users.index"),
                _("邀请同事"),
                _("起草、审批、管理合同和审计各有角色；起草合同的人不能审批自己提交的文本。"),
            )
        case Beginning.DRAFT:
            return url_for("drafts.new"), _("起草第一份合同"), _("可以从空白、演示合同或者已有的答案文件开始，边填边看全文。")
        case Beginning.IMPORT:
            return (
                url_for("register_import.begin"),
                _("补录已签合同"),
                _("用模板批量登记以前签署的合同，连同签署版 PDF 一起检索和提醒。"),
            )


def matter_name(kind: MatterKind) -> str:
    names = {
        MatterKind.APPROVE: _("待我审批"),
        MatterKind.DECIDE_RENEWAL: _("待决定是否续约"),
        MatterKind.REVISE: _("退回待修改"),
        MatterKind.START_SIGNING: _("已定稿，待发起签署"),
        MatterKind.SIGN: _("签署中，待双方签完"),
        MatterKind.CONFIRM_EFFECT: _("已签署，待确认生效"),
        MatterKind.WIND_UP: _("已终止，待清理归档"),
    }
    return str(names[kind])


def matter_link(matter: Matter) -> str:
    return url_for(_PLACES[matter.kind], contract_id=matter.contract_id)


def ending_in(month: Month) -> str:
    """The register of the contracts in force that end in a month."""
    return url_for("register.index", last_from=month.first_day, last_to=month.last_day, stage=sorted(RUNNING), sort="last_day")


def notices_in(month: Month) -> str:
    """The dates by which notices on renewals must go out in a month."""
    span = {"from": month.first_day, "to": month.last_day}
    return url_for("workbench.dates", topic=Topic.RENEWAL.value, whose="all", **span)  # type: ignore[arg-type]


def topic_name(topic: Topic) -> str:
    names = {
        Topic.RENEWAL: _("续约通知"),
        Topic.EXPIRY: _("合同届满"),
        Topic.PAYMENT: _("付款"),
        Topic.OBLIGATION: _("履约义务"),
        Topic.SETTLEMENT: _("结算"),
        Topic.RECTIFICATION: _("整改"),
        Topic.LICENCE: _("许可与资质"),
        Topic.AUTHORITY: _("授权委托"),
        Topic.DELETION: _("数据删除证明"),
        Topic.LPR: _("LPR 核对"),
        Topic.LAW_STATUS: _("法规核对"),
        Topic.HOLIDAYS: _("放假安排"),
    }
    return str(names[topic])


def chart_of(ahead: Ahead) -> dict[str, object]:
    """For the script that draws: the label of each month, its figures, and where a bar leads."""
    return {
        "months": [f"{m.month}\n{m.year}" if m.month == 1 or m == ahead.months[0] else str(m.month) for m in ahead.months],
        "names": [str(m) for m in ahead.months],
        "series": [
            {"name": _("届满"), "values": [ahead.ends[m] for m in ahead.months], "links": [ending_in(m) for m in ahead.months]},
            {
                "name": _("通知最晚寄出"),
                "values": [ahead.notices[m] for m in ahead.months],
                "links": [notices_in(m) for m in ahead.months],
            },
        ],
        "unit": _("份"),
    }


def lines_of(trends: Trends) -> dict[str, object]:
    """For the script: one line for each contract; a month without a score is a gap."""
    values = [[float(t.points[m]) if m in t.points else None for m in trends.months] for t in trends.lines]
    known = [v for line in values for v in line if v is not None]
    return {
        "kind": "lines",
        "months": [f"{m.month}\n{m.year}" if m.month == 1 or m == trends.months[0] else str(m.month) for m in trends.months],
        "names": [str(m) for m in trends.months],
        "low": max(0, int(min(known, default=0)) // 10 * 10 - 10),
        "series": [{"name": t.number, "values": line} for t, line in zip(trends.lines, values, strict=True)],
        "unit": _("分"),
    }
