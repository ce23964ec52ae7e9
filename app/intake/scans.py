"""Scans of a signed print copy: read and compared in a process of their own; what harms or can't be read is refused."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Sequence

from app.domain.paper_signing import Area, CopyIdentity, Difference, PrintCopy, Sheet, Stray, read_code
from app.intake.gate import RefusedFile

MOST_FILES, MOST_BYTES, SECONDS = 300, 200 * 1024 * 1024, 900


def read_scans(copy: PrintCopy, identity: CopyIdentity, files: Sequence[bytes]) -> tuple[tuple[Sheet, ...], dict[int, bytes]]:
    """Every sheet in order, and pictures (JPEG) of those that a person has to look at, by ordinal. Raises ``RefusedFile``."""
    if len(files) > MOST_FILES or sum(map(len, files)) > MOST_BYTES:
        raise RefusedFile(
            f"扫描件过大，至多{MOST_FILES}个文件、共{MOST_BYTES // 1048576} MB。请降低分辨率（200–300 dpi）后重新扫描。"
        )
    head = {
        "lengths": [len(copy.content), *map(len, files)],
        "boxes": [[page, a.x, a.y, a.width, a.height] for page, a in copy.boxes],
        "head": f"CY1:{identity.number}:{identity.version}:",
    }
    program = [sys.executable, "-m", "app.intake.scan_look"]
    asked = b"".join((json.dumps(head).encode() + b"\n", copy.content, *files))
    try:
        done = subprocess.run(program, input=asked, capture_output=True, timeout=SECONDS, check=False)
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise RefusedFile("扫描件过于庞大，读取超出了时间或者内存限制。请以200–300 dpi重新扫描。") from None
    if "sheets" not in answer:
        raise RefusedFile("扫描件无法读取，请重新扫描为 PDF、JPEG、PNG 或者 TIFF。")
    sheets, pictures = [], {}
    for number, found in enumerate(answer["sheets"], 1):
        differences = tuple(Difference(Area(x, y, w, h), Stray(kind)) for x, y, w, h, kind in found["differences"])
        sheets.append(Sheet(number, read_code(found["code"]), found["blank"], found["compared"], differences))
        if found["preview"]:
            pictures[number] = base64.b64decode(found["preview"])
    return tuple(sheets), pictures
