"""Master data of organisations: entered once, checked, and never lost when two people edit at once."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.parties import normalise_uscc, uscc_faults
from app.services.drafts import Actor
from app.services.journal import note
from app.store.organisations import (
    AddressRow,
    BankAccountRow,
    ContactRow,
    LicenceRow,
    OrganisationRow,
    find_organisation,
    organisation_with_code,
)
from app.store.uow import ChangedMeanwhile, UnitOfWork

SIZES = {"": "未填写", "large": "大型企业", "medium": "中型企业", "small": "小型企业", "micro": "微型企业"}
ADDRESS_KINDS = {"postal": "邮寄地址", "email": "电子邮箱"}


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """An address for service (送达地址)."""

    kind: str
    address: str
    recipient: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class BankAccount:
    holder: str
    bank: str
    number: str


@dataclass(frozen=True, slots=True)
class Licence:
    """``valid_until`` is the last day; None: without term."""

    kind: str
    number: str
    issuer: str = ""
    scope: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    role: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """What is known of an organisation. ``uscc`` empty: registered abroad. ``size_class``: a key of ``SIZES``."""

    name: str
    uscc: str = ""
    legal_representative: str = ""
    registered_address: str = ""
    size_class: str = ""
    own: bool = False
    note: str = ""
    addresses: tuple[ServiceAddress, ...] = ()
    bank_accounts: tuple[BankAccount, ...] = ()
    licences: tuple[Licence, ...] = ()
    contacts: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredOrganisation:
    """An organisation as stored; ``revision`` is handed back with a change, so that nobody overwrites what he has not seen."""

    id: str
    revision: int
    updated_at: datetime
    updated_by: str
    details: Organisation


class OrganisationMissing(ContractError):
    def __init__(self, organisation_id: str) -> None:
        super().__init__("organisation.missing", f"没有找到主体 {organisation_id[:40]}。")


def create_organisation(uow: UnitOfWork, actor: Actor, now: datetime, details: Organisation) -> str:
    """Enter an organisation; returns its id. Raises ``InputError`` with every fault, a code that is taken among them."""
    details = _checked(uow, details, "")
    row = OrganisationRow(id=uuid.uuid4().hex, created_at=now)
    _write(row, details, actor, now)
    uow.session.add(row)
    note(uow, actor, now, "organisation.created", organisation=row.id, details=_plain(details))
    _commit(uow)
    return row.id


def change_organisation(
    uow: UnitOfWork, actor: Actor, now: datetime, organisation_id: str, revision: int, details: Organisation
) -> StoredOrganisation:
    """Replace the data. ``revision`` is the one that the change was made on; raises ``ChangedMeanwhile`` for an older one."""
    row = find_organisation(uow.session, organisation_id)
    if row is None:
        raise OrganisationMissing(organisation_id)
    if row.revision != revision:
        raise ChangedMeanwhile
    details = _checked(uow, details, organisation_id)
    before, after = _plain(_read(row)), _plain(details)
    _write(row, details, actor, now)
    changed = {key: value for key, value in after.items() if before[key] != value}
    note(uow, actor, now, "organisation.changed", organisation=row.id, before={k: before[k] for k in changed}, after=changed)
    _commit(uow)
    return _stored(row)


def load_organisation(uow: UnitOfWork, organisation_id: str) -> StoredOrganisation:
    """Raises ``OrganisationMissing``."""
    row = find_organisation(uow.session, organisation_id)
    if row is None:
        raise OrganisationMissing(organisation_id)
    return _stored(row)


def _checked(uow: UnitOfWork, details: Organisation, own_id: str) -> Organisation:
    faults: list[InputFault] = []
    if not details.name.strip():
        faults.append(InputFault("name", "名称", "未填写"))
    code = normalise_uscc(details.uscc)
    faults += [InputFault("uscc", "统一社会信用代码", problem) for problem in (uscc_faults(code) if code else ())]
    other = organisation_with_code(uow.session, code) if code and not faults else None
    if other is not None and other.id != own_id:
        faults.append(_taken(other.name))
    if details.size_class not in SIZES:
        faults.append(InputFault("size_class", "企业规模", "不是可选的规模", "、".join(SIZES.values())))
    for place, address in enumerate(details.addresses):
        if address.kind not in ADDRESS_KINDS or not address.address.strip():
            faults.append(InputFault(f"addresses[{place}]", "送达地址", "须写明种类和地址", "、".join(ADDRESS_KINDS.values())))
    for place, account in enumerate(details.bank_accounts):
        if not (account.holder.strip() and account.bank.strip() and account.number.strip()):
            faults.append(InputFault(f"bank_accounts[{place}]", "银行账户", "户名、开户行、账号均须填写"))
    for place, licence in enumerate(details.licences):
        if not (licence.kind.strip() and licence.number.strip()):
            faults.append(InputFault(f"licences[{place}]", "许可或者证照", "名称、编号均须填写"))
        elif licence.valid_from and licence.valid_until and licence.valid_from > licence.valid_until:
            faults.append(InputFault(f"licences[{place}]", "许可或者证照", "有效期的起始日晚于届满日"))
    if faults:
        raise InputError(faults)
    return replace(details, uscc=code, name=details.name.strip())


def _taken(name: str) -> InputFault:
    return InputFault("uscc", "统一社会信用代码", f"已登记为“{name}”", "打开已有主体修改")


def _commit(uow: UnitOfWork) -> None:
    try:
        uow.commit()
    except IntegrityError as error:
        # Somebody entered the same code between our look and our commit.
        raise InputError([_taken("另一主体")]) from error


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
        fields = {name: getattr(value, name) for name in type(value).__slots__}
        if place < len(rows):
            for name, item in fields.items():
                setattr(rows[place], name, item)
        else:
            rows.append(kind(ordinal=place + 1, **fields))


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
        licences=tuple(Licence(x.kind, x.number, x.issuer, x.scope, x.valid_from, x.valid_until) for x in row.licences),
        contacts=tuple(Person(c.name, c.role, c.phone, c.email) for c in row.contacts),
    )


def _stored(row: OrganisationRow) -> StoredOrganisation:
    return StoredOrganisation(row.id, row.revision, row.updated_at, row.updated_by, _read(row))


def _plain(details: Organisation) -> dict[str, Any]:
    """For the audit log, which knows text, whole numbers and lists."""

    def plain(value: Any) -> Any:
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()}
        return [plain(v) for v in value] if isinstance(value, list | tuple) else value

    return {key: plain(value) for key, value in asdict(details).items()}
