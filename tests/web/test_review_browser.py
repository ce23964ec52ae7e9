"""Two rounds of review between a lawyer and the approvers, each in a browser of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.settings import Settings
from app.wiring import Wiring
from tests.web.conftest import state_of
from tests.web.people import actor_named, approvers, first_lawyer, ready_contract
from tests.web.servers import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("review"))
    wiring = Wiring(Settings(data_dir=running.data_dir))
    first_lawyer(wiring)
    approvers(wiring)
    wiring.engine.dispose()
    running.start()
    yield running
    running.kill()


@pytest.fixture
def contract(server: Server) -> str:
    wiring = Wiring(Settings(data_dir=server.data_dir))
    made = ready_contract(wiring, actor_named(wiring, "wang"))
    wiring.engine.dispose()
    return made


class People:
    """A browser context for each person, signed in; errors of any page fail the test."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.browser, self.server = browser, server
        self.problems: list[str] = []
        self.pages: dict[str, Page] = {}

    def __call__(self, login: str) -> Page:
        if login not in self.pages:
            page = self.browser.new_context(
                base_url=self.server.url, viewport={"width": 1440, "height": 900}, storage_state=state_of(self.server, login)
            ).new_page()
            page.on("pageerror", lambda error: self.problems.append(str(error)))
            page.on("console", lambda m: self.problems.append(m.text) if "Content Security Policy" in m.text else None)
            self.pages[login] = page
        return self.pages[login]


@pytest.fixture
def people(browser: Browser, server: Server) -> Iterator[People]:
    made = People(browser, server)
    yield made
    for page in made.pages.values():
        page.context.close()
    assert made.problems == []


def _approve(page: Page, contract: str) -> None:
    page.goto("/approvals/")
    page.locator(f'a[href="/contracts/{contract}/approvals"]').first.click()
    page.get_by_role("button", name="通过", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text(re.compile("已记录您的审批|合同已定稿"))


def test_a_contract_is_sent_back_revised_and_approved(people: People, contract: str) -> None:
    lawyer, legal = people("wang"), people("zhou")
    lawyer.goto(f"/contracts/{contract}/")
    lawyer.get_by_role("link", name="提交审查").click()
    lawyer.get_by_label("送审说明（可不填）").fill("请重点看付款期。")
    lawyer.get_by_role("button", name="提交审查").click()
    expect(lawyer.get_by_text("已送审，第一位审批人已收到通知。")).to_be_visible()

    legal.goto("/approvals/")
    legal.get_by_role("link", name="SHFW-2026-0001").click()
    expect(legal.get_by_text("请重点看付款期。")).to_be_visible()
    legal.get_by_text("退回修改").click()
    legal.get_by_label("退回理由").fill("两处须修改")
    legal.locator("#remark-find-1").fill("8.2")  # the long list narrows, and keeps its chapters
    expect(legal.locator("#remark-place-1 optgroup")).to_have_count(1)
    legal.locator("#remark-place-1").select_option("fees.payment.term")
    legal.locator("#remark-text-1").fill("付款期改为45日。")
    legal.get_by_role("button", name="再加一条").click()
    expect(legal.locator(".remark-row")).to_have_count(2)
    legal.locator('.remark-row select[name="remark_place"]').last.select_option("team.composition.key")
    legal.locator('.remark-row textarea[name="remark_text"]').last.fill("更换须事先通知。")
    legal.get_by_role("button", name="退回", exact=True).click()
    expect(legal.get_by_text("已退回，送审人会收到您的意见。")).to_be_visible()

    lawyer.goto(f"/contracts/{contract}/approvals")
    expect(lawyer.locator(".remark").filter(has_text="付款期改为45日。")).to_be_visible()
    lawyer.get_by_role("link", name="修改文本").click()
    lawyer.wait_for_load_state()  # a person doesn't type within the instant in which the page's script is still loading
    place = lawyer.locator('[name="contract.sign_place"]')
    place.fill("上海市浦东新区")
    place.blur()
    expect(lawyer.locator("#saved")).to_have_attribute("data-state", "idle")
    lawyer.goto(f"/contracts/{contract}/submission")
    lawyer.get_by_role("button", name="提交审查").click()
    expect(lawyer.get_by_role("heading", name="第2次送审")).to_be_visible()

    legal.goto(f"/contracts/{contract}/approvals")
    legal.get_by_role("link", name="比较第1版与第2版").click()
    expect(legal.get_by_text("上海市浦东新区").first).to_be_visible()
    for login in ("zhou", "qian", "sun"):
        _approve(people(login), contract)
    lawyer.goto(f"/contracts/{contract}/")
    expect(lawyer.locator(".record-head .stage").first).to_have_text("已定稿")
    expect(lawyer.locator(".record-head")).to_contain_text("发起签署")


def test_the_pages_of_review_fit_a_phone(people: People, contract: str) -> None:
    lawyer = people("wang")
    lawyer.goto(f"/contracts/{contract}/submission")
    lawyer.get_by_role("button", name="提交审查").click()
    legal = people("zhou")
    for page, paths in ((lawyer, ("", "approvals")), (legal, ("approvals",))):
        page.set_viewport_size({"width": 390, "height": 844})
        for path in (*(f"/contracts/{contract}/{p}" for p in paths), "/approvals/"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
