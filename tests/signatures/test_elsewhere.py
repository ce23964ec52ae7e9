"""Signatures made elsewhere: by a device that is asked for a signature only, and by another tool that returns a whole file."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import keys
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signatures.archive import archive
from signatures.credentials import plain
from signatures.imported import accept
from signatures.remote import Pending, begin, finish
from signatures.verification.asking import Expected, Trust
from signatures.verification.examine import examine
from signatures.verification.worker import Verifier
from tests.signatures.ceremony import Ceremony, utc_now
from tests.signatures.tampering import page_replaced, saved_again_by_pikepdf
from tests.signatures.tools import refused


def trust(ceremony: Ceremony, *others: x509.Certificate) -> Trust:
    own = ceremony.authority.root.public_bytes(Encoding.DER)
    return Trust(own=(own,), others=tuple(c.public_bytes(Encoding.DER) for c in others))


Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Own = tuple[Key, x509.Certificate]
"""A key and its certificate."""


def outsider(key: Key | None = None) -> Own:
    """A certificate of another authority; here it is its own root."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "乙方自有证书"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "乙方")]
    )
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(1))
        .not_valid_after(now + timedelta(365))
    )
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    return key, builder.add_extension(usage, True).sign(key, hashes.SHA256())


# ---- remote: only a digest leaves


def test_a_device_signs_a_few_bytes_and_the_file_is_valid(ceremony: Ceremony) -> None:
    base, own = ceremony.history["a_signature"], ceremony.credentials["a_seal"]
    pending = begin(base, ceremony.signing("a_seal"), own.certificate, own.chain, utc_now(), ceremony.status("a_seal"))
    assert len(pending.to_sign) < 500
    kept = Pending.read(pending.state(), pending.pdf)
    assert kept == pending
    signature = own.key.sign(kept.to_sign, ec.ECDSA(hashes.SHA256()))
    done = finish(kept, signature, ceremony.source(), base, utc_now())
    found = examine(done.pdf, trust(ceremony), Expected(), utc_now())
    assert found.ok, found.codes()
    assert found.signatures[-1].clock


def test_an_rsa_certificate_of_another_authority_can_sign_so_too(ceremony: Ceremony) -> None:
    base, key = ceremony.history["a_signature"], rsa.generate_private_key(65537, 2048)
    _, certificate = outsider(key)
    pending = begin(base, ceremony.signing("a_seal"), certificate, (), utc_now())
    signature = key.sign(pending.to_sign, padding.PKCS1v15(), hashes.SHA256())
    done = finish(pending, signature, ceremony.source(), base, utc_now())
    assert examine(done.pdf, trust(ceremony, certificate), Expected(), utc_now()).ok


def test_a_signature_that_does_not_fit_is_not_put_in(ceremony: Ceremony) -> None:
    base, own = ceremony.history["a_signature"], ceremony.credentials["a_seal"]
    pending = begin(base, ceremony.signing("a_seal"), own.certificate, own.chain, utc_now())
    for wrong in (b"", bytes(70), ceremony.credentials["b_seal"].key.sign(pending.to_sign, ec.ECDSA(hashes.SHA256()))):
        with refused("remote.signature"):
            finish(pending, wrong, ceremony.source(), base, utc_now())


def test_who_waits_too_long_begins_again(ceremony: Ceremony) -> None:
    base, own = ceremony.history["frozen"], ceremony.credentials["a_seal"]
    pending = begin(base, ceremony.signing("a_seal"), own.certificate, own.chain, utc_now())
    signature = own.key.sign(pending.to_sign, ec.ECDSA(hashes.SHA256()))
    with refused("remote.outdated"):
        finish(pending, signature, ceremony.source(), ceremony.history["b_signature"], utc_now())


def test_a_weak_key_is_not_even_asked(ceremony: Ceremony) -> None:
    _, certificate = outsider(rsa.generate_private_key(65537, 1024))
    with refused("remote.certificate"):
        begin(ceremony.history["frozen"], ceremony.signing("a_seal"), certificate, (), utc_now())


