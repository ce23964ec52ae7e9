"""The audit log: of one contract, with its export, and of the whole house for auditors."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, timedelta

from flask import Blueprint, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.term import BEIJING
from app.services import reading_log as service
from app.services.log_upkeep import log_state
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.gate import actor

contract_pages = Blueprint("contract_log", __name__, url_prefix="/contracts/<contract_id>/audit")
house_pages = Blueprint("house_log", __name__, url_prefix="/audit")


def families() -> dict[str, str]:
    """What the entries are about, by what their code begins with."""
    return {
        "contract": _("合同"), "version": _("版本"), "approval": _("审批"), "comment": _("批注"), "document": _("文件"),
        "effect": _("生效"), "term": _("期限"), "renewal": _("续约"), "amendment": _("变更"), "ending": _("终止"), "exit": _("退出"),
        "paper": _("文书"), "signing": _("签署"),
    }  # fmt: skip


def house_families() -> dict[str, str]:
    return {
        **families(), "organisation": _("主体"), "user": _("用户"), "access": _("登录"), "outbox": _("发件箱"),
        "register": _("台账"), "draft": _("草稿"),
    }  # fmt: skip


@contract_pages.get("/")
def show(contract_id: str) -> str:
    sought, before = _sought()
    with desk().reading() as uow:
        page = service.read_contract_log(uow, actor(), contract_id, sought, before=before)
        people = service.people_of_log(uow, actor(), contract_id)
    return contract_page(
        "contracts/audit.html", contract_id, page=page, people=people, families=families(), sought=sought, args=_args()
    )


@contract_pages.get("/export")
def export(contract_id: str) -> ResponseReturnValue:
    with desk().reading() as uow:
        number, content = service.export_contract_log(uow, actor(), contract_id)
    return send_file(io.BytesIO(content), "application/json", as_attachment=True, download_name=f"{number}-审计日志.json")


@house_pages.get("/")
def index() -> str:
    sought, before = _sought()
    with desk().reading() as uow:
        state = log_state(uow, actor())
        page = service.read_house_log(uow, actor(), sought, before=before)
        people = service.people_of_log(uow, actor())
    return render_template(
        "audit/index.html", state=state, page=page, people=people, families=house_families(), sought=sought, args=_args()
    )


def _sought() -> tuple[service.LogFilter, int | None]:
    args = request.args
    family = args.get("family", "")
    since, until = _day(args.get("since", "")), _day(args.get("until", ""))
    return service.LogFilter(
        family if family in house_families() else "",
        args.get("actor", "")[:64],
        _midnight(since) if since else None,
        _midnight(until + timedelta(1)) if until else None,
    ), _number(args.get("before", ""))


def _number(text: str) -> int | None:
    """The number of an entry; what can't be one asks for no number at all."""
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else None


def _args() -> dict[str, str]:
    """The filter as it stands in the address, for the links to the pages that follow."""
    return {name: request.args.get(name, "") for name in ("family", "actor", "since", "until")}


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 9000 else None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING)
