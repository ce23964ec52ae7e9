"""A signature that waits for its device is one person's, with one power: what changes meanwhile is not passed over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import keys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore
from sqlalchemy import select

from app.services.access import Client
from app.services.api_tokens import READ, SIGN, Bearer, bearer, make_token
from app.services.ports import OutsideSignature, RemoteAnswer
from app.services.remote_signing import Prepared, clear_copies, complete, covered_bytes, prepare
from app.services.signing_elsewhere import NO_CLOCK, ElsewhereKit, accept_elsewhere, file_to_sign
from app.services.signing_lead import correct_address, put_authority, withdraw
from app.services.signing_orders import statements_of
from app.services.signing_rows import place_row, read_execution
from app.store.contracts import find_contract
from app.store.elsewhere import RemoteSigningRow
from app.store.signings import events_of
from app.verification_room import VerificationRoom
from signatures.credentials import plain
from signatures.time_source import OutsideService, Stamper, TimeSource
from tests.services.fixtures import LAWYER
from tests.services.outside_time import NAME, OutsideTime
from tests.services.signing_house import A_SIGN, SHORT, Held, House, house
from tests.services.snapshots import over_both
from tests.services.test_signing import refused
from tests.services.test_signing_authority import CHEN, POWER, at, replaced, unprinted
from tests.services.test_signing_elsewhere import holder
from tests.signatures.test_elsewhere import signed_elsewhere

__all__ = ["unprinted"]
PLATFORM = Client("203.0.113.9", "platform/1.0")
OTHER = replace(CHEN, name="吴接手", email="wu@party-a.example", power=replace(POWER, number="SQ-9"))
KEY, CERTIFICATE = holder(CHEN.name)


@dataclass(frozen=True)
class Between:
    """The real gate, with something that happens at the desk while it looks at the file."""

    room: VerificationRoom
    event: Callable[[], object]

    def states(self, pdf: bytes) -> tuple[str, ...]:
        return self.room.states(pdf)

    def verify(self, *given: Any) -> Any:
        return self.room.verify(*given)

    def accept(self, *given: Any) -> OutsideSignature:
        found = self.room.accept(*given)
        self.event()
        return found


@dataclass
class Desk:
    home: House
    gate: VerificationRoom
    who: Bearer
    number: str

    @property
    def kit(self) -> ElsewhereKit:
        return ElsewhereKit(self.home.kit, self.gate)

    def trust(self, *more: bytes) -> None:
        """Authorities beside the signatory's own."""
        roots = (CERTIFICATE.public_bytes(Encoding.DER), *more)
        self.home.kit = replace(self.home.kit, room=replace(self.home.kit.room, roots=lambda: roots))  # type: ignore[type-var]
        self.gate = replace(self.gate, roots=roots)

    def prepare(self) -> Prepared:
        row = self.home.signing
        names = frozenset(f.name for f in statements_of(row, read_execution(row).place(A_SIGN)))
        pem = CERTIFICATE.public_bytes(Encoding.PEM)
        return prepare(self.kit, PLATFORM, self.who, self.number, A_SIGN, pem, (), names)

    def complete(self, waiting: Prepared, kit: ElsewhereKit | None = None) -> object:
        signature = KEY.sign(waiting.to_sign, ec.ECDSA(hashes.SHA256()))
        return complete(kit or self.kit, PLATFORM, self.who, waiting.id, RemoteAnswer(signature=signature))

    def ended(self) -> list[str]:
        with self.home.units() as uow:
            return [r.ended for r in uow.session.scalars(select(RemoteSigningRow).order_by(RemoteSigningRow.begun_at))]


@pytest.fixture
def desk(unprinted: Held, tmp_path: Path) -> Desk:
    home = house(unprinted.units, tmp_path, contract=unprinted.contract)
    gate = VerificationRoom(tmp_path / "pki")
    home.start((CHEN, SHORT[1]))
    with home.units() as uow:
        row = find_contract(uow.session, home.contract)
        assert row is not None
        number = row.number
        token = make_token(uow, LAWYER, home.at[0], "平台", (READ, SIGN), 1)
    with home.units() as uow:
        who = bearer(uow, home.at[0], token)
    made = Desk(home, gate, who, number)
    made.trust()
    return made


def renewed(desk: Desk) -> None:
    with desk.home.units() as uow:
        put_authority(uow, LAWYER, desk.home.at[0], desk.home.contract, A_SIGN, replace(POWER, number="SQ-10"))


def moved(desk: Desk) -> None:
    home = desk.home
    with home.units() as uow:
        correct_address(uow, LAWYER, home.at[0], home.kit.post, home.contract, A_SIGN, "chen2@party-a.example")


def called_back(desk: Desk) -> None:
    with desk.home.units() as uow:
        withdraw(uow, LAWYER, desk.home.at[0], desk.home.kit.post, desk.home.contract, "条款尚须再议，撤回签署")


def taken_over(desk: Desk) -> None:
    replaced(desk.home, OTHER)


