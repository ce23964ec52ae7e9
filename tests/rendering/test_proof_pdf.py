"""The proof reads the finished PDF: it passes on ours and fails on every change, naming the place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest

from app.domain.tree import Instrument, Provision, Span, Text
from app.rendering.proof.pdf_glyphs import missing_glyphs
from app.rendering.proof.pdf_text import prove_pdf
from tests.rendering.fixtures import finished, renderer
from tests.rendering.sample import meta_of, sample

Change = Callable[[Provision], Provision]


def _changed(instrument: Instrument, place: str, change: Change) -> Instrument:
    def walk(provision: Provision) -> Provision:
        provision = replace(provision, children=tuple(map(walk, provision.children)))
        return change(provision) if provision.id == place else provision

    chapters = tuple(
        replace(c, sections=tuple(replace(s, provisions=tuple(map(walk, s.provisions))) for s in c.sections))
        for c in instrument.chapters
    )
    return replace(instrument, chapters=chapters)


def _reworded(old: str, new: str) -> Change:
    def change(provision: Provision) -> Provision:
        content: tuple[Span, ...] = tuple(
            replace(s, text=s.text.replace(old, new)) if hasattr(s, "variable") or isinstance(s, Text) else s
            for s in provision.content
        )  # type: ignore[misc]
        assert content != provision.content
        return replace(provision, content=content)

    return change


def _cell(provision: Provision) -> Provision:
    assert provision.table is not None
    rows = [replace(r, cells=(*r.cells[:-1], "9%")) if r.id == "S0003" else r for r in provision.table.rows]
    return replace(provision, table=replace(provision.table, rows=tuple(rows)))


def _places(made: bytes, instrument: Instrument) -> set[str]:
    proof = prove_pdf(made, instrument)
    assert not proof.equal
    return {d.anchor for d in proof.differences} - {"digest"}


@pytest.mark.parametrize(("rows", "final"), [(60, True), (8, False), (3, True)])
def test_a_finished_file_is_proven_equal(rows: int, final: bool) -> None:
    instrument, made = finished(rows, final=final)
    proof = prove_pdf(made.content, instrument)
    assert proof.differences == ()
    assert proof.missing_glyphs == ()
    assert proof.equal
    assert proof.characters > 9000


@pytest.mark.parametrize(
    ("place", "change", "named"),
    [
        ("fees.payment.amount", _reworded("1,407,600.00", "1,407,601.00"), "fees.payment.amount"),
        ("breach.cap", _reworded("不得限制", "得限制"), "breach.cap"),
        ("annex.services.intro", _cell, "annex.services#S0003"),
        ("fees.payment.invoice.red", lambda p: replace(p, number="8.2.2.9"), "fees.payment.invoice.red"),
        ("defs.reading.order.b", _reworded("，包括", ",包括"), "defs.reading.order.b"),
        ("fees.payment.term", lambda p: replace(p, title="付款期限"), "fees.payment.term"),
    ],
    ids=["digit", "not", "cell", "number", "width of a comma", "title"],
)
def test_one_change_in_the_file_fails_and_names_its_place(place: str, change: Change, named: str) -> None:
    original = sample(8)
    altered = _changed(original, place, change)
    made = renderer().render(altered, meta_of(altered))
    assert _places(made.content, original) == {named}


def test_a_digit_changed_in_the_content_stream_fails() -> None:
    """The file itself is altered, whatever the tree says: one glyph of the amount is put in place of another."""
    instrument, made = finished(8, final=False)
    page = made.pages["fees.payment.amount"] - 1
    with pikepdf.open(BytesIO(made.content)) as pdf:
        fonts = pdf.pages[page].obj.Resources.Font
        serif = next(f for f in fonts.values() if str(f.BaseFont).endswith("Chengyue-Serif"))
        cmap = serif.ToUnicode.read_bytes().decode()
        one, two = (next(line[1:5] for line in cmap.splitlines() if line.endswith(f"<003{d}>")) for d in "12")
        stream = pdf.pages[page].obj.Contents
        data = stream.read_bytes()
        assert f"<{one}>".encode() in data
        stream.write(data.replace(f"<{one}>".encode(), f"<{two}>".encode(), 1))
        target = BytesIO()
        pdf.save(target)
    assert not prove_pdf(target.getvalue(), instrument).equal


def test_an_added_sentence_in_the_header_cannot_hide() -> None:
    """Words at the end of a page's text that are not exactly the header and footer stay in the text."""
    original = sample(8)
    altered = replace(original, number="HT-2026-0001乙方免责")
    made = renderer().render(altered, meta_of(altered))
    proof = prove_pdf(made.content, original)
    assert any(d.anchor.startswith("page.") for d in proof.differences)


