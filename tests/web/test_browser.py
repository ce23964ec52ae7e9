"""The pages in a real browser against a real server."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from app.domain.permissions import Role
from app.services.draft_list import free_number
from app.services.drafts import create_draft
from app.settings import Settings
from app.wiring import Wiring
from tests.web.conftest import state_of
from tests.web.people import LAWYER, actor_named, person
from tests.web.servers import ROOT, Server

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
REASON = "呼叫中心系统由甲方提供并持证，乙方仅派员操作，无须另行取得许可。"


def field(page: Page, name: str):  # type: ignore[no-untyped-def]
    return page.locator(f'[id="f-{name}"]')


def fault(page: Page, name: str):  # type: ignore[no-untyped-def]
    return page.locator(f'[id="e-{name}"]')


def saved(page: Page) -> None:
    expect(page.locator('#saved[data-state="idle"]')).to_be_visible(timeout=15_000)


@pytest.fixture(scope="module")
def wiring(server: Server) -> Iterator[Wiring]:
    made = Wiring(Settings(data_dir=server.data_dir))
    yield made
    made.engine.dispose()


@pytest.fixture
def draft(wiring: Wiring) -> str:
    """The address of a new draft with the answers of the demonstration, made without a page."""
    raw, lawyer = {**wiring.example_answers()}, actor_named(wiring, LAWYER.login)
    with wiring.unit_of_work() as uow:
        raw["contract"] = {**raw["contract"], "no": free_number(uow, str(raw["contract"]["no"]))}
        return f"/drafts/{create_draft(uow, lawyer, wiring.now(), wiring.library, raw)}/"


def opened(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".paper h1")).to_be_visible(timeout=20_000)


def demonstration(page: Page) -> str:
    """A new demonstration draft; returns its address."""
    page.goto("/drafts/new")
    page.get_by_role("button", name="打开演示合同").click()
    expect(page.locator(".paper h1")).to_be_visible(timeout=20_000)
    return page.url.split("?")[0]


LESSER = "axe._audit.rules.filter(r => !['serious', 'critical'].includes(r.impact)).map(r => [r.id, {enabled: false}])"
"""Rules that can find nothing serious: whatever a rule finds bears the impact that the rule states."""


STAND_IN = """async options => {
    const papers = [...document.querySelectorAll('.paper')].map(paper => [paper, paper.cloneNode(false)]);
    for (const [paper, blank] of papers) {
        blank.style.height = `${paper.offsetHeight}px`;
        blank.textContent = '…';
        paper.replaceWith(blank);
    }
    try { return await axe.run({exclude: ['.paper']}, options); }
    finally { for (const [paper, blank] of papers) blank.replaceWith(paper); }
}"""
"""axe-core looks where each of the contract's thousands of nodes lies even when they are excluded: a blank sheet of the same size is quicker."""


