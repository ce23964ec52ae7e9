"""Silence confirms by itself on the day after, only where the contract says so, once, and everybody is told (sections 5.2, 8.2; CC:140)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from app.domain.errors import ContractError, InputError
from app.domain.notice import Method, Proof
from app.notify.mail_texts import write_mail
from app.services.paper_delivery import arrive_alone, send_alone
from app.services.paper_freezing import freeze_paper
from app.services.settling import object_to
from app.services.silence import Confirmed, confirm_silent, deem_confirmed
from app.services.stage_mails import Post
from app.store.audit import entries
from app.store.deliveries import find_delivery
from app.store.outbox import messages
from app.store.service_months import find_service_month
from app.store.uow import UnitOfWork
from tests.services.living import OFFICIAL, d
from tests.services.paper_house import kit
from tests.services.settling_house import Till, figures
from tests.services.snapshots import filled

POST = Post(write_mail, lambda contract: f"https://example.com/contracts/{contract}/")
NO_SILENCE = [
    {
        "kind": "override", "provision": "fees.payment.cycle.confirm", "reason": "双方约定确认须书面作出，不以沉默代替。",
        "text": "甲方应当自收到之日起{{pay.confirm_workdays}}内书面确认，或者依{{@fees.adjustment.objection}}提出异议；逾期的，不视为确认；",
    }
]  # fmt: skip


till = filled(Till.prompt)


def tick(till: Till, day: str = "") -> Confirmed:
    if day:
        till.at(day)
    return confirm_silent(till.units, kit(), till.now, till.today, POST)


def told(till: Till) -> list[tuple[str, str]]:
    with till.units() as uow:
        return sorted((m.recipient, m.text) for m in messages(uow.session) if m.key.startswith("silence:"))


def deem(till: Till, month: str) -> str:
    with till.units() as uow:
        return deem_confirmed(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, d(f"{month}-01"), till.month(month).revision
        )


def test_what_nobody_reviewed_is_confirmed_on_the_day_after_its_last_day(till: Till) -> None:
    till.enter(figures("2026-02"))
    assert till.month("2026-02").silent_on == d("2026-03-13")
    assert tick(till, "2026-03-13").months == 0, "the last day is still a day to speak"
    assert tick(till, "2026-03-14").months == 1
    row = till.month("2026-02")
    assert (row.state, row.confirmed_on, row.silent_on) == ("confirmed", d("2026-03-13"), None)
    assert [(s.party, s.kind, s.recorded_by) for s in row.statements][-1] == ("a", "deemed", "后台任务")
    assert tick(till).months == 0, "once"
    with till.units() as uow:
        [deemed] = [e for e in entries(uow.session) if e.action == "month.deemed"]
        assert (deemed.actor, json.loads(deemed.data)["on"]) == ("clock", "2026-03-13")


def test_owner_and_both_parties_are_told_once_why_and_what_follows(till: Till) -> None:
    till.enter(figures("2026-02", bad=True))
    tick(till, "2026-03-20")
    tick(till, "2026-03-21")
    found = told(till)
    assert [to for to, _ in found][:2] == ["contract@party-a.example", "contract@party-b.example"]
    assert len(found) == 3, "with the owner"
    expected = "甲方至2026年3月13日期限届满没有提出，依合同第5.2.5.2款视为确认"
    assert [expected in words for _, words in found] == [True] * 3, found[0][1]
    assert ["整改通知 SHFW-2025-0001-ZG-01 已起草" in words for _, words in found] == [False, False, True], (
        "no business of the parties yet"
    )
    linked = [to for to, words in found if "/settlements/months/2026-02" in words]
    assert linked == [found[2][0]], "only who may open the page gets its address"


def test_party_b_is_silent_only_on_a_result_and_never_where_the_parties_disagree(till: Till) -> None:
    till.enter(figures("2026-02"))
    till.review("2026-02", agrees=False, words="接通率分母漏计放弃呼入")
    assert till.month("2026-02").silent_on is None
    assert tick(till, "2026-06-01").months == 0, "an objection without a result is no result to be silent on"
    with pytest.raises(ContractError, match="还没有录入审核结果"):
        deem(till, "2026-02")
    till.enter(figures("2026-02", bad=True), seen=till.month("2026-02").revision, by="a")
    assert till.month("2026-02").silent_on is None, "nobody knows yet when party B had it"
    assert till.had_result("2026-02") == till.month("2026-02").silent_on == d("2026-06-04")
    assert tick(till, "2026-06-05").months == 1
    assert (till.month("2026-02").confirmed_on, till.month("2026-02").score) == (d("2026-06-04"), till.month("2026-02").score)


def test_a_settlement_counts_from_its_receipt_and_the_later_of_both_periods(till: Till) -> None:
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    assert tick(till, "2026-05-01").settlements == 0, "a sheet that nobody is known to have had is not confirmed"
    with pytest.raises(InputError, match="早于结算单提交日"):
        till.at("2026-03-05").receive(made)
    assert till.at("2026-03-09").receive(made) == d("2026-03-16")
    assert tick(till, "2026-03-16").settlements == 0
    assert tick(till, "2026-04-20").settlements == 1, "missed days are caught up"
    row = till.row(made)
    assert (row.state, row.confirmed_on, row.how, row.silent_on) == ("confirmed", d("2026-03-16"), "silence", None)
    assert tick(till).settlements == 0
    assert sum("结算单JS-SHFW-2025-0001-202602" in words for _, words in told(till)) == 3
    till.invoice(made)
    assert till.row(made).due_on == d("2026-05-13"), (
        "the invoice came 28 days late; the payment period runs from the day of silence"
    )


def test_a_sheet_that_party_b_sent_counts_from_its_arrival(till: Till) -> None:
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    paper = till.row(made).instrument_id
    with till.units() as uow:
        freeze_paper(uow, till.actor, till.now, till.today, kit(), paper)
    with till.units() as uow:
        sent = send_alone(
            uow, till.actor, till.now, till.today, OFFICIAL, paper, sender="b", method=Method.EXPRESS, sent_on=till.today
        )
    till.at("2026-03-09")
    with till.units() as uow:
        delivery = find_delivery(uow.session, sent)
        assert delivery is not None
        arrive_alone(
            uow, till.actor, till.now, till.today, OFFICIAL, sent, delivery.revision, arrived_on=till.today, proof=Proof.SIGNED_FOR,
            evidence="EMS 1100000000009",
        )  # fmt: skip
    assert (till.row(made).received_on, till.row(made).silent_on) == (d("2026-03-09"), d("2026-03-16"))


def test_a_word_in_time_stops_the_clock(till: Till) -> None:
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    till.receive(made)
    with till.units() as uow:
        object_to(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, made, till.row(made).revision, amount=till.row(made).incl,
            on=till.today, reason="整单有异议，见清单",
        )  # fmt: skip
    assert till.row(made).silent_on is None
    assert tick(till, "2026-04-01").settlements == 0


@pytest.mark.parametrize(
    "words", ["不视为确认", "视为未确认", "视为甲方不予确认", "并不当然视为确认", "视为确认，但甲方书面否认的除外"]
)
def test_where_the_clause_was_negotiated_the_clock_confirms_nothing(units: Callable[[], UnitOfWork], words: str) -> None:
    own = {**NO_SILENCE[0], "text": NO_SILENCE[0]["text"].replace("不视为确认", words)}
    till = Till.open(units, {"deviations": [own]})
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    assert till.receive(made) is None
    assert tick(till, "2026-05-01").settlements == 0
    with pytest.raises(InputError, match="条款已经改动"):
        till.confirm(made, how="silence", on="2026-03-13")


def test_a_new_calendar_moves_the_day_before_anything_is_confirmed(till: Till) -> None:
    """The stored day only wakes the clock; what counts is worked out again from the record."""
    till.enter(figures("2026-02"))
    with till.units() as uow:
        row = find_service_month(uow.session, till.contract_id, d("2026-02-01"))
        assert row is not None
        row.silent_on = d("2026-03-09")
        uow.commit()
    assert tick(till, "2026-03-10").months == 0
    assert till.month("2026-02").silent_on == d("2026-03-13")
