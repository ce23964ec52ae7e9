"""What the calendar does: each move on its day, once, in order, logged and told; what was missed is caught up."""

from __future__ import annotations

import itertools
import json
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text

from app.domain.errors import ContractError
from app.services import advancing
from app.services.advancing import Advanced, Clockwork, advance_due
from app.services.moving import wake
from app.services.overview import read_overview
from app.services.record import require_contract
from app.store.audit import entries_of
from app.store.contracts import find_contract
from app.store.outbox import messages
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, TODAY, later
from tests.services.signed import WORK, Held, filed, sign, signed
from tests.services.snapshots import filled

READY = {"renew.mode": "by_agreement"}
AUTOMATIC = {"renew.mode": "auto_once", "renew.max_times": 1}
"""In force with the signatures; nothing is renewed by itself. The term is 2027-01-01 to 2027-12-31."""
WINDOW, OVER = date(2027, 10, 2), date(2028, 1, 1)


def by_agreement(units: Units) -> Held:
    return Held(units, signed(units, READY, ready=True))


def by_itself(units: Units) -> Held:
    return Held(units, signed(units, AUTOMATIC, ready=True))


ready, automatic = filled(by_agreement), filled(by_itself)


def run(units: Units, today: date, work: Clockwork = WORK, **more: object) -> Advanced:
    ticks = itertools.count(10)
    return advance_due(units, work, lambda: later(next(ticks)), today, **more)  # type: ignore[arg-type]


def moves(units: Units, contract: str) -> list[tuple[str, str]]:
    with units() as uow:
        found = [json.loads(e.data) for e in entries_of(uow.session, contract) if e.action == "contract.moved"]
    return [(m["event"], m.get("due", "")) for m in found if m["event"] != "recorded_as_signed"]


def stage(units: Units, contract: str) -> str:
    with units() as uow:
        return require_contract(uow, contract).stage


def mails(units: Units) -> list[str]:
    with units() as uow:
        return [m.subject for m in messages(uow.session)][::-1]


def test_each_move_is_made_on_its_day_and_not_before(ready: Held) -> None:
    units, contract = ready.units, ready.contract
    assert run(units, TODAY).moved == 1
    assert moves(units, contract) == [("took_effect", "2026-11-20")]
    assert run(units, WINDOW - timedelta(1)).moved == 0
    assert run(units, WINDOW).moved == 1
    assert stage(units, contract) == "expiring"
    assert run(units, OVER - timedelta(1)).moved == 0  # the last day belongs to the term
    assert run(units, OVER).moved == 1
    assert moves(units, contract)[1:] == [("window_opened", "2027-10-02"), ("term_ended", "2028-01-01")]
    assert stage(units, contract) == "expired"


def test_missed_days_are_caught_up_in_order_and_each_is_told(ready: Held) -> None:
    units, contract = ready.units, ready.contract
    done = run(units, date(2028, 3, 1))
    assert (done.looked, done.moved, done.stuck, done.failed) == (1, 3, 0, [])
    assert [event for event, _ in moves(units, contract)] == ["took_effect", "window_opened", "term_ended"]
    assert [s.partition(" “")[2] for s in mails(units)] == [
        "生效”，现为“履行中”",
        "进入续约窗口”，现为“即将届满”",
        "期限届满”，现为“已届满”",
    ]
    with units() as uow:
        steps = read_overview(uow, LAWYER, contract).steps
    assert [(s.event.label, s.by_itself) for s in steps if s.event][:4] == [
        ("期限届满", True), ("进入续约窗口", True), ("生效", True), ("补录已签合同", False),
    ]  # fmt: skip


def test_a_second_run_does_nothing_twice(ready: Held) -> None:
    units, contract = ready.units, ready.contract
    for _ in range(3):
        run(units, WINDOW)
    assert [event for event, _ in moves(units, contract)] == ["took_effect", "window_opened"]
    assert len(mails(units)) == 2
    with units() as uow:
        entries = [e for e in entries_of(uow.session, contract) if e.action == "contract.moved"]
    assert [e.actor for e in entries] == ["lawyer", "clock", "clock"]


