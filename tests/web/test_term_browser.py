"""Renewal and ending in a real browser: dates that open to their reasons, a decision, a breach from demand to exit."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from app.settings import Settings
from app.wiring import Wiring, today
from tests.web.people import LAWYER, actor_named
from tests.web.servers import Server
from tests.web.terms import in_force
from tests.web.test_browser import serious

TODAY = today()


def days_ago(count: int) -> str:
    return (TODAY - timedelta(days=count)).isoformat()


@pytest.fixture(scope="module")
def contracts(server: Server) -> tuple[str, str, str]:
    """One to renew, one to rescind, one to leave by agreement."""
    wiring = Wiring(Settings(data_dir=server.data_dir))
    lawyer = actor_named(wiring, LAWYER.login)
    start = TODAY - timedelta(days=150)
    made = tuple(in_force(wiring, lawyer, start) for _ in range(3))
    wiring.engine.dispose()
    return made  # type: ignore[return-value]


def test_a_renewal_is_decided_where_every_date_shows_its_reasons(page: Page, contracts: tuple[str, str, str]) -> None:
    page.goto(f"/contracts/{contracts[0]}/term/")
    expect(page.locator(".timeline-scroll svg")).to_be_visible()
    deadline = page.locator("details.reasoned.key")
    expect(deadline.locator(".why li").first).to_be_hidden()
    deadline.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(deadline.locator(".why li")).to_have_count(2 if "提前至" not in deadline.inner_text() else 3)
    expect(deadline).to_contain_text("第11.3.3条")
    page.get_by_role("radio", name=re.compile("^不续约")).check()
    page.get_by_label("理由").fill("改由内部团队承接")
    page.get_by_role("button", name="记录决定并起草文书").click()
    expect(page.locator("#told")).to_contain_text("已记录决定“不续约”")
    expect(page.locator(".paper-item")).to_contain_text("不续约通知")
    page.get_by_text("记录发出", exact=True).first.click()
    sending = page.locator(".paper-item form").first
    sending.get_by_label("发出日").fill(days_ago(4))
    sending.get_by_role("button", name="记录发出").click()
    page.get_by_text("记录到达", exact=True).first.click()
    arrival = page.locator(".delivery form").first
    arrival.get_by_label("到达日").fill(days_ago(2))
    arrival.get_by_label("证据").fill("EMS 1100000000001")
    arrival.get_by_role("button", name="记录到达").click()
    expect(page.locator("#told")).to_contain_text("届满终止")
    expect(page.locator(".record-state")).to_contain_text("即将届满")


def test_a_breach_goes_from_demand_to_notice_and_exit(page: Page, contracts: tuple[str, str, str]) -> None:
    page.goto(f"/contracts/{contracts[1]}/ending/")
    page.get_by_role("radio", name=re.compile("^违约解除")).check()
    expect(page.get_by_label("不可抗力中断起始日")).to_be_hidden()
    page.get_by_label("解除事由").select_option(label="考核持续不合格（甲方主张）")
    page.get_by_label("知道事由之日").fill(days_ago(50))
    page.get_by_label("事实或者原因").fill("连续三期不合格")
    page.get_by_label("证据（工单").fill("JS-202604")
    page.get_by_role("button", name="启动", exact=True).click()
    page.get_by_role("button", name="起草催告函").click()
    step = page.locator(".route-step")
    step.nth(0).get_by_text("记录发出", exact=True).first.click()
    step.nth(0).get_by_label("发出日").fill(days_ago(42))
    step.nth(0).get_by_role("button", name="记录发出").click()
    step.nth(0).get_by_text("记录到达", exact=True).first.click()
    step.nth(0).get_by_label("到达日").fill(days_ago(40))
    step.nth(0).get_by_label("证据").fill("EMS 1100000000002")
    step.nth(0).get_by_role("button", name="记录到达").click()
    expect(step.nth(1)).to_contain_text("补救期届满日")
    page.get_by_role("button", name="起草解除通知函").click()
    for way in ("邮政特快专递", "指定邮箱"):
        step.nth(2).locator("summary", has_text=re.compile("^(记录发出|再以另一方式发出)$")).click()
        form = step.nth(2).locator("form").filter(has=page.get_by_label("送达方式"))
        form.get_by_label("送达方式").select_option(label=way)
        form.get_by_label("发出日").fill(days_ago(6))
        form.get_by_role("button", name="记录发出").click()
    express = step.nth(2).locator(".delivery").first
    express.locator("summary").click()
    express.get_by_label("到达日").fill(days_ago(3))
    express.get_by_label("证据").fill("EMS 1100000000003")
    express.get_by_role("button", name="记录到达").click()
    expect(page.locator("#told")).to_contain_text("合同已终止，退出任务已建立")
    page.get_by_role("link", name="查看退出任务").click()
    expect(page.locator(".task")).to_have_count(18)
    stop = page.locator(".task").first
    stop.get_by_text("记录完成").click()
    stop.get_by_label("依据（").fill("停止受理公告 GG-01")
    stop.get_by_role("button", name="记录").click()
    expect(page.locator(".task.done")).to_have_count(1)


def test_the_calculator_answers_while_one_chooses(page: Page, contracts: tuple[str, str, str]) -> None:
    page.goto(f"/contracts/{contracts[2]}/term/notice")
    page.get_by_label("日期").fill("2026-10-08")
    page.get_by_label("送达方式").select_option("email")
    expect(page.locator("#result")).to_contain_text("2026-09-30")
    page.get_by_label("推算").select_option("forward")
    expect(page.locator("#result")).to_contain_text("最迟到达日")
    expect(page.locator("#result .big-figure")).to_contain_text("2026-10-09")


@pytest.mark.parametrize("part", ["term/", "ending/", "exit/", "term/notice"])
def test_the_pages_are_sound_for_everybody_and_fit_a_narrow_screen(
    page: Page, contracts: tuple[str, str, str], part: str
) -> None:
    page.goto(f"/contracts/{contracts[2]}/{part}")
    assert serious(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    if part in ("term/", "ending/"):
        expect(page.locator(".timeline-scroll")).to_be_hidden()
        expect(page.locator("svg.strip")).to_be_visible()
        expect(page.locator(".events")).to_be_visible()
