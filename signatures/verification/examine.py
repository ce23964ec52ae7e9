"""The examination itself. It reads hostile bytes: call it through ``worker``, which limits memory and time."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pyhanko.sign.fields import MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel

from signatures.asn1 import Certificate, crl, ocsp
from signatures.certificates import SYSTEM_POLICY
from signatures.layout import SYSTEM_FIELD
from signatures.pdf_syntax import PdfFileReader
from signatures.verification.asking import Expected, Trust
from signatures.verification.changes import History, level_of
from signatures.verification.contents import attachments, differences, get, pages, revisions
from signatures.verification.reasons import Reason, reason
from signatures.verification.trusting import Judge, Store
from signatures.verification.verdict import Change, Revision, Signature, Verdict, conclude

logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)

LARGEST = 64
"""MB."""
_STRONG = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})


def examine(pdf: bytes, trust: Trust, expected: Expected, now: datetime) -> Verdict:
    """The verdict on ``pdf`` at ``now``. Never raises for what the file holds."""
    digest, reasons = hashlib.sha256(pdf).hexdigest(), []
    states = revisions(pdf)
    if len(pdf) > LARGEST * 1024 * 1024:
        reasons.append(reason("file.large", limit=LARGEST))
    elif not pdf.startswith(b"%PDF-") or not states:
        reasons.append(reason("file.empty"))
    if reasons:
        return Verdict(conclude(reasons, signed=False), digest, len(pdf), 0, reasons=tuple(reasons))
    if expected.digest:
        reasons.append(reason("file.known" if expected.digest == digest else "file.not_final"))
    if len(pdf) > states[-1].length:
        reasons.append(reason("file.trailing", count=len(pdf) - states[-1].length))
    try:
        found = _Examination(pdf, Judge(trust, now), expected, states)
        found.run()
    except MemoryError:
        raise
    except Exception as error:  # whatever a hostile file provokes in the parser, the verdict is that it can't be read
        code = "file.encrypted" if "encrypt" in str(error).lower() else "file.structure"
        reasons.append(reason(code, detail=_brief(error)))
        return Verdict(conclude(reasons, signed=False), digest, len(pdf), 0, reasons=tuple(reasons), revisions=states)
    reasons += found.reasons
    outcome = conclude(reasons, signed=bool(found.signatures))
    return Verdict(
        outcome, digest, len(pdf), found.pages, tuple(found.signatures), tuple(dict.fromkeys(reasons)), states,
        attachments(found.reader.root),
    )  # fmt: skip


def _brief(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "…"


@dataclass
class _Examination:
    pdf: bytes
    judge: Judge
    expected: Expected
    states: tuple[Revision, ...]
    reasons: list[Reason] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)
    pages: int = 0
    sealed: list[tuple[int, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reader = PdfFileReader(io.BytesIO(self.pdf), strict=True)
        self.history: History | None = None
        self.store = Store()

    def say(self, code: str, **values: object) -> None:
        self.reasons.append(reason(code, **values))

    def run(self) -> None:
        if self.reader.security_handler is not None:
            raise ValueError("encrypted")
        self.pages = len(pages(self.reader.root))
        signed, empty = self._fields()
        if not signed:
            self.say("file.unsigned")
            return
        regular = [s for s in signed if s.sig_object_type != "/DocTimeStamp"]
        stamps = [s for s in signed if s.sig_object_type == "/DocTimeStamp"]
        certification = regular[0] if regular else None
        self._freeze(certification)
        frozen = certification.signed_revision if certification else 0
        if certification is not None and certification.docmdp_level is not None:
            self.history = History(self.reader, certification)
            for name in self.history.removed():
                self.say("signature.removed", label=self._label_of(name, frozen))
        known = self._frozen_fields(frozen)
        self.store = self._carried(stamps)
        archived = self._stamps(stamps)
        for one in regular:
            self._signature(one, one.fq_name in known)
        self.signatures += archived
        for name, label in empty:
            if name in known:
                self.say("signature.missing", label=label)
        self._attachments(frozen)
        self._words_on_time(stamps)

    # ---- fields

    def _fields(self) -> tuple[list[EmbeddedPdfSignature], list[tuple[str, str]]]:
        """Signatures in the order in which they were made, and fields without one."""
        signed, empty = [], []
        for name, value, reference in enumerate_sig_fields(self.reader):
            node = reference.get_object()
            if value is None:
                empty.append((str(name), _label(node, str(name))))
                continue
            try:
                signed.append(EmbeddedPdfSignature(self.reader, node, str(name)))
            except Exception as error:  # see examine
                self.say("signature.malformed", label=_label(node, str(name)), detail=_brief(error))
        signed.sort(key=lambda s: s.signed_revision)
        return signed, empty

    def _label_of(self, name: str, revision: int) -> str:
        at = self.reader.get_historical_resolver(revision)
        return next((_label(r.get_object(), name) for n, _, r in enumerate_sig_fields(at) if n == name), name)

    def _frozen_fields(self, revision: int) -> set[str]:
        at = self.reader.get_historical_resolver(revision)
        return {str(name) for name, _, _ in enumerate_sig_fields(at)}

    def _freeze(self, first: EmbeddedPdfSignature | None) -> None:
        permissions = get(self.reader.root, "/Perms")
        if first is None or permissions is None or permissions.raw_get("/DocMDP") != first.sig_field.raw_get("/V"):
            self.say("freeze.missing")
            return
        if first.docmdp_level not in (MDPPerm.FILL_FORMS, MDPPerm.NO_CHANGES):
            self.say("freeze.level", level=first.docmdp_level.value if first.docmdp_level else 3)
        if self.expected.system and first.signer_cert.sha256.hex() not in self.expected.system:
            self.say("freeze.other")

    # ---- one signature

    def _signature(self, one: EmbeddedPdfSignature, foreseen: bool) -> None:
        label = _label(one.sig_field, one.fq_name)
        if not foreseen:
            self.say("signature.unexpected", label=label)
        try:
            change = self._changes(one, label)
            judged = asyncio.run(self.judge.signature(one, self._sealed_at(one), self.store))
        except Exception as error:  # see examine
            self.say("signature.malformed", label=label, detail=_brief(error))
            return
        status = judged.status
        intact = bool(status.intact and status.valid)
        code = judged.code if intact else "signature.broken"
        if code:
            self.say(code, label=label, detail=status.trust_problem_indic)
        self._algorithms(one, label)
        wanted = self.expected.signers.get(one.fq_name)
        if wanted and one.signer_cert.sha256.hex() != wanted:
            self.say("signature.other_signer", label=label)
        clock = self._clock(status, label) if intact else ""
        kind = "system" if one.fq_name == SYSTEM_FIELD else "signature"
        proven = judged.proven_at if intact else None
        path = status.validation_path if status.trusted else None
        self.signatures.append(_described(one, label, kind, intact, intact and not code, change, proven, clock, _root(status)))
        ours = path is not None and path.first.sha256 in self.judge.own
        if ours:
            self.say("authority.own")
        if one.docmdp_level is not None and (ours or path is None) and SYSTEM_POLICY not in _policies(one.signer_cert):
            self.say("freeze.other")

    def _sealed_at(self, one: EmbeddedPdfSignature) -> datetime | None:
        """The earliest trusted document timestamp over a signature."""
        return min((time for revision, time in self.sealed if revision > one.signed_revision), default=None)

    def _carried(self, stamps: list[EmbeddedPdfSignature]) -> Store:
        """Validation data that the file carries, and the certificates beside its document timestamps."""
        beside = [c for s in stamps for c in s.other_embedded_certs]
        try:
            store = DocumentSecurityStore.read_dss(self.reader)
        except NoDSSFoundError:
            return Store(beside)
        return Store(
            [*beside, *store.load_certs()],
            [ocsp.OCSPResponse.load(reference.get_object().data) for reference in store.ocsps],
            [crl.CertificateList.load(reference.get_object().data) for reference in store.crls],
        )

    def _changes(self, one: EmbeddedPdfSignature, label: str) -> Change:
        """What happened after a signature; says so where it is not allowed."""
        one.compute_integrity_info(skip_diff=self.history is not None)
        coverage: Any = one.coverage
        if coverage is not None and coverage < SignatureCoverageLevel.ENTIRE_REVISION:
            self.say("signature.coverage", label=label)
            return Change.UNKNOWN
        if self.history is None:
            change, problem = level_of(one.diff_result), str(one.diff_result)
        else:
            change, problem = self.history.after(one.signed_revision), self.history.problem(one.signed_revision)
            disturbed = self.history.disturbed(one)
            if disturbed:
                names = "、".join(disturbed[:6])
                self.say_both(
                    "signature.changed", label, f"已锁定的栏位被改动（{names}）。", f"locked fields were changed ({names})"
                )
                return Change.NOT_ALLOWED
        if change is Change.NOT_ALLOWED:
            chinese, english = self._seen(one)
            detail = _brief(Exception(problem))
            self.say_both(
                "signature.changed", label, "；".join(chinese) + "。" if chinese else detail, "; ".join(english) or detail
            )
        return change

    def say_both(self, code: str, label: str, chinese: str, english: str) -> None:
        """A reason whose detail differs between the languages."""
        one, other = reason(code, label=label, detail=chinese), reason(code, label=label, detail=english)
        self.reasons.append(Reason(code, one.weight, one.chinese, other.english))

    def _seen(self, one: EmbeddedPdfSignature) -> tuple[list[str], list[str]]:
        try:
            return differences(self.reader.get_historical_resolver(one.signed_revision).root, self.reader.root)
        except Exception:  # only the explanation is lost, never the finding
            return [], []

    def _algorithms(self, one: EmbeddedPdfSignature, label: str) -> None:
        weak = {one.md_algorithm, one.external_md_algorithm} - _STRONG
        key = one.signer_cert.public_key
        if key.algorithm == "rsa" and key.bit_size < 2048:
            weak.add(f"RSA {key.bit_size}")
        if weak:
            self.say("signature.weak", label=label, detail="、".join(sorted(weak)))

    def _clock(self, status: PdfSignatureStatus, label: str) -> str:
        """Whose timestamp the signature has; says so where it has none that holds."""
        stamp = status.timestamp_validity
        if stamp is None:
            self.say("time.none", label=label)
            return ""
        if not (stamp.intact and stamp.valid and stamp.trusted):
            self.say("time.untrusted", label=label)
            return ""
        self._whose(stamp)
        return _owner(stamp.signing_cert)

    def _whose(self, stamp: Any) -> None:
        path = stamp.validation_path
        if path is not None and path.first.sha256 in self.judge.own:
            self.say("time.own")
        else:
            self.say("time.outside", detail=_owner(stamp.signing_cert))
            if not self.judge.knows_status(stamp.signing_cert, self.store):
                self.say("time.status", detail=_owner(stamp.signing_cert))

    # ---- document timestamps

    def _stamps(self, stamps: list[EmbeddedPdfSignature]) -> list[Signature]:
        """Document timestamps, judged from the newest back; in the order in which they were made."""
        moment, found = self.judge.now, []
        for one in reversed(stamps):
            label = _label(one.sig_field, "存档时间戳")
            try:
                change = self._changes(one, label)
                status = asyncio.run(self.judge.timestamp(one, moment, self.store))
            except Exception as error:  # see examine
                self.say("signature.malformed", label=label, detail=_brief(error))
                continue
            intact = bool(status.intact and status.valid)
            if not intact:
                self.say("signature.broken", label=label)
            elif not status.trusted:
                self.say("time.untrusted", label=label)
            if change is Change.FILLED:
                self.say_both("signature.changed", label, "存档之后又填写了栏位。", "fields were filled after archiving")
            self._algorithms(one, label)
            trusted = intact and bool(status.trusted)
            proven = status.timestamp if intact else None
            found.append(
                _described(one, label, "archive", intact, trusted, change, proven, _owner(one.signer_cert), _root(status))
            )
            if trusted:
                self._whose(status)
                moment = status.timestamp
                self.sealed.append((one.signed_revision, moment))
        return found[::-1]

    def _words_on_time(self, stamps: list[EmbeddedPdfSignature]) -> None:
        if not stamps:
            self.say("archive.none")
            return
        end = stamps[-1].signer_cert["tbs_certificate"]["validity"]["not_after"].native
        self.say("archive.until", day=end.astimezone(UTC).date().isoformat())

    # ---- attachments

    def _attachments(self, frozen: int) -> None:
        before = {a.name: a for a in attachments(self.reader.get_historical_resolver(frozen).root)}
        after = {a.name: a for a in attachments(self.reader.root)}
        for name in sorted(before.keys() | after.keys()):
            if name not in after:
                self.say("attachment.removed", name=name)
            elif name not in before:
                self.say("attachment.added", name=name)
            elif before[name] != after[name]:
                self.say("attachment.changed", name=name)


def _label(node: Any, otherwise: str) -> str:
    label = get(node, "/TU")
    return str(label)[:80] if label is not None else otherwise[:80]


def _policies(certificate: Certificate) -> set[str]:
    value = certificate.certificate_policies_value
    return {p["policy_identifier"].dotted for p in value} if value is not None else set()


def _root(status: Any) -> str:
    path = status.validation_path if status.trusted else None
    return path.first.sha256.hex() if path is not None else ""


def _owner(certificate: Certificate) -> str:
    names = certificate.subject.native
    return str(names.get("common_name") or names.get("organization_name") or certificate.subject.human_friendly)


def _described(
    one: EmbeddedPdfSignature,
    label: str,
    kind: str,
    intact: bool,
    trusted: bool,
    change: Change,
    proven: datetime | None,
    clock: str,
    root: str = "",
) -> Signature:
    names = one.signer_cert.subject.native
    issuer = one.signer_cert.issuer.native
    return Signature(
        field=one.fq_name,
        label=label,
        kind=kind,
        name=_owner(one.signer_cert),
        organisation=str(names.get("organization_name", "")),
        serial=f"{one.signer_cert.serial_number:X}",
        fingerprint=one.signer_cert.sha256.hex(),
        issuer=str(issuer.get("common_name") or one.signer_cert.issuer.human_friendly),
        signed_at=one.self_reported_timestamp,
        proven_at=proven,
        clock=clock,
        intact=intact,
        trusted=trusted,
        changed_after=change,
        revision=one.signed_revision + 1,
        root=root,
    )
