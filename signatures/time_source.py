"""Whose clock a timestamp comes from: an outside RFC 3161 service where one is configured, else the built-in authority.

An outside service that fails never turns into the built-in one silently: the stamp says which clock it has and why.
"""

from __future__ import annotations

import http.client
import secrets
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signatures.asn1 import Certificate, cms, tsp
from signatures.errors import SignatureError

_LARGEST_RESPONSE = 256 * 1024


class Clock(Enum):
    """Whose clock and key assert a time."""

    OUTSIDE = "outside"
    """外部时间戳服务."""
    BUILT_IN = "built_in"
    """本系统内置时间戳: this system's own clock and key, not an independent time."""
    BUILT_IN_INSTEAD = "built_in_instead"
    """外部服务未能响应，改用本系统内置时间戳."""

    @property
    def label(self) -> str:
        return {
            "outside": "外部时间戳服务",
            "built_in": "本系统内置时间戳（非独立第三方时间）",
            "built_in_instead": "本系统内置时间戳（外部服务未能响应；非独立第三方时间）",
        }[self.value]


class Responds(Protocol):
    """Anything that answers timestamp requests in DER."""

    def respond(self, request: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class OutsideService:
    """An RFC 3161 service at ``url``. ``post`` is exchangeable for a test's own server."""

    url: str
    timeout: float = 10.0

    def respond(self, request: bytes) -> bytes:
        """Raises ``time.unreachable``."""
        if not self.url.startswith(("http://", "https://")):
            raise SignatureError("time.unreachable", f"时间戳服务地址须以 http:// 或 https:// 开头：{self.url}")
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        call = urllib.request.Request(self.url, request, headers)  # noqa: S310 - scheme checked above
        try:
            with urllib.request.urlopen(call, timeout=self.timeout, context=ssl.create_default_context()) as answer:  # noqa: S310
                body: bytes = answer.read(_LARGEST_RESPONSE + 1)
        except (OSError, urllib.error.URLError, http.client.HTTPException, ValueError) as error:
            raise SignatureError("time.unreachable", f"时间戳服务 {self.url} 未能响应：{error}") from error
        if len(body) > _LARGEST_RESPONSE:
            raise SignatureError("time.unreachable", f"时间戳服务 {self.url} 的响应过大。")
        return body


Check = Callable[[cms.ContentInfo], None]
"""Raises SignatureError for a token whose certificate is not trusted."""


@dataclass(slots=True)
class TimeSource:
    """Stamps with the outside service first, if there is one, and reports whose clock each stamp had.

    One per signature: ``used`` gathers what happened, newest last.
    """

    built_in: Responds
    outside: Responds | None = None
    check_outside: Check | None = None
    used: list[tuple[Clock, str]] = field(default_factory=list)

    @property
    def clock(self) -> Clock | None:
        """Of the last stamp; None where nothing was stamped."""
        return self.used[-1][0] if self.used else None

    def stamp(self, request: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Raises ``time.refused`` where even the built-in authority gives no token."""
        failure = ""
        if self.outside is not None:
            try:
                response = granted(self.outside.respond(request.dump()), request)
                if self.check_outside is not None:
                    self.check_outside(response["time_stamp_token"])
                self.used.append((Clock.OUTSIDE, ""))
                return response
            except SignatureError as error:
                failure = error.message
        response = granted(self.built_in.respond(request.dump()), request)
        self.used.append((Clock.BUILT_IN_INSTEAD if self.outside is not None else Clock.BUILT_IN, failure))
        return response


def granted(answer: bytes, request: tsp.TimeStampReq) -> tsp.TimeStampResp:
    """The response to ``request``, if it is one and grants it. Raises ``time.refused``."""
    try:
        response = tsp.TimeStampResp.load(answer, strict=True)
        status = response["status"]["status"].native
        if status not in ("granted", "granted_with_mods"):
            raise SignatureError("time.refused", f"时间戳服务拒绝了请求（{status}）。")
        info = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
        same = info["message_imprint"].dump() == request["message_imprint"].dump()
        if not same or info["nonce"].native != request["nonce"].native:
            raise SignatureError("time.refused", "时间戳服务返回的内容与请求不符。")
    except (ValueError, TypeError, KeyError) as error:
        raise SignatureError("time.refused", "时间戳服务的响应无法解析。") from error
    return response


def probe(service: Responds) -> datetime:
    """One stamp of ``service`` over random bytes, thrown away: the time that it asserts. Raises ``time.unreachable``, ``time.refused``."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": secrets.token_bytes(32)}
    nonce = secrets.randbits(63)
    request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True})
    response = granted(service.respond(request.dump()), request)
    at: datetime = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    return at


class Stamper(TimeStamper):
    """``TimeSource`` as pyHanko asks for it."""

    def __init__(self, source: TimeSource, certificates: tuple[Certificate, ...] = ()) -> None:
        super().__init__()
        self.source = source
        self.cert_registry = SimpleCertificateStore.from_certs(list(certificates))

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return self.source.stamp(req)