def serious(page: Page, *, paper: bool = False) -> list[str]:
    """What axe-core calls serious or critical; the long contract itself only where ``paper`` asks for it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    # Whatever passes isn't listed node by node: of a whole contract that takes longer than the rules themselves.
    options = f"{{resultTypes: ['violations'], rules: Object.fromEntries({LESSER})}}"
    found = page.evaluate(f"({'o => axe.run(document, o)' if paper else STAND_IN})({options})")["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")]


def download(page: Page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.locator(f'.file[href$="/{name}"]').click()
    return Path(waiting.value.path()).read_bytes()


def test_a_contract_is_drafted_from_blank_to_both_files(page: Page) -> None:
    page.goto("/drafts/new")
    page.get_by_label("合同编号").fill("SHFW-2026-8001")
    page.get_by_label("甲方名称").fill("喆堃科技（北京）有限公司")
    page.get_by_label("乙方名称").fill("镕䶮客户服务有限公司")
    page.get_by_role("button", name="创建并开始填写").click()
    expect(page.locator(".paper h1")).to_have_text("互联网产品售后服务外包合同", timeout=20_000)
    page.locator('.chapters [data-chapter-link="8"]').click()
    field(page, "fees.monthly_fixed").fill("123456.7")
    page.keyboard.press("Tab")
    saved(page)
    expect(field(page, "fees.monthly_fixed")).to_have_value("123,456.70")
    expect(page.locator(".paper").get_by_text("人民币123,456.70元/月").first).to_be_visible()
    page.get_by_role("link", name="生成文件", exact=True).first.click()
    page.get_by_role("button", name="生成草稿").click()
    expect(page.locator(".files")).to_be_visible(timeout=120_000)
    assert download(page, "contract.pdf").startswith(b"%PDF-")
    words = zipfile.ZipFile(io.BytesIO(download(page, "contract.docx"))).read("word/document.xml").decode()
    assert "喆堃科技（北京）有限公司" in words
    assert "123,456.70" in words


def test_what_is_typed_while_the_server_is_killed_is_saved_when_it_returns(page: Page, server: Server) -> None:
    demonstration(page)
    name = field(page, "party_a.name")
    name.fill("甲方新名称有限公司")
    saved(page)
    server.kill()
    name.press_sequentially("（打字时断线）", delay=20)
    expect(page.locator('#saved[data-state="offline"]')).to_be_visible(timeout=10_000)
    server.start()
    saved(page)
    page.reload()
    expect(field(page, "party_a.name")).to_have_value("甲方新名称有限公司（打字时断线）")
    expect(page.locator(".paper").get_by_text("甲方新名称有限公司（打字时断线）").first).to_be_visible(timeout=20_000)


def test_what_was_never_sent_survives_even_a_closed_page(browser: Browser, server: Server, signed_in: StorageState) -> None:
    context = browser.new_context(base_url=server.url, storage_state=signed_in)
    first = context.new_page()
    address = demonstration(first)
    server.kill()
    field(first, "party_b.name").fill("乙方未送出有限公司")
    first.close(run_before_unload=False)
    server.start()
    second = context.new_page()
    second.goto(address)
    saved(second)
    second.evaluate("localStorage.clear()")
    second.reload()
    expect(field(second, "party_b.name")).to_have_value("乙方未送出有限公司")
    context.close()


def test_a_fault_is_explained_beside_its_field_and_the_entry_stays(page: Page, draft: str) -> None:
    page.goto(f"{draft}?chapter=1")
    start = field(page, "term.start_date")
    start.fill("2027-02-30")
    expect(fault(page, "term.start_date")).to_contain_text("日期不存在")
    expect(start).to_have_attribute("aria-invalid", "true")
    page.reload()
    expect(field(page, "term.start_date")).to_have_value("2027-02-30")
    field(page, "term.start_date").fill("2027-03-01")
    expect(fault(page, "term.start_date")).to_have_text("")


def test_a_conditional_question_comes_and_goes_with_its_condition(page: Page, draft: str) -> None:
    opened(page, draft)
    copies = page.locator('[data-question="contract.copies_total"]')
    expect(copies).to_be_hidden()
    opened(page, f"{draft}?variable=sign.mode")
    mode = page.locator('[data-question="sign.mode"]')
    if mode.locator("select").count():
        mode.locator("select").select_option("wet_ink" if mode.locator('option[value="wet_ink"]').count() else "paper")
    else:
        mode.locator('input:not([value="e_sign"])').first.check()
    saved(page)
    page.locator('.chapters [data-chapter-link="0"]').click()
    expect(copies).to_be_visible()


def test_paper_and_questions_lead_to_each_other(page: Page, draft: str) -> None:
    page.goto(f"{draft}?chapter=8")
    field(page, "fees.monthly_fixed").focus()
    lit = page.locator(".paper .lit").first
    expect(lit).to_have_attribute("data-variable", "fees.monthly_fixed")
    expect(lit).to_be_in_viewport()
    page.locator('.paper .party [data-variable="party_a.domicile"]').first.click()
    expect(field(page, "party_a.domicile")).to_be_focused()


def test_rows_of_a_table_are_added_moved_and_removed(page: Page, draft: str) -> None:
    page.goto(f"{draft}?variable=scope.products")
    table = page.locator('[data-question="scope.products"]')
    rows = table.locator("[data-rows] > [data-row]")
    expect(rows).to_have_count(3)
    expect(page.locator(".paper h1")).to_be_visible(timeout=20_000)
    table.get_by_role("button", name="增加一行").click()
    rows.last.locator('[data-cell="name"]').fill("<b>新品</b>{{ 7*7 }}")
    rows.last.get_by_role("button", name="上移").click()
    rows.first.get_by_role("button", name="删除此行").click()
    saved(page)
    page.reload()
    expect(rows).to_have_count(3)
    expect(rows.nth(1).locator('[data-cell="name"]')).to_have_value("<b>新品</b>{{ 7*7 }}")
    expect(page.locator(".paper")).to_contain_text("<b>新品</b>{{ 7*7 }}", timeout=20_000)


def test_a_warning_is_let_pass_only_with_a_full_reason(page: Page, draft: str) -> None:
    opened(page, draft)
    page.get_by_role("tab", name="校对意见").click()
    warning = page.locator('.finding[data-rule="R-35"]')
    warning.get_by_text("说明理由放行").click()
    warning.get_by_role("textbox").fill("太短")
    warning.get_by_role("button", name="放行", exact=True).click()
    expect(page.locator("#pane-findings").get_by_role("alert")).to_contain_text("不少于20个字")
    warning.get_by_role("textbox").fill(REASON)
    warning.get_by_role("button", name="放行", exact=True).click()
    expect(warning).to_contain_text("已放行")
    expect(warning).to_contain_text(REASON)
    page.reload()
    page.get_by_role("tab", name="校对意见").click()
    expect(page.locator('.finding[data-rule="R-35"]')).to_contain_text("已放行")


def test_a_fallback_is_chosen_and_prints(page: Page, draft: str) -> None:
    page.goto(f"{draft}playbook/")
    topic = page.locator('[id="topic-8.2-t1"]')
    wording = topic.locator(".position").nth(1).locator(".wording p").first.inner_text()
    topic.get_by_role("button", name="可退让立场").click()
    expect(topic.get_by_role("button", name="已采用")).to_contain_text("可退让立场")
    expect(page.locator("#chosen")).to_have_text("1")
    page.goto(draft)
    sentence = wording.split("　", 1)[-1].strip()[:20]
    expect(page.locator(".paper")).to_contain_text(sentence, timeout=20_000)


def test_a_provision_is_rewritten_from_the_paper_and_restored(page: Page, draft: str) -> None:
    opened(page, draft)
    page.locator(".paper p.art").nth(3).click(position={"x": 20, "y": 8})
    page.get_by_role("button", name="改写", exact=True).click()
    page.get_by_label("新文字").fill("双方按照本条专门约定办理。")
    page.locator("#dev-reason").fill("对方法务要求")
    page.get_by_role("button", name="保存偏离").click()
    expect(page.locator(".paper .deviated")).to_contain_text("双方按照本条专门约定办理。")
    page.goto(f"{draft}deviations/")
    expect(page.locator(".deviation")).to_contain_text("对方法务要求")
    page.get_by_role("button", name="恢复范本文字").click()
    expect(page.get_by_text("没有偏离")).to_be_visible()


def test_a_hundred_megabytes_are_refused_with_a_clear_message(page: Page, tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    page.goto("/drafts/new")
    page.locator("#file").set_input_files(large)
    expect(page.locator("#toasts")).to_contain_text("文件过大")
    page.locator("#file").evaluate("input => input.removeAttribute('data-max-mb')")
    page.locator("#file").set_input_files(large)
    page.get_by_role("button", name="上传并创建").click()
    expect(page.get_by_role("heading", name="文件过大")).to_be_visible(timeout=30_000)


def test_the_interface_switches_to_english(page: Page) -> None:
    page.goto("/drafts/new")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="New draft")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="新建草稿")).to_be_visible()


def test_everything_fits_a_narrow_screen(page: Page, draft: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/drafts/", "/drafts/new", draft, f"{draft}playbook/", f"{draft}deviations/", f"{draft}documents/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.goto(draft)
    page.get_by_role("button", name="合同", exact=True).click()
    expect(page.locator(".paper h1")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="各章").click()
    page.locator('.chapters [data-chapter-link="8"]').click()
    expect(field(page, "fees.monthly_fixed")).to_be_visible()


def test_the_workspace_is_used_by_keyboard_alone(page: Page, draft: str) -> None:
    opened(page, draft)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.get_by_role("tab", name="合同文本").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="校对意见")).to_be_focused()
    expect(page.locator("#pane-findings")).to_be_visible()


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
def test_the_accessibility_engine_finds_nothing_serious(page: Page, draft: str) -> None:
    page.goto("/drafts/new")
    found = {"new": serious(page)}
    opened(page, draft)
    found["workspace"] = serious(page, paper=True)
    page.get_by_role("tab", name="校对意见").click()
    expect(page.locator(".finding").first).to_be_visible()
    found["findings"] = serious(page)
    for chapter in (8, 13):
        page.goto(f"{draft}?chapter={chapter}")
        expect(page.locator(".paper h1")).to_be_attached(timeout=20_000)
        found[f"chapter {chapter}"] = serious(page)
    for path in ("playbook/", "deviations/", "documents/"):
        page.goto(draft + path)
        found[path] = serious(page)
    page.goto("/drafts/")
    expect(page.locator(".meter").first).to_be_visible()
    found["list"] = serious(page)
    page.goto("/nowhere")
    found["404"] = serious(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{draft}?chapter=13")
    for pane in ("填写", "合同", "各章", "校对"):
        page.locator(".switch").get_by_role("button", name=pane).click()
        found[f"narrow {pane}"] = serious(page)
        if pane == "合同":
            expect(page.locator(".paper .wide").first).to_have_attribute("tabindex", "0")
    assert {where: problems for where, problems in found.items() if problems} == {}


def test_two_people_in_one_draft_see_each_others_answers_and_lose_none(
    browser: Browser, page: Page, server: Server, wiring: Wiring
) -> None:
    person(wiring, "colleague", Role.DRAFTER, name="李律师")
    page.goto("/drafts/new")
    page.get_by_label("甲方名称").fill("起初的甲方")
    page.get_by_role("button", name="创建并开始填写").click()
    context = browser.new_context(base_url=server.url, storage_state=state_of(server, "colleague"))
    other = context.new_page()
    other.goto(page.url)
    theirs, mine = (p.locator('[id="f-party_a.name"]') for p in (other, page))
    expect(theirs).to_have_value("起初的甲方")
    theirs.fill("同事改的甲方")
    theirs.blur()
    expect(other.locator('#saved[data-state="idle"]')).to_be_visible(timeout=15_000)
    mine.fill("我改的甲方")
    mine.blur()
    notice = page.locator('[id="q-party_a.name"] .q-conflict')
    expect(notice).to_contain_text("李律师", timeout=15_000)
    expect(notice).to_contain_text("同事改的甲方")
    expect(mine).to_have_value("我改的甲方")
    page.reload()
    expect(notice).to_contain_text("同事改的甲方")  # nothing that was typed is lost by leaving
    expect(mine).to_have_value("我改的甲方")
    notice.get_by_role("button", name="采用对方的").click()
    expect(mine).to_have_value("同事改的甲方")
    expect(notice).to_have_count(0)
    theirs.fill("同事再改的甲方")
    theirs.blur()
    expect(other.locator('#saved[data-state="idle"]')).to_be_visible(timeout=15_000)
    mine.fill("还是我改的甲方")
    mine.blur()
    expect(notice).to_be_visible(timeout=15_000)
    notice.get_by_role("button", name="保存我填写的").click()
    expect(notice).to_have_count(0)
    expect(page.locator('#saved[data-state="idle"]')).to_be_visible(timeout=15_000)
    other.reload()
    expect(theirs).to_have_value("还是我改的甲方")
    context.close()
