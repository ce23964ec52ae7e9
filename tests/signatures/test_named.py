"""Whom a certificate has to name at a signature and at a seal, at both places where it is asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from signatures.imported import accept
from signatures.named import Wanted, holder_fault
from signatures.signer_check import signer_faults
from signatures.verification.worker import Verifier
from tests.services.test_signing_elsewhere import holder
from tests.signatures.ceremony import Ceremony, utc_now
from tests.signatures.test_elsewhere import signed_elsewhere, trust
from tests.signatures.tools import refused

PARTY = "乙方（上海）有限公司"
HAND, SEAL = Wanted("张三", PARTY, seal=False), Wanted("何保管", PARTY, seal=True)


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier()


@pytest.mark.parametrize(
    ("name", "organisation", "wanted", "words"),
    [
        ("张三", "", HAND, ""),
        ("张 三", "乙方(上海)有限公司", HAND, ""),
        ("王五", PARTY, HAND, "持有人是“王五、乙方（上海）有限公司”，与应当签署的“张三”不符"),
        ("张三", "无关公司", HAND, "单位与签署方“乙方（上海）有限公司”不符"),
        (PARTY, PARTY, HAND, "单位证书不能代替个人签名"),
        (PARTY, "", HAND, "单位证书不能代替个人签名"),
        ("", "", HAND, "持有人是“（空）”"),
        (PARTY, PARTY, SEAL, ""),
        ("乙方(上海)有限公司", "", SEAL, ""),
        ("何保管", PARTY, SEAL, "个人证书不能代替"),
        ("何保管", "", SEAL, "个人证书不能代替"),
        ("无关公司", "", SEAL, "与应当签署的“乙方（上海）有限公司”不符"),
        (PARTY, "无关公司", SEAL, "单位与签署方"),
    ],
)
def test_a_signature_names_the_signatory_and_a_seal_the_party(name: str, organisation: str, wanted: Wanted, words: str) -> None:
    fault = holder_fault(name, organisation, wanted)
    assert words in fault
    assert bool(fault) == bool(words)


def test_a_colleagues_certificate_is_told_before_its_device_is_asked_and_refused_in_a_file(
    ceremony: Ceremony, verifier: Verifier
) -> None:
    before = ceremony.history["a_signature"]
    for wanted, right, wrong in ((HAND, ("张三", PARTY), ("王五", PARTY)), (SEAL, (PARTY, PARTY), ("何保管", PARTY))):
        key, certificate = holder(right[0], organisation=right[1])
        der = certificate.public_bytes(Encoding.DER)
        assert signer_faults(der, (), wanted, (der,), datetime.now(UTC)) == []
        after = signed_elsewhere(before, "a_seal", key, certificate)
        assert (
            accept(before, after, "a_seal", verifier, trust(ceremony, certificate), utc_now(), wanted).signature.name == right[0]
        )
        key, certificate = holder(wrong[0], organisation=wrong[1])
        der = certificate.public_bytes(Encoding.DER)
        ((where, words),) = signer_faults(der, (), wanted, (der,), datetime.now(UTC))
        assert where == "/certificate"
        assert wrong[0] in words
        after = signed_elsewhere(before, "a_seal", key, certificate)
        with refused("import.refused", f"持有人是“{wrong[0]}、"):
            accept(before, after, "a_seal", verifier, trust(ceremony, certificate), utc_now(), wanted)
