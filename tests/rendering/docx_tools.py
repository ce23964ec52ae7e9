"""Tools of the DOCX tests: changing one thing inside a finished file, and running LibreOffice."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from lxml import etree

from app.domain.documents import DocumentMeta
from app.domain.tree import Instrument
from app.rendering.docx import render_docx
from tests.rendering.sample import meta_of

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MAIN = "word/document.xml"


def rendered(instrument: Instrument, meta: DocumentMeta | None = None, **options: object) -> bytes:
    return render_docx(instrument, meta or meta_of(instrument), **options)  # type: ignore[arg-type]


def part(content: bytes, name: str = MAIN) -> str:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return archive.read(name).decode("utf-8")


def tree(content: bytes, name: str = MAIN) -> etree._Element:
    return etree.fromstring(part(content, name).encode("utf-8"))


def edited(content: bytes, change: Callable[[str], str], name: str = MAIN) -> bytes:
    """The file with one part rewritten; fails when the change changed nothing."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            data = source.read(info.filename)
            if info.filename == name:
                text = data.decode("utf-8")
                after = change(text)
                assert after != text, "the mutation did not touch the file"
                data = after.encode("utf-8")
            target.writestr(info, data)
    return buffer.getvalue()


def replacing(old: str, new: str) -> Callable[[str], str]:
    """Replace exactly one occurrence."""

    def change(text: str) -> str:
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        return text.replace(old, new)

    return change


def libreoffice(source: Path, form: str, suffix: str) -> Path:
    """Convert with a headless LibreOffice in a fresh profile; skips the test where there is none."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    profile = source.parent / "profile"
    command = [program, f"-env:UserInstallation=file://{profile}", "--headless", "--norestore", "--convert-to", form,
               "--outdir", str(source.parent), str(source)]  # fmt: skip
    environment = {**os.environ, "HOME": str(source.parent), "SAL_USE_VCLPLUGIN": "svp"}
    subprocess.run(command, check=True, timeout=180, capture_output=True, env=environment)
    return source.with_suffix(suffix)
