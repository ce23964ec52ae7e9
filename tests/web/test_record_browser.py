"""Organisations, files and conditions of effect in a real browser, and what axe-core says of every page of the record."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts
from app.domain.permissions import Role
from app.services.moving import move
from app.services.record import require_contract
from app.services.taking_effect import SigningDate, note_signed
from app.services.versions import save_version
from app.settings import Settings
from app.wiring import Wiring
from tests.web.conftest import enter
from tests.web.people import actor_named, contract_of, person
from tests.web.servers import Server
from tests.web.test_browser import AXE, serious


def wiring(server: Server) -> Wiring:
    return Wiring(Settings(data_dir=server.data_dir))


def signed(server: Server) -> str:
    """A contract that was signed before the system came in."""
    desk = wiring(server)
    me, contract, today = actor_named(desk, "wang"), contract_of(desk, actor_named(desk, "wang")), desk.today()
    with desk.unit_of_work() as uow:
        save_version(uow, me, desk.now(), today, desk.reference, contract)
    with desk.unit_of_work() as uow:
        row = require_contract(uow, contract, lock=True)
        facts = Facts(today=today, reason="系统启用前签署", outstanding_signatures=(), signed_copy="x")
        move(uow, me, desk.now(), row, Event.RECORDED_AS_SIGNED, facts)
        days = [SigningDate(role, "", today - timedelta(1)) for role in ("a", "b")]
        note_signed(uow, me, desk.now(), row, days)
        uow.commit()
    return contract


def test_an_organisation_is_entered_found_and_fills_a_draft(page: Page) -> None:
    page.goto("/organisations/new")
    page.get_by_label("名称", exact=True).first.fill("浏览器乙方有限公司")
    page.get_by_label("统一社会信用代码").fill("123")
    page.get_by_label("法定代表人（负责人）").fill("李四")
    page.get_by_role("button", name="增加账户").click()
    rows = page.locator('[data-parts="bank_accounts"] [data-part]')
    expect(rows).to_have_count(2)
    rows.first.get_by_role("button", name="删除").click()
    expect(rows).to_have_count(1)
    for label, text in (("户名", "浏览器乙方有限公司"), ("开户行", "示例银行"), ("账号", "3100000000000001")):
        rows.first.get_by_label(label).fill(text)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("应为18位")).to_be_visible()
    expect(rows.first.get_by_label("账号")).to_have_value("3100000000000001")
    page.get_by_label("统一社会信用代码").fill("")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="浏览器乙方有限公司")).to_be_visible()
    page.goto("/organisations/")
    page.get_by_label("按名称、信用代码、人员或证照编号查找").fill("浏览器")
    expect(page.get_by_role("link", name="浏览器乙方有限公司")).to_be_visible()
    page.goto("/drafts/new")
    page.get_by_label("乙方名称").fill("将被改写的乙方")
    page.get_by_role("button", name="创建并开始填写").click()
    page.locator(".from-record").get_by_role("link", name="乙方").click()
    page.get_by_role("link", name=re.compile("浏览器乙方有限公司")).click()
    expect(page.locator("s")).to_have_text("将被改写的乙方")
    page.get_by_role("button", name="写入草稿").click()
    expect(page.locator('[id="f-party_b.name"]')).to_have_value("浏览器乙方有限公司")


def test_a_condition_is_checked_off_with_a_file_that_can_be_fetched_again(page: Page, server: Server, tmp_path: Path) -> None:
    contract = signed(server)
    evidence, fake = tmp_path / "核对记录.txt", tmp_path / "假的.pdf"
    evidence.write_text("双方核对附件齐全", encoding="utf-8")
    fake.write_bytes(b"MZ\0")
    page.goto(f"/contracts/{contract}/documents/")
    page.get_by_label("文件", exact=True).set_input_files(fake)
    page.get_by_role("button", name="存入").click()
    expect(page.get_by_role("alert")).to_contain_text("扩展名不符")
    page.get_by_role("link", name="概览").click()
    for _ in range(2):
        open_one = page.locator(".conditions li:not(.done)").first
        open_one.locator("summary").click()
        open_one.get_by_label("证据文件").set_input_files(evidence)
        open_one.get_by_role("button", name="勾销这一条件").click()
    expect(page.locator(".stages")).to_contain_text("履行中")
    page.get_by_role("link", name="文件", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="核对记录.txt").first.click()
    assert Path(waiting.value.path()).read_text(encoding="utf-8") == "双方核对附件齐全"
    page.get_by_role("link", name="审计", exact=True).first.click()
    expect(page.locator(".log")).to_contain_text("勾销生效前置条件")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
def test_the_pages_of_the_record_are_accessible_and_fit_a_narrow_screen(page: Page, fresh_page: Page, server: Server) -> None:
    contract = signed(server)
    person(wiring(server), "auditing", Role.AUDITOR, name="孙审计")
    enter(fresh_page, "auditing")
    expect(fresh_page.get_by_role("link", name="孙审计")).to_be_visible()
    places = ("", "documents/", "people/", "audit/")
    found = {}
    for shown, paths in (
        (page, ("/organisations/", "/organisations/new", "/outbox/", *(f"/contracts/{contract}/{p}" for p in places))),
        (fresh_page, ("/audit/",)),
    ):
        for path in paths:
            shown.set_viewport_size({"width": 1440, "height": 900})
            shown.goto(path)
            found[path] = serious(shown)
            shown.set_viewport_size({"width": 390, "height": 844})
            assert shown.evaluate("document.documentElement.scrollWidth") <= 390, path
    assert {path: problems for path, problems in found.items() if problems} == {}
