"""Two signatories on two browsers, one of them a telephone, from the link in the mail to the finished copy; and what stops them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Page, expect

from app.services.signing_finish import finish
from app.store.signings import find_signing
from signatures.verification.asking import Trust
from signatures.verification.worker import Verifier
from tests.web.servers import Server
from tests.web.signing_post import LIN, SHEN, Post, draw, identify, read_and_agree, set_pin
from tests.web.test_browser import serious


@pytest.fixture
def post(server: Server) -> Iterator[Post]:
    made = Post(server)
    yield made
    made.close()


def test_two_signatories_on_two_browsers_from_the_mail_to_the_finished_copy(
    phone: Page, fresh_page: Page, post: Post, tmp_path: Path
) -> None:
    for page, address in ((phone, LIN), (fresh_page, SHEN)):
        identify(page, post, address)
        read_and_agree(page, slowly=page is phone)
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
    verdict = Verifier().verify(content, Trust(own=root), post.wiring.now())
    assert verdict.outcome.value == "valid"


def test_a_wrong_code_a_refusal_and_a_link_that_has_ended(phone: Page, fresh_page: Page, post: Post) -> None:
    phone.goto(post.link(LIN))
    phone.get_by_role("button", name="发送验证码").click()
    expect(phone.get_by_text("没有设置邮件服务器")).to_be_visible()
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
