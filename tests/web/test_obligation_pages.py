"""履行 through the pages: what is due, what becomes of it, events and their clock, export and import."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from flask import Flask
from openpyxl import load_workbook

from app.domain.obligation_state import Shown
from app.domain.permissions import Role
from app.services.journal import CLOCK
from app.services.obligation_planning import plan_contracts
from app.services.obligation_views import DutyLine, duty_board
from app.web.desk import KEY, Desk
from tests.web.conftest import Visitor
from tests.web.people import LAWYER, actor_named, person
from tests.web.terms import in_force


@pytest.fixture(scope="module")
def contract(app: Flask) -> str:
    desk: Desk = app.extensions[KEY]
    made = in_force(desk, actor_named(desk, LAWYER.login), desk.today() - timedelta(days=100))
    plan_contracts(desk.unit_of_work, CLOCK, desk.now(), desk.almanac, [made])
    return made


@pytest.fixture
def desk(app: Flask) -> Desk:
    found: Desk = app.extensions[KEY]
    return found


def line(desk: Desk, contract: str, duty: str) -> DutyLine:
    with desk.reading() as uow:
        board = duty_board(uow, actor_named(desk, LAWYER.login), desk.now(), contract)
    return next(x for x in (*board.lines, *board.standing) if x.duty == duty and not x.done_on)


def page(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, path
    text: str = answer.get_data(as_text=True)
    return text


def test_the_list_and_the_calendar_show_what_is_due(visitor: Visitor, contract: str) -> None:
    text = page(visitor, f"/contracts/{contract}/obligations/")
    assert "提交结算单与明细" in text
    assert "已逾期" in text
    assert "持续和停钟中的义务" in text
    month = page(visitor, f"/contracts/{contract}/obligations/?view=calendar&month=2026-12")
    assert "2026-12 的日程" in month
    assert month.count("<td") in (28, 35, 42)
    late = page(visitor, f"/contracts/{contract}/obligations/?show=late&party=A")
    assert "审核得分" not in late
    assert "交付首批产品资料与知识库" in late
    assert "不是有效的日期" in page(visitor, f"/contracts/{contract}/obligations/?from=gestern")


def test_each_day_shows_its_reasons_line_by_line(visitor: Visitor, desk: Desk, contract: str) -> None:
    statement = line(desk, contract, "O-1.2-1")
    text = page(visitor, f"/contracts/{contract}/obligations/{statement.id}/")
    assert "取自合同变量“" in text
    assert "《民法典》第201条" in text
    assert visitor.get(f"/contracts/{contract}/obligations/{'0' * 32}/").status_code == 404


def test_done_needs_evidence_and_keeps_what_was_entered(visitor: Visitor, desk: Desk, contract: str) -> None:
    one = line(desk, contract, "O-8.2-1")
    address = f"/contracts/{contract}/obligations/{one.id}/"
    form = {"form": "done", "revision": one.revision, "done_on": desk.today().isoformat(), "evidence": " "}
    refused = visitor.post(f"{address}done", form)
    assert refused.status_code == 422
    assert "须写明完成的依据" in refused.get_data(as_text=True)
    file = (io.BytesIO(b"%PDF-1.4 no"), "回执.txt")
    made = visitor.post(f"{address}done", {**form, "evidence": "收件回执", "file": file}, content_type="multipart/form-data")
    assert made.headers["Location"] == f"{address}#told"
    shown = page(visitor, address)
    assert "回执.txt" in shown
    assert "收件回执" in shown
    assert "核对确认结算金额" in page(visitor, f"/contracts/{contract}/obligations/?show=all")


def test_waiving_disputing_and_taking_up_again(visitor: Visitor, desk: Desk, contract: str) -> None:
    one = line(desk, contract, "O-4.2-3")
    address = f"/contracts/{contract}/obligations/{one.id}/"
    refused = visitor.post(f"{address}waiver", {"form": "waive", "revision": one.revision, "reason": "当月停会"})
    assert "须写明依据" in refused.get_data(as_text=True)
    visitor.post(f"{address}waiver", {"revision": one.revision, "reason": "当月停会", "authority": "会议纪要第3号"})
    assert "会议纪要第3号" in page(visitor, address)
    again = line(desk, contract, "O-4.2-3")
    assert again.id == one.id
    visitor.post(f"{address}reopen", {"revision": again.revision, "reason": "还是要开会"})
    visitor.post(f"{address}dispute", {"revision": line(desk, contract, "O-4.2-3").revision, "reason": "是否已经召开有分歧"})
    assert "是否已经召开有分歧" in page(visitor, address)


def test_one_and_many_are_handed_to_somebody_else_with_a_reason(visitor: Visitor, desk: Desk, contract: str) -> None:
    one, list_page = line(desk, contract, "O-4.2-2"), f"/contracts/{contract}/obligations/"
    name = "李接手"
    other = person(desk, "li", Role.DRAFTER, name=name)
    refused = visitor.post(f"{list_page}{one.id}/responsible", {"form": "responsible", "responsible": other, "reason": ""})
    assert refused.status_code == 422
    assert f'value="{other}" selected' in refused.get_data(as_text=True)
    visitor.post(f"{list_page}{one.id}/responsible", {"responsible": other, "scope": "one", "reason": "王律师休假"})
    assert line(desk, contract, "O-4.2-2").keeper == name
    assert line(desk, contract, "O-4.2-1").keeper != name
    assert 'form="handover"' in page(visitor, list_page)
    nothing = visitor.post(
        f"{list_page}responsible?show=late", {"form": "handover", "responsible": other, "reason": "王律师休假"}
    )
    assert "没有选择任何事项" in nothing.get_data(as_text=True)
    ticked = [line(desk, contract, duty).id for duty in ("O-4.2-1", "O-8.2-1")]
    made = visitor.post(f"{list_page}responsible?show=late", {"responsible": other, "reason": "王律师休假", "duty": ticked})
    assert made.headers["Location"] == f"{list_page}?show=late#told"
    assert "已更换2项义务的责任人" in page(visitor, list_page)
    assert line(desk, contract, "O-4.2-1").keeper == name
    back = visitor.post(
        f"/obligations/responsible?person={other}", {"scope": "all", "responsible": "", "reason": "王律师已经回来"}
    )
    assert back.headers["Location"] == f"/obligations/?person={other}#told"
    assert line(desk, contract, "O-8.2-1").keeper == one.keeper
    assert visitor.post("/obligations/responsible", {"duty": ticked, "reason": ""}).status_code == 422


def test_a_contract_that_came_in_late_is_taken_over_on_a_day(visitor: Visitor, desk: Desk) -> None:
    late = in_force(desk, actor_named(desk, LAWYER.login), desk.today() - timedelta(days=200))
    plan_contracts(desk.unit_of_work, CLOCK, desk.now(), desk.almanac, [late])
    address = f"/contracts/{late}/obligations/"
    assert "没有设定：自生效之日起的各项都由本系统管理。" in page(visitor, address)
    tomorrow = (desk.today() + timedelta(days=1)).isoformat()
    refused = visitor.post(f"{address}takeover", {"form": "takeover", "day": tomorrow, "reason": "年中登记的旧合同"})
    assert refused.status_code == 422
    text = refused.get_data(as_text=True)
    assert "不能晚于今天" in text
    assert f'value="{tomorrow}"' in text
    assert 'value="年中登记的旧合同"' in text
    visitor.post(f"{address}takeover", {"day": desk.today().isoformat(), "reason": "年中登记的旧合同"})
    shown = page(visitor, address)
    assert "此前到期而没有记录的" in shown
    assert "已逾期" not in re.sub(r'<ul class="duty-counts".*?</ul>', "", shown, flags=re.S)
    assert "接管前已办" in page(visitor, f"{address}?show=before")
    taken = next(x for x in _all(desk, late) if x.shown is Shown.BEFORE)
    assert "按已办处理，没有完成的记录" in page(visitor, f"{address}{taken.id}/")
    visitor.post(f"{address}{taken.id}/reopen", {"revision": taken.revision, "reason": "这一项还要补办"})
    assert next(x for x in _all(desk, late) if x.id == taken.id).shown is Shown.LATE


def _all(desk: Desk, contract: str) -> tuple[DutyLine, ...]:
    with desk.reading() as uow:
        return duty_board(uow, actor_named(desk, LAWYER.login), desk.now(), contract).lines


def test_an_event_is_recorded_stopped_resumed_and_withdrawn(visitor: Visitor, desk: Desk, contract: str) -> None:
    address = f"/contracts/{contract}/obligations/events/"
    day = (desk.today() - timedelta(days=2)).isoformat()
    empty = visitor.post(address, {"form": "record", "kind": "", "day": day, "subject": "GD-1"})
    assert empty.status_code == 422
    assert 'value="GD-1"' in empty.get_data(as_text=True)
    event = {"kind": "ticket_escalated", "moment": f"{day}T10:00", "subject": "GD-1"}
    visitor.post(address, event)
    visitor.post(address, event)
    text = page(visitor, address)
    assert "没有重复登记" in text
    (event_id,) = set(re.findall(r"/events/([0-9a-f]{32})/stop", text))
    visitor.post(f"{address}{event_id}/stop", {"at": f"{day}T11:00", "ground": "user"})
    assert "停钟中" in page(visitor, address)
    visitor.post(f"{address}{event_id}/start", {"at": f"{day}T12:30"})
    due = line(desk, contract, "O-1.2-3")
    assert due.due_at is not None
    assert "15:30" in page(visitor, f"/contracts/{contract}/obligations/{due.id}/")
    visitor.post(f"{address}{event_id}/withdrawal", {"reason": "记错了合同"})
    assert "GD-1" not in page(visitor, address).split('id="recorded"')[1].split("</ul>")[0]


def test_a_table_is_imported_with_every_fault_and_exported(visitor: Visitor, desk: Desk, contract: str) -> None:
    template = visitor.get("/obligations/events/template.xlsx")
    book = load_workbook(io.BytesIO(template.get_data()))
    assert [c.value for c in book.worksheets[0][1]] == ["合同编号", "事件", "日期", "时刻", "对象", "说明", "严重等级"]

    def send(text: str, address: str = "/obligations/events") -> str:
        file = (io.BytesIO(text.encode("utf-8-sig")), "events.csv")
        answer = visitor.post(address, {"file": file}, content_type="multipart/form-data", follow_redirects=True)
        shown: str = answer.get_data(as_text=True)
        return shown

    day = (desk.today() - timedelta(days=1)).isoformat()
    bad = send(f"合同编号,事件,日期,对象\n没有,收到投诉,{day},C-1\n没有,怪事,{day},C-2\n")
    assert "不是已知的事件" in bad
    assert "没有找到合同 没有" in send(f"合同编号,事件,日期,对象\n没有,收到投诉,{day},C-1\n")
    sound = f"事件,日期,对象\n收到投诉,{day},C-1\n收到投诉,{day},C-2\n"
    assert "已导入事件2条" in send(sound, f"/contracts/{contract}/obligations/events/import")
    everything = page(visitor, "/obligations/?show=all&q=办结投诉")
    assert "C-2" in everything
    csv = visitor.get("/obligations/export.csv?show=all&q=办结投诉")
    assert csv.get_data().decode("utf-8-sig").count("办结投诉") == 2
    book = load_workbook(io.BytesIO(visitor.get(f"/contracts/{contract}/obligations/export.xlsx?show=all").get_data()))
    assert book.sheetnames == ["履行清单", "说明"]


def test_a_draft_has_nothing_to_perform_yet(visitor: Visitor, app: Flask) -> None:
    from tests.web.people import contract_of

    desk: Desk = app.extensions[KEY]
    made = contract_of(desk, actor_named(desk, LAWYER.login))
    assert "合同尚未生效" in page(visitor, f"/contracts/{made}/obligations/")


def test_a_changed_service_list_becomes_an_amendment(visitor: Visitor, contract: str) -> None:
    address = f"/contracts/{contract}/annex/"
    assert "下载现行清单" in page(visitor, address)
    book = load_workbook(io.BytesIO(visitor.get(f"{address}current.xlsx").get_data()))

    def send() -> str:
        target = io.BytesIO()
        book.save(target)
        file = (io.BytesIO(target.getvalue()), "清单.xlsx")
        answer = visitor.post(f"{address}comparison", {"file": file}, content_type="multipart/form-data")
        shown: str = answer.get_data(as_text=True)
        return shown

    assert "没有差异" in send()
    prices = book["价格"]
    money = next(c.column for c in prices[1] if str(c.value).startswith("不含税"))
    prices.cell(2, money).value = "1,320,000.00"
    text = send()
    assert "＋120,000.00" in text
    assert "固定月费随之改为110,000.00元" in text
    packed = re.search(r'name="list" value="([^"]+)"', text)
    assert packed
    refused = visitor.post(f"{address}amendment", {"list": "x"})
    assert refused.status_code == 422
    made = visitor.post(f"{address}amendment", {"list": packed[1], "with_fee": "1"})
    assert re.fullmatch(rf"/contracts/{contract}/amendments/[0-9a-f]{{32}}", made.headers["Location"])
    prices.cell(2, money).value = "viel"
    assert "没有比较" in send()
