"""Files, people, conditions of effect, the audit log and the outbox, as pages."""

from __future__ import annotations

import html
import io
import json
import re
from datetime import timedelta

import pytest
from flask import Flask

from app.domain.effect import Condition
from app.domain.lifecycle import Event, Stage
from app.domain.lifecycle_facts import Facts
from app.domain.messages import NewMail
from app.domain.permissions import Role
from app.services.documents import list_documents
from app.services.filing import load_contract_unasked
from app.services.moving import move
from app.services.record import require_contract
from app.services.taking_effect import SigningDate, note_signed, read_effect
from app.services.versions import save_version
from app.store.outbox import messages
from app.web.desk import KEY, Desk
from tests.web.conftest import Visitor
from tests.web.people import actor_named, contract_of, person, session_of

LINK = "https://example.com/password/" + "aB3-_" * 9


@pytest.fixture(scope="module")
def desk(app: Flask) -> Desk:
    found: Desk = app.extensions[KEY]
    person(found, "li", Role.DRAFTER, name="李法务")
    person(found, "sun", Role.AUDITOR, name="孙审计")
    person(found, "zhou", Role.SYSTEM_ADMINISTRATOR, name="周系统")
    return found


@pytest.fixture
def contract(desk: Desk) -> str:
    return contract_of(desk, actor_named(desk, "wang"))


def signed(desk: Desk, contract: str) -> str:
    me, now, today = actor_named(desk, "wang"), desk.now(), desk.today()
    with desk.unit_of_work() as uow:
        save_version(uow, me, now, today, desk.reference, contract)
    with desk.unit_of_work() as uow:
        row = require_contract(uow, contract, lock=True)
        facts = Facts(today=today, reason="系统启用前签署", outstanding_signatures=(), signed_copy="x")
        move(uow, me, now, row, Event.RECORDED_AS_SIGNED, facts)
        note_signed(
            uow, me, now, row, [SigningDate("a", "张三", today - timedelta(2)), SigningDate("b", "李四", today - timedelta(1))]
        )
        uow.commit()
    return contract


def visitor_as(app: Flask, desk: Desk, login: str) -> Visitor:
    made = Visitor(app.test_client())
    made.sign_in(session_of(desk, login))
    return made


def page(answer) -> str:  # type: ignore[no-untyped-def]
    return str(answer.get_data(as_text=True))


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found
    return html.unescape(found[1])


def send(visitor: Visitor, path: str, name: str, content: bytes, **fields: str):  # type: ignore[no-untyped-def]
    return visitor.post(path, {**fields, "file": (io.BytesIO(content), name)}, content_type="multipart/form-data")


# ---- files


def test_a_file_is_put_in_listed_and_comes_back_as_it_was(visitor: Visitor, desk: Desk, contract: str) -> None:
    path = f"/contracts/{contract}/documents/"
    sent = send(visitor, path, "会谈纪要.txt", "双方同意".encode(), kind="evidence", remark="<b>到场</b>")
    assert sent.headers["Location"].endswith("told=added")
    shown = page(visitor.get(path))
    assert "会谈纪要.txt" in shown
    assert "&lt;b&gt;到场" in shown
    with desk.reading() as uow:
        (line,) = list_documents(uow, actor_named(desk, "wang"), contract)
    answer = visitor.get(f"{path}{line.view.id}")
    assert answer.get_data() == "双方同意".encode()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("a.pdf", b"MZ\0", "扩展名不符"), ("a.exe", b"MZ\0", "可以上传"), ("a.txt", b"", "空的"), ("", b"x", "请先选择")],
)
def test_a_file_that_is_not_taken_is_refused_with_a_sentence_and_the_remark_stays(
    visitor: Visitor, contract: str, name: str, content: bytes, words: str
) -> None:
    answer = send(visitor, f"/contracts/{contract}/documents/", name, content, kind="licence", remark="保留的说明")
    assert answer.status_code == 422
    assert words in page(answer)
    assert "保留的说明" in page(answer)
    assert '<option value="licence" selected>' in page(answer)


def test_a_damaged_file_is_an_alarm_and_nothing_of_it_is_handed_out(visitor: Visitor, desk: Desk, contract: str) -> None:
    path = f"/contracts/{contract}/documents/"
    send(visitor, path, "证据.txt", b"true evidence", kind="evidence")
    with desk.reading() as uow:
        (line,) = list_documents(uow, actor_named(desk, "wang"), contract)
    blob = desk.blobs.path(line.view.sha256)
    blob.chmod(0o600)
    blob.write_bytes(b"false evidence")
    answer = visitor.get(f"{path}{line.view.id}")
    assert answer.status_code == 500
    assert "已拒绝提供" in page(answer)
    assert b"false evidence" not in answer.get_data()
    shown = page(visitor.get(path))
    assert "内容损坏" in shown
    assert f'href="{path}{line.view.id}"' not in shown


# ---- people


