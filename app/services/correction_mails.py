"""Whoever owns a contract is written to when an amendment reaches back to a settled period and a correction is proposed by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.domain.messages import NewMail
from app.domain.presentation import money_digits
from app.services.access import actor_of
from app.services.record import require_contract
from app.services.stage_mails import Post
from app.store.corrections import MAIL, find_correction, untold_corrections
from app.store.uow import UnitOfWork
from app.store.users import find_user


def tell_corrections(units: Callable[[], UnitOfWork], now: datetime, post: Post) -> int:
    """One message for each proposal, once; how many. A contract without an owner shows its proposals on its page only."""
    with units() as uow:
        waiting = untold_corrections(uow.session)
    told = 0
    for contract_id, correction_id in waiting:
        with units() as uow:
            contract = require_contract(uow, contract_id, lock=True)
            row = find_correction(uow.session, correction_id)
            owner = find_user(uow.session, contract.owner_id) if contract.owner_id else None
            if row is None or (contract_id, correction_id) not in untold_corrections(uow.session):
                continue
            if owner is None or not owner.active or not owner.email:
                continue
            values = {
                "name": actor_of(owner).name, "number": contract.number, "title": contract.title, "correction": row.number,
                "reason": row.reason, "amount": money_digits(row.excl),
                "link": f"{post.link(contract.id).rstrip('/')}/settlements/corrections",
            }  # fmt: skip
            words = post.write("correction", values)
            uow.send(now, NewMail(f"{MAIL}{row.id}", owner.email, words.subject, words.text, words.html, contract.id, owner.id))
            uow.commit()
            told += 1
    return told
