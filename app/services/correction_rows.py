"""Corrections as they are kept: proposals with both computations, and what of them goes into the next sheet."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from app.domain.errors import ContractError, InputFault
from app.domain.money import ZERO, from_excl
from app.domain.permissions import Actor
from app.domain.presentation import money_digits
from app.domain.settlement.figure import plain_figure
from app.domain.settlement.laying import mentioned
from app.domain.settlement.month import ExtraItem, MonthFigures, plain_item, plain_month
from app.domain.settlement.plan import months_of
from app.domain.settlement.view import plain_past
from app.services.correction_replay import (
    ACCEPTED,
    FOLLOWS,
    PROPOSED,
    REFUSED,
    TERMS,
    Replay,
    by_hand,
    inputs_of,
    items_of,
    replayed,
)
from app.services.journal import note
from app.services.money_rows import VOID, sheet_of
from app.services.settlement_terms import BY_HAND, TermsBook
from app.store.contracts import ContractRow
from app.store.corrections import CorrectionRow, corrections_of
from app.store.settlements import SettlementRow, settlements_of
from app.store.uow import UnitOfWork

log = logging.getLogger(__name__)


def keep(
    uow: UnitOfWork, actor: Actor, now: datetime, row: SettlementRow, again: Replay, cause: str, reason: str, figures: Sequence[MonthFigures]
) -> CorrectionRow:  # fmt: skip
    """A proposal, in the caller's transaction. Raises ``correction.same`` where the same is proposed already and nobody decided on it."""
    found, amount, entered = again.found, again.found.amount, _json([plain_month(f) for f in figures]) if figures else ""
    for old in corrections_of(uow.session, row.contract_id):
        if (old.settlement_id, old.state, old.cause, old.figures, old.basis) == (row.id, PROPOSED, cause, entered, again.basis):
            raise ContractError("correction.same", f"更正建议{old.number}与此相同，尚未决定；请先接受或者不采纳该建议。")
    kept = CorrectionRow(
        id=uuid.uuid4().hex, contract_id=row.contract_id, settlement_id=row.id, number=again.number, cause=cause, reason=reason,
        figures=entered, items=_json([plain_item(i) for i in found.items]), months=_json([plain_past(m) for m in found.months]),
        working=_json(plain_figure(found.figure)), basis=again.basis, excl=amount.excl, tax=amount.tax, state=PROPOSED, created_at=now,
        created_by=actor.name,
    )  # fmt: skip
    uow.session.add(kept)
    note(
        uow, actor, now, "correction.proposed", contract=row.contract_id, settlement=row.id, correction=kept.id, number=kept.number,
        amount=f"{amount.excl}", cause=cause, reason=reason, figures=kept.figures,
    )  # fmt: skip
    uow.session.flush()
    return kept


def propose_for_terms(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, number: str
) -> tuple[CorrectionRow, ...]:
    """After a text took effect: a proposal for each settled period that it reaches back to, in the caller's transaction. What was
    proposed for the same reason and is not decided yet gives way to the new one. A month within which the text starts is reckoned by
    its parts; where an input is lacking for that, the proposal has no amount and names it. A period that can't be computed by the new text says so
    where somebody settles; it does not keep the text from taking effect."""
    settled = [r for r in settlements_of(uow.session, contract.id) if r.state != VOID]
    if not settled:
        return ()
    book, found = TermsBook(uow, contract), []
    for row in settled:
        made = corrections_of(uow.session, contract.id)
        try:
            wanted = replayed(uow, book, row, {}, made)
        except (ContractError, ValueError):
            continue
        except Exception:
            log.exception("period %s of contract %s can't be computed by the text of %s", row.start, contract.id, number)
            continue
        begun = _unreckoned(book, row, made, number)
        if wanted.found.items or begun:
            for old in made:
                if old.settlement_id == row.id and old.cause == TERMS and old.state == PROPOSED:
                    old.state, old.evidence = REFUSED, f"已由{number}生效后的建议代替"
            turned = [t for m in months_of(row.start, row.end) if mentioned(number, t := book.on(m).turned)]
            reason = begun or (
                f"{turned[0]}生效，以该日为界按各自天数重新计算" if turned else f"{number}自{row.start.isoformat()}所在期间起适用"
            )
            found.append(keep(uow, actor, now, row, wanted, TERMS, reason, ()))
    return tuple(found)


def differences(uow: UnitOfWork, book: TermsBook, rows: Sequence[SettlementRow]) -> dict[str, Replay]:
    """By settlement, what it would come to as everything stands; those left out that can't be computed."""
    found = {}
    for row in rows:
        try:
            found[row.id] = replayed(uow, book, row, {}, corrections_of(uow.session, row.contract_id))
        except (ContractError, ValueError):
            continue
    return found