def test_a_wrong_page_number_in_the_contents_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    instrument, made = finished(8, final=False)
    with pikepdf.open(BytesIO(made.content)) as pdf:
        blank = pikepdf.Dictionary(pdf.pages[3].obj)
        del blank["/Contents"]
        assert blank.get("/Resources") is not None
        serif = next(n for n, f in pdf.pages[1].obj.Resources.Font.items() if str(f.BaseFont).endswith("Chengyue-Serif"))
        cmap = pdf.pages[1].obj.Resources.Font[serif].ToUnicode.read_bytes().decode()
        four, nine = (next(line[1:5] for line in cmap.splitlines() if line.endswith(f"<003{d}>")) for d in "49")
        stream = pdf.pages[1].obj.Contents
        data = stream.read_bytes()
        at = data.index(f"[<{four}>".encode())
        stream.write(data[:at] + data[at:].replace(four.encode(), nine.encode(), 1))
        target = BytesIO()
        pdf.save(target)
    (difference,) = prove_pdf(target.getvalue(), instrument).differences
    assert difference.expected == "目录页码 4"
    assert difference.found == "目录页码 9"


def test_a_character_without_a_glyph_fails_although_its_text_is_right(caplog: pytest.LogCaptureFixture) -> None:
    original = sample(3)
    altered = _changed(original, "breach.cap", _reworded("任何一方", "任何\U00031350方"))
    made = renderer().render(altered, meta_of(altered))
    proof = prove_pdf(made.content, altered)
    assert proof.differences == ()
    assert not proof.equal
    assert "U+31350" in proof.missing_glyphs[0]


def test_a_font_that_is_not_embedded_is_named() -> None:
    _, made = finished(8, final=False)
    with pikepdf.open(BytesIO(made.content)) as pdf:
        font = next(iter(pdf.pages[3].obj.Resources.Font.values()))
        del font.DescendantFonts[0].FontDescriptor["/FontFile3"]
        name = str(font.BaseFont)[1:]
        target = BytesIO()
        pdf.save(target)
    problems = missing_glyphs(target.getvalue())
    assert len(problems) == 1
    assert name in problems[0]
    assert "没有嵌入" in problems[0]


def test_signs_that_share_one_glyph_do_not_fail_the_proof() -> None:
    original = sample(3)
    altered = _changed(original, "breach.cap", _reworded("任何一方", "任何一方～〜⼀一"))
    made = renderer().render(altered, meta_of(altered))
    assert prove_pdf(made.content, altered).differences == ()


def _tall(text: str) -> Change:
    def change(provision: Provision) -> Provision:
        assert provision.table is not None
        row = provision.table.rows[1]
        rows = list(provision.table.rows)
        rows[1] = replace(row, cells=(*row.cells[:2], text, *row.cells[3:]))
        return replace(provision, table=replace(provision.table, rows=tuple(rows)))

    return change


LONG = "".join(f"第{i}步受理、分级、处理并回访；" for i in range(1, 320))


def test_a_table_row_that_runs_over_pages_is_proven_equal() -> None:
    altered = _changed(sample(3), "annex.services.intro", _tall(LONG))
    made = renderer().render(altered, meta_of(altered))
    assert made.pages["s.13.2"] - made.pages["annex.services.intro"] >= 2
    assert prove_pdf(made.content, altered).differences == ()


def test_a_change_in_a_row_that_runs_over_pages_fails_and_names_the_row() -> None:
    original = _changed(sample(3), "annex.services.intro", _tall(LONG))
    altered = _changed(sample(3), "annex.services.intro", _tall(LONG.replace("第300步受理", "第300步不受理")))
    made = renderer().render(altered, meta_of(altered))
    assert "annex.services#S0002" in _places(made.content, original)
