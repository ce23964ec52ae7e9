"""Invoices as they come: recorded, told what is wrong with them, and assigned to the sheet or to a correction of it (section 8.2; VATR:38)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.money import LARGEST, ZERO, amount_faults, from_excl, total
from app.domain.permissions import Actor
from app.domain.settlement.invoices import (
    INVOICE_KINDS,
    Claimed,
    Invoice,
    InvoiceLine,
    Owed,
    invoice_faults,
    proposed_correction,
    right_since,
    taken_back_faults,
)
from app.domain.settlement.reissue import carrying, reds_of, reissued, reversals
from app.services.correction_replay import ACCEPTED, items_of
from app.services.journal import note
from app.services.money_rows import (
    DONE,
    VOID,
    buyer_of,
    claimed_of,
    counted_for,
    invoice_of,
    invoices_of,
    plain_lines,
    refresh,
    sheet_of,
)
from app.services.paper_texts import PaperKit
from app.services.settlement_terms import TermsBook
from app.services.settling import come_to
from app.store.contracts import ContractRow
from app.store.corrections import corrections_of
from app.store.documents import find_document
from app.store.settlements import InvoiceRow, SettlementRow, find_settlement, invoice_numbered, invoices_of_corrections
from app.store.uow import UnitOfWork

_MAX_NUMBER = 40
_ALL = Decimal(100)
NONE = "none"
"""Assigned to no correction by hand."""


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """As typed from the invoice. ``red_of``: number of the blue invoice that it reverses, empty for a blue one. ``correction``: number or
    id of the correction whose difference it carries, ``NONE`` for none, empty: as its figures say."""

    number: str
    kind: str
    issued_on: date
    received_on: date
    lines: tuple[InvoiceLine, ...]
    buyer_uscc: str
    red_of: str = ""
    document_id: str = ""
    correction: str = ""


def record_invoice(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, settlement_id: str, seen: int,
    invoice: NewInvoice,
) -> tuple[str, ...]:  # fmt: skip
    """Record an invoice as it came; returns why it is not the right one (then the payment period doesn't start), nothing where it is.

    Raises ``InputError`` for what can't be an invoice, ``settlement.state`` before confirmation.
    """
    contract, row = come_to(uow, actor, contract_id, settlement_id, seen)
    if row.state != DONE:
        raise ContractError("settlement.state", "结算单确认之后才能登记发票：乙方自确认之日起开票（合同第8.2节）。")
    others = invoices_of(row)
    blue = next((o for o in others if o.number == invoice.red_of), None)
    faults = _typing_faults(uow, contract_id, invoice, today)
    if invoice.red_of and blue is None:
        faults.append(
            InputFault(
                "red_of", "所冲销的蓝字发票", f"本结算单没有发票“{invoice.red_of[:40]}”", "、".join(o.number for o in others)
            )
        )
    choices = owed_of(uow, contract, row)
    chosen = next((c for c in choices if invoice.correction in (c.id, c.number)), None)
    if invoice.correction not in ("", NONE) and chosen is None:
        faults.append(_no_correction(invoice.correction, choices))
    if invoice.correction and blue is not None:
        faults += _parted(blue, chosen, choices)
    if faults:
        raise InputError(faults)
    found = Invoice(
        uuid.uuid4().hex, invoice.number.strip(), invoice.kind, invoice.issued_on, invoice.received_on, invoice.lines,
        invoice.buyer_uscc.strip().upper(), blue.id if blue else "",
    )  # fmt: skip
    claimed, counted = _claimed(uow, contract, row), counted_for(uow, row)
    if not invoice.correction:
        key = proposed_correction(found, claimed, counted, others, choices)
        chosen = next((c for c in choices if c.id == key), None)
    fitting = [chosen] if chosen else [] if invoice.correction else [c for c in choices if c.open]
    with_, chosen = _in_place(found, claimed, counted, others, fitting) or ((), chosen)
    weighed = carrying(chosen, with_) if chosen and with_ else chosen
    wrong = invoice_faults(found, claimed, counted, others, weighed)
    taken = None if chosen else _in_place(found, claimed, counted, others, [c for c in choices if not c.open])
    if taken is not None:
        wrong = (*wrong, f"列入更正{taken[1].number}的结算单已按更正后的金额开票，红冲重开应按本结算单原来的金额")
    row.invoices.append(
        InvoiceRow(
            id=found.id, contract_id=contract_id, settlement_id=row.id, number=found.number, kind=found.kind, issued_on=found.issued_on,
            received_on=found.received_on, lines=plain_lines(found.lines), incl=found.incl, buyer_uscc=found.buyer_uscc,
            red_of=found.red_of or None, correction_id=chosen.id if chosen else None, faults="\n".join(wrong),
            document_id=invoice.document_id or None, created_at=now, created_by=actor.name,
        )
    )  # fmt: skip
    if chosen is not None:
        _move(uow, actor, now, row, with_, None, chosen, f"与发票{found.number}一并为更正后的红冲重开")
    _refresh(uow, actor, now, kit, contract, row, chosen)
    note(
        uow, actor, now, "invoice.recorded", contract=contract_id, settlement=row.id, number=found.number, amount=f"{found.incl}",
        red_of=invoice.red_of, correction=chosen.number if chosen else "", by_hand=bool(invoice.correction), faults=list(wrong),
    )  # fmt: skip
    uow.commit()
    return wrong


def assign_invoice(
    uow: UnitOfWork, actor: Actor, now: datetime, kit: PaperKit, contract_id: str, settlement_id: str, seen: int, number: str,
    correction: str, reason: str,
) -> tuple[str, ...]:  # fmt: skip
    """Assign an invoice to a correction of its sheet (number or id), or to the sheet itself (``NONE``), and bring both matches in line.
    What hangs together moves together: a blue one with the red ones that reverse it, and what was reversed in full with what was issued in
    its place at the corrected amount. Returns why it is not the right one there. Raises ``InputError``, ``invoice.missing``."""
    contract, row = come_to(uow, actor, contract_id, settlement_id, seen)
    held = next((i for i in row.invoices if number in (i.id, i.number)), None)
    if held is None:
        raise ContractError("invoice.missing", f"本结算单没有发票“{number[:40]}”。")
    every = invoices_of(row)
    own = next(i for i in every if i.id == held.id)
    blue = next((i for i in every if i.id == own.red_of), None)
    family = [] if own.red_of else [*reds_of(own, every), *_other_half(own, every)]
    away = {held.id, *(i.id for i in family)}
    choices = owed_of(uow, contract, row, without=away)
    chosen = next((c for c in choices if correction in (c.id, c.number)), None)
    others = tuple(i for i in every if i.id not in away)
    claimed, counted = _claimed(uow, contract, row), tuple(i for i in counted_for(uow, row) if i.id not in away)
    if chosen is not None and not family:
        family = list((_in_place(own, claimed, counted, others, [chosen]) or ((), None))[0])
    faults = [] if correction == NONE or chosen is not None else [_no_correction(correction, choices)]
    if len("".join(reason.split())) < 4:
        faults.append(InputFault("reason", "理由", "改变发票的归属，请写明理由（不少于4个字）"))
    if blue is not None:
        faults += _parted(blue, chosen, choices) or (_too_much(own, chosen) if chosen is not None and not blue.correction else [])
    if faults:
        raise InputError(faults)
    before = next((c for c in choices if c.id == held.correction_id), None)
    held.correction_id = chosen.id if chosen else None
    _move(uow, actor, now, row, family, before, chosen, f"随发票{held.number}改归：{reason.strip()}")
    weighed = carrying(chosen, family) if chosen and family else chosen
    counted = (*counted, *(replace(i, correction="") for i in family)) if chosen is None else counted
    wrong = invoice_faults(invoice_of(held), claimed, counted, others, weighed)
    held.faults = "\n".join(wrong)
    _refresh(uow, actor, now, kit, contract, row, before, chosen)
    note(
        uow, actor, now, "invoice.assigned", contract=contract_id, settlement=row.id, number=held.number, before=before.number if before else "",
        correction=chosen.number if chosen else "", reason=reason.strip(), faults=list(wrong),
    )  # fmt: skip
    uow.commit()
    return wrong


def owed_of(uow: UnitOfWork, contract: ContractRow, row: SettlementRow, *, without: Collection[str] = ()) -> tuple[Owed, ...]:
    """The accepted corrections that an invoice of this sheet may belong to: of its own period, and those that it took up. ``without``:
    ids of invoices left out of what carries them."""
    found = []
    for c in corrections_of(uow.session, contract.id):
        if c.state != ACCEPTED or row.id not in (c.settlement_id, c.taken_by) or not items_of(c):
            continue
        sums = total([from_excl(i.excl, i.rate) for i in items_of(c)]).by_rate
        counted = tuple(invoice_of(i) for i in invoices_of_corrections(uow.session, [c.id]) if i.id not in without)
        base = _claimed(uow, contract, row)
        taker = find_settlement(uow.session, c.taken_by) if c.taken_by else None
        held = taker is not None and taker.state not in (VOID,) and not counted and _right(uow, contract, taker, without)
        found.append(Owed(c.id, c.number, Claimed(tuple(sums), base.kind, base.buyer_uscc), counted, not held))
    return tuple(found)


def _right(uow: UnitOfWork, contract: ContractRow, row: SettlementRow, without: Collection[str]) -> bool:
    counted = [i for i in counted_for(uow, row) if i.id not in without]
    return right_since(_claimed(uow, contract, row), counted) is not None


def _claimed(uow: UnitOfWork, contract: ContractRow, row: SettlementRow) -> Claimed:
    return claimed_of(sheet_of(row), TermsBook(uow, contract).on(row.start.replace(day=1)).pay, buyer_of(contract))


def _refresh(
    uow: UnitOfWork, actor: Actor, now: datetime, kit: PaperKit, contract: ContractRow, row: SettlementRow, *moved: Owed | None
) -> None:
    """The sheet, and those that took up a correction whose invoices changed."""
    uow.session.flush()
    ids = {c.id for c in moved if c is not None}
    takers = {c.taken_by for c in corrections_of(uow.session, contract.id) if c.id in ids and c.taken_by} - {row.id}
    for each in (row, *(s for key in sorted(takers) if (s := find_settlement(uow.session, key)) is not None)):
        refresh(uow, actor, now, kit.reference.calendar, contract, each)


def _in_place(
    invoice: Invoice, claimed: Claimed, counted: Sequence[Invoice], others: Sequence[Invoice], corrections: Sequence[Owed]
) -> tuple[tuple[Invoice, ...], Owed] | None:  # fmt: skip
    """The correction that a blue invoice carries with what it stands in the place of, and that; None where it completes its sheet."""
    if invoice.red_of or right_since(claimed, [*counted, invoice]) is not None:
        return None
    sheet = [i for i in others if not i.correction]
    for one in corrections:
        if found := reissued(invoice, sheet, one.left()):
            return found, one
    return None


def _other_half(blue: Invoice, recorded: Sequence[Invoice]) -> list[Invoice]:
    """What was reversed in full for the correction that this one carries in its place, where it is the only one that does."""
    alone = [i for i in recorded if i.correction == blue.correction and not i.red_of] == [blue]
    return reversals(blue.correction, recorded) if blue.correction and alone else []


def _move(
    uow: UnitOfWork, actor: Actor, now: datetime, row: SettlementRow, invoices: Sequence[Invoice], before: Owed | None, to: Owed | None, why: str
) -> None:  # fmt: skip
    ids = {i.id for i in invoices}
    for each in (i for i in row.invoices if i.id in ids):
        each.correction_id, each.faults = to.id if to else None, ""
        note(
            uow, actor, now, "invoice.assigned", contract=row.contract_id, settlement=row.id, number=each.number,
            before=before.number if before else "", correction=to.number if to else "", reason=why, faults=[],
        )  # fmt: skip
    uow.session.flush()


def _parted(blue: Invoice, chosen: Owed | None, choices: Sequence[Owed]) -> list[InputFault]:
    """A red one never leaves a blue one that belongs to a correction."""
    if not blue.correction or (chosen is not None and chosen.id == blue.correction):
        return []
    name = next((c.number for c in choices if c.id == blue.correction), "")
    problem = f"所冲销的蓝字发票{blue.number}属于更正{name}，红字发票随之归属；请改变蓝字发票的归属"
    return [InputFault("correction", "所属的更正", problem, name)]


def _too_much(red: Invoice, chosen: Owed) -> list[InputFault]:
    """What takes back more than the correction would leave its sheet with an invoice that is none any more."""
    allowed = "红冲重开的，请改变重开的蓝字发票的归属，红字发票随之改归"
    return [InputFault("correction", "所属的更正", why, allowed) for why in taken_back_faults(red, chosen)]


def _no_correction(wanted: str, choices: tuple[Owed, ...]) -> InputFault:
    allowed = "、".join(c.number for c in choices) or "本结算单没有已接受的更正"
    return InputFault("correction", "所属的更正", f"没有已接受的更正“{wanted[:60]}”", allowed)


def _typing_faults(uow: UnitOfWork, contract_id: str, invoice: NewInvoice, today: date) -> list[InputFault]:
    found = []
    number = invoice.number.strip()
    if not number or len(number) > _MAX_NUMBER:
        found.append(InputFault("number", "发票号码", f"请填写，不超过{_MAX_NUMBER}位"))
    elif invoice_numbered(uow.session, number) is not None:
        found.append(InputFault("number", "发票号码", f"“{number}”已经登记过"))
    if invoice.kind not in INVOICE_KINDS:
        found.append(InputFault("kind", "发票种类", "请选择", "、".join(INVOICE_KINDS.values())))
    if invoice.received_on > today:
        found.append(InputFault("received_on", "收到日", f"{invoice.received_on.isoformat()} 尚未到来"))
    if invoice.received_on < invoice.issued_on:
        found.append(InputFault("received_on", "收到日", f"早于开票日{invoice.issued_on.isoformat()}"))
    if not invoice.lines:
        found.append(InputFault("lines", "发票金额", "请至少填写一行税率、不含税额和税额"))
    for place, line in enumerate(invoice.lines, 1):
        for label, value in (("不含税额", line.excl), ("税额", line.tax)):
            found += amount_faults(
                f"lines.{place}", f"第{place}行{label}", value, "至多两位小数，且不超出金额范围", least=-LARGEST
            )
        if not line.rate.is_finite() or not 0 <= line.rate <= _ALL:
            found.append(InputFault(f"lines.{place}", f"第{place}行税率", "应在0至100之间"))
    if not found and not abs(sum((x.excl + x.tax for x in invoice.lines), ZERO)) <= LARGEST:
        found.append(InputFault("lines", "发票金额", "各行之和超出金额范围"))
    if invoice.document_id:
        document = find_document(uow.session, invoice.document_id)
        if document is None or document.contract_id != contract_id:
            found.append(InputFault("document", "发票文件", "不属于本合同"))
    return found
