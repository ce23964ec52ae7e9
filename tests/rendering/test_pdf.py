"""The finished PDF: archive conformance, structure, places, fonts."""

from __future__ import annotations

import ctypes
import re
from dataclasses import replace
from io import BytesIO

import page as page_validation
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw
import pytest
from fontTools.ttLib import TTFont

from app.domain.tree import BoxKind, FilledValue, Instrument, Text
from app.rendering import pdf as pdf_module
from app.rendering.fonts import EngineError
from app.rendering.pdf import AssetFetcher, PdfRenderer, assert_engine
from tests.rendering.fixtures import finished, fonts, renderer
from tests.rendering.sample import RARE, meta_of, signature_page, small


def _opened(content: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(content))


@pytest.mark.parametrize(("rows", "final"), [(60, True), (8, False)])
def test_the_file_is_pdf_a_3a(rows: int, final: bool) -> None:
    _, made = finished(rows, final=final)
    report = page_validation.validate_pdf_bytes(made.content, profile="3a")
    assert report.is_compliant, [str(f) for f in report.failures]


def test_the_file_names_its_language_title_and_identity() -> None:
    instrument, made = finished()
    with _opened(made.content) as pdf:
        assert str(pdf.Root.Lang) == "zh-CN"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert instrument.title in str(pdf.docinfo["/Title"])
        assert meta_of(instrument).digest in str(pdf.docinfo["/Subject"])
        assert "/Filter" not in pdf.Root.Metadata


def test_bookmarks_list_every_chapter_and_section() -> None:
    instrument, made = finished()
    with _opened(made.content) as pdf, pdf.open_outline() as outline:
        chapters = [item.title for item in outline.root]
        sections = [child.title for item in outline.root for child in item.children]
    assert chapters == [f"{c.number} {c.title}" for c in instrument.chapters]
    assert len(sections) == 42


def test_attachments_carry_their_relationship() -> None:
    _, made = finished()
    with _opened(made.content) as pdf:
        assert sorted(str(spec.AFRelationship) for spec in pdf.Root.AF) == ["/Alternative", "/Data"], "each file once"
        assert pdf.attachments["contract.json"].get_file().read_bytes() == b'{"title":"x"}'


def test_attachments_may_be_made_from_the_page_numbers() -> None:
    instrument = small()
    seen: dict[str, int] = {}

    def attach(pages: object) -> tuple[()]:
        seen.update(pages)  # type: ignore[call-overload]
        return ()

    made = renderer().render(instrument, meta_of(instrument), attach)
    assert seen == dict(made.pages)
    assert {p.id for p in instrument.provisions()} <= set(seen)


def test_every_signing_box_lies_where_the_page_shows_it() -> None:
    instrument, made = finished()
    # A tick box is as high as a line leaves room for: larger, it would lie on the one above and on the words below.
    sizes = {
        box.name: (3.8, 3.8) if box.kind is BoxKind.CHECK else (float(box.width), float(box.height))
        for _, box in instrument.boxes()
    }
    assert {b.name for b in made.boxes} == set(sizes)
    document = pdfium.PdfDocument(made.content)
    for placed in made.boxes:
        width, height = document[placed.page - 1].get_size()
        assert 0 < placed.x1 < placed.x2 < width
        assert 0 < placed.y1 < placed.y2 < height
        assert (placed.x2 - placed.x1) * 25.4 / 72 == pytest.approx(sizes[placed.name][0], abs=0.7)
        assert (placed.y2 - placed.y1) * 25.4 / 72 == pytest.approx(sizes[placed.name][1], abs=0.7)
    document.close()


def test_the_frame_of_a_seal_is_on_the_page_unless_fields_will_bring_it() -> None:
    instrument = signature_page()
    meta = meta_of(instrument, final=True)
    printed, to_be_sealed = (renderer().render(instrument, replace(meta, fields=fields)) for fields in (False, True))
    assert printed.boxes == to_be_sealed.boxes, "nothing moves"
    (seal,) = (b for b in printed.boxes if b.name == "sign.party_a_seal")

    def left_side(content: bytes) -> set[int]:
        """The darkest shade of each line of pixels around the middle of the frame's left side."""
        document = pdfium.PdfDocument(content)
        sheet = document[seal.page - 1]
        image = sheet.render(scale=4).to_pil().convert("L")
        x, y = seal.x1 * 4, (sheet.get_height() - (seal.y1 + seal.y2) / 2) * 4
        document.close()
        strip = image.crop((int(x) - 6, int(y) - 40, int(x) + 7, int(y) + 40))
        return {min(strip.crop((0, row, strip.width, row + 1)).tobytes()) for row in range(strip.height)}

    assert max(left_side(printed.content)) < 200
    assert left_side(to_be_sealed.content) == {255}


def test_each_signature_page_stands_alone() -> None:
    _, made = finished()
    pages = [made.pages[f"s.14.{i}"] for i in (1, 2, 3)]
    assert len(set(pages)) == 3
    assert pages[-1] == made.page_count


