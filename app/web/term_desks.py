"""续约 and 终止 over every contract: what asks for a decision or a step, by when, with the reasoning of each date."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from app.services.ending_list import Step, read_endings
from app.services.renewal_list import Urgency, read_renewal, read_renewals
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("term_desks", __name__)
SPANS: tuple[int | None, ...] = (90, 180, 365, None)
"""Days within which a term must end to be listed; None: all."""
USUAL = 180
TONES = {Urgency.OVERDUE: "bad", Urgency.NOW: "warn", Urgency.LATER: "plain", Urgency.DECIDED: "good", Urgency.UNKNOWN: "bad"}


@pages.get("/renewals/")
def renewals() -> str:
    within = _within(request.args.get("within", ""))
    after, before = request.args.get("after", "")[:400], request.args.get("before", "")[:400]
    with desk().reading() as uow:
        found = read_renewals(uow, actor(), desk().today(), desk().calendar, within, after=after, before=before)
    spans = [(url_for("term_desks.renewals", within=days or "all"), _span(days), days == within) for days in SPANS]
    return render_template("term/renewals.html", found=found, spans=spans, within=within or "all", today=desk().today())


@pages.get("/renewals/<contract_id>/reasons")
def reasons(contract_id: str) -> str:
    """How the dates of one contract came about; asked for when somebody opens them."""
    with desk().reading() as uow:
        line = read_renewal(uow, actor(), desk().today(), desk().calendar, contract_id)
        return render_template("term/_reasons.html", line=line)


@pages.get("/endings/")
def endings() -> str:
    said = request.args.get("page", "1")
    page = int(said) if said.isascii() and said.isdecimal() and len(said) <= 4 else 1
    with desk().reading() as uow:
        found = read_endings(uow, actor(), desk().today(), desk().calendar, page)
    return render_template("term/endings.html", found=found, page=max(page, 1), today=desk().today())


def _within(said: str) -> int | None:
    if said == "all":
        return None
    return next((days for days in SPANS if str(days) == said), USUAL)


def _span(days: int | None) -> str:
    return str(_("全部") if days is None else _("%(n)d天内届满", n=days))


@pages.app_template_global()
def urgency_name(urgency: Urgency) -> str:
    names = {
        Urgency.OVERDUE: _("通知截止日已过"), Urgency.NOW: _("须尽快决定"), Urgency.LATER: _("未到续约窗口"),
        Urgency.DECIDED: _("已作决定"), Urgency.UNKNOWN: _("无法计算"),
    }  # fmt: skip
    return str(names[urgency])


@pages.app_template_global()
def urgency_tone(urgency: Urgency) -> str:
    return TONES[urgency]


@pages.app_template_global()
def case_step(step: Step) -> str:
    names = {
        Step.DRAFT_DEMAND: _("起草催告函"), Step.DELIVER_DEMAND: _("送达催告函"), Step.CURE: _("等待补救期届满"),
        Step.DRAFT_NOTICE: _("起草通知"), Step.DELIVER_NOTICE: _("送达通知"), Step.DRAFT_AGREEMENT: _("起草终止协议"),
        Step.SIGN_AGREEMENT: _("签署终止协议"), Step.CONFIRM: _("确认终止"),
    }  # fmt: skip
    return str(names[step])


@pages.app_template_global()
def days_left(day: date) -> str:
    """还有12天, 今天, or 已过3天."""
    left = (day - desk().today()).days
    if left == 0:
        return str(_("今天"))
    if left < 0:
        return str(_("已过%(n)d天", n=-left))
    return str(_("还有%(n)d天", n=left))
