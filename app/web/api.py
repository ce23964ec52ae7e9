"""The signing API: a program signs for a party with a key that is elsewhere. Tokens instead of sessions; refusals as RFC 9457 problem details."""

from __future__ import annotations

import base64
import binascii
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, request, url_for
from werkzeug.exceptions import HTTPException

from app.domain.errors import ContractError
from app.domain.permissions import Forbidden, Hidden
from app.services import api_tokens as tokens
from app.services import remote_signing as service
from app.services.ports import RemoteAnswer
from app.services.record import ContractMissing
from app.web.access import THROTTLE
from app.web.bounded import Bound, TooMany
from app.web.desk import desk
from app.web.gate import client
from app.web.security import csrf
from app.web.throttle import Throttle

pages = Blueprint("api", __name__, url_prefix="/api/v1")
BOUND = "chengyue.api"
MOST, WINDOW, PARALLEL = 300, timedelta(minutes=10), 4
LARGEST = 256 * 1024
TYPE = "urn:chengyue:problem:"
PROBLEM = "application/problem+json"
log = logging.getLogger(__name__)

_TITLES = {
    400: "请求格式有误", 401: "没有有效的令牌", 403: "没有权限", 404: "没有找到", 405: "方法不适用", 409: "与现在的状态冲突", 410: "已经过期",
    413: "请求过大", 415: "须为 JSON", 422: "请求不能接受", 429: "请求过于频繁", 500: "服务器内部错误", 503: "暂时不能处理",
}  # fmt: skip
_CONFLICTS = {
    "import.outdated", "elsewhere.replaced", "remote.outdated",
    "record.changed", "elsewhere.none", "execution.twice", "execution.turn", "execution.closed", "remote.many",
}  # fmt: skip


def init_api(app: Flask) -> None:
    app.extensions[BOUND] = Bound(MOST, WINDOW, PARALLEL)
    csrf.exempt(pages)  # no session counts here, so there is nothing to forge


# ---- reading


@pages.get("/contracts/<number>/signing")
def state(number: str) -> Response:
    def work(who: tokens.Bearer) -> Response:
        with desk().reading() as uow:
            found = service.read_state(uow, who, number)
        places = [
            {
                "id": p.id, "label": p.label, "signatory": p.signatory, "party": p.party, "mark": p.mark, "signed_at": _time(p.signed_at),
                "can_sign_now": p.remote, "statements": [{"name": n, "text": t} for n, t in p.statements],
            }
            for p in found.places
        ]  # fmt: skip
        return _json(
            contract=found.number, title=found.title, text_sha256=found.digest, file_sha256=found.file, status=found.status,
            deadline=found.deadline, file=url_for("api.file", number=number), places=places,
        )  # fmt: skip

    return _admitted(work)


@pages.get("/contracts/<number>/file")
def file(number: str) -> Response:
    def work(who: tokens.Bearer) -> Response:
        sha256, content = service.read_file(desk().elsewhere_kit, who, number)
        answer = Response(content, mimetype="application/pdf")
        answer.set_etag(sha256)
        answer.headers["Content-Disposition"] = "attachment"
        return answer

    return _admitted(work)


@pages.get("/signatures/<remote_id>")
def show(remote_id: str) -> Response:
    return _admitted(lambda who: _json(_asked(service.read_remote(desk().elsewhere_kit, who, remote_id))))


@pages.get("/signatures/<remote_id>/content")
def content(remote_id: str) -> Response:
    """What a CMS is made of; the digest of it is in what ``prepare`` answered."""
    return _admitted(
        lambda who: Response(service.covered_bytes(desk().elsewhere_kit, who, remote_id), mimetype="application/octet-stream")
    )


# ---- signing


