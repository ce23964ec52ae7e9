"""A contract's signing as its people see it: who has signed, whose turn it is, what stopped it, earlier rounds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from app.domain.ceremony import CodeWay
from app.domain.execution import Execution, Medium, Place, Status
from app.domain.permissions import Action, Actor, may
from app.services.access import record_of
from app.services.record import opened
from app.services.signing_access import code_address, way_of
from app.services.signing_rows import read_details, read_execution
from app.store.documents import DocumentRow, documents_of
from app.store.signings import SigningPlaceRow, SigningRow, events_of, signings_of
from app.store.uow import UnitOfWork


class FileLink(NamedTuple):
    id: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """One place. ``turn``: it can be signed now; ``seen``: pages read; ``document``: the authority document, if any. ``code_to``: where
    codes go, masked; ``code_problem``: why the last short message did not arrive; ``phone`` only for those who lead the signing. ``notes``:
    what was remarked on a file or a signature that came from elsewhere."""

    place: Place
    email: str
    turn: bool
    invited_at: datetime | None
    reminded_at: datetime | None
    seen: int
    consented_at: datetime | None
    signed_at: datetime | None
    serial: str
    clock: str
    document: str
    code_way: CodeWay
    code_to: str
    code_problem: str
    phone: str
    notes: tuple[str, ...] = ()

    @property
    def electronic(self) -> bool:
        return self.place.medium is Medium.ELECTRONIC


@dataclass(frozen=True, slots=True)
class Round:
    """One signing. ``archived``: the archive timestamp is on; ``files``: the signed files among the contract's."""

    id: str
    execution: Execution
    digest: str
    pages: int
    deadline: date
    starter: str
    started_at: datetime
    ended_at: datetime | None
    ended_by: str
    reason: str
    archived: bool
    lines: tuple[PlaceLine, ...]
    files: tuple[FileLink, ...]

    @property
    def open(self) -> bool:
        return self.execution.status is Status.OPEN

    @property
    def done(self) -> int:
        return sum(1 for line in self.lines if line.signed_at is not None)


@dataclass(frozen=True, slots=True)
class SigningView:
    """``current``: the newest round; ``leads``: the reader may start, remind, mend and withdraw."""

    current: Round | None
    earlier: tuple[Round, ...]
    leads: bool


def read_signing(uow: UnitOfWork, actor: Actor, contract_id: str) -> SigningView:
    """Raises ``ContractMissing``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    rows = signings_of(uow.session, contract_id)
    files = [d for d in documents_of(uow.session, contract_id) if d.kind == "signed"]
    leads = may(actor, Action.LEAD_SIGNING, record_of(contract))
    rounds = tuple(_round(row, files, leads, _notes(uow, row)) for row in rows)
    return SigningView(rounds[0] if rounds else None, rounds[1:], leads)


def _notes(uow: UnitOfWork, row: SigningRow) -> Mapping[str, tuple[str, ...]]:
    """By place."""
    came = [e for e in events_of(uow.session, row.id) if e.kind in ("imported", "remote_signed")]
    return {e.place_id: tuple(json.loads(e.data).get("notes", ())) for e in came}


def _round(row: SigningRow, filed: Sequence[DocumentRow], leads: bool, notes: Mapping[str, tuple[str, ...]]) -> Round:
    # The original first, then what was made of it.
    mine = sorted((d for d in filed if d.version_id == row.version_id), key=lambda d: d.sha256 != row.final)
    signed = tuple(FileLink(d.id, d.name, d.sha256) for d in mine)
    execution = read_execution(row)
    turn = {p.id for p in execution.waiting}
    lines = tuple(_line(execution, place, place.id in turn, leads, notes.get(place.id, ())) for place in row.places)
    return Round(
        row.id, execution, row.digest, row.pages, row.deadline, row.starter, row.started_at, row.ended_at, row.ended_by, row.reason,
        bool(row.final), lines, signed if row.final else (),
    )  # fmt: skip


def _line(execution: Execution, row: SigningPlaceRow, turn: bool, leads: bool, notes: tuple[str, ...]) -> PlaceLine:
    return PlaceLine(
        execution.place(row.id), row.email, turn, row.invited_at, row.reminded_at, row.read_pages, row.consented_at, row.signed_at,
        row.serial or "", row.clock, read_details(row).document, way_of(row), code_address(row, way_of(row)), row.code_problem, row.phone if leads else "",
        notes,
    )  # fmt: skip
