"""Who is written to when silence confirmed something, and when a word in time turns up after all."""

from __future__ import annotations

from datetime import datetime

from app.domain.messages import NewMail
from app.domain.settlement.silence import STATEMENT, Silence
from app.domain.term import chinese_date
from app.services.access import actor_of
from app.services.settlement_terms import MonthTerms
from app.services.stage_mails import Post
from app.store.contracts import ContractRow
from app.store.outbox import message_with_key
from app.store.uow import UnitOfWork
from app.store.users import find_user

CONFIRMED_BY_IT, BROKEN = "silence", "silence_broken"
PARTIES = {"a": "甲方", "b": "乙方"}


def tell(
    uow: UnitOfWork, now: datetime, post: Post, mail: str, contract: ContractRow, terms: MonthTerms, silence: Silence, cause: str, what: str, said: str,
    link: str,
) -> None:  # fmt: skip
    """The contract's owner learns of it with a link and with what the house has to do; both parties at the mail addresses of section
    12.2, where they have one, only of what was confirmed."""
    assert silence.last is not None
    clause = terms.labels.get(silence.provision, ("第8.2节" if silence.provision == STATEMENT else "第5.2节", ""))[0]
    values = {
        "number": contract.number, "title": contract.title, "what": what, "party": PARTIES[silence.party],
        "day": chinese_date(silence.last), "clause": clause, "said": said,
    }  # fmt: skip
    owner = find_user(uow.session, contract.owner_id) if contract.owner_id else None
    told = set()
    if owner is not None and owner.active and owner.email:
        page = f"{post.link(contract.id).rstrip('/')}/{link}"
        told.add(owner.email.lower())
        _send(
            uow,
            now,
            post,
            mail,
            f"{cause}:owner",
            owner.email,
            {**values, "name": actor_of(owner).name, "link": page},
            contract,
            owner.id,
        )
    values["said"] = said.partition("。")[0] + "。"
    for side, label in PARTIES.items():
        address = str(terms.answers.get(f"notice.party_{side}_email") or "").strip()
        if address and address.lower() not in told:
            told.add(address.lower())
            _send(uow, now, post, mail, f"{cause}:{side}", address, {**values, "name": label, "link": ""}, contract, None)


def _send(
    uow: UnitOfWork, now: datetime, post: Post, mail: str, cause: str, address: str, values: dict[str, str], contract: ContractRow,
    user_id: str | None,
) -> None:  # fmt: skip
    key = f"{mail}:{cause}"
    if message_with_key(uow.session, key) is None:
        words = post.write(mail, values)
        uow.send(now, NewMail(key, address, words.subject, words.text, words.html, contract.id, user_id))
