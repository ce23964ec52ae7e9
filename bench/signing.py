"""Signing and verifying the demonstration contract, beside pyHanko's own signing and validation of the same bytes.

The peer signs as pyHanko's documentation shows it for B-LTA: the key kept loaded, the same certificates and the same timestamp
authority in process, no appearance. Ours fills the signatory's marks, cuts the seal across the pages and shows it as well.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from app.domain.documents import RenderedPdf
from app.services.generation import identity
from bench import subjects
from bench.clocks import Time, interleaved
from signatures.archive import archive
from signatures.asn1 import crl, ocsp
from signatures.authority import Authority, open_authority
from signatures.certificates import Holder, HolderKind, serial_text
from signatures.credentials import KeyCredentials, plain
from signatures.drawing import Drawing
from signatures.freezing import freeze
from signatures.hand import typed
from signatures.keystore import KeyRing, new_private_key
from signatures.layout import Box, Layout, Seam, Sign, SignatureField, TextMark
from signatures.revocation import Status
from signatures.seal import SealDesign, SealKind, draw_seal
from signatures.seam import SeamOptions
from signatures.signing import Signing, sign
from signatures.time_source import Stamper, TimeSource
from signatures.validation_data import ValidationData
from signatures.verification.asking import Expected, Trust
from signatures.verification.examine import examine

GOOD = Status(True)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Subject:
    """The demonstration contract, frozen, with everybody who signs it."""

    authority: Authority
    people: dict[str, KeyCredentials]
    seals: dict[str, Drawing]
    frozen: bytes
    pages: int

    def source(self) -> TimeSource:
        return TimeSource(self.authority.timestamps(_now))

    def status(self, name: str) -> ValidationData:
        return self.authority.validation_data(self.people[name].certificate, GOOD, _now())

    def signed(self, pdf: bytes, name: str) -> bytes:
        party = name[0]
        if name.endswith("seal"):
            work = Signing(name, self.seals[party], Sign.SEAL, seams={f"seam_{party}": None})
        else:
            work = Signing(name, typed("张三"), texts={f"{party}_date": "2026年11月28日"})
        return sign(pdf, work, self.people[name], self.source(), _now(), self.status(name)).pdf

    def archived(self, pdf: bytes) -> bytes:
        return archive(pdf, ValidationData((), (), (self.authority.authority_list(_now()),)), self.source())


def prepared(folder: Path, *, tagged: bool = True) -> Subject:
    wiring = subjects.wiring()
    made = subjects.compiled(wiring)
    rendered: RenderedPdf = wiring.tools.pdf.render(made.instrument, identity(made.instrument, _now(), final=True))
    content = rendered.content if tagged else _untagged(rendered.content)
    authority = open_authority(folder / "pki", KeyRing.from_file(folder / "keys"), _now(), "测量", "https://sign.example.com")
    people, seals, fields, marks, seams = {}, {}, [], [], []
    boxes = {b.name: b for b in rendered.boxes}
    names = {"system": Holder(HolderKind.SYSTEM, "系统")}
    for party in "ab":
        names[f"{party}_sign"] = Holder(HolderKind.PERSON, "张三", f"{party}公司")
        names[f"{party}_seal"] = Holder(HolderKind.ORGANISATION, f"{party}公司")
    for name, holder in names.items():
        key = new_private_key()
        people[name] = KeyCredentials(key, authority.issue(holder, key.public_key(), _now()), authority.chain)
    for party, centre in (("a", 0.62), ("b", 0.38)):
        seals[party] = draw_seal(
            SealDesign(SealKind.CONTRACT, f"某某{party}科技有限公司", serial_text(people[f"{party}_seal"].certificate))
        )
        place, day = boxes[f"sign.party_{party}_signature"], boxes[f"sign.party_{party}_date"]
        fields.append(
            SignatureField(
                f"{party}_sign", Box(place.page, place.x1, place.y1, place.x2, place.y2), "签名", fills=(f"{party}_date",)
            )
        )
        beside = Box(place.page, 440, 300, 440 + 128, 428)
        fields.append(SignatureField(f"{party}_seal", beside, "盖章", Sign.SEAL, (f"seam_{party}",)))
        marks.append(TextMark(f"{party}_date", Box(day.page, day.x1, day.y1, day.x2, day.y2), "日期"))
        seams.append(Seam(f"seam_{party}", "骑缝章", SeamOptions(centre), seals[party]))
    subject = Subject(authority, people, seals, b"", rendered.page_count)
    layout = Layout(tuple(fields), tuple(marks), tuple(seams))
    frozen = freeze(content, layout, people["system"], subject.source(), _now(), subject.status("system"))
    return Subject(authority, people, seals, frozen, rendered.page_count)


def _untagged(content: bytes) -> bytes:
    """The same pages without structure."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for key in ("/StructTreeRoot", "/MarkInfo"):
            if key in pdf.Root:
                del pdf.Root[key]
        for page in pdf.pages:
            if "/StructParents" in page.obj:
                del page.obj["/StructParents"]
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return target.getvalue()


