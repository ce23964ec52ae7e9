"""What anybody may ask of the built-in authority: its certificates, CRLs, OCSP (RFC 6960) and timestamps (RFC 3161).

Public, small, and bounded: in size, by address and in number at once. An answer that can't be given is a plain status, never a page.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import cast

from flask import Blueprint, Flask, Response, current_app, request

from app.domain.errors import ContractError
from app.services.pki import public_revocations, public_state
from app.web.bounded import Bound, TooMany
from app.web.desk import desk
from app.web.security import csrf

pages = Blueprint("pki", __name__, url_prefix="/pki")
BOUND = "chengyue.pki"
MOST, WINDOW, PARALLEL = 600, timedelta(minutes=10), 4
LARGEST = 64 * 1024
OCSP_REQUEST, OCSP_RESPONSE = "application/ocsp-request", "application/ocsp-response"
TIME_QUERY, TIME_REPLY = "application/timestamp-query", "application/timestamp-reply"
log = logging.getLogger(__name__)


def init_pki(app: Flask) -> None:
    app.extensions[BOUND] = Bound(MOST, WINDOW, PARALLEL)
    csrf.exempt(pages)  # nobody signs in here, and clients of these protocols know no forgery token


@pages.get("/<any(root,issuing):name>.cer")
def certificate(name: str) -> Response:
    return _answered(lambda: desk().authority.certificate(name), "application/pkix-cert", 86_400)


@pages.get("/<any(root,signatories):name>.crl")
def revocation_list(name: str) -> Response:
    def work() -> bytes:
        with desk().reading() as uow:
            listed = public_revocations(uow) if name == "signatories" else ()
        return desk().authority.revocation_list(name, listed)

    return _answered(work, "application/pkix-crl", 3_600)


@pages.post("/ocsp")
def ocsp() -> Response:
    return _ocsp(_body(OCSP_REQUEST), 0)


@pages.get("/ocsp/<path:encoded>", merge_slashes=False)
def ocsp_by_address(encoded: str) -> Response:
    """RFC 6960, A.1: the request in Base64 in the address; such an answer may be kept by caches."""
    try:
        asked = base64.b64decode(encoded, validate=True) if len(encoded) <= 2_048 else b""
    except (binascii.Error, ValueError):
        asked = b""
    return _ocsp(asked or _plain(400, "not a Base64 OCSP request"), 3_600)


@pages.post("/tsa")
def timestamp() -> Response:
    asked = _body(TIME_QUERY)
    return asked if isinstance(asked, Response) else _answered(lambda: desk().authority.timestamp(asked), TIME_REPLY, 0)


def _ocsp(asked: bytes | Response, keep: int) -> Response:
    if isinstance(asked, Response):
        return asked

    def work() -> bytes:
        with desk().reading() as uow:
            return desk().authority.ocsp(asked, lambda serial: public_state(uow, serial))

    return _answered(work, OCSP_RESPONSE, keep)


def _body(media_type: str) -> bytes | Response:
    """What was sent, if it is of this kind and not too large."""
    if request.mimetype != media_type:
        return _plain(415, f"{media_type} is required")
    if request.content_length is not None and request.content_length > LARGEST:
        return _plain(413, "request too large")
    content = request.stream.read(LARGEST + 1)
    return _plain(413, "request too large") if len(content) > LARGEST else content


def _answered(work: Callable[[], bytes], media_type: str, keep: int) -> Response:
    try:
        with cast(Bound, current_app.extensions[BOUND]).admitted(request.remote_addr or "", desk().now()):
            answer = Response(work(), mimetype=media_type)
    except TooMany as error:
        return _plain(429 if error.often else 503, "too many requests")
    except ContractError as error:
        log.error("pki: %s", error.message)
        return _plain(503, "the authority can't answer now")
    caching = f"public, max-age={keep}, no-transform, must-revalidate" if keep else "no-store"
    answer.headers["Cache-Control"] = caching
    # Verifiers of other origins, browsers among them, may read what is public.
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _plain(status: int, words: str) -> Response:
    return Response(words + "\n", status, mimetype="text/plain")
