"""The words of a PDF from outside; a hostile one is refused, and reading it harms nobody."""

from __future__ import annotations

import json
import subprocess
import sys

from app.intake.gate import RefusedFile
from app.intake.uploads import PDF_SECONDS, REASONS, TOO_MUCH

MOST = 200 * 1024 * 1024


def read_pdf(content: bytes) -> tuple[str, ...]:
    """The text of each page, empty for one that has none. Raises ``RefusedFile``."""
    if b"%PDF-" not in content[:1024]:
        raise RefusedFile("文件的内容与扩展名不符，不是 PDF。请核对后再上传。")
    if len(content) > MOST:
        raise RefusedFile(f"文件过大（{len(content) / 1048576:.0f} MB），上限 {MOST // 1048576} MB。")
    program = [sys.executable, "-m", "app.intake.pdf_words"]
    try:
        done = subprocess.run(program, input=content, capture_output=True, timeout=PDF_SECONDS, check=False)
        verdict, pages = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise RefusedFile(TOO_MUCH) from None
    if verdict != "sound":
        raise RefusedFile(REASONS.get(verdict, TOO_MUCH))
    return tuple(pages)