def test_a_contract_is_closed_to_named_people_and_opened_again(app: Flask, visitor: Visitor, desk: Desk, contract: str) -> None:
    path, li = f"/contracts/{contract}/people/", visitor_as(app, desk, "li")
    reader = actor_named(desk, "li").id
    assert li.get(path).status_code == 200
    empty = {"seen": "0", "seen_readers": ""}
    assert visitor.post(f"{path}confidentiality", {**empty, "confidential": "1"}).headers["Location"].endswith("told=closed")
    assert li.get(path).status_code == 404
    assert (
        visitor.post(
            f"{path}confidentiality", {"seen": "1", "seen_readers": "", "confidential": "1", "reader": reader}
        ).status_code
        == 302
    )
    assert "李法务" in page(li.get(path))
    assert 'name="confidential"' not in page(visitor_as(app, desk, "sun").get(path))
    assert visitor.post(f"{path}confidentiality", {"seen": "1", "seen_readers": reader, "confidential": "0"}).status_code == 302


def test_who_changes_the_people_second_sees_both_changes(visitor: Visitor, desk: Desk, contract: str) -> None:
    path, reader = f"/contracts/{contract}/people/confidentiality", actor_named(desk, "li").id
    other = actor_named(desk, "sun").id
    visitor.post(path, {"seen": "0", "seen_readers": "", "confidential": "1", "reader": reader})
    late = visitor.post(path, {"seen": "0", "seen_readers": "", "confidential": "1", "reader": other})
    assert late.status_code == 409
    shown = page(late)
    assert "双方改动合并的结果" in shown
    for name in (reader, other):
        assert re.search(rf'value="{name}" checked', shown)
    assert hidden(shown, "seen_readers") == reader


def test_a_contract_is_handed_over_and_the_new_owner_is_told(visitor: Visitor, desk: Desk, contract: str) -> None:
    path, heir = f"/contracts/{contract}/people/owner", actor_named(desk, "li")
    seen = actor_named(desk, "wang").id
    assert visitor.post(path, {"owner": "", "seen_owner": seen}).status_code == 422
    assert visitor.post(path, {"owner": heir.id, "seen_owner": seen}).status_code == 302
    assert "李法务" in page(visitor.get(f"/contracts/{contract}/"))
    late = visitor.post(path, {"owner": seen, "seen_owner": seen})
    assert late.status_code == 409
    assert "已由他人移交给“李法务”" in page(late)


def test_everything_of_one_who_leaves_is_handed_over_from_the_page_of_users(app: Flask, desk: Desk) -> None:
    leaver = person(desk, "leaver", Role.DRAFTER, name="离职者")
    case = contract_of(desk, actor_named(desk, "leaver"), confidential=True)
    zhou = visitor_as(app, desk, "zhou")
    shown = page(zhou.get(f"/users/{leaver}/"))
    assert "负责 1 份合同" in shown
    assert "SHFW" not in shown
    answer = zhou.post(f"/users/{leaver}/hand-over", {"heir": actor_named(desk, "li").id})
    assert answer.headers["Location"].endswith("told=handed")
    assert visitor_as(app, desk, "li").get(f"/contracts/{case}/").status_code == 200
    assert zhou.get(f"/contracts/{case}/").status_code == 404


# ---- effect


def check(visitor: Visitor, contract: str, condition: Condition, today: str, **fields: str):  # type: ignore[no-untyped-def]
    path = f"/contracts/{contract}/effect/check"
    return send(visitor, path, "核对记录.txt", condition.value.encode(), condition=condition.value, on=today, **fields)


def test_conditions_are_checked_off_on_the_overview_until_the_contract_is_in_force(
    visitor: Visitor, desk: Desk, contract: str
) -> None:
    signed(desk, contract)
    shown, today = page(visitor.get(f"/contracts/{contract}/")), desk.today().isoformat()
    assert "尚未生效" in shown
    assert shown.count("勾销这一条件") == 2
    assert check(visitor, contract, Condition.PIA_DONE, today).headers["Location"].endswith("#effect")
    assert (
        visitor.post(f"/contracts/{contract}/effect/undo", {"condition": "pia_done", "reason": "并非本项目的评估"}).status_code
        == 302
    )
    assert check(visitor, contract, Condition.PIA_DONE, today, evidence="PIA-2026-001").status_code == 302
    assert check(visitor, contract, Condition.ANNEX_COMPLETE, today).status_code == 302
    shown = page(visitor.get(f"/contracts/{contract}/"))
    assert "履行中" in shown
    assert f"{today} 生效" in shown
    assert "PIA-2026-001" in shown
    assert "勾销这一条件" not in shown
    with desk.reading() as uow:
        assert load_contract_unasked(uow, contract).state.stage is Stage.ACTIVE


def test_what_is_wrong_with_a_condition_is_said_where_it_was_entered_and_nothing_is_lost(
    visitor: Visitor, desk: Desk, contract: str
) -> None:
    signed(desk, contract)
    path = f"/contracts/{contract}/effect/check"
    for fields, words in (
        ({"condition": "pia_done", "on": "gestern", "evidence": "登记号 7"}, "请填写条件成就的日期"),
        ({"condition": "pia_done", "on": "2999-01-01", "evidence": "登记号 7", "document": ""}, "作为证据"),
    ):
        answer = visitor.post(path, fields)
        assert answer.status_code == 422
        assert words in page(answer)
        assert 'value="登记号 7"' in page(answer)
    with desk.reading() as uow:
        assert all(line.fulfilment is None for line in read_effect(uow, actor_named(desk, "wang"), desk.today(), contract).lines)


