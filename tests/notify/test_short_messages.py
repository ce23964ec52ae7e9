"""Short messages against a real HTTP gateway that checks signature, time and payload by its own rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.messages import MailRefused, MailUndelivered, ShortMessage
from app.notify.short_messages import HttpGateway, template_faults
from tests.notify.gateway import SECRET, Gateway, running

NOW = datetime(2026, 11, 28, 0, 30, tzinfo=UTC)
MESSAGE = ShortMessage(
    "m1",
    "+8613812345678",
    '签署验证码：042917，"10"分钟内有效&to=1',
    {"code": "042917", "minutes": "10", "contract": "SHFW-2026-0001"},
)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running() as found:
        found.now = NOW.timestamp()
        yield found


def sender(gateway: Gateway) -> HttpGateway:
    return HttpGateway(gateway.url, "json", "", SECRET, lambda: NOW)


def test_json_is_signed_and_carries_the_message_as_it_is(gateway: Gateway) -> None:
    sender(gateway).send(MESSAGE)
    assert gateway.taken == [{"id": "m1", "to": "+8613812345678", "text": MESSAGE.text}]
    sender(gateway).send(MESSAGE)
    assert (gateway.tries, len(gateway.taken)) == (2, 1), "a second attempt bears the same id"


def test_a_form_with_the_providers_own_template_takes_code_and_number_apart(gateway: Gateway) -> None:
    ours = replace(sender(gateway), kind="form", template="mobile={national}&tpl=SIGN_1&p={code}|{minutes}&memo={text}&empty=")
    ours.send(MESSAGE)
    assert gateway.taken == [{"mobile": "8613812345678", "tpl": "SIGN_1", "p": "042917|10", "memo": MESSAGE.text}]


def test_a_nested_json_template_is_filled_in_its_values(gateway: Gateway) -> None:
    ours = replace(sender(gateway), template='{"to": ["{number}"], "params": {"code": "{code}", "no": "{contract}"}, "type": 1}')
    ours.send(MESSAGE)
    assert gateway.taken == [{"to": ["+8613812345678"], "params": {"code": "042917", "no": "SHFW-2026-0001"}, "type": 1}]


@pytest.mark.parametrize("change", [{"secret": SECRET + "x"}, {"now": lambda: NOW - timedelta(minutes=6)}])
def test_a_wrong_secret_or_an_old_signature_is_refused_for_good(gateway: Gateway, change: dict[str, object]) -> None:
    with pytest.raises(MailRefused, match="401"):
        replace(sender(gateway), **change).send(MESSAGE)  # type: ignore[arg-type]
    assert gateway.taken == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((500, b""), MailUndelivered), ((429, b""), MailUndelivered), ((400, b""), MailRefused),
        ((200, b'{"data": {"code": 15}}'), MailRefused), ((200, b"<html>"), MailUndelivered), ((200, b'{"data": []}'), MailUndelivered),
    ],
)  # fmt: skip
def test_what_may_pass_is_tried_again_and_a_last_word_is_kept(
    gateway: Gateway, answer: tuple[int, bytes], error: type[Exception]
) -> None:
    gateway.answers.append(answer)
    ours = replace(sender(gateway), accepted="data.code=0")
    with pytest.raises(error) as refused:
        ours.send(MESSAGE)
    assert gateway.url not in str(refused.value)
    ours.send(MESSAGE)
    assert len(gateway.taken) == 1


def test_a_gateway_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(MailUndelivered, match="连接不到短信网关"):
        HttpGateway("http://127.0.0.1:9/", "json", "", SECRET, lambda: NOW).send(MESSAGE)


@pytest.mark.parametrize(
    ("kind", "template", "fault"),
    [
        ("json", '{"to": "{number}", "text": "{text}"}', ""), ("form", "to={national}&code={code}", ""),
        ("json", "to={number}", "不是 JSON"), ("json", "[]", "不是 JSON"), ("form", "to", "名称=值"),
        ("json", '{"to": "{phone}", "text": "{text}"}', "{phone}"), ("form", "text={text}", "{number}"), ("form", "to={number}", "{code}"),
    ],
)  # fmt: skip
def test_a_template_that_can_not_be_used_is_named(kind: str, template: str, fault: str) -> None:
    found = "；".join(template_faults(kind, template))
    assert (fault in found) if fault else not found
