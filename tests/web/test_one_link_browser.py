"""On a telephone: one link for a signature and a seal, the code by short message, one PIN, two signatures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from app.domain.ceremony import CodeWay
from tests.services.signing_house import A_SEAL, A_SIGN, PEOPLE
from tests.web.conftest import Server
from tests.web.signing_post import PIN, Post, read_and_agree, set_pin
from tests.web.test_browser import serious

NUMBER = "+8613812345678"
LIN = replace(PEOPLE[0], code_way=CodeWay.SMS, phone="138 1234 5678")
BOTH = (LIN, replace(LIN, place=A_SEAL), PEOPLE[2], PEOPLE[3])


@pytest.fixture
def post(server: Server) -> Iterator[Post]:
    made = Post(server, {}, BOTH)
    yield made
    made.close()


def test_signature_and_seal_in_one_ceremony_with_a_code_by_short_message(phone: Page, post: Post) -> None:
    phone.goto(post.link(LIN.email))
    expect(phone.get_by_text("+86 138****5678")).to_be_visible()
    phone.get_by_role("button", name="发送验证码").click()
    expect(phone.get_by_text("没有接通短信网关")).to_be_visible()
    phone.get_by_label("六位验证码").fill(post.mailed(NUMBER, r"签署验证码：(\d{6})"))
    phone.get_by_role("button", name="继续").click()
    read_and_agree(phone)
    phone.get_by_text("键入", exact=True).click()
    expect(phone.get_by_text("的电子签章，图样带有")).to_be_visible()
    assert serious(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    set_pin(phone)
    phone.get_by_role("button", name="确认签名并盖章").dblclick()
    expect(phone.get_by_role("heading", name="您已完成签名和盖章")).to_be_visible(timeout=60_000)
    signed = {p.id: p.serial for p in post.row.places if p.signed_at is not None}
    assert set(signed) == {A_SIGN, A_SEAL}
    assert len(set(signed.values())) == 2
    assert PIN not in phone.content()