@pytest.mark.parametrize("state", ["", "{}", "[]", '{"field": 1}'])
def test_a_damaged_state_is_refused(state: str) -> None:
    with refused("remote.state"):
        Pending.read(state, b"")


# ---- imported: a whole file comes back


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier()


def signed_elsewhere(
    pdf: bytes, field: str, key: Key, certificate: x509.Certificate, digest: str = "sha256", **more: object
) -> bytes:
    """As another program does it; pyHanko stands for it, with its own default appearance."""
    info = keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    signer = SimpleSigner(plain(certificate), info, SimpleCertificateStore.from_certs([]))
    meta = PdfSignatureMetadata(field_name=field, subfilter=SigSeedSubFilter.PADES, md_algorithm=digest)
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    return asyncio.run(PdfSigner(meta, signer, **more).async_sign_pdf(writer)).getvalue()  # type: ignore[arg-type]


def test_a_file_signed_by_another_tool_is_let_in_and_its_loose_font_is_noted(ceremony: Ceremony, verifier: Verifier) -> None:
    before, (key, certificate) = ceremony.history["a_signature"], outsider(rsa.generate_private_key(65537, 2048))
    after = signed_elsewhere(before, "a_seal", key, certificate)
    found = accept(before, after, "a_seal", verifier, trust(ceremony, certificate), utc_now())
    assert found.signature.name == "乙方自有证书"
    assert "未嵌入的字体" in found.notes[0]


def test_lines_that_the_signature_left_empty_and_locked_are_told(ceremony: Ceremony, verifier: Verifier) -> None:
    before, (key, certificate) = ceremony.history["b_seal"], outsider()
    after = signed_elsewhere(before, "a_signature", key, certificate)
    notes = accept(before, after, "a_signature", verifier, trust(ceremony, certificate), utc_now()).notes
    assert "签署页的甲方签署日期留空：该签名锁定了这些栏位，此后不能填写；以签名所附的证书和时间为准。" in notes
    with refused("archive.foreign"):
        archive(after, ceremony.validation_data(), ceremony.source(), {"a_date": "2026年11月20日"})


def test_our_own_signatures_bring_no_loose_font(ceremony: Ceremony, verifier: Verifier) -> None:
    before, after = ceremony.history["a_signature"], ceremony.history["a_seal"]
    assert accept(before, after, "a_seal", verifier, trust(ceremony), utc_now(), prepared=after).notes == ()


