"""Killed at any commit boundary of scoring, settling and billing: figures, sheets, papers, money and log are there together or not at all."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from app.domain.reminders import Topic
from app.services.auditing import verify_audit
from app.services.money_rows import sheet_of
from app.store import audit
from app.store.engine import open_engine
from app.store.instruments import InstrumentRow
from app.store.obligations import ContractEventRow
from app.store.outbox import messages
from app.store.reminders import find_subject
from app.store.seal import AuditSeal
from app.store.service_months import ServiceMonthRow
from app.store.settlements import InvoiceRow, PaymentRow, SettlementRow, payment_days
from app.store.uow import UnitOfWork
from tests.services.killing import Nursery, killed_at_every_boundary, nursery_of
from tests.services.settling_nursery import STEPS, prepare
from tests.services.sharing import both_databases

pytestmark = both_databases

FEWEST = 22
"""Boundaries that the steps come to at least; fewer would mean that the hooks no longer see them."""


nursery = nursery_of("tests.services.settling_nursery")


def assert_whole(engine: Engine, folder: Path, said: list[dict[str, Any]]) -> None:
    seal = AuditSeal(folder / "audit")
    with UnitOfWork(engine) as uow:
        report = verify_audit(uow, seal.verifier(), seal)
        assert report.verdict.sound, report.verdict.summary
        logged = Counter(e.action for e in audit.entries(uow.session))
        session = uow.session
        months, sheets = list(session.scalars(select(ServiceMonthRow))), list(session.scalars(select(SettlementRow)))
        papers = Counter(session.scalars(select(InstrumentRow.kind)))
        assert len(months) == logged["month.entered"]
        assert (
            sum(m.state == "confirmed" for m in months)
            == papers["rectification"]
            == logged["month.reviewed"] + logged["month.deemed"]
        )
        told = [m for m in messages(session) if m.key.startswith("silence:")]
        assert len(told) == 3 * logged["month.deemed"], "owner and both parties, each once"
        assert logged["payment.matched"] <= 1
        assert len(sheets) == logged["settlement.drawn"] == papers["settlement"]
        assert sum(s.state == "confirmed" for s in sheets) == logged["settlement.confirmed"]
        assert len(list(session.scalars(select(InvoiceRow)))) == logged["invoice.recorded"]
        payments = list(session.scalars(select(PaymentRow)))
        assert (len(payments), sum(p.reversed_on is not None for p in payments)) == (
            logged["payment.recorded"],
            logged["payment.reversed"],
        )
        for sheet in sheets:
            paid = sum((a for _, a in payment_days(session, [sheet.id]).get(sheet.id, [])), Decimal(0))
            assert sheet_of(sheet).payable == sheet.incl == sheet.open_amount + paid
            reminded = find_subject(session, Topic.PAYMENT.value, f"{sheet.contract_id}:settlement:{sheet.id}")
            assert (reminded.due_on if reminded else None) == sheet.due_on
        there = {
            "settlement": {s.id for s in sheets}, "paper": set(session.scalars(select(InstrumentRow.id))),
            "payment": {p.reference for p in payments}, "invoice": set(session.scalars(select(InvoiceRow.number))),
        }  # fmt: skip
        for line in said:
            assert "refused" not in line, json.dumps(line, ensure_ascii=False)
            assert all(value in there[kind] for kind, value in line.items() if kind in there)


def test_a_process_killed_at_any_commit_boundary_of_settling_leaves_nothing_half_done(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    prepare(database, tmp_path)
    engine = open_engine(database)
    deaths = killed_at_every_boundary(nursery, database, tmp_path, STEPS, lambda d: assert_whole(engine, tmp_path, d.said))
    assert_whole(engine, tmp_path, deaths.said)
    with UnitOfWork(engine) as uow:
        [sheet] = uow.session.scalars(select(SettlementRow))
        assert (sheet.state, sheet.open_amount) == ("confirmed", sheet.incl)
        assert [m.state for m in uow.session.scalars(select(ServiceMonthRow))] == ["confirmed", "confirmed"]
        overdue = [e for e in uow.session.scalars(select(ContractEventRow)) if e.kind == "payment_overdue"]
        assert len(overdue) == 1
    engine.dispose()
    assert deaths.count >= FEWEST
