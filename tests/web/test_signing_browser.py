"""Two signatories on two browsers, one of them a telephone, from the link in the mail to the finished copy; and what stops them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Browser, Page, expect

from app.domain.execution import Order
from app.services.signing_finish import finish
from app.services.signing_kit import SigningKit
from app.services.signing_plan import Plan
from app.services.signing_start import start
from app.settings import Settings
from app.store.outbox import messages
from app.store.signings import SigningRow, find_signing
from app.wiring import Wiring
from signatures.verification.trusting import Trust
from signatures.verification.worker import Verifier
from tests.services.signing_house import PEOPLE, SHORT, QuickRoom, approved, small_tools
from tests.services.signing_nursery import ANSWERS
from tests.web.conftest import Server
from tests.web.people import LAWYER, actor_named
from tests.web.test_browser import serious

T = TypeVar("T")
LIN, SHEN = PEOPLE[0].email, PEOPLE[2].email
PIN = "2580-lan"


class Post:
    """The signing of one contract beside the running server: its mails, its end."""

    def __init__(self, server: Server) -> None:
        self.wiring = Wiring(Settings(data_dir=server.data_dir, port=server.port))
        self.pool = ThreadPoolExecutor(1)  # Playwright's own event loop runs in this thread
        self.room = QuickRoom(server.data_dir / "pki", self.wiring.settings.organisation, "", self.wiring.now)
        self.kit: SigningKit = replace(self.wiring.signing_kit, room=self.room, tools=small_tools)
        self.signing = self.apart(self._start)

    def apart(self, work: Callable[[], T]) -> T:
        return self.pool.submit(work).result()

    def _start(self) -> str:
        contract = approved(self.wiring.unit_of_work, ANSWERS)
        plan = Plan(Order.PARALLEL, self.wiring.today() + timedelta(days=7), SHORT)
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

    def close(self) -> None:
        self.wiring.engine.dispose()
        self.pool.shutdown()


@pytest.fixture
def post(server: Server) -> Iterator[Post]:
    made = Post(server)
    yield made
    made.close()


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(
        base_url=server.url, viewport={"width": 390, "height": 844}, has_touch=True, device_scale_factor=2
    )
    yield context.new_page()
    context.close()


def identify(page: Page, post: Post, address: str) -> None:
    page.goto(post.link(address))
    page.get_by_role("button", name="发送验证码").click()
    page.get_by_label("六位验证码").fill(post.mailed(address, r"【验证码】(\d{6})"))
    page.get_by_role("button", name="继续").click()


def read_and_agree(page: Page) -> None:
    onward = page.locator("[data-next]")
    expect(onward).to_be_disabled()
    for number in range(1, 5):
        leaf = page.locator(f'.leaf[data-page="{number}"] img')
        leaf.scroll_into_view_if_needed()
        page.locator(f'.leaf[data-page="{number}"] figcaption').scroll_into_view_if_needed()
        expect(page.locator("[data-read-count]")).to_have_text(str(number))
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


def test_two_signatories_on_two_browsers_from_the_mail_to_the_finished_copy(
    phone: Page, fresh_page: Page, post: Post, tmp_path: Path
) -> None:
    for page, address in ((phone, LIN), (fresh_page, SHEN)):
        identify(page, post, address)
        read_and_agree(page)
    set_pin(phone)
    phone.get_by_role("button", name="确认签署").click()
    expect(phone.get_by_text("请先写下您的签名。")).to_be_visible()
    draw(phone)
    assert serious(phone) == []
    fresh_page.get_by_text("键入", exact=True).click()
    set_pin(fresh_page)
    phone.get_by_role("button", name="确认签署").dblclick()
    fresh_page.get_by_role("button", name="确认签署").click()
    expect(phone.get_by_role("heading", name="您已完成签署")).to_be_visible(timeout=30_000)
    expect(fresh_page.get_by_role("heading", name="您已完成签署")).to_be_visible(timeout=30_000)
    assert sum(p.signed_at is not None for p in post.row.places) == 2
    post.apart(lambda: finish(post.kit, post.signing))
    identify(phone, post, LIN)
    expect(phone.get_by_role("heading", name="双方已签署完毕")).to_be_visible()
    with phone.expect_download() as waited:
        phone.get_by_role("link", name="下载您的一份").click()
    content = Path(waited.value.path()).read_bytes()
    root = (post.room.authority.root.public_bytes(Encoding.DER),)
    with Verifier() as verifier:
        verdict = verifier.verify(content, Trust(own=root), post.wiring.now())
    assert verdict.outcome.value == "valid"


def test_a_wrong_code_a_refusal_and_a_link_that_has_ended(phone: Page, fresh_page: Page, post: Post) -> None:
    phone.goto(post.link(LIN))
    phone.get_by_role("button", name="发送验证码").click()
    right = post.mailed(LIN, r"【验证码】(\d{6})")
    phone.get_by_label("六位验证码").fill("000000" if right != "000000" else "111111")
    phone.get_by_role("button", name="继续").click()
    expect(phone.get_by_role("alert")).to_contain_text("验证码不正确")
    phone.get_by_label("六位验证码").fill(right)
    phone.get_by_role("button", name="继续").click()
    phone.get_by_text("不同意签署？").click()
    phone.get_by_label("拒签的理由").fill("付款期限与会议纪要不一致")
    phone.get_by_role("button", name="拒绝签署").click()
    expect(phone.get_by_role("heading", name="本次签署已停止")).to_be_visible()
    fresh_page.goto(post.link(SHEN))
    expect(fresh_page.get_by_text("付款期限与会议纪要不一致")).to_be_visible()
    with post.wiring.unit_of_work() as uow:
        row = find_signing(uow.session, post.signing, lock=True)
        assert row is not None
        for place in row.places:
            place.expires_at = post.wiring.now() - timedelta(minutes=1)
        uow.commit()
    fresh_page.reload()
    expect(fresh_page.get_by_role("heading", name="链接不能使用")).to_be_visible()
    expect(fresh_page.get_by_text("已经过期")).to_be_visible()
