"""Remote signing: a party's own device or service signs a digest, and its signature goes into our file. Only the digest leaves the house.

``prepare`` makes the revision with a gap and keeps it for half an hour; ``complete`` puts the signature in, and the file then passes the same
strict gate as a whole file signed elsewhere.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.domain.errors import ContractError
from app.domain.execution import Execution, Mark, Medium, Place, Status
from app.domain.permissions import Action
from app.domain.signing_form import Hand, HandKind
from app.services.access import Client
from app.services.api_tokens import READ, SIGN, Bearer
from app.services.journal import note
from app.services.moving import law_day
from app.services.ports import RemoteAnswer
from app.services.record import id_of, opened
from app.services.signing_elsewhere import (
    Came,
    ElsewhereKit,
    FileMoved,
    SignatoryChanged,
    may_sign_elsewhere,
    require_elsewhere,
    take_signature,
)
from app.services.signing_orders import ink_of, sign_order, statements_of, wanted_at
from app.services.signing_rows import asked_at, happened, place_row, read_execution
from app.store.blobs import BlobStore
from app.store.contracts import ContractRow
from app.store.elsewhere import DONE, GIVEN_UP, RemoteSigningRow, find_remote, open_remotes, remote_files, remotes_over
from app.store.signings import SigningRow, find_signing, latest_signing
from app.store.uow import UnitOfWork

LIFE = timedelta(minutes=30)
AFTERWARDS = timedelta(hours=1)
MOST_CLEARED = 200
MOST_OPEN = 20
"""Of one place at a time; each keeps a copy of the file."""


class RequestFaults(ContractError):
    """Everything that is wrong with a request at once: where (a JSON pointer) and what."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("remote.request", "请求有误：" + "；".join(words.rstrip("。") for _, words in faults) + "。")
        self.faults = tuple(faults)


class RemoteMissing(ContractError):
    """There is none, or none for this token: the words are the same."""

    def __init__(self) -> None:
        super().__init__("remote.missing", "没有找到这次签署。")


