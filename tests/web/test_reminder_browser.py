"""A personal calendar in the browser: the address is made, fetched as a calendar program would, and read by another library."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import date, datetime, time

import pytest
from playwright.sync_api import Page

from app.domain.permissions import Role
from app.domain.reminders import Topic
from app.domain.term import BEIJING
from app.services.access import actor_with_login
from app.services.reminding import Subject, set_date
from app.settings import Settings
from app.wiring import Wiring
from tests.web.servers import Server


@pytest.mark.filterwarnings("ignore")
def test_a_calendar_is_subscribed_to_and_its_address_is_revoked(page: Page, server: Server) -> None:
    import vobject

    wiring = Wiring(Settings(data_dir=server.data_dir))
    today = wiring.today()
    due = date(today.year + 1, 3, 1)
    with wiring.unit_of_work() as uow:
        lawyer = actor_with_login(uow, "wang")
        assert Role.DRAFTER in lawyer.roles
        about = Subject(Topic.LICENCE, "x:1", "经营许可证（京B2-1）", "/reminders/", responsible_id=lawyer.id)
        set_date(uow, lawyer, wiring.now(), about, due)
        uow.commit()
    wiring.engine.dispose()
    page.goto("/account/calendar")
    page.get_by_role("button", name="生成订阅地址").click()
    address = page.locator("#feed-address").inner_text()
    with urllib.request.urlopen(address.replace(address.split("/calendar/")[0], server.url), timeout=10) as answer:
        assert answer.headers.get_content_type() == "text/calendar"
        calendar = vobject.readOne(answer.read().decode())
    (event,) = calendar.vevent_list
    assert event.summary.value == "有效期至：经营许可证（京B2-1）"
    assert event.dtstart.value == datetime.combine(due, time(8, 30), BEIJING)
    assert [a.trigger.value.days for a in event.valarm_list] == [-60, -30]
    assert event.dtstart.params["X-VOBJ-ORIGINAL-TZID"] == [calendar.vtimezone.tzid.value] == ["Asia/Shanghai"]
    assert calendar.vtimezone.standard.tzoffsetto.value == "+0800"
    with wiring.unit_of_work() as uow:  # what moves is moved in the calendar of who subscribed
        set_date(uow, lawyer, wiring.now(), about, due.replace(month=4))
        uow.commit()
    wiring.engine.dispose()
    with urllib.request.urlopen(address.replace(address.split("/calendar/")[0], server.url), timeout=10) as answer:
        (moved,) = vobject.readOne(answer.read().decode()).vevent_list
    assert (moved.uid.value, moved.dtstart.value.month) == (event.uid.value, 4)
    assert int(moved.sequence.value) >= int(event.sequence.value)  # counted in minutes
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="停用").click()
    page.get_by_text("订阅地址已经停用。").wait_for()
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(address.replace(address.split("/calendar/")[0], server.url), timeout=10)
