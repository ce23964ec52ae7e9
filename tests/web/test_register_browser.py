"""The register in Chromium: search, filter, saved view, export, narrow screen, keyboard, accessibility."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from app.domain.months import Month
from app.settings import Settings
from app.wiring import Wiring, today
from tests.intake.pdfs import pdf
from tests.intake.test_register_upload import book
from tests.services.shelf import Shelf
from tests.web.servers import Server
from tests.web.test_browser import AXE, serious


@pytest.fixture(scope="module", autouse=True)
def shelf(server: Server) -> Shelf:
    made = Shelf(Wiring(Settings(data_dir=server.data_dir)).unit_of_work)
    made.contract(
        "HT-2026-001", (("逾期付款的，应当支付违约金。", "违约金不足以弥补损失的，还应当赔偿。"),), party_a="星河科技（北京）有限公司",
        title="智能门锁售后服务外包合同（2026年度）", stage="active", rectifying=True,
    )  # fmt: skip
    for n in range(2, 31):
        made.contract(f"HT-2026-{n:03}", ((f"第{n}份合同的条款。",),), party_b=f"乙{n}客户服务有限公司")
    made.contract("HT-2026-031", (("保密条款。",),), confidential=True, readers=())
    return made


def test_a_word_is_searched_its_hits_opened_the_view_saved_and_exported(page: Page) -> None:
    page.goto("/contracts/")
    expect(page.locator("table.contracts tbody tr")).to_have_count(25)
    page.get_by_role("searchbox").fill("违约")
    page.get_by_role("button", name="查找").click()
    expect(page.locator("table.contracts tbody tr")).to_have_count(2)
    expect(page.locator(".hit mark").first).to_have_text("违约")
    assert page.url.endswith("/contracts/?q=%E8%BF%9D%E7%BA%A6")
    page.get_by_role("button", name="本合同全部命中 HT-2026-001").click()
    expect(page.locator(".hit.all .hit-line")).to_have_count(2)
    expect(page.locator(".hit.all")).to_be_focused()
    page.get_by_text("筛选", exact=False).locator("visible=true").first.click()
    page.get_by_label("履行中").check()
    page.locator("#filter-menu").get_by_role("button", name="应用").click()
    expect(page.get_by_role("list", name="筛选条件")).to_contain_text("履行中")
    page.locator("#view-menu summary").click()
    page.get_by_label("视图名称").fill("履行中的违约金")
    page.locator("#view-menu").get_by_role("button", name="保存").click()
    current = page.locator(".views [aria-current]")
    expect(current).to_contain_text("履行中的违约金")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="导出 XLSX").click()
    rows = list(load_workbook(io.BytesIO(Path(waiting.value.path()).read_bytes()))["合同台账"].iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["合同编号", "HT-2026-001"]
    page.get_by_role("link", name="去掉条件：阶段").click()
    expect(page.locator(".chips")).to_have_count(0)
    page.get_by_role("link", name="全部", exact=True).click()
    page.get_by_role("link", name="履行中的违约金").click()
    expect(page.locator("table.contracts tbody tr")).to_have_count(2)


def test_columns_are_chosen_and_sorted_and_pages_turned(page: Page) -> None:
    page.goto("/contracts/?all=1")
    page.locator("#column-menu summary").click()
    page.locator("#column-menu").get_by_label("登记时间").check()
    page.locator("#column-menu").get_by_label("合同名称").uncheck()
    page.locator("#column-menu").get_by_role("button", name="应用").click()
    expect(page.get_by_role("columnheader", name="登记时间")).to_be_visible()
    expect(page.get_by_role("columnheader", name="合同名称")).to_have_count(0)
    page.get_by_role("link", name="合同编号").click()
    expect(page.get_by_role("columnheader", name="合同编号")).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("rowheader").first).to_have_text("HT-2026-001")
    page.get_by_role("link", name="下一页").click()
    expect(page.get_by_role("rowheader").first).to_have_text("HT-2026-026")
    expect(page.get_by_role("columnheader", name="登记时间")).to_be_visible()
    page.get_by_role("link", name="上一页").click()
    expect(page.get_by_role("rowheader").first).to_have_text("HT-2026-001")


def test_menus_are_opened_and_closed_by_keyboard(page: Page) -> None:
    page.goto("/contracts/?all=1")
    menu = page.locator("#filter-menu summary")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#filter-menu .drop-box")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_label("起草", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#filter-menu .drop-box")).to_be_hidden()
    expect(menu).to_be_focused()


def test_the_register_fits_a_narrow_screen_as_cards(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for address in ("/contracts/?all=1", "/contracts/?q=违约", "/contracts/?q=没有这样的词语"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
    page.goto("/contracts/?q=违约")
    for menu in ("filter", "column", "view"):
        page.locator(f"#{menu}-menu summary").click()
        box = page.locator(f"#{menu}-menu .drop-box").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


HEADS = ("合同编号", "合同名称", "甲方名称", "乙方名称", "签订日期")


def upload(page: Page, folder: Path, *rows: tuple[object, ...]) -> None:
    """Choose an old register with a signed copy for each row, and wait until it is checked."""
    (folder / "台账.xlsx").write_bytes(book(*rows, heads=HEADS))
    files = [folder / "台账.xlsx"]
    for row in rows:
        files.append(folder / f"{row[0]}.pdf")
        files[-1].write_bytes(pdf(f"{row[0]}的旧约定"))
    page.goto("/register/import")
    page.locator("#file").set_input_files(files)
    expect(page.locator('output[for="file"]')).to_have_text(f"已选 {len(files)} 个文件")
    page.get_by_role("button", name="上传并核对").click()
    expect(page.locator("table.plain-table").first).to_be_visible(timeout=60_000)


def test_an_old_register_is_uploaded_looked_at_and_recorded(page: Page, tmp_path: Path) -> None:
    upload(page, tmp_path, ("OLD-1", "旧合同", "甲方有限公司", "乙方有限公司", "2024-05-20"))
    expect(page.get_by_text("1 份合同核对无误，尚未入账")).to_be_visible()
    page.get_by_role("button", name="补录这 1 份合同").click()
    expect(page.get_by_text("已补录 1 份合同")).to_be_visible()
    page.get_by_role("searchbox").fill("旧约定")
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_role("rowheader")).to_have_text("OLD-1")
    expect(page.locator(".hit-place")).to_have_text("签署件第1页")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
def test_the_pages_of_the_import_are_accessible_and_fit_a_narrow_screen(page: Page, tmp_path: Path) -> None:
    found = {}
    page.goto("/register/import")
    found["import"] = serious(page)
    upload(page, tmp_path, ("OLD-8", "", "甲", "乙", "2024-02-30"), ("OLD-9", "旧合同", "甲", "乙", "2024-05-20"))
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        found[f"checked {width}"] = serious(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert {where: problems for where, problems in found.items() if problems} == {}


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
def test_the_accessibility_engine_finds_nothing_serious(page: Page) -> None:
    found = {}
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for address in ("/contracts/?all=1", "/contracts/?q=违约", "/contracts/?q=没有这样的词语", "/contracts/?value_from=x"):
            page.goto(address)
            found[f"{width} {address}"] = serious(page)
        page.goto("/contracts/?q=违约&stage=active")
        for menu in ("filter", "column", "view"):
            page.locator(f"#{menu}-menu summary").click()
            found[f"{width} {menu}"] = serious(page)
    assert {where: problems for where, problems in found.items() if problems} == {}


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
def test_the_workbench_draws_its_chart_whose_bars_lead_to_the_contracts(page: Page, shelf: Shelf) -> None:
    first = Month.of(today()).next
    shelf.contract("HT-2027-100", stage="active", last_day=first.first_day)
    found = {}
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto("/")
        expect(page.locator(".chart canvas").first).to_be_visible()
        found[width] = serious(page)
    assert found == {1440: [], 390: []}
    page.get_by_text("以表格查看").first.click()
    row = page.locator(".chart-table tr", has_text=str(first))
    expect(row.get_by_role("link", name="1")).to_be_visible()
    chart = page.locator(".chart").first
    box = chart.bounding_box()
    assert box
    # The second of twelve bins, close to the axis: the only bar there is.
    step = (box["width"] - 40) / 12
    chart.click(position={"x": 32 + step * 1.5 - step * 0.12, "y": box["height"] - 48})
    page.wait_for_url("**/contracts/?*last_from=*")
    expect(page.locator("table.contracts tbody tr, .hit").first).to_contain_text("HT-2027-100")
