"""The pages of a term: timeline, dates with reasons, renewal, ending, exit, notice calculator."""

from __future__ import annotations

import html
import io
import re
from datetime import date

import pytest
from flask import Flask

from app.domain.lifecycle import Stage
from app.services.filing import load_contract_unasked
from app.services.termination import termination_desk
from app.web.desk import KEY, Desk
from tests.web.conftest import Visitor
from tests.web.people import LAWYER, actor_named, contract_of
from tests.web.terms import ONE, in_force


@pytest.fixture
def house(app: Flask) -> Desk:
    found: Desk = app.extensions[KEY]
    return found


def started(house: Desk, days: int, **answers: object) -> str:
    """A contract whose term began so many days ago."""
    changes = {name.replace("__", "."): value for name, value in answers.items()}
    return in_force(house, actor_named(house, LAWYER.login), house.today() - days * ONE, changes)


def text_of(answer: object) -> str:
    page = answer.get_data(as_text=True)  # type: ignore[attr-defined]
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


def hidden(page: str, action: str, name: str) -> str:
    """The value of a hidden field of the form that posts to ``action``."""
    form = re.search(rf'action="[^"]*{re.escape(action)}".*?</form>', page, re.S)
    assert form, action
    found = re.search(rf'name="{name}" value="([^"]*)"', form[0])
    assert found
    return found[1]


def test_the_page_draws_the_life_and_says_the_same_in_words(house: Desk, visitor: Visitor) -> None:
    contract = started(house, 200)
    page = visitor.get(f"/contracts/{contract}/term/")
    body = page.get_data(as_text=True)
    assert page.status_code == 200
    assert '<svg class="timeline"' in body
    assert 'aria-describedby="timeline-words"' in body
    assert "style=" not in body
    for word in ("签订", "生效", "首期", "通知到达截止", "届满", "今天"):
        assert word in text_of(page)


def test_every_date_opens_to_its_reasons_with_the_number_of_the_clause(house: Desk, visitor: Visitor) -> None:
    start = house.today() - 200 * ONE
    page = text_of(visitor.get(f"/contracts/{started(house, 200)}/term/"))
    end = start.replace(year=start.year + 1) - ONE if (start.month, start.day) != (2, 29) else date(start.year + 1, 2, 28)
    assert "首期届满日：自" in page
    assert "第1.3.2条" in page
    assert f"往前数60个自然日，为{(end - 60 * ONE).year}年" in page
    assert "第11.3.3条" in page
    assert "《民法典》第204条" in page


def test_a_decision_is_recorded_with_its_papers_and_a_bad_one_loses_nothing(house: Desk, visitor: Visitor) -> None:
    contract = started(house, 200)
    address = f"/contracts/{contract}/term/"
    page = visitor.get(address).get_data(as_text=True)
    seen = hidden(page, "/decision", "revision")
    again = visitor.post(f"{address}decision", {"form": "decision", "revision": seen, "choice": "not_renew", "reason": " "})
    assert again.status_code == 422
    assert "须写明决定的理由" in text_of(again)
    assert 'value="not_renew" checked' in again.get_data(as_text=True)
    refused = visitor.post(f"{address}decision", {"form": "decision", "revision": seen, "choice": "lapse", "reason": "到期结束"})
    assert "请选择“不续约”" in text_of(refused)
    assert "到期结束" in refused.get_data(as_text=True)
    done = visitor.post(
        f"{address}decision", {"revision": seen, "choice": "not_renew", "reason": "改由内部承接"}, follow_redirects=True
    )
    assert "已记录决定“不续约”" in text_of(done)
    assert "改由内部承接" in text_of(done)
    assert "-BX-01" in text_of(done)
    stale = visitor.post(f"{address}decision", {"revision": seen, "choice": "renew", "reason": "再议"})
    assert "刚刚被他人修改" in text_of(stale)


