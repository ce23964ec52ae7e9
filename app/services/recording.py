"""Contracts signed before the system came in: checked all at once, recorded all or none, each with its signed copy.

A number that a contract bears already is a fault that names it, so an import that is run twice adds nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError

from app.domain.errors import ContractError
from app.domain.lifecycle import Event, Stage
from app.domain.lifecycle_facts import Facts, TermFacts
from app.domain.permissions import NOTHING, Action, Actor, may, require
from app.domain.recording import OldRegister, OldRow, Recorded, read_recorded
from app.domain.sheets import CellFault
from app.services.access import actor_of
from app.services.filing import DocumentKind
from app.services.indexing import index_contract, index_pages
from app.services.journal import note
from app.services.moving import move
from app.services.register import RECORDED
from app.services.stage_mails import Post
from app.services.taking_effect import SigningDate, note_signed, take_effect
from app.store.blobs import BlobStore
from app.store.contracts import ContractPartyRow, ContractReaderRow, ContractRow, numbers_taken
from app.store.documents import DocumentRow
from app.store.organisations import organisation_with_code
from app.store.uow import UnitOfWork
from app.store.users import UserRow, users_by_name

PDF = "application/pdf"
SCANNED = "文件没有可以检索的文字，可能是扫描件。"
_UNSAFE = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A PDF that was looked at: its pages' text, or why it is refused."""

    size: int
    pages: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """An old register with its files, as the intake found them."""

    source: str
    register: OldRegister
    faults: tuple[CellFault, ...]
    files: Mapping[str, SignedFile]


