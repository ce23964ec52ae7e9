"""A word of party A within its period that reached the record after silence was taken for consent: silence never had that effect (CC:140, CC:203).

The last day runs to its end, so an objection of the last evening is entered after the clock has confirmed. It then stands as if it had been
there in time, the obligations with it, and everybody who was told of the silence is told of the word, in the caller's transaction.
"""

from __future__ import annotations

from datetime import date, datetime

from app.domain.permissions import Actor
from app.domain.settlement.silence import STATEMENT, Silence
from app.domain.term import chinese_date
from app.services.journal import note
from app.services.money_rows import DONE
from app.services.obligation_links import statement_said_in_time
from app.services.paper_texts import PaperKit
from app.services.settlement_terms import MonthTerms
from app.services.silence_mails import BROKEN, tell
from app.services.stage_mails import Post
from app.store.contracts import ContractRow
from app.store.settlements import SettlementRow
from app.store.uow import UnitOfWork


def by_silence(row: SettlementRow) -> bool:
    """Silence confirmed it and nobody has objected since."""
    return row.state == DONE and row.how == "silence" and row.objected is None


def too_late(row: SettlementRow, on: date) -> str:
    """Why a word of ``on`` can't undo the silence; empty where it can."""
    last = row.confirmed_on
    if last is None or on <= last:
        return ""
    return f"期限已于{chinese_date(last)}届满，结算单已视为确认；只有在该日以前（含该日）作出的书面表示才能更正"


def break_silence(
    uow: UnitOfWork, actor: Actor, now: datetime, kit: PaperKit, contract: ContractRow, row: SettlementRow, number: str, on: date,
    words: str,
) -> Silence:  # fmt: skip
    """Before the word is entered; returns the silence that it ends, for ``tell_broken`` afterwards."""
    ended = Silence("a", STATEMENT, row.confirmed_on)
    last = row.confirmed_on or on
    note(
        uow, actor, now, "settlement.silence_broken", contract=contract.id, settlement=row.id, number=number, on=on.isoformat(),
        last=last.isoformat(), reason=words,
    )  # fmt: skip
    statement_said_in_time(uow, actor, now, kit.reference, contract, row.start, on, number, words)
    return ended


def tell_broken(
    uow: UnitOfWork, now: datetime, post: Post | None, contract: ContractRow, row: SettlementRow, number: str, terms: MonthTerms,
    ended: Silence, said: str,
) -> None:  # fmt: skip
    """``post`` None: nobody is written to."""
    if post is not None and ended.last is not None:
        cause = f"{row.id}:{row.revision}:{ended.last.isoformat()}"
        tell(uow, now, post, BROKEN, contract, terms, ended, cause, f"结算单{number}", said, f"settlements/{row.id}")
