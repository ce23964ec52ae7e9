"""The text in force on a day, read from the record: the signed version and the signed amendments, folded by the domain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from app.domain.amendment import Standing
from app.domain.annotation import reading_copy
from app.domain.consolidation import Amendment, Consolidated, Mark, consolidate, turning_days
from app.domain.errors import ContractError
from app.domain.numbering import reference_labels
from app.domain.outline import titled
from app.domain.paper_values import Background
from app.domain.permissions import Action, Actor
from app.domain.term import chinese_date
from app.domain.term_chain import Term
from app.domain.tree import Instrument
from app.services.record import opened
from app.services.term_rows import term_of
from app.services.versions import read_version_unasked
from app.store.amendment_json import read_operations
from app.store.amendments import amendments_of
from app.store.contracts import ContractRow
from app.store.effects import signing_dates_of
from app.store.instruments import instruments_of
from app.store.paper_texts import paper_versions_of
from app.store.terms import terms_of
from app.store.uow import UnitOfWork
from app.store.versions import version_heads


class NoSignedText(ContractError):
    def __init__(self, number: str) -> None:
        super().__init__("terms.missing", f"合同 {number} 没有冻结的文本，无法确定现行内容。请先保存版本。")


@dataclass(frozen=True, slots=True)
class Base:
    """What the parties signed. ``signed_on`` None: nothing in the record says when."""

    version_id: str
    standing: Standing
    signed_on: date | None


@dataclass(frozen=True, slots=True)
class InForce:
    """The text in force on a day, and the days on which it turns; ``number`` is the contract's; ``renewed``: further terms begun by then."""

    number: str
    base: Base
    consolidated: Consolidated
    turning: tuple[date, ...]
    renewed: tuple[Term, ...] = ()

    @property
    def background(self) -> Background:
        return Background(self.consolidated.standing, self.base.signed_on)

    def copy(self) -> Instrument:
        """The reading copy: 合并文本（仅供查阅）."""
        signed = chinese_date(self.base.signed_on) if self.base.signed_on else ""
        return reading_copy(self.consolidated, signed, self.renewed)


def signed_base(uow: UnitOfWork, contract: ContractRow) -> Base:
    """The newest version that no paper brought about: the one that was signed. Raises ``NoSignedText``, ``VersionDamaged``."""
    brought = {row.version_id for row in instruments_of(uow.session, contract.id)}
    head = next((v for v in version_heads(uow.session, contract.id) if v.id not in brought), None)
    if head is None:
        raise NoSignedText(contract.number)
    stored = read_version_unasked(uow, head.id)
    agreed = stored.answers.get("contract.sign_date")
    recorded = max((s.signed_on for s in signing_dates_of(uow.session, contract.id)), default=None)
    signed = recorded or (agreed if isinstance(agreed, date) else contract.took_effect_on)
    return Base(head.id, Standing(stored.instrument, stored.answers), signed)


def signed_amendments(uow: UnitOfWork, contract_id: str) -> tuple[Amendment, ...]:
    """Every signed amendment as consolidation sees it, in the order of signing."""
    rows = [(a, i) for a, i in amendments_of(uow.session, contract_id) if a.sequence is not None]
    texts = paper_versions_of(uow.session, [i.id for _, i in rows])
    found = []
    for row, paper in rows:
        assert row.sequence is not None
        assert row.signed_on is not None
        assert row.effective_on is not None
        found.append(
            _amendment(
                paper.id, paper.number, paper.title, row.sequence, row.signed_on, row.effective_on, texts[paper.id].operations,
                row.retroactive_from,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda a: a.sequence))


@lru_cache(maxsize=64)
def _amendment(
    paper_id: str, number: str, title: str, sequence: int, signed_on: date, effective_on: date, stored: str, retroactive_from: date | None
) -> Amendment:  # fmt: skip
    """The very same one for the very same record, so that what was folded with it is known."""
    operations, clauses = read_operations(stored)
    return Amendment(paper_id, number, title, sequence, signed_on, effective_on, operations, clauses, retroactive_from)


def terms_as_of(uow: UnitOfWork, actor: Actor, contract_id: str, day: date, *, known_on: date | None = None) -> InForce:
    """Text, values and annexes in force on ``day``, as far as signed by ``known_on`` (None: all that is signed).

    Raises ``ContractMissing``, ``Forbidden``, ``NoSignedText``.
    """
    return in_force(uow, opened(uow, actor, Action.READ_CONTRACTS, contract_id), day, known_on=known_on)


def in_force(uow: UnitOfWork, contract: ContractRow, day: date, *, known_on: date | None = None) -> InForce:
    """As ``terms_as_of``, for another use case that has come to the contract already."""
    base, signed = signed_base(uow, contract), signed_amendments(uow, contract.id)
    renewed = tuple(term_of(row) for row in terms_of(uow.session, contract.id) if row.first_day <= day)
    return InForce(
        contract.number, base, consolidate(base.standing, signed, day, known_on=known_on), turning_days(signed), renewed
    )


@dataclass(frozen=True, slots=True)
class PlaceHistory:
    """The life of one place. ``label``: how it reads (第8.2.3条); ``original``: its signed words, empty where it came later;
    ``rows``: changes of the rows of its table, by row."""

    place: str
    label: str
    original: str
    marks: tuple[Mark, ...]
    rows: tuple[tuple[Mark, ...], ...] = ()


def history_of(uow: UnitOfWork, actor: Actor, contract_id: str, place: str) -> PlaceHistory:
    """Everything that signed amendments did to one provision, row or line, whatever their day. Raises ``place.missing``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    base, signed = signed_base(uow, contract), signed_amendments(uow, contract.id)
    last = max((a.starts for a in signed), default=date.min)
    whole = consolidate(base.standing, signed, last)
    marks = whole.marks.get(place, ())
    labels = reference_labels(whole.standing.instrument)
    known = base.standing.instrument.provision(place)
    if not marks and place not in labels:
        raise ContractError("place.missing", f"合同中没有“{place[:60]}”这一处。")
    original = titled(known.title, known.text) if known is not None else (marks[0].before if marks else "")
    table = next((p.table for p in whole.standing.instrument.provisions() if p.id == place and p.table is not None), None)
    rows = tuple(found for key, found in whole.marks.items() if table is not None and key.startswith(f"{table.id}#"))
    return PlaceHistory(place, labels.get(place, ("", ""))[0] or place, original, marks, rows)
