"""The report of an evidence package says of each signature by whose authority its certificate is, and what nobody checked."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app.domain.evidence import limits
from app.services.evidence import make_evidence
from app.services.signing_elsewhere import ElsewhereKit, accept_elsewhere, file_to_sign
from app.services.signing_finish import finish
from app.verification_room import VerificationRoom
from tests.services.fixtures import LAWYER
from tests.services.signing_house import B_SIGN, SHORT, Held, House, house
from tests.services.test_evidence_made import kit_of, words_of
from tests.services.test_signing_elsewhere import authority, holder, unsealed
from tests.signatures.test_elsewhere import signed_elsewhere

__all__ = ["unsealed"]


@pytest.fixture
def home(unsealed: Held, tmp_path: Path) -> House:
    return house(unsealed.units, tmp_path, contract=unsealed.contract)


def test_without_an_outside_certificate_nothing_is_said_of_one() -> None:
    told = "".join(limits(("甲方签名", "乙方签名"), ()))
    assert "内置的签发机构签发：系统的定稿认证、甲方签名、乙方签名。" in told
    assert "--signer-ca" not in told


def test_a_licensed_authoritys_certificate_is_not_called_ours(home: House, tmp_path: Path) -> None:
    ca = authority("某某电子认证有限公司")
    der = ca.certificate.public_bytes(Encoding.DER)
    home.kit = replace(home.kit, room=replace(home.kit.room, roots=lambda: (der,)))  # type: ignore[type-var]
    kit = kit_of(home, tmp_path)
    gate = VerificationRoom(tmp_path / "pki", (der,), kit.verifier.verifier)  # type: ignore[attr-defined]
    kit = replace(kit, verifier=gate)
    signing, elsewhere = home.start(SHORT), ElsewhereKit(home.kit, gate)
    _, before = file_to_sign(elsewhere, LAWYER, home.contract)
    accept_elsewhere(elsewhere, LAWYER, home.contract, B_SIGN, signed_elsewhere(before, B_SIGN, *holder("沈亦舟", by=ca)))
    home.sign(SHORT[0].email)
    assert finish(home.kit, signing) is True
    _, package = make_evidence(kit, LAWYER, home.contract)
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        words = words_of(archive.read("report.pdf")).replace(" ", "")
    assert "内置的签发机构签发：系统的定稿认证、甲方签名。" in words
    assert "乙方签名使用签署方自有的证书，由“某某电子认证有限公司”签发" in words
    assert "须以--signer-ca向verify.py提供" in words
