"""Master data of organisations: entered once, checked, and never lost when two people edit at once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.organisations import (
    SOON,
    BankAccount,
    Licence,
    LicenceState,
    Organisation,
    Person,
    ServiceAddress,
    faults_of,
)
from app.domain.permissions import Action, Actor, may, require
from app.services.access import record_of
from app.services.journal import note
from app.store.contracts import contracts_of_organisation
from app.store.organisations import (
    AddressRow,
    BankAccountRow,
    ContactRow,
    LicenceRow,
    OrganisationRow,
    count_organisations,
    find_organisation,
    organisation_with_code,
    organisation_without_code,
    organisations_matching,
)
from app.store.uow import ChangedMeanwhile, UnitOfWork

WORDS = 8
"""Words of a search that are looked at; more only cost time."""


@dataclass(frozen=True, slots=True)
class StoredOrganisation:
    """An organisation as stored; ``revision`` is handed back with a change, so that nobody overwrites what he has not seen."""

    id: str
    revision: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
    details: Organisation


@dataclass(frozen=True, slots=True)
class OrganisationLine:
    """One line of the list. ``licences``: those that have ended or will soon, the earliest first."""

    id: str
    name: str
    uscc: str
    legal_representative: str
    size_class: str
    own: bool
    licences: tuple[tuple[Licence, LicenceState], ...]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class OrganisationPage:
    """``found`` of ``total`` organisations match."""

    lines: tuple[OrganisationLine, ...]
    found: int
    total: int


@dataclass(frozen=True, slots=True)
class ContractLine:
    """A contract that an organisation is party to. ``role``: ``a`` or ``b``."""

    id: str
    number: str
    title: str
    stage: str
    role: str


class OrganisationMissing(ContractError):
    def __init__(self, organisation_id: str) -> None:
        super().__init__("organisation.missing", f"没有找到主体 {organisation_id[:40]}。")


class OrganisationChanged(ChangedMeanwhile):
    """Somebody else changed it since we looked; nothing of ours was stored. Carries what is stored now."""

    def __init__(self, theirs: StoredOrganisation) -> None:
        super().__init__()
        self.theirs = theirs


def create_organisation(uow: UnitOfWork, actor: Actor, now: datetime, details: Organisation) -> str:
    """Enter an organisation; returns its id. Raises ``InputError`` with every fault, a code that is taken among them."""
    require(actor, Action.EDIT_ORGANISATIONS)
    row = _add(uow, actor, now, _sound(uow, details))
    _commit(uow)
    return row.id


def change_organisation(
    uow: UnitOfWork, actor: Actor, now: datetime, organisation_id: str, revision: int, details: Organisation
) -> StoredOrganisation:
    """Replace the data. ``revision`` is the one that the change was made on; raises ``OrganisationChanged`` for an older one."""
    require(actor, Action.EDIT_ORGANISATIONS)
    row = _require(uow, organisation_id, lock=True)
    if row.revision != revision:
        raise OrganisationChanged(_stored(row))
    _replace(uow, actor, now, row, _sound(uow, details, organisation_id))
    _commit(uow)
    return _stored(row)


def load_organisation(uow: UnitOfWork, actor: Actor, organisation_id: str) -> StoredOrganisation:
    """Raises ``OrganisationMissing``."""
    require(actor, Action.READ_ORGANISATIONS)
    return _stored(_require(uow, organisation_id))


def find_by_code(uow: UnitOfWork, actor: Actor, code: str) -> StoredOrganisation:
    """By 统一社会信用代码 or id. Raises ``OrganisationMissing``."""
    require(actor, Action.READ_ORGANISATIONS)
    row = organisation_with_code(uow.session, code)
    return _stored(row if row is not None else _require(uow, code))


def check_organisation(uow: UnitOfWork, actor: Actor, details: Organisation, organisation_id: str = "") -> tuple[InputFault, ...]:
    """Every fault of what was entered, without storing it. ``organisation_id``: whose change it is; empty: a new one."""
    require(actor, Action.EDIT_ORGANISATIONS)
    return _faults(uow, details.tidy(), organisation_id)


def search_organisations(
    uow: UnitOfWork, actor: Actor, today: date, query: str = "", *, ending: bool = False, limit: int = 20, offset: int = 0
) -> OrganisationPage:
    """Organisations whose name, code, legal representative, contacts or licence numbers contain every word of ``query``, by name.

    ``ending``: those alone with a licence that has ended or ends soon.
    """
    require(actor, Action.READ_ORGANISATIONS)
    words = [word for word in query.split() if word.isprintable()][:WORDS]
    until = today + SOON if ending else None
    rows = organisations_matching(uow.session, words, until, limit, offset)
    found = count_organisations(uow.session, words, until)
    total = found if not words and until is None else count_organisations(uow.session)
    return OrganisationPage(tuple(_line(row, today) for row in rows), found, total)


def contracts_of(uow: UnitOfWork, actor: Actor, organisation_id: str) -> tuple[ContractLine, ...]:
    """The contracts of an organisation that the actor may read, the one changed last first."""
    require(actor, Action.READ_ORGANISATIONS)
    rows = contracts_of_organisation(uow.session, organisation_id)
    return tuple(
        ContractLine(row.id, row.number, row.title, row.stage, party.role)
        for row in rows
        if may(actor, Action.READ_CONTRACTS, record_of(row))
        for party in row.parties
        if party.organisation_id == organisation_id
    )


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, as names of organisations."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


def import_organisations(uow: UnitOfWork, actor: Actor, now: datetime, several: Sequence[Organisation]) -> Imported:
    """Enter many, all or none. One whose code is known (without a code: whose name is) replaces that one's data; the rest are new.

    Raises ``InputError``; a fault's path begins with the place in ``several``: ``[3].uscc``.
    """
    require(actor, Action.EDIT_ORGANISATIONS)
    tidy = [details.tidy() for details in several]
    known = {_key(d): row for d in tidy if (row := _known(uow, d)) is not None}
    faults, seen = [], set[str]()
    for place, details in enumerate(tidy):
        own = known[_key(details)].id if _key(details) in known else ""
        found = _faults(uow, details, own)
        if details.uscc and details.uscc in seen:
            found = (*found, InputFault("uscc", "统一社会信用代码", "在本次导入中出现了两次"))
        seen.add(details.uscc)
        faults += [InputFault(f"[{place}].{f.path}", f.label, f.problem, f.allowed) for f in found]
    if faults:
        raise InputError(faults)
    created, changed, unchanged = [], [], []
    for details in tidy:
        row = known.get(_key(details))
        if row is None:
            _add(uow, actor, now, details)
            created.append(details.name)
        elif _replace(uow, actor, now, row, details):
            changed.append(details.name)
        else:
            unchanged.append(details.name)
    _commit(uow)
    return Imported(tuple(created), tuple(changed), tuple(unchanged))


def _key(details: Organisation) -> str:
    return details.uscc or f"name:{details.name}"


def _known(uow: UnitOfWork, details: Organisation) -> OrganisationRow | None:
    if details.uscc:
        return organisation_with_code(uow.session, details.uscc)
    return organisation_without_code(uow.session, details.name)


def _require(uow: UnitOfWork, organisation_id: str, *, lock: bool = False) -> OrganisationRow:
    row = find_organisation(uow.session, organisation_id, lock=lock)
    if row is None:
        raise OrganisationMissing(organisation_id)
    return row


def _sound(uow: UnitOfWork, details: Organisation, own_id: str = "") -> Organisation:
    """The data in tidy form. Raises ``InputError``."""
    tidy = details.tidy()
    faults = _faults(uow, tidy, own_id)
    if faults:
        raise InputError(faults)
    return tidy


def _faults(uow: UnitOfWork, tidy: Organisation, own_id: str) -> tuple[InputFault, ...]:
    faults = faults_of(tidy)
    with uow.session.no_autoflush:
        other = organisation_with_code(uow.session, tidy.uscc) if tidy.uscc else None
    return faults if other is None or other.id == own_id else (*faults, _taken(other.name))


def _taken(name: str) -> InputFault:
    return InputFault("uscc", "统一社会信用代码", f"已登记为“{name}”", "打开已有主体修改")


def _commit(uow: UnitOfWork) -> None:
    try:
        uow.commit()
    except IntegrityError as error:
        # Somebody entered the same code between our look and our commit.
        raise InputError([_taken("另一主体")]) from error


def _add(uow: UnitOfWork, actor: Actor, now: datetime, details: Organisation) -> OrganisationRow:
    row = OrganisationRow(id=uuid.uuid4().hex, created_at=now)
    _write(row, details, actor, now)
    uow.session.add(row)
    note(uow, actor, now, "organisation.created", subject=row.id, organisation=row.id, details=_plain(details))
    return row


def _replace(uow: UnitOfWork, actor: Actor, now: datetime, row: OrganisationRow, details: Organisation) -> bool:
    """Whether anything changed."""
    before, after = _plain(_read(row)), _plain(details)
    changed = {key: value for key, value in after.items() if before[key] != value}
    if changed:
        _write(row, details, actor, now)
        old = {key: before[key] for key in changed}
        note(uow, actor, now, "organisation.changed", subject=row.id, organisation=row.id, before=old, after=changed)
    return bool(changed)


def _write(row: OrganisationRow, details: Organisation, actor: Actor, now: datetime) -> None:
    row.name, row.uscc = details.name, details.uscc or None
    row.legal_representative, row.registered_address = details.legal_representative, details.registered_address
    row.size_class, row.own, row.note = details.size_class, details.own, details.note
    row.updated_at, row.updated_by = now, actor.name
    _fill(row.addresses, AddressRow, details.addresses)
    _fill(row.bank_accounts, BankAccountRow, details.bank_accounts)
    _fill(row.licences, LicenceRow, details.licences)
    _fill(row.contacts, ContactRow, details.contacts)


def _fill(rows: list[Any], kind: type[Any], values: tuple[Any, ...]) -> None:
    """Rows keep their place, so that a change of one line is one UPDATE."""
    del rows[len(values) :]
    for place, value in enumerate(values):
        entered = {name: getattr(value, name) for name in type(value).__slots__}
        if place < len(rows):
            for name, item in entered.items():
                setattr(rows[place], name, item)
        else:
            rows.append(kind(ordinal=place + 1, **entered))


def _read(row: OrganisationRow) -> Organisation:
    return Organisation(
        name=row.name,
        uscc=row.uscc or "",
        legal_representative=row.legal_representative,
        registered_address=row.registered_address,
        size_class=row.size_class,
        own=row.own,
        note=row.note,
        addresses=tuple(ServiceAddress(a.kind, a.address, a.recipient, a.phone) for a in row.addresses),
        bank_accounts=tuple(BankAccount(b.holder, b.bank, b.number) for b in row.bank_accounts),
        licences=tuple(_licence(x) for x in row.licences),
        contacts=tuple(Person(c.name, c.role, c.phone, c.email) for c in row.contacts),
    )


def _licence(row: LicenceRow) -> Licence:
    return Licence(row.kind, row.number, row.issuer, row.scope, row.valid_from, row.valid_until)


def _line(row: OrganisationRow, today: date) -> OrganisationLine:
    licences = sorted((_licence(x) for x in row.licences if x.valid_until), key=lambda x: x.valid_until or date.max)
    told = tuple((x, s) for x in licences if (s := x.state(today)) in (LicenceState.ENDED, LicenceState.ENDING))
    return OrganisationLine(
        row.id, row.name, row.uscc or "", row.legal_representative, row.size_class, row.own, told, row.updated_at
    )


def _stored(row: OrganisationRow) -> StoredOrganisation:
    return StoredOrganisation(row.id, row.revision, row.created_at, row.updated_at, row.updated_by, _read(row))


def _plain(details: Organisation) -> dict[str, Any]:
    """For the audit log, which knows text, whole numbers and lists."""

    def plain(value: Any) -> Any:
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()}
        return [plain(v) for v in value] if isinstance(value, list | tuple) else value

    return {key: plain(value) for key, value in asdict(details).items()}
