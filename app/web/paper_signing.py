"""纸质签署: the print copy, the scan's check page by page, and a person's record of it. A page below 签署."""

from __future__ import annotations

import io
from datetime import date
from typing import cast

from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError
from app.domain.paper_signing import SheetState
from app.domain.permissions import Forbidden
from app.services import paper_signing as service
from app.services.record import ContractMissing
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.gate import actor
from app.web.starting import Starts

pages = Blueprint("paper_signing", __name__, url_prefix="/contracts/<contract_id>/signing/paper")
CHECKS = "chengyue.scans"


def init_paper_signing(app: Flask) -> None:
    app.extensions[CHECKS] = Starts()


def checks() -> Starts:
    return cast(Starts, current_app.extensions[CHECKS])


@pages.get("/")
def show(contract_id: str) -> str:
    failed = checks().take_failed(contract_id)
    return _page(contract_id, problem=failed.problem if failed is not None else "")


@pages.get("/state")
def state(contract_id: str) -> ResponseReturnValue:
    found = checks().of(contract_id)
    if found is None or found.problem:
        return "", 204, {"HX-Refresh": "true"}
    return render_template("contracts/_paper_check.html", contract_id=contract_id)


@pages.get("/copy")
def copy(contract_id: str) -> Response:
    name, content = service.print_copy(desk().paper_kit, actor(), contract_id)
    return send_file(io.BytesIO(content), mimetype="application/pdf", as_attachment=True, download_name=name)


@pages.post("/scan")
def scan(contract_id: str) -> ResponseReturnValue:
    files = [(f.filename or "", f.stream.read()) for f in request.files.getlist("scan") if f.filename]
    if not files:
        return _page(contract_id, problem=_("请选择扫描件：一个 PDF，或者按页码顺序的多张图片。")), 422
    kit, who = desk().paper_kit, actor()
    checks().begin(contract_id, {}, lambda _progress: service.check_scan(kit, who, contract_id, files))
    return redirect(url_for("paper_signing.show", contract_id=contract_id))


@pages.get("/sheets/<digest>")
def sheet(contract_id: str, digest: str) -> Response:
    found = service.picture(desk().paper_kit, actor(), contract_id, digest)
    if found is None:
        abort(404)
    return Response(found, mimetype="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


@pages.post("/record")
def record(contract_id: str) -> ResponseReturnValue:
    form = request.form
    try:
        given = service.PaperRecord(
            {key.removeprefix("on-"): date.fromisoformat(value) for key, value in form.items() if key.startswith("on-") and value},
            form.get("where", "")[:200], int(form.get("originals") or 0), form.get("seals", "")[:300],
            frozenset(int(n) for n in form.getlist("seen")), form.get("remark", "")[:1000],
            date.fromisoformat(form["takeover"]) if form.get("takeover") else None,
        )  # fmt: skip
        service.record_paper(desk().paper_kit, actor(), contract_id, form.get("scan", ""), given)
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return _page(contract_id, problem=error.message, entered=form.to_dict()), 422
    except ValueError:
        return _page(contract_id, problem=_("日期、份数或者页码的写法有误，请更正。"), entered=form.to_dict()), 422
    return redirect(url_for("signing.show", contract_id=contract_id))


@pages.app_template_global()
def sheet_state(state: SheetState) -> str:
    names = {
        SheetState.SAME: _("与定稿一致"),
        SheetState.ADDED: _("多出笔迹或者印迹"),
        SheetState.CHANGED: _("与定稿文本不同"),
        SheetState.UNCOMPARED: _("无法比对，须人工核对"),
        SheetState.DUPLICATE: _("重复的页"),
        SheetState.FOREIGN: _("不是这份文本的页"),
        SheetState.UNREAD: _("没有读出页码"),
        SheetState.BLANK: _("空白页（不计）"),
    }
    return str(names[state])


def _page(contract_id: str, problem: str = "", entered: dict[str, str] | None = None) -> str:
    with desk().reading() as uow:
        view = service.paper_view(uow, actor(), contract_id)
    running = checks().of(contract_id)
    return contract_page(
        "contracts/paper_signing.html", contract_id, view=view, problem=problem, entered=entered or {}, seen=request.form.getlist("seen"),
        checking=running is not None and not running.problem,
    )  # fmt: skip
