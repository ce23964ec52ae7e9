"""The eight papers and the consolidated copy as files: every one says what its tree says."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date
from functools import cache
from io import BytesIO

import pypdfium2 as pdfium
import pytest
from lxml import etree

from app.domain.annotation import TITLE, reading_copy
from app.domain.consolidation import Amendment, consolidate
from app.domain.difference import operations_between
from app.domain.documents import RenderedPdf
from app.domain.papers import PaperKind
from app.domain.tree import Instrument, Note
from app.rendering.docx import TEMPLATES, render_docx
from app.rendering.docx_check import check_structure
from app.rendering.html import render_html, render_preview
from app.rendering.proof.docx_text import prove_docx, read_contents
from app.rendering.proof.pdf_text import prove_pdf
from tests.domain.standings import BASE, Standing, with_edit
from tests.papers.samples import paper
from tests.rendering.docx_tools import W, tree
from tests.rendering.fixtures import renderer
from tests.rendering.sample import meta_of

DAY = date(2027, 3, 1)


@cache
def instrument(kind: PaperKind) -> Instrument:
    return paper(kind).instrument


@cache
def pdf(kind: PaperKind) -> RenderedPdf:
    tree = instrument(kind)
    return renderer().render(tree, meta_of(tree, final=True))


@pytest.mark.parametrize("kind", PaperKind, ids=lambda k: k.value)
def test_the_pdf_of_a_paper_says_what_its_tree_says(kind: PaperKind):
    proof = prove_pdf(pdf(kind).content, instrument(kind))
    assert (proof.differences, proof.missing_glyphs) == ((), ())
    boxes = {b.name for _, b in instrument(kind).boxes()}
    assert {b.name for b in pdf(kind).boxes} == boxes
    assert pdf(kind).page_count <= 8


@pytest.mark.parametrize("kind", PaperKind, ids=lambda k: k.value)
def test_the_docx_of_a_paper_says_what_its_tree_says(kind: PaperKind):
    content = render_docx(instrument(kind), meta_of(instrument(kind), final=True))
    assert prove_docx(content, instrument(kind)).differences == ()
    assert check_structure(content) == []
    assert read_contents(content) == ()


ONE_SIDED = [k for k in PaperKind if instrument(k).chapters[-1].sections[0].one_sided]


def test_notices_are_sealed_by_one_party():
    assert set(ONE_SIDED) == {PaperKind.NON_RENEWAL, PaperKind.RESCISSION, PaperKind.RECTIFICATION, PaperKind.DEMAND}


@pytest.mark.parametrize("filler", [0, 4, 8, 12, 16])
def test_the_signatures_of_a_notice_never_stand_on_a_page_without_text(filler: int):
    tree = instrument(PaperKind.RESCISSION)
    before = tree.chapters[-2]
    section = before.sections[0]
    more = tuple(replace(section.provisions[0], id=f"more.{n}") for n in range(filler))
    section = replace(section, provisions=more + section.provisions)
    tree = replace(tree, chapters=(*tree.chapters[:-2], replace(before, sections=(section,)), tree.chapters[-1]))
    with pdfium.PdfDocument(renderer().render(tree, meta_of(tree, final=True)).content) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    (sealed,) = (n for n, words in enumerate(pages) if "签发日期" in words)
    last = "".join(section.provisions[-1].text.split())
    assert last[-12:] in "".join(pages[sealed].split())

    content = zipfile.ZipFile(BytesIO(render_docx(tree, meta_of(tree, final=True)))).read("word/document.xml")
    (kept,) = (p for p in etree.fromstring(content).iter(f"{W}p") if last in "".join("".join(p.itertext()).split()))
    assert kept.find(f"{W}pPr/{W}keepNext") is not None


def test_a_changed_word_in_a_paper_fails_its_proof():
    tree = instrument(PaperKind.NON_RENEWAL)
    other = replace(tree, title="解约通知")
    assert not prove_pdf(pdf(PaperKind.NON_RENEWAL).content, other).equal
    assert not prove_docx(render_docx(tree, meta_of(tree)), other).equal


def test_a_draft_of_a_paper_says_so_on_its_first_page():
    tree = instrument(PaperKind.NON_RENEWAL)
    drawn = renderer().render(tree, meta_of(tree, final=False))
    assert prove_pdf(drawn.content, tree).equal
    assert drawn.content != pdf(PaperKind.NON_RENEWAL).content


def test_articles_of_a_paper_are_one_native_list():
    content = render_docx(instrument(PaperKind.DEMAND), meta_of(instrument(PaperKind.DEMAND)))
    numbered = [p for p in tree(content).iter(f"{W}p") if p.find(f"{W}pPr/{W}numPr") is not None]
    lists = {p.find(f"{W}pPr/{W}numPr/{W}numId").get(f"{W}val") for p in numbered}
    assert len(lists) == 2
    assert len(numbered) >= 14


def test_the_preview_and_the_page_of_a_paper_have_neither_cover_nor_contents():
    html = render_html(instrument(PaperKind.DEMAND), meta_of(instrument(PaperKind.DEMAND)))
    assert 'class="contents"' not in html
    assert "<h3" not in html
    assert "催款函" in render_preview(instrument(PaperKind.DEMAND))


def test_papers_have_a_word_template_of_their_own():
    assert {p.name for p in TEMPLATES.values()} == {"contract.docx", "paper.docx"}


# ---- the consolidated copy


@cache
def copy() -> Instrument:
    later = BASE.instrument
    later = with_edit(later, "fees.payment.term", "add", "乙方应当开具收据，参见下列约定。", "own.receipt")
    later = with_edit(later, "fees.payment.account", "strike", "", "")
    later = with_edit(later, "defs.meaning.a", "add", "“收据”是指乙方出具的收款凭证。", "own.item")
    later = with_edit(later, "breach.cap", "reword", "任何一方的赔偿总额不超过合同总价的百分之二十。", "")
    operations = operations_between(BASE, Standing(later, BASE.answers))
    signed = Amendment("a", "X-BC-01", "补充协议一", 1, DAY, DAY, operations, tuple(f"第{n}条" for n in range(1, 9)))
    return reading_copy(consolidate(BASE, [signed], DAY), "2026年11月22日")


def test_every_change_in_the_copy_says_which_article_made_it():
    found = {p.id: p.text for p in copy().provisions()}
    assert found["breach.cap"].endswith("〔由补充协议一第4条修改，自2027年3月1日起适用〕")
    assert found["own.receipt"].endswith("〔由补充协议一第2条增加，自2027年3月1日起适用〕")
    assert found["fees.payment.account"] == "（删除）〔由补充协议一第3条删除，自2027年3月1日起适用〕"


def test_the_copy_is_marked_and_cannot_be_signed():
    assert TITLE in copy().title
    assert copy().boxes() == ()
    assert any("仅供查阅" in r.text for r in copy().parties[0].rows)
    assert sum(isinstance(s, Note) for _, s in copy().spans()) >= 4


def test_the_files_of_the_copy_say_what_it_says_inserted_numbers_included():
    """Numbers beside others are written as text; the lists around them go on counting."""
    tree = copy()
    content = render_docx(tree, meta_of(tree, final=True))
    assert prove_docx(content, tree).differences == ()
    assert check_structure(content) == []
    drawn = renderer().render(tree, meta_of(tree, final=True))
    assert prove_pdf(drawn.content, tree).differences == ()
