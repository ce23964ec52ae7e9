"""What the verifier says of signed files: untouched, tampered with, of the future, of strangers."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata

from signatures.archive import archive
from signatures.authority import Authority, open_authority
from signatures.certificates import Holder, HolderKind, fingerprint
from signatures.freezing import freeze, write_signature
from signatures.keystore import KeyRing
from signatures.revisions import open_writer
from signatures.revocation import Reason, Revocation, Status
from signatures.signing import sign
from signatures.time_source import TimeSource
from signatures.validation_data import ValidationData
from signatures.verification.asking import Expected, Trust
from signatures.verification.examine import examine
from signatures.verification.reasons import _TEXTS
from signatures.verification.verdict import Change, Outcome, Verdict, read_verdict
from tests.signatures.ceremony import ORDER, Ceremony, begin, credentials, utc_now
from tests.signatures.tampering import TAMPERS, Tamper, cut_back, transplanted

UNCHECKED = Expected()


def trust_in(authority: Authority) -> Trust:
    return Trust(own=(authority.root.public_bytes(Encoding.DER),))


def check(ceremony: Ceremony, pdf: bytes, expected: Expected = UNCHECKED) -> Verdict:
    return examine(pdf, trust_in(ceremony.authority), expected, utc_now())


@pytest.fixture(scope="module")
def verdict(ceremony: Ceremony) -> Verdict:
    return check(ceremony, ceremony.history["archived"])


# ---- the untouched file


def test_an_untouched_file_is_valid(verdict: Verdict) -> None:
    assert verdict.outcome is Outcome.VALID
    assert verdict.ok
    assert verdict.codes() == {"time.own", "authority.own", "archive.until"}


def test_the_verdict_names_everybody_with_certificate_time_and_whose_clock(verdict: Verdict, ceremony: Ceremony) -> None:
    assert [s.field for s in verdict.signatures] == ["system", *ORDER, "archive_1"]
    seal = verdict.signatures[4]
    assert (seal.label, seal.name, seal.kind) == ("甲方盖章", "北京甲方科技有限公司", "signature")
    assert seal.fingerprint == fingerprint(ceremony.credentials["a_seal"].certificate)
    assert seal.proven_at is not None
    assert seal.clock.startswith("内置时间戳")
    assert all(s.intact and s.trusted for s in verdict.signatures)


def test_the_verdict_says_what_happened_after_each_signature(verdict: Verdict) -> None:
    changes = [s.changed_after for s in verdict.signatures]
    assert changes == [*[Change.FILLED] * 4, Change.ARCHIVED, Change.NOTHING]


def test_the_verdict_lists_states_and_attachments(verdict: Verdict, ceremony: Ceremony) -> None:
    assert [r.length for r in verdict.revisions] == [len(ceremony.rendered.content), *map(len, ceremony.history.values())]
    assert verdict.revisions[-1].digest == verdict.digest
    assert {a.name for a in verdict.attachments} == {"contract.json", "contract.docx"}


def test_the_verdict_survives_json(verdict: Verdict) -> None:
    import json

    assert read_verdict(json.loads(json.dumps(verdict.data()))) == verdict


def test_every_reason_has_words_in_both_languages() -> None:
    for code, (_, chinese, english) in _TEXTS.items():
        assert chinese.endswith(("。", "：{detail}")), code
        assert english.endswith((".", ": {detail}")), code
        fields = {part.split("}")[0] for part in chinese.split("{")[1:]}
        assert fields == {part.split("}")[0] for part in english.split("{")[1:]}, code


# ---- tampering


WORDS = {
    "page_appended": ("signature.changed", "页数由4变为5"),
    "page_replaced": ("signature.changed", "第1页的内容被改动"),
    "pages_swapped": ("signature.changed", "第2页的内容被改动"),
    "annotation_added": ("signature.changed", "第1页增加了批注"),
    "json_replaced": ("attachment.changed", "contract.json"),
    "docx_replaced": ("attachment.changed", "contract.docx"),
    "seam_repainted": ("signature.changed", "seam_a.p1"),
    "seal_repainted": ("signature.changed", "a_seal"),
    "tick_taken_back": ("signature.changed", "a_bank"),
    "date_changed": ("signature.changed", "b_date"),
    "signature_taken_out": ("signature.removed", "乙方盖章"),
    "bytes_behind_the_end": ("file.trailing", "9 字节"),
}


@pytest.mark.parametrize("tamper", TAMPERS, ids=lambda t: t.__name__)
def test_a_file_tampered_with_fails_and_the_reason_says_what_was_done(ceremony: Ceremony, tamper: Tamper) -> None:
    found = check(ceremony, tamper(ceremony.history["archived"]))
    assert found.outcome in (Outcome.INVALID, Outcome.UNREADABLE)
    assert any(r.weight.value in ("fails", "unreadable") for r in found.reasons)
    if tamper.__name__ in WORDS:
        code, words = WORDS[tamper.__name__]
        told = [r for r in found.reasons if r.code == code]
        assert any(words in r.chinese for r in told)
        assert all(r.english for r in told)


def test_the_words_are_of_tampering_that_is_tried() -> None:
    assert WORDS.keys() <= {t.__name__ for t in TAMPERS}


_MADE_LATER = {
    "seal_repainted": (), "tick_taken_back": (), "signature_taken_out": ("b_seal",), "date_changed": ("b_seal",),
}  # fmt: skip
"""What A fills when signing isn't there yet, and before B has signed nothing of B's is."""
BETWEEN = [(t, step) for t in TAMPERS for step in ("frozen", "b_seal") if step in _MADE_LATER.get(t.__name__, (step,))]


@pytest.mark.parametrize(("tamper", "step"), BETWEEN, ids=lambda v: v if isinstance(v, str) else v.__name__)
def test_tampering_between_two_signatures_fails_even_if_others_sign_on_top(ceremony: Ceremony, tamper: Tamper, step: str) -> None:
    """The attacker has the file while it is out for signature; the next signatory signs what comes back."""
    from signatures.errors import SignatureError

    spoiled = tamper(ceremony.history[step])
    try:
        content = ceremony_copy(ceremony).sign(spoiled, "a_seal")
    except SignatureError:
        return  # nobody signs a file that is spoiled so badly
    found = check(ceremony, content)
    assert not found.ok
    if tamper.__name__ != "seam_repainted":
        assert found.outcome in (Outcome.INVALID, Outcome.UNREADABLE)


def ceremony_copy(ceremony: Ceremony) -> Ceremony:
    return Ceremony(ceremony.authority, ceremony.rendered, ceremony.layout, ceremony.credentials, ceremony.seals)


@pytest.mark.parametrize(("back", "missing"), [(2, {"甲方盖章"}), (3, {"甲方盖章", "甲方签名"}), (5, None)])
def test_a_file_rolled_back_is_not_complete(ceremony: Ceremony, back: int, missing: set[str] | None) -> None:
    found = check(ceremony, cut_back(ceremony.history["archived"], back))
    assert found.outcome is Outcome.INCOMPLETE
    told = {r.chinese for r in found.reasons if r.code == "signature.missing"}
    assert len(told) == (4 if missing is None else len(missing))
    assert missing is None or all(any(label in t for t in told) for label in missing)


def test_a_file_rolled_back_to_before_its_archive_is_not_the_one_on_record(ceremony: Ceremony, verdict: Verdict) -> None:
    final = ceremony.history["archived"]
    expected = Expected(digest=verdict.digest)
    found = check(ceremony, cut_back(final, 1), expected)
    assert found.outcome is Outcome.INVALID
    assert {"archive.none", "file.not_final"} <= found.codes()
    assert "file.known" in check(ceremony, final, expected).codes()


def test_a_signature_of_another_contract_does_not_fit(ceremony: Ceremony, authority: Authority) -> None:
    other = ceremony_copy(ceremony)
    content = other.freeze()
    for name in ORDER:
        content = other.sign(content, name)
    spoiled = transplanted(ceremony.history["archived"], other.archive(content))
    found = check(ceremony, spoiled)
    assert found.outcome is Outcome.INVALID
    assert "signature.broken" in found.codes()


def test_a_signature_added_after_the_freeze_is_not_one_of_the_parties(ceremony: Ceremony) -> None:
    meta = PdfSignatureMetadata(field_name="extra", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
    writer = open_writer(ceremony.history["a_seal"])
    content = write_signature(writer, meta, ceremony.credentials["a_seal"], ceremony.source(), utc_now(), SigFieldSpec("extra"))
    found = check(ceremony, content)
    assert found.outcome is Outcome.INVALID
    assert "signature.unexpected" in found.codes()


def test_the_wrong_persons_signature_is_told(ceremony: Ceremony) -> None:
    right = {n: fingerprint(c.certificate) for n, c in ceremony.credentials.items()}
    content = ceremony.history["archived"]
    assert check(ceremony, content, Expected(signers=right)).ok
    swapped = {**right, "a_signature": right["b_signature"]}
    found = check(ceremony, content, Expected(signers=swapped))
    assert found.outcome is Outcome.INVALID
    assert "signature.other_signer" in found.codes()


def test_a_signatory_cannot_certify_a_text_of_their_own(ceremony: Ceremony) -> None:
    """A valid certificate of this authority, but not the system's: the text was not frozen here."""
    person = ceremony.credentials["a_signature"]
    found = check(ceremony, freeze(ceremony.rendered.content, ceremony.layout, person, ceremony.source(), utc_now()))
    assert found.outcome is Outcome.INVALID
    assert "freeze.other" in found.codes()