def filled_and_signed(pdf: bytes, field: str, values: dict[str, str], own: Own) -> bytes:
    """Another program fills fields in the revision in which it signs: words with an appearance that says the same, ticks by name."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    nodes = {str(r.get_object()["/T"]): r.get_object() for r in writer.root["/AcroForm"]["/Fields"]}
    for path, value in values.items():
        name, _, piece = path.partition(".")
        node = nodes[name]
        if piece:
            node = next(k.get_object() for k in node["/Kids"] if str(k.get_object()["/T"]) == piece)
        if str(node["/FT"]) == "/Btn":
            node[pdf_name("/V")] = node[pdf_name("/AS")] = pdf_name(value)
        else:
            shown = generic.StreamObject(
                {pdf_name("/Type"): pdf_name("/XObject"), pdf_name("/Subtype"): pdf_name("/Form")}, value.encode()
            )
            shown["/BBox"] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 90, 20)))
            node[pdf_name("/V")] = generic.pdf_string(value)
            node[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(shown)})
        writer.update_container(node)
    info = keys.PrivateKeyInfo.load(own[0].private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    signer = SimpleSigner(plain(own[1]), info, SimpleCertificateStore.from_certs([]))
    meta = PdfSignatureMetadata(field_name=field, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
    return asyncio.run(PdfSigner(meta, signer).async_sign_pdf(writer)).getvalue()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"a_date": "2020年1月1日", "a_bank": "/Yes"}, "a_bank（甲方账户确认）、a_date（甲方签署日期）"),
        ({"b_date": "以甲方先付款为准"}, "b_date（乙方签署日期）"),
        ({"b_bank": "/Yes"}, "b_bank（乙方账户确认）"),
        ({"seam_b.p2": "另有约定"}, "seam_b.p2"),
    ],
)
def test_whoever_signs_elsewhere_fills_no_field_of_anybody(
    ceremony: Ceremony, verifier: Verifier, values: dict[str, str], named: str
) -> None:
    before, own = ceremony.history["frozen"], outsider()
    known = trust(ceremony, own[1])
    assert accept(before, filled_and_signed(before, "b_signature", {}, own), "b_signature", verifier, known, utc_now()).notes
    with refused("import.refused", named):
        accept(before, filled_and_signed(before, "b_signature", values, own), "b_signature", verifier, known, utc_now())


def test_what_was_prepared_for_a_device_may_be_filled_and_nothing_else(ceremony: Ceremony, verifier: Verifier) -> None:
    base, key = ceremony.history["frozen"], ec.generate_private_key(ec.SECP256R1())
    certificate = outsider(key)[1]
    known, now = trust(ceremony, certificate), utc_now()
    pending = begin(base, ceremony.signing("b_signature"), certificate, (), now)
    done = finish(pending, key.sign(pending.to_sign, ec.ECDSA(hashes.SHA256())), ceremony.source(), base, now)
    assert accept(base, done.pdf, "b_signature", verifier, known, now, prepared=pending.pdf).signature.field == "b_signature"
    with refused("import.refused", "b_date（乙方签署日期）"):
        accept(base, done.pdf, "b_signature", verifier, known, now)
    other = begin(base, replace(ceremony.signing("b_signature"), ticks=()), certificate, (), now)
    with refused("import.refused", "b_bank（乙方账户确认）"):
        accept(base, done.pdf, "b_signature", verifier, known, now, prepared=other.pdf)


def refusals(ceremony: Ceremony) -> dict[str, tuple[bytes, str, Trust, str]]:
    before, (key, certificate) = ceremony.history["a_signature"], outsider()
    good, known = signed_elsewhere(before, "a_seal", key, certificate), trust(ceremony, certificate)
    weak_key, weak = outsider(rsa.generate_private_key(65537, 1024))
    other = replace(ceremony.signing("a_seal"))
    assert other.field == "a_seal"
    return {
        "nothing new": (before, "a_seal", known, "没有新的签名"),
        "another field": (good, "b_seal", known, "应当只在栏位“b_seal”"),
        "an unknown root": (good, "a_seal", trust(ceremony), "不在受信任之列"),
        "saved anew": (saved_again_by_pikepdf(good), "a_seal", known, "重新保存过"),
        "a page changed before": (signed_elsewhere(page_replaced(before), "a_seal", key, certificate), "a_seal", known, "第1页的内容被改动"),
        "a page changed after": (page_replaced(good), "a_seal", known, "第1页的内容被改动"),
        "two signatures": (
            signed_elsewhere(good, "extra", key, certificate), "a_seal", known, "事后添加的",
        ),
        "SHA-1": (signed_elsewhere(before, "a_seal", key, certificate, "sha1"), "a_seal", known, "不再安全的算法"),
        "a weak key": (signed_elsewhere(before, "a_seal", weak_key, weak), "a_seal", trust(ceremony, weak), "不再安全的算法"),
        "something behind": (good + b"\n%x\n", "a_seal", known, "之后还有"),
        "no PDF": (before + b"junk", "a_seal", known, "不能接受"),
    }  # fmt: skip


CASES = (
    "nothing new", "another field", "an unknown root", "saved anew", "a page changed before", "a page changed after",
    "two signatures", "SHA-1", "a weak key", "something behind", "no PDF",
)  # fmt: skip


@pytest.fixture(scope="module")
def cases(ceremony: Ceremony) -> dict[str, tuple[bytes, str, Trust, str]]:
    return refusals(ceremony)


@pytest.mark.parametrize("name", CASES)
def test_everything_else_is_refused(
    ceremony: Ceremony, verifier: Verifier, cases: dict[str, tuple[bytes, str, Trust, str]], name: str
) -> None:
    after, field, known, words = cases[name]
    with refused("import.refused", words):
        accept(ceremony.history["a_signature"], after, field, verifier, known, utc_now())
