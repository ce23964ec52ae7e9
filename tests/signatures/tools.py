"""What the tests of this folder share: OpenSSL as judge, rendering, refusals."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image

from signatures.errors import SignatureError


def refused(code: str, match: str | None = None) -> pytest.RaisesExc[SignatureError]:
    """A refusal with this code."""
    return pytest.RaisesExc(SignatureError, match=match, check=lambda e: e.code == code)


def openssl(*words: str | Path) -> str:
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def write_pem(path: Path, *certificates: x509.Certificate) -> Path:
    path.write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in certificates))
    return path


@dataclass(frozen=True)
class Embedded:
    """One signature as it lies in the file: what it covers, and its DER."""

    covered: bytes
    der: bytes
    end: int


def embedded(pdf: bytes) -> list[Embedded]:
    """Every signature of the file, found without a PDF library."""
    found = []
    for match in re.finditer(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf):
        a, b, c, d = map(int, match.groups())
        der = bytes.fromhex(pdf[a + b + 1 : c - 1].decode())
        length = 4 + int.from_bytes(der[2:4], "big")
        found.append(Embedded(pdf[a : a + b] + pdf[c : c + d], der[:length], c + d))
    return found


def drawn(pdf: bytes, page: int, scale: float = 2) -> Image.Image:
    """A page (from 1) with its filled fields, as a picture."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        document.init_forms()
        sheet = document[page - 1]
        image: Image.Image = sheet.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
        sheet.close()
    finally:
        document.close()
    return image