def test_a_notice_goes_from_sending_to_arrival_and_the_stage_follows(house: Desk, visitor: Visitor) -> None:
    contract, today = started(house, 200), house.today()
    address = f"/contracts/{contract}/term/"
    page = visitor.get(address).get_data(as_text=True)
    seen = hidden(page, "/decision", "revision")
    page = visitor.post(
        f"{address}decision", {"revision": seen, "choice": "not_renew", "reason": "改由内部承接"}, follow_redirects=True
    ).get_data(as_text=True)
    sending = re.search(r'action="([^"]+/papers/[0-9a-f]+/sending)"', page)
    assert sending
    wrong = visitor.post(sending[1], {"sender": "a", "method": "system", "sent_on": (today + ONE).isoformat()})
    assert "没有登记对方的" in text_of(wrong)
    assert "尚未到来" in text_of(wrong)
    page = visitor.post(
        sending[1], {"sender": "a", "method": "express", "sent_on": (today - 3 * ONE).isoformat()}, follow_redirects=True
    ).get_data(as_text=True)
    arrival = re.search(r'action="([^"]+/deliveries/[0-9a-f]+/arrival)"', page)
    assert arrival
    revision = hidden(page, arrival[1], "revision")
    done = visitor.post(
        arrival[1],
        {"revision": revision, "arrived_on": today.isoformat(), "proof": "signed_for", "evidence": "EMS 1"},
        follow_redirects=True,
    )
    assert "已及时到达" in text_of(done) or "及时到达" in text_of(done)
    with house.reading() as uow:
        assert load_contract_unasked(uow, contract).state.stage is Stage.EXPIRING


def test_the_calculator_goes_both_ways_and_shows_its_reasons(house: Desk, visitor: Visitor) -> None:
    address = f"/contracts/{started(house, 10)}/term/notice"
    back = visitor.get(f"{address}?direction=backward&recipient=b&method=express&day=2026-10-08&margin=0")
    assert "2026-09-30" in text_of(back)
    assert "第12.2.3条第（2）项" in text_of(back)
    part = visitor.get(
        f"{address}?direction=forward&recipient=b&method=express&day=2026-09-28&margin=0", headers={"HX-Request": "true"}
    )
    assert "<html" not in part.get_data(as_text=True)
    assert "2026-10-08" in text_of(part)
    assert "顺延至2026年10月8日" in text_of(part)
    bad = visitor.get(f"{address}?direction=forward&recipient=b&method=pigeon&day=yesterday&margin=x")
    assert bad.status_code == 200
    for word in ("送达方式", "日期", "在途余量"):
        assert word in text_of(bad)
    assert "没有登记" in text_of(visitor.get(f"{address}?recipient=b&method=system&day=2026-10-08"))


def test_a_breach_is_opened_and_says_what_stands_in_the_way(house: Desk, visitor: Visitor) -> None:
    contract, today = started(house, 100), house.today()
    address = f"/contracts/{contract}/ending/"
    wrong = visitor.post(
        address, {"form": "open", "route": "breach", "by": "b", "ground": "fail", "grace_days": "3", "facts": "三期不合格"}
    )
    assert wrong.status_code == 422
    assert "不能由该方主张" in text_of(wrong)
    assert "不得短于约定的补救期" in text_of(wrong)
    assert "三期不合格" in wrong.get_data(as_text=True)
    fields = {
        "route": "breach", "by": "a", "ground": "fail", "grace_days": "15", "facts": "三期不合格", "evidence": "JS-202604",
        "known_on": (today - ONE).isoformat(),
    }  # fmt: skip
    page = visitor.post(address, fields, follow_redirects=True)
    assert "已启动终止事项" in text_of(page)
    assert "须先以催告函催告" in text_of(page)
    body = page.get_data(as_text=True)
    demand = re.search(r'action="([^"]+/demand)"', body)
    assert demand
    done = visitor.post(demand[1], {"revision": hidden(body, demand[1], "revision")}, follow_redirects=True)
    assert "已起草催告函" in text_of(done)
    with house.reading() as uow:
        (case,) = termination_desk(uow, actor_named(house, LAWYER.login), today, house.calendar, contract).cases
    blocked = visitor.post(f"{address}{case.id}/notice", {"revision": case.revision})
    assert blocked.status_code == 422
    assert "没有到达记录" in text_of(blocked)


