"""Killed at any commit boundary of planning and keeping obligations: every instance once, with its entry and its reminder."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from app.domain.obligation_plan import plan
from app.domain.obligation_state import kept
from app.services.auditing import verify_audit
from app.services.obligation_planning import basis_of, occasions_of
from app.store import audit
from app.store.amendments import AmendmentRow
from app.store.contracts import ContractRow
from app.store.engine import open_engine
from app.store.instruments import InstrumentRow
from app.store.obligations import ContractEventRow, ObligationRow
from app.store.reminders import ReminderSubjectRow
from app.store.seal import AuditSeal
from app.store.uow import UnitOfWork
from tests.services.duty_nursery import ALMANAC, STEPS, prepare
from tests.services.killing import Nursery, killed_at_every_boundary, nursery_of
from tests.services.living import OFFICIAL
from tests.services.sharing import both_databases

pytestmark = both_databases

FEWEST = 20
"""Boundaries that the steps come to at least; fewer would mean that the hooks no longer see them."""


nursery = nursery_of("tests.services.duty_nursery")


def assert_whole(engine: Engine, folder: Path, said: list[dict[str, Any]]) -> None:
    """What was told done is there; states, entries, events, instances and reminders are there together or not at all."""
    seal = AuditSeal(folder / "audit")
    with UnitOfWork(engine) as uow:
        report = verify_audit(uow, seal.verifier(), seal)
        assert report.verdict.sound, report.verdict.summary
        entries = [(e.action, json.loads(e.data)) for e in audit.entries(uow.session)]
        session = uow.session
        rows = list(session.scalars(select(ObligationRow)))
        for state, action in (("done", "obligation.done"), ("waived", "obligation.waived"), ("disputed", "obligation.disputed")):
            reopened = Counter(d["obligation"] for a, d in entries if a == "obligation.reopened" and d["before"] == state)
            logged = Counter(d["obligation"] for a, d in entries if a == action) - reopened
            assert Counter(r.id for r in rows if r.state == state) == logged
        events = {e.id for e in session.scalars(select(ContractEventRow)) if e.source != "duty"}
        gone = {d["event"] for a, d in entries if a == "event.withdrawn"}
        assert events == {d["event"] for a, d in entries if a == "event.recorded"} - gone
        successors = {e.id for e in session.scalars(select(ContractEventRow)) if e.source == "duty"}
        assert successors == {r.id for r in rows if r.state == "done" and r.duty == "O-8.2-1"}
        if rows:
            contract = session.scalars(select(ContractRow)).one()
            wanted = {
                i.key: i for i in kept(plan(ALMANAC.catalogue, basis_of(uow, contract, OFFICIAL), occasions_of(uow, contract)))
            }
            assert {r.key for r in rows} == set(wanted)
            assert all(r.due_on == (wanted[r.key].due.day if wanted[r.key].due else None) for r in rows)  # type: ignore[union-attr]
            taken = [(d["taken"], d["reopened"]) for a, d in entries if a == "obligation.taken_over"]
            before = [r.due_on for r in rows if r.state == "before"]
            assert len(before) == sum(t - r for t, r in taken)
            assert all(day is not None and contract.taken_over_on is not None and day < contract.taken_over_on for day in before)
            assigned = sum(d["count"] for a, d in entries if a == "obligation.assigned")
            assert sum(r.responsible_id is not None for r in rows if r.state == "open") <= assigned
            told = {
                s.subject_id: s.due_on
                for s in session.scalars(select(ReminderSubjectRow).where(ReminderSubjectRow.topic == "obligation"))
            }
            open_ones = {f"{r.contract_id}:{r.key}": r.due_on for r in rows if r.state == "open" and r.due_on and reminded(r)}
            assert {k: v for k, v in told.items() if v} == open_ones
        drafted = Counter(session.scalars(select(InstrumentRow.id)))
        assert drafted == Counter(session.scalars(select(AmendmentRow.instrument_id)))
        there = {
            "done": {d["obligation"] for a, d in entries if a == "obligation.done"},
            "waived": {r.id for r in rows if r.state == "waived"},
            "disputed": {r.id for r in rows if r.state == "disputed"},
            "event": events,
            "paper": set(session.scalars(select(InstrumentRow.number))),
        }
        for line in said:
            for kind, value in line.items():
                assert kind not in there or value in there[kind], line


def reminded(row: ObligationRow) -> bool:
    from app.services.obligation_reminding import ELSEWHERE

    return row.duty not in ELSEWHERE


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
def test_a_process_killed_at_any_commit_boundary_of_keeping_obligations_leaves_nothing_half_done(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    prepare(database, tmp_path)
    engine = open_engine(database)
    deaths = killed_at_every_boundary(nursery, database, tmp_path, STEPS, lambda d: assert_whole(engine, tmp_path, d.said))
    assert_whole(engine, tmp_path, deaths.said)
    engine.dispose()
    assert deaths.refused == []
    assert deaths.count >= FEWEST
