"""The pages of settlement: figures by form and workbook, what both parties say, the sheet, invoices, payments, plan, money over all."""

from __future__ import annotations

import base64
import html
import io
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from app.domain.term import corresponding_day
from app.web.desk import KEY, Desk
from tests.domain.settlement.terms import COUNTS
from tests.services.paper_house import Desk as PaperDesk
from tests.services.test_correcting import retroactive
from tests.web.conftest import Visitor
from tests.web.people import LAWYER, actor_named
from tests.web.terms import in_force

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@pytest.fixture(scope="module")
def contract(app: Flask) -> str:
    """In force since the first day five months ago."""
    desk: Desk = app.extensions[KEY]
    return in_force(desk, actor_named(desk, LAWYER.login), corresponding_day(desk.today().replace(day=1), -5))


def month_ago(app: Flask, months: int) -> date:
    desk: Desk = app.extensions[KEY]
    return corresponding_day(desk.today().replace(day=1), -months)


def form(today: date, **changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "form": "figures",
        "revision": "0",
        "report_no": "BB-1",
        "tickets": "4,100",
        "submitted_on": today.isoformat(),
        "outage_days": "0",
    }
    for place, (name, (top, bottom)) in enumerate(COUNTS.items()):
        data |= {f"metric-{place}": name, f"numerator-{place}": str(top), f"denominator-{place}": str(bottom)}
    return {**data, **changes}


def text_of(answer: Any) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def revision(page: Any, action: str) -> str:
    found = re.search(rf'action="[^"]*{action}".*?name="revision" value="(\d+)"', page.get_data(as_text=True), re.S)
    assert found, action
    return found[1]


def test_a_refused_month_keeps_everything_that_was_typed_and_tells_all_faults(
    app: Flask, visitor: Visitor, contract: str
) -> None:
    month = month_ago(app, 4)
    data = form(
        date.today(),
        **{
            "report_no": "",
            "numerator-1": "很多",
            "excl-0": "100.001",
            "item-0": "差旅",
            "rate-0": "6",
            "kind-0": "extra",
            "item-²": "x",
            f"item-{'9' * 5000}": "x",
        },
    )
    answer = visitor.post(f"/contracts/{contract}/settlements/months/{month:%Y-%m}", data)
    assert answer.status_code == 422
    body = answer.get_data(as_text=True)
    assert 'value="很多"' in body
    assert 'value="100.001"' in body
    assert "接通率" in text_of(answer)


def test_a_month_goes_from_figures_to_a_paid_settlement(app: Flask, visitor: Visitor, contract: str) -> None:
    desk: Desk = app.extensions[KEY]
    today, month = desk.today(), month_ago(app, 3)
    base = f"/contracts/{contract}/settlements"
    page = f"{base}/months/{month:%Y-%m}"
    assert "录入" in text_of(visitor.get(f"{base}/"))
    files = [(io.BytesIO(PIXEL), "导出.png"), (io.BytesIO(PIXEL), "往来邮件.png")]
    sent = visitor.post(page, {**form(today), "evidence": files}, content_type="multipart/form-data")
    assert sent.status_code == 302
    shown = visitor.get(page)
    assert "82.49" in text_of(shown)
    assert "导出.png" in text_of(shown)
    assert "往来邮件.png" in text_of(shown)
    assert "style=" not in shown.get_data(as_text=True)
    agreed = {"verdict": "agree", "on": today.isoformat(), "revision": revision(shown, "/review")}
    assert visitor.post(f"{page}/review", agreed).status_code == 302
    drawn = visitor.post(f"{base}/", {"start": month.isoformat()})
    assert drawn.status_code == 302
    place = drawn.headers["Location"].partition("#")[0]
    sheet = visitor.get(place)
    words = text_of(sheet)
    for part in ("124,889.60", "固定月费", "fees.monthly_fixed", "perf.bands", "第5.2.3条"):
        assert part in words
    seen = revision(sheet, "/confirmation")
    confirmation = {"how": "written", "on": today.isoformat(), "evidence": "确认函", "revision": seen}
    confirmed = visitor.post(f"{place}/confirmation", confirmation)
    assert confirmed.status_code == 302
    waiting = visitor.get(place)
    assert "先票后款" in text_of(waiting)
    invoice = {
        "number": "26112000000099990001", "kind": "special", "issued_on": today.isoformat(), "received_on": today.isoformat(),
        "buyer_uscc": "91110105MA00ABCD4R", "revision": revision(waiting, "/invoices"), "rate-0": "6", "excl-0": "107160.00", "tax-0": "6429.60",
        "rate-1": "13", "excl-1": "10000.00", "tax-1": "1300.00",
    }  # fmt: skip
    visitor.post(f"{place}/invoices", invoice)
    assert "付款到期日" in text_of(visitor.get(place))
    assert "124,889.60" in text_of(visitor.get("/settlements/"))
    paid = visitor.post(f"{base}/payments", {"paid_on": today.isoformat(), "amount": "124,889.60", "reference": "HD1"})
    assert paid.status_code == 302
    assert "已付清" in text_of(visitor.get(f"{base}/"))
    book = load_workbook(io.BytesIO(visitor.get(f"{place}/sheet.xlsx").data))
    assert book.sheetnames == ["结算单", "明细", "考核", "计算过程"]
    assert "第8.1.1.1款" in {c.value for c in book["计算过程"]["E"]}


