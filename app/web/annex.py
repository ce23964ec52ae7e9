"""附件清单 of a contract: the list in force as a workbook, a changed one compared with it, and the amendment drafted from it."""

from __future__ import annotations

import base64
import binascii
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.annex_change import KEYS
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.permissions import Forbidden
from app.services.annex_changing import compare_with, draft_list_change, list_in_force
from app.services.record import ContractMissing
from app.web.contract_pages import contract_page
from app.web.desk import desk
from app.web.entered import Entered
from app.web.gate import actor
from app.web.register import XLSX

pages = Blueprint("annex", __name__, url_prefix="/contracts/<contract_id>/annex")
MOST_PACKED = 400_000
MOST_UNPACKED = 20_000_000
SHOWN_FAULTS = 200


@pages.get("/")
def show(contract_id: str) -> str:
    return _page(contract_id)


def _page(contract_id: str, **more: Any) -> str:
    try:
        with desk().reading() as uow:
            found = list_in_force(uow, actor(), contract_id, desk().today())
        missing = ""
    except ContractMissing:
        raise
    except ContractError as error:
        found, missing = None, error.message
    return contract_page(
        "contracts/annex.html", contract_id, found=found, missing=missing, labels={n: desk().library.variables[n].label for n in KEYS},
        **{"change": None, "packed": "", "faults": (), "cells": (), "problem": "", **more},
    )  # fmt: skip


@pages.get("/current.xlsx")
def current(contract_id: str) -> ResponseReturnValue:
    """The list in force, in the shape in which a changed one is sent."""
    with desk().reading() as uow:
        found = list_in_force(uow, actor(), contract_id, desk().today())
    name = "-".join((_("服务项目清单"), found.day.isoformat()))
    content = io.BytesIO(desk().service_list_template(found.values))
    return send_file(content, as_attachment=True, download_name=f"{name}.xlsx", mimetype=XLSX)


@pages.post("/comparison")
def compare(contract_id: str) -> ResponseReturnValue:
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise ContractError("annex.none", _("请先选择一个 .xlsx 或 .csv 文件。"))
        reading = desk().read_service_list(file.stream.read(), file.filename)
        if reading.faults:
            return _page(contract_id, cells=reading.faults[:SHOWN_FAULTS], count=len(reading.faults)), 422
        tables = reading.tables()
        with desk().reading() as uow:
            change = compare_with(uow, actor(), desk().papers, contract_id, tables, desk().today())
        return _page(contract_id, change=change, packed=_packed(tables))
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return _refused(contract_id, error)


@pages.post("/amendment")
def draft(contract_id: str) -> ResponseReturnValue:
    form = Entered()
    try:
        tables = _unpacked(str(request.form.get("list", "")))
        with desk().unit_of_work() as uow:
            made = draft_list_change(
                uow, actor(), desk().now(), desk().today(), desk().papers, contract_id, tables, with_fee=form.flag("with_fee")
            )
    except (ContractMissing, Forbidden):
        raise
    except ContractError as error:
        return _refused(contract_id, error)
    return redirect(url_for("amendment.show", contract_id=contract_id, paper_id=made.id))


def _refused(contract_id: str, error: ContractError) -> tuple[str, int]:
    faults: tuple[InputFault, ...] = error.faults if isinstance(error, InputError) else ()
    return _page(contract_id, faults=faults[:SHOWN_FAULTS], problem="" if faults else error.message), 422


def _packed(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The raw rows for a hidden field, so that the file need not be chosen twice; empty where they are too many for that."""
    raw = json.dumps({n: list(rows) for n, rows in tables.items()}, ensure_ascii=False, default=str).encode()
    text = base64.b64encode(zlib.compress(raw, 9)).decode("ascii")
    return text if len(text) <= MOST_PACKED else ""


def _unpacked(text: str) -> dict[str, list[dict[str, Any]]]:
    """What ``_packed`` made; the rows are checked anew, so nobody gains anything by writing one. Raises ``annex.list``."""
    try:
        engine = zlib.decompressobj()
        raw = engine.decompress(base64.b64decode(text, validate=True), MOST_UNPACKED)
        found = json.loads(raw)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise ContractError("annex.list", _("清单的内容已失效，请重新上传。")) from error
    if not isinstance(found, dict) or not all(
        isinstance(rows, list) and all(isinstance(r, dict) for r in rows) for rows in found.values()
    ):
        raise ContractError("annex.list", _("清单的内容已失效，请重新上传。"))
    return found
