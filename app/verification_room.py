"""Where signed files from outside are examined: the services' port over ``signatures.verification``, with this installation's roots.

Heavy libraries load with this module, so wiring imports it on first use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app.services.ports import OnRecord
from signatures.authority import read_roots
from signatures.verification.contents import revisions
from signatures.verification.trusting import Expected, Trust
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
    verifier: Verifier = field(default_factory=lambda: Verifier(LIMITS, reserve=True))

    def states(self, pdf: bytes) -> tuple[str, ...]:
        """The SHA-256 of every state of the file, the oldest first; none where no contract has so many. Reads end marks only."""
        return tuple(r.digest for r in revisions(pdf)) if pdf.count(b"%%EOF") <= MOST_STATES else ()

    def verify(self, pdf: bytes, now: datetime, record: OnRecord) -> Verdict:
        """The verdict, found in a process of its own that has no network and little memory and time."""
        trust = Trust(own=read_roots(self.folder), others=self.roots)
        return self.verifier.verify(pdf, trust, now, Expected(digest=record.digest, signers=record.signers))
