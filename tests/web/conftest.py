"""A real application over a real database, and a live server with a real browser."""

from __future__ import annotations

import asyncio
import re
import secrets
from asyncio import AbstractEventLoop
from asyncio.events import _set_running_loop
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from app.settings import Settings
from app.web.desk import KEY
from app.wiring import Wiring
from tests.data_folders import with_database, with_fonts
from tests.web.applications import application
from tests.web.people import LAWYER, PASSWORD, first_lawyer, session_of
from tests.web.servers import Server

CHROMIUM = [Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")]
"""The first that is there; the whole browser draws an interface that nobody sees, which takes as long as the pages themselves."""
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    made = application(Settings(data_dir=with_database(with_fonts(tmp_path_factory.mktemp("web")))))
    first_lawyer(made.extensions[KEY])
    return made


expect.set_options(timeout=15_000)
"""A machine that does much else at the same time takes its time; what is there at once isn't waited for."""


class Visitor:
    """A test client that carries the forgery token like a page does."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def sign_in(self, token: str) -> None:
        """Carry the session of ``token`` from now on."""
        with self.client.session_transaction() as session:
            session["token"] = token
            session.permanent = True

    def token(self) -> str:
        """What the page of this session would carry; reading a page for each form would double the requests of all tests."""
        with self.client.session_transaction() as session:
            raw = session.setdefault("csrf_token", secrets.token_hex(20))
        secret = self.client.application.secret_key
        assert secret
        return URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(raw)

    def get(self, path: str, **more: object):  # type: ignore[no-untyped-def]
        return self.client.get(path, buffered=True, **more)  # type: ignore[arg-type]

    def post(self, path: str, data: dict[str, object] | None = None, **more: object):  # type: ignore[no-untyped-def]
        return self.client.post(path, data=data, headers={"X-CSRFToken": self.token()}, **more)  # type: ignore[arg-type]

    def save(self, draft: str, **answers: object):  # type: ignore[no-untyped-def]
        names = {name.replace("__", "."): value for name, value in answers.items()}
        return self.client.post(
            f"/drafts/{draft}/answers?chapter=0", json={"answers": names}, headers={"X-CSRFToken": self.token()}
        )

    def draft(self, **fields: str) -> str:
        """A new draft; returns its id."""
        names = {name.replace("__", "."): value for name, value in fields.items()}
        response = self.post("/drafts/", names)
        found = re.search(r"/drafts/([0-9a-f]{32})/", response.headers.get("Location", "") + response.get_data(as_text=True))
        assert found
        return found[1]

    def demonstration(self) -> str:
        response = self.post("/drafts/demonstration")
        found = re.search(r"/drafts/([0-9a-f]{32})/", response.headers.get("Location", "") + response.get_data(as_text=True))
        assert found
        return found[1]


@pytest.fixture(scope="module")
def lawyer_session(app: Flask) -> str:
    return session_of(app.extensions[KEY], LAWYER.login)


@pytest.fixture
def visitor(app: Flask, lawyer_session: str) -> Visitor:
    """The lawyer of ``people``, signed in."""
    signed_in = Visitor(app.test_client())
    signed_in.sign_in(lawyer_session)
    return signed_in


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Nobody."""
    return Visitor(app.test_client())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("live"))
    wiring = Wiring(Settings(data_dir=running.data_dir))
    first_lawyer(wiring)
    wiring.engine.dispose()
    running.start()
    yield running
    running.kill()


@pytest.fixture(scope="session")
def chromium() -> Iterator[tuple[Browser, AbstractEventLoop]]:
    """One browser for all files, and the event loop in which Playwright speaks with it; between files that loop isn't the running one."""
    with sync_playwright() as playwright:
        system = next((str(c) for c in CHROMIUM if c.exists()), None)  # else the one that Playwright installed
        running = playwright.chromium.launch(executable_path=system, args=FLAGS)
        loop = asyncio.get_running_loop()
        _set_running_loop(None)
        yield running, loop
        _set_running_loop(loop)
        running.close()


@pytest.fixture(scope="module")
def browser(chromium: tuple[Browser, AbstractEventLoop]) -> Iterator[Browser]:
    """Playwright leaves its loop marked as running, in which the tests of other files could not start theirs: after the file it isn't."""
    running, loop = chromium
    _set_running_loop(loop)
    yield running
    for left in running.contexts:
        left.close()
    _set_running_loop(None)


def enter(page: Page, login: str = LAWYER.login, password: str = PASSWORD) -> None:
    """Sign in by the form."""
    page.goto("/sign-in")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def state_of(server: Server, login: str) -> StorageState:
    """What a browser keeps in which ``login`` has signed in."""
    wiring = Wiring(Settings(data_dir=server.data_dir))
    signer = Flask(__name__)
    signer.secret_key = wiring.secret_key
    serializer = SecureCookieSessionInterface().get_signing_serializer(signer)
    assert serializer
    value = serializer.dumps({"token": session_of(wiring, login), "_permanent": True})
    wiring.engine.dispose()
    return {
        "cookies": [
            {"name": "chengyue", "value": value, "domain": "127.0.0.1", "path": "/", "expires": -1, "httpOnly": True,
             "secure": False, "sameSite": "Lax"}
        ],
        "origins": [],
    }  # fmt: skip


@pytest.fixture(scope="module")
def signed_in(server: Server) -> StorageState:
    """The cookies of the lawyer; that the form gives them is shown by the tests of the sign-in."""
    return state_of(server, LAWYER.login)


@pytest.fixture
def page(browser: Browser, server: Server, signed_in: StorageState) -> Iterator[Page]:
    """A page of the lawyer whose errors fail the test: script errors and anything the content security policy refused."""
    yield from _watched(browser, base_url=server.url, storage_state=signed_in)


@pytest.fixture
def fresh_page(browser: Browser, server: Server) -> Iterator[Page]:
    """The same without anybody signed in."""
    yield from _watched(browser, base_url=server.url)


def _watched(browser: Browser, **more: Any) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True, **more)
    shown = context.new_page()
    problems: list[str] = []
    shown.on("pageerror", lambda error: problems.append(str(error)))
    shown.on("console", lambda m: problems.append(m.text) if m.type == "error" and "Content Security Policy" in m.text else None)
    yield shown
    context.close()
    assert problems == []


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(
        base_url=server.url, viewport={"width": 390, "height": 844}, has_touch=True, device_scale_factor=2
    )
    yield context.new_page()
    context.close()