@over_both("unprinted")
def test_a_device_signs_for_whom_it_was_prepared(desk: Desk) -> None:
    desk.complete(desk.prepare())
    assert desk.ended() == ["done"]
    assert place_row(desk.home.signing, A_SIGN).serial
    with desk.home.units() as uow:
        (told,) = [
            json.loads(e.data)["consent"] for e in events_of(uow.session, desk.home.signing.id) if e.kind == "remote_signed"
        ]
    assert told == "确认事项由接口调用方声明，签署人的阅读和同意未经本系统确认"


@pytest.mark.parametrize("event", [taken_over, renewed, moved])
def test_what_was_prepared_before_a_change_is_given_up(desk: Desk, event: Callable[[Desk], None]) -> None:
    waiting = desk.prepare()
    event(desk)
    assert desk.ended() == ["given_up"]
    with refused("remote.given_up", "请重新准备"):
        desk.complete(waiting)
    assert place_row(desk.home.signing, A_SIGN).signed_at is None


@over_both("unprinted")
def test_what_waits_is_given_up_when_the_signing_is_withdrawn(desk: Desk) -> None:
    waiting = desk.prepare()
    called_back(desk)
    assert desk.ended() == ["given_up"]
    with refused("remote.given_up"):
        desk.complete(waiting)


def test_whoever_takes_over_while_the_gate_looks_does_not_get_the_signature_of_the_one_before(desk: Desk) -> None:
    waiting = desk.prepare()
    with refused("remote.given_up"):
        desk.complete(waiting, ElsewhereKit(desk.home.kit, Between(desk.gate, lambda: taken_over(desk))))
    assert place_row(desk.home.signing, A_SIGN).signed_at is None
    assert at(desk.home).signatory.name == OTHER.name


@pytest.mark.parametrize("event", [taken_over, renewed])
def test_a_file_that_was_looked_at_for_one_person_is_not_taken_for_another(desk: Desk, event: Callable[[Desk], None]) -> None:
    home = desk.home
    _, before = file_to_sign(desk.kit, LAWYER, home.contract)
    after = signed_elsewhere(before, A_SIGN, KEY, CERTIFICATE)
    with refused("elsewhere.replaced", "重新签署"):
        accept_elsewhere(ElsewhereKit(home.kit, Between(desk.gate, lambda: event(desk))), LAWYER, home.contract, A_SIGN, after)
    assert place_row(home.signing, A_SIGN).signed_at is None


def test_a_power_changed_behind_the_back_of_a_device_is_found_by_comparison(desk: Desk) -> None:
    waiting = desk.prepare()
    renewed(desk)
    with desk.home.units() as uow:
        (row,) = uow.session.scalars(select(RemoteSigningRow))
        row.ended = ""
        uow.commit()
    with refused("elsewhere.replaced", "签署人或者授权已经变更"):
        desk.complete(waiting)


@over_both("unprinted")
def test_copies_of_what_ended_or_expired_are_cleared_and_the_record_stays(desk: Desk) -> None:
    home = desk.home

    def copies() -> dict[str, str]:
        with home.units() as uow:
            return {r.id: r.file for r in uow.session.scalars(select(RemoteSigningRow))}

    def clear(at: datetime) -> int:
        with home.units() as uow:
            return clear_copies(uow, home.kit.blobs, at)

    expired, done = desk.prepare(), desk.prepare()
    desk.complete(done)
    before, end = copies(), done.expires_at
    assert clear(end + timedelta(minutes=59)) == 0
    assert all(home.kit.blobs.get(file) for file in before.values())
    assert clear(end + timedelta(minutes=61)) == 2
    assert set(copies().values()) == {""}
    assert not any(home.kit.blobs.path(file).exists() for file in before.values())
    assert clear(end + timedelta(days=1)) == 0
    assert home.kit.blobs.get(home.signing.file), "the contract's own file stays"
    assert desk.complete(done) == complete(desk.kit, PLATFORM, desk.who, done.id, RemoteAnswer()), "asked again, it says the same"
    with refused("remote.expired", "副本已经清除"):
        covered_bytes(desk.kit, desk.who, expired.id)


@pytest.mark.parametrize("known", [True, False])
def test_a_timestamp_that_a_device_brings_is_named_by_its_service_and_never_by_ours(
    desk: Desk, tmp_path: Path, known: bool
) -> None:
    (tmp_path / "outside").mkdir()
    service = OutsideTime(tmp_path / "outside")
    if known:
        desk.trust(service.der)
    waiting = desk.prepare()
    info = keys.PrivateKeyInfo.load(KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    signer = SimpleSigner(plain(CERTIFICATE), info, SimpleCertificateStore.from_certs([]))
    stamper = Stamper(TimeSource(OutsideService(f"{service.base}/tsa")))
    made = asyncio.run(signer.async_sign(bytes.fromhex(waiting.covered), "sha256", use_pades=True, timestamper=stamper)).dump()
    service.close()
    done = complete(desk.kit, PLATFORM, desk.who, waiting.id, RemoteAnswer(cms=made))
    assert done.clock == place_row(desk.home.signing, A_SIGN).clock == (NAME if known else NO_CLOCK)
