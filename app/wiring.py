"""Builds the real tools and hands them over. Heavy tools are made on first use, so that the first page comes at once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.domain.comparison import Comparison
from app.domain.documents import DocumentMeta, RenderedPdf
from app.domain.errors import ContractError
from app.domain.monthly_report import MonthlyReport
from app.domain.tree import Instrument
from app.moments import now as now
from app.moments import today as today
from app.services.generation import Tools
from app.services.ports import MailWriter, ServiceListReading
from app.settings import Settings
from app.wired_contract import ContractTools
from app.wired_signing import SigningTools

if TYPE_CHECKING:  # the database and its library are loaded by those who use it: a draft from a file needs neither
    from sqlalchemy import Engine

    from app.domain.settlement.month import MonthFigures
    from app.domain.settlement.view import SheetView
    from app.rendering.pdf import PdfRenderer
    from app.services.advancing import Clockwork
    from app.services.carrying import Carrier
    from app.services.commented_document import CommentTools
    from app.services.ports import Mailer, MonthUploadReading, Poster, RegisterUploadReading, RegisterWriter
    from app.services.redlining import RedlineTools
    from app.services.signing_kit import Post as SignPost
    from app.services.signing_kit import SigningKit
    from app.services.telling import Post as ReminderPost
    from app.store.blobs import BlobStore
    from app.store.seal import AuditSeal
    from app.store.uow import UnitOfWork
    from app.store.vault import Vault


@dataclass(frozen=True)
class Wiring(ContractTools, SigningTools):
    """Everything a door may need, for one set of settings."""

    settings: Settings

    @property
    def clockwork(self) -> Clockwork:
        """What the calendar's moves work with."""
        from app.services.advancing import Clockwork
        from app.services.renewal_clock import Post as TermPost
        from app.services.stage_mails import Post

        base = self.settings.base_url
        return Clockwork(
            self.calendar,
            Post(self.write_mail, lambda contract_id: f"{base}/contracts/{contract_id}/"),
            TermPost(self.write_mail, lambda contract_id: f"{base}/contracts/{contract_id}/term"),
            self.sign_post,
            self.almanac,
        )

    @property
    def sign_post(self) -> SignPost:
        """How signatories and owners are written to."""
        from app.services.signing_kit import Post

        base = self.settings.base_url
        return Post(
            self.write_mail, lambda token: f"{base}/sign/{token}", lambda contract_id: f"{base}/contracts/{contract_id}/signing"
        )

    @property
    def signing_kit(self) -> SigningKit:
        """What the services of signing work with. Raises ``key.ring``, ``authority.damaged``."""
        from app.services.seal_signing import Safe
        from app.services.signing_kit import SigningKit

        return SigningKit(
            self.unit_of_work, self.signing_room, self.blobs, self.sign_post, self.clockwork.post, lambda: self.tools, self.now,
            self.today, self.settings.organisation, Safe(self.blobs, self.vault),
        )  # fmt: skip

    @cached_property
    def _pdf(self) -> PdfRenderer:
        """One for all documents: fonts and style sheets are read once. Raises ``EngineError`` naming the missing system package."""
        from app.rendering.fonts import ensure_fonts
        from app.rendering.pdf import PdfRenderer

        return PdfRenderer(ensure_fonts(self.settings.data_dir / "fonts"))

    @cached_property
    def redline_tools(self) -> RedlineTools:
        """Renderers of comparisons. Raises ``EngineError`` naming the missing system package."""
        from app.rendering.proof.docx_text import prove_docx
        from app.rendering.redline_docx import render_redline_docx
        from app.rendering.redline_html import render_redline_document
        from app.rendering.redline_pdf import render_redline_pdf
        from app.rendering.revisions import accept_all, reject_all
        from app.services.redlining import RedlineTools

        def docx(comparison: Comparison, meta: DocumentMeta, *, pages: Mapping[str, int]) -> bytes:
            return render_redline_docx(comparison, meta, self.differ, author=meta.author, date=meta.created, pages=pages)

        def html(comparison: Comparison, meta: DocumentMeta) -> str:
            return render_redline_document(comparison, meta, styled=True)

        def pdf(comparison: Comparison, meta: DocumentMeta) -> RenderedPdf:
            return render_redline_pdf(self._pdf, comparison, meta)

        return RedlineTools(self._pages, docx, html, pdf, accept_all, reject_all, prove_docx)

    def _pages(self, instrument: Instrument, meta: DocumentMeta) -> Mapping[str, int]:
        return self._pdf.pages(instrument, meta)

    @cached_property
    def comment_tools(self) -> CommentTools:
        from app.rendering.docx import render_docx
        from app.rendering.docx_comments import add_comments
        from app.rendering.proof.docx_text import prove_docx
        from app.services.commented_document import CommentTools

        return CommentTools(self._pages, render_docx, add_comments, prove_docx)

    @cached_property
    def tools(self) -> Tools:
        """Renderers and provers. Raises ``EngineError`` naming the missing system package."""
        from app.rendering.annexes import write_annexes
        from app.rendering.docx import render_docx
        from app.rendering.html import render_html
        from app.rendering.proof.docx_text import prove_docx
        from app.rendering.proof.pdf_text import prove_pdf

        return Tools(
            docx=render_docx, pdf=self._pdf, html=render_html, annexes=write_annexes, prove_docx=prove_docx, prove_pdf=prove_pdf,
            verify_at=f"{self.settings.base_url}/verify/",
        )  # fmt: skip

    @cached_property
    def engine(self) -> Engine:
        """The database, brought to the newest schema."""
        from app.services.second_factor import seal_plain_keys
        from app.store.engine import open_engine
        from app.store.migrate import upgrade
        from app.store.uow import UnitOfWork

        engine = open_engine(self.settings.url)
        upgrade(engine)
        with UnitOfWork(engine) as uow:
            seal_plain_keys(uow, now(), self.vault)
        return engine

    def unit_of_work(self) -> UnitOfWork:
        from app.store.uow import UnitOfWork

        return UnitOfWork(self.engine)

    def reading(self) -> UnitOfWork:
        """A unit of work that only reads one snapshot; it holds nobody up and must not write."""
        from app.store.engine import reading
        from app.store.uow import UnitOfWork

        return UnitOfWork(reading(self.engine))

    @property
    def write_mail(self) -> MailWriter:
        from app.notify.mail_texts import write_mail

        return write_mail

    @property
    def reminder_post(self) -> ReminderPost:
        """How reminders are written."""
        from app.post_room import reminder_post_of

        return reminder_post_of(self.settings, self.link_key)

    @property
    def poster(self) -> Poster:
        """Posts to group robots and webhooks."""
        from app.notify.robots import Robots

        return Robots(self.now)

    @property
    def carrier(self) -> Carrier:
        """Carries what is no mail."""
        from app.post_room import carrier_of

        return carrier_of(self.settings, self.unit_of_work, self.now, self.vault, self.poster, self.reminder_post, self.sign_post)

    @property
    def link_key(self) -> bytes:
        """Signs the links in reminders that decide."""
        return self.secret_key.encode("utf-8")

    @cached_property
    def blobs(self) -> BlobStore:
        from app.store.blobs import BlobStore

        return BlobStore(self.settings.data_dir / "blobs")

    @cached_property
    def audit_seal(self) -> AuditSeal:
        """Signing key and checkpoint file of the audit log, outside the database."""
        from app.store.seal import AuditSeal

        return AuditSeal(self.settings.data_dir / "audit")

    @cached_property
    def mailer(self) -> Mailer | None:
        """The mail server, or None where none is set: messages then stay in the local outbox."""
        from app.post_room import mailer_of

        return mailer_of(self.settings)

    def inspect_file(self, content: bytes, name: str) -> str:
        """The media type of a file that somebody sent. Raises ``RefusedFile``."""
        from app.intake.uploads import inspect_upload

        return inspect_upload(content, name, self.settings.max_upload_mb * 1024 * 1024)

    def now(self) -> datetime:
        return now()

    def today(self) -> date:
        return today()

    def preview(self, instrument: Instrument) -> str:
        """The contract as a fragment of HTML that looks like paper."""
        from app.rendering.html import kept_preview

        return kept_preview(instrument)

    def show_changes(self, comparison: Comparison) -> str:
        """The list of changes and values as a fragment of HTML."""
        from app.rendering.redline_html import render_redline_summary

        return render_redline_summary(comparison)

    def show_redline(self, comparison: Comparison, view: Literal["inline", "side"], *, folded: bool) -> str:
        """Both texts with their changes marked as a fragment of HTML."""
        from app.rendering.redline_html import render_redline

        return render_redline(comparison, view=view, folded=folded)

    def show_redline_part(self, comparison: Comparison, view: Literal["inline", "side"], first: int, count: int) -> str:
        """What a fold of the redline left out."""
        from app.rendering.redline_html import Fold, render_redline_part

        return render_redline_part(comparison, Fold(first, count), view=view)

    def read_service_list(self, content: bytes, filename: str) -> ServiceListReading:
        """An uploaded service list. Raises ``ContractError`` where the file itself can't be used."""
        from app.intake.service_list import read_service_list

        return read_service_list(content, filename, self.library.variables)

    def read_month_upload(self, content: bytes) -> MonthUploadReading:
        """An uploaded workbook of a month's figures. Raises ``ContractError`` where the file itself can't be used."""
        from app.intake.month_upload import read_month_upload

        return read_month_upload(content)

    def month_template(self, month: date, metrics: Sequence[str], known: MonthFigures | None = None) -> bytes:
        from app.rendering.month_sheet import month_template

        return month_template(month, metrics, known)

    def settlement_workbook(self, number: str, sheet: SheetView, labels: Mapping[str, tuple[str, str]]) -> bytes:
        """``labels``: how provisions read; a statute reads as its citation."""
        from app.rendering.settlement_sheet import settlement_workbook

        def clause(code: str) -> str:
            found = self.reference.laws.citation(code) if ":" in code else None
            return found.text if found else labels.get(code, (code, ""))[0]

        return settlement_workbook(number, sheet, clause)

    def service_list_template(self, rows: Mapping[str, Any] | None = None) -> bytes:
        """The workbook to fill in, with ``rows`` by variable in place of the example."""
        from app.rendering.annexes import service_list_template

        return service_list_template(self.library.variables, rows)

    def print_monthly_report(self, report: MonthlyReport) -> bytes:
        from app.rendering.monthly_report import render_monthly_report

        return render_monthly_report(self._pdf, report)

    @property
    def write_register(self) -> RegisterWriter:
        from app.rendering.register_sheet import write_register

        return write_register

    def read_event_list(self, content: bytes, filename: str) -> Sequence[Sequence[str]]:
        """The cells of an uploaded table of events. Raises ``ContractError`` where the file itself can't be used."""
        from app.intake.event_list import read_event_list

        return read_event_list(content, filename)

    def read_register_upload(self, files: Sequence[tuple[str, bytes]]) -> RegisterUploadReading:
        """An uploaded old register with its signed copies. Raises ``ContractError`` where the files themselves can't be used."""
        from app.intake.register_upload import read_register_upload

        return read_register_upload(files)

    def read_pdf(self, content: bytes) -> tuple[str, ...]:
        """The text of a PDF by page, read in a process of its own. Raises ``ContractError`` for a file that is refused."""
        from app.intake.pdf_text import read_pdf

        return read_pdf(content)

    def register_template(self) -> bytes:
        from app.rendering.register_template import register_template

        return register_template()

    def read_answers_file(self, content: bytes) -> Mapping[str, Any]:
        """An uploaded answers file as raw data. Raises ``InputError`` with every fault of the file."""
        from app.library.answers_file import parse_answers

        return parse_answers(content).data

    def example_answers(self) -> Mapping[str, Any]:
        """The demonstration contract's answers, every name fictitious."""
        from app.library.answers_file import load_example

        return load_example().data

    @cached_property
    def secret_key(self) -> str:
        """The session key: from the settings, else made at first run and kept readable by the owner alone."""
        return self.settings.secret_key or self._kept("secret-key", secrets.token_hex(32))

    @cached_property
    def vault(self) -> Vault:
        """Seals what must not be readable in the database; its key comes from the settings or is made at first run, like the session key."""
        from app.store.vault import KEY_BYTES, Vault

        text = self.settings.encryption_key or self._kept("encryption-key", secrets.token_hex(KEY_BYTES))
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise ContractError(
                "vault.key",
                f"{self.settings.data_dir / 'encryption-key'} 不是可用的密钥文件（须为64位十六进制数字），请从备份恢复。",
            )
        return Vault(key)

    def _kept(self, name: str, fresh: str) -> str:
        """The secret in the file ``name``, which is made with ``fresh`` where there is none."""
        path = self.settings.data_dir / name
        if not path.exists():
            _write_secret(path, fresh)
        return path.read_text(encoding="ascii").strip()


def first_run_link(wiring: Wiring, port: int | None = None) -> str:
    """A new one-time link that creates the first administrator; empty once there is a user. ``port``: the real one."""
    from app.services.accounts import first_run_token

    settings = wiring.settings if port is None else replace(wiring.settings, port=port)
    with wiring.unit_of_work() as uow:
        token = first_run_token(uow, now())
    return f"{settings.base_url}/first-run/{token}" if token else ""


def _write_secret(path: Path, value: str) -> None:
    """A new file, whole or not at all; one that another process made meanwhile stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    work = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(work, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(value)
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            os.link(work, path)
    finally:
        work.unlink(missing_ok=True)
