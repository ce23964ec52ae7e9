"""Posting to group robots and webhooks over HTTPS with the standard library.

Payloads and signatures follow each platform's own rules:
- WeCom (developer.work.weixin.qq.com, 群机器人配置说明): ``{"msgtype": "markdown", "markdown": {"content": …}}``, at most 4096 bytes of UTF-8; the
  key is in the address; the answer has ``errcode`` 0.
- DingTalk (open.dingtalk.com, 自定义机器人安全设置·加签): ``timestamp`` in milliseconds and ``sign`` = URL-quoted Base64 of HMAC-SHA256 with the
  secret as key over ``timestamp + "\\n" + secret``, both in the address; ``errcode`` 0.
- Feishu (open.feishu.cn, 自定义机器人·签名校验): ``timestamp`` in seconds and ``sign`` in the body, Base64 of HMAC-SHA256 with the key
  ``timestamp + "\\n" + secret`` over an empty message; ``code`` 0.
- Webhook: JSON, signed as ``app.notify.posting`` says; any 2xx is an acceptance.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.channels import ChannelKind, Posting, Target
from app.domain.messages import MailRefused, MailUndelivered
from app.notify.posting import Request, carry, signed

WECOM_LIMIT = 4096
BODY_LIMIT = 18_000
AGAIN = {-1, 45009, 130101, 9499, 11232}
"""Answers that ask to come again: the platform is busy, or too much was posted in a minute."""


@dataclass(frozen=True, slots=True)
class Robots:
    """Carries postings (``services.ports.Poster``). ``now`` gives the moment that signatures name."""

    now: Callable[[], datetime]
    trusted: ssl.SSLContext | None = None

    def post(self, target: Target, posting: Posting) -> None:
        """Raises ``MailRefused`` where trying again is no use, ``MailUndelivered`` where it may be."""
        made = prepare(target, posting, self.now())
        content = carry(made, target.kind.label, self.trusted)
        if target.kind is not ChannelKind.WEBHOOK:
            _check(target.kind, content)


def prepare(target: Target, posting: Posting, now: datetime) -> Request:
    """The request for one posting, signed as of ``now``."""
    content = f"{posting.subject}\n\n{posting.text}"
    match target.kind:
        case ChannelKind.WECOM:
            return _json(target.address, {"msgtype": "markdown", "markdown": {"content": _cut(content, WECOM_LIMIT)}})
        case ChannelKind.DINGTALK:
            markdown = {"title": posting.subject, "text": _cut(content.replace("\n", "\n\n"), BODY_LIMIT)}
            return _json(_dingtalk(target, now), {"msgtype": "markdown", "markdown": markdown})
        case ChannelKind.FEISHU:
            body: dict[str, Any] = {"msg_type": "text", "content": {"text": _cut(content, BODY_LIMIT)}}
            return _json(target.address, {**_feishu(target.secret, now), **body})
        case ChannelKind.WEBHOOK:
            return _webhook(target, posting, now)


def _dingtalk(target: Target, now: datetime) -> str:
    if not target.secret:
        return target.address
    timestamp = str(int(now.timestamp() * 1000))
    sign = _hmac(target.secret, f"{timestamp}\n{target.secret}")
    glue = "&" if "?" in target.address else "?"
    return f"{target.address}{glue}{urllib.parse.urlencode({'timestamp': timestamp, 'sign': sign})}"


def _feishu(secret: str, now: datetime) -> dict[str, str]:
    if not secret:
        return {}
    timestamp = str(int(now.timestamp()))
    return {"timestamp": timestamp, "sign": _hmac(f"{timestamp}\n{secret}", "")}


def _webhook(target: Target, posting: Posting, now: datetime) -> Request:
    data = {"id": posting.id, "created_at": posting.created_at.isoformat(), "subject": posting.subject, "text": posting.text}
    plain = _json(target.address, data)
    return signed(plain, posting.id, target.secret, now)


def _hmac(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def _json(url: str, data: Mapping[str, Any]) -> Request:
    return Request(url, json.dumps(data, ensure_ascii=False).encode("utf-8"), {"Content-Type": "application/json; charset=utf-8"})


def _cut(text: str, limit: int) -> str:
    """At most ``limit`` bytes of UTF-8, whole characters, saying that there was more."""
    if len(text.encode("utf-8")) <= limit:
        return text
    more = "\n…（内容较长，请打开成约查看全部）"
    return text.encode("utf-8")[: limit - len(more.encode("utf-8"))].decode("utf-8", "ignore") + more


def _check(kind: ChannelKind, content: bytes) -> None:
    """The platforms answer 200 even to what they refuse; their code tells."""
    try:
        data = json.loads(content)
        code = int(data.get("errcode", data.get("code", data.get("StatusCode"))))
    except (ValueError, TypeError, AttributeError) as error:
        raise MailUndelivered(f"{kind.label}的答复无法识别") from error
    if code:
        words = f"{kind.label}拒收：{code} {str(data.get('errmsg') or data.get('msg') or '')[:200]}"
        raise MailUndelivered(words) if code in AGAIN else MailRefused(words)
