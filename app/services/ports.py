"""What the use cases need from outside; ``app.wiring`` fills these with the real tools."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from app.domain.agenda import Entry
from app.domain.audit import Checkpoint
from app.domain.channels import Posting, Target
from app.domain.comparison import Comparison
from app.domain.documents import Attachment, BoxPlacement, DocumentMeta, RenderedPdf, TextProof
from app.domain.messages import Mail, MailText, ShortMessage
from app.domain.recording import OldRegister
from app.domain.settlement.month import MonthFigures
from app.domain.sheets import CellFault
from app.domain.signing_form import Credential, Hand, IssuedKey, PartySeam, Person, SealShown, SignedFile, SigningForm, SignOrder
from app.domain.tree import Instrument, Table
from signatures.named import Wanted
from signatures.verification.verdict import Verdict

Progress = Callable[[str], None]
"""Told the name of each step as it begins."""


class DocxRenderer(Protocol):
    def __call__(self, instrument: Instrument, meta: DocumentMeta, *, pages: Mapping[str, int] | None = None) -> bytes: ...


Attach = Callable[[Mapping[str, int]], tuple[Attachment, ...]]
"""Called once the pages are laid out, with the page of every anchor; returns what the PDF shall carry."""


class PdfRenderer(Protocol):
    def render(self, instrument: Instrument, meta: DocumentMeta, attachments: Attach | None = None) -> RenderedPdf: ...


class HtmlRenderer(Protocol):
    def __call__(self, instrument: Instrument, meta: DocumentMeta) -> str: ...


class TextProver(Protocol):
    """Holds a finished file's own text against the canonical text of the tree."""

    def __call__(self, content: bytes, instrument: Instrument) -> TextProof: ...


class AnnexWriter(Protocol):
    """The annex tables as one workbook."""

    def __call__(self, tables: tuple[Table, ...], meta: DocumentMeta) -> bytes: ...


class PageFinder(Protocol):
    """The page from 1 of every heading in the contract's own layout, for a table of contents."""

    def __call__(self, instrument: Instrument, meta: DocumentMeta) -> Mapping[str, int]: ...


class RedlineDocxRenderer(Protocol):
    """A comparison as DOCX with native tracked changes; ``pages`` for its table of contents."""

    def __call__(self, comparison: Comparison, meta: DocumentMeta, *, pages: Mapping[str, int]) -> bytes: ...


class RedlineHtmlRenderer(Protocol):
    """A comparison as an HTML file that can be opened alone."""

    def __call__(self, comparison: Comparison, meta: DocumentMeta) -> str: ...


class RedlinePdfRenderer(Protocol):
    def __call__(self, comparison: Comparison, meta: DocumentMeta) -> RenderedPdf: ...


class GlyphCoverage(Protocol):
    """Whether any installed font has the character."""

    def __call__(self, character: str) -> bool: ...


class Mailer(Protocol):
    """A mail server. Raises ``MailRefused`` (no use trying again) or ``MailUndelivered``."""

    def send(self, mail: Mail) -> None: ...


class Poster(Protocol):
    """Posts to group robots and webhooks. Raises ``MailRefused`` (no use trying again) or ``MailUndelivered``."""

    def post(self, target: Target, posting: Posting) -> None: ...


class ShortMessenger(Protocol):
    """A gateway of short messages. Raises ``MailRefused`` (no use trying again) or ``MailUndelivered``."""

    def send(self, message: ShortMessage) -> None: ...


class MailWriter(Protocol):
    """Fills the words of one mail (a folder of ``templates/mails``) with values."""

    def __call__(self, mail: str, values: Mapping[str, Any]) -> MailText: ...


class CalendarWriter(Protocol):
    """An iCalendar file of days with their alarms; ``name``: what the calendar is called."""

    def __call__(self, entries: Sequence[Entry], name: str) -> str: ...


class FileInspector(Protocol):
    """Says what kind of file somebody sent (its media type). Raises ``RefusedFile`` for one that is not taken."""

    def __call__(self, content: bytes, name: str) -> str: ...


class CheckpointFile(Protocol):
    """Where audit checkpoints are kept outside the database."""

    def keep(self, point: Checkpoint) -> None: ...

    def kept(self) -> tuple[tuple[Checkpoint, ...], tuple[int, ...]]:
        """Every checkpoint, and the numbers of unreadable lines."""
        ...


