"""The page behind a link of a reminder: opening it changes nothing, its form decides, and a spent link says so."""

from __future__ import annotations

import re
from datetime import date, datetime, time

import pytest
from flask import Flask

from app.domain.term import BEIJING
from app.services.raising import raise_due
from app.services.renewal import renewal_desk
from app.services.renewal_reminding import work_out_waiting
from app.services.telling import tell_people
from app.settings import Settings
from app.store.outbox import messages
from app.wiring import Wiring
from tests.data_folders import with_database
from tests.services.living import LAWYER, OFFICIAL, in_force
from tests.web.applications import application
from tests.web.conftest import Visitor

DAY = date(2026, 9, 24)


class Autumn(Wiring):
    """The real tools on a day on which the renewal has to be decided."""

    def now(self) -> datetime:
        return datetime.combine(DAY, time(9), BEIJING)

    def today(self) -> date:
        return DAY


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Autumn:
    return Autumn(Settings(data_dir=with_database(tmp_path_factory.mktemp("autumn")), public_url="http://localhost"))


@pytest.fixture(scope="module")
def contract(tools: Autumn) -> str:
    return in_force(tools.unit_of_work).contract_id


@pytest.fixture(scope="module")
def app(tools: Autumn, contract: str) -> Flask:
    work_out_waiting(tools.unit_of_work, tools.now(), DAY, OFFICIAL)
    raise_due(tools.unit_of_work, tools.now(), OFFICIAL)
    tell_people(tools.unit_of_work, tools.now(), tools.reminder_post)
    return application(tools.settings, tools)


def links(tools: Autumn) -> dict[str, str]:
    with tools.unit_of_work() as uow:
        text = messages(uow.session)[0].text
    return {found.split("/")[3]: found for found in re.findall(r"/decide/\w+/\w+/[\w-]+", text)}


def decided(tools: Autumn, contract: str) -> bool:
    with tools.reading() as uow:
        return renewal_desk(uow, LAWYER, DAY, OFFICIAL, contract).decision is not None


def test_a_link_opens_without_signing_in_and_opening_it_changes_nothing(app: Flask, tools: Autumn, contract: str) -> None:
    stranger = Visitor(app.test_client())
    for link in links(tools).values():
        for method in ("head", "get", "get"):
            assert getattr(stranger.client, method)(link).status_code == 200
    page = stranger.get(links(tools)["not_renew"]).get_data(as_text=True)
    assert "确认决定：不续约" in page
    assert "最晚安全寄送日：2026年10月27日" in page
    assert not decided(tools, contract)


def test_the_form_keeps_what_was_entered_decides_once_and_then_the_link_is_spent(
    app: Flask, tools: Autumn, contract: str
) -> None:
    stranger = Visitor(app.test_client())
    link = links(tools)["not_renew"]
    page = stranger.get(link).get_data(as_text=True)
    fields = dict(re.findall(r'name="(csrf_token|revision)" value="([^"]+)"', page))
    assert (
        stranger.client.post(link, data={"revision": fields["revision"], "reason": "x"}).status_code == 400
    )  # without the token
    empty = stranger.client.post(link, data={**fields, "reason": "  "})
    assert empty.status_code == 422
    assert "须写明决定的理由" in empty.get_data(as_text=True)
    done = stranger.client.post(link, data={**fields, "reason": "改由内部团队承接"})
    assert "已记录决定“不续约”，已起草" in done.get_data(as_text=True)
    assert decided(tools, contract)
    for spent in links(tools).values():
        answer = stranger.get(spent)
        assert answer.status_code == 404
        assert "这个链接不能使用" in answer.get_data(as_text=True)
