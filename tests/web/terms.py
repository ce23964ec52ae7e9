"""Contracts in force for the tests of the pages of a term: made through the services, with days relative to the real today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from app.domain.effect import Effect
from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts
from app.domain.numbering_pattern import parse_pattern
from app.domain.permissions import Actor
from app.library.answers_file import load_example
from app.services.drafts import create_draft
from app.services.filing import create_contract
from app.services.moving import move
from app.services.record import require_contract
from app.services.versions import save_version
from app.web.desk import Desk
from tests.services.living import merged

ONE = timedelta(days=1)


def in_force(desk: Desk, actor: Actor, start: date, answers: Mapping[str, Any] | None = None) -> str:
    """The demonstration contract with a term of a year from ``start``, signed a month before; returns its id."""
    signed = start - 30 * ONE
    dated = {
        "term.start_date": start.isoformat(),
        "contract.sign_date": signed.isoformat(),
        "contract.final_date": signed.isoformat(),
    }
    raw = merged(load_example().data, {**dated, **(answers or {})})
    raw["contract"].pop("no", None)
    with desk.unit_of_work() as uow:
        draft_id = create_draft(uow, actor, desk.now(), desk.library, raw)
    with desk.unit_of_work() as uow:
        made = create_contract(
            uow, actor, desk.now(), desk.today(), desk.reference, draft_id, parse_pattern("SHFW-{YYYY}-{NNNN}")
        )
    with desk.unit_of_work() as uow:
        save_version(uow, actor, desk.now(), desk.today(), desk.reference, made.id)
    with desk.unit_of_work() as uow:
        row = require_contract(uow, made.id, lock=True)
        facts = Facts(reason="补录", outstanding_signatures=(), signed_copy="已签署文本.pdf")
        move(uow, actor, desk.now(), row, Event.RECORDED_AS_SIGNED, facts)
        move(uow, actor, desk.now(), row, Event.TOOK_EFFECT, Facts(today=desk.today(), effect=Effect((signed,))))
        uow.commit()
    return made.id
