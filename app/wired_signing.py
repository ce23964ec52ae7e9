"""The part of the wiring that signs, seals and proves: the rooms over ``signatures``. Made on first use, like everything heavy."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Settings

if TYPE_CHECKING:
    from app.authority_room import AuthorityRoom
    from app.rendering.pdf import PdfRenderer
    from app.services.evidence import EvidenceKit, ReportWriter
    from app.services.paper_signing import PaperKit
    from app.services.ports import SealStudio, SignedFileVerifier
    from app.services.signing_elsewhere import ElsewhereKit
    from app.services.signing_kit import SigningKit
    from app.signing_room import Room
    from app.store.page_cache import PageCache
    from app.store.seal import AuditSeal
    from app.store.uow import UnitOfWork
    from signatures.reach import InternalHosts
    from signatures.verification.worker import Verifier


class SigningTools:
    """A part of ``app.wiring.Wiring``, which has the settings and the clock."""

    settings: Settings

    def now(self) -> datetime:
        raise NotImplementedError

    def reading(self) -> UnitOfWork:
        raise NotImplementedError

    def inspect_file(self, content: bytes, name: str) -> str:
        raise NotImplementedError

    @property
    def signing_kit(self) -> SigningKit:
        raise NotImplementedError

    @cached_property
    def audit_seal(self) -> AuditSeal:
        raise NotImplementedError

    @cached_property
    def _pdf(self) -> PdfRenderer:
        raise NotImplementedError

    @cached_property
    def configured_roots(self) -> tuple[bytes, ...]:
        """Outside roots of the file that TRUSTED_ROOTS names, in DER. Raises ``certificate.unreadable``."""
        from app.signing_room import read_roots

        return read_roots(Path(self.settings.trusted_roots) if self.settings.trusted_roots else None)

    def trusted_roots(self) -> tuple[bytes, ...]:
        """Outside roots that count now: of the file, and those that somebody has added."""
        from app.services.trusted_roots import der_of_roots

        with self.reading() as uow:
            return (*self.configured_roots, *der_of_roots(uow))

    @property
    def _internal_hosts(self) -> InternalHosts:
        from signatures.reach import InternalHosts

        return InternalHosts.parse(self.settings.internal_hosts)

    @cached_property
    def signing_room(self) -> Room:
        """Where documents are signed: built-in authority, keys and clock. Made at first use. Raises ``key.ring``, ``authority.damaged``."""
        from app.signing_room import Room

        settings = self.settings
        folder, reachable = settings.data_dir / "pki", settings.public_url.rstrip("/")
        return Room(
            folder, settings.organisation, reachable, self.now, settings.signing_keys, settings.timestamp_url, self.trusted_roots,
            self._internal_hosts,
        )  # fmt: skip

    @cached_property
    def authority(self) -> AuthorityRoom:
        """What the built-in authority answers, and the state of its keys."""
        from app.authority_room import AuthorityRoom

        settings = self.settings
        return AuthorityRoom(
            settings.data_dir / "pki",
            lambda: self.signing_room.authority,
            self.now,
            settings.signing_keys,
            settings.timestamp_url,
        )

    @cached_property
    def page_cache(self) -> PageCache:
        """Pages as they are read before signing."""
        from app.store.page_cache import PageCache

        return PageCache(self.settings.data_dir / "cache" / "pages")

    @cached_property
    def seal_studio(self) -> SealStudio:
        """Pictures of seals."""
        from app.seal_studio import Studio

        return Studio()

    @cached_property
    def _outside_verifier(self) -> Verifier:
        from app.verification_room import LIMITS
        from signatures.verification.worker import Verifier

        return Verifier(LIMITS)

    @property
    def file_verifier(self) -> SignedFileVerifier:
        """Examines signed files of strangers against the roots that this installation trusts now."""
        from app.verification_room import VerificationRoom

        return VerificationRoom(
            self.settings.data_dir / "pki", self.trusted_roots(), self._outside_verifier, self._internal_hosts
        )

    @property
    def paper_kit(self) -> PaperKit:
        """What signing with ink works with. Raises what ``signing_kit`` raises."""
        from app.intake.scans import read_scans
        from app.rendering.print_copy import print_copy
        from app.services.paper_signing import PaperKit

        return PaperKit(self.signing_kit, print_copy, read_scans, self.inspect_file)

    @property
    def elsewhere_kit(self) -> ElsewhereKit:
        """What files signed elsewhere are taken in with. Raises what ``signing_kit`` raises."""
        from app.services.signing_elsewhere import ElsewhereKit

        return ElsewhereKit(self.signing_kit, self.file_verifier)

    @property
    def evidence_kit(self) -> EvidenceKit:
        """What evidence packages are made with. Raises what ``signing_kit`` raises."""
        from app.rendering.evidence_report import render_evidence_report
        from app.rendering.pdf_file import attached
        from app.services.evidence import EvidenceKit

        def report() -> ReportWriter:
            return lambda words, meta: render_evidence_report(self._pdf, words, meta)

        return EvidenceKit(self.signing_kit, self.file_verifier, report, attached, self.audit_seal.signer, self.audit_seal)
