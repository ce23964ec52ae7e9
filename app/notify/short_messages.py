"""Short messages by a gateway over HTTPS: the house's own, or a provider's that takes JSON or a form.

What is posted is a template of the settings whose values hold places in braces: ``{id}`` (the same over all attempts), ``{number}`` (E.164),
``{national}`` (digits without the plus sign), ``{text}`` (the whole message), ``{code}``, ``{minutes}`` and ``{contract}`` for providers that
keep the words themselves. The template is taken apart before anything is filled in, so that no value can become a field. Every request is
signed as ``app.notify.posting`` says. Any 2xx is an acceptance, unless the settings name a field that the answer must have.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.domain.messages import MailRefused, MailUndelivered, ShortMessage
from app.notify.posting import Request, carry, signed

WHO = "短信网关"
DEFAULTS = {"json": '{"id": "{id}", "to": "{number}", "text": "{text}"}', "form": "id={id}&to={number}&text={text}"}
_PLACE = re.compile(r"\{(\w+)\}")
_KNOWN = frozenset({"id", "number", "national", "text", "code", "minutes", "contract"})
_TYPES = {"json": "application/json; charset=utf-8", "form": "application/x-www-form-urlencoded; charset=utf-8"}


def template_faults(kind: str, template: str) -> tuple[str, ...]:
    """What is wrong with a template of the settings; Chinese phrases."""
    try:
        parts = _parts(kind, template)
    except ValueError:
        return ("不是 JSON 对象" if kind == "json" else "不是“名称=值&名称=值”的写法",)
    found = [name for text in _texts(parts) for name in _PLACE.findall(text)]
    unknown = sorted(set(found) - _KNOWN)
    faults = [f"不认识占位符 {{{name}}}" for name in unknown]
    if not {"number", "national"} & set(found):
        faults.append("缺少号码的占位符 {number}")
    if not {"text", "code"} & set(found):
        faults.append("缺少 {text} 或者 {code}")
    return tuple(faults)


@dataclass(frozen=True, slots=True)
class HttpGateway:
    """``services.ports.ShortMessenger`` over HTTPS. ``accepted``: ``name=value`` that an answer in JSON must have (``data.code=0``)."""

    url: str
    kind: str
    template: str
    secret: str
    now: Callable[[], datetime]
    accepted: str = ""
    trusted: ssl.SSLContext | None = None

    def send(self, message: ShortMessage) -> None:
        """Raises ``MailRefused`` where trying again is no use, ``MailUndelivered`` where it may be."""
        answer = carry(self.prepare(message), WHO, self.trusted)
        if self.accepted:
            _check(self.accepted, answer)

    def prepare(self, message: ShortMessage) -> Request:
        values = {
            "id": message.id, "number": message.number, "national": message.number.removeprefix("+"), "text": message.text,
            **message.values,
        }  # fmt: skip
        filled = _fill(_parts(self.kind, self.template or DEFAULTS[self.kind]), values)
        body = (
            json.dumps(filled, ensure_ascii=False)
            if self.kind == "json"
            else urlencode([(name, value) for name, value in filled])
        )
        return signed(
            Request(self.url, body.encode("utf-8"), {"Content-Type": _TYPES[self.kind]}), message.id, self.secret, self.now()
        )


def _parts(kind: str, template: str) -> Any:
    """Raises ``ValueError``."""
    if kind == "form":
        return parse_qsl(template, strict_parsing=True, keep_blank_values=True)
    made = json.loads(template)
    if not isinstance(made, dict):
        raise ValueError
    return made


def _texts(part: Any) -> list[str]:
    if isinstance(part, str):
        return [part]
    if isinstance(part, Mapping):
        return [text for value in part.values() for text in _texts(value)]
    return [text for value in part for text in _texts(value)] if isinstance(part, list | tuple) else []


def _fill(part: Any, values: Mapping[str, str]) -> Any:
    if isinstance(part, str):
        return _PLACE.sub(lambda hit: values.get(hit[1], ""), part)
    if isinstance(part, Mapping):
        return {name: _fill(value, values) for name, value in part.items()}
    return [_fill(value, values) for value in part] if isinstance(part, list | tuple) else part


def _check(accepted: str, answer: bytes) -> None:
    """Many gateways answer 200 even to what they refuse."""
    path, _, wanted = accepted.partition("=")
    try:
        found = json.loads(answer)
        for name in path.split("."):
            found = found[name]
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise MailUndelivered(f"{WHO}的答复无法识别") from error
    told = found if isinstance(found, str) else json.dumps(found)
    if told != wanted:
        raise MailRefused(f"{WHO}拒收：{path}={told[:60]}")
