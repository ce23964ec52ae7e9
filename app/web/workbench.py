"""工作台: the first page of everybody who works with contracts."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _

from app.domain.months import Month
from app.services.workbench import RUNNING, Ahead, Matter, MatterKind, read_workbench
from app.web.desk import desk
from app.web.gate import actor

pages = Blueprint("workbench", __name__, url_prefix="/workbench")

_PLACES = {
    MatterKind.APPROVE: "approval.show",
    MatterKind.DECIDE_RENEWAL: "term.show",
    MatterKind.REVISE: "approval.show",
    MatterKind.START_SIGNING: "contracts.show",
    MatterKind.CONFIRM_EFFECT: "contracts.show",
    MatterKind.WIND_UP: "exits.show",
}


@pages.get("/")
def show() -> str:
    today = desk().today()
    with desk().reading() as uow:
        found = read_workbench(uow, actor(), today)
    return render_template(
        "workbench/index.html", found=found, kinds=tuple(MatterKind), today=today, name=matter_name, link=matter_link,
        chart=chart_of(found.ahead), ending_in=ending_in,
    )  # fmt: skip


def matter_name(kind: MatterKind) -> str:
    names = {
        MatterKind.APPROVE: _("待我审批"),
        MatterKind.DECIDE_RENEWAL: _("待决定是否续约"),
        MatterKind.REVISE: _("退回待修改"),
        MatterKind.START_SIGNING: _("已定稿，待发起签署"),
        MatterKind.CONFIRM_EFFECT: _("已签署，待确认生效"),
        MatterKind.WIND_UP: _("已终止，待清理归档"),
    }
    return str(names[kind])


def matter_link(matter: Matter) -> str:
    return url_for(_PLACES[matter.kind], contract_id=matter.contract_id)


def ending_in(month: Month) -> str:
    """The register of the contracts in force that end in a month."""
    return url_for("register.index", last_from=month.first_day, last_to=month.last_day, stage=sorted(RUNNING), sort="last_day")


def chart_of(ahead: Ahead) -> dict[str, object]:
    """For the script that draws: the label of each month, its figures, and where a bar leads."""
    return {
        "months": [f"{m.month}\n{m.year}" if m.month == 1 or m == ahead.months[0] else str(m.month) for m in ahead.months],
        "names": [str(m) for m in ahead.months],
        "series": [
            {"name": _("届满"), "values": [ahead.ends[m] for m in ahead.months], "links": [ending_in(m) for m in ahead.months]}
        ],
        "unit": _("份"),
    }
