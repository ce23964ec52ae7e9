"""The pages of organisations, and filling a draft's parties from them."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask

from app.domain.permissions import Role
from app.services.drafts import load_draft_unasked
from app.services.filing import load_contract_unasked
from app.services.registering import search_organisations
from app.web.desk import KEY, Desk
from tests.web.conftest import Visitor
from tests.web.people import actor_named, contract_of, person, session_of

SOUND = {
    "name": "示例乙方客户服务有限公司（虚构）",
    "uscc": "9131 0115-MA1K0XYW5B",
    "legal_representative": "李四",
    "registered_address": "上海市浦东新区示例大道88号",
    "size_class": "small",
    "note": "一\r\n二",
    "addresses-0-kind": "postal",
    "addresses-0-address": "上海市浦东新区示例大道88号 200120",
    "addresses-3-kind": "email",
    "addresses-3-address": "notice@example.org",
    "addresses-7-kind": "postal",
    "bank_accounts-0-holder": "示例乙方客户服务有限公司（虚构）",
    "bank_accounts-0-bank": "示例银行上海分行",
    "bank_accounts-0-number": "3100 0000 0000 0001",
    "licences-0-kind": "增值电信业务经营许可证",
    "licences-0-number": "沪B2-20260001",
    "licences-0-valid_until": "2099-12-31",
    "contacts-0-name": "赵经理",
    "contacts-0-role": "项目经理",
}


@pytest.fixture(scope="module")
def desk(app: Flask) -> Desk:
    found: Desk = app.extensions[KEY]
    return found


def enter(visitor: Visitor, **changes: str) -> str:
    answer = visitor.post("/organisations/", {**SOUND, "uscc": "", **changes})
    found = re.fullmatch(r"/organisations/([0-9a-f]{32})/\?told=saved", answer.headers.get("Location", ""))
    assert found, answer.get_data(as_text=True)
    return found[1]


def page(answer) -> str:  # type: ignore[no-untyped-def]
    return str(answer.get_data(as_text=True))


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found
    return html.unescape(found[1])


def test_an_organisation_is_entered_and_shown_with_everything(visitor: Visitor) -> None:
    made = enter(visitor, uscc=SOUND["uscc"])
    shown = page(visitor.get(f"/organisations/{made}/"))
    for words in (
        "91310115MA1K0XYW5B",
        "李四",
        "小型企业",
        "notice@example.org",
        "3100000000000001",
        "沪B2-20260001",
        "赵经理",
        "一<br>二",
        "登记主体",
    ):
        assert words in shown
    assert made in page(visitor.get("/organisations/?q=0XYW5B"))
    assert made not in page(visitor.get("/organisations/?q=0XYW5B&ending=1"))


def test_faults_are_told_at_once_where_they_are_and_nothing_entered_is_lost(visitor: Visitor) -> None:
    bad = {**SOUND, "uscc": "9131", "licences-0-valid_until": "2026-02-30", "contacts-0-email": "nicht", "note": "<b>留下</b>"}
    answer = visitor.post("/organisations/", bad)
    shown = page(answer)
    assert answer.status_code == 422
    for words in (
        "应为18位",
        "不是有效日期",
        "不是可用的电子邮箱",
        "还有 3 处需要改正",
        "2026-02-30",
        "&lt;b&gt;留下",
        "赵经理",
        'value="3100 0000 0000 0001"',
    ):
        assert words in shown
    assert "addresses-2-" not in shown.partition("<template>")[0]  # the row with a choice alone is gone


def test_who_saves_second_sees_both_changes_brought_together_and_saves_again(visitor: Visitor, desk: Desk) -> None:
    made = enter(visitor, name="合并有限公司")
    first, second = (page(visitor.get(f"/organisations/{made}/edit")) for _ in range(2))
    mine = {**SOUND, "uscc": "", "name": "合并有限公司"}
    theirs = {
        **mine,
        "legal_representative": "他人改的",
        "note": "他人写的",
        "base": hidden(first, "base"),
        "revision": hidden(first, "revision"),
    }
    assert visitor.post(f"/organisations/{made}/", theirs).status_code == 302
    late = {
        **mine,
        "registered_address": "我改的住所",
        "note": "我写的",
        "base": hidden(second, "base"),
        "revision": hidden(second, "revision"),
    }
    answer = visitor.post(f"/organisations/{made}/", late)
    shown = page(answer)
    assert answer.status_code == 409
    for words in ("您的内容还没有保存", "他人改的", "我改的住所", "我写的", "他人写的", "双方都改了“备注”"):
        assert words in shown
    again = {**late, "legal_representative": "他人改的", "base": hidden(shown, "base"), "revision": hidden(shown, "revision")}
    assert visitor.post(f"/organisations/{made}/", again).status_code == 302
    with desk.reading() as uow:
        (line,) = search_organisations(uow, actor_named(desk, "wang"), desk.today(), "合并有限公司").lines
        assert line.legal_representative == "他人改的"
    assert "我写的" in page(visitor.get(f"/organisations/{made}/"))


@pytest.mark.parametrize("base", ["", "[]", "{", '{"name": 1}', "[" * 5000])
def test_a_form_whose_beginning_is_damaged_is_refused(visitor: Visitor, base: str) -> None:
    made = enter(visitor, name="损坏有限公司")
    assert visitor.post(f"/organisations/{made}/", {**SOUND, "base": base}).status_code == 422


def test_an_organisation_that_is_not_there_is_not_found(visitor: Visitor) -> None:
    for path in ("", "edit"):
        assert visitor.get(f"/organisations/{'0' * 32}/{path}").status_code == 404


def test_choosing_an_organisation_shows_what_changes_and_writes_it_once_confirmed(visitor: Visitor, desk: Desk) -> None:
    made, draft = enter(visitor, name="被选用有限公司"), visitor.draft(party_b__name="原来的乙方")
    assert "被选用有限公司" in page(visitor.get(f"/drafts/{draft}/parties/b/?q=被选用"))
    shown = page(visitor.get(f"/drafts/{draft}/parties/b/?organisation={made}"))
    for words in ("<s>原来的乙方</s>", "被选用有限公司", "赵经理（项目经理）", "沪B2-20260001", "小型企业"):
        assert words in shown
    names = [n for n in re.findall(r'name="name" value="([^"]+)"', shown) if n != "party_b.legal_rep"]
    answer = visitor.post(f"/drafts/{draft}/parties/b/", {"organisation": made, "seen": hidden(shown, "seen"), "name": names})
    assert answer.headers["Location"].startswith(f"/drafts/{draft}/")
    with desk.reading() as uow:
        raw = load_draft_unasked(uow, desk.library, draft).raw
    assert raw["party_b.name"] == "被选用有限公司"
    assert raw["pay.account_no"] == "3100000000000001"
    assert raw["notice.party_b_email"] == "notice@example.org"
    assert raw["party_b.telecom_license_no"] == "沪B2-20260001"
    assert "party_b.legal_rep" not in raw


def test_what_somebody_else_answered_meanwhile_is_not_overwritten(visitor: Visitor, desk: Desk) -> None:
    made, draft = enter(visitor, name="撞车有限公司"), visitor.draft()
    shown = page(visitor.get(f"/drafts/{draft}/parties/a/?organisation={made}"))
    visitor.save(draft, party_a__legal_rep="别人刚填的")
    names = re.findall(r'name="name" value="([^"]+)"', shown)
    answer = visitor.post(f"/drafts/{draft}/parties/a/", {"organisation": made, "seen": hidden(shown, "seen"), "name": names})
    assert answer.status_code == 409
    assert "王律师刚刚填写" in page(answer)
    with desk.reading() as uow:
        raw = load_draft_unasked(uow, desk.library, draft).raw
    assert (raw["party_a.name"], raw["party_a.legal_rep"]) == ("撞车有限公司", "别人刚填的")


def test_nothing_chosen_is_said_and_a_third_party_is_not_there(visitor: Visitor) -> None:
    made, draft = enter(visitor, name="无选择有限公司"), visitor.draft()
    assert visitor.post(f"/drafts/{draft}/parties/a/", {"organisation": made, "seen": "0"}).status_code == 422
    assert visitor.get(f"/drafts/{draft}/parties/c/").status_code == 404


def test_the_party_of_a_draft_begins_a_new_organisation_but_not_that_of_a_closed_one(
    app: Flask, visitor: Visitor, desk: Desk
) -> None:
    draft = visitor.draft(party_a__name="草稿里的甲方")
    assert 'value="草稿里的甲方"' in page(visitor.get(f"/organisations/new?draft={draft}&role=a"))
    contract = contract_of(desk, actor_named(desk, "wang"), confidential=True)
    with desk.reading() as uow:
        closed = load_contract_unasked(uow, contract).draft_id
    person(desk, "other", Role.DRAFTER)
    other = Visitor(app.test_client())
    other.sign_in(session_of(desk, "other"))
    answer = other.get(f"/organisations/new?draft={closed}&role=a")
    assert answer.status_code == 404
    assert "示例" not in page(answer)
