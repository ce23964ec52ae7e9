"""A seal from its registration and upload to its release for an electronic signature, in Chromium at both widths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.domain.permissions import Role
from app.library.answers_file import load_example
from app.services.registering import create_organisation
from app.settings import Settings
from app.wiring import Wiring
from tests.services.fixtures import organisation
from tests.services.sealing import seal_picture
from tests.web.conftest import state_of
from tests.web.people import actor_named, approve_all, approvers, first_lawyer, person, ready_contract
from tests.web.servers import Server


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    running = Server(tmp_path_factory.mktemp("seals"))
    wiring = Wiring(Settings(data_dir=running.data_dir))
    first_lawyer(wiring)
    approvers(wiring)
    person(wiring, "zhang", Role.APPROVER, name="章保管", email="zhang@example.com")
    lawyer, party = actor_named(wiring, "wang"), load_example().data["party_a"]
    with wiring.unit_of_work() as uow:
        details = organisation(name=party["name"], uscc=party["uscc"], own=True)
        create_organisation(uow, lawyer, wiring.now(), details)
    contract = ready_contract(wiring, lawyer)
    approve_all(wiring, contract)
    wiring.engine.dispose()
    running.start()
    yield running, contract
    running.kill()


def _page(browser: Browser, server: Server, login: str, width: int) -> Page:
    context = browser.new_context(
        base_url=server.url, viewport={"width": width, "height": 900}, storage_state=state_of(server, login)
    )
    return context.new_page()


def _appoint(page: Page, person: str, office: str, paper: Path) -> None:
    form = page.locator("form[action$='/offices']")
    if not form.is_visible():
        page.get_by_text("登记授权", exact=True).first.click()
    form.get_by_label("职责").select_option(label=office)
    form.get_by_label("人员").select_option(label=person)
    form.get_by_label("授权文件编号").fill("用印授〔2026〕1号")
    form.get_by_label("至（含当日）").fill(page.evaluate("new Date(Date.now() + 3e10).toISOString().slice(0, 10)"))
    form.get_by_label("书面授权").set_input_files(paper)
    form.get_by_role("button", name="登记授权").click()
    expect(page.get_by_role("status").first).to_contain_text("授权已登记")


def test_a_seal_goes_from_upload_to_release(browser: Browser, house: tuple[Server, str], tmp_path: Path) -> None:
    server, contract = house
    picture, paper = tmp_path / "seal.png", tmp_path / "授权书.txt"
    picture.write_bytes(seal_picture())
    paper.write_text("授权", encoding="utf-8")
    lawyer = _page(browser, server, "wang", 1440)
    lawyer.goto("/seals/")
    lawyer.get_by_role("link", name="登记印章").click()
    lawyer.get_by_label("种类").select_option(label="合同专用章")
    lawyer.get_by_label("印章名称").fill("合同专用章（1）")
    lawyer.get_by_role("button", name="登记", exact=True).click()
    for name, office in (("章保管", "保管人"), ("吴总监", "审批人"), ("王律师", "使用人")):
        _appoint(lawyer, name, office, paper)

    keeper = _page(browser, server, "zhang", 390)
    keeper.goto(lawyer.url)
    keeper.get_by_label("印章扫描件").set_input_files(picture)
    keeper.get_by_text("我有权将其用于本单位的电子签署").click()
    keeper.get_by_role("button", name="上传图样").click()
    expect(keeper.get_by_role("status").first).to_contain_text("图样已存入")
    expect(keeper.get_by_alt_text("印章样稿")).to_be_visible()
    assert keeper.evaluate("document.documentElement.scrollWidth") <= 390

    lawyer.reload()
    lawyer.get_by_role("button", name="启用", exact=True).click()
    expect(lawyer.get_by_role("status").first).to_contain_text("启用")

    lawyer.goto(f"/contracts/{contract}/seals/")
    lawyer.get_by_label("电子签章", exact=True).check()
    lawyer.get_by_label("事由").fill("与乙方电子签署服务外包合同")
    lawyer.get_by_role("button", name="提出申请").click()
    expect(lawyer.locator(".seal-use .stage")).to_have_text("待审批")

    chief = _page(browser, server, "wu", 1440)
    chief.goto("/seals/")
    chief.get_by_text("待我办理").wait_for()
    chief.locator(".seal-tasks a").first.click()
    chief.get_by_role("button", name="批准用印").click()

    keeper.goto("/seals/")
    keeper.locator(".seal-tasks a").first.click()
    keeper.get_by_role("button", name="放行电子签章").click()
    expect(keeper.locator(".seal-use .stage")).to_have_text("已放行")
    assert keeper.evaluate("document.documentElement.scrollWidth") <= 390
    for page in (lawyer, keeper, chief):
        page.context.close()