@dataclass(frozen=True, slots=True)
class Planned:
    """A contract to be recorded: its row, its owner, and the name of its signed copy."""

    row: int
    contract: Recorded
    owner: Actor
    file: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be recorded; with ``faults`` nothing is. ``unused``: files that no row names."""

    rows: tuple[Planned, ...]
    faults: tuple[CellFault, ...]
    unused: tuple[str, ...]


class RecordingRefused(ContractError):
    """Nothing was recorded; every fault at once."""

    def __init__(self, faults: Sequence[CellFault]) -> None:
        super().__init__("recording.faults", "\n".join(f.sentence() for f in faults))
        self.faults = tuple(faults)


def plan_recording(uow: UnitOfWork, actor: Actor, today: date, examined: Examined) -> Plan:
    """Check every row against the record as it is now. Raises ``Forbidden``."""
    require(actor, Action.IMPORT_REGISTER)
    return _Planner(uow, actor, today, examined).plan()


def record_contracts(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, post: Post, blobs: BlobStore, examined: Examined,
    content: Callable[[str], bytes],
) -> tuple[str, ...]:  # fmt: skip
    """Record every row, in one transaction; the ids. ``content``: the bytes of a file. Raises ``RecordingRefused``."""
    plan = plan_recording(uow, actor, today, examined)
    if plan.faults:
        raise RecordingRefused(plan.faults)
    uow.session.rollback()  # writing the files takes a while and needs no lock on the database
    stored = {row.file: blobs.put(content(row.file)) for row in plan.rows}
    plan = plan_recording(uow, actor, today, examined)
    if plan.faults:
        raise RecordingRefused(plan.faults)
    try:
        ids = tuple(_record(uow, actor, now, today, post, examined, row, stored[row.file]) for row in plan.rows)
        note(uow, actor, now, "register.imported", source=examined.source, count=len(ids))
        uow.commit()
    except IntegrityError as error:
        raise ContractError("recording.number", "有合同编号刚刚被占用，没有补录任何合同。请重新核对后再提交。") from error
    return ids


class _Planner:
    def __init__(self, uow: UnitOfWork, actor: Actor, today: date, examined: Examined) -> None:
        self.actor, self.today, self.examined, self.register = actor, today, examined, examined.register
        self.taken = numbers_taken(uow.session, {r.cells.get("number", "").strip() for r in self.register.rows})
        self.people = [u for u in users_by_name(uow.session) if u.active and may(actor_of(u), Action.READ_CONTRACTS, NOTHING)]
        self.files = {name.casefold(): name for name in examined.files}
        self.faults = list(examined.faults)
        self.numbers: dict[str, int] = {}
        self.used: dict[str, int] = {}

    def plan(self) -> Plan:
        rows = [planned for row in self.register.rows if (planned := self.row(row)) is not None]
        unused = tuple(sorted(self.examined.files.keys() - self.used.keys()))
        return Plan(tuple(rows), tuple(sorted(self.faults, key=lambda f: (f.row, not f.letter, len(f.letter), f.letter))), unused)

    def row(self, row: OldRow) -> Planned | None:
        contract, problems = read_recorded(row.cells, self.today)
        before = len(self.faults)
        self.faults += [self.register.fault(row, p.key, p.problem) for p in problems]
        number = row.cells.get("number", "").strip()
        self.number(row, number)
        owner = self.owner(row)
        file = self.file(row, number)
        if contract is None or owner is None or len(self.faults) > before:
            return None
        return Planned(row.number, contract, owner, file)

    def number(self, row: OldRow, number: str) -> None:
        if number in self.taken:
            self.faults.append(self.register.fault(row, "number", f"合同编号“{number}”已登记，不能再次补录"))
        if number and number in self.numbers:
            self.faults.append(self.register.fault(row, "number", f"与第{self.numbers[number]}行的合同编号相同"))
        self.numbers.setdefault(number, row.number)

    def owner(self, row: OldRow) -> Actor | None:
        wanted = row.cells.get("owner", "").strip()
        if not wanted:
            return self.actor
        found: list[UserRow] = [u for u in self.people if u.login == wanted.lower()] or [
            u for u in self.people if u.name == wanted
        ]
        if len(found) == 1:
            return actor_of(found[0])
        why = "有多个同名的人，请改填登录名" if found else "没有这个可以阅读合同的有效账号，请填写登录名或者姓名"
        self.faults.append(self.register.fault(row, "owner", why))
        return None

    def file(self, row: OldRow, number: str) -> str:
        wanted = row.cells.get("file", "").strip()
        names = [wanted, f"{wanted}.pdf"] if wanted else [f"{number}.pdf", f"{number.translate(_UNSAFE)}.pdf"]
        name = next((self.files[n.casefold()] for n in names if n.casefold() in self.files), "")
        if not name:
            self.faults.append(self.register.fault(row, "file", f"没有收到签署件“{names[0]}”"))
        elif name in self.used:
            self.faults.append(self.register.fault(row, "file", f"签署件“{name}”已用于第{self.used[name]}行"))
        elif self.examined.files[name].problem:
            self.faults.append(self.register.fault(row, "file", f"签署件“{name}”不能使用：{self.examined.files[name].problem}"))
        if name:
            self.used.setdefault(name, row.number)
        return name


def _record(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, post: Post, examined: Examined, planned: Planned, sha256: str
) -> str:
    """One contract: a draft for a moment, then signed by its paper, then in force by its dates."""
    made, file = planned.contract, examined.files[planned.file]
    contract = ContractRow(
        id=uuid.uuid4().hex, number=made.number, form=RECORDED, title=made.title, draft_id=None, stage=Stage.DRAFT.value,
        confidential=made.confidential, owner_id=planned.owner.id or None, owner_name=planned.owner.name, value=made.value,
        effective_from=made.effective_on, last_day=made.last_day, created_at=now, updated_at=now, updated_by=actor.name,
        parties=[_party(uow, "a", made.party_a, made.uscc_a), _party(uow, "b", made.party_b, made.uscc_b)],
        # Whoever records a confidential contract for somebody else stays able to read it.
        readers=[ContractReaderRow(user_id=actor.id)] if made.confidential and planned.owner.id != actor.id else [],
    )  # fmt: skip
    uow.session.add(contract)
    uow.session.flush()
    document = DocumentRow(
        id=uuid.uuid4().hex, contract_id=contract.id, kind=DocumentKind.SIGNED.value, name=planned.file[-200:], media_type=PDF,
        size=file.size, sha256=sha256, note=made.remark, created_at=now, created_by=actor.name,
    )  # fmt: skip
    uow.session.add(document)
    uow.session.flush()
    note(
        uow, actor, now, "contract.recorded", contract=contract.id, number=made.number, source=examined.source, row=planned.row,
        owner=planned.owner.id or planned.owner.name, confidential=made.confidential, remark=made.remark,
    )  # fmt: skip
    note(
        uow, actor, now, "document.attached", contract=contract.id, document=document.id, kind=document.kind, name=document.name,
        size=document.size, sha256=sha256, version="", paper="",
    )  # fmt: skip
    reason = f"本系统启用前已签署，依{examined.source}第{planned.row}行补录"
    move(
        uow,
        actor,
        now,
        contract,
        Event.RECORDED_AS_SIGNED,
        Facts(today=today, reason=reason, outstanding_signatures=(), signed_copy=document.id),
    )
    note_signed(uow, actor, now, contract, [SigningDate(role, "", made.signed_on, document.id) for role in ("a", "b")])
    take_effect(uow, actor, now, today, post, contract)
    if contract.took_effect_on and made.renews is False and made.last_day is not None and made.last_day < today:
        move(
            uow,
            actor,
            now,
            contract,
            Event.TERM_ENDED,
            Facts(today=today, term=TermFacts(made.last_day, renews_automatically=False)),
        )
    index_contract(uow, contract)
    index_pages(uow, contract, document.id, file.pages, "" if any(p.strip() for p in file.pages) else SCANNED)
    return contract.id


def _party(uow: UnitOfWork, role: str, name: str, uscc: str) -> ContractPartyRow:
    known = organisation_with_code(uow.session, uscc) if uscc else None
    return ContractPartyRow(role=role, name=name, uscc=uscc, organisation_id=known.id if known else None)