def test_pages_are_as_the_reader_finds_them() -> None:
    instrument, made = finished()
    document = pdfium.PdfDocument(made.content)
    assert len(document) == made.page_count
    for section in instrument.sections():
        text = document[made.pages[section.id] - 1].get_textpage().get_text_range()
        assert f"{section.number} " in text
    document.close()


def test_a_place_is_on_the_page_where_it_begins() -> None:
    instrument, made = finished()
    document = pdfium.PdfDocument(made.content)
    texts = ["".join(page.get_textpage().get_text_range().split()) for page in document]
    document.close()
    for provision in instrument.provisions():
        beginning = "".join(f"{provision.number}{provision.title}{provision.text}".split())[:12]
        assert beginning in texts[made.pages[provision.id] - 1], provision.id


def test_a_wrong_guess_of_the_pages_of_the_contents_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    instrument = small()
    other = PdfRenderer(fonts())
    monkeypatch.setattr(pdf_module, "_ENTRIES_PER_PAGE", 2)
    guessed = other.render(instrument, meta_of(instrument))
    assert guessed.content == renderer().render(instrument, meta_of(instrument)).content


def test_a_table_head_is_repeated_on_every_page_of_its_table() -> None:
    _, made = finished()
    document = pdfium.PdfDocument(made.content)
    first, last = made.pages["annex.services.intro"], made.pages["s.13.2"] - 1
    assert last - first >= 2
    for number in range(first, last + 1):
        assert "服务内容与交付物" in document[number - 1].get_textpage().get_text_range()
    document.close()


def test_rare_characters_and_widths_come_out_right() -> None:
    _, made = finished()
    document = pdfium.PdfDocument(made.content)
    text = document[0].get_textpage().get_text_range() + document[made.pages["party.a"] - 1].get_textpage().get_text_range()
    document.close()
    assert RARE in text
    assert "１号Ａ座（Café Zürich 楼）" in text


def test_glyph_numbers_are_the_cids_of_every_embedded_font() -> None:
    """A reader that goes through the font's charset and one that does not must show the same glyph."""
    _, made = finished()
    with _opened(made.content) as pdf:
        fonts = {f.objgen: f for page in pdf.pages for f in page.obj.Resources.Font.values()}
        assert len(fonts) >= 4
        for font in fonts.values():
            shown = {int(code, 16) for code in re.findall(rb"<([0-9a-f]{4})> <", font.ToUnicode.read_bytes())} - {0}
            with TTFont(BytesIO(font.DescendantFonts[0].FontDescriptor.FontFile3.read_bytes())) as program:
                charset = program["CFF "].cff.topDictIndex[0].charset
                assert {code for code in shown if charset[code] != f"cid{code:05d}"} == set()


def test_lines_of_pure_chinese_end_flush() -> None:
    instrument = replace(small(), preamble=(Text("甲方委托乙方提供互联网产品售后服务双方订立本合同" * 12),))
    made = renderer().render(instrument, meta_of(instrument))
    document = pdfium.PdfDocument(made.content)
    page = document[made.pages["preamble"] - 1].get_textpage()
    start = page.get_text_range().index("甲方委托乙方提供")
    ends: dict[int, float] = {}
    x, y = ctypes.c_double(), ctypes.c_double()
    for index in range(start, start + 12 * 24):
        if pdfium_raw.FPDFText_GetUnicode(page, index) > 0x4E00:
            pdfium_raw.FPDFText_GetCharOrigin(page, index, x, y)
            ends[round(y.value)] = max(ends.get(round(y.value), 0), x.value)
    document.close()
    edges = [ends[line] for line in sorted(ends)][1:]
    assert len(edges) >= 5
    assert max(edges) - min(edges) < 0.1


def test_the_same_contract_gives_the_same_bytes() -> None:
    instrument = small()
    first, second = (renderer().render(instrument, meta_of(instrument)).content for _ in range(2))
    assert first == second


def test_no_object_streams_slow_signature_checks_down() -> None:
    _, made = finished()
    assert b"/ObjStm" not in made.content


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://127.0.0.1:9/", "data:text/plain,x", "asset:../print.css", "asset:/etc/passwd"]
)
def test_a_template_reaches_neither_network_nor_files(url: str) -> None:
    with pytest.raises(ValueError, match="refused"):
        AssetFetcher({}).fetch(url)


def test_markup_in_an_answer_is_printed_as_text() -> None:
    hostile = '<img src="file:///etc/passwd"><script>x</script>{{ 7*7 }}'
    instrument: Instrument = replace(small(), preamble=(FilledValue(hostile, "x"),))
    made = renderer().render(instrument, meta_of(instrument))
    document = pdfium.PdfDocument(made.content)
    text = document[made.pages["preamble"] - 1].get_textpage().get_text_range()
    document.close()
    assert hostile.replace(" ", "") in text.replace("\r\n", "").replace(" ", "")


def test_start_up_refuses_an_engine_without_the_subset_library(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_engine()
    monkeypatch.setattr(pdf_module.weasyprint_libraries, "harfbuzz_subset", None)
    with pytest.raises(EngineError, match="libharfbuzz-subset0") as caught:
        assert_engine()
    assert "请安装" in caught.value.message
