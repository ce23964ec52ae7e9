"""Corrections between their rows and the law: a settled period replayed, and what of it goes into the next sheet."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from app.domain.errors import ContractError
from app.domain.money import ZERO
from app.domain.permissions import Actor
from app.domain.settlement.correction import Correction, Settled, correction
from app.domain.settlement.figure import plain_figure
from app.domain.settlement.month import ExtraItem, MonthFigures, plain_item, plain_month, read_item, read_month
from app.domain.settlement.sheet import PastMonth, SheetMonth, settle
from app.domain.settlement.view import plain_past, read_past
from app.services.journal import note
from app.services.money_rows import VOID, sheet_of
from app.services.settlement_terms import TermsBook
from app.store.contracts import ContractRow
from app.store.corrections import CorrectionRow, corrections_of
from app.store.instruments import find_instrument
from app.store.settlements import SettlementRow, settlements_of
from app.store.uow import UnitOfWork

PROPOSED, ACCEPTED, REFUSED = "proposed", "accepted", "refused"
FIGURES, TERMS = "figures", "terms"


def replayed(
    uow: UnitOfWork, book: TermsBook, row: SettlementRow, changed: Mapping[date, MonthFigures], made: Sequence[CorrectionRow]
) -> Correction:
    """The period computed again by the terms that are in force for it now, with ``changed`` figures in the place of its inputs; what
    earlier corrections of it were accepted is no longer due. Raises ``ValueError`` for figures that can't be settled."""
    kept = json.loads(row.sheet)
    inputs = [_latest(read_month(m), made, row.id) for m in kept["inputs"]]
    months = []
    for figures in inputs:
        terms = book.on(figures.month)
        used = changed.get(figures.month, figures)
        months.append(SheetMonth(used, terms.service, terms.fees, terms.span))
    after = settle(months, [read_past(p) for p in kept["past"]])
    paper = find_instrument(uow.session, row.instrument_id)
    number = paper.number if paper else row.id
    mine = [c for c in made if c.settlement_id == row.id]
    since: dict[Decimal, Decimal] = {}
    for item in (i for c in mine if c.state == ACCEPTED for i in items_of(c)):
        since[item.rate] = since.get(item.rate, ZERO) + item.excl
    sheet = sheet_of(row)
    before = Settled(number, {t.rate: t.excl for t in sheet.by_rate}, since, sheet.figure)
    return correction(before, after, f"GZ-{number}-{len(mine) + 1}")


def _latest(figures: MonthFigures, made: Sequence[CorrectionRow], settlement_id: str) -> MonthFigures:
    """The figures of a settled month as corrected by what was accepted since; corrections it carried itself stay in it."""
    for row in made:
        if row.settlement_id == settlement_id and row.state == ACCEPTED and row.figures:
            for found in (read_month(m) for m in json.loads(row.figures)):
                if found.month == figures.month:
                    figures = found
    return figures


def keep(
    uow: UnitOfWork, actor: Actor, now: datetime, row: SettlementRow, found: Correction, cause: str, reason: str, figures: Sequence[MonthFigures]
) -> CorrectionRow:  # fmt: skip
    """A proposal, in the caller's transaction."""
    amount = found.amount
    made = [c for c in corrections_of(uow.session, row.contract_id) if c.settlement_id == row.id]
    paper = find_instrument(uow.session, row.instrument_id)
    kept = CorrectionRow(
        id=uuid.uuid4().hex, contract_id=row.contract_id, settlement_id=row.id,
        number=f"GZ-{paper.number if paper else row.id}-{len(made) + 1}"[:60], cause=cause, reason=reason,
        figures=_json([plain_month(f) for f in figures]) if figures else "", items=_json([plain_item(i) for i in found.items]),
        months=_json([plain_past(m) for m in found.months]), working=_json(plain_figure(found.figure)), excl=amount.excl, tax=amount.tax,
        state=PROPOSED, created_at=now, created_by=actor.name,
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
    proposed for the same reason and is not decided yet gives way to the new one. A text that starts within a month proposes without
    an amount. A period that can't be computed by the new text says so
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
        begun = _begun_within(book, row, number)
        if wanted.items or begun:
            for old in made:
                if old.settlement_id == row.id and old.cause == TERMS and old.state == PROPOSED:
                    old.state, old.evidence = REFUSED, f"已由{number}生效后的建议代替"
            reason = begun or f"{number}自{row.start.isoformat()}所在期间起适用"
            found.append(keep(uow, actor, now, row, wanted, TERMS, reason, ()))
    return tuple(found)


def _begun_within(book: TermsBook, row: SettlementRow, number: str) -> str:
    """Words on a text that starts in the middle of a settled month, whose counts can't be split: somebody has to work the difference
    out. Empty where none does, or where the sheet said so itself."""
    sheet = sheet_of(row)
    if any(number in notice for notice in sheet.notices):
        return ""
    remarks = [book.on(p.month).remark for p in sheet.months]
    said = next((r for r in remarks if number in r), "")
    return f"{said}；计数不能按日拆分，请人工计算差额，列入下期的“更正”" if said else ""


def items_of(row: CorrectionRow) -> tuple[ExtraItem, ...]:
    return tuple(read_item(i) for i in json.loads(row.items))


def months_corrected(rows: Sequence[CorrectionRow]) -> list[PastMonth]:
    """Fee and score of settled months as accepted corrections left them."""
    return [read_past(m) for row in rows if row.state == ACCEPTED for m in json.loads(row.months)]


def waiting_items(uow: UnitOfWork, contract_id: str, start: date) -> tuple[list[CorrectionRow], list[ExtraItem]]:
    """Accepted corrections of earlier periods that no living sheet holds yet, and their lines."""
    starts = {s.id: s.start for s in settlements_of(uow.session, contract_id)}
    rows = [
        c for c in corrections_of(uow.session, contract_id) if c.state == ACCEPTED and c.taken_by is None and starts[c.settlement_id] < start
    ]  # fmt: skip
    return rows, [i for row in rows for i in items_of(row)]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
