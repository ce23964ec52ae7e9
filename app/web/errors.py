"""Errors as pages: what happened, what to do. Parts of pages and data requests get the same words as JSON."""

from __future__ import annotations

import logging

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.domain.errors import ContractError, LibraryError
from app.domain.permissions import Forbidden, Hidden
from app.services.accounts import UserMissing
from app.services.amendment_study import AmendmentMissing
from app.services.correcting import CorrectionMissing
from app.services.drafts import DraftMissing
from app.services.filing import DocumentMissing
from app.services.matching import PaymentMissing
from app.services.obligation_events import EventMissing
from app.services.obligation_keeping import ObligationMissing
from app.services.outbox_reading import MessageMissing
from app.services.papers import PaperMissing
from app.services.record import ContractMissing
from app.services.register_views import ViewMissing
from app.services.registering import OrganisationMissing
from app.services.sealing import SealMissing
from app.services.settling import SettlementMissing
from app.services.texts import TextMissing
from app.web.pages import is_fragment

log = logging.getLogger(__name__)


def init_errors(app: Flask) -> None:
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(DraftMissing, _missing)
    app.register_error_handler(ContractMissing, _no_contract)
    app.register_error_handler(TextMissing, _no_text)
    app.register_error_handler(Hidden, _hidden)
    app.register_error_handler(UserMissing, _hidden)
    app.register_error_handler(OrganisationMissing, _hidden)
    app.register_error_handler(ViewMissing, _hidden)
    app.register_error_handler(DocumentMissing, _hidden)
    app.register_error_handler(MessageMissing, _hidden)
    app.register_error_handler(PaperMissing, _hidden)
    app.register_error_handler(ObligationMissing, _hidden)
    app.register_error_handler(EventMissing, _hidden)
    app.register_error_handler(AmendmentMissing, _hidden)
    app.register_error_handler(SealMissing, _hidden)
    for missing in (SettlementMissing, PaymentMissing, CorrectionMissing):
        app.register_error_handler(missing, _hidden)
    app.register_error_handler(Forbidden, _forbidden)
    app.register_error_handler(LibraryError, _library)
    app.register_error_handler(ContractError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def answer(status: int, title: str, message: str) -> ResponseReturnValue:
    """The error in the shape the request wants."""
    if is_fragment() or request.is_json:
        return jsonify(title=title, message=message), status
    return render_template("error.html", status=status, title=title, message=message), status


def _forged(_error: Exception) -> ResponseReturnValue:
    return answer(400, _("会话已失效"), _("页面停留过久，或浏览器未保存会话。请刷新页面后重试；已填写的内容不会丢失。"))


def _missing(error: ContractError) -> ResponseReturnValue:
    return answer(404, _("没有找到这份草稿"), error.message)


def _no_contract(_error: ContractError) -> ResponseReturnValue:
    return answer(404, _("没有找到这份合同"), _("合同可能不存在，或者您不在可以查看的人员之列。"))


def _no_text(error: ContractError) -> ResponseReturnValue:
    return answer(404, _("没有这个版本"), error.message)


def _hidden(_error: ContractError) -> ResponseReturnValue:
    # Word for word what an address answers that never existed: nobody learns that there is something to hide.
    return answer(404, _("没有这个页面"), _("地址可能有误，或内容已被删除。"))


def _forbidden(error: ContractError) -> ResponseReturnValue:
    return answer(403, _("没有权限"), error.message)


def _refused(error: ContractError) -> ResponseReturnValue:
    return answer(422, _("操作未完成"), error.message)


def _library(error: LibraryError) -> ResponseReturnValue:
    log.error("clause library: %s", error.message)
    count = len(error.problems)
    return answer(
        500, _("条款库有误"), _("条款库有 %(count)d 处错误，暂时不能起草。请由维护人员运行“clauses check”查看。", count=count)
    )


def _http(error: HTTPException) -> ResponseReturnValue:
    match error.code:
        case 404:
            return answer(404, _("没有这个页面"), _("地址可能有误，或内容已被删除。"))
        case 405:
            return answer(405, _("不能这样访问"), _("请从页面上的按钮或链接进入。"))
        case 413:
            return answer(413, _("文件过大"), _("上传的内容超过上限。请压缩或拆分后再上传；已填写的内容不会丢失。"))
    if error.code is None or error.code < 400:
        return error
    return answer(error.code, _("请求无法处理"), _("提交的内容不完整或格式有误，请返回后重试。"))


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.exception("unexpected error at %s %s", request.method, request.path, exc_info=error)
    return answer(
        500, _("系统出现故障"), _("这次操作没有完成，已保存的内容不受影响。请稍后重试；若反复出现，请把发生的时间告知管理员。")
    )
