"""The evidence package of the demonstration contract: made from the record, then checked by its own script and by ``openssl``, far from here."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import cast

from app.cli.demo_review import Review
from app.rendering.evidence_report import render_evidence_report
from app.rendering.pdf import PdfRenderer
from app.rendering.pdf_file import attached
from app.services.evidence import EvidenceKit, ReportWriter, make_evidence
from app.services.signing_kit import SigningKit
from app.signing_room import Room
from app.verification_room import VerificationRoom
from app.wiring import Wiring
from signatures.certificates import fingerprint


def evidence_file(review: Review, wiring: Wiring, kit: SigningKit, room: Room, on: date) -> Mapping[str, bytes]:
    """The package; what must hold is held in ``review``. ``wiring`` lends its renderers."""
    own = review.wiring

    def report() -> ReportWriter:
        renderer = cast(PdfRenderer, wiring.tools.pdf)
        return lambda words, meta: render_evidence_report(renderer, words, meta)

    verifier = VerificationRoom(own.settings.data_dir / "pki")
    evidence = EvidenceKit(kit, verifier, report, attached, own.audit_seal.signer, own.audit_seal)
    view, content = make_evidence(evidence, review.who("xu"), review.contract_id)
    review.say(f"证据包 {view.name}，{view.size:,} 字节")
    root = fingerprint(room.authority.root)
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(folder)
        there = Path(folder)
        until = (on + timedelta(days=1)).isoformat()
        own_script = [sys.executable, "-I", "-S", str(there / "verify.py"), folder, "--root-sha256", root, "--at", until]
        review.hold("证据包由其自带程序独立验证通过", _runs(own_script, folder))
        by_hand = [
            "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "manifest.p7s", "-content", "manifest.json", "-CAfile",
            "certificates/root.pem", "-certfile", "certificates/issuing.pem", "-purpose", "any", "-no_check_time", "-out", "/dev/null",
        ]  # fmt: skip
        review.hold("证据包的清单用 openssl 直接验证通过", _runs(by_hand, folder))
        events = there / "records" / "events.json"
        events.write_bytes(events.read_bytes() + b" ")
        review.hold("改动一个字节后证据包验证不通过", not _runs(own_script, folder))
    return {"evidence.zip": content}


def _runs(command: list[str], folder: str) -> bool:
    """With nothing of this program in reach."""
    done = subprocess.run(
        command, cwd=folder, env={"PATH": "/usr/local/bin:/usr/bin:/bin"}, capture_output=True, timeout=120, check=False
    )
    return done.returncode == 0
