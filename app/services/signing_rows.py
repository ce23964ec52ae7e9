"""Signings as they are stored: the domain's frozen values to rows and back."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.domain.authority import Authority, Capacity, Matter, Signatory
from app.domain.errors import ContractError
from app.domain.execution import (
    Ending,
    Execution,
    Formation,
    Mark,
    Medium,
    Mode,
    Order,
    Place,
    Required,
    Signed,
    Status,
    Terms,
)
from app.domain.signing_form import FormField, FormPlace, SigningForm, Use
from app.services.access import Client
from app.store.signings import SigningEventRow, SigningPlaceRow, SigningRow
from app.store.uow import UnitOfWork

NOBODY = Client("", "")


@dataclass(frozen=True, slots=True)
class Details:
    """What a place knows beside the columns: who signs, whether the name is printed, the party's code, the authority document."""

    signatory: Signatory
    printed: bool
    code: str
    document: str = ""


class SigningMissing(ContractError):
    def __init__(self) -> None:
        super().__init__("signing.missing", "没有找到这次签署。")


def read_execution(row: SigningRow) -> Execution:
    """The signing of a row."""
    places = tuple(_place(p) for p in row.places)
    done = sorted((p for p in row.places if p.signed_on is not None), key=lambda p: (p.signed_at or row.started_at, p.ordinal))
    signed = tuple(Signed(p.id, p.signed_on, row.digest) for p in done if p.signed_on is not None)
    status = Status(row.status)
    ending = None
    if row.ended_at is not None and status is not Status.COMPLETE:
        ending = Ending(row.ended_by, row.ended_at.date(), row.reason)
    return Execution(read_terms(row.terms), Order(row.ordering), places, signed, status, ending)


def close(row: SigningRow, after: Execution, now: datetime, by: str) -> None:
    """Write how a signing ended."""
    row.status, row.ended_at, row.ended_by = after.status.value, now, by
    row.reason = after.ending.reason if after.ending is not None else ""


def place_row(row: SigningRow, place_id: str) -> SigningPlaceRow:
    """Raises ``execution.place``."""
    found = next((p for p in row.places if p.id == place_id), None)
    if found is None:
        raise ContractError("execution.place", "没有这个签署栏位。")
    return found


def asked_at(row: SigningRow, place_id: str) -> str:
    """SHA-256 of who is asked at a place, and by which power: another one where the person or the power is another."""
    return hashlib.sha256(place_row(row, place_id).signatory.encode()).hexdigest()


def same_person(row: SigningRow, place: SigningPlaceRow) -> tuple[SigningPlaceRow, ...]:
    """The places of whoever is asked at ``place``, in order of signing: one link leads to all of them."""
    who = _who(place)
    return tuple(p for p in row.places if p is place or _who(p) == who)


def shut(places: Iterable[SigningPlaceRow]) -> None:
    """The link that is kept at any of them, its code and the browser that entered one are worth nothing any more; the link to the finished
    copy stays."""
    for place in places:
        place.token, place.session, place.session_until = None, "", None
        place.code, place.code_until, place.code_tries = "", None, 0


def _who(place: SigningPlaceRow) -> tuple[str, ...]:
    """A person of a party is told apart by name, mailbox and the way of codes; on paper nobody comes by a link."""
    if place.medium != Medium.ELECTRONIC.value:
        return (place.id,)
    name = "".join(read_details(place).signatory.name.split())
    return (place.party, name, place.email.strip().casefold(), place.code_way, place.phone)


def happened(
    uow: UnitOfWork, signing_id: str, place_id: str, now: datetime, kind: str, client: Client = NOBODY, **data: Any
) -> None:
    """Something of a ceremony for the evidence, with this transaction."""
    uow.session.add(
        SigningEventRow(
            id=f"{time.time_ns():016x}{uuid.uuid4().hex[:16]}", signing_id=signing_id, place_id=place_id, at=now, kind=kind,
            data=json.dumps(data, ensure_ascii=False, sort_keys=True), address=client.address[:64], agent=client.agent[:300],
        )
    )  # fmt: skip


