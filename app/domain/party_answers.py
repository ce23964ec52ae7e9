"""From the master data of an organisation to the answers of a contract's party questions. The contract keeps a copy: what is
printed and signed does not follow when the master data change later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.domain.organisations import EMAIL, POSTAL, Licence, LicenceState, Organisation, ServiceAddress
from app.domain.variables import VariableSet

TELECOM = "增值电信"
"""A licence of this kind answers the question for the telecommunications licence (TELR:7)."""
PROJECT = "项目"
ROLES = {"a": "甲方", "b": "乙方"}


@dataclass(frozen=True, slots=True)
class Picks:
    """Which of several addresses, accounts and contacts goes in, by its place in the master data; -1: none."""

    postal: int = 0
    email: int = 0
    account: int = 0
    contact: int = -2
    """-2: the first one whose role speaks of the project."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to pick from."""

    postal: tuple[ServiceAddress, ...]
    email: tuple[ServiceAddress, ...]


def offer(details: Organisation) -> Offer:
    return Offer(*(tuple(a for a in details.addresses if a.kind == kind) for kind in (POSTAL, EMAIL)))


def project_contact(details: Organisation) -> int:
    """The place of the contact for the project; -1 where there is none."""
    return next((place for place, person in enumerate(details.contacts) if PROJECT in person.role), -1)


def party_answers(role: str, details: Organisation, picks: Picks, variables: VariableSet, today: date) -> dict[str, Any]:
    """Raw answers by variable for party ``role`` (``a`` or ``b``). What the master data don't know is left out, and so is what
    the form doesn't ask."""
    found = {f"party_{role}.{name}": value for name, value in _party(details, picks).items()}
    found |= {f"notice.party_{role}_{name}": value for name, value in _notices(details, picks).items()}
    if role == "b":
        found |= _payee(details, picks) | _licences(details, today)
    return {name: value for name, value in found.items() if value and _asked(name, value, variables)}


def _asked(name: str, value: Any, variables: VariableSet) -> bool:
    if name not in variables:
        return False
    options = variables[name].options
    return not options or value in {o.value for o in options}


def _party(details: Organisation, picks: Picks) -> dict[str, Any]:
    return {
        "name": details.name,
        "uscc": details.uscc,
        "domicile": details.registered_address,
        "legal_rep": details.legal_representative,
        "enterprise_size": details.size_class,
        "project_manager": _contact(details, picks),
    }


def _contact(details: Organisation, picks: Picks) -> Mapping[str, str]:
    place = project_contact(details) if picks.contact == -2 else picks.contact
    if not 0 <= place < len(details.contacts):
        return {}
    person = details.contacts[place]
    fields = {"name": person.name, "title": person.role, "phone": person.phone, "email": person.email}
    return {key: value for key, value in fields.items() if value}


def _notices(details: Organisation, picks: Picks) -> dict[str, str]:
    there = offer(details)
    return {"address": _at(there.postal, picks.postal), "email": _at(there.email, picks.email)}


def _at(addresses: tuple[ServiceAddress, ...], place: int) -> str:
    return addresses[place].address if 0 <= place < len(addresses) else ""


def _payee(details: Organisation, picks: Picks) -> dict[str, Any]:
    """The account that is paid to. A holder of another name goes in, too: proofreading must see it, not we hide it."""
    if not 0 <= picks.account < len(details.bank_accounts):
        return {}
    account = details.bank_accounts[picks.account]
    return {"pay.account_name": account.holder, "pay.account_bank": account.bank, "pay.account_no": account.number}


def _licences(details: Organisation, today: date) -> dict[str, Any]:
    """Licences that are valid: the one for telecommunications, and the others as rows of the table of certificates."""
    valid = [x for x in details.licences if x.state(today) in (LicenceState.LASTING, LicenceState.ENDING)]
    telecom = next((x.number for x in valid if TELECOM in x.kind), "")
    return {"party_b.telecom_license_no": telecom, "party_b.certs": [_row(x) for x in valid if TELECOM not in x.kind]}


def _row(licence: Licence) -> dict[str, str]:
    row = {"name": licence.kind, "number": licence.number}
    return row | ({"expiry": licence.valid_until.isoformat()} if licence.valid_until else {})
