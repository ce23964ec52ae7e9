"""Review and approval through the pages, without a browser."""

from __future__ import annotations

import re
from functools import cache

import pytest
from flask import Flask

from app.services.filing import load_contract_unasked
from app.settings import Settings
from app.store.outbox import messages
from app.web.desk import KEY, Desk
from tests.data_folders import with_database
from tests.web.applications import application
from tests.web.conftest import Visitor
from tests.web.people import actor_named, approvers, contract_of, first_lawyer, ready_contract, session_of


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    made = application(
        Settings(data_dir=with_database(tmp_path_factory.mktemp("approvals")), public_url="https://contracts.example.com")
    )
    first_lawyer(made.extensions[KEY])
    approvers(made.extensions[KEY])
    return made


@pytest.fixture(scope="module")
def desk(app: Flask) -> Desk:
    found: Desk = app.extensions[KEY]
    return found


@pytest.fixture
def contract(desk: Desk) -> str:
    return ready_contract(desk, actor_named(desk, "wang"))


@cache
def _session(app: Flask, login: str) -> str:
    """Signing in is slow on purpose; once for each person is enough."""
    return session_of(app.extensions[KEY], login)


def _as(app: Flask, login: str) -> Visitor:
    visitor = Visitor(app.test_client())
    visitor.sign_in(_session(app, login))
    return visitor


def _page(visitor: Visitor, path: str) -> str:
    return str(visitor.get(path).get_data(as_text=True))


