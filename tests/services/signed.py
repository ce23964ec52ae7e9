"""Contracts that both parties have signed, as the services leave them; nobody has to walk through approval and signing for that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts
from app.library.answers_file import load_example
from app.library.calendars import load_calendar
from app.notify.mail_texts import write_mail
from app.services.advancing import Clockwork
from app.services.drafts import create_draft
from app.services.filing import create_contract
from app.services.moving import move
from app.services.record import require_contract
from app.services.renewal_clock import Post as TermPost
from app.services.signing_kit import Post as SignPost
from app.services.stage_mails import Post
from app.services.taking_effect import SigningDate, effect_of, note_signed
from app.services.versions import save_version
from app.store.effects import FulfilmentRow
from app.store.uow import UnitOfWork
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, PATTERN, TODAY, ensure, reference

SIGNED_ON = date(2026, 11, 20)
POST = Post(write_mail, lambda contract_id: f"https://example.com/contracts/{contract_id}/")
SIGN_POST = SignPost(write_mail, lambda token: f"https://example.com/sign/{token}", POST.link)
WORK = Clockwork(load_calendar(), POST, TermPost(write_mail, POST.link), SIGN_POST)
BOTH = (SigningDate("a", "张三", date(2026, 11, 19)), SigningDate("b", "李四", SIGNED_ON))


def filed(units: Units, answers: Mapping[str, Any] | None = None, *, frozen: bool = True) -> str:
    """A contract being drafted from the demonstration answers, ``answers`` (by dotted name) in their place, and its first version."""
    raw = {section: dict(values) if isinstance(values, Mapping) else values for section, values in load_example().data.items()}
    raw["contract"].pop("no", None)
    for name, value in (answers or {}).items():
        section, _, key = name.partition(".")
        raw.setdefault(section, {})[key] = value
    with units() as uow:
        ensure(uow, LAWYER, OTHER)
        draft_id = create_draft(uow, LAWYER, NOW, reference().library, raw)
    with units() as uow:
        contract = create_contract(uow, LAWYER, NOW, TODAY, reference(), draft_id, PATTERN).id
    if frozen:
        with units() as uow:
            save_version(uow, LAWYER, NOW, TODAY, reference(), contract)
    return contract


def sign(uow: UnitOfWork, contract_id: str, dates: tuple[SigningDate, ...] = BOTH) -> None:
    """Recorded as signed, with its signing dates; the caller commits."""
    contract = require_contract(uow, contract_id, lock=True)
    facts = Facts(today=TODAY, reason="系统启用前签署", outstanding_signatures=(), signed_copy="x")
    move(uow, LAWYER, NOW, contract, Event.RECORDED_AS_SIGNED, facts)
    note_signed(uow, LAWYER, NOW, contract, dates)


def signed(
    units: Units,
    answers: Mapping[str, Any] | None = None,
    *,
    frozen: bool = True,
    dates: tuple[SigningDate, ...] = BOTH,
    ready: bool = False,
) -> str:
    """``ready``: every condition precedent was fulfilled on the day of signing."""
    contract = filed(units, answers, frozen=frozen)
    with units() as uow:
        sign(uow, contract, dates)
        for condition in effect_of(uow, require_contract(uow, contract)).conditions.agreed if ready else ():
            uow.session.add(
                FulfilmentRow(
                    contract_id=contract, condition=condition.value, on_day=SIGNED_ON, ground="fulfilled", evidence="登记册第1页",
                    recorded_at=NOW, recorded_by=LAWYER.name,
                )
            )  # fmt: skip
        uow.commit()
    return contract


@dataclass
class Held:
    """A contract of a snapshot (``filled``)."""

    units: Units
    contract: str

    @classmethod
    def signed(cls, units: Units) -> Held:
        return cls(units, signed(units))
