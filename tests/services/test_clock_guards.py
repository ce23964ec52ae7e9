"""What the clock does contract by contract: one that is damaged is left standing, and every other one gets its due."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import date
from decimal import Decimal as D

import pytest
from sqlalchemy import Engine, text

from app.notify.mail_texts import write_mail
from app.services.advancing import advance_due
from app.services.amendment_signing import apply_due
from app.services.correction_mails import tell_corrections
from app.services.moving import wake
from app.services.overdue import record_overdue
from app.services.record import require_contract
from app.services.stage_mails import Post
from app.store.blobs import BlobStore
from app.store.corrections import MAIL, CorrectionRow, untold_corrections
from app.store.obligations import events_of
from app.store.outbox import messages
from app.store.uow import UnitOfWork
from app.store.users import UserRow
from tests.services.fixtures import LAWYER
from tests.services.living import d, noon
from tests.services.paper_house import Desk, kit
from tests.services.settling_house import Till
from tests.services.sharing import both_databases
from tests.services.signed import WORK

Units = Callable[[], UnitOfWork]


def spoil(engine: Engine, table: str, change: str, contract_id: str) -> None:
    """As a broken disk would: behind the program, and behind the triggers."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_update"))
        else:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        connection.execute(text(f"UPDATE {table} SET {change} WHERE contract_id = :contract"), {"contract": contract_id})


def spoil_text(engine: Engine, contract_id: str) -> None:
    spoil(engine, "versions", "tree = replace(tree, substr(tree, 20, 3), 'xyz')", contract_id)


def test_a_contract_whose_text_is_damaged_keeps_no_other_delay_from_being_recorded(
    units: Units, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = Till.open(units), Till.open(units)
    broken.owing()
    sound.owing("2026-03", "2026-04-08")
    spoil_text(engine, broken.contract_id)
    with caplog.at_level(logging.WARNING):
        assert record_overdue(units, kit(), noon(d("2026-06-01")), d("2026-06-01")) == 1
    assert f"合同 {broken.contract_id}" in caplog.text
    assert "版的存储内容" in caplog.text
    with units() as uow:
        told = {x: [e.kind for e in events_of(uow.session, x)] for x in (broken.contract_id, sound.contract_id)}
    assert "payment_overdue" in told[sound.contract_id]
    assert "payment_overdue" not in told[broken.contract_id], "nothing of what failed is stored"


def amended(units: Units, blobs: BlobStore) -> Desk:
    desk = Desk.open(units, blobs)
    desk.signed_amendment(("adjust.volume_rate", "1.2"), effective="2026-03-01")
    return desk


def test_an_amendment_of_a_damaged_contract_keeps_no_other_from_taking_effect(
    units: Units, blobs: BlobStore, engine: Engine
) -> None:
    broken, sound = amended(units, blobs), amended(units, blobs)
    spoil_text(engine, broken.contract_id)
    today = d("2026-03-02")
    assert apply_due(units, noon(today), today) == 1
    assert apply_due(units, noon(today), today) == 0
    with units() as uow:
        for desk in (broken, sound):
            wake(require_contract(uow, desk.contract_id, lock=True), noon(today))
        uow.commit()
    done = advance_due(units, WORK, lambda: noon(today), today)
    assert (done.looked, done.failed) == (1, []), "the other one's dates would be computed from a text that no longer governs"


@both_databases
def test_a_settled_period_that_can_not_be_read_keeps_no_text_from_taking_effect(
    units: Units, blobs: BlobStore, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk.open(units, blobs)
    till = Till(units, desk.contract_id)
    till.at("2026-03-06").confirmed("2026-02")
    till.draw("2026-02")
    spoil(engine, "settlements", "sheet = '{}'", desk.contract_id)
    desk.today = date(2026, 3, 10)
    desk.signed_amendment(("adjust.volume_rate", "1.2"), effective="2026-04-01")
    assert desk.wake("2026-04-01") == 1
    assert "can't be computed" in caplog.text


# ---- mails of corrections


def proposal(till: Till, settlement: str, number: str) -> str:
    with till.units() as uow:
        row = CorrectionRow(
            id=number.rjust(32, "0"), contract_id=till.contract_id, settlement_id=settlement, number=f"GZ-{number}", cause="terms",
            reason="补充协议自2026年2月起适用", items=json.dumps([]), months=json.dumps([]), working="{}", excl=D("10.00"), tax=D("0.60"),
            state="proposed", created_at=till.now, created_by="后台任务",
        )  # fmt: skip
        uow.session.add(row)
        uow.commit()
        return row.id


def test_a_contract_nobody_can_be_told_of_keeps_no_other_owner_waiting(units: Units) -> None:
    first, second = Till.open(units), Till.open(units)
    proposal(first, first.owing(), "1")
    proposal(second, second.owing("2026-03", "2026-04-08"), "2")

    def link(contract_id: str) -> str:
        if contract_id == first.contract_id:
            raise LookupError(contract_id)
        return f"https://example.com/contracts/{contract_id}/"

    assert tell_corrections(units, first.now, Post(write_mail, link)) == 1
    with units() as uow:
        assert [m.contract_id for m in messages(uow.session) if m.key.startswith(MAIL)] == [second.contract_id]


def test_a_proposal_waits_without_being_looked_at_until_somebody_can_be_told(units: Units) -> None:
    till = Till.open(units)
    made = proposal(till, till.owing(), "1")
    post = Post(write_mail, lambda contract: f"https://example.com/contracts/{contract}/")

    def owner(active: bool) -> None:
        with units() as uow:
            user = uow.session.get(UserRow, LAWYER.id)
            assert user is not None
            user.active = active
            uow.commit()

    owner(active=False)
    with units() as uow:
        assert untold_corrections(uow.session) == []
    owner(active=True)
    with units() as uow:
        assert untold_corrections(uow.session) == [(till.contract_id, made)]
    assert tell_corrections(units, till.now, post, carry_on=lambda: False) == 0
    assert [tell_corrections(units, till.now, post), tell_corrections(units, till.now, post)] == [1, 0]