def test_a_file_without_signatures_and_one_without_freeze(ceremony: Ceremony) -> None:
    assert check(ceremony, ceremony.rendered.content).outcome is Outcome.UNSIGNED
    meta = PdfSignatureMetadata(field_name="only", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
    writer = open_writer(ceremony.rendered.content)
    content = write_signature(writer, meta, ceremony.credentials["a_seal"], ceremony.source(), utc_now(), SigFieldSpec("only"))
    assert "freeze.missing" in check(ceremony, content).codes()


# ---- trust and time


def test_a_stranger_without_the_root_learns_that_nothing_changed_but_not_who_signed(ceremony: Ceremony) -> None:
    found = examine(ceremony.history["archived"], Trust(), UNCHECKED, utc_now())
    assert found.outcome is Outcome.UNTRUSTED
    assert all(s.intact and not s.trusted for s in found.signatures)


def test_another_installations_root_does_not_vouch_for_it(ceremony: Ceremony, tmp_path: Path, ring: KeyRing) -> None:
    other = open_authority(tmp_path, ring, utc_now(), "测试单位")
    assert examine(ceremony.history["archived"], trust_in(other), UNCHECKED, utc_now()).outcome is Outcome.UNTRUSTED


@pytest.mark.parametrize("years", [1, 2, 4, 8, 17])
def test_an_archived_file_outlives_the_certificates_of_its_signatories(ceremony: Ceremony, years: int) -> None:
    """Offline, with the root alone; signatories' certificates end after three years."""
    at = utc_now() + timedelta(days=365 * years)
    assert examine(ceremony.history["archived"], trust_in(ceremony.authority), UNCHECKED, at).outcome is Outcome.VALID


def test_when_the_timestamps_certificate_has_ended_nothing_is_proven_any_more(ceremony: Ceremony) -> None:
    at = utc_now() + timedelta(days=365 * 19)
    for step in ("a_seal", "archived"):
        found = examine(ceremony.history[step], trust_in(ceremony.authority), UNCHECKED, at)
        assert found.outcome is Outcome.UNTRUSTED
        assert {"time.untrusted", "trust.expired"} <= found.codes()


@pytest.mark.parametrize("years", [0, 1, 8, 17])
def test_an_archived_file_passes_the_long_term_validation_of_etsi(ceremony: Ceremony, years: int) -> None:
    """EN 319 102-1, 5.6.3 as pyHanko implements it, offline and with nothing but the root."""
    import asyncio

    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.ades.report import AdESPassed
    from pyhanko.sign.validation.ades import ades_lta_validation
    from pyhanko.sign.validation.policy_decl import (
        PdfSignatureValidationSpec,
        RevinfoOnlineFetchingRule,
        RevocationInfoGatheringSpec,
        SignatureValidationSpec,
    )
    from pyhanko_certvalidator.context import CertValidationPolicySpec
    from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
    from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
    from pyhanko_certvalidator.registry import SimpleTrustManager

    from signatures.credentials import plain

    policy = CertValidationPolicySpec(
        SimpleTrustManager.build([plain(ceremony.authority.root)]),
        CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy("hard-fail")),
    )
    offline = RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY)
    spec = PdfSignatureValidationSpec(SignatureValidationSpec(policy, offline))
    at = utc_now() + timedelta(days=365 * years)
    for one in PdfFileReader(io.BytesIO(ceremony.history["archived"])).embedded_regular_signatures:
        one.compute_integrity_info(skip_diff=True)
        result = asyncio.run(ades_lta_validation(one, spec, ValidationTimingInfo(at, at, point_in_time_validation=True)))
        assert result.ades_subindic is AdESPassed.OK


