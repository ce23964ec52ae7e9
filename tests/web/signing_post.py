"""A signing beside the running server, and what its signatories do in their browsers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from playwright.sync_api import Page, expect

from app.domain.execution import Order
from app.services.signing_finish import finish
from app.services.signing_kit import SigningKit
from app.services.signing_plan import Assigned, Plan
from app.services.signing_start import start
from app.settings import Settings
from app.store.outbox import messages
from app.store.signings import SigningRow, find_signing
from app.wiring import Wiring
from tests.services.signing_house import HAND, PEOPLE, SHORT, TYPED, UNSEALED, House, QuickRoom, approved, small_tools
from tests.web.people import LAWYER, actor_named
from tests.web.servers import Server

T = TypeVar("T")
LIN, SHEN = PEOPLE[0].email, PEOPLE[2].email
PIN = "2580-lan"


class Post:
    """The signing of one contract beside the running server: its mails, its end."""

    def __init__(self, server: Server, answers: Mapping[str, Any] = UNSEALED, people: tuple[Assigned, ...] = SHORT) -> None:
        self.wiring = Wiring(Settings(data_dir=server.data_dir, port=server.port))
        self.pool = ThreadPoolExecutor(1)  # Playwright's own event loop runs in this thread
        self.room = QuickRoom(server.data_dir / "pki", self.wiring.settings.organisation, "", self.wiring.now)
        self.kit: SigningKit = replace(self.wiring.signing_kit, room=self.room, tools=small_tools)
        self.signing = self.apart(lambda: self._start(answers, people))

    def apart(self, work: Callable[[], T]) -> T:
        return self.pool.submit(work).result()

    def _start(self, answers: Mapping[str, Any], people: tuple[Assigned, ...]) -> str:
        contract = approved(self.wiring.unit_of_work, answers)
        plan = Plan(Order.PARALLEL, self.wiring.today() + timedelta(days=7), people)
        return start(self.kit, actor_named(self.wiring, LAWYER.login), self.wiring.calendar, contract, plan)

    def mailed(self, address: str, pattern: str) -> str:
        with self.wiring.reading() as uow:
            found = sorted(messages(uow.session, limit=500), key=lambda m: m.created_at, reverse=True)
            mine = [m.text for m in found if m.recipient == address and (m.contract_id or "") == self.row.contract_id]
        return next(hit[1] for text in mine if (hit := re.search(pattern, text)))

    def link(self, address: str) -> str:
        return self.mailed(address, r"(/sign/[A-Za-z0-9_-]{20,})") + "/"

    @property
    def row(self) -> SigningRow:
        with self.wiring.reading() as uow:
            row = find_signing(uow.session, self.signing)
            assert row is not None
            uow.session.expunge_all()
            return row

    def sign_both(self) -> None:
        """Both have signed, on their own machines, and the file is archived."""
        home = House(self.wiring.unit_of_work, self.kit, self.row.contract_id, [self.wiring.now()])

        def work() -> None:
            for address, hand in ((LIN, HAND), (SHEN, TYPED)):
                home.sign(address, hand)
            finish(self.kit, self.signing)

        self.apart(work)

    def close(self) -> None:
        self.wiring.engine.dispose()
        self.pool.shutdown()


def identify(page: Page, post: Post, address: str) -> None:
    page.goto(post.link(address))
    page.get_by_role("button", name="发送验证码").click()
    page.get_by_label("六位验证码").fill(post.mailed(address, r"【验证码】(\d{6})"))
    page.get_by_role("button", name="继续").click()


FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
"""Two frames: after those the page's script knows what is in view."""


def read_and_agree(page: Page, *, slowly: bool = False) -> None:
    """``slowly``: like somebody who dwells on each page until it counts as read; the page tells the server of several at once."""
    onward = page.locator("[data-next]")
    expect(onward).to_be_disabled()
    for number in range(1, 5):
        leaf = page.locator(f'.leaf[data-page="{number}"] img')
        leaf.scroll_into_view_if_needed()
        page.locator(f'.leaf[data-page="{number}"] figcaption').scroll_into_view_if_needed()
        if slowly:
            expect(page.locator("[data-read-count]")).to_have_text(str(number))
        else:
            page.evaluate(FRAMES)
    expect(page.locator("[data-read-count]")).to_have_text("4")
    expect(onward).to_be_enabled()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for box in page.locator("#consent input[type=checkbox]").all():
        box.check()
    onward.click()


def draw(page: Page) -> None:
    box = page.locator("canvas").bounding_box()
    assert box
    for x in (0.3, 0.5, 0.7):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.2 * box["height"])
        page.mouse.down()
        for step in range(8):
            page.mouse.move(box["x"] + (x + 0.02 * (step % 3)) * box["width"], box["y"] + (0.2 + step * 0.08) * box["height"])
        page.mouse.up()


def set_pin(page: Page) -> None:
    page.get_by_label("设置签署密码").fill(PIN)
    page.get_by_label("再次输入").fill(PIN)
