"""A word in time that is recorded after the clock confirmed by silence: the silence never had its effect, and everybody is told so."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from app.domain.errors import ContractError, InputError
from app.services.settling import object_to
from app.store.obligations import events_named, obligation_with_key
from app.store.outbox import messages
from tests.services.living import d
from tests.services.paper_house import kit
from tests.services.settling_house import Till
from tests.services.snapshots import filled
from tests.services.test_silence import POST, tick

till = filled(Till.prompt)


def silenced(till: Till) -> str:
    """A settlement whose last day was 13 March, confirmed by the clock on the 14th."""
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    assert till.receive(made) == d("2026-03-13")
    assert tick(till, "2026-03-14").settlements == 1
    return made


def object_on(till: Till, settlement: str, day: str, amount: str = "10000.00") -> None:
    with till.units() as uow:
        object_to(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, settlement, till.row(settlement).revision, amount=D(amount),
            on=d(day), reason="超量工单有重复，见清单", post=POST,
        )  # fmt: skip


def told(till: Till) -> list[tuple[str, str]]:
    with till.units() as uow:
        return sorted((m.recipient, m.text) for m in messages(uow.session) if m.key.startswith("silence_broken:"))


def test_an_objection_of_the_last_evening_counts_though_the_clock_was_quicker(till: Till) -> None:
    made = silenced(till)
    till.invoice(made)
    object_on(till, made, "2026-03-13")
    row = till.row(made)
    assert (row.how, row.confirmed_on, row.objected, row.objected_on) == (
        "written",
        d("2026-03-13"),
        D("10000.00"),
        d("2026-03-13"),
    )
    found = told(till)
    assert [to for to, _ in found][:2] == ["contract@party-a.example", "contract@party-b.example"]
    assert len(found) == 3
    assert all("视为确认自始没有发生" in words and "争议金额10000.00元" in words for _, words in found), found[0][1]
    with pytest.raises(ContractError, match="不能提出异议"):
        object_on(till, made, "2026-03-13")


def test_an_earlier_objection_moves_the_days_that_hang_on_the_confirmation(till: Till) -> None:
    made = silenced(till)
    object_on(till, made, "2026-03-10")
    assert till.row(made).confirmed_on == d("2026-03-10")
    with till.units() as uow:
        [event] = events_named(uow.session, till.contract_id, "statement_received", "JS-SHFW-2025-0001-202602")
        own = obligation_with_key(uow.session, till.contract_id, f"O-8.3-2/{event.id}")
        assert own is None or own.done_on == d("2026-03-10")


def test_an_earlier_written_confirmation_moves_the_payment_period(till: Till) -> None:
    made = silenced(till)
    with pytest.raises(InputError, match="只有在该日以前"):
        till.confirm(made, on="2026-03-14")
    with pytest.raises(ContractError, match="不能确认"):
        till.confirm(made, how="silence", on="2026-03-13")
    assert "2026年3月9日确认" in till.confirm(made, on="2026-03-09")
    row = till.row(made)
    assert (row.how, row.confirmed_on, row.evidence) == ("written", d("2026-03-09"), "确认函QR-1")
    till.invoice(made)
    assert till.row(made).due_on == d("2026-04-08")


def test_a_word_after_the_last_day_stays_too_late(till: Till) -> None:
    made = silenced(till)
    with pytest.raises(InputError, match="异议期已于2026-03-13届满"):
        object_on(till, made, "2026-03-14")
    assert till.row(made).how == "silence"
    assert told(till) == []


def test_without_a_receipt_no_period_to_object_runs(till: Till) -> None:
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    object_on(till.at("2026-05-20"), made, "2026-05-20")
    assert till.row(made).objected_on == d("2026-05-20")
