"""The room where documents are signed: the services' port over ``signatures``, with this installation's keys and clock.

Heavy libraries load with this module, so wiring imports it on first use.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.domain.documents import BoxPlacement
from app.domain.errors import ContractError
from app.domain.signing_form import (
    Credential,
    Hand,
    HandKind,
    IssuedKey,
    PartySeam,
    Person,
    SealShown,
    SignedFile,
    SigningForm,
    SignOrder,
)
from app.services.ports import ArchivedFile, CertificateState, EvidenceFile, RecordOfSignature, RemoteAnswer, RemoteAsk
from app.signing_layout import layout_of, seal_drawn
from signatures.appearance import Appearance
from signatures.archive import archive, archive_ends
from signatures.authority import Authority, open_authority
from signatures.certificates import Holder, HolderKind, fingerprint, read_certificates, serial_text
from signatures.collecting import NOWHERE, Collected, collect, reaching
from signatures.credentials import KeyCredentials
from signatures.docx.fill import Filling, Record, RecordLine, places
from signatures.docx.package import Parts
from signatures.docx.working_copy import make_working_copy
from signatures.errors import SignatureError
from signatures.evidence.package import Enclosed, Evidence, make_package
from signatures.field_states import values
from signatures.freezing import freeze
from signatures.hand import typed, written
from signatures.image import prepare_handwriting
from signatures.keystore import KeyRing, SealedKey, new_private_key, open_key, pin_faults, seal_key
from signatures.layout import Sign
from signatures.named import Wanted
from signatures.outside import Found, certificates_in, certificates_of
from signatures.pdfium import opened
from signatures.reach import InternalHosts
from signatures.remote import Pending, algorithm_of, begin, covered, finish, finish_with_cms
from signatures.revocation import Reason, Revocation, Status
from signatures.signer_check import read_signer, signer_faults
from signatures.signing import Signed, Signing, sign
from signatures.time_source import OutsideService, TimeSource
from signatures.validation_data import ValidationData
from signatures.verification.asking import Expected, Trust
from signatures.verification.verdict import Verdict
from signatures.verification.words import spoken
from signatures.verification.worker import Verifier

SYSTEM = "system"
_PAGE_WIDTH = 1240
"""Pixels of a page as it is read in the browser: sharp on a telephone, too."""


def told(error: SignatureError) -> ContractError:
    """A refusal of the package as one of ours."""
    return ContractError(error.code, error.message)


@dataclass(frozen=True)
class Room:
    """``keys``: the key-encryption keys as text, empty for a file in ``folder``; ``base_url`` empty: not reachable from outside."""

    folder: Path
    organisation: str
    base_url: str
    clock: Callable[[], datetime]
    keys: str = ""
    timestamp_url: str = ""
    roots: Callable[[], tuple[bytes, ...]] = tuple
    """Outside authorities that are trusted now, in DER."""
    internal: InternalHosts = NOWHERE
    """Hosts inside the house that may be asked for the status of outside certificates."""

    # ---- tools

    @property
    def ring(self) -> KeyRing:
        """Read anew each time: another process may have added a key since."""
        return KeyRing.parse(self.keys) if self.keys else KeyRing.from_file(self.folder / "key-encryption-keys")

    @cached_property
    def authority(self) -> Authority:
        return open_authority(self.folder, self.ring, self.clock(), self.organisation, self.base_url).renewed(self.clock())

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier()

    def source(self) -> TimeSource:
        outside = OutsideService(self.timestamp_url) if self.timestamp_url else None
        return TimeSource(self.authority.timestamps(self.clock), outside)

    # ---- the port

    def freeze(
        self,
        pdf: bytes,
        form: SigningForm,
        boxes: Sequence[BoxPlacement],
        system: Credential,
        state: CertificateState,
        now: datetime,
        seams: Sequence[PartySeam] = (),
        on_paper: Collection[str] = (),
    ) -> bytes:
        """Raises ``layout.invalid``, ``pdf.unusable``, ``seam.narrow``, ``seam.page``."""
        try:
            own = self._credentials(system, SYSTEM, None)
            return freeze(
                pdf, layout_of(form, boxes, seams, on_paper), own, self.source(), now, self._status(own.certificate, state, now)
            )
        except SignatureError as error:
            raise told(error) from error

    def issue(self, person: Person, pin: str | None, now: datetime) -> IssuedKey:
        """A new key, sealed under its certificate's serial, with the certificate. Raises ``pin.weak``."""
        kind = HolderKind.SYSTEM if person.reference == SYSTEM else HolderKind.ORGANISATION if person.seal else HolderKind.PERSON
        holder = Holder(kind, person.name, person.organisation, person.code, person.reference)
        key = new_private_key()
        try:
            certificate = self.authority.issue(holder, key.public_key(), now)
            serial = serial_text(certificate)
            sealed = seal_key(key, self.ring, serial, person.reference, pin)
        except SignatureError as error:
            raise told(error) from error
        text = certificate.public_bytes(Encoding.PEM).decode()
        return IssuedKey(serial, fingerprint(certificate), text, sealed.text(), certificate.not_valid_after_utc)

    def pin_faults(self, pin: str) -> tuple[str, ...]:
        return pin_faults(pin)

    def sign(
        self, pdf: bytes, order: SignOrder, credential: Credential, owner: str, pin: str, state: CertificateState, now: datetime
    ) -> SignedFile:
        """Raises ``pin.wrong`` and what ``signatures.signing.sign`` raises."""
        try:
            own = self._credentials(credential, owner, pin)
            signing = self._signing(order, own.certificate)
            source = self.source()
            done = sign(pdf, signing, own, source, now, self._status(own.certificate, state, now))
        except SignatureError as error:
            raise told(error) from error
        return _signed(done)

    def serial_of(self, certificate: bytes) -> str:
        """Raises ``certificate.unreadable``."""
        try:
            return serial_text(read_signer(certificate, ())[0])
        except SignatureError as error:
            raise told(error) from error

    def remote_faults(
        self, certificate: bytes, chain: Sequence[bytes], wanted: Wanted | None, now: datetime
    ) -> list[tuple[str, str]]:
        return signer_faults(certificate, chain, wanted, self.roots(), now)

    def begin_remote(self, pdf: bytes, order: SignOrder, certificate: bytes, chain: Sequence[bytes], now: datetime) -> RemoteAsk:
        """The revision that a device elsewhere is to sign, with what is known of its certificate's status. Raises what ``remote.begin`` raises."""
        try:
            own, beside = read_signer(certificate, chain)
            known = collect([own], beside, self.roots(), now, reaching(self.internal)).data
            pending = begin(pdf, self._signing(order, own), own, beside, now, known)
        except SignatureError as error:
            raise told(error) from error
        return _ask(pending)

    def remote_ask(self, state: str) -> RemoteAsk:
        """Raises ``remote.state``."""
        return _ask(_pending(state, b""))

    def remote_covered(self, state: str, pdf: bytes) -> bytes:
        """Raises ``remote.state``."""
        return covered(_pending(state, pdf))

    def finish_remote(self, state: str, pdf: bytes, answer: RemoteAnswer, base: bytes, now: datetime) -> SignedFile:
        """Raises ``remote.outdated``, ``remote.signature``, ``remote.cms``."""
        pending, source = _pending(state, pdf), self.source()
        try:
            work, value = (finish_with_cms, answer.cms) if answer.cms else (finish, answer.signature)
            done = work(pending, value, source, base, now)
        except SignatureError as error:
            raise told(error) from error
        return _signed(done)

    def filled(self, pdf: bytes) -> Mapping[str, str | bool]:
        return values(pdf)

    def archive(
        self, pdf: bytes, states: Sequence[tuple[str, CertificateState]], texts: Mapping[str, str], ticks: Sequence[str], now: datetime
    ) -> ArchivedFile:  # fmt: skip
        """``states``: every certificate of ours (PEM) that signed, with its state now. Of others' the status is fetched, as far as it can be had."""
        outside = self._outside(pdf, now)
        try:
            content = archive(pdf, _together(self._data(states, now), outside.data), self.source(), texts, ticks)
        except SignatureError as error:
            raise told(error) from error
        return ArchivedFile(content, outside.lacking)

    def archive_ends(self, pdf: bytes) -> datetime | None:
        """Until when the newest document timestamp proves by itself."""
        try:
            return archive_ends(pdf)
        except SignatureError as error:
            raise told(error) from error

    def renew_archive(self, pdf: bytes, now: datetime) -> ArchivedFile:
        """One more document timestamp, with what proves the one before it; the authority's own certificate is a fresh one."""
        found = self._outside(pdf, now)
        try:
            own = self.authority.renewed(now)
            data = ValidationData((own.parts["timestamping"].certificate, *own.retired, own.root), (), (own.authority_list(now),))
            outside = OutsideService(self.timestamp_url) if self.timestamp_url else None
            source = TimeSource(own.timestamps(self.clock), outside)
            return ArchivedFile(archive(pdf, _together(data, found.data), source), found.lacking)
        except SignatureError as error:
            raise told(error) from error

    def show_hand(self, hand: Hand) -> Appearance:
        return _hand(hand)

    def working_copy(
        self, docx: bytes, fillings: Mapping[str, Hand | SealShown | str | bool], lines: Sequence[RecordOfSignature], title: str, number: str,
        pdf_digest: str, system: Credential, now: datetime,
    ) -> bytes:  # fmt: skip
        """``fillings``: box → hand, words, or a tick."""
        record = Record(title, number, pdf_digest, tuple(RecordLine(x.label, x.name, x.serial, x.at, x.clock) for x in lines))
        try:
            own = self._credentials(system, SYSTEM, None)
            known = places(Parts.read(docx)).keys()
            # Texts approved long ago have no place on their cover: what it would say stands in the record page. Hands, seals and ticks are never left out.
            wanted = {name: value for name, value in fillings.items() if name in known or not isinstance(value, str)}
            return make_working_copy(docx, {name: _filling(value) for name, value in wanted.items()}, record, own, now)
        except SignatureError as error:
            raise told(error) from error

    def evidence(
        self, number: str, title: str, pdf: bytes, states: Sequence[tuple[str, CertificateState]], files: Sequence[EvidenceFile],
        system: Credential, now: datetime,
    ) -> bytes:  # fmt: skip
        """The evidence package (ZIP)."""
        verdict = self.verify(pdf, now)
        enclosed = tuple(Enclosed(f.path, f.content, f.about) for f in files)
        evidence = Evidence(number, title, pdf, verdict, self.authority.chain, self._data(states, now), enclosed)
        try:
            return make_package(evidence, self._credentials(system, SYSTEM, None), self.source(), now)
        except SignatureError as error:
            raise told(error) from error

    def verify(self, pdf: bytes, now: datetime, signers: Mapping[str, str] | None = None) -> Verdict:
        """In a process of its own. ``signers``: field → fingerprint of the certificate on record."""
        root = self.authority.root.public_bytes(Encoding.DER)
        return self.verifier.verify(pdf, Trust(own=(root,), others=self.roots()), now, Expected(signers=signers or {}))

    def page(self, pdf: bytes, number: int) -> bytes:
        """A page (from 1) as PNG, with what signatures have filled in."""
        with opened(pdf) as document:
            document.init_forms()
            sheet = document[number - 1]
            image = sheet.render(scale=_PAGE_WIDTH / sheet.get_width(), may_draw_forms=True).to_pil().copy()
            sheet.close()
        data = io.BytesIO()
        image.convert("P", palette=1, colors=64).save(data, "PNG", optimize=False)
        return data.getvalue()

    # ---- inside

    def _outside(self, pdf: bytes, now: datetime) -> Collected:
        """What proves the certificates of other authorities in ``pdf``, and that of the service that will stamp it."""
        roots = self.roots()
        if not roots:
            return Collected()
        found = certificates_in(pdf)
        leaves, beside = [*found.leaves], [*found.beside]
        if self.timestamp_url:
            try:
                service = certificates_of(OutsideService(self.timestamp_url))
            except SignatureError:
                service = Found()  # the stamp itself will say that the service doesn't answer
            leaves, beside = [*leaves, *service.leaves], [*beside, *service.beside]
        carried = ValidationData((), tuple(found.ocsps), tuple(found.crls))
        return collect(leaves, beside, roots, now, reaching(self.internal), carried)

    def _credentials(self, credential: Credential, owner: str, pin: str | None) -> KeyCredentials:
        certificate = x509.load_pem_x509_certificate(credential.certificate.encode())
        key = open_key(SealedKey.read(credential.sealed), self.ring, credential.serial, owner, pin)
        return KeyCredentials(key, certificate, self.authority.chain)

    def _signing(self, order: SignOrder, certificate: x509.Certificate) -> Signing:
        shown = self._shown(order, certificate)
        return Signing(
            field=order.field,
            appearance=shown,
            sign=Sign.SEAL if order.seal_of else Sign.HANDWRITING,
            texts=order.texts,
            pictures=dict.fromkeys(order.hands, shown) if shown is not None else {},
            ticks=order.ticks,
            seams={order.seam: None if order.seam_held else shown} if order.seam else {},
            name=order.name,
            reason=order.reason,
            place=order.place,
        )

    def _shown(self, order: SignOrder, certificate: x509.Certificate) -> Appearance | None:
        if order.seal_of:
            return seal_drawn(order.seal, order.seal_of, serial_text(certificate))
        return _hand(order.hand) if order.hand is not None else None

    def _status(self, certificate: x509.Certificate, state: CertificateState, now: datetime) -> ValidationData:
        return self.authority.validation_data(certificate, _state(certificate, state), now)

    def _data(self, states: Sequence[tuple[str, CertificateState]], now: datetime) -> ValidationData:
        certificates = [(x509.load_pem_x509_certificate(text.encode()), state) for text, state in states]
        ocsps = tuple(self.authority.ocsp(c, _state(c, state), now) for c, state in certificates)
        return ValidationData(
            (*(c for c, _ in certificates), *self.authority.chain), ocsps, (self.authority.authority_list(now),)
        )


