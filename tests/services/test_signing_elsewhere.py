"""A party signs with a certificate of another authority and sends the file back; the gate lets in that and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from app.domain.errors import ContractError
from app.services.signing_elsewhere import ElsewhereKit, accept_elsewhere, file_to_sign, places_elsewhere
from app.services.signing_finish import finish
from app.verification_room import VerificationRoom
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER
from tests.services.signing_house import A_SIGN, B_SIGN, SHORT, House, house
from tests.signatures.tampering import page_replaced
from tests.signatures.test_elsewhere import signed_elsewhere


def holder(name: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """A certificate of another authority; here it is its own root."""
    key, now = rsa.generate_private_key(65537, 2048), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "某机构")])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=60)).not_valid_after(now + timedelta(days=365))
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    return key, builder.add_extension(usage, True).sign(key, hashes.SHA256())


@pytest.fixture
def home(units: Units, tmp_path: Path) -> House:
    answers = {"effect.condition": "e_sign", "sign.party_a_seal_type": "none", "sign.party_b_seal_type": "none"}
    return house(units, tmp_path, answers)


@pytest.fixture(scope="module")
def own() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    return holder("沈亦舟")


@pytest.fixture
def kit(home: House, tmp_path: Path, own: tuple[rsa.RSAPrivateKey, x509.Certificate]) -> Iterator[ElsewhereKit]:
    room = VerificationRoom(tmp_path / "pki", (own[1].public_bytes(Encoding.DER),))
    yield ElsewhereKit(home.kit, room)
    room.verifier.close()


def refused(code: str, match: str | None = None) -> pytest.RaisesExc[ContractError]:
    return pytest.RaisesExc(ContractError, match=match, check=lambda e: e.code == code)


def test_a_file_signed_with_the_partys_own_certificate_counts_like_ours(
    home: House, kit: ElsewhereKit, own: tuple[rsa.RSAPrivateKey, x509.Certificate]
) -> None:
    with refused("elsewhere.none"):
        file_to_sign(kit, LAWYER, home.contract)
    signing = home.start(SHORT)
    with home.units() as uow:
        assert {p.id for p in places_elsewhere(uow, LAWYER, home.contract)} == {A_SIGN, B_SIGN}
    _, before = file_to_sign(kit, LAWYER, home.contract)
    after = signed_elsewhere(before, B_SIGN, *own)
    for content, place, words in (
        (page_replaced(after), B_SIGN, "第1页的内容被改动"),
        (after, A_SIGN, "只在栏位"),
        (before, B_SIGN, "没有新的签名"),
        (signed_elsewhere(before, B_SIGN, *holder("沈亦舟")), B_SIGN, "不在受信任之列"),
    ):
        with refused("import.refused", words):
            accept_elsewhere(kit, LAWYER, home.contract, place, content)
    with refused("import.person", "林知远"):
        accept_elsewhere(kit, LAWYER, home.contract, A_SIGN, signed_elsewhere(before, A_SIGN, *own))
    done, found = accept_elsewhere(kit, LAWYER, home.contract, B_SIGN, after)
    assert (done, found.name) == (False, "沈亦舟")
    with refused("execution.twice"):
        accept_elsewhere(kit, LAWYER, home.contract, B_SIGN, after)
    with refused("import.refused", "追加签名"):
        accept_elsewhere(kit, LAWYER, home.contract, A_SIGN, signed_elsewhere(before, A_SIGN, *own))
    assert home.sign(SHORT[0].email) is True
    assert finish(home.kit, signing) is True
    place = next(p for p in home.signing.places if p.id == B_SIGN)
    assert place.serial == found.serial
    assert "没有时间戳" in place.clock