class CellProblem(Protocol):
    """One bad cell of an uploaded workbook; ``row`` counts from 1 as the spreadsheet shows it."""

    @property
    def sheet(self) -> str: ...
    @property
    def row(self) -> int: ...
    @property
    def column(self) -> str: ...
    @property
    def letter(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def reason(self) -> str: ...


class ServiceListReading(Protocol):
    """An uploaded service list: raw table rows by variable name, and every bad cell."""

    @property
    def faults(self) -> Sequence[CellProblem]: ...

    def tables(self) -> Mapping[str, Sequence[Mapping[str, Any]]]: ...


Cell = str | Decimal | date | datetime | None
"""What a cell of a workbook holds; texts are never formulas."""


class MonthUploadReading(Protocol):
    """An uploaded workbook of a month's figures and every bad cell; without figures where the month itself can't be read."""

    @property
    def figures(self) -> MonthFigures | None: ...
    @property
    def faults(self) -> tuple[CellFault, ...]: ...


class RegisterWriter(Protocol):
    """Rows as a workbook, written one by one. ``remarks``: label and text of a second sheet; ``title``: name of the first."""

    def __call__(
        self, heads: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[Cell]], remarks: Sequence[tuple[str, str]], *,
        title: str = ...,
    ) -> bytes: ...  # fmt: skip


class RegisterUploadReading(Protocol):
    """An uploaded old register: its rows, the faults of the workbook itself, and the PDFs by file name."""

    @property
    def register(self) -> OldRegister: ...
    @property
    def faults(self) -> tuple[CellFault, ...]: ...
    @property
    def pdfs(self) -> Mapping[str, bytes]: ...


class PdfReader(Protocol):
    """The text of a PDF, page by page, read where it can do no harm. Raises ``ContractError`` for a file that is refused."""

    def __call__(self, content: bytes) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class CertificateState:
    """What the register says of a certificate. ``reason``: a value of ``signatures.revocation.Reason``; empty while it is good."""

    revoked_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file of an evidence package: path, bytes, what it is."""

    path: str
    content: bytes
    about: str


@dataclass(frozen=True, slots=True)
class RecordOfSignature:
    """One line of the signature record."""

    label: str
    name: str
    serial: str
    at: datetime
    clock: str


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file with a fresh archive timestamp. ``lacking``: Chinese sentences on outside certificates whose status could not be had."""

    content: bytes
    lacking: tuple[str, ...] = ()


