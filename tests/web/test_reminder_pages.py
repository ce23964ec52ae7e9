"""The pages of reminders: what comes next, policies, channels, and the alarm when the clock stands still."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from app.services.heartbeat import beat
from app.services.raising import raise_due
from app.services.renewal_reminding import work_out_waiting
from app.settings import Settings
from tests.data_folders import with_database
from tests.services.living import OFFICIAL, in_force
from tests.web.applications import application
from tests.web.conftest import Visitor
from tests.web.people import first_lawyer, session_of
from tests.web.test_deciding import DAY, Autumn

HOOK = "https://open.feishu.cn/open-apis/bot/v2/hook/"


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Autumn:
    return Autumn(Settings(data_dir=with_database(tmp_path_factory.mktemp("reminders")), public_url="http://localhost"))


@pytest.fixture(scope="module")
def contract(tools: Autumn) -> str:
    first_lawyer(tools)
    found = in_force(tools.unit_of_work).contract_id
    work_out_waiting(tools.unit_of_work, tools.now(), DAY, OFFICIAL)
    raise_due(tools.unit_of_work, tools.now(), OFFICIAL)
    return found


@pytest.fixture(scope="module")
def app(tools: Autumn, contract: str) -> Flask:
    return application(tools.settings, tools)


@pytest.fixture(scope="module")
def lawyer_session(tools: Autumn, app: Flask) -> str:
    return session_of(tools, "wang")


def text(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_contract_shows_its_next_reminder_channel_and_how_the_last_one_arrived(visitor: Visitor, contract: str) -> None:
    page = text(visitor, f"/contracts/{contract}/reminders/")
    for words in ("2026-10-27", "决定是否续约", "下次提醒", "2026-10-20", "−7 日", "邮件", "合同期限届满", "2026-12-31"):
        assert words in page
    assert "等待次日汇总" in page  # raised, and not told yet


def test_all_dates_are_listed_and_contracts_without_one_are_named(visitor: Visitor, contract: str) -> None:
    page = text(visitor, "/reminders/?all=1")
    assert f"/contracts/{contract}/reminders/" in page
    assert "无日期的合同" in page


def test_a_policy_that_cannot_be_used_comes_back_with_what_was_entered(visitor: Visitor, contract: str) -> None:
    wrong = {"form": "policy-payment", "topic": "payment", "days": "十天", "channel": "mail", "deputy_from": "7", "head_from": ""}
    answer = visitor.post("/reminders/policies/", wrong)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "不是可用的天数" in page
    assert 'value="十天"' in page
    assert visitor.post("/reminders/policies/", {**wrong, "days": "-10, +3"}).status_code == 302
    assert "−10、+3" in text(visitor, "/reminders/policies/")
    own = f"/contracts/{contract}/reminders/policies"
    assert visitor.post(own, {**wrong, "days": "-2"}).status_code == 302
    assert "此处设定" in text(visitor, f"/contracts/{contract}/reminders/")


def test_an_hour_of_sending_in_the_quiet_hours_is_refused(visitor: Visitor) -> None:
    hours = {"form": "house", "send_at": "07:00", "quiet_from": "20:00", "quiet_until": "08:00", "head": ""}
    answer = visitor.post("/reminders/house", hours)
    assert answer.status_code == 422
    assert "落在免打扰时段内" in answer.get_data(as_text=True)
    assert visitor.post("/reminders/house", {**hours, "send_at": "09:15"}).status_code == 302
    assert "09:15" in text(visitor, "/reminders/policies/")


def test_a_channel_is_entered_and_neither_address_nor_secret_is_shown_again(visitor: Visitor) -> None:
    entered = {
        "form": "channel",
        "kind": "feishu",
        "name": "飞书群",
        "address": "https://open.feishu.cn/open-apis/bot/v2/hook/hidden-key",
        "secret": "hidden-secret",
    }
    assert visitor.post("/reminders/channels/", {**entered, "address": "https://elsewhere.example/"}).status_code == 422
    assert visitor.post("/reminders/channels/", entered).status_code == 302
    page = text(visitor, "/reminders/channels/")
    assert "飞书群" in page
    assert "hidden-" not in page


def test_a_snooze_keeps_what_was_entered_and_never_goes_beyond_the_last_safe_day(visitor: Visitor, contract: str) -> None:
    page = text(visitor, f"/contracts/{contract}/reminders/")
    address = re.findall(rf'action="(/contracts/{contract}/reminders/\w+/snooze)"', page)[0]
    late = visitor.post(address, {"form": "snooze-x", "until": "2026-11-30", "reason": "等待预算"})
    assert late.status_code == 422
    assert "不得晚于最晚安全寄送日 2026-10-27" in late.get_data(as_text=True)
    assert visitor.post(address, {"until": "2026-10-12", "reason": "等待预算"}).status_code == 302
    assert "已推迟至 2026-10-12" in text(visitor, f"/contracts/{contract}/reminders/")


def test_everything_is_worked_out_anew_by_the_calendar_at_the_push_of_a_button(visitor: Visitor) -> None:
    assert "已录入：" in text(visitor, "/reminders/policies/")
    assert visitor.post("/reminders/replan", {}).headers["Location"] == "/reminders/policies/"
    page = text(visitor, "/reminders/policies/")
    assert re.search(r"后台任务将重新计算\d+份合同的期限和义务", page)
    assert "后台任务自动重新计算全部期限" in page


def test_every_page_says_so_when_the_clock_stands_still(visitor: Visitor, tools: Autumn) -> None:
    with tools.unit_of_work() as uow:
        beat(uow, tools.now() - timedelta(hours=3), tools.write_mail, "")
    assert "后台任务自 2026-09-24 06:00 起没有运行" in text(visitor, "/contracts/")
    with tools.unit_of_work() as uow:
        beat(uow, tools.now(), tools.write_mail, "")
    assert "起没有运行" not in text(visitor, "/contracts/")


def test_the_lpr_is_entered_on_its_page_put_right_and_taken_out(visitor: Visitor) -> None:
    page = text(visitor, "/reminders/lpr/")
    assert "2025-05-20" in page
    assert "2026年9月" in page, "what is lacking is named"
    new = {"form": "lpr", "published_on": "2026-09-21", "one_year": "许多", "five_year": "3.45", "source": "中国货币网"}
    refused = visitor.post("/reminders/lpr/", new)
    assert refused.status_code == 422
    assert 'value="许多"' in refused.get_data(as_text=True)
    assert visitor.post("/reminders/lpr/", {**new, "one_year": "2.95"}).status_code == 302
    page = text(visitor, "/reminders/lpr/")
    assert "2.95%" in page
    assert "3.45%" in page
    assert "2026年9月" not in page
    assert "style=" not in page
    assert visitor.post("/reminders/lpr/2026-09-21/removal", {"reason": ""}).status_code == 422
    assert visitor.post("/reminders/lpr/2026-09-21/removal", {"reason": "并未如此公布"}).status_code == 302
    assert "2.95%" not in text(visitor, "/reminders/lpr/")
    assert visitor.post("/reminders/lpr/never/removal", {"reason": "并未如此公布"}).status_code == 404
