"""A gateway of short messages over real HTTP: it checks signature, time and payload by itself, and drops an id that it has seen."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

SECRET = "gateway-secret-0123456789"


@dataclass
class Gateway:
    """``taken``: messages accepted, as posted; ``answers``: what it answers next instead (status and body); ``now``: seconds."""

    url: str = ""
    secret: str = SECRET
    now: float = 0.0
    tries: int = 0
    taken: list[dict[str, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)

    def judge(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        stamp = headers.get("x-chengyue-timestamp", "")
        expected = hmac.new(self.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        if headers.get("x-chengyue-signature") != f"v1={expected}" or abs(float(stamp) - self.now) > 300:
            return 401, b'{"code": 401}'
        if headers["content-type"].startswith("application/json"):
            message = json.loads(body)
        else:
            message = {k: v[0] for k, v in parse_qs(body.decode(), strict_parsing=True).items()}
        if headers["x-chengyue-id"] not in self.ids:
            self.ids.append(headers["x-chengyue-id"])
            self.taken.append(message)
        return 200, b'{"data": {"code": 0}}'


@contextmanager
def running() -> Iterator[Gateway]:
    found = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.tries += 1
            headers = {k.lower(): v for k, v in self.headers.items()}
            status, answer = found.answers.pop(0) if found.answers else found.judge(headers, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/send"
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