# ---- JSON


def write_terms(terms: Terms) -> str:
    data = {
        "digest": terms.digest, "mode": terms.mode.value, "formation": terms.formation.value,
        "required": sorted(r.value for r in terms.required), "final_on": terms.final_on.isoformat(),
        "deadline": terms.deadline.isoformat(), "amount": str(terms.amount) if terms.amount is not None else None,
        "matter": terms.matter.value, "representatives": dict(terms.representatives),
    }  # fmt: skip
    return json.dumps(data)


def read_terms(text: str) -> Terms:
    data = json.loads(text)
    amount = Decimal(data["amount"]) if data["amount"] is not None else None
    return Terms(
        data["digest"], Mode(data["mode"]), Formation(data["formation"]), frozenset(map(Required, data["required"])),
        date.fromisoformat(data["final_on"]), date.fromisoformat(data["deadline"]), amount, Matter(data["matter"]),
        tuple(data.get("representatives", {}).items()),
    )  # fmt: skip


def write_form(form: SigningForm) -> str:
    places = [[p.name, p.label, p.owner, p.mark.value] for p in form.places]
    fields = [[f.name, f.label, f.owner, f.use.value] for f in form.fields]
    return json.dumps({"places": places, "fields": fields}, ensure_ascii=False)


def read_form(text: str) -> SigningForm:
    data = json.loads(text)
    places = tuple(FormPlace(n, label, owner, Mark(mark)) for n, label, owner, mark in data["places"])
    return SigningForm(places, tuple(FormField(n, label, owner, Use(use)) for n, label, owner, use in data["fields"]))


def write_details(details: Details) -> str:
    person, power = details.signatory, details.signatory.authority
    data = {
        "id": person.id, "party_name": person.party_name, "name": person.name, "title": person.title,
        "capacity": person.capacity.value, "authority": authority_data(power) if power is not None else None,
        "printed": details.printed, "code": details.code, "document": details.document,
    }  # fmt: skip
    return json.dumps(data, ensure_ascii=False)


def power_told(details: Details) -> dict[str, Any] | None:
    """The power of attorney at a place with its scan among the files, or None where nobody acts by one."""
    power = details.signatory.authority
    return {**authority_data(power), "document": details.document} if power is not None else None


def put_details(place: SigningPlaceRow, details: Details) -> None:
    """Write who signs at a place, with the last day of the power of attorney where the clock finds it."""
    power = details.signatory.authority
    place.signatory, place.authority_until = write_details(details), power.valid_until if power is not None else None


def read_details(place: SigningPlaceRow) -> Details:
    data = json.loads(place.signatory)
    power = _authority(data["authority"]) if data["authority"] is not None else None
    person = Signatory(
        data["id"], place.party, data["party_name"], data["name"], data["title"], Capacity(data["capacity"]), power
    )
    return Details(person, data["printed"], data["code"], data["document"])


def _place(row: SigningPlaceRow) -> Place:
    details = read_details(row)
    return Place(row.id, details.signatory, Mark(row.mark), Medium(row.medium), row.stage, details.printed)


def authority_data(power: Authority) -> dict[str, Any]:
    """Everything that counts for R-32, as it is stored; for log and evidence, too, since a row keeps only the newest."""
    return {
        "number": power.number, "principal": power.principal, "agent": power.agent,
        "matters": sorted(m.value for m in power.matters), "issued_on": power.issued_on.isoformat(),
        "valid_from": power.valid_from.isoformat(), "valid_until": power.valid_until.isoformat(),
        "limit": str(power.limit) if power.limit is not None else None,
    }  # fmt: skip


def _authority(data: dict[str, Any]) -> Authority:
    limit = Decimal(data["limit"]) if data["limit"] is not None else None
    return Authority(
        data["number"], data["principal"], data["agent"], frozenset(map(Matter, data["matters"])),
        date.fromisoformat(data["issued_on"]), date.fromisoformat(data["valid_from"]), date.fromisoformat(data["valid_until"]), limit,
    )  # fmt: skip
