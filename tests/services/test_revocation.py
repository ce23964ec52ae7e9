"""A signatory's certificate is revoked: before the signature it is worth nothing, afterwards it does no harm; and the owners are told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.domain.errors import ContractError
from app.domain.permissions import Actor, Role
from app.domain.signing_form import Person, SignedFile
from app.services.pki import list_certificates, public_revocations, public_state, revoke_certificate
from app.services.ports import CertificateState
from app.services.signing_ceremony import PinGone, bench, sign
from app.services.signing_finish import finish
from app.services.signing_kit import credential
from app.services.signing_orders import sign_order
from app.services.signing_rows import read_execution
from app.signing_room import Room
from app.store.audit import entries
from app.store.contracts import find_contract
from app.store.signings import CertificateRow, find_certificate
from signatures.verification.asking import Trust
from signatures.verification.verdict import Outcome, Verdict
from signatures.verification.worker import Verifier
from tests.services.fixtures import LAWYER, OTHER, ensure
from tests.services.signing_house import A_SIGN, HAND, PHONE, PIN, SHORT, UNSEALED, Held, House, QuickRoom, approved, house
from tests.services.snapshots import over_both
from tests.services.test_signing_elsewhere import unsealed

__all__ = ["unsealed"]
ADMIN = Actor("管理员", "admin-1", frozenset({Role.SYSTEM_ADMINISTRATOR}))
WORDS = "持有人报告手机和签署密码一并遗失"


@pytest.fixture
def home(unsealed: Held, tmp_path: Path) -> House:
    return house(unsealed.units, tmp_path, contract=unsealed.contract)


def revoke(home: House, serial: str, reason: str = "compromised") -> None:
    with home.units() as uow:
        revoke_certificate(uow, ADMIN, home.at[0], home.kit.post.write, serial, reason, WORDS)


def serial_at(home: House, place: str) -> str:
    return next(p.serial or "" for p in home.signing.places if p.id == place)


def verified(home: House, content: bytes) -> Verdict:
    assert isinstance(home.kit.room, Room)
    root = home.kit.room.authority.root.public_bytes(Encoding.DER)
    return Verifier().verify(content, Trust(own=(root,)), home.at[0])


@over_both("unsealed")
def test_revoked_afterwards_the_signature_stays_good_and_the_owner_is_told(home: House) -> None:
    other = approved(home.units, UNSEALED)
    signing = home.start(SHORT)
    home.sign(SHORT[0].email)
    serial = serial_at(home, A_SIGN)
    home.later(hours=3)
    before = len(home.mails("lawyer@example.com"))
    revoke(home, serial)
    told = home.mails("lawyer@example.com")
    news = [m for m in told if serial in m.text]
    assert len(told) == before + 1
    assert [m.contract_id for m in news] == [home.contract], "nobody is told of a contract without this signature"
    assert other != home.contract
    assert "林知远" in news[0].text
    assert "密钥失密" in news[0].text
    home.later(hours=1)
    assert home.sign(SHORT[1].email) is True
    assert finish(home.kit, signing) is True
    verdict = home.verdict()
    assert verdict.ok, [r.english for r in verdict.reasons]
    mine = next(s for s in verdict.signatures if s.field == A_SIGN)
    assert mine.trusted
    with home.units() as uow:
        row = find_certificate(uow.session, serial)
        assert row is not None
        assert mine.proven_at is not None
        assert row.revoked_at is not None
        assert mine.proven_at < row.revoked_at
        state = public_state(uow, serial)
        assert state is not None
        assert state.reason == "compromised"
        assert [s for s, _ in public_revocations(uow)] == [serial], "CRL and OCSP say so"
        entry = next(e for e in entries(uow.session) if e.action == "certificate.revoked")
        assert json.loads(entry.data)["words"] == WORDS


def test_revoked_before_the_signature_makes_the_file_fail(home: House) -> None:
    """What nobody can do on the pages, done with the room itself: a signature with a certificate that was revoked the day before."""
    home.start(SHORT)
    row, room = home.signing, home.kit.room
    made = room.issue(Person("林知远", "甲方", "", "lin-1"), PIN, home.at[0] - timedelta(days=2))
    own = CertificateRow(
        serial=made.serial, kind="person", name="林知远", organisation="甲方", reference="lin-1", fingerprint=made.fingerprint,
        certificate=made.certificate, sealed=made.sealed, tries=0, issued_at=home.at[0], valid_until=made.valid_until, revoked_why="",
    )  # fmt: skip
    order = sign_order(row, read_execution(row).place(A_SIGN), HAND, made.serial, home.at[0], None)
    state = CertificateState(home.at[0] - timedelta(days=1), "compromised")
    signed = room.sign(home.kit.blobs.get(row.file), order, credential(own), "lin-1", PIN, state, home.at[0])
    verdict = verified(home, signed.content)
    assert verdict.outcome is Outcome.INVALID
    (reason,) = [r for r in verdict.reasons if r.code == "trust.revoked"]
    assert "甲方" in reason.chinese
    assert "在签署之前已被吊销" in reason.chinese
    good = room.sign(home.kit.blobs.get(row.file), order, credential(own), "lin-1", PIN, CertificateState(), home.at[0])
    assert "trust.revoked" not in verified(home, good.content).codes()


def test_a_revoked_key_signs_nothing_more_and_its_holder_gets_a_new_one(home: House) -> None:
    home.start(SHORT)
    home.sign(SHORT[0].email)
    old = serial_at(home, A_SIGN)
    again = house(home.units, home.kit.blobs.root.parent, contract=approved(home.units, UNSEALED))
    again.kit, again.at = home.kit, home.at
    again.start(SHORT)
    token, secret = again.ready(SHORT[0].email)
    with again.units() as uow:
        at = bench(uow, again.at[0], token, secret)
        assert at.certificate is not None
        assert at.certificate.serial == old, "the same person keeps the key from contract to contract"
    revoke(home, old, "affiliation")
    with again.units() as uow:
        assert bench(uow, again.at[0], token, secret).certificate is None
    assert sign(again.kit, PHONE, token, secret, HAND, "9134-neu", "9134-neu") is False
    fresh = serial_at(again, A_SIGN)
    assert fresh != old
    assert serial_at(home, A_SIGN) == old
    assert x509.load_pem_x509_certificate(_pem(home, fresh)).serial_number != int(old, 16)


def test_revoked_while_the_signature_is_being_made_it_is_not_written(home: House) -> None:
    home.start(SHORT)
    home.sign(SHORT[0].email)
    again = house(home.units, home.kit.blobs.root.parent, contract=approved(home.units, UNSEALED))
    serial = serial_at(home, A_SIGN)

    class Interrupted(QuickRoom):
        def sign(self, *arguments: Any) -> SignedFile:
            done = super().sign(*arguments)
            revoke(home, serial)  # between the making and the writing
            return done

    again.kit, again.at = home.kit, home.at
    again.start(SHORT)
    token, secret = again.ready(SHORT[0].email)
    room = Interrupted(home.kit.blobs.root.parent / "pki", "测试单位", "", lambda: home.at[0])
    with pytest.raises(PinGone):
        sign(replace(again.kit, room=room), PHONE, token, secret, HAND, PIN, PIN)
    assert serial_at(again, A_SIGN) == ""


@over_both("unsealed")
def test_every_owner_of_a_contract_signed_with_it_is_told_who_may_still_read_it(home: House) -> None:
    home.start(SHORT)
    home.sign(SHORT[0].email)
    again = house(home.units, home.kit.blobs.root.parent, contract=approved(home.units, UNSEALED))
    again.kit, again.at = home.kit, home.at
    again.start(SHORT)
    again.sign(SHORT[0].email)
    serial = serial_at(again, A_SIGN)
    assert serial == serial_at(home, A_SIGN)
    with home.units() as uow:
        ensure(uow, OTHER)
        row = find_contract(uow.session, again.contract)
        assert row is not None
        row.owner_id = OTHER.id
        uow.commit()
    revoke(home, serial)
    told = {(m.recipient, m.contract_id) for m in home.mails() if serial in m.text}
    assert told == {("lawyer@example.com", home.contract), (f"{OTHER.id}@example.com", again.contract)}


def test_who_may_revoke_and_what_for(home: House) -> None:
    home.start(SHORT)
    home.sign(SHORT[0].email)
    serial = serial_at(home, A_SIGN)
    with home.units() as uow:
        for code, actor, asked, reason, words in (
            ("access.hidden", LAWYER, serial, "compromised", WORDS),
            ("certificate.missing", ADMIN, "0", "compromised", WORDS),
            ("certificate.reason", ADMIN, serial, "because", WORDS),
            ("certificate.reason", ADMIN, serial, "compromised", "丢了"),
        ):
            with pytest.RaisesExc(ContractError, check=lambda e, code=code: e.code == code):  # type: ignore[misc]
                revoke_certificate(uow, actor, home.at[0], home.kit.post.write, asked, reason, words)
    revoke(home, serial)
    with home.units() as uow:
        with pytest.RaisesExc(ContractError, check=lambda e: e.code == "certificate.revoked"):
            revoke_certificate(uow, ADMIN, home.at[0], home.kit.post.write, serial, "compromised", WORDS)
        (line,) = [x for x in list_certificates(uow, ADMIN, serial).lines if x.serial == serial]
        assert line.state(home.at[0]) == "revoked"


def _pem(home: House, serial: str) -> bytes:
    with home.units() as uow:
        row = find_certificate(uow.session, serial)
        assert row is not None
        return row.certificate.encode()
