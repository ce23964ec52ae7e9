"""履行 in a real browser: an obligation with its reasons done with evidence, an event timed, a changed list seen."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from app.domain.permissions import Role
from app.services.journal import CLOCK
from app.services.obligation_planning import plan_contracts
from app.settings import Settings
from app.wiring import Wiring, today
from tests.web.people import LAWYER, actor_named, person
from tests.web.servers import Server
from tests.web.terms import in_force
from tests.web.test_browser import serious

TODAY = today()


@pytest.fixture(scope="module")
def contract(server: Server) -> str:
    wiring = Wiring(Settings(data_dir=server.data_dir))
    made = in_force(wiring, actor_named(wiring, LAWYER.login), TODAY - timedelta(days=100))
    plan_contracts(wiring.unit_of_work, CLOCK, wiring.now(), wiring.almanac, [made])
    wiring.engine.dispose()
    return made


def test_an_obligation_shows_its_reasons_and_is_done_with_evidence(page: Page, contract: str, tmp_path: Path) -> None:
    page.goto(f"/contracts/{contract}/obligations/?show=late&q=提交结算单")
    page.locator(".duty a").first.click()
    expect(page.locator(".why li").first).to_contain_text("结算单提交日")
    proof = tmp_path / "回执.txt"
    proof.write_text("已收", encoding="utf-8")
    page.get_by_label("依据（文件、邮件、记录的编号或者说明）").fill("收件回执第3号")
    page.locator("#done-file").set_input_files(proof)
    page.get_by_role("button", name="记录完成").click()
    expect(page.get_by_text("已记录完成。")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text("收件回执第3号")
    expect(page.get_by_role("link", name="回执.txt")).to_be_visible()
    page.goto(f"/contracts/{contract}/obligations/?view=calendar")
    expect(page.locator("table.month")).to_be_visible()
    assert serious(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_ticked_obligations_are_handed_over_and_a_takeover_day_clears_what_is_late(
    page: Page, contract: str, server: Server
) -> None:
    wiring = Wiring(Settings(data_dir=server.data_dir))
    person(wiring, "li", Role.DRAFTER, name="李接手")
    wiring.engine.dispose()
    page.goto(f"/contracts/{contract}/obligations/?show=late&q=周报")
    ticks = page.locator(".duty input[type=checkbox]:visible")
    ticks.nth(0).check()
    ticks.nth(1).check()
    page.get_by_text("更换责任人", exact=True).click()
    page.get_by_label("新的责任人").select_option(label="李接手")
    page.locator("#handover-reason").fill("王律师休假两周")
    assert serious(page) == []
    page.get_by_role("button", name="更换").click()
    expect(page.get_by_text("已更换2项义务的责任人，提醒改发给新的责任人。")).to_be_visible()
    expect(page).to_have_url(re.compile(r"show=late&q=.*#told$"))
    expect(page.locator(".duty-who", has_text="李接手")).to_have_count(2)
    page.goto(f"/contracts/{contract}/obligations/")
    page.get_by_text("更改接管日").click()
    page.locator("#takeover-day").fill(TODAY.isoformat())
    page.locator("#takeover-reason").fill("年中登记的旧合同")
    page.get_by_role("button", name="更改", exact=True).click()
    expect(page.get_by_text("项视为接管前已办，0项恢复为待办。")).to_be_visible()
    expect(page.locator(".duty-counts .bad")).to_have_count(0)
    expect(page.get_by_text("此前到期而没有记录的")).to_be_visible()
    assert serious(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_an_event_begins_a_period_and_a_changed_list_shows_its_price(page: Page, contract: str, tmp_path: Path) -> None:
    page.goto(f"/contracts/{contract}/obligations/events/")
    page.get_by_label("事件", exact=True).select_option("ticket_escalated")
    page.get_by_label(re.compile("^或者准确时刻")).fill(f"{(TODAY - timedelta(days=1)).isoformat()}T10:00")
    page.get_by_label(re.compile("^对象")).fill("GD-1")
    page.get_by_role("button", name="记录并排期").click()
    expect(page.get_by_text("由此排定义务1项")).to_be_visible()
    page.goto(f"/contracts/{contract}/annex/")
    with page.expect_download() as found:
        page.get_by_role("link", name="下载现行清单").click()
    path = tmp_path / "list.xlsx"
    found.value.save_as(path)
    book = load_workbook(path)
    money = next(c.column for c in book["价格"][1] if str(c.value).startswith("不含税"))
    book["价格"].cell(2, money).value = 1320000
    book.save(path)
    page.locator("#annex-file").set_input_files(path)
    page.get_by_role("button", name="比较").click()
    expect(page.locator(".annex-effect")).to_have_text("＋120,000.00 元/年")
    assert serious(page) == []
    page.get_by_role("button", name="起草补充协议").click()
    expect(page).to_have_url(re.compile(r"/amendments/[0-9a-f]{32}$"))