def test_contracts_whose_day_is_far_off_cost_nothing(ready: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    units = ready.units
    run(units, TODAY)
    looked: list[str] = []
    monkeypatch.setattr(advancing, "due_move", lambda *_a: looked.append("x") or (None, None))
    assert run(units, TODAY + timedelta(1)).looked == 0
    assert looked == []
    assert run(units, TODAY + advancing.AGAIN).looked == 1  # and yet nobody is forgotten for long


def test_a_contract_that_waits_for_a_condition_stays_until_it_is_woken(units: Units) -> None:
    contract = signed(units)
    assert run(units, TODAY).moved == 0
    assert run(units, TODAY).looked == 0
    with units() as uow:
        wake(require_contract(uow, contract), NOW)
        uow.commit()
    assert run(units, TODAY).looked == 1
    assert stage(units, contract) == "signed"


def test_a_fixed_day_of_effect_is_kept(units: Units) -> None:
    contract = signed(units, {**READY, "effect.date_rule": "fixed_date", "effect.fixed_date": "2026-12-15"}, ready=True)
    assert run(units, date(2026, 12, 14)).moved == 0
    assert run(units, date(2026, 12, 20)).moved == 1
    with units() as uow:
        assert require_contract(uow, contract).took_effect_on == date(2026, 12, 15)


def test_a_contract_that_renews_by_itself_goes_on_and_expires_once_its_renewals_are_used_up(automatic: Held) -> None:
    units, contract = automatic.units, automatic.contract
    run(units, OVER)
    assert moves(units, contract)[1:] == [("window_opened", "2027-10-02"), ("renewed_automatically", "")]
    with units() as uow:
        assert require_contract(uow, contract).last_day == date(2028, 12, 31)
    assert stage(units, contract) == "active"
    run(units, date(2029, 1, 1))
    assert [event for event, _ in moves(units, contract)[3:]] == ["window_opened", "term_ended"]
    assert len([s for s in mails(units) if "自动续约" in s]) == 1


def test_a_renewal_that_can_not_be_recorded_leaves_the_contract_and_tells_the_owner_once(
    automatic: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ContractError("test", "价格没有约定")

    units, contract = automatic.units, automatic.contract
    monkeypatch.setattr(advancing, "renew_contract", refuse)
    for day in range(3):
        assert run(units, OVER + timedelta(day)).stuck == 1
    assert stage(units, contract) == "expiring"
    assert [s for s in mails(units) if "自动续约" in s] == ["成约：合同 SHFW-2026-0001 到了“自动续约”的日子，但系统未能自动办理"]
    assert "价格没有约定" in _last_text(units)


def test_a_contract_without_term_does_not_expire(ready: Held) -> None:
    units, contract = ready.units, ready.contract
    run(units, TODAY)
    with units() as uow:
        row = require_contract(uow, contract)
        row.last_day, row.clock_on = None, TODAY
        uow.commit()
    assert run(units, date(2030, 1, 1)).moved == 0
    assert stage(units, contract) == "active"


def test_a_contract_whose_text_is_not_here_is_not_expired_unseen(units: Units) -> None:
    contract = filed(units, frozen=False)
    with units() as uow:
        row = require_contract(uow, contract, lock=True)
        row.last_day, row.effective_from = date(2026, 12, 31), date(2026, 12, 1)
        sign(uow, contract)
        uow.commit()
    assert run(units, date(2026, 12, 1)).moved == 1
    assert run(units, date(2027, 1, 1)).stuck == 1
    assert stage(units, contract) == "active"
    assert "尚未核对续约方式" in _last_text(units)


def _last_text(units: Units) -> str:
    with units() as uow:
        return messages(uow.session)[0].text


def test_a_round_of_signing_lapses_on_the_day_after_its_last_day(units: Units) -> None:
    contract = filed(units)
    with units() as uow:
        row = require_contract(uow, contract)
        row.stage, row.signing_deadline, row.clock_on = "signing", date(2026, 12, 4), TODAY
        uow.commit()
    assert run(units, date(2026, 12, 4)).moved == 0
    assert run(units, date(2026, 12, 5)).moved == 1
    assert (stage(units, contract), moves(units, contract)) == ("approved", [("signing_lapsed", "2026-12-05")])


def test_a_fault_with_one_contract_does_not_keep_the_others_waiting(units: Units, engine: Engine) -> None:
    broken, sound = signed(units, READY, ready=True), signed(units, READY, ready=True)
    with engine.begin() as connection:
        for name in ("update", "delete", "replace") if engine.dialect.name == "sqlite" else ():
            connection.execute(text(f"DROP TRIGGER IF EXISTS versions_no_{name}"))
        if engine.dialect.name != "sqlite":
            connection.execute(text("ALTER TABLE versions DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE versions SET answers = '{' WHERE contract_id = :c"), {"c": broken})
    done = run(units, TODAY)
    assert (done.failed, stage(units, broken), stage(units, sound)) == ([broken], "signed", "active")
    assert run(units, TODAY).failed == [broken]


def test_a_run_ends_when_it_is_told_to_and_goes_on_the_next_time(units: Units) -> None:
    for _ in range(2):
        signed(units, READY, ready=True)
    calls: list[int] = []

    def once() -> bool:
        calls.append(1)
        return len(calls) == 1

    assert run(units, TODAY, carry_on=once).looked == 1
    assert run(units, TODAY, limit=1).looked == 1
    assert run(units, TODAY).looked == 0


def test_the_owner_of_a_closed_contract_is_told_and_nobody_without_a_mailbox_stops_the_clock(ready: Held) -> None:
    units, contract = ready.units, ready.contract
    with units() as uow:
        found = find_contract(uow.session, contract)
        assert found
        found.confidential, found.owner_id = True, None
        uow.commit()
    assert run(units, TODAY).moved == 1
    assert mails(units) == []


def test_moves_that_lead_nowhere_come_to_an_end_and_are_a_fault(automatic: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    units, contract = automatic.units, automatic.contract
    run(units, OVER - timedelta(1))
    monkeypatch.setattr(advancing, "renew_contract", lambda *_: ["a term that is not stored"])
    assert run(units, OVER).failed == [contract]
