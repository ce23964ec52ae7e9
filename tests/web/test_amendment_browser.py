"""The amendment editor and the text as of a day in a real browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.settings import Settings
from app.wiring import Wiring, today
from tests.papers.files import PDF
from tests.services.paper_house import LATER as DAYS
from tests.services.paper_house import Desk
from tests.web.people import LAWYER, actor_named
from tests.web.servers import Server
from tests.web.terms import in_force
from tests.web.test_browser import serious

LATER = today() + timedelta(days=40)


@pytest.fixture(scope="module")
def contract(server: Server) -> str:
    wiring = Wiring(Settings(data_dir=server.data_dir))
    made = in_force(wiring, actor_named(wiring, LAWYER.login), today() - timedelta(days=60))
    wiring.engine.dispose()
    return made


@pytest.fixture(scope="module")
def amended(server: Server) -> str:
    """A contract whose amendment is signed and works in forty days."""
    wiring = Wiring(Settings(data_dir=server.data_dir))
    lawyer = actor_named(wiring, LAWYER.login)
    made = in_force(wiring, lawyer, today() - timedelta(days=60))
    Desk(wiring.unit_of_work, wiring.blobs, made, today(), lawyer).signed_amendment(DAYS, effective=LATER.isoformat())
    wiring.engine.dispose()
    return made


def choose(page: Page, place: str, tool: str) -> None:
    """Choose a provision of the text by keyboard, and one of its tools."""
    page.locator(f'#pane-text p[data-id="{place}"]').press("Enter")
    page.locator("#provision-tools").get_by_role("button", name=tool).click()
    expect(page.locator("#dialog")).to_be_visible()


def test_an_amendment_is_edited_signed_and_read_as_of_a_day(page: Page, contract: str) -> None:
    page.goto(f"/contracts/{contract}/papers")
    page.locator(".offer").first.get_by_role("button", name="起草").click()
    expect(page.locator("#pane-text .paper")).to_be_visible()
    changes = page.locator("#changes")
    page.get_by_label("改变一项约定").fill("付款期")
    page.locator(".value-pick").first.click()
    dialog = page.locator("#dialog")
    dialog.locator("input").fill("很久")
    dialog.get_by_role("button", name="改变").click()
    expect(dialog.locator(".q-fault")).not_to_be_empty()
    dialog.locator("input").fill("45")
    dialog.get_by_role("button", name="改变").click()
    expect(dialog).to_be_hidden()
    expect(changes.locator(".comparison ins")).to_have_text("45")
    expect(page.locator("#pane-text .amended.changed")).not_to_have_count(0)
    choose(page, "process.flow.system", "改写")
    words = dialog.get_by_label("改后的全文")
    words.fill(words.input_value().replace("不得自行导出", "不得自行复制、导出"))
    dialog.get_by_role("button", name="改写").click()
    expect(changes.locator(".comparison li")).to_have_count(2)
    expect(page.locator('#pane-text p[data-id="process.flow.system"]')).to_contain_text("复制、导出")
    choose(page, "fees.payment.term", "其后增加")
    dialog.get_by_label("标题（可空）").fill("电子发票")
    dialog.get_by_label("条文").fill("乙方应当开具数电票，并于开具当日发送甲方指定邮箱。")
    dialog.get_by_role("button", name="增加").click()
    expect(page.locator("#pane-text .amended.added")).to_contain_text("8.2.2之一")
    choose(page, "fees.payment.late", "删除")
    dialog.get_by_role("button", name="删除").click()
    expect(changes.locator(".edits li")).to_have_count(4)
    changes.get_by_role("button", name="撤回").last.click()
    expect(changes.locator(".edits li")).to_have_count(3)
    assert serious(page) == []
    page.get_by_role("tab", name="事项").click()
    page.get_by_label("指定日期生效").check()
    page.get_by_label("生效日", exact=True).fill(LATER.isoformat())
    expect(page.locator("#saved")).to_contain_text("已保存")
    page.get_by_role("tab", name="校对").click()
    expect(page.locator("#pane-findings")).to_contain_text("没有阻碍定稿的问题")
    page.get_by_role("button", name="定稿").click()
    expect(page.locator("#told")).to_contain_text("已定稿")
    page.get_by_label("最后一方签署之日").fill(today().isoformat())
    page.get_by_label("签署件").set_input_files({"name": "签署件.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.get_by_role("button", name="记录签署").click()
    expect(page.locator("#told")).to_contain_text(LATER.isoformat())


def test_the_slider_shows_the_text_of_its_day_and_a_provision_its_history(page: Page, amended: str) -> None:
    page.goto(f"/contracts/{amended}/consolidated")
    paper = page.locator("#consolidated")
    expect(paper.locator("p.amended")).to_have_count(0)
    page.locator("#day-range").evaluate(
        "(e, days) => { e.value = Number(e.value) + days; for (const n of ['input', 'change']) e.dispatchEvent(new Event(n)) }",
        40,
    )
    expect(page.locator("#day")).to_have_value(LATER.isoformat())
    changed = paper.locator('p[data-id="fees.payment.term"]')
    expect(changed).to_contain_text("由补充协议一")
    changed.scroll_into_view_if_needed()
    changed.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#history")).to_contain_text("签署时")
    expect(page.locator("#history ins")).to_have_text("45")
    assert serious(page) == []


def test_the_editor_fits_a_narrow_screen(page: Page, contract: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/contracts/{contract}/papers")
    page.locator(".offer").first.get_by_role("button", name="起草").click()
    expect(page.locator("#pane-text .paper")).to_be_visible()
    page.locator(".pane-switch").get_by_role("button", name="对照").click()
    expect(page.get_by_label("改变一项约定")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
