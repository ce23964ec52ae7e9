"""Whoever owns a contract is written to when a correction is proposed by itself: an amendment reaches back to a settled period, or a
correction that was accepted moves a later sheet."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from app.domain.messages import NewMail
from app.domain.presentation import money_digits
from app.services.access import actor_of
from app.services.correction_replay import FOLLOWS, PROPOSED, TERMS
from app.services.guarding import guarded
from app.services.record import require_contract
from app.services.stage_mails import Post
from app.store.corrections import MAIL, find_correction, untold_corrections
from app.store.outbox import message_with_key
from app.store.uow import UnitOfWork
from app.store.users import find_user

log = logging.getLogger(__name__)
WHY = {TERMS: "的条款变更涉及已经结算的期间", FOLLOWS: "此前期间的更正已经接受，以后已经结算的期间因此也有差额"}


def tell_corrections(
    units: Callable[[], UnitOfWork], now: datetime, post: Post, *, carry_on: Callable[[], bool] = lambda: True
) -> int:
    """One message for each proposal, once; how many. A contract without an owner shows its proposals on its page until it has one."""
    with units() as uow:
        waiting = untold_corrections(uow.session)
    told = 0
    for contract_id, correction_id in waiting:
        if not carry_on():
            break
        with guarded(log, "告知更正建议", f"合同 {contract_id}"):
            told += _tell(units, now, post, contract_id, correction_id)
    return told


def _tell(units: Callable[[], UnitOfWork], now: datetime, post: Post, contract_id: str, correction_id: str) -> bool:
    with units() as uow:
        contract = require_contract(uow, contract_id, lock=True)
        row, key = find_correction(uow.session, correction_id), f"{MAIL}{correction_id}"
        if row is None or row.state != PROPOSED or message_with_key(uow.session, key) is not None:
            return False
        owner = find_user(uow.session, contract.owner_id) if contract.owner_id else None
        if owner is None or not owner.active or not owner.email:
            return False
        values = {
            "name": actor_of(owner).name, "number": contract.number, "title": contract.title, "correction": row.number,
            "why": WHY.get(row.cause, WHY[TERMS]), "reason": row.reason, "amount": money_digits(row.excl),
            "link": f"{post.link(contract.id).rstrip('/')}/settlements/corrections",
        }  # fmt: skip
        words = post.write("correction", values)
        uow.send(now, NewMail(key, owner.email, words.subject, words.text, words.html, contract.id, owner.id))
        uow.commit()
        return True
