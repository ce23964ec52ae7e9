"""The pages around a settled month: receipt and silence, payments matched by hand, corrections of what is settled."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from app.domain.lpr import publication_day
from app.domain.permissions import Actor, Role
from app.domain.term import corresponding_day
from app.services.lending_rate import read_register, set_quote
from app.web.desk import KEY, Desk
from tests.services.settling_house import Till
from tests.web.conftest import Visitor
from tests.web.people import LAWYER, actor_named
from tests.web.terms import in_force
from tests.web.test_settlement_pages import form, revision, text_of


@pytest.fixture(scope="module")
def contract(app: Flask) -> str:
    """In force since the first day five months ago."""
    desk: Desk = app.extensions[KEY]
    return in_force(desk, actor_named(desk, LAWYER.login), corresponding_day(desk.today().replace(day=1), -5))


def drawn(visitor: Visitor, contract: str, today: date, month: date) -> str:
    """A settlement of that month, drawn up; its address."""
    base = f"/contracts/{contract}/settlements"
    page = f"{base}/months/{month:%Y-%m}"
    visitor.post(page, form(today))
    agreed = {"verdict": "agree", "on": today.isoformat(), "revision": revision(visitor.get(page), "/review")}
    assert visitor.post(f"{page}/review", agreed).status_code == 302
    made = visitor.post(f"{base}/", {"start": month.isoformat()})
    assert made.status_code == 302
    return str(made.headers["Location"].partition("#")[0])


def confirm(visitor: Visitor, place: str, today: date, number: str) -> None:
    seen = revision(visitor.get(place), "/confirmation")
    done = visitor.post(
        f"{place}/confirmation", {"how": "written", "on": today.isoformat(), "evidence": "确认函", "revision": seen}
    )
    assert done.status_code == 302
    invoice = {
        "number": number, "kind": "special", "issued_on": today.isoformat(), "received_on": today.isoformat(),
        "buyer_uscc": "91110105MA00ABCD4R", "revision": revision(visitor.get(place), "/invoices"), "rate-0": "6", "excl-0": "107160.00",
        "tax-0": "6429.60", "rate-1": "13", "excl-1": "10000.00", "tax-1": "1300.00",
    }  # fmt: skip
    assert visitor.post(f"{place}/invoices", invoice).status_code == 302


def test_receipt_starts_the_silence_and_payments_are_matched_by_hand(app: Flask, visitor: Visitor, contract: str) -> None:
    desk: Desk = app.extensions[KEY]
    today = desk.today()
    first = corresponding_day(today.replace(day=1), -4)
    place = drawn(visitor, contract, today, first)
    sheet = visitor.get(place)
    assert "还没有记录甲方收到结算单的日期" in text_of(sheet)
    assert "逾期未确认未异议" not in text_of(sheet)
    received = visitor.post(f"{place}/receipt", {"on": today.isoformat(), "revision": revision(sheet, "/receipt")})
    assert received.status_code == 302
    assert "由系统记录" in text_of(visitor.get(place))
    confirm(visitor, place, today, "26112000000099990101")
    base = f"/contracts/{contract}/settlements"
    paid = {"paid_on": today.isoformat(), "amount": "100,000.00", "reference": "HD-手工", "held": "1"}
    assert visitor.post(f"{base}/payments", paid).status_code == 302
    assert "HD-手工" in text_of(visitor.get("/settlements/"))
    link = re.search(r'href="([^"]*/settlements/payments/[0-9a-f]{32})"', visitor.get(f"{base}/").get_data(as_text=True))
    assert link
    page = visitor.get(link[1])
    body = page.get_data(as_text=True)
    field = re.search(r'name="(match-[0-9a-f]{32})"[^>]*value="([^"]*)"', body)
    assert field
    assert field[2] == "100000.00", "the proposal is filled in"
    assert "style=" not in body
    seen = revision(page, link[1])
    refused = visitor.post(link[1], {"form": "match", "revision": seen, field[1]: "200,000"})
    assert refused.status_code == 422
    assert 'value="200,000"' in refused.get_data(as_text=True)
    assert visitor.post(link[1], {"form": "match", "revision": seen, field[1]: "60,000"}).status_code == 302
    assert "未全部核销" in text_of(visitor.get(link[1]))
    assert "64,889.60" in text_of(visitor.get(f"{base}/"))


def test_settled_figures_are_corrected_by_a_proposal_that_is_accepted(app: Flask, visitor: Visitor, contract: str) -> None:
    desk: Desk = app.extensions[KEY]
    today = desk.today()
    month = corresponding_day(today.replace(day=1), -3)
    place = drawn(visitor, contract, today, month)
    confirm(visitor, place, today, "26112000000099990102")
    base = f"/contracts/{contract}/settlements"
    page = f"{base}/months/{month:%Y-%m}"
    assert "更正已结算的数据" in text_of(visitor.get(page))
    assert 'value="4100"' in visitor.get(f"{page}?correct=1").get_data(as_text=True)
    target = f"{base}/corrections/months/{month:%Y-%m}"
    refused = visitor.post(target, form(today, tickets="4,000", words="错", revision="3"))
    assert refused.status_code == 422
    assert 'value="4,000"' in refused.get_data(as_text=True)
    sent = visitor.post(target, form(today, tickets="4,000", words="工单重复计数，见核对表"))
    assert sent.status_code == 302
    shown = visitor.get(f"{base}/corrections")
    words = text_of(shown)
    assert "-2,632.00" in words
    assert "更正后104,528.00－已结算107,160.00" in words
    answer: Any = re.search(r'action="([^"]*/acceptance)".*?name="revision" value="(\d+)"', shown.get_data(as_text=True), re.S)
    assert answer
    assert visitor.post(answer[1], {"evidence": "双方确认函QR-9", "revision": answer[2]}).status_code == 302
    assert "下一份结算单" in text_of(visitor.get(f"{base}/corrections"))
    sheet = visitor.get(place)
    assert "按金额判断" in text_of(sheet)
    red = {
        "number": "26112000000099990103", "kind": "special", "issued_on": today.isoformat(), "received_on": today.isoformat(),
        "buyer_uscc": "91110105MA00ABCD4R", "revision": revision(sheet, "/invoices"), "red_of": "26112000000099990102", "rate-0": "6",
        "excl-0": "2632.00", "tax-0": "157.92",
    }  # fmt: skip
    assert visitor.post(f"{place}/invoices", red).status_code == 302
    shown = visitor.get(place)
    assert "更正 GZ-" in text_of(shown)
    assert "付款到期日" in text_of(shown), "the first sheet stays due"
    forms = re.findall(r'action="([^"]*/assignment)".*?name="revision" value="(\d+)"', shown.get_data(as_text=True), re.S)
    target, seen = forms[-1]
    assert visitor.post(target, {"correction": "none", "reason": "错", "revision": seen, "form": "x"}).status_code == 422
    assert visitor.post(target, {"correction": "none", "reason": "整张红冲重开", "revision": seen}).status_code == 302
    assert "先票后款" in text_of(visitor.get(place))


def test_the_receipt_of_a_result_is_chosen_on_the_page_of_the_month_and_starts_the_silence(
    app: Flask, visitor: Visitor, contract: str
) -> None:
    desk: Desk = app.extensions[KEY]
    today = desk.today()
    page = f"/contracts/{contract}/settlements/months/{corresponding_day(today.replace(day=1), -5):%Y-%m}"
    radio = r'<input type="radio" name="verdict" value="received"( checked)?>'
    visitor.post(page, form(today))
    assert not re.search(radio, visitor.get(page).get_data(as_text=True)), "there is no result yet that could be received"
    refused = {
        "verdict": "object",
        "on": today.isoformat(),
        "words": "与话务平台导出不符",
        "revision": revision(visitor.get(page), "/review"),
    }
    assert visitor.post(f"{page}/review", refused).status_code == 302
    seen = {"verdict": "received", "form": "verdict", "on": today.isoformat()}
    early = visitor.post(f"{page}/answer", {**seen, "revision": revision(visitor.get(page), "/answer")})
    assert early.status_code == 422
    assert "还没有录入甲方的审核结果" in text_of(early)
    kept = re.search(radio, early.get_data(as_text=True))
    assert kept, "the choice is offered again"
    assert kept[1], "and stays chosen"
    entered = form(today, tickets="4,000", by="a", words="按平台导出", revision=revision(visitor.get(page), "/answer"))
    assert visitor.post(page, entered).status_code == 302
    shown = visitor.get(page)
    assert "视为认可" not in text_of(shown)
    done = visitor.post(f"{page}/answer", {**seen, "revision": revision(shown, "/answer")})
    assert done.status_code == 302
    after = text_of(visitor.get(page))
    assert re.search(r"乙方至\d{4}-\d\d-\d\d未提出异议的，视为认可", after)
    assert "收到" in after


def test_damages_at_a_floating_rate_are_provisional_until_the_lpr_is_entered_and_unfold_into_their_stretches(
    app: Flask, visitor: Visitor
) -> None:
    desk: Desk = app.extensions[KEY]
    today = desk.today()
    first = corresponding_day(today.replace(day=1), -7)
    lawyer = actor_named(desk, LAWYER.login)
    agreed = in_force(desk, lawyer, first, {"playbook": {"8.2-t2": "fallback"}})
    made = Till(desk.unit_of_work, agreed, actor=lawyer).owing(
        f"{first:%Y-%m}", corresponding_day(first, 1).replace(day=6).isoformat()
    )
    place = f"/contracts/{agreed}/settlements/{made}"
    before = delay_of(visitor, place)
    assert re.search(r'逾期违约金 [\d,.]+ <span class="stage warn">暂计</span>', before)
    with desk.reading() as uow:
        missing = read_register(uow, lawyer, today, desk.calendar).missing
    assert f"{missing[-1].year}年{missing[-1].month}月" in before
    assert "公布的 LPR 尚未登记" in before
    assert 'href="/reminders/lpr/"' in before
    keeper = Actor("keeper", "合同管理员", frozenset({Role.CONTRACT_ADMINISTRATOR}))
    for month in missing:
        rate = Decimal("2.80") if month == missing[-1] else Decimal("3.00")
        on = publication_day(month, desk.calendar)
        with desk.unit_of_work() as uow:
            set_quote(uow, keeper, desk.now(), today, desk.calendar, published_on=on, one_year=rate, source="中国货币网")
    after = delay_of(visitor, place)
    assert "暂计" not in after
    assert "尚未登记" not in after
    stretches = re.findall(r"<summary><span>(\d{4}-\d\d-\d\d)至(\d{4}-\d\d-\d\d)</span>", after)
    assert len(stretches) == 2
    change = publication_day(missing[-1], desk.calendar)
    assert [stretches[0][1], stretches[1]] == [(change - timedelta(days=1)).isoformat(), (change.isoformat(), today.isoformat())]
    leaves = re.findall(r"<span>一年期LPR</span><span class=\"figure-value\">([^<]+)</span>", after)
    assert leaves == ["3%", "2.8%"]
    assert after.count("<span>来源 LPR登记</span>") == 2


def delay_of(visitor: Visitor, place: str) -> str:
    """The box of the page of a sheet that says what is owed and what its delay has cost."""
    page = html.unescape(visitor.get(place).get_data(as_text=True))
    assert "style=" not in page
    box = re.search(r'<div class="claim">.*?</section>', page, re.S)
    assert box
    return box[0]
