"""Commenting and comparing in a real browser: by mouse, by keyboard, on a narrow screen."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.domain.permissions import Role
from app.domain.variables import DeviationKind
from app.rendering.revisions import count_revisions
from app.services.drafts import deviate, save_answers
from app.services.filing import load_contract_unasked
from app.services.versions import save_version
from app.settings import Settings
from app.wiring import Wiring
from tests.web.conftest import state_of
from tests.web.people import LAWYER, actor_named, contract_of, person
from tests.web.servers import Server
from tests.web.test_browser import AXE, serious

PLACE = "fees.payment.term"
GONE = "fees.payment.term.sme"


@pytest.fixture(scope="module")
def contract(server: Server) -> str:
    """A contract with two versions: a value, a wording and a provision differ."""
    wiring = Wiring(Settings(data_dir=server.data_dir))
    person(wiring, "zhao", Role.APPROVER, name="赵经理")
    lawyer = actor_named(wiring, LAWYER.login)
    made = contract_of(wiring, lawyer)
    with wiring.unit_of_work() as uow:
        draft = load_contract_unasked(uow, made).draft_id
        save_version(uow, lawyer, wiring.now(), wiring.today(), wiring.reference, made, "首次送审")
    with wiring.unit_of_work() as uow:
        save_answers(uow, lawyer, wiring.now(), wiring.library, draft, {"fees.monthly_fixed": "135000"})
    with wiring.unit_of_work() as uow:
        deviate(
            uow, lawyer, wiring.now(), wiring.library, draft, kind=DeviationKind.REMOVE, provision=GONE,
            reason="对方不是中小企业，双方同意删去此项，经内部讨论。",
        )  # fmt: skip
    with wiring.unit_of_work() as uow:
        save_version(uow, lawyer, wiring.now(), wiring.today(), wiring.reference, made, "按谈判意见修改")
    wiring.engine.dispose()
    return made


@pytest.fixture
def approver(browser: Browser, server: Server, contract: str) -> Iterator[Page]:
    context = browser.new_context(
        base_url=server.url, viewport={"width": 1440, "height": 900}, storage_state=state_of(server, "zhao")
    )
    yield context.new_page()
    context.close()


def place(page: Page, name: str = PLACE):  # type: ignore[no-untyped-def]
    return page.locator(f'#paper [data-id="{name}"]')


def card(page: Page, text: str):  # type: ignore[no-untyped-def]
    return page.locator(".thread").filter(has_text=text)


def offset(page: Page, text: str) -> float:
    """How far a thread stands from its provision, in pixels downwards; where a card slides there is waited for."""
    page.wait_for_timeout(300)
    beside, at = card(page, text).bounding_box(), place(page).bounding_box()
    assert beside
    assert at
    return beside["y"] - at["y"]


def test_a_provision_is_commented_on_answered_and_settled(page: Page, approver: Page, contract: str) -> None:
    approver.goto(f"/contracts/{contract}/text?version=1")
    place(approver).hover()
    approver.locator(".add-comment").click()
    approver.get_by_label("批注内容").fill("付款期限过短，<b>请核对</b>。")
    approver.locator(".new-comment").get_by_role("button", name="批注").click()
    expect(card(approver, "付款期限过短，<b>请核对</b>。")).to_be_visible()
    assert abs(offset(approver, "付款期限过短")) < 2, "it stands level with its provision"
    assert serious(approver) == []

    page.goto(f"/contracts/{contract}/text?version=1")
    thread = card(page, "付款期限过短")
    thread.locator(".reply summary").click()
    thread.get_by_label("回复").fill("四十五日可以接受。")
    expect(thread.get_by_label("可对外")).to_be_disabled()
    thread.get_by_role("button", name="提交回复").click()
    expect(card(page, "四十五日可以接受。")).to_be_focused()
    card(page, "付款期限过短").get_by_role("button", name="标为已解决").click()
    expect(card(page, "付款期限过短").get_by_text("王律师 于")).to_be_visible()
    expect(page.locator("#comment-filter").get_by_role("link", name="已解决")).to_contain_text("1")
    page.locator("#comment-filter").get_by_role("link", name="未解决").click()
    expect(card(page, "付款期限过短")).to_have_count(0)
    page.locator("#comment-filter").get_by_role("link", name="已解决").click()
    card(page, "付款期限过短").get_by_role("button", name="重新打开").click()
    expect(card(page, "付款期限过短").get_by_role("button", name="标为已解决")).to_be_visible()


def test_by_keyboard_alone_a_comment_is_made_and_given_up(page: Page, contract: str) -> None:
    page.goto(f"/contracts/{contract}/text?version=2")
    page.locator("#paper").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    first = page.evaluate("document.activeElement.dataset.id")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.dataset.id") == first
    page.keyboard.press("Enter")
    expect(page.get_by_label("批注内容")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".new-comment")).to_have_count(0)
    assert page.evaluate("document.activeElement.dataset.id") == first
    page.keyboard.press("Enter")
    expect(page.get_by_label("批注内容")).to_be_focused()
    page.keyboard.type("键盘写下的批注")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")  # 可对外
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    made = card(page, "键盘写下的批注")
    expect(made).to_be_focused()
    assert made.get_attribute("data-place") == first
    expect(made.locator(".thread-head .tag")).to_have_text("可对外")


def test_a_comment_that_is_being_written_is_not_lost_by_clicking_elsewhere(page: Page, contract: str) -> None:
    page.goto(f"/contracts/{contract}/text?version=2")
    page.get_by_role("button", name="对整份合同批注").click()
    page.get_by_label("批注内容").fill("写到一半")
    place(page).hover()
    page.locator(".add-comment").click()
    expect(page.locator("#toasts")).to_contain_text("还没有提交")
    expect(page.get_by_label("批注内容")).to_have_value("写到一半")
    page.get_by_role("button", name="取消").click()
    page.locator(".add-comment").click()
    expect(page.locator(".new-comment .thread-place")).to_contain_text("8.2.2")


def test_a_thread_whose_provision_is_gone_says_so_with_the_words_of_its_day(page: Page, contract: str) -> None:
    page.goto(f"/contracts/{contract}/text?version=1")
    place(page, GONE).hover()
    page.locator(".add-comment").click()
    page.get_by_label("批注内容").fill("此项应当删去。")
    page.locator(".new-comment").get_by_role("button", name="批注").click()
    expect(card(page, "此项应当删去。")).to_be_visible()
    page.goto(f"/contracts/{contract}/text?version=2")
    gone = card(page, "此项应当删去。")
    expect(gone).to_contain_text("此条款在第2版中已不存在")
    expect(gone.locator("blockquote")).to_contain_text("乙方为中小企业的")
    expect(gone.locator(".reply summary")).to_be_visible()


def test_on_a_narrow_screen_threads_open_below_their_provision(page: Page, contract: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/contracts/{contract}/text?version=1")
    place(page, "fees.payment.method").scroll_into_view_if_needed()
    place(page, "fees.payment.method").click()
    page.locator(".add-comment").click()
    page.get_by_label("批注内容").fill("窄屏上的批注")
    page.locator(".new-comment").get_by_role("button", name="批注").click()
    thread = card(page, "窄屏上的批注")
    expect(thread).to_be_visible()
    mark = page.locator('[data-id="fees.payment.method"] + .slot .slot-open')
    expect(mark).to_have_text("1 条批注")
    mark.click()
    expect(thread).to_be_hidden()
    mark.click()
    expect(thread).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({include: [['.slot'], ['.text-bar'], ['.margin']]})")["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


def test_two_versions_are_chosen_and_compared_step_by_step(page: Page, contract: str) -> None:
    page.goto(f"/contracts/{contract}/versions")
    assert serious(page) == []
    page.get_by_label("以第1版为旧").check()
    page.get_by_label("以第2版为新").check()
    page.get_by_role("button", name="比较所选两版").click()
    expect(page.locator(".redline-summary")).to_contain_text("人民币135,000.00元/月")
    expect(page.locator("#stepper")).to_contain_text(re.compile(r"– / \d+"))
    page.keyboard.press("n")
    first = page.evaluate("document.activeElement.dataset.id")
    page.keyboard.press("n")
    second = page.evaluate("document.activeElement.dataset.id")
    assert first
    assert second
    assert first != second
    page.keyboard.press("p")
    assert page.evaluate("document.activeElement.dataset.id") == first
    folds = page.locator(".fold-open")
    before = folds.count()
    folds.first.click()
    expect(folds).to_have_count(before - 1)
    assert serious(page) == []
    page.get_by_role("link", name="左右对照").click()
    removed = page.locator(f'.pair[data-id="{GONE}"]')
    expect(removed.locator("del").first).to_be_visible()
    expect(removed.locator("> div").nth(1)).to_be_empty()
    assert serious(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_files_of_a_comparison_are_made_in_the_background_and_taken_away(page: Page, contract: str) -> None:
    page.goto(f"/contracts/{contract}/compare?old=1&new=2")
    page.get_by_role("link", name="下载 PDF、修订标记").click()
    page.get_by_role("button", name="生成文件").click()
    expect(page.locator(".files")).to_be_visible(timeout=120_000)
    expect(page.locator(".facts")).to_contain_text("接受全部修订即为新版，拒绝全部修订即为旧版")
    taken = {}
    for name in ("comparison.docx", "comparison.pdf", "comparison.zip"):
        with page.expect_download() as waiting:
            page.locator(f'.file[href*="/{name}?"]').click()
        taken[name] = Path(waiting.value.path()).read_bytes()
        assert waiting.value.suggested_filename.startswith("SHFW-")
    assert count_revisions(taken["comparison.docx"]) > 4
    assert taken["comparison.pdf"].startswith(b"%PDF-")
    assert "comparison.json" in zipfile.ZipFile(io.BytesIO(taken["comparison.zip"])).namelist()