def test_an_agreement_ends_the_contract_and_its_tasks_are_ticked_off_with_files(house: Desk, visitor: Visitor) -> None:
    contract, today = started(house, 100), house.today()
    address = f"/contracts/{contract}/ending/"
    page = visitor.post(address, {"route": "agreement", "facts": "双方协商一致"}, follow_redirects=True).get_data(as_text=True)
    draft = re.search(r'action="([^"]+/agreement)"', page)
    assert draft
    page = visitor.post(draft[1], {"revision": hidden(page, draft[1], "revision")}, follow_redirects=True).get_data(as_text=True)
    sign = re.search(r'action="([^"]+/signature)"', page)
    assert sign
    done = visitor.post(
        sign[1],
        {"revision": hidden(page, sign[1], "revision"), "signed_on": today.isoformat(), "end_on": today.isoformat()},
        follow_redirects=True,
    )
    assert "合同已终止，退出任务已建立" in text_of(done)
    exit_address = f"/contracts/{contract}/exit/"
    page = visitor.get(exit_address).get_data(as_text=True)
    assert "0 / 18" in page
    plan = re.search(r'action="([^"]+/tasks/plan)"', page)
    assert plan
    revision = hidden(page, plan[1], "revision")
    missing = visitor.post(plan[1], {"form": "x", "revision": revision, "done_on": today.isoformat(), "evidence": "计划 P-1"})
    assert "须附文件" in text_of(missing)
    whole = {
        "revision": revision, "done_on": today.isoformat(), "evidence": "计划 P-1", "file": (io.BytesIO(b"%PDF-1.7 x"), "计划.pdf"),
    }  # fmt: skip
    done = visitor.post(plan[1], whole, follow_redirects=True, content_type="multipart/form-data")
    assert "已记录完成" in text_of(done)
    assert "1 / 18" in done.get_data(as_text=True)
    assert "计划.pdf" in text_of(done)
    with house.reading() as uow:
        seen = load_contract_unasked(uow, contract).revision
    early = visitor.post(f"{exit_address}archive", {"revision": seen})
    assert "终止清理任务尚未完成" in text_of(early)
    over = text_of(visitor.get(f"/contracts/{contract}/term/"))
    assert "合同已经结束" in over
    assert "将续约至" not in over


def test_a_contract_without_frozen_text_says_so_on_every_page(house: Desk, visitor: Visitor) -> None:
    contract = contract_of(house, actor_named(house, LAWYER.login))
    for page in ("term/", "ending/", "exit/", "term/notice"):
        answer = visitor.get(f"/contracts/{contract}/{page}")
        assert answer.status_code == 200
        assert "还没有可以计算的期限" in text_of(answer)


def test_days_are_never_guessed(house: Desk, visitor: Visitor) -> None:
    contract = started(house, 100)
    bad = visitor.post(
        f"/contracts/{contract}/ending/", {"route": "convenience", "by": "a", "end_on": "2026-02-30", "grace_days": "many"}
    )
    assert bad.status_code == 422
    assert "不是有效的日期" in text_of(bad)
    assert "应为整数" in text_of(bad)


def test_renewed_prices_are_shown_refused_and_written_into_the_draft(house: Desk, visitor: Visitor) -> None:
    contract = started(house, 270)
    at = f"/contracts/{contract}/term/price"
    assert "100,000.00" in text_of(visitor.get(at))
    assert "超过第8.3节的年度调价上限" in text_of(visitor.get(f"{at}?rise=30"))
    strange = visitor.get(f"{at}?rise=abc")
    assert "应为数字" in text_of(strange)
    worked = visitor.get(f"{at}?rise=2.5")
    assert "102,500.00" in text_of(worked)
    assert "没有起草中的续约协议" in text_of(worked)
    refused = visitor.post(at, {"rise": "2.5"})
    assert refused.status_code == 422
    revision = hidden(visitor.get(f"/contracts/{contract}/term/").get_data(as_text=True), "/term/decision", "revision")
    visitor.post(f"/contracts/{contract}/term/decision", {"choice": "renew", "reason": "续签一年", "revision": revision})
    told = visitor.post(at, {"rise": "2.5"}, follow_redirects=True)
    assert "已将价格计算写入" in text_of(told)


def test_renewals_over_every_contract_show_the_reasons_of_every_date(house: Desk, visitor: Visitor) -> None:
    contract = started(house, 300)
    page = visitor.get("/renewals/")
    body, words = page.get_data(as_text=True), text_of(page)
    assert f"/contracts/{contract}/term/" in body
    for word in ("须尽快决定", "最后安全发出", "通知到达截止", "日期怎样算出"):
        assert word in words
    told = text_of(visitor.get(f"/renewals/{contract}/reasons"))
    for word in ("往前数60个自然日", "第11.3.3条", "届满日", "没有及时到达的不续约通知"):
        assert word in told


def test_cases_and_exits_over_every_contract_say_what_comes_next(house: Desk, visitor: Visitor) -> None:
    contract = started(house, 100)
    known = (house.today() - ONE).isoformat()
    given = {
        "route": "breach",
        "by": "a",
        "ground": "fail",
        "facts": "连续三期不合格",
        "evidence": "JS-1",
        "known_on": known,
        "grace_days": "15",
    }
    visitor.post(f"/contracts/{contract}/ending/", given)
    words = text_of(visitor.get("/endings/?page=x"))
    for word in ("违约解除", "起草催告函", "日期怎样算出", "解除权"):
        assert word in words
    assert f"/contracts/{contract}/ending/" in visitor.get("/endings/").get_data(as_text=True)