def test_the_template_comes_back_filled_in_and_its_bad_cells_are_named(app: Flask, visitor: Visitor, contract: str) -> None:
    desk: Desk = app.extensions[KEY]
    page = f"/contracts/{contract}/settlements/months/{month_ago(app, 2):%Y-%m}"
    book = load_workbook(io.BytesIO(visitor.get(f"{page}/template.xlsx").data))
    book["月度数据"]["B3"], book["月度数据"]["B4"] = "BB-2", 3000
    for row, (top, bottom) in enumerate(COUNTS.values(), 2):
        book["指标"].cell(row, 2, top)
        book["指标"].cell(row, 3, bottom)
    book["指标"]["C2"] = "四千"

    def upload() -> Any:
        target = io.BytesIO()
        book.save(target)
        data = {
            "form": "upload",
            "revision": "0",
            "submitted_on": desk.today().isoformat(),
            "workbook": (io.BytesIO(target.getvalue()), "数据.xlsx"),
        }
        return visitor.post(f"{page}/upload", data, content_type="multipart/form-data")

    refused = upload()
    assert refused.status_code == 422
    assert "（C2）：应为数字" in text_of(refused)
    book["指标"]["C2"] = 4100
    assert upload().status_code == 302
    assert "82.49" in text_of(visitor.get(page))


def test_the_plan_takes_a_budget_and_lists_the_basis_of_stamp_tax(app: Flask, visitor: Visitor, contract: str) -> None:
    plan = f"/contracts/{contract}/settlements/plan"
    assert "1,407,600.00" in text_of(visitor.get(plan))
    saved = visitor.post(plan, {"year": month_ago(app, 1).isoformat(), "amount": "1,300,000.00", "note": "年度预算"})
    assert saved.status_code == 302
    words = text_of(visitor.get(plan))
    assert "预计超出预算" in words
    assert "印花税法第五条" in words


def test_a_month_within_which_the_fee_turns_to_seats_asks_for_their_days(app: Flask, visitor: Visitor) -> None:
    desk: Desk = app.extensions[KEY]
    lawyer = actor_named(desk, LAWYER.login)
    made = in_force(desk, lawyer, date(2026, 1, 1))
    amended = PaperDesk(desk.unit_of_work, desk.blobs, made, actor=lawyer)
    retroactive(amended, ("fees.model", "per_seat"), ("fees.unit_price_seat", "8000.00"), passing="C1-14")
    turned = visitor.get(f"/contracts/{made}/settlements/months/2026-02")
    assert {"seat_days_due", "seat_days_present"} <= set(re.findall(r'name="(\w+)"', turned.get_data(as_text=True)))
    before = visitor.get(f"/contracts/{made}/settlements/months/2026-01")
    assert "seat_days_due" not in before.get_data(as_text=True)
