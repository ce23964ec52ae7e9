"""The page of signing of a contract: the plan that is proposed, what is refused with everything entered kept, where a signing stands."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from app.domain.execution import Order
from app.services.authority_papers import PowerText
from app.services.code_delivery import code_ended
from app.services.signing_plan import Assigned, Plan
from app.services.signing_start import start
from app.store.contracts import find_contract
from app.store.outbox import OutboxRow, messages
from app.web.desk import KEY
from tests.services.signing_house import A_SEAL, A_SIGN, B_SEAL, PEOPLE, QuickRoom, approved, small_tools
from tests.services.test_signing_authority import UNPRINTED
from tests.web.conftest import Visitor
from tests.web.people import LAWYER, actor_named


@pytest.fixture(scope="module")
def contract(app: Flask) -> str:
    return approved(app.extensions[KEY].unit_of_work)


@pytest.fixture(scope="module")
def underway(app: Flask) -> str:
    """A signing that waits for everybody."""
    desk = app.extensions[KEY]
    made = approved(desk.unit_of_work)
    room = QuickRoom(desk.settings.data_dir / "pki", "成约", "", desk.now)
    kit = replace(desk.signing_kit, room=room, tools=small_tools)
    plan = Plan(Order.PARALLEL, desk.today() + timedelta(days=7), PEOPLE)
    start(kit, actor_named(desk, LAWYER.login), desk.calendar, made, plan)
    return made


def text(answer) -> str:  # type: ignore[no-untyped-def]
    return str(answer.get_data(as_text=True))


def test_the_plan_is_filled_with_what_the_text_says(visitor: Visitor, contract: str) -> None:
    page = text(visitor.get(f"/contracts/{contract}/signing/"))
    assert "林知远" in page
    assert "印在文本中" in page
    assert page.count('type="email"') == 4
    assert "骑缝章" in page


def test_a_plan_with_faults_is_told_them_all_and_keeps_what_was_entered(visitor: Visitor, contract: str) -> None:
    entered: dict[str, object] = {f"email-{p.place}": p.email for p in PEOPLE}
    entered |= {f"name-{A_SEAL}": "周保管", f"email-{B_SEAL}": "not an address", "deadline": "2020-01-01", "order": "sequential"}
    answer = visitor.post(f"/contracts/{contract}/signing/start", entered)
    page = text(answer)
    assert answer.status_code == 422
    for words in ("签署期限不能早于今日", "乙方盖章没有填写姓名", "的写法有误", "周保管", "lin@party-a.example"):
        assert words in page
    assert '<option value="sequential" selected>' in page
    with visitor.client.application.extensions[KEY].reading() as uow:
        row = find_contract(uow.session, contract)
        assert row is not None
        assert row.stage == "approved"


def test_the_owner_sees_who_is_asked_reminds_mends_and_withdraws(visitor: Visitor, underway: str) -> None:
    base = f"/contracts/{underway}/signing"
    page = text(visitor.get(f"{base}/"))
    assert page.count("已发送链接，尚未打开阅读") == 4
    assert page.count("更换签署人") == 2, "printed names can't be replaced"
    assert visitor.post(f"{base}/remind", {"place": A_SEAL}).status_code == 302
    assert visitor.post(f"{base}/address", {"place": A_SEAL, "email": "new@party-a.example"}).status_code == 302
    refused = visitor.post(f"{base}/withdraw", {"reason": "短"})
    assert refused.status_code == 422
    assert "撤回签署须写明理由" in text(refused)
    assert visitor.post(f"{base}/withdraw", {"reason": "收款账户需要更正"}).status_code == 302
    page = text(visitor.get(f"{base}/"))
    assert "收款账户需要更正" in page
    assert "定稿并发送签署链接" in page


def test_opening_a_link_changes_nothing_and_an_unknown_one_says_why(stranger: Visitor) -> None:
    answer = stranger.get(f"/sign/{'x' * 43}/")
    assert answer.status_code == 404
    assert "链接不能使用" in text(answer)
    assert "noindex" in text(answer)


@pytest.fixture(scope="module")
def by_agent(app: Flask) -> str:
    """A signing in which an agent signs for party A, and no name is printed there."""
    desk = app.extensions[KEY]
    made = approved(desk.unit_of_work, UNPRINTED)
    kit = replace(desk.signing_kit, room=QuickRoom(desk.settings.data_dir / "pki", "成约", "", desk.now), tools=small_tools)
    today = desk.today()
    power = PowerText("SQ-8", *(str(today + timedelta(days=n)) for n in (-30, -3, 60)))
    agent = Assigned(A_SIGN, "陈代签", "副总经理", "chen@party-a.example", power=power)
    start(
        kit,
        actor_named(desk, LAWYER.login),
        desk.calendar,
        made,
        Plan(Order.PARALLEL, today + timedelta(days=7), (agent, PEOPLE[2])),
    )
    return made


def test_a_replacement_without_a_power_keeps_what_was_entered_and_one_with_it_goes_through(
    visitor: Visitor, by_agent: str, app: Flask
) -> None:
    base, today = f"/contracts/{by_agent}/signing", app.extensions[KEY].today()
    page = text(visitor.get(f"{base}/"))
    assert "SQ-8" in page
    assert "更新授权委托书" in page
    entered: dict[str, object] = {
        "place": A_SIGN, "name": "吴接手", "title": "副总裁", "email": "wu@party-a.example", "reason": "原签署人已经离任",
        "power-number": "SQ-9", "power-issued": str(today), "power-from": str(today + timedelta(days=1)),
        "power-until": str(today + timedelta(days=9)), "power-matters": ["contract", "amendment"],
    }  # fmt: skip
    answer = visitor.post(f"{base}/replace", entered)
    assert answer.status_code == 422
    assert "超期" in text(answer)
    for kept in ("吴接手", "副总裁", "wu@party-a.example", "原签署人已经离任", 'value="SQ-9"'):
        assert kept in text(answer)
    assert visitor.post(f"{base}/replace", {**entered, "power-from": str(today)}).status_code == 302
    assert "吴接手" in text(visitor.get(f"{base}/"))
    wrong = visitor.post(f"{base}/authority", {"place": A_SIGN, "power-number": "SQ-10", "power-until": "明年"})
    assert wrong.status_code == 422
    for words in ("缺少签发日", "缺少生效日", "失效日“明年”的写法", "没有选择授权事项", 'value="SQ-10"'):
        assert words in text(wrong)
    update = {k: v for k, v in entered.items() if k == "place" or k.startswith("power-")}
    assert visitor.post(f"{base}/authority", {**update, "power-number": "SQ-11", "power-from": str(today)}).status_code == 302
    page = text(visitor.get(f"{base}/"))
    assert "SQ-11" in page
    assert "签订合同、签署补充协议，不限金额" in page


def test_the_way_of_codes_is_changed_and_a_missing_gateway_is_told(
    visitor: Visitor, stranger: Visitor, by_agent: str, app: Flask
) -> None:
    base = f"/contracts/{by_agent}/signing"
    refused = visitor.post(f"{base}/code-way", {"place": A_SIGN, "code_way": "sms", "phone": "12345"})
    assert refused.status_code == 422
    assert "手机号“12345”的写法有误" in text(refused)
    assert 'value="12345"' in text(refused)
    assert visitor.post(f"{base}/code-way", {"place": A_SIGN, "code_way": "sms", "phone": "13812345678"}).status_code == 302
    page = text(visitor.get(f"{base}/"))
    assert "+86 138****5678" in page
    assert "没有设置短信网关" in page
    desk = app.extensions[KEY]

    def newest(channel: str, words: str) -> OutboxRow:
        with desk.reading() as uow:
            found = [
                m
                for m in messages(uow.session, limit=500)
                if m.channel == channel and m.contract_id == by_agent and words in m.text
            ]
            uow.session.expunge_all()
        return max(found, key=lambda m: m.created_at)

    token = re.search(r"/sign/([A-Za-z0-9_-]{20,})", newest("mail", "/sign/").text)
    assert token is not None
    assert stranger.post(f"/sign/{token[1]}/code", {"by": "mail"}).status_code == 302
    sent = newest("sms", "验证码")
    assert sent.recipient == "+8613812345678", "the visitor does not choose the way"
    with desk.unit_of_work() as uow:
        code_ended(uow, desk.now(), desk.signing_kit.post, sent, "短信网关拒收（HTTP 403）")
        uow.commit()
    door = text(stranger.get(f"/sign/{token[1]}/"))
    assert "短信没有送达" in door
    assert "请联系发起人" in door
    assert 'name="by"' not in door
    assert "先以其他方式与本人核实" in text(visitor.get(f"{base}/"))