def _digest(page: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


def _submit(visitor: Visitor, contract: str, **more: object):  # type: ignore[no-untyped-def]
    revision = re.search(r'name="revision" value="(\d+)"', _page(visitor, f"/contracts/{contract}/submission"))
    assert revision
    return visitor.post(f"/contracts/{contract}/submission", {"revision": revision[1], "do": "submit", **more})


def _approve(app: Flask, login: str, contract: str, office: str, **more: str):  # type: ignore[no-untyped-def]
    visitor = _as(app, login)
    digest = _digest(_page(visitor, f"/contracts/{contract}/approvals"))
    return visitor.post(f"/contracts/{contract}/approvals/approve", {"office": office, "digest": digest, **more})


def test_a_contract_goes_through_review_to_approval(app: Flask, desk: Desk, contract: str, visitor: Visitor) -> None:
    page = _page(visitor, f"/contracts/{contract}/submission")
    for words in ("每份合同须经起草人以外的法务审查", "周法务", "达到500,000元", "钱业务", "孙财务"):
        assert words in page
    place = _submit(visitor, contract, remark="请重点看责任上限。").headers["Location"]
    assert place == f"/contracts/{contract}/approvals?told=submitted"
    zhou = _as(app, "zhou")
    assert f"/contracts/{contract}/approvals" in _page(zhou, "/approvals/")
    page = _page(zhou, f"/contracts/{contract}/approvals")
    for words in ("请您审批", "请重点看责任上限。", "第1次送审", "R-46", "审查材料"):
        assert words in page
    _approve(app, "zhou", contract, "legal", words="已核对。")
    assert f"/contracts/{contract}/approvals" not in _page(zhou, "/approvals/").partition("我决定过的")[0]
    _approve(app, "sun", contract, "finance")
    assert _approve(app, "qian", contract, "business").headers["Location"].endswith("told=approved")
    overview = _page(visitor, f"/contracts/{contract}/")
    for words in ("已定稿", "发起签署", "恢复起草", "已核对。"):
        assert words in overview
    with desk.reading() as uow:
        draft = load_contract_unasked(uow, contract).draft_id
    stale = visitor.save(draft, contract__sign_place="上海市浦东新区")  # a page that was left open since before the approval
    assert (stale.status_code, "恢复起草" in stale.get_json()["message"]) == (422, True)
    assert "已定稿" in _page(visitor, f"/contracts/{contract}/")
    with desk.reading() as uow:
        texts = [m.text for m in messages(uow.session) if m.contract_id == contract]
    assert any(f"https://contracts.example.com/contracts/{contract}/approvals" in t for t in texts)


def test_what_stands_in_the_way_is_listed_and_what_was_entered_stays(desk: Desk, visitor: Visitor) -> None:
    contract = contract_of(desk, actor_named(desk, "wang"))
    page = _page(visitor, f"/contracts/{contract}/submission")
    assert "还有 2 项须先处理" in page
    assert 'value="submit" disabled' in page
    answer = _submit(visitor, contract, remark="说明文字")
    refused = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for words in ("R-35", "R-46", "说明文字", "还不能送审"):
        assert words in refused


def test_a_waiver_asked_for_changes_the_route_before_it_is_submitted(contract: str, visitor: Visitor) -> None:
    asked = {"waiver_topic": ["8.2-t1", ""], "waiver_reason": ["对方为独家供应商，付款期不可商量", ""], "do": "look"}
    page = visitor.post(f"/contracts/{contract}/submission", asked).get_data(as_text=True)
    for words in ("触及不可接受立场", "法务负责人", "须本人", "对方为独家供应商，付款期不可商量"):
        assert words in page
    never = {"waiver_topic": ["9.2-t1"], "waiver_reason": ["对方坚持"], "do": "look"}
    assert "任何人不得豁免" in visitor.post(f"/contracts/{contract}/submission", never).get_data(as_text=True)


def test_a_refused_return_keeps_every_remark_and_a_good_one_reaches_the_drafter(
    app: Flask, contract: str, visitor: Visitor
) -> None:
    _submit(visitor, contract)
    zhou = _as(app, "zhou")
    page = _page(zhou, f"/contracts/{contract}/approvals")
    entered = {"office": "legal", "digest": _digest(page), "reason": " ", "remark_place": ["fees.payment.term", "team.composition.key"],
               "remark_text": ["改为45日。", "更换须事先通知。"]}  # fmt: skip
    again = zhou.post(f"/contracts/{contract}/approvals/return", entered)
    assert again.status_code == 422
    kept = again.get_data(as_text=True)
    for words in ("退回须写明理由", "改为45日。", "更换须事先通知。", '<option value="team.composition.key" selected>'):
        assert words in kept
    zhou.post(f"/contracts/{contract}/approvals/return", entered | {"reason": "两处须修改"})
    page = _page(visitor, f"/contracts/{contract}/approvals")
    for words in ("已退回", "两处须修改", "改为45日。", "第8.2.", "再次送审"):
        assert words in page
    assert "按退回意见修改，重新送审" in _page(visitor, f"/contracts/{contract}/")


def test_while_it_is_decided_the_text_is_shown_but_not_offered_for_editing(
    app: Flask, desk: Desk, contract: str, visitor: Visitor
) -> None:
    _submit(visitor, contract)
    with desk.reading() as uow:
        draft = load_contract_unasked(uow, contract).draft_id
    page = _page(visitor, f"/drafts/{draft}/")
    assert "合同正在审批，文本不能修改" in page
    assert "data-read-only" in page
    saved = visitor.save(draft, contract__sign_place="上海市")
    assert saved.status_code == 422
    assert "撤回送审" in saved.get_json()["message"]
    for login, office in (("zhou", "legal"), ("qian", "business"), ("sun", "finance")):
        _approve(app, login, contract, office)
    assert "恢复起草会使审批失效" in _page(visitor, f"/drafts/{draft}/")
    assert visitor.post(f"/contracts/{contract}/redraft").headers["Location"] == f"/drafts/{draft}/"
    assert "data-read-only" not in _page(visitor, f"/drafts/{draft}/")
    assert "已失效" in _page(visitor, f"/contracts/{contract}/approvals")


def test_only_who_may_decide_is_offered_a_decision(app: Flask, contract: str, visitor: Visitor) -> None:
    _submit(visitor, contract)
    for login in ("wang", "qian", "sun"):
        assert "请您审批" not in _page(_as(app, login), f"/contracts/{contract}/approvals")
    head = _page(_as(app, "wu"), f"/contracts/{contract}/approvals")
    assert "请您审批" in head  # the head of legal may speak for legal


def test_a_seat_is_passed_on_and_taken_back(app: Flask, desk: Desk, contract: str, visitor: Visitor) -> None:
    _submit(visitor, contract)
    zhou, to = _as(app, "zhou"), actor_named(desk, "wu").id
    path = f"/contracts/{contract}/approvals"
    assert zhou.post(f"{path}/delegate", {"office": "legal", "to": to, "reason": " "}).status_code == 422
    zhou.post(f"{path}/delegate", {"office": "legal", "to": to, "reason": "休假一周"})
    page = _page(zhou, path)
    for words in ("周法务 转交 吴总监", "休假一周", "收回转交"):
        assert words in page
    assert "周法务 转交" in _page(_as(app, "wu"), "/approvals/")
    zhou.post(f"{path}/recall", {"office": "legal"})
    assert "请您审批" in _page(zhou, path)


def test_a_submission_is_withdrawn_and_an_approval_revoked(app: Flask, contract: str, visitor: Visitor) -> None:
    path = f"/contracts/{contract}/approvals"
    _submit(visitor, contract)
    visitor.post(f"{path}/withdraw", {"reason": "发现错误"})
    assert "发现错误" in _page(visitor, path)
    _submit(visitor, contract)
    for login, office in (("zhou", "legal"), ("qian", "business"), ("sun", "finance")):
        _approve(app, login, contract, office)
    sun = _as(app, "sun")
    assert "撤销审批" in _page(sun, path)
    assert sun.post(f"{path}/revoke", {"reason": "预算取消"}).headers["Location"].endswith("told=revoked")
    assert "预算取消" in _page(visitor, f"/contracts/{contract}/")


def test_a_contract_is_voided_with_a_reason(contract: str, visitor: Visitor) -> None:
    refused = visitor.post(f"/contracts/{contract}/void", {"reason": " "})
    assert refused.status_code == 422
    assert "须写明理由" in refused.get_data(as_text=True)
    visitor.post(f"/contracts/{contract}/void", {"reason": "双方放弃合作"})
    page = _page(visitor, f"/contracts/{contract}/")
    assert "已作废" in page
    assert "作废这份合同" not in page