@pages.post("/contracts/<number>/signatures")
def prepare(number: str) -> Response:
    def work(who: tokens.Bearer) -> Response:
        body, faults = _body(), list[tuple[str, str]]()
        place = _text(body, "place", faults, longest=64)
        certificate = _certificate(body.get("certificate"), "/certificate", faults)
        chain = _chain(body.get("chain", []), faults)
        confirmed = _names(body.get("confirmed", []), faults)
        faults += _unknown(body, ("place", "certificate", "chain", "confirmed"))
        if faults:
            raise service.RequestFaults(faults)
        made = service.prepare(desk().elsewhere_kit, client(), who, number, place, certificate, chain, confirmed)
        answer = _json(_asked(made))
        answer.status_code = 201
        answer.headers["Location"] = url_for("api.show", remote_id=made.id)
        return answer

    return _admitted(work)


@pages.post("/signatures/<remote_id>/completion")
def complete(remote_id: str) -> Response:
    def work(who: tokens.Bearer) -> Response:
        body, faults = _body(), list[tuple[str, str]]()
        given = [name for name in ("signature", "cms") if name in body]
        if len(given) != 1:
            faults.append(("", "须恰有一项：signature（签名值）或者 cms（分离式 CMS 签名）"))
        values = {name: _octets(body[name], f"/{name}", faults) for name in given}
        faults += _unknown(body, ("signature", "cms"))
        if faults:
            raise service.RequestFaults(faults)
        done = service.complete(desk().elsewhere_kit, client(), who, remote_id, RemoteAnswer(**values))
        return _json(
            id=done.id, place=done.place, file_sha256=done.file, complete=done.complete, certificate_serial=done.serial,
            signed_at=_time(done.signed_at), clock=done.clock, notes=list(done.notes),
        )  # fmt: skip

    return _admitted(work)


def _json(found: Mapping[str, Any] | None = None, **values: Any) -> Response:
    """Readable as it is: Chinese isn't escaped."""
    text = json.dumps({**(found or {}), **values}, ensure_ascii=False, separators=(",", ":"))
    return current_app.response_class(text + "\n", mimetype="application/json")


def _asked(found: service.Prepared) -> dict[str, Any]:
    import hashlib

    return {
        "id": found.id, "place": found.place, "state": found.state, "expires_at": _time(found.expires_at), "document_sha256": found.document,
        "algorithm": found.algorithm, "to_sign": base64.b64encode(found.to_sign).decode(), "digest": hashlib.sha256(found.to_sign).hexdigest(),
        "cms_content_sha256": found.covered, "cms_content": url_for("api.content", remote_id=found.id),
        "completion": url_for("api.complete", remote_id=found.id), "result_sha256": found.result or None,
    }  # fmt: skip


# ---- who asks, and how often


def _admitted(work: Callable[[tokens.Bearer], Response]) -> Response:
    """For the bearer of a good token, within its bounds. Guessing tokens counts like failed sign-ins."""
    now, address = desk().now(), request.remote_addr or ""
    throttle = cast(Throttle, current_app.extensions[THROTTLE])
    if throttle.is_refused(address, now):
        raise TooMany("从这一地址试用令牌的次数过多，请稍后再试。", often=True)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    with desk().reading() as uow:
        try:
            who = tokens.bearer(uow, now, token.strip()[:200] if scheme.lower() == "bearer" else "")
        except tokens.TokenRefused:
            if token:
                throttle.failed(address, now)
            raise
        due = tokens.is_use_due(uow, now, who.token)
    with cast(Bound, current_app.extensions[BOUND]).admitted(address, now, who.token):
        if due:
            with desk().unit_of_work() as uow:
                tokens.note_use(uow, now, who.token)
        answer = work(who)
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


# ---- entries


def _body() -> Mapping[str, Any]:
    if request.mimetype != "application/json":
        raise Unusable(415, "请求须为 application/json。")
    if (request.content_length or 0) > LARGEST:
        raise Unusable(413, f"请求不得超过 {LARGEST // 1024} KB。")
    try:
        found = request.get_json(silent=True)
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is text to JSON and to nothing behind it
    except (RecursionError, UnicodeEncodeError):
        found = None
    if not isinstance(found, dict):
        raise Unusable(400, "请求内容不是 JSON 对象，嵌套过深，或者含有不成字符的编码（单个代理项）。")
    return found