def propose_for_later(
    uow: UnitOfWork, actor: Actor, now: datetime, book: TermsBook, rows: Sequence[SettlementRow], before: Mapping[str, Replay], number: str
) -> tuple[CorrectionRow, ...]:  # fmt: skip
    """After correction ``number`` was accepted: a proposal for each later sheet whose difference it moved from what it was ``before``
    (the deduction of a quarter, the annual cap), in the caller's transaction. An older one that waits for the same reason gives way."""
    made = []
    after = differences(uow, book, rows)
    for row in rows:
        was, again = before.get(row.id), after.get(row.id)
        if again is None or not again.found.items or (was is not None and sums(was.found.items) == sums(again.found.items)):
            continue
        for old in corrections_of(uow.session, row.contract_id):
            if (old.settlement_id, old.cause, old.state) == (row.id, FOLLOWS, PROPOSED):
                old.state, old.evidence = REFUSED, f"已由接受{number}后的建议代替"
        made.append(keep(uow, actor, now, row, again, FOLLOWS, f"此前期间的更正{number}改变了本期的季度考核或者年度上限", ()))
    return tuple(made)


def sums(items: Sequence[ExtraItem]) -> list[tuple[Decimal, Decimal]]:
    """(rate, excl) of each line."""
    return [(i.rate, i.excl) for i in items]


def _unreckoned(book: TermsBook, row: SettlementRow, made: Sequence[CorrectionRow], number: str) -> str:
    """What is lacking for a settled month within which a text starts to be reckoned by its parts. Empty where nothing is, or where the
    sheet said so itself."""
    if any(mentioned(number, notice) for notice in sheet_of(row).notices):
        return ""
    left = by_hand(row, made)
    for figures in inputs_of(row, made):
        terms = book.on(figures.month)
        missing = terms.reckoned(figures)[1]
        why = f"缺少{'；'.join(missing)}" if missing else "该月此前的变更已说明由人工列示差额" if figures.month in left else ""
        if why and mentioned(number, terms.turned):
            return f"{terms.turned}生效；{why}，不能计算差额，{BY_HAND}，列入下期的“更正”"
    return ""


def taken_off(uow: UnitOfWork, row: SettlementRow) -> tuple[Decimal, tuple[str, ...]]:
    """What accepted corrections took off a settlement, with tax, for later sheets to hold; and their numbers. Nought where they added."""
    made = [c for c in corrections_of(uow.session, row.contract_id) if c.settlement_id == row.id and c.state == ACCEPTED]
    whole = sum((from_excl(i.excl, i.rate).incl for c in made for i in items_of(c)), ZERO)
    return max(ZERO, -whole), tuple(c.number for c in made)


def reduction_faults(uow: UnitOfWork, row: SettlementRow, reduced: Decimal, *, apart: bool) -> list[InputFault]:
    """What keeps the outcome of an objection from taking off what corrections of the same settlement took off already: somebody has to say
    that ``reduced`` is ``apart`` from them, and both together never exceed what the settlement came to."""
    corrected, numbers = taken_off(uow, row)
    if not corrected or not reduced.is_finite() or reduced <= 0:
        return []
    told = f"更正{'、'.join(numbers)}已在以后的结算单中减少含税{money_digits(corrected)}元"
    if reduced > row.incl - corrected:
        most = money_digits(row.incl - corrected)
        return [
            InputFault(
                "reduced",
                "核减金额",
                f"{told}，再核减{money_digits(reduced)}元，合计超过本期应付{money_digits(row.incl)}元",
                f"至多{most}元",
            )
        ]
    if not apart:
        problem = f"{told}；核减金额中如果包含这一差额，会重复扣减"
        allowed = "请只填更正以外的部分，并确认“不包含更正已经减少的金额”；全部已由更正列示的，填0"
        return [InputFault("reduced", "核减金额", problem, allowed)]
    return []


def waiting_items(uow: UnitOfWork, contract_id: str, start: date) -> tuple[list[CorrectionRow], list[ExtraItem]]:
    """Accepted corrections of earlier periods that no living sheet holds yet, and their lines."""
    starts = {s.id: s.start for s in settlements_of(uow.session, contract_id)}
    rows = [
        c for c in corrections_of(uow.session, contract_id) if c.state == ACCEPTED and c.taken_by is None and starts[c.settlement_id] < start
    ]  # fmt: skip
    return rows, [i for row in rows for i in items_of(row)]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
