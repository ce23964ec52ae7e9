"""Figures, scores, statements, invoices and payments record what begins obligations and do those that they are; voiding takes it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal as D

from app.domain.notice import Method
from app.domain.obligations import Catalogue
from app.services.billing import NewPayment, record_payment, reverse_payment
from app.services.matching import match_payment, payment_with
from app.services.obligation_planning import Almanac, plan_contracts
from app.services.overdue import record_overdue
from app.services.paper_delivery import send_alone
from app.services.service_levels import Evidence, answer_objection, reopen_month
from app.services.settling import void_settlement
from app.services.taking_over import take_over
from app.store.instruments import find_instrument
from app.store.obligations import events_of, obligations_of
from app.store.uow import UnitOfWork
from tests.services.fixtures import LAWYER, reference
from tests.services.living import OFFICIAL, d
from tests.services.paper_house import kit
from tests.services.settling_house import Till, figures
from tests.services.snapshots import filled

Units = Callable[[], UnitOfWork]
ALMANAC = Almanac(Catalogue.of(reference().library), OFFICIAL)


def planned(units: Units) -> Till:
    made = Till.open(units)
    plan_contracts(units, LAWYER, made.now, ALMANAC, [made.contract_id])
    return made


till = filled(planned)


def duty(till: Till, name: str, label: str) -> tuple[str, date | None, date | None] | None:
    """(state, due, done) of the instance whose label holds this; None where none is planned."""
    with till.units() as uow:
        found = [r for r in obligations_of(uow.session, till.contract_id) if r.duty == name and label in r.label]
        return (found[0].state, found[0].due_on, found[0].done_on) if found else None


def events(till: Till) -> set[tuple[str, str, date]]:
    with till.units() as uow:
        return {(e.kind, e.subject, e.on_day) for e in events_of(uow.session, till.contract_id)}


def test_handing_figures_in_begins_the_review_and_the_review_the_objection(till: Till) -> None:
    assert duty(till, "O-5.2-1", "2026年2月") == ("open", d("2026-03-06"), None)
    till.enter(figures("2026-02"))
    assert duty(till, "O-5.2-1", "2026年2月") == ("done", d("2026-03-06"), d("2026-03-06"))
    assert duty(till, "O-5.2-2", "2026年2月") == ("open", d("2026-03-13"), None)
    till.at("2026-03-10").review("2026-02", agrees=False, words="接通率分母漏计放弃呼入")
    assert duty(till, "O-5.2-2", "2026年2月") == ("done", d("2026-03-13"), d("2026-03-10"))
    assert duty(till, "O-5.2-3", "2026年2月") == ("open", d("2026-03-13"), None)
    till.enter(figures("2026-02", tickets=4000), seen=till.month("2026-02").revision, by="a")
    with till.units() as uow:
        answer_objection(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, d("2026-02-01"), till.month("2026-02").revision, accepts=True,
            on=till.today, evidence=Evidence(),
        )  # fmt: skip
    assert duty(till, "O-5.2-3", "2026年2月") == ("done", d("2026-03-13"), d("2026-03-10"))
    assert ("score_confirmed", "2026年2月", d("2026-03-10")) in events(till)


def test_a_low_score_begins_the_notice_which_its_sending_does_and_reopening_takes_back(till: Till) -> None:
    till.confirmed("2026-02", bad=True)
    assert ("improve_triggered", "2026年2月", d("2026-03-06")) in events(till)
    assert duty(till, "O-5.3-1", "2026年2月") == ("open", d("2026-03-13"), None)
    with till.units() as uow:
        reopen_month(
            uow, till.actor, till.now, kit(), till.contract_id, d("2026-02-01"), till.month("2026-02").revision, "数据有误"
        )
    assert duty(till, "O-5.3-1", "2026年2月") is None
    assert not {"score_confirmed", "improve_triggered"} & {kind for kind, _, _ in events(till)}
    assert duty(till, "O-5.2-3", "2026年2月") == ("open", d("2026-03-11"), None)


def test_a_statement_begins_and_does_what_hangs_on_it_up_to_its_payment(till: Till) -> None:
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    number = "JS-SHFW-2025-0001-202602"
    till.at("2026-03-09").receive(made)
    assert duty(till, "O-8.3-2", number) == ("open", d("2026-03-16"), None)
    till.at("2026-03-10").receive(made)
    assert duty(till, "O-8.3-2", number) == ("open", d("2026-03-17"), None), "corrected, not doubled"
    till.confirm(made)
    assert duty(till, "O-8.3-2", number) == ("done", d("2026-03-17"), d("2026-03-10"))
    assert duty(till, "O-8.2-3", "2026年2月") == ("open", d("2026-03-17"), None)
    till.at("2026-03-12").invoice(made, number="FP-1")
    assert duty(till, "O-8.2-3", "2026年2月") == ("done", d("2026-03-17"), d("2026-03-12"))
    till.at("2026-04-08").pay("124889.60")
    assert duty(till, "O-8.2-4", "2026年2月") == ("done", d("2026-04-09"), d("2026-04-08"))
    with till.units() as uow:
        paid = payment_with(uow, till.actor, till.contract_id, "HD-1")
    with till.units() as uow:
        reverse_payment(uow, till.actor, till.now, till.today, kit(), till.contract_id, paid.id, paid.revision, "银行退回")
    assert duty(till, "O-8.2-4", "2026年2月") == ("open", d("2026-04-09"), None)
    till.invoice(made, number="FP-1R", red_of="FP-1")
    assert duty(till, "O-8.2-3", "2026年2月") == ("open", d("2026-03-17"), None)


def test_a_voided_settlement_is_owed_again_and_can_be_drawn_anew(till: Till) -> None:
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    till.receive(made)
    till.confirm(made)
    with till.units() as uow:
        void_settlement(uow, till.actor, till.now, kit(), till.contract_id, made, till.row(made).revision, "报表有误")
    assert duty(till, "O-8.2-1", "2026年2月") == ("open", d("2026-03-06"), None)
    assert [duty(till, x, "202602") or duty(till, x, "2026年2月") for x in ("O-8.2-2", "O-8.2-3", "O-8.2-4", "O-8.3-2")] == [
        None
    ] * 4
    assert not {"statement_submitted", "statement_confirmed", "statement_received"} & {kind for kind, _, _ in events(till)}
    again = till.at("2026-03-09").draw("2026-02")
    till.confirm(again)
    assert duty(till, "O-8.2-1", "2026年2月") == ("done", d("2026-03-06"), d("2026-03-09"))
    assert duty(till, "O-8.2-4", "2026年2月") == ("open", d("2026-04-08"), None)


def test_what_was_done_before_the_takeover_is_not_late_when_it_is_taken_back(till: Till) -> None:
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    till.confirm(made)
    till.at("2026-03-20")
    with till.units() as uow:
        take_over(uow, till.actor, till.now, till.today, till.contract_id, till.today, "三月二十日起由本系统管理")
    with till.units() as uow:
        void_settlement(uow, till.actor, till.now, kit(), till.contract_id, made, till.row(made).revision, "报表有误")
    assert duty(till, "O-8.2-1", "2026年2月") == ("before", d("2026-03-06"), None)
    again = till.draw("2026-02")
    till.confirm(again)
    assert duty(till, "O-8.2-1", "2026年2月") == ("done", d("2026-03-06"), d("2026-03-20")), "what is recorded counts more"


def test_the_clock_records_once_that_a_payment_is_overdue(till: Till) -> None:
    till.owing()
    assert record_overdue(till.units, kit(), till.at("2026-04-07").now, till.today) == 0
    assert record_overdue(till.units, kit(), till.at("2026-04-08").now, till.today) == 1
    assert record_overdue(till.units, kit(), till.at("2026-04-09").now, till.today) == 0
    assert ("payment_overdue", "JS-SHFW-2025-0001-202602", d("2026-04-08")) in events(till)
    assert duty(till, "O-8.2-5", "JS-SHFW-2025-0001-202602") is not None


def test_a_payment_that_turns_out_to_have_come_in_time_takes_the_delay_back(till: Till) -> None:
    made = till.owing()
    till.at("2026-04-10")
    record_overdue(till.units, kit(), till.now, till.today)
    assert "payment_overdue" in {kind for kind, _, _ in events(till)}
    with till.units() as uow:
        payment = NewPayment(d("2026-04-03"), D("124889.60"), "HD-迟录")
        record_payment(uow, till.actor, till.now, till.today, kit(), till.contract_id, payment)
    assert "payment_overdue" not in {kind for kind, _, _ in events(till)}
    assert till.row(made).open_amount == D("0.00")
    plan_contracts(till.units, LAWYER, till.now, ALMANAC, [till.contract_id])
    assert duty(till, "O-8.2-5", "JS-SHFW-2025-0001-202602") is None


def test_what_is_paid_over_everything_is_owed_back_until_it_is_matched(till: Till) -> None:
    first = till.owing()
    till.at("2026-04-07").pay("125000.00")
    assert duty(till, "O-8.3-4", "HD-1") == ("open", d("2026-04-17"), None)
    second = till.owing("2026-03", "2026-04-08")
    with till.units() as uow:
        paid = payment_with(uow, till.actor, till.contract_id, "HD-1")
    with till.units() as uow:
        match_payment(
            uow,
            till.actor,
            till.now,
            kit(),
            till.contract_id,
            paid.id,
            paid.revision,
            {first: D("124889.60"), second: D("110.40")},
        )
    assert duty(till, "O-8.3-4", "HD-1") is None


def test_sending_the_rectification_notice_does_the_duty_to_send_it(till: Till) -> None:
    till.confirmed("2026-02", bad=True)
    with till.units() as uow:
        paper = find_instrument(uow.session, till.month("2026-02").rectification_id or "")
        assert paper is not None
        paper.state = "frozen"
        uow.commit()
        paper_id = paper.id
    with till.units() as uow:
        send_alone(
            uow, till.actor, till.now, till.today, OFFICIAL, paper_id, sender="a", method=Method.EXPRESS, sent_on=till.today
        )
    assert duty(till, "O-5.3-1", "2026年2月") == ("done", d("2026-03-13"), d("2026-03-06"))
