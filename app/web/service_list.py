"""The service list from a workbook: template out, filled workbook in, every bad cell shown."""

from __future__ import annotations

import io

from flask import Blueprint, make_response, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError
from app.services.issuing import import_service_list
from app.web.desk import desk
from app.web.gate import actor
from app.web.reviewing import loaded

pages = Blueprint("service_list", __name__)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_FAULTS = 200


@pages.get("/service-list-template.xlsx")
def template() -> ResponseReturnValue:
    return send_file(io.BytesIO(desk().service_list_template()), XLSX, as_attachment=True, download_name="服务项目表模板.xlsx")


@pages.post("/drafts/<draft_id>/service-list")
def upload(draft_id: str) -> ResponseReturnValue:
    file = request.files.get("file")
    if file is None or not file.filename:
        return _result(draft_id, problem=_("请先选择一个 .xlsx 或 .csv 文件。"))
    try:
        reading = desk().read_service_list(file.stream.read(), file.filename)
    except ContractError as error:
        return _result(draft_id, problem=error.message)
    with desk().unit_of_work() as uow:
        imported = import_service_list(uow, actor(), desk().now(), desk().reference, draft_id, reading)
    if imported is None:
        return _result(draft_id, faults=reading.faults[:SHOWN_FAULTS], count=len(reading.faults))
    return _result(draft_id, rows={desk().library.variables[n].label: len(r) for n, r in reading.tables().items()})


def _result(draft_id: str, **found: object) -> ResponseReturnValue:
    response = make_response(render_template("workspace/_uploaded.html", view=loaded(draft_id), **found))
    if "rows" in found:
        response.headers["HX-Trigger"] = "draft-changed, tables-changed"
    return response