class Unusable(ContractError):
    """A request that can't even be read. ``status``: of HTTP."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__("api.request", message)
        self.status = status


def _text(body: Mapping[str, Any], name: str, faults: list[tuple[str, str]], longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        faults.append((f"/{name}", f"缺少 {name}，或者它不是长度适当的文字"))
        return ""
    return value.strip()


def _certificate(value: object, pointer: str, faults: list[tuple[str, str]]) -> bytes:
    """PEM as it is, or DER in Base64."""
    if isinstance(value, str) and value.strip().startswith("-----BEGIN"):
        return value.encode()
    return _octets(value, pointer, faults, "须为 PEM 文字，或者 DER 的 Base64")


def _chain(value: object, faults: list[tuple[str, str]]) -> Sequence[bytes]:
    if not isinstance(value, list) or len(value) > 6:
        faults.append(("/chain", "须为证书的列表，至多6张"))
        return ()
    return [_certificate(each, f"/chain/{n}", faults) for n, each in enumerate(value)]


def _names(value: object, faults: list[tuple[str, str]]) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        faults.append(("/confirmed", "须为所确认事项名称的列表"))
        return frozenset()
    return frozenset(value)


def _octets(value: object, pointer: str, faults: list[tuple[str, str]], hint: str = "须为 Base64") -> bytes:
    try:
        found = base64.b64decode("".join(value.split()), validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        found = b""
    if not found:
        faults.append((pointer, hint))
    return found


def _unknown(body: Mapping[str, Any], known: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"/{name[:60]}", f"没有这一项；可用的有：{'、'.join(known)}") for name in body if name not in known]


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


# ---- refusals


def problem(status: int, code: str, detail: str, errors: Sequence[tuple[str, str]] = ()) -> Response:
    """RFC 9457: ``type``, ``title``, ``status``, ``detail``, ``instance``, and ``errors`` with every fault where there are several."""
    found: dict[str, Any] = {
        "type": TYPE + code, "title": _TITLES.get(status, "请求不能接受"), "status": status, "detail": detail, "instance": request.path,
    }  # fmt: skip
    if errors:
        found["errors"] = [{"pointer": pointer, "detail": words} for pointer, words in errors]
    answer = _json(found)
    answer.status_code, answer.mimetype = status, PROBLEM
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="chengyue"'
    if status in (429, 503):
        answer.headers["Retry-After"] = "60"
    return answer


@pages.errorhandler(ContractError)
def refused(error: ContractError) -> Response:
    faults: Sequence[tuple[str, str]] = ()
    if isinstance(error, service.RequestFaults):
        faults = error.faults
    elif error.code == "import.refused":
        lines = error.message.splitlines()
        faults = [("", line.partition(". ")[2].rstrip("；。")) for line in lines[1:]] or [("", error.message)]
    return problem(_status(error), error.code, error.message, faults)


def _status(error: ContractError) -> int:
    match error:
        case Unusable():
            return error.status
        case tokens.TokenRefused():
            return 401
        case tokens.OutOfScope() | Forbidden():
            return 403
        case Hidden() | ContractMissing() | service.RemoteMissing():
            return 404
        case TooMany():
            return 429 if error.often else 503
    if error.code in ("remote.expired", "remote.given_up"):
        return 410
    return 409 if error.code in _CONFLICTS else 422


@pages.errorhandler(HTTPException)
def http(error: HTTPException) -> Response:
    return problem(error.code or 500, "api.http", error.description or "")


@pages.errorhandler(Exception)
def unexpected(error: Exception) -> Response:
    log.error("api", exc_info=error)
    return problem(500, "api.unexpected", "服务器内部错误；签署没有完成，请稍后重试。")
