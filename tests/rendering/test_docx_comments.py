"""Comments in the DOCX: at their provisions, threaded, and without a word of the contract touched."""

import json
import os
import subprocess
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from lxml import etree

from app.domain.comments import SharedRemark, SharedThread
from app.rendering.docx_check import check_structure
from app.rendering.docx_comments import add_comments
from app.rendering.docx_xml import bookmark_name
from app.rendering.proof.docx_text import prove_docx
from tests.rendering.docx_tools import W, libreoffice, part, rendered, tree
from tests.rendering.sample import sample
from tests.rendering.test_docx_office import _node_path, _validator

SAMPLE = sample(12)
AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
W15 = "{http://schemas.microsoft.com/office/word/2012/wordml}"
EVIL = '<w:p/>{{ 7*7 }}&amp;"\n第二行\x07'
THREADS = (
    SharedThread("", "整份合同", (SharedRemark("王律师", AT, "整体意见。"),), False),
    SharedThread(
        "fees.payment.term", "8.2.1 付款期限", (SharedRemark("王律师", AT, EVIL), SharedRemark('李 "L"', AT, "同意。")), True
    ),
    SharedThread("fees.gone", "8.2.9 已删条款", (SharedRemark("王律师", AT, "此条为何删除？"),), False, gone=True),
    SharedThread("sign.a.rep", "签署页：代表", (SharedRemark("王律师", AT, "请填写代表姓名。"),), False),
)


@pytest.fixture(scope="module")
def commented() -> bytes:
    return add_comments(rendered(SAMPLE, pages={}), THREADS)


def _texts(content: bytes) -> list[str]:
    root = tree(content, "word/comments.xml")
    return ["\n".join("".join(t.text or "" for t in p.iter(f"{W}t")) for p in c.iter(f"{W}p")) for c in root]


def test_the_words_of_the_contract_are_untouched(commented: bytes) -> None:
    assert prove_docx(commented, SAMPLE).differences == ()


def test_the_file_is_sound_and_equal_input_gives_equal_bytes(commented: bytes) -> None:
    assert check_structure(commented) == []
    assert add_comments(rendered(SAMPLE, pages={}), THREADS) == commented


def test_every_remark_is_a_comment_with_its_words_as_they_are(commented: bytes) -> None:
    assert _texts(commented) == [
        "整体意见。",
        '<w:p/>{{ 7*7 }}&amp;"\n第二行',
        "同意。",
        "【8.2.9 已删条款】此条为何删除？",
        "请填写代表姓名。",
    ]
    found = [(c.get(f"{W}author"), c.get(f"{W}date")) for c in tree(commented, "word/comments.xml")]
    assert found[2] == ('李 "L"', "2026-11-22T08:30:00Z")


def test_a_thread_stands_in_the_paragraph_of_its_provision(commented: bytes) -> None:
    document = tree(commented)
    for thread, number in ((THREADS[1], "1"), (THREADS[1], "2"), (THREADS[3], "4")):
        (bookmark,) = document.iterfind(f".//{W}bookmarkStart[@{W}name='{bookmark_name(thread.place)}']")
        paragraph = bookmark.getparent()
        assert paragraph is not None
        assert paragraph.find(f"{W}commentRangeStart[@{W}id='{number}']") is not None
        assert paragraph.find(f"{W}commentRangeEnd[@{W}id='{number}']") is not None
        assert paragraph.find(f"{W}r/{W}commentReference[@{W}id='{number}']") is not None


def test_replies_name_what_they_answer_and_settled_threads_are_done(commented: bytes) -> None:
    rows = [
        (e.get(f"{W15}paraId"), e.get(f"{W15}paraIdParent"), e.get(f"{W15}done"))
        for e in tree(commented, "word/commentsExtended.xml")
    ]
    ids = [c.findall(f"{W}p")[-1].get(f"{W14}paraId") for c in tree(commented, "word/comments.xml")]
    assert [r[0] for r in rows] == ids
    assert len(set(ids)) == len(ids)
    assert [r[1] for r in rows] == [None, None, ids[1], None, None]
    assert [r[2] for r in rows] == ["0", "1", "1", "0", "0"]


def test_without_threads_the_file_stays_as_it_is() -> None:
    content = rendered(SAMPLE, pages={})
    assert add_comments(content, ()) == content


def test_microsofts_validator_finds_nothing(commented: bytes, tmp_path: Path) -> None:
    target = tmp_path / "commented.docx"
    target.write_bytes(commented)
    command = [_validator(), str(target), "--officeVersion", "Microsoft365"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, "PATH": _node_path()})
    assert json.loads(result.stdout)["errors"] == []


def test_libreoffice_reads_every_comment_at_its_place(commented: bytes, tmp_path: Path) -> None:
    source = tmp_path / "commented.bin"
    source.write_bytes(commented)
    again = libreoffice(source, "docx:MS Word 2007 XML", ".docx").read_bytes()
    with zipfile.ZipFile(BytesIO(again)) as archive:
        comments = etree.fromstring(archive.read("word/comments.xml"))
    texts = {"".join(c.itertext()): c.get(f"{W}id") for c in comments}
    assert len(texts) == 5
    number = texts["同意。"]
    (reference,) = tree(again).iterfind(f".//{W}commentReference[@{W}id='{number}']")
    paragraph = next(e for e in reference.iterancestors() if e.tag == f"{W}p")
    words = "".join(t.text or "" for t in paragraph.iter(f"{W}t"))
    provision = SAMPLE.provision("fees.payment.term")
    assert provision is not None
    assert provision.text in words
    assert part(again, "word/comments.xml")
