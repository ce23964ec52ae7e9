"""The workbench and the list of dates as pages."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import date, timedelta
from html import unescape

import pypdfium2
import pytest
from flask import Flask

from app.domain.reminders import Topic
from app.services.reminding import Subject, set_date
from app.web.desk import KEY, Desk
from tests.services.shelf import Shelf
from tests.web.conftest import Visitor
from tests.web.people import LAWYER, actor_named


@pytest.fixture(scope="module")
def today(app: Flask) -> date:
    """With a contract that ends in two months and whose notice must go out in ten days."""
    desk: Desk = app.extensions[KEY]
    shelf = Shelf.__new__(Shelf)
    shelf.units, shelf.minutes, shelf.lawyer = desk.unit_of_work, 0, actor_named(desk, LAWYER.login)
    today = desk.today()
    contract = shelf.contract("HT-<1>", stage="expiring", last_day=today + timedelta(days=60), title="智能门锁<b>售后</b>合同")
    with desk.unit_of_work() as uow:
        subject = Subject(Topic.RENEWAL, contract, "不续约通知寄出", f"/contracts/{contract}/term", contract)
        set_date(uow, shelf.lawyer, desk.now(), subject, today + timedelta(days=10))
        uow.commit()
    return today


def test_the_start_page_is_the_workbench_with_matters_dates_and_chart(visitor: Visitor, today: date) -> None:
    assert visitor.get("/").headers["Location"] == "/workbench/"
    page = visitor.get("/workbench/").get_data(as_text=True)
    assert "待决定是否续约" in page
    assert "智能门锁&lt;b&gt;售后&lt;/b&gt;合同" in page
    assert "不续约通知寄出" in page
    found = re.search(r'data-chart="([^"]*)"', page)
    assert found
    chart = json.loads(unescape(found[1]))
    assert [sum(s["values"]) for s in chart["series"]] == [1, 1]
    bar = next(link for link, value in zip(chart["series"][0]["links"], chart["series"][0]["values"], strict=True) if value)
    assert "HT-&lt;1&gt;" in visitor.get(bar).get_data(as_text=True)
    bar = next(link for link, value in zip(chart["series"][1]["links"], chart["series"][1]["values"], strict=True) if value)
    assert "不续约通知寄出" in visitor.get(bar).get_data(as_text=True)


def test_dates_are_filtered_and_what_is_no_date_is_said(visitor: Visitor, today: date) -> None:
    assert "不续约通知寄出" in visitor.get("/workbench/dates/?topic=renewal").get_data(as_text=True)
    assert "不续约通知寄出" not in visitor.get("/workbench/dates/?topic=payment").get_data(as_text=True)
    assert "不续约通知寄出" not in visitor.get(f"/workbench/dates/?to={today}").get_data(as_text=True)
    answer = visitor.get("/workbench/dates/?from=2027-02-30&to=<script>&topic=nothing&whose=x")
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert "“2027-02-30”不是日期" in page
    assert "“&lt;script&gt;”不是日期" in page


def test_the_monthly_report_is_a_pdf_of_what_the_reader_sees(visitor: Visitor, today: date) -> None:
    answer = visitor.get(f"/workbench/report?month={today:%Y-%m}")
    assert answer.mimetype == "application/pdf"
    with closing(pypdfium2.PdfDocument(answer.data)) as document:
        text = "".join(page.get_textpage().get_text_bounded() for page in document)
    assert "合同月报" in text
    assert "HT-<1>" in text
    assert "“2027-13”不是月份" in visitor.get("/workbench/report?month=2027-13").get_data(as_text=True)
    assert "尚未开始" in visitor.get("/workbench/report?month=2999-01").get_data(as_text=True)