def peer_signed(subject: Subject) -> bytes:
    """B-LTA as pyHanko does it by itself."""
    own, data = subject.people["a_sign"], subject.status("a_sign")
    context = ValidationContext(
        trust_roots=[plain(subject.authority.root)],
        other_certs=[plain(c) for c in data.certificates],
        ocsps=[ocsp.OCSPResponse.load(o) for o in data.ocsps],
        crls=[crl.CertificateList.load(c) for c in data.crls],
        allow_fetching=False,
        revocation_mode="hard-fail",
    )
    meta = PdfSignatureMetadata(
        field_name="peer",
        subfilter=SigSeedSubFilter.PADES,
        md_algorithm="sha256",
        embed_validation_info=True,
        use_pades_lta=True,
        validation_context=context,
    )
    signer = PdfSigner(meta, own.signer(), timestamper=Stamper(subject.source()))
    return asyncio.run(signer.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(subject.frozen)))).getvalue()


def peer_validated(pdf: bytes, subject: Subject) -> None:
    """Every signature as pyHanko's documentation validates one."""
    reader = PdfFileReader(io.BytesIO(pdf))
    for one in reader.embedded_regular_signatures:
        context = ValidationContext(trust_roots=[plain(subject.authority.root)], allow_fetching=False)
        asyncio.run(async_validate_pdf_signature(one, context))


@dataclass(frozen=True, slots=True)
class Measured:
    """Ours and the peer's, and how many pages the subject has."""

    signing: Time
    peer_signing: Time
    timestamped: Time
    verifying: Time
    peer_verifying: Time
    untagged: Time
    pages: int


def measure(rounds: int) -> Measured:
    """One signature to B-LTA, one to B-T; verification of five signatures, tagged and not."""
    with tempfile.TemporaryDirectory() as folder:
        subject = prepared(Path(folder) / "tagged")
        flat = prepared(Path(folder) / "flat", tagged=False)
        ours, peer, quick = interleaved(
            rounds,
            lambda: subject.archived(subject.signed(subject.frozen, "a_sign")),
            lambda: peer_signed(subject),
            lambda: subject.signed(subject.frozen, "a_sign"),
        )
        finished = {}
        for one in (subject, flat):
            content = one.frozen
            for name in ("b_sign", "b_seal", "a_sign", "a_seal"):
                content = one.signed(content, name)
            finished[one.authority.mark] = one.archived(content)
        whole, bare = finished[subject.authority.mark], finished[flat.authority.mark]

        def check(pdf: bytes, one: Subject) -> None:
            verdict = examine(pdf, Trust(own=(one.authority.root.public_bytes(Encoding.DER),)), Expected(), _now())
            if not verdict.ok:
                raise RuntimeError(f"the subject does not verify: {sorted(verdict.codes())}")

        verifying, beside, untagged = interleaved(
            max(rounds // 2, 1),
            lambda: check(whole, subject),
            lambda: peer_validated(whole, subject),
            lambda: check(bare, flat),
        )
    return Measured(ours, peer, quick, verifying, beside, untagged, subject.pages)
