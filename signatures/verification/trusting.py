"""Whom a verification trusts, and whether a certificate was good at the time that can be proven.

The proven time of a signature is that of its own timestamp, if that one holds, else that of the earliest document timestamp over
it, else now. The certificate must have been valid then, and its status must be known from an OCSP response or a CRL; one that was
revoked later does no harm. A timestamp must hold as of the next newer document timestamp, the newest as of now: that is what
carries a file beyond the end of certificates (PAdES B-LTA). Nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import ExpiredError, NotYetValidError, PathBuildingError, ValidationError

from signatures.asn1 import Certificate, crl, ocsp
from signatures.verification.asking import Trust


@dataclass(frozen=True, slots=True)
class Store:
    """Validation data that the file carries."""

    certificates: Sequence[Certificate] = ()
    ocsps: Sequence[ocsp.OCSPResponse] = ()
    crls: Sequence[crl.CertificateList] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """pyHanko's status, the time that is proven (None: only now), and the code of what is wrong with the trust, if anything."""

    status: PdfSignatureStatus
    proven_at: datetime | None
    code: str


class Judge:
    """Judges the signatures of one file at one moment."""

    def __init__(self, trust: Trust, now: datetime) -> None:
        self.now = now
        self.own = {Certificate.load(c).sha256 for c in trust.own}
        self._roots = [Certificate.load(c) for c in (*trust.own, *trust.others)]
        self._certificates = [Certificate.load(c) for c in trust.certificates]
        self._ocsps = [ocsp.OCSPResponse.load(o) for o in trust.ocsps]
        self._crls = [crl.CertificateList.load(c) for c in trust.crls]

    async def signature(self, one: EmbeddedPdfSignature, sealed_at: datetime | None, store: Store) -> Judgement:
        """``sealed_at``: the earliest trusted document timestamp over the signature."""
        claimed, latest = _stamped_at(one), sealed_at or self.now
        status = await self._validated(one, claimed or latest, latest, store)
        stamp = status.timestamp_validity
        proven = stamp.timestamp if stamp is not None and stamp.intact and stamp.valid and stamp.trusted else sealed_at
        if claimed is not None and proven != claimed:
            # A time that does not hold must not make a certificate valid.
            status = await self._validated(one, latest, latest, store)
        code = ""
        if status.intact and status.valid and not status.trusted:
            code = await self._why(one, proven or self.now, store)
        return Judgement(status, proven, code)

    async def timestamp(self, stamp: EmbeddedPdfSignature, moment: datetime, store: Store) -> Any:
        """A document timestamp as of ``moment``: now for the newest, the time of the next newer one for the others."""
        return await async_validate_pdf_timestamp(stamp, self._context(moment, store, "soft-fail"), skip_diff=True)

    def knows_status(self, certificate: Certificate, store: Store) -> bool:
        """Whether an OCSP response or a CRL at hand speaks of ``certificate``; what it says is for the validation."""
        answers = [a for o in (*store.ocsps, *self._ocsps) for a in _answers(o)]
        if any(_serial(a) == certificate.serial_number for a in answers):
            return True
        return any(c.issuer == certificate.issuer for c in (*store.crls, *self._crls))

    async def _validated(
        self, one: EmbeddedPdfSignature, moment: datetime, stamp_moment: datetime, store: Store
    ) -> PdfSignatureStatus:
        return await async_validate_pdf_signature(
            one,
            # Asks for the status wherever the certificate names a source of it.
            signer_validation_context=self._context(moment, store, "hard-fail"),
            ts_validation_context=self._context(stamp_moment, store, "soft-fail"),
            key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"}),
            skip_diff=True,
        )

    def _context(self, moment: datetime, store: Store, mode: str) -> ValidationContext:
        return ValidationContext(
            trust_roots=self._roots,
            other_certs=[*self._certificates, *store.certificates],
            moment=moment,
            ocsps=[*self._ocsps, *store.ocsps],
            crls=[*self._crls, *store.crls],
            revocation_mode=mode,
            # A status told later than the moment counts, if it says that nothing was wrong at the moment.
            retroactive_revinfo=True,
            allow_fetching=False,
        )

    async def _why(self, one: EmbeddedPdfSignature, at: datetime, store: Store) -> str:
        """Code of the reason why the certificate is not trusted, as plainly as it can be told."""
        context = ValidationContext(
            trust_roots=self._roots, other_certs=[*self._certificates, *store.certificates], moment=at, allow_fetching=False
        )
        certificate = one.signer_cert
        try:
            await CertificateValidator(certificate, one.other_embedded_certs, context).async_validate_path()
        except PathBuildingError:
            return "trust.unknown"
        except (ExpiredError, NotYetValidError):
            return "trust.expired"
        except ValidationError:
            return "trust.other"
        told = [a for o in (*store.ocsps, *self._ocsps) for a in _answers(o) if _serial(a) == certificate.serial_number]
        revoked = [a["cert_status"].chosen["revocation_time"].native for a in told if a["cert_status"].name == "revoked"]
        if any(time <= at for time in revoked):
            return "trust.revoked"
        return "trust.other" if told else "trust.status"


def _stamped_at(one: EmbeddedPdfSignature) -> datetime | None:
    """What the signature's timestamp says, unchecked."""
    for data in extract_tst_data_iter(one.signer_info, signed=False):
        at: datetime = data["encap_content_info"]["content"].parsed["gen_time"].native
        return at
    return None


def _serial(answer: Any) -> int:
    number: int = answer["cert_id"]["serial_number"].native
    return number


def _answers(response: ocsp.OCSPResponse) -> Sequence[Any]:
    if response["response_status"].native != "successful":
        return ()
    return tuple(response["response_bytes"]["response"].parsed["tbs_response_data"]["responses"])
