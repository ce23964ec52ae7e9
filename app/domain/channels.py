"""Channels beside mail: group robots of WeCom, DingTalk and Feishu, and signed webhooks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from urllib.parse import urlsplit

from app.domain.errors import InputFault


class ChannelKind(Enum):
    """The platform behind a channel; the value is stored."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    WEBHOOK = "webhook"

    @property
    def label(self) -> str:
        return {"wecom": "企业微信群机器人", "dingtalk": "钉钉群机器人", "feishu": "飞书群机器人", "webhook": "签名 Webhook"}[
            self.value
        ]

    @property
    def host(self) -> str:
        """Where the platform's robots live; empty where the address is the house's own."""
        return {"wecom": "qyapi.weixin.qq.com", "dingtalk": "oapi.dingtalk.com", "feishu": "open.feishu.cn", "webhook": ""}[
            self.value
        ]


@dataclass(frozen=True, slots=True)
class Posting:
    """A message as a channel carries it. ``id`` is the same over all attempts."""

    id: str
    subject: str
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """One channel, opened. ``address`` and ``secret`` are never shown or logged."""

    kind: ChannelKind
    address: str
    secret: str


FEWEST_SECRET = 16
_LOCAL = re.compile(r"^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$")


def target_faults(target: Target, *, local_allowed: bool) -> tuple[InputFault, ...]:
    """What is wrong with a channel as entered. ``local_allowed``: this machine may be posted to without TLS."""
    found = []
    parts = urlsplit(target.address)
    host = parts.hostname or ""
    local = bool(_LOCAL.match(host)) and local_allowed
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        found.append(InputFault("address", "地址", "须以 https:// 开头", "在平台的群机器人设置中复制 Webhook 地址"))
    elif target.kind.host and host != target.kind.host and not local:
        found.append(InputFault("address", "地址", f"不是{target.kind.label}的地址", f"https://{target.kind.host}/…"))
    if target.kind is ChannelKind.WEBHOOK and len(target.secret) < FEWEST_SECRET:
        found.append(InputFault("secret", "密钥", f"Webhook 的签名密钥不少于 {FEWEST_SECRET} 个字符", "收发双方约定的随机字符串"))
    if any(ord(c) < 33 or ord(c) > 126 for c in target.address + target.secret):
        found.append(InputFault("address", "地址和密钥", "只能使用英文字符，不含空格", "从平台复制，不要手工改动"))
    return tuple(found)
