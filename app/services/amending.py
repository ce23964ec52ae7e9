"""Amendments in drafting: edits of the text in force, taken back, and taken over to a text that another amendment changed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from app.domain.amendment import Standing, touched
from app.domain.errors import ContractError
from app.domain.paper_values import amendment_label
from app.domain.papers import PaperKind, PaperState
from app.domain.permissions import Action, Actor
from app.domain.redrafting import Add, Edit, Rewrite, SetValue, Strike, redraft
from app.services.amendment_study import AmendmentMissing, study, workshop
from app.services.consolidating import signed_amendments, signed_base
from app.services.journal import note
from app.services.paper_texts import PaperKit, new_paper, open_paper, put_text, require_stage, require_state, typed
from app.services.record import opened
from app.store.amendment_json import read_edits, write_edits
from app.store.amendments import AmendmentRow, find_amendment
from app.store.instruments import InstrumentRow
from app.store.uow import ChangedMeanwhile, UnitOfWork

OURS, THEIRS = "ours", "theirs"


def draft_amendment(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, edits: Sequence[Edit] = ()
) -> str:
    """A new amendment of the text in force, with its first ``edits``; returns its id. Raises ``ContractMissing``, ``Forbidden``, ``paper.stage``."""
    contract = opened(uow, actor, Action.FILE_PAPER, contract_id, lock=True)
    require_stage(contract, PaperKind.AMENDMENT)
    base = signed_base(uow, contract)
    row = new_paper(uow, actor, now, contract, PaperKind.AMENDMENT, {})
    row.title = amendment_label(int(row.number.rpartition("-")[2]))
    put_text(uow, actor, now, today, kit, contract, row, {})
    known = " ".join(a.id for a in signed_amendments(uow, contract.id))
    uow.session.add(
        AmendmentRow(
            instrument_id=row.id, contract_id=contract.id, base_id=base.version_id, edits=write_edits(edits), basis=known
        )
    )
    for edit in edits:
        place = place_of_edit(edit)
        note(uow, actor, now, "amendment.edited", contract=contract.id, paper=row.id, number=row.number, place=place)
    uow.commit()
    return row.id


def enter_value(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    kit: PaperKit,
    amendment_id: str,
    name: str,
    raw: Any,
    *,
    seen: int | None = None,
) -> None:
    """Change one answer. Raises ``InputError`` with every fault of the value, ``paper.state``, ``ChangedMeanwhile``."""
    edit_amendment(uow, actor, now, amendment_id, SetValue(name, typed(kit.reference.library.variables, name, raw)), seen=seen)


def add_provision(
    uow: UnitOfWork, actor: Actor, now: datetime, amendment_id: str, after: str, title: str, text: str, *, seen: int | None = None
) -> str:
    """A new provision behind ``after``; returns its id."""
    if not text.strip():
        raise ContractError("amendment.text", "请写明增加的条款文字。")
    place = f"own.{uuid.uuid4().hex[:12]}"
    edit_amendment(uow, actor, now, amendment_id, Add(place, after, title.strip(), text.strip()), seen=seen)
    return place


def edit_amendment(
    uow: UnitOfWork, actor: Actor, now: datetime, amendment_id: str, edit: Edit, *, seen: int | None = None
) -> None:
    """Make one edit; it takes the place of an earlier one of the same value or provision.

    Words that read as they stand, and a value that is what it was, are no edit: an earlier one is taken back. ``seen``: the revision
    that the page showed. Raises ``AmendmentMissing``, ``paper.state``, ``ChangedMeanwhile``.
    """
    row, paper = _open(uow, actor, amendment_id, seen)
    edits = list(read_edits(row.edits))
    place = place_of_edit(edit)
    known = next((i for i, e in enumerate(edits) if place_of_edit(e) == place), None)
    if isinstance(edit, Rewrite) and known is not None and isinstance(edits[known], Add):
        added = edits[known]
        assert isinstance(added, Add)
        edit = Add(added.id, added.after, edit.title, edit.text)
    if known is None:
        edits.append(edit)
    else:
        edits[known] = edit
    _store(uow, actor, now, row, paper, edits, "amendment.edited", place)


def take_back(uow: UnitOfWork, actor: Actor, now: datetime, amendment_id: str, place: str, *, seen: int | None = None) -> None:
    """Take back the edit of a value or provision; what was added behind an added provision moves to where that one stood."""
    row, paper = _open(uow, actor, amendment_id, seen)
    edits = list(read_edits(row.edits))
    gone = next((e for e in edits if place_of_edit(e) == place), None)
    if gone is None:
        raise ContractError("amendment.no_edit", "这一处没有修订，或者刚刚被撤回。")
    kept = [_moved(e, gone) for e in edits if e is not gone]
    _store(uow, actor, now, row, paper, kept, "amendment.taken_back", place)


def _moved(edit: Edit, gone: Edit) -> Edit:
    if isinstance(gone, Add) and isinstance(edit, Add) and edit.after == gone.id:
        return Add(edit.id, gone.after, edit.title, edit.text)
    return edit


def place_of_edit(edit: Edit) -> str:
    match edit:
        case SetValue(variable=place) | Rewrite(provision=place) | Strike(provision=place) | Add(id=place):
            return place


def _open(uow: UnitOfWork, actor: Actor, amendment_id: str, seen: int | None) -> tuple[AmendmentRow, InstrumentRow]:
    _, paper = open_paper(uow, actor, Action.FILE_PAPER, amendment_id, lock=True)
    row = find_amendment(uow.session, amendment_id)
    if row is None:
        raise AmendmentMissing(amendment_id)
    require_state(paper, PaperState.DRAFT, what="修改")
    if seen is not None and seen != row.revision:
        raise ChangedMeanwhile
    return row, paper


def _store(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    row: AmendmentRow,
    paper: InstrumentRow,
    edits: Sequence[Edit],
    action: str,
    place: str,
) -> None:
    row.edits = write_edits(edits)
    note(uow, actor, now, action, contract=row.contract_id, paper=paper.id, number=paper.number, place=place)
    uow.commit()


def rebase_amendment(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, amendment_id: str, choices: Mapping[str, str]
) -> None:
    """Take the draft over to the text with everything signed since. ``choices``: place of each conflict → ``ours`` | ``theirs``.

    Raises ``amendment.undecided`` naming the conflicts nobody has decided.
    """
    contract, paper = open_paper(uow, actor, Action.FILE_PAPER, amendment_id, lock=True)
    require_state(paper, PaperState.DRAFT, what="重新拟定")
    found = study(uow, kit, contract, paper, today)
    row = find_amendment(uow.session, amendment_id)
    assert row is not None
    open_ones = [c for c in found.conflicts if choices.get(c.place) not in (OURS, THEIRS)]
    if open_ones:
        named = "、".join(c.number or c.what for c in open_ones)
        raise ContractError("amendment.undecided", f"请先就{named}选择保留本次修订还是采用已签署的文字。")
    given_up = {c.place for c in found.conflicts if choices.get(c.place) == THEIRS}
    basis = found.before.standing
    kept = [e for e in found.edits if not given_up & _reach(e, basis, kit, today)]
    row.edits = write_edits(kept)
    row.basis = " ".join(a.id for a in signed_amendments(uow, contract.id))
    note(
        uow, actor, now, "amendment.rebased", contract=contract.id, paper=paper.id, number=paper.number, basis=row.basis,
        kept=sorted(c.place for c in found.conflicts if c.place not in given_up), given_up=sorted(given_up),
    )  # fmt: skip
    uow.commit()


def _reach(edit: Edit, standing: Standing, kit: PaperKit, today: date) -> set[str]:
    """Every place that one edit changes by itself."""
    operations = redraft(standing, [edit], workshop(kit, today)).operations
    return {g.place for g in touched(operations, standing.instrument).writes} | {place_of_edit(edit)}