class SigningRoom(Protocol):
    """Where files are frozen, signed, archived and proven. Refusals are ``ContractError`` with the codes of ``signatures``."""

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
    ) -> bytes: ...

    def issue(self, person: Person, pin: str | None, now: datetime) -> IssuedKey: ...

    def pin_faults(self, pin: str) -> tuple[str, ...]: ...

    def sign(
        self, pdf: bytes, order: SignOrder, credential: Credential, owner: str, pin: str, state: CertificateState, now: datetime
    ) -> SignedFile: ...

    def serial_of(self, certificate: bytes) -> str:
        """In hex, of a certificate in PEM or DER."""
        ...

    def remote_faults(
        self, certificate: bytes, chain: Sequence[bytes], wanted: Wanted | None, now: datetime
    ) -> list[tuple[str, str]]:
        """Why a certificate can't sign as ``wanted``: JSON pointer and Chinese sentence of each reason. Without it whom it names isn't looked at."""
        ...

    def begin_remote(
        self, pdf: bytes, order: SignOrder, certificate: bytes, chain: Sequence[bytes], now: datetime
    ) -> RemoteAsk: ...

    def remote_ask(self, state: str) -> RemoteAsk: ...

    def remote_covered(self, state: str, pdf: bytes) -> bytes: ...

    def finish_remote(self, state: str, pdf: bytes, answer: RemoteAnswer, base: bytes, now: datetime) -> SignedFile: ...

    def filled(self, pdf: bytes) -> Mapping[str, str | bool]:
        """What the fields of a file of ours say: words, or whether a box is ticked."""
        ...

    def archive(
        self,
        pdf: bytes,
        states: Sequence[tuple[str, CertificateState]],
        texts: Mapping[str, str],
        ticks: Sequence[str],
        now: datetime,
    ) -> ArchivedFile: ...

    def archive_ends(self, pdf: bytes) -> datetime | None:
        """Until when the newest document timestamp proves by itself."""
        ...

    def renew_archive(self, pdf: bytes, now: datetime) -> ArchivedFile: ...

    def working_copy(
        self, docx: bytes, fillings: Mapping[str, Hand | SealShown | str | bool], lines: Sequence[RecordOfSignature], title: str, number: str,
        pdf_digest: str, system: Credential, now: datetime,
    ) -> bytes: ...  # fmt: skip

    def evidence(
        self, number: str, title: str, pdf: bytes, states: Sequence[tuple[str, CertificateState]], files: Sequence[EvidenceFile],
        system: Credential, now: datetime,
    ) -> bytes: ...  # fmt: skip

    def page(self, pdf: bytes, number: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class PreparedSeal:
    """An uploaded seal with its background removed. ``preview``: a small striped PNG that can't be used as a seal; ``notes``: remarks."""

    png: bytes
    width_mm: float
    height_mm: float
    preview: bytes
    notes: tuple[str, ...]


class SealStudio(Protocol):
    """Pictures of seals. Refusals are ``ContractError`` with the codes of ``signatures``."""

    def prepare(self, content: bytes, width_mm: float) -> PreparedSeal: ...

    def drawn(self, kind: str, owner: str, size_mm: float) -> str:
        """The system's own drawing as SVG, with a serial number of noughts: the real one comes with the signature."""
        ...


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What the record says of a signed file. ``digest``: SHA-256 of the final file; ``signers``: field → fingerprint of the certificate."""

    digest: str = ""
    signers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoteAsk:
    """A revision that waits for its signature. ``to_sign``: what a raw signature is over; ``covered``: SHA-256 of what a CMS is over.

    ``algorithm``: as in ``rsa-pkcs1v15-sha256``; ``state``: to be kept as text beside ``pdf``, which is empty where it is only read back.
    """

    state: str
    pdf: bytes
    to_sign: bytes
    covered: str
    algorithm: str


@dataclass(frozen=True, slots=True)
class RemoteAnswer:
    """What came back from a device: a raw signature, or a detached CMS in DER; one of the two."""

    signature: bytes = b""
    cms: bytes = b""


@dataclass(frozen=True, slots=True)
class OutsideSignature:
    """A signature made elsewhere that passed the gate. ``certificate``: PEM; ``notes``: remarks in Chinese."""

    name: str
    organisation: str
    issuer: str
    serial: str
    fingerprint: str
    certificate: str
    valid_until: datetime
    clock: str
    notes: tuple[str, ...]


class SignedFileVerifier(Protocol):
    """Examines signed PDFs where they can do no harm; what the file holds never raises."""

    def states(self, pdf: bytes) -> tuple[str, ...]: ...

    def verify(self, pdf: bytes, now: datetime, record: OnRecord) -> Verdict: ...

    def accept(
        self, before: bytes, after: bytes, field: str, now: datetime, wanted: Wanted, prepared: bytes = b""
    ) -> OutsideSignature:
        """``after`` is ``before`` with one more signature, in ``field``, by a certificate that names ``wanted``.
        No other field is touched, except as in ``prepared``, the revision that we made for a device.

        Raises ``import.refused`` with every reason.
        """
        ...


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """One of the built-in authority's certificates. ``alarm``: a Chinese sentence; empty where all is well."""

    label: str
    serial: str
    valid_until: datetime
    alarm: str


@dataclass(frozen=True, slots=True)
class KeyHealth:
    """The key-encryption keys. ``source``: ``file`` or ``environment``; ``current`` empty: not made yet."""

    source: str
    path: str
    current: str
    count: int


@dataclass(frozen=True, slots=True)
class TimeAnswer:
    """What the outside timestamp service answered. ``outside`` False: none is set."""

    outside: bool
    at: datetime | None
    fault: str


class AuthorityServices(Protocol):
    """What the built-in authority answers, and the state of its keys. Refusals are ``ContractError`` with the codes of ``signatures``."""

    @property
    def made(self) -> bool: ...

    def certificate(self, name: str) -> bytes: ...

    def revocation_list(self, name: str, revoked: Sequence[tuple[str, CertificateState]]) -> bytes: ...

    def ocsp(self, request: bytes, state_of: Callable[[str], CertificateState | None]) -> bytes: ...

    def timestamp(self, request: bytes) -> bytes: ...

    def own_certificates(self) -> tuple[OwnCertificate, ...]: ...

    def key_health(self) -> KeyHealth: ...

    def ask_time(self) -> TimeAnswer: ...

    def rewrap_authority(self) -> None: ...

    def rewrapped(self, sealed: str) -> str: ...