@dataclass(frozen=True, slots=True)
class RemotePlace:
    """A place of the signing. ``statements``: what whoever signs here confirms (name, words); ``remote``: it may be signed by the API now."""

    id: str
    label: str
    signatory: str
    party: str
    mark: str
    signed_at: datetime | None
    remote: bool
    statements: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RemoteState:
    contract: str
    number: str
    title: str
    digest: str
    file: str
    status: str
    deadline: str
    places: tuple[RemotePlace, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a device is asked for. ``to_sign``: the bytes that a raw signature is over; ``covered``: SHA-256 of what a CMS is over;
    ``document``: SHA-256 of the file that is continued. ``state``: ``waiting``, ``done``, ``ended``."""

    id: str
    contract: str
    place: str
    to_sign: bytes
    covered: str
    algorithm: str
    document: str
    expires_at: datetime
    state: str
    result: str


@dataclass(frozen=True, slots=True)
class Completed:
    """``file``: SHA-256 of the file with the signature; ``complete``: everybody has signed."""

    id: str
    contract: str
    place: str
    file: str
    complete: bool
    serial: str
    signed_at: datetime
    clock: str
    notes: tuple[str, ...]


# ---- reading


def read_state(uow: UnitOfWork, who: Bearer, number: str) -> RemoteState:
    """Where the signing of a contract stands. Raises ``ContractMissing``, ``OutOfScope``, ``RemoteMissing``."""
    contract, row = _latest(uow, who, READ, number)
    execution = read_execution(row)
    waiting = {p.id for p in execution.waiting}
    places = []
    for stored in row.places:
        place = execution.place(stored.id)
        remote = place.id in waiting and may_sign_elsewhere(uow, contract, row, place)
        statements = tuple((f.name, f.label) for f in statements_of(row, place)) if remote else ()
        places.append(
            RemotePlace(
                place.id,
                place.label,
                place.signatory.name,
                place.signatory.party_name,
                place.mark.value,
                stored.signed_at,
                remote,
                statements,
            )
        )
    return RemoteState(
        contract.id,
        contract.number,
        contract.title,
        row.digest,
        row.final or row.file,
        row.status,
        row.deadline.isoformat(),
        tuple(places),
    )


def read_file(kit: ElsewhereKit, who: Bearer, number: str) -> tuple[str, bytes]:
    """SHA-256 and bytes of the file as it stands."""
    with kit.signing.units() as uow:
        _, row = _latest(uow, who, READ, number)
        file = row.final or row.file
    return file, kit.signing.blobs.get(file)


def read_remote(kit: ElsewhereKit, who: Bearer, remote_id: str) -> Prepared:
    """Raises ``RemoteMissing``, ``OutOfScope``."""
    with kit.signing.units() as uow:
        found, contract = _mine(uow, who, remote_id)
        now = kit.signing.now()
        state = "done" if found.ended == DONE else "ended" if found.ended or now >= found.expires_at else "waiting"
        ask = kit.signing.room.remote_ask(found.state)
        return Prepared(
            found.id,
            contract.id,
            found.place_id,
            ask.to_sign,
            ask.covered,
            ask.algorithm,
            found.base,
            found.expires_at,
            state,
            found.result,
        )


def covered_bytes(kit: ElsewhereKit, who: Bearer, remote_id: str) -> bytes:
    """The bytes that a CMS signature is over: the file with its new revision, without the gap."""
    with kit.signing.units() as uow:
        found, _ = _mine(uow, who, remote_id)
        state, file = found.state, found.file
    if not file:
        raise ContractError("remote.expired", "这次签署早已结束，其副本已经清除；仍需签署的，请重新准备。")
    return kit.signing.room.remote_covered(state, kit.signing.blobs.get(file))


# ---- the first step


def prepare(
    kit: ElsewhereKit, client: Client, who: Bearer, number: str, place_id: str, certificate: bytes, chain: Sequence[bytes],
    confirmed: frozenset[str],
) -> Prepared:  # fmt: skip
    """Make the revision that a device is to sign. ``certificate`` and ``chain`` in PEM or DER; ``confirmed``: statements by name.

    Raises ``RequestFaults`` with everything that is wrong, ``execution.*``, ``elsewhere.*``.
    """
    now = kit.signing.now()
    with kit.signing.units() as uow:
        contract, row = _latest(uow, who, SIGN, number)
        opened(uow, who.actor, Action.LEAD_SIGNING, contract.id)
        place, faults = _place(row, place_id)
        if place is not None:
            require_elsewhere(uow, contract, row, place)
            read_execution(row).sign(place.id, place.signatory.id, law_day(now), row.digest, kit.signing.today())
            faults += _faults_of_statements(row, place, confirmed)
        faults += kit.signing.room.remote_faults(certificate, chain, wanted_at(place) if place is not None else None, now)
        if faults or place is None:
            raise RequestFaults(faults)
        base, signing_id, contract_id = row.file, row.id, contract.id
        _require_room(uow, row, place, now)
        hand, asked = _typed(place), asked_at(row, place.id)
        order = sign_order(row, place, hand, kit.signing.room.serial_of(certificate), now, None)
    ask = kit.signing.room.begin_remote(kit.signing.blobs.get(base), order, certificate, chain, now)
    file, made = kit.signing.blobs.put(ask.pdf), uuid.uuid4().hex
    with kit.signing.units() as uow:
        opened(uow, who.actor, Action.LEAD_SIGNING, contract_id, lock=True)
        again = find_signing(uow.session, signing_id, lock=True)
        if again is None or again.status != Status.OPEN.value or again.file != base:
            raise FileMoved
        if asked_at(again, place.id) != asked:
            raise SignatoryChanged(place)
        uow.session.add(
            RemoteSigningRow(
                id=made, signing_id=signing_id, place_id=place.id, token_id=who.token, base=base, file=file, asked=asked, state=ask.state,
                begun_at=now, expires_at=now + LIFE, ended="", result="",
            )
        )  # fmt: skip
        happened(
            uow, signing_id, place.id, now, "remote_begun", client, by=who.actor.name, via=who.actor.via, document=base,
            to_sign=hashlib.sha256(ask.to_sign).hexdigest(), statements=[f.label for f in statements_of(again, place)],
        )  # fmt: skip
        note(
            uow,
            who.actor,
            now,
            "signing.remote_begun",
            contract=contract_id,
            signing=signing_id,
            place=place.id,
            label=place.label,
        )
        uow.commit()
    return Prepared(made, contract_id, place.id, ask.to_sign, ask.covered, ask.algorithm, base, now + LIFE, "waiting", "")


# ---- the second step


def complete(kit: ElsewhereKit, client: Client, who: Bearer, remote_id: str, answer: RemoteAnswer) -> Completed:
    """Put the signature in. Asked again after it was done, it says the same again.

    Raises ``RemoteMissing``, ``remote.expired``, ``remote.given_up``, ``elsewhere.replaced`` and ``import.outdated`` (prepare anew),
    ``remote.signature``, ``remote.cms``, ``import.refused`` with every reason.
    """
    now = kit.signing.now()
    with kit.signing.units() as uow:
        found, contract = _mine(uow, who, remote_id, SIGN)
        opened(uow, who.actor, Action.LEAD_SIGNING, contract.id)
        if found.ended == DONE:
            return _done(uow, found, contract.id)
        _require_waiting(found, now)
        row = find_signing(uow.session, found.signing_id)
        assert row is not None
        if row.file != found.base:
            raise FileMoved
        place = read_execution(row).place(found.place_id)
        if asked_at(row, place.id) != found.asked:
            raise SignatoryChanged(place)
        require_elsewhere(uow, contract, row, place)
        read_execution(row).sign(place.id, place.signatory.id, law_day(now), row.digest, kit.signing.today())
        state, gap, base, contract_id, signing_id = found.state, found.file, found.base, contract.id, row.id
    before = kit.signing.blobs.get(base)
    prepared = kit.signing.blobs.get(gap)
    signed = kit.signing.room.finish_remote(state, prepared, answer, before, now)
    made = kit.gate.accept(before, signed.content, place.id, now, wanted_at(place), prepared)
    file = kit.signing.blobs.put(signed.content)
    hand = _typed(place)
    ink = kit.signing.blobs.put(ink_of(hand)) if hand is not None else ""
    with kit.signing.units() as uow:
        contract = opened(uow, who.actor, Action.LEAD_SIGNING, contract_id, lock=True)
        row = find_signing(uow.session, signing_id, lock=True)
        waiting = find_remote(uow.session, remote_id, lock=True)
        assert row is not None
        assert waiting is not None
        if waiting.ended == DONE:
            return _done(uow, waiting, contract_id)
        _require_waiting(waiting, now)
        if row.file != base:
            raise FileMoved
        if asked_at(row, place.id) != waiting.asked:
            raise SignatoryChanged(place)
        took = replace(made, clock=signed.clock or made.clock)
        take_signature(uow, kit.signing, contract, row, place, took, file, Came(who.actor, client, remote=True))
        place_row(row, place.id).hand = ink
        waiting.ended, waiting.result = DONE, file
        uow.session.flush()
        answered = _done(uow, waiting, contract_id, made.notes)
        uow.commit()
    return answered


# ---- afterwards


def clear_copies(uow: UnitOfWork, blobs: BlobStore, now: datetime) -> int:
    """Take away the copies with a gap of signatures that ended or expired, an hour after their time; how many.

    The record of who prepared and finished what stays. Nobody works with them any more: what is under way ends within its time.
    """
    over = remotes_over(uow.session, now - AFTERWARDS, MOST_CLEARED)
    files = {row.file for row in over}
    for row in over:
        row.file = ""
    uow.session.flush()
    for file in files - remote_files(uow.session, files):
        # Before the end of the transaction: what is interrupted here is done again, and a file that is gone by then is no fault.
        blobs.drop(file)
    uow.commit()
    return len(files)


# ---- inside


def _latest(uow: UnitOfWork, who: Bearer, scope: str, number: str) -> tuple[ContractRow, SigningRow]:
    contract_id = id_of(uow, who.actor, number)
    who.require(scope, contract_id)
    contract = opened(uow, who.actor, Action.READ_CONTRACTS, contract_id)
    row = latest_signing(uow.session, contract_id)
    if row is None:
        raise RemoteMissing
    if scope == SIGN and row.status != Status.OPEN.value:
        raise ContractError("elsewhere.none", "目前没有进行中的签署。")
    return contract, row


def _mine(uow: UnitOfWork, who: Bearer, remote_id: str, scope: str = READ) -> tuple[RemoteSigningRow, ContractRow]:
    """One that this person's tokens have begun. Reading it needs either scope: who may sign must see what."""
    found = find_remote(uow.session, remote_id)
    row = find_signing(uow.session, found.signing_id) if found is not None else None
    if found is None or row is None or found.token_id != who.token:
        raise RemoteMissing
    who.require(SIGN if scope == SIGN or SIGN in who.scopes else READ, row.contract_id)
    return found, opened(uow, who.actor, Action.READ_CONTRACTS, row.contract_id)


def _require_waiting(found: RemoteSigningRow, now: datetime) -> None:
    if found.ended == GIVEN_UP:
        words = "准备之后，签署人、其授权或者联系方式已经变更，或者签署已经停止，这次签署已作废；请重新准备。"
        raise ContractError("remote.given_up", words)
    if now >= found.expires_at:
        raise ContractError("remote.expired", "这次签署已经过期，请重新准备。")


def _place(row: SigningRow, place_id: str) -> tuple[Place | None, list[tuple[str, str]]]:
    execution: Execution = read_execution(row)
    found = next((p for p in execution.places if p.id == place_id), None)
    if found is not None:
        return found, []
    open_ = "、".join(p.id for p in execution.waiting if p.medium is Medium.ELECTRONIC)
    return None, [("/place", f"没有签署栏位“{place_id[:60]}”；现在轮到的是：{open_ or '无'}")]


def _faults_of_statements(row: SigningRow, place: Place, confirmed: frozenset[str]) -> list[tuple[str, str]]:
    return [
        ("/confirmed", f"须由签署人确认“{f.label}”（{f.name}）") for f in statements_of(row, place) if f.name not in confirmed
    ]


def _require_room(uow: UnitOfWork, row: SigningRow, place: Place, now: datetime) -> None:
    waiting = open_remotes(uow.session, row.id, place.id)
    if sum(now < w.expires_at for w in waiting) >= MOST_OPEN:
        raise ContractError("remote.many", f"{place.label}已有{MOST_OPEN}次签署等待完成，请先完成或者等其过期。")


def _typed(place: Place) -> Hand | None:
    """A signature made elsewhere shows the signatory's name; a seal is drawn with the certificate's number."""
    return None if place.mark is Mark.SEAL else Hand(HandKind.TYPED, text=place.signatory.name)


def _done(uow: UnitOfWork, found: RemoteSigningRow, contract_id: str, notes: tuple[str, ...] = ()) -> Completed:
    row = find_signing(uow.session, found.signing_id)
    assert row is not None
    stored = place_row(row, found.place_id)
    assert stored.signed_at is not None
    return Completed(
        found.id, contract_id, found.place_id, found.result, row.status == Status.COMPLETE.value, stored.serial or "", stored.signed_at,
        stored.clock, notes,
    )  # fmt: skip
