"""Posting over HTTPS with the standard library: one request, no proxy, no redirection, a bounded answer; and how our requests are signed.

A signed request bears the headers ``X-Chengyue-Id``, ``X-Chengyue-Timestamp`` (seconds) and ``X-Chengyue-Signature`` = ``v1=`` and the
hexadecimal HMAC-SHA256 (RFC 2104) with the secret over ``timestamp + "." + body``. The receiver refuses old timestamps and drops a doubled id.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.messages import MailRefused, MailUndelivered

TIMEOUT = 15
_ANSWER_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted: address, body, headers."""

    url: str
    body: bytes
    headers: Mapping[str, str]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An address answers itself; a signed message is not carried on to wherever an answer points."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None


def carry(made: Request, who: str, trusted: ssl.SSLContext | None = None) -> bytes:
    """Post, and the beginning of the answer to it. ``who`` names the receiver in refusals, which never tell the address.

    Raises ``MailRefused`` where trying again is no use, ``MailUndelivered`` where it may be.
    """
    request = urllib.request.Request(made.url, made.body, dict(made.headers), method="POST")  # noqa: S310  (scheme checked on entry)
    https = urllib.request.HTTPSHandler(context=trusted or ssl.create_default_context())
    # No proxy of the environment and no redirection: the address was entered by a person, and is a secret.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), https, _NoRedirect)
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            return bytes(answer.read(_ANSWER_LIMIT))
    except urllib.error.HTTPError as error:
        words = f"{who}答复 HTTP {error.code}"
        error.close()
        raise (MailUndelivered if error.code in (408, 429) or error.code >= 500 else MailRefused)(words) from None
    except (OSError, urllib.error.URLError) as error:
        raise MailUndelivered(f"连接不到{who}：{type(getattr(error, 'reason', error)).__name__}") from None


def signed(plain: Request, ident: str, secret: str, now: datetime) -> Request:
    """The same request with the headers that prove who sends it, and when."""
    timestamp = str(int(now.timestamp()))
    signature = hmac.new(secret.encode(), timestamp.encode() + b"." + plain.body, hashlib.sha256).hexdigest()
    proof = {"X-Chengyue-Id": ident, "X-Chengyue-Timestamp": timestamp, "X-Chengyue-Signature": f"v1={signature}"}
    return Request(plain.url, plain.body, {**plain.headers, **proof})
