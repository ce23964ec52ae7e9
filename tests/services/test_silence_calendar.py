"""Days of silence, objection, invoice and payment by the contract's own working days, and never through a year that nobody announced yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from app.domain.calendar import CalendarYear, WorkingCalendar
from app.domain.errors import ContractError, InputError
from app.services.advancing import advance_due
from app.services.calendar_planning import plan_by_new_calendar
from app.services.obligation_planning import Almanac
from app.services.paper_texts import PaperKit
from app.services.settlement_views import month_desk, settlement_desk
from app.services.settling import object_to
from app.services.silence import Confirmed, confirm_silent, deem_confirmed
from app.store.obligations import obligations_of
from app.store.uow import UnitOfWork
from tests.services.living import OFFICIAL, d
from tests.services.paper_house import kit
from tests.services.settling_house import Till, figures
from tests.services.snapshots import filled
from tests.services.test_obligations import ALMANAC, CLOCK
from tests.services.test_silence import POST

MON_FRI = {"defs.workday_source": "mon_fri_only"}
SPRING = frozenset(date(2027, 1, day) for day in range(11, 16))
ANNOUNCED = WorkingCalendar.of([*OFFICIAL.years.values(), CalendarYear(2027, SPRING, frozenset())])
"""Made up for this test: a week of holidays in January."""
till = filled(Till.open)


def kit_with(calendar: WorkingCalendar) -> PaperKit:
    made = kit()
    return replace(made, reference=replace(made.reference, calendar=calendar))


def tick(till: Till, day: str, calendar: WorkingCalendar = OFFICIAL) -> Confirmed:
    till.at(day)
    return confirm_silent(till.units, kit_with(calendar), till.now, till.today, POST)


def object_on(till: Till, settlement: str, day: str) -> None:
    with till.units() as uow:
        row = till.row(settlement)
        object_to(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, settlement, row.revision, amount=row.incl, on=d(day),
            reason="整单有异议，见清单",
        )  # fmt: skip


def test_a_contract_without_make_up_days_counts_by_its_own_working_days(units: Callable[[], UnitOfWork]) -> None:
    """9 May 2026 is a Saturday that is worked: by this contract it is no working day."""
    till = Till.open(units, MON_FRI).at("2026-04-30")
    till.enter(figures("2026-03"))
    assert till.month("2026-03").silent_on == d("2026-05-12")
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    assert till.receive(made) == d("2026-05-12")
    with units() as uow:
        [own] = [o for o in obligations_of(uow.session, till.contract_id) if o.key.startswith("O-8.3-2/")]
        assert own.due_on == d("2026-05-12"), "as the plan of obligations has it"
    assert tick(till, "2026-05-12").settlements == 0
    object_on(till, made, "2026-05-12")
    assert till.row(made).objected_on == d("2026-05-12"), "the last day by the contract"


def test_the_invoice_and_its_delay_count_by_them_too(units: Callable[[], UnitOfWork]) -> None:
    till = Till.open(units, MON_FRI).at("2026-04-30")
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    till.confirm(made)
    till.at("2026-05-12").invoice(made)
    with units() as uow:
        due = settlement_desk(uow, till.actor, till.today, kit(), till.contract_id, made).due
    assert due is not None
    assert due.invoice_by.day == d("2026-05-12")
    assert (due.day and due.day.day) == till.row(made).due_on == d("2026-06-01"), (
        "30 days fall on a Saturday; the invoice was in time"
    )


def test_in_a_year_without_a_calendar_nothing_is_confirmed_until_it_comes(till: Till) -> None:
    till.at("2027-01-06").confirmed("2026-11")
    made = till.draw("2026-11")
    assert till.receive(made) is None
    till.enter(figures("2026-12"))
    assert (till.month("2026-12").silent_on, till.row(made).silent_on) == (None, None)
    assert (tick(till, "2027-03-01").months, tick(till, "2027-03-01").settlements) == (0, 0)
    with till.units() as uow:
        desk = settlement_desk(uow, till.actor, till.today, kit(), till.contract_id, made)
        month = month_desk(uow, till.actor, kit(), till.contract_id, d("2026-12-01"))
    assert month.silence is not None
    for silence in (desk.silence, month.silence):
        assert silence.last is None
        assert "2027年放假安排未录入" in silence.why
        assert "暂定为2027年1月13日" in silence.why
    with till.units() as uow, pytest.raises(ContractError, match="2027年放假安排未录入"):
        deem_confirmed(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, d("2026-12-01"), till.month("2026-12").revision
        )
    with pytest.raises(InputError, match="2027年放假安排未录入"):
        till.confirm(made, how="silence", on="2027-01-13")
    with till.units() as uow:
        plan_by_new_calendar(uow, till.now, ANNOUNCED)
    work = replace(CLOCK, calendar=ANNOUNCED, almanac=Almanac(ALMANAC.catalogue, ANNOUNCED))
    advance_due(till.units, work, lambda: till.now, till.today)
    assert (till.month("2026-12").silent_on, till.row(made).silent_on) == (d("2027-01-20"), d("2027-01-20"))
    found = tick(till, "2027-03-02", ANNOUNCED)
    assert (found.months, found.settlements) == (1, 1)
    assert (till.month("2026-12").confirmed_on, till.row(made).confirmed_on) == (d("2027-01-20"), d("2027-01-20"))


def test_a_provisional_last_day_refuses_no_objection(till: Till) -> None:
    till.at("2027-01-06").confirmed("2026-11")
    made = till.draw("2026-11")
    till.receive(made)
    object_on(till.at("2027-01-20"), made, "2027-01-20")
    assert till.row(made).objected_on == d("2027-01-20")
