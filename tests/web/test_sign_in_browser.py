"""First run, sign-in with the second factor, and a session ended elsewhere, in a real browser."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from app.domain.permissions import Role
from app.settings import Settings
from app.wiring import Wiring
from tests.web.conftest import enter
from tests.web.people import PASSWORD, person
from tests.web.servers import ROOT, Server
from tests.web.test_browser import AXE, serious

REMOTE = "另外一个足够长的新密码-测试"


@pytest.fixture
def first_start(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """What a person sees who starts the program for the first time: the link that it prints."""
    environment = {**os.environ, "PORT": "0", "DATA_DIR": str(tmp_path), "HOST": "127.0.0.1", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    link = next(found[0] for line in process.stdout if (found := re.search(r"http://\S+/first-run/\S+", line)))
    yield link, process
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    process.stdout.close()


def test_the_first_run_link_creates_the_administrator_and_works_once(
    browser: Browser, first_start: tuple[str, subprocess.Popen[str]]
) -> None:
    link, _process = first_start
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.get_by_label("登录名").fill("admin")
    page.get_by_label("姓名").fill("管理员")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_label("再输入一次").fill(PASSWORD + "x")
    page.get_by_role("button", name="创建并登录").click()
    expect(page.get_by_role("alert")).to_contain_text("两次输入的密码不一致")
    expect(page.get_by_label("登录名")).to_have_value("admin")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_label("再输入一次").fill(PASSWORD)
    page.get_by_role("button", name="创建并登录").click()
    expect(page.get_by_role("heading", name="工作台", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="用户")).to_be_visible()
    other = browser.new_context()
    again = other.new_page()
    again.goto(link)
    expect(again.get_by_role("heading", name="链接不可用")).to_be_visible()
    other.close()
    context.close()


def test_signing_in_with_the_second_factor(fresh_page: Page, server: Server) -> None:
    page = fresh_page
    person(Wiring(Settings(data_dir=server.data_dir)), "zhao", Role.DRAFTER, name="赵律师")
    page.goto("/drafts/new")
    expect(page).to_have_url(re.compile(r"/sign-in\?next=/drafts/new$"))
    page.get_by_label("登录名").fill("zhao")
    page.get_by_label("密码").fill("falsches-passwort")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("不正确")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile(r"/drafts/new$"))
    page.get_by_role("link", name="赵律师").click()
    page.get_by_role("link", name="启用两步验证").click()
    drawn = page.locator(".qr svg")
    expect(drawn).to_be_visible()
    assert drawn.evaluate(
        "svg => svg.getBBox().width <= svg.viewBox.baseVal.width && svg.viewBox.baseVal.width > 0"
    )  # none is cut off
    secret = page.locator("#secret").inner_text().replace(" ", "")
    page.get_by_label("验证码").fill(pyotp.TOTP(secret).now())
    page.get_by_label("当前密码").fill(PASSWORD)
    page.get_by_role("button", name="启用").click()
    codes = page.locator(".codes li")
    expect(codes).to_have_count(10)
    spare = codes.first.inner_text()
    page.get_by_role("link", name="已妥善保存").click()
    page.get_by_role("button", name="退出").click()
    enter(page, "zhao")
    expect(page.get_by_role("heading", name="两步验证")).to_be_visible()
    page.goto("/drafts/")
    expect(page).to_have_url(re.compile("/sign-in/second-factor"))
    page.get_by_label("验证码或恢复码").fill("000000")
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_role("alert")).to_contain_text("验证码不正确")
    page.get_by_label("验证码或恢复码").fill(spare)
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_role("heading", name="工作台", exact=True)).to_be_visible()


def test_a_session_that_is_ended_elsewhere_is_out_at_its_next_step(browser: Browser, fresh_page: Page, server: Server) -> None:
    person(Wiring(Settings(data_dir=server.data_dir)), "qian", Role.DRAFTER, name="钱律师")
    enter(fresh_page, "qian")
    expect(fresh_page.get_by_role("link", name="钱律师")).to_be_visible()
    context = browser.new_context(base_url=server.url)
    there = context.new_page()
    enter(there, "qian")
    there.goto("/drafts/new")
    there.get_by_role("button", name="打开演示合同").click()
    expect(there.locator(".paper h1")).to_be_visible(timeout=20_000)
    fresh_page.goto("/account/")
    sessions = fresh_page.locator("#sessions li")
    expect(sessions).to_have_count(2)
    sessions.filter(has_not_text="本机").get_by_role("button", name="结束").click()
    expect(sessions).to_have_count(1)
    there.locator('[id="f-party_a.name"]').fill("结束会话之后输入的名称")
    expect(there.locator('#saved[data-state="refused"]')).to_be_visible(timeout=15_000)
    address = there.url
    there.reload()
    expect(there).to_have_url(re.compile("/sign-in"))
    there.get_by_label("登录名").fill("qian")
    there.get_by_label("密码").fill(PASSWORD)
    there.get_by_role("button", name="登录").click()
    expect(there).to_have_url(address)
    expect(there.locator('#saved[data-state="idle"]')).to_be_visible(timeout=15_000)
    there.reload()
    expect(there.locator('[id="f-party_a.name"]')).to_have_value("结束会话之后输入的名称")
    context.close()


def test_an_invited_person_sets_the_password_by_the_link(browser: Browser, page: Page, server: Server) -> None:
    page.goto("/users/new")
    page.get_by_label("登录名").fill("sun")
    page.get_by_label("姓名").fill("孙审计")
    page.get_by_label("法务").first.uncheck()
    page.get_by_label("审计（只读）").check()
    page.get_by_role("button", name="邀请").click()
    link = page.locator("#link").inner_text()
    assert link.startswith("http://127.0.0.1:")
    context = browser.new_context(base_url=server.url)
    theirs = context.new_page()
    theirs.goto(link)
    theirs.get_by_label("密码", exact=True).fill(REMOTE)
    theirs.get_by_label("再输入一次").fill(REMOTE)
    theirs.get_by_role("button", name="设置密码").click()
    expect(theirs.get_by_role("status").first).to_contain_text("密码已经设置")
    enter(theirs, "sun", REMOTE)
    expect(theirs.get_by_role("heading", name="工作台", exact=True)).to_be_visible()
    expect(theirs.get_by_role("link", name="新建草稿")).to_have_count(0)
    context.close()


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
def test_the_pages_of_accounts_are_accessible_and_fit_a_narrow_screen(fresh_page: Page, page: Page) -> None:
    found = {}
    for shown, paths in (
        (fresh_page, ("/sign-in", "/forgotten", "/password/x")),
        (page, ("/account/", "/account/second-factor", "/users/", "/users/new")),
    ):
        for path in paths:
            shown.set_viewport_size({"width": 1440, "height": 900})
            shown.goto(path)
            found[path] = serious(shown)
            shown.set_viewport_size({"width": 390, "height": 844})
            assert shown.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.goto("/users/")
    page.locator("table a").first.click()
    found["user"] = serious(page)
    assert {where: problems for where, problems in found.items() if problems} == {}
