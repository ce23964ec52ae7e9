"""Where signed files from outside are examined: the services' port over ``signatures.verification``, with this installation's roots.

Heavy libraries load with this module, so wiring imports it on first use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.domain.errors import ContractError
from app.services.ports import OnRecord, OutsideSignature
from signatures.authority import read_roots
from signatures.certificates import fingerprint, serial_text
from signatures.collecting import NOWHERE, collect, reaching
from signatures.errors import SignatureError
from signatures.imported import accept, signer_of
from signatures.named import Wanted
from signatures.outside import certificates_in
from signatures.reach import InternalHosts
from signatures.validation_data import ValidationData
from signatures.verification.asking import Expected, Trust
from signatures.verification.contents import revisions
from signatures.verification.verdict import Verdict
from signatures.verification.worker import Limits, Verifier

MOST_STATES = 200
LIMITS = Limits(memory=1024, processor=30, wall=45)
"""For files of strangers; a contract with five signatures takes two seconds."""


@dataclass(frozen=True)
class VerificationRoom:
    """``folder``: where the built-in authority keeps its certificates; ``roots``: of outside authorities, DER."""

    folder: Path
    roots: tuple[bytes, ...] = ()
    verifier: Verifier = field(default_factory=lambda: Verifier(LIMITS))
    internal: InternalHosts = NOWHERE
    """Hosts inside the house that may be asked for the status of outside certificates."""

    def states(self, pdf: bytes) -> tuple[str, ...]:
        """The SHA-256 of every state of the file, the oldest first; none where no contract has so many. Reads end marks only."""
        return tuple(r.digest for r in revisions(pdf)) if pdf.count(b"%%EOF") <= MOST_STATES else ()

    def verify(self, pdf: bytes, now: datetime, record: OnRecord) -> Verdict:
        """The verdict, found in a process of its own that has no network and little memory and time."""
        trust = Trust(own=read_roots(self.folder), others=self.roots)
        return self.verifier.verify(pdf, trust, now, Expected(digest=record.digest, signers=record.signers))

    def accept(
        self, before: bytes, after: bytes, field: str, now: datetime, wanted: Wanted, prepared: bytes = b""
    ) -> OutsideSignature:
        """The strict gate of ``signatures.imported``, with the roots that this installation takes. Raises ``import.refused``."""
        trust = Trust(own=read_roots(self.folder), others=self.roots)

        def status(pdf: bytes) -> ValidationData:
            seen = certificates_in(pdf)
            return collect(seen.leaves, seen.beside, self.roots, now, reaching(self.internal)).data

        try:
            found = accept(before, after, field, self.verifier, trust, now, wanted, status, prepared)
        except SignatureError as error:
            raise ContractError(error.code, error.message) from error
        made = x509.load_der_x509_certificate(signer_of(after, field))
        text = made.public_bytes(Encoding.PEM).decode()
        one = found.signature
        return OutsideSignature(
            one.name, one.organisation, one.issuer, serial_text(made), fingerprint(made), text, made.not_valid_after_utc, one.clock,
            found.notes,
        )  # fmt: skip