def read_roots(path: Path | None) -> tuple[bytes, ...]:
    """Certificates of outside authorities that the installation trusts. Raises ``certificate.unreadable``."""
    if path is None:
        return ()
    try:
        return read_certificates(path.read_bytes())
    except SignatureError as error:
        raise told(error) from error
    except OSError as error:
        raise ContractError("certificate.unreadable", f"无法读取受信任的根证书文件 {path}：{error.strerror}") from error


def lines_of(verdict: Verdict, language: str) -> tuple[str, ...]:
    return tuple(spoken(verdict, language))


def _together(one: ValidationData, other: ValidationData) -> ValidationData:
    return ValidationData((*one.certificates, *other.certificates), (*one.ocsps, *other.ocsps), (*one.crls, *other.crls))


def _signed(done: Signed) -> SignedFile:
    return SignedFile(done.pdf, done.clock.label if done.clock is not None else "", done.clock_note)


def _pending(state: str, pdf: bytes) -> Pending:
    try:
        return Pending.read(state, pdf)
    except SignatureError as error:
        raise told(error) from error


def _ask(pending: Pending) -> RemoteAsk:
    own = x509.load_der_x509_certificate(pending.certificate)
    return RemoteAsk(pending.state(), pending.pdf, pending.to_sign, pending.document_digest.hex(), algorithm_of(own))


def _state(certificate: x509.Certificate, state: CertificateState) -> Status:
    if state.revoked_at is None:
        return Status(issued=True)
    return Status(True, Revocation(certificate.serial_number, state.revoked_at, Reason(state.reason or "ceased")))


def _hand(hand: Hand) -> Appearance:
    try:
        if hand.kind is HandKind.DRAWN:
            return written(hand.strokes)
        if hand.kind is HandKind.TYPED:
            return typed(hand.text)
        return prepare_handwriting(hand.image).picture
    except SignatureError as error:
        raise told(error) from error


def _filling(value: Hand | SealShown | str | bool) -> Filling:
    if isinstance(value, bool):
        return Filling(tick=value)
    if isinstance(value, SealShown):
        return Filling(seal_drawn(value.seal, value.owner, value.serial))
    return Filling(text=value) if isinstance(value, str) else Filling(_hand(value))