def test_a_renewed_archive_carries_it_beyond_the_first_timestamp(tmp_path: Path, ring: KeyRing) -> None:
    authority = open_authority(tmp_path, ring, utc_now(), "测试单位")
    made = begin(authority)
    content = made.freeze()
    for name in ORDER:
        content = made.sign(content, name)
    content = made.archive(content)
    late, later = utc_now() + timedelta(days=17 * 365 + 60), utc_now() + timedelta(days=20 * 365)
    assert not examine(content, trust_in(authority), UNCHECKED, later).ok
    fresh = authority.renewed(late)
    assert fresh is not authority
    source = TimeSource(fresh.timestamps(lambda: late))
    renewed = archive(content, ValidationData((fresh.parts["timestamping"].certificate,)), source)
    found = examine(renewed, trust_in(authority), UNCHECKED, later)
    assert found.outcome is Outcome.VALID
    assert [s.field for s in found.signatures][-2:] == ["archive_1", "archive_2"]


def revoked(tmp_path: Path, ring: KeyRing, days_ago: float) -> Verdict:
    """Signed nine days ago, A's seal certificate revoked ``days_ago``, archived yesterday with what was known then."""
    today = utc_now()
    then, yesterday = today - timedelta(days=9), today - timedelta(days=1)
    authority = open_authority(tmp_path, ring, today - timedelta(days=10), "测试单位")
    made = begin(authority, lambda: then)
    content = made.freeze()
    for name in ORDER:
        content = made.sign(content, name)
    told = Revocation(0, today - timedelta(days=days_ago), Reason.COMPROMISED)
    ocsps = [
        authority.ocsp(c.certificate, Status(True, told if n == "a_seal" else None), yesterday)
        for n, c in made.credentials.items()
    ]
    source = TimeSource(authority.timestamps(lambda: yesterday))
    content = archive(content, ValidationData((), tuple(ocsps), (authority.authority_list(yesterday),)), source)
    return examine(content, trust_in(authority), UNCHECKED, today)