def test_an_approval_by_law_is_added_and_dropped(visitor: Visitor, desk: Desk, contract: str) -> None:
    signed(desk, contract)
    path = f"/contracts/{contract}/effect/approval"
    assert visitor.post(path, {"reason": "短"}).status_code == 422
    assert visitor.post(path, {"reason": "数据出境须经安全评估"}).status_code == 302
    assert "依法须经的批准" in page(visitor.get(f"/contracts/{contract}/"))
    assert visitor.post(f"{path}/drop", {"reason": "经确认无须批准"}).status_code == 302
    assert "数据出境须经安全评估" not in page(visitor.get(f"/contracts/{contract}/"))


def test_who_may_only_read_sees_the_conditions_and_no_way_to_change_them(app: Flask, desk: Desk, contract: str) -> None:
    signed(desk, contract)
    shown = page(visitor_as(app, desk, "sun").get(f"/contracts/{contract}/"))
    assert "个人信息保护影响评估完成" in shown
    assert "/effect/" not in shown


# ---- the audit log


def test_the_log_of_a_contract_reads_as_sentences_is_filtered_and_exported(
    app: Flask, visitor: Visitor, desk: Desk, contract: str
) -> None:
    signed(desk, contract)
    path, sun = f"/contracts/{contract}/audit/", visitor_as(app, desk, "sun")
    shown = page(sun.get(path))
    for words in ("补录已签合同：起草 → 已签未生效", "冻结第1版", "系统启用前签署", "记录签署日期：甲方 张三"):
        assert words in shown
    assert "冻结第1版" not in page(sun.get(f"{path}?family=contract"))
    assert "没有记录" in page(sun.get(f"{path}?since=2999-01-01&family=nonsense&actor=x&until=not-a-day"))
    exported = sun.get(f"{path}export")
    data = json.loads(exported.get_data())
    assert data["contract"]["id"] == contract
    assert {e["action"] for e in data["entries"]} >= {"contract.created", "version.saved", "contract.signed"}
    assert visitor_as(app, desk, "li").get(f"{path}export").status_code == 403


def test_long_logs_are_shown_a_page_at_a_time(visitor: Visitor, desk: Desk, contract: str) -> None:
    with desk.unit_of_work() as uow:
        for number in range(60):
            uow.record(desk.now(), "clock", "document.restored", {"name": f"文件{number}"}, contract=contract)
        uow.commit()
    path = f"/contracts/{contract}/audit/"
    first = page(visitor.get(path))
    older = re.search(r'href="(/contracts/[^"]*before=\d+[^"]*)"', first)
    assert older
    second = page(visitor.get(html.unescape(older[1])))
    assert "文件59" in first
    assert "文件0”" in second
    assert "更早的记录" not in second


def test_auditors_see_the_whole_log_and_of_closed_contracts_that_there_are_entries(app: Flask, desk: Desk) -> None:
    case = contract_of(desk, actor_named(desk, "wang"), confidential=True)
    with desk.reading() as uow:
        number = load_contract_unasked(uow, case).number
    sun = visitor_as(app, desk, "sun")
    shown = page(sun.get("/audit/?family=contract"))
    assert "保密合同的条目，内容不显示" in shown
    assert number not in shown
    assert "邀请用户“孙审计”" in page(sun.get("/audit/?family=user"))
    assert "最近的全面验证" in shown


# ---- the outbox


def test_the_outbox_shows_mails_covers_links_and_retries(app: Flask, desk: Desk, contract: str) -> None:
    with desk.unit_of_work() as uow:
        uow.send(desk.now(), NewMail("page-1", "a@example.com", "重设密码<x>", f"链接：\n{LINK}\n"))
        uow.send(desk.now(), NewMail("page-2", "b@example.com", "合同 SHFW 有批注", "乙方底价", contract_id=contract))
        uow.commit()
    with desk.reading() as uow:
        ids = {m.key: m.id for m in messages(uow.session, limit=500)}
    zhou = visitor_as(app, desk, "zhou")
    listed = page(zhou.get("/outbox/"))
    assert "重设密码&lt;x&gt;" in listed
    assert "SHFW" not in listed
    assert "没有设置邮件服务器" in listed
    shown = page(zhou.get(f"/outbox/{ids['page-1']}/"))
    assert LINK not in shown
    assert "显示一次性链接" in shown
    assert LINK in page(zhou.post(f"/outbox/{ids['page-1']}/uncover"))
    closed = page(zhou.get(f"/outbox/{ids['page-2']}/"))
    assert "不能阅读合同内容" in closed
    assert "底价" not in closed
    assert zhou.post(f"/outbox/{ids['page-1']}/retry").status_code == 422
    assert zhou.get("/outbox/?state=failed&page=99").status_code == 200
