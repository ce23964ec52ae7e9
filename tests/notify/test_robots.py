"""Robots and webhooks against a real HTTP server that checks each platform's payload and signature by its own rules."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from app.domain.channels import ChannelKind, Posting, Target, target_faults
from app.domain.messages import MailRefused, MailUndelivered
from app.notify.robots import Robots

NOW = datetime(2026, 11, 28, 0, 30, tzinfo=UTC)
SECRET = "SEC000000000000000000000000000000000000000000"
POSTING = Posting("m1", "成约：提醒王律师", "王律师：2026年11月28日有 1 项提醒。", NOW)


@dataclass
class Platform:
    """What was posted, and what the server answers next (status and body)."""

    url: str = ""
    posted: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)


@pytest.fixture
def platform() -> Iterator[Platform]:
    found = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.posted.append((self.path, dict(self.headers.items()), body))
            status, answer = found.answers.pop(0) if found.answers else judge(self.path, dict(self.headers.items()), body)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def sign(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def judge(path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """What the platform would answer: a payload or a signature that is not its own is refused with 200 and a code."""
    data, query = json.loads(body), parse_qs(urlsplit(path).query)
    match urlsplit(path).path:
        case "/wecom":
            sound = data["msgtype"] == "markdown" and len(data["markdown"]["content"].encode()) <= 4096
            return 200, json.dumps({"errcode": 0 if sound else 40058, "errmsg": "ok"}).encode()
        case "/dingtalk":
            stamp = query["timestamp"][0]
            sound = query["sign"][0] == sign(SECRET, f"{stamp}\n{SECRET}") and abs(int(stamp) / 1000 - NOW.timestamp()) < 3600
            return 200, json.dumps(
                {"errcode": 0 if sound and data["markdown"]["title"] else 310000, "errmsg": "sign not match"}
            ).encode()
        case "/feishu":
            sound = data["sign"] == sign(f"{data['timestamp']}\n{SECRET}", "") and data["msg_type"] == "text"
            return 200, json.dumps({"code": 0 if sound else 19021, "msg": "sign match fail"}).encode()
        case _:
            expected = hmac.new(
                SECRET.encode(), f"{headers['X-Chengyue-Timestamp']}.".encode() + body, hashlib.sha256
            ).hexdigest()
            return (204, b"") if headers["X-Chengyue-Signature"] == f"v1={expected}" else (401, b"")


def post(platform: Platform, kind: ChannelKind, secret: str = SECRET, posting: Posting = POSTING) -> None:
    Robots(lambda: NOW).post(Target(kind, f"{platform.url}/{kind.value}?key=k", secret), posting)


@pytest.mark.parametrize("kind", list(ChannelKind))
def test_each_platform_takes_its_own_payload_and_signature(platform: Platform, kind: ChannelKind) -> None:
    post(platform, kind)
    assert len(platform.posted) == 1
    assert "王律师".encode() in platform.posted[0][2]


@pytest.mark.parametrize("kind", [ChannelKind.DINGTALK, ChannelKind.FEISHU, ChannelKind.WEBHOOK])
def test_a_wrong_secret_is_refused_for_good(platform: Platform, kind: ChannelKind) -> None:
    with pytest.raises(MailRefused):
        post(platform, kind, SECRET.replace("0", "1"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((500, b""), MailUndelivered), ((429, b""), MailUndelivered), ((404, b""), MailRefused), ((302, b""), MailRefused),
        ((200, b"<html>"), MailUndelivered), ((200, b'{"errcode": 45009, "errmsg": "freq"}'), MailUndelivered),
        ((200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}'), MailRefused),
    ],
)  # fmt: skip
def test_what_may_pass_is_tried_again_and_a_last_word_is_kept(
    platform: Platform, answer: tuple[int, bytes], error: type[Exception]
) -> None:
    platform.answers.append(answer)
    with pytest.raises(error) as refused:
        post(platform, ChannelKind.WECOM)
    assert platform.url not in str(refused.value)
    assert len(platform.posted) == 1


def test_a_server_that_is_not_there_is_tried_again_and_the_address_is_not_told() -> None:
    with pytest.raises(MailUndelivered) as failed:
        Robots(lambda: NOW).post(Target(ChannelKind.WECOM, "http://127.0.0.1:9/secret-key", ""), POSTING)
    assert "secret-key" not in failed.value.message


def test_a_long_message_is_cut_to_what_the_platform_takes_and_says_so(platform: Platform) -> None:
    post(platform, ChannelKind.WECOM, posting=Posting("m2", "标题", "合同" * 3000, NOW))
    content = json.loads(platform.posted[0][2])["markdown"]["content"]
    assert len(content.encode()) <= 4096
    assert content.endswith("…（内容较长，请打开成约查看全部）")


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        (Target(ChannelKind.WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x", ""), []),
        (Target(ChannelKind.WECOM, "https://elsewhere.example/x", ""), ["address"]),
        (Target(ChannelKind.WECOM, "http://qyapi.weixin.qq.com/x", ""), ["address"]),
        (Target(ChannelKind.WECOM, "http://127.0.0.1:1/x", ""), ["address"]),
        (Target(ChannelKind.WEBHOOK, "https://hooks.example/x", "short"), ["secret"]),
        (Target(ChannelKind.FEISHU, "https://open.feishu.cn/open-apis/bot/v2/hook/x", "有空 格"), ["address"]),
    ],
)
def test_a_channel_points_to_its_platform_over_tls(target: Target, fields: list[str]) -> None:
    assert [f.path for f in target_faults(target, local_allowed=False)] == fields
