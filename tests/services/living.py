"""Contracts in force for the tests of renewal and ending: recorded as signed, in effect, with any answers changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from app.domain.effect import Effect
from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts
from app.domain.notice import Method, Proof
from app.domain.permissions import Actor, Role
from app.domain.term_chain import Term
from app.library.answers_file import load_example
from app.notify.mail_texts import write_mail
from app.services.advancing import Clockwork, advance_due
from app.services.drafts import create_draft
from app.services.filing import ContractView, create_contract, load_contract_unasked
from app.services.moving import move
from app.services.record import require_contract
from app.services.renewal import RenewalDesk, renewal_desk
from app.services.renewal_clock import Post
from app.services.renewal_papers import notice_arrived, send_paper
from app.services.stage_mails import Post as StagePost
from app.services.versions import save_version
from app.store.deliveries import find_delivery
from app.store.outbox import OutboxRow, messages
from app.store.uow import UnitOfWork
from tests.services.fixtures import LAWYER, PATTERN, ensure, reference
from tests.services.signed import SIGN_POST

READER = Actor("审计员", "auditor", frozenset({Role.AUDITOR}))
OFFICIAL = reference().calendar
WORK = Clockwork(
    OFFICIAL,
    StagePost(write_mail, lambda contract: f"https://example.com/contracts/{contract}/"),
    Post(write_mail, lambda contract: f"https://example.com/contracts/{contract}/term"),
    SIGN_POST,
)


def d(text: str) -> date:
    return date.fromisoformat(text)


def noon(day: date) -> datetime:
    """The middle of that day in Beijing."""
    return datetime.combine(day, time(4), UTC)


@dataclass
class House:
    """A contract in force; ``today`` moves only where a test moves it."""

    units: Callable[[], UnitOfWork]
    contract_id: str = ""
    today: date = date(2026, 1, 5)

    @property
    def now(self) -> datetime:
        return noon(self.today)

    def at(self, day: str) -> House:
        self.today = d(day)
        return self

    def view(self) -> ContractView:
        with self.units() as uow:
            return load_contract_unasked(uow, self.contract_id)

    def desk(self) -> RenewalDesk:
        with self.units() as uow:
            return renewal_desk(uow, LAWYER, self.today, OFFICIAL, self.contract_id)

    def wake(self) -> tuple[Term, ...]:
        """Let the clock look once; returns the terms that it renewed."""
        before = self.terms()
        advance_due(self.units, WORK, lambda: self.now, self.today)
        return self.terms()[len(before) :]

    def terms(self) -> tuple[Term, ...]:
        return self.desk().state.chain.terms

    def send(self, paper_id: str, sent: str, sender: str = "a", method: Method = Method.EXPRESS) -> str:
        with self.units() as uow:
            return send_paper(
                uow,
                LAWYER,
                self.now,
                self.today,
                OFFICIAL,
                self.contract_id,
                paper_id,
                sender=sender,
                method=method,
                sent_on=d(sent),
            )

    def arrive(self, delivery_id: str, arrived: str, proof: Proof = Proof.SIGNED_FOR) -> str:
        with self.units() as uow:
            revision = self.revision_of(delivery_id)
            return notice_arrived(
                uow, LAWYER, self.now, self.today, OFFICIAL, self.contract_id, delivery_id, revision, arrived_on=d(arrived),
                proof=proof, evidence="EMS 1100000000001",
            )  # fmt: skip

    def revision_of(self, delivery_id: str) -> int:
        with self.units() as uow:
            row = find_delivery(uow.session, delivery_id)
            assert row is not None
            return row.revision

    def mails(self) -> list[OutboxRow]:
        with self.units() as uow:
            found = messages(uow.session)
            uow.session.expunge_all()
            return found


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Nested answers with dotted ``changes``."""
    whole: dict[str, Any] = {k: dict(v) if isinstance(v, Mapping) else v for k, v in base.items()}
    for name, value in changes.items():
        place = whole
        *path, last = name.split(".")
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return whole


def in_force(units: Callable[[], UnitOfWork], answers: Mapping[str, Any] | None = None) -> House:
    """The demonstration contract, in force from 1 January 2026 for a year, signed in November 2025."""
    dated = {"term.start_date": "2026-01-01", "contract.sign_date": "2025-11-20", "contract.final_date": "2025-11-18"}
    raw = merged(load_example().data, {**dated, **(answers or {})})
    raw["contract"].pop("no", None)
    house = House(units)
    with units() as uow:
        ensure(uow, LAWYER, READER)
        draft_id = create_draft(uow, LAWYER, house.now, reference().library, raw)
    with units() as uow:
        made = create_contract(uow, LAWYER, house.now, d("2025-11-20"), reference(), draft_id, PATTERN)
    house.contract_id = made.id
    with units() as uow:
        save_version(uow, LAWYER, house.now, d("2025-11-20"), reference(), made.id)
    with units() as uow:
        row = require_contract(uow, made.id, lock=True)
        signed = Facts(reason="补录", outstanding_signatures=(), signed_copy="已签署文本.pdf")
        move(uow, LAWYER, house.now, row, Event.RECORDED_AS_SIGNED, signed)
        effect = Facts(today=d("2026-01-01"), effect=Effect((d("2025-11-20"),)))
        move(uow, LAWYER, house.now, row, Event.TOOK_EFFECT, effect)
        uow.commit()
    return house