def test_a_certificate_revoked_before_the_signature_fails(tmp_path: Path, ring: KeyRing) -> None:
    found = revoked(tmp_path, ring, 9.5)
    assert found.outcome is Outcome.INVALID
    assert "trust.revoked" in found.codes()


def test_a_certificate_revoked_after_the_signature_does_not_harm_it(tmp_path: Path, ring: KeyRing) -> None:
    assert revoked(tmp_path, ring, 5).outcome is Outcome.VALID


def test_a_file_that_is_not_archived_yet_is_valid_on_the_day(ceremony: Ceremony) -> None:
    found = check(ceremony, ceremony.history["a_seal"])
    assert found.outcome is Outcome.VALID
    assert "archive.none" in found.codes()


def test_a_file_without_status_information_is_not_called_trusted(ceremony: Ceremony) -> None:
    content = sign(
        ceremony.history["a_signature"], ceremony.signing("a_seal"), ceremony.credentials["a_seal"], ceremony.source(), utc_now()
    ).pdf
    found = check(ceremony, content)
    assert found.outcome is Outcome.UNTRUSTED
    assert [r.code for r in found.reasons if r.weight.value == "untrusted"] == ["trust.status"]
    known = ceremony.validation_data()
    trust = Trust(own=trust_in(ceremony.authority).own, ocsps=known.ocsps, crls=known.crls)
    assert examine(content, trust, UNCHECKED, utc_now()).outcome is Outcome.VALID


def test_a_strangers_certificate_is_intact_but_not_trusted(ceremony: Ceremony, tmp_path: Path, ring: KeyRing) -> None:
    other = open_authority(tmp_path, ring, utc_now(), "别处")
    stranger = credentials(other, Holder(HolderKind.ORGANISATION, "北京甲方科技有限公司"))
    content = sign(ceremony.history["a_signature"], ceremony.signing("a_seal"), stranger, ceremony.source(), utc_now()).pdf
    found = check(ceremony, content)
    assert found.outcome is Outcome.UNTRUSTED
    assert any("甲方盖章" in r.chinese for r in found.reasons if r.code == "trust.unknown")


def test_nothing_at_all_is_unreadable(ceremony: Ceremony) -> None:
    for content in (b"", b"hello", b"%PDF-1.7", io.BytesIO(b"%PDF-1.7\nxref\n%%EOF").getvalue()):
        assert check(ceremony, content).outcome is Outcome.UNREADABLE
