"""Our resolver of tracked changes against what Microsoft Word itself made of the same files.

The corpus lies beside the repository; without it these tests are skipped.
"""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from lxml import etree

from app.rendering.docx_xml import w
from app.rendering.revisions import accept_all, count_revisions, reject_all
from tests.corpus.files import CORPUS

TRIPLETS = sorted(
    p for p in CORPUS.glob("tracked__OpenXmlPowerTools__*.docx") if p.with_name(f"{p.stem}-Accepted.docx").exists()
)  # fmt: skip
TRACKED = sorted(CORPUS.glob("tracked__*.docx"))

pytestmark = pytest.mark.skipif(not TRIPLETS, reason="the corpus is not beside the repository")


def _paragraphs(content: bytes | Path) -> list[str]:
    data = content.read_bytes() if isinstance(content, Path) else content
    with zipfile.ZipFile(BytesIO(data)) as archive:
        root = etree.fromstring(archive.read("word/document.xml"))
    texts = []
    for paragraph in root.iter(w("p")):
        pieces = [
            t.text or "" if t.tag == w("t") else "\t"
            for t in paragraph.iter(w("t"), w("tab"))
            if t.tag == w("t") or t.getparent().tag == w("r")
        ]
        texts.append("".join(pieces))
    return texts


@pytest.mark.parametrize("source", TRIPLETS, ids=lambda p: re.sub(".*__", "", p.stem))
@pytest.mark.parametrize("verb", ["Accepted", "Rejected"])
def test_words_own_accept_all_and_reject_all_give_the_same_paragraphs(source: Path, verb: str) -> None:
    resolved = (accept_all if verb == "Accepted" else reject_all)(source.read_bytes())
    ours, words = _paragraphs(resolved), _paragraphs(source.with_name(f"{source.stem}-{verb}.docx"))
    if "Move" in source.stem:  # the reference file keeps the emptied paragraph of a move; ISO 29500 lets its mark go as well
        ours, words = list(filter(None, ours)), list(filter(None, words))
    assert ours == words
    assert count_revisions(resolved) == 0


@pytest.mark.parametrize("source", TRACKED, ids=lambda p: re.sub("^tracked__", "", p.stem))
def test_no_mark_of_a_tracked_change_is_left(source: Path) -> None:
    content = source.read_bytes()
    with zipfile.ZipFile(source) as archive:
        if "word/document.xml" not in archive.namelist():
            pytest.skip("the main part has another name")
    assert count_revisions(accept_all(content)) == count_revisions(reject_all(content)) == 0
