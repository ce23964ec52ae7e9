"""The DOCX: what a lawyer, Word and a later read-back find in it."""

import re
import time
import zipfile
from dataclasses import replace
from io import BytesIO

import pytest

from app.domain.tree import FilledValue, Text
from app.rendering.docx import render_docx
from app.rendering.docx_check import check_structure
from app.rendering.docx_styles import Styles, read_styles
from app.rendering.docx_tables import column_widths, needed_widths
from app.rendering.docx_xml import Ids, around_words, bookmark_name, clean, control_tag, run
from app.rendering.proof.docx_text import prove_docx, read_blocks
from tests.rendering.docx_tools import MAIN, W, edited, part, rendered, replacing, tree
from tests.rendering.sample import meta_of, sample, service_table, small, with_rows

SAMPLE = sample()
CONTENT = rendered(SAMPLE)
DOCUMENT = tree(CONTENT)
STYLES: Styles = read_styles(tree(CONTENT, "word/styles.xml"))


def _words(element) -> str:
    return "".join(t.text or "" for t in element.iter(f"{W}t"))


def _controls() -> dict:
    found = {}
    for control in DOCUMENT.iter(f"{W}sdt"):
        tag = control.find(f"{W}sdtPr/{W}tag")
        if tag is not None:
            found[tag.get(f"{W}val")] = control
    return found


def test_every_provision_sits_in_a_control_and_a_bookmark_of_its_own() -> None:
    controls = _controls()
    bookmarks = {e.get(f"{W}name") for e in DOCUMENT.iter(f"{W}bookmarkStart")}
    for provision in SAMPLE.provisions():
        control = controls[f"clause:{provision.id}"]
        assert provision.id in control.find(f"{W}sdtPr/{W}alias").get(f"{W}val")
        assert bookmark_name(provision.id) in {e.get(f"{W}name") for e in control.iter(f"{W}bookmarkStart")}
        assert len(control.findall(f"{W}sdtContent/{W}p")) == 1
    assert {bookmark_name(s.id) for s in SAMPLE.sections()} <= bookmarks


def test_ids_of_controls_and_bookmarks_are_the_same_in_another_version() -> None:
    def ids(content: bytes) -> dict[str, tuple[str, str]]:
        result = {}
        for control in tree(content).iter(f"{W}sdt"):
            tag = control.find(f"{W}sdtPr/{W}tag")
            if tag is not None and tag.get(f"{W}val").startswith("clause:"):
                mark = next(control.iter(f"{W}bookmarkStart"))
                result[tag.get(f"{W}val")] = (control.find(f"{W}sdtPr/{W}id").get(f"{W}val"), mark.get(f"{W}id"))
        return result

    full, other = ids(CONTENT), ids(rendered(small()))
    shared = full.keys() & other.keys()
    assert len(shared) > 15
    assert all(full[tag] == other[tag] for tag in shared)


def test_annex_tables_lie_in_bookmarks_and_in_no_control() -> None:
    bookmarks = {e.get(f"{W}name"): e for e in DOCUMENT.iter(f"{W}bookmarkStart")}
    for table_id in ("annex.services", "sla.metrics", "annex.metrics"):
        mark = bookmarks[bookmark_name(table_id, "_tb_")]
        following = mark.getnext()
        while following.tag != f"{W}tbl":
            following = following.getnext()
        assert not any(a.tag == f"{W}sdt" for a in following.iterancestors())


def test_table_rows_do_not_split_and_the_head_repeats() -> None:
    tables = [t for t in DOCUMENT.iter(f"{W}tbl") if t.find(f".//{W}tblHeader") is not None]
    assert len(tables) == 5  # three of the annexes, two pages of signatures
    for table in tables:
        rows = table.findall(f"{W}tr")
        assert rows[0].find(f"{W}trPr/{W}tblHeader") is not None
        assert all(r.find(f"{W}trPr/{W}cantSplit") is not None for r in rows)


def test_a_wide_table_lies_across_and_only_the_cover_lacks_the_running_header() -> None:
    annex = SAMPLE.provision("annex.services.intro")
    wide = tuple(replace(annex.table.columns[i % 6], key=f"k{i}", label=f"第{i}列") for i in range(12))
    rows = tuple(replace(r, cells=r.cells + r.cells) for r in annex.table.rows)
    instrument = _with_table(replace(annex.table, columns=wide, rows=rows))
    content = rendered(instrument)
    sections = list(tree(content).iter(f"{W}sectPr"))
    assert [s.find(f"{W}pgSz").get(f"{W}orient") for s in sections] == [None, "landscape", None]
    assert [s.find(f"{W}titlePg") is not None for s in sections] == [True, False, False]
    assert check_structure(content) == []
    assert prove_docx(content, instrument).equal


def _with_table(table):
    def changed(section):
        return replace(
            section,
            provisions=tuple(replace(p, table=table) if p.id == "annex.services.intro" else p for p in section.provisions),
        )

    return replace(SAMPLE, chapters=tuple(replace(c, sections=tuple(map(changed, c.sections))) for c in SAMPLE.chapters))


def test_headings_carry_outline_levels() -> None:
    styles = tree(CONTENT, "word/styles.xml")
    levels = {s.get(f"{W}styleId"): s.find(f"{W}pPr/{W}outlineLvl") for s in styles.iterfind(f"{W}style")}
    used = [p.find(f"{W}pPr/{W}pStyle").get(f"{W}val") for p in DOCUMENT.iter(f"{W}p") if p.find(f"{W}pPr/{W}pStyle") is not None]
    outline = [levels[s].get(f"{W}val") for s in used if levels.get(s) is not None]
    assert outline.count("0") == 14
    assert outline.count("1") == 42


def test_numbers_are_automatic_and_not_typed() -> None:
    for paragraph in DOCUMENT.iter(f"{W}p"):
        if paragraph.find(f"{W}pPr/{W}numPr") is not None:
            assert not re.match(r"[\d（第]", _words(paragraph).lstrip()), _words(paragraph)


def test_references_are_live_fields_whose_cached_text_is_the_number() -> None:
    xml = part(CONTENT)
    fields = re.findall(r"<w:instrText[^>]*> REF (\S+) ([^<]*)</w:instrText></w:r>.*?<w:t [^>]*>([^<]*)</w:t>", xml)
    numbers = {bookmark_name(p.id): p.number for p in SAMPLE.provisions()}
    numbers |= {bookmark_name(x.id): x.number for x in (*SAMPLE.chapters, *SAMPLE.sections())}
    numbers |= {bookmark_name(s.id, "_an_"): s.annex for s in SAMPLE.annexes()}
    assert len(fields) >= len(SAMPLE.references())
    for name, switches, shown in fields:
        assert numbers[name] == shown
        assert switches.strip() == (r"\h \* CHARFORMAT" if name.startswith("_an_") else r"\n \h")


def test_a_reference_to_an_item_keeps_the_number_of_its_article_live_too() -> None:
    control = _controls()["clause:defs.reading.days"]
    instructions = [e.text.split()[1] for e in control.iter(f"{W}instrText")]
    assert instructions == [bookmark_name("defs.meaning"), bookmark_name("defs.meaning.b")]
    assert "第1.1.1条第（2）项" in _words(control)


def test_contents_are_filled_with_links_and_the_pages_of_the_layout() -> None:
    pages = {c.id: 3 + c.index for c in SAMPLE.chapters} | {s.id: 30 + i for i, s in enumerate(SAMPLE.sections())}
    document = tree(rendered(SAMPLE, pages=pages))
    control = next(c for c in document.iter(f"{W}sdt") if c.find(f"{W}sdtPr/{W}docPartObj") is not None)
    lines = ["".join(t.text if t.tag == f"{W}t" else "\t" for t in p.iter(f"{W}t", f"{W}tab")) for p in control.iter(f"{W}p")]
    assert lines[0] == "第一章　总则\t4"
    assert lines[1] == "1.1　定义与解释\t30"
    assert "13.1　附件一　服务项目详细列表\t66" in lines
    assert len(lines) == 14 + 42
    anchors = {e.get(f"{W}name") for e in document.iter(f"{W}bookmarkStart")}
    assert all(link.get(f"{W}anchor") in anchors for link in control.iter(f"{W}hyperlink"))
    assert control.getnext().tag == f"{W}p"


def test_fields_are_updated_on_opening_only_when_the_pages_are_unknown() -> None:
    assert "updateFields" in part(CONTENT, "word/settings.xml")
    assert "updateFields" not in part(rendered(SAMPLE, pages={"ch.1": 4}), "word/settings.xml")


def test_each_signature_page_begins_a_page_and_holds_its_named_boxes() -> None:
    starts = {}
    for paragraph in DOCUMENT.iter(f"{W}p"):
        if paragraph.find(f"{W}pPr/{W}pageBreakBefore") is not None:
            starts[_words(paragraph)] = paragraph
    assert {"签署页", "乙方(受托方)签署页", "双方授权代表签署页", "附件", "附件二　技术参数与性能指标"} <= starts.keys()
    controls = _controls()
    for _place, box in SAMPLE.boxes():
        control = controls[f"box:{box.name}"]
        assert _words(control).strip("　☐ ") == ""
        cell = control.find(f"{W}sdtContent/{W}tc")
        assert cell is not None
        assert cell[-1].tag == f"{W}p"


def test_a_box_has_its_size_on_paper() -> None:
    cell = _controls()["box:sign.party_a_seal"].find(f"{W}sdtContent/{W}tc")
    width = int(cell.find(f"{W}tcPr/{W}tcW").get(f"{W}w"))
    height = int(next(cell.iterancestors(f"{W}tr")).find(f"{W}trPr/{W}trHeight").get(f"{W}val"))
    assert abs(width / 1440 * 25.4 - 45) < 0.1
    assert abs(height / 1440 * 25.4 - 45) < 0.1


def test_blanks_are_underlined_and_major_terms_bold() -> None:
    styles = tree(CONTENT, "word/styles.xml")
    look = {s.get(f"{W}styleId"): s for s in styles.iterfind(f"{W}style")}
    runs = [(r, r.find(f"{W}rPr/{W}rStyle")) for r in DOCUMENT.iter(f"{W}r")]
    blanks = [look[s.get(f"{W}val")] for r, s in runs if s is not None and _words(r) == "________"]
    assert len(blanks) == 3
    assert all(s.find(f"{W}rPr/{W}u") is not None for s in blanks)
    major = [look[s.get(f"{W}val")] for r, s in runs if s is not None and "应当在收到乙方开具" in _words(r)]
    assert len(major) == 1
    assert major[0].find(f"{W}rPr/{W}b") is not None


def test_language_and_fonts_are_east_asian() -> None:
    defaults = tree(CONTENT, "word/styles.xml").find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
    assert defaults.find(f"{W}lang").get(f"{W}eastAsia") == "zh-CN"
    assert defaults.find(f"{W}rFonts").get(f"{W}eastAsia") == "宋体"
    assert tree(CONTENT, "word/settings.xml").find(f"{W}themeFontLang").get(f"{W}eastAsia") == "zh-CN"
    fonts = set(re.findall(r'w:eastAsia="([^"]+)"', part(CONTENT, "word/styles.xml")))
    assert {"宋体", "黑体", "仿宋"} <= fonts


def test_identity_stands_in_footer_and_custom_properties() -> None:
    meta = meta_of(SAMPLE, final=True)
    content = rendered(SAMPLE, meta)
    custom = part(content, "docProps/custom.xml")
    for value in (meta.document_id, meta.digest, meta.version, meta.number, "final"):
        assert f">{value}<" in custom
    with zipfile.ZipFile(BytesIO(content)) as archive:
        footers = [archive.read(n).decode() for n in archive.namelist() if "footer" in n and n.endswith(".xml")]
    assert len(footers) == 2
    assert all(f"文档编号 {meta.document_id}" in f and f"正文摘要 {meta.digest[:16]}" in f for f in footers)
    assert any("NUMPAGES" in f and " PAGE " in f for f in footers)


@pytest.mark.parametrize("final", [True, False])
def test_only_a_draft_says_so_on_every_page(final: bool) -> None:
    content = rendered(SAMPLE, meta_of(SAMPLE, final=final))
    with zipfile.ZipFile(BytesIO(content)) as archive:
        headers = [archive.read(n).decode() for n in archive.namelist() if re.search(r"word/header\d+\.xml", n)]
    assert len(headers) == 2
    assert all(("草稿" in h) is not final for h in headers)


def test_equal_input_gives_equal_bytes() -> None:
    assert rendered(sample()) == rendered(sample())


def test_times_in_the_file_are_those_of_the_metadata() -> None:
    with zipfile.ZipFile(BytesIO(CONTENT)) as archive:
        assert {i.date_time for i in archive.infolist()} == {(2026, 11, 22, 1, 2, 2)}
    assert "2026-11-22T01:02:03Z" in part(CONTENT, "docProps/core.xml")


def test_markup_jinja_and_control_characters_in_answers_appear_as_text_or_not_at_all() -> None:
    hostile = "{{ 7*7 }}{% for x in ().__class__.__mro__ %}<w:p/>&amp;\x00\x0b\ud800]]>\ufffe“甲”"
    instrument = replace(small(), title=f"合同{hostile}", number=hostile)
    first = instrument.cover[0]
    instrument = replace(instrument, cover=(replace(first, content=(FilledValue(hostile, "x"),)),), preamble=(Text(hostile),))
    meta = replace(meta_of(small()), title=instrument.title, number=hostile)
    content = rendered(instrument, meta)
    assert prove_docx(content, instrument).equal
    assert check_structure(content) == []
    assert "49" not in part(content, "word/header1.xml")
    assert any("{{ 7*7 }}" in b.text for b in read_blocks(content))


def test_line_ends_in_an_answer_stay_line_ends() -> None:
    instrument = replace(small(), preamble=(Text("第一行\n第二行\t列"),))
    content = rendered(instrument)
    assert '第一行</w:t><w:br/><w:t xml:space="preserve">第二行</w:t><w:tab/>' in part(content)
    assert prove_docx(content, instrument).equal


def test_the_structure_is_sound() -> None:
    assert check_structure(CONTENT) == []
    assert check_structure(rendered(small())) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('w:name="_cl_breach_cap"', 'w:name="_cl_breach_other"', "不存在的书签：_cl_breach_cap"),
        ('w:val="clause:breach.cap"', 'w:val="clause:breach.payment.rate"', "内容控件标记重复"),
        ('<w:numId w:val="1"/></w:numPr></w:pPr><w:bookmarkStart w:id="{}"', "", "未定义的编号"),
    ],
)
def test_the_structural_check_finds_what_was_broken(old: str, new: str, problem: str) -> None:
    if "{}" in old:
        broken = edited(CONTENT, lambda text: text.replace('<w:numId w:val="1"/>', '<w:numId w:val="999"/>', 1))
    else:
        broken = edited(CONTENT, replacing(old, new))
    assert any(problem in p for p in check_structure(broken))


def test_an_unbalanced_field_and_a_torn_bookmark_are_found() -> None:
    one = edited(CONTENT, lambda text: text.replace('<w:fldChar w:fldCharType="end"/>', "", 1))
    two = edited(CONTENT, lambda text: re.sub(r"<w:bookmarkEnd [^>]*/>", "", text, count=1))
    assert any("域没有结束" in p for p in check_structure(one))
    assert any("书签没有结束" in p for p in check_structure(two))


def test_five_thousand_rows_cost_no_more_than_their_number() -> None:
    few, many = with_rows(500), with_rows(5000)
    meta_few, meta_many = meta_of(few), meta_of(many)
    render_docx(few, meta_few)

    def seconds(instrument, meta) -> float:
        start = time.perf_counter()
        render_docx(instrument, meta)
        return time.perf_counter() - start

    small_time = min(seconds(few, meta_few) for _ in range(3))
    assert seconds(many, meta_many) < 25 * small_time


def test_bookmark_names_are_short_and_stable_and_do_not_meet() -> None:
    assert bookmark_name("fees.payment.term") == "_cl_fees_payment_term"
    assert bookmark_name("s.8.2") == "_cl_s_8_2"
    assert bookmark_name("a.b_c") != bookmark_name("a_b.c")
    long = bookmark_name("x" * 60)
    assert len(long) == 40
    assert long != bookmark_name("x" * 61)
    assert re.fullmatch(r"_cl_[A-Za-z0-9_]+", bookmark_name("条款.一"))


def test_control_tags_keep_within_what_word_accepts() -> None:
    assert control_tag("clause", "fees.payment") == "clause:fees.payment"
    assert len(control_tag("clause", "x" * 90)) == 64


def test_ids_depend_on_the_place_and_never_repeat() -> None:
    first, second = Ids(), Ids()
    assert first.of("clause", "a") == second.of("clause", "a")
    assert first.of("clause", "a") != first.of("clause", "a")


def test_column_widths_fill_the_page_and_leave_no_column_unreadable() -> None:
    widths = column_widths((1, 50, 49), 8640)
    assert sum(widths) == 8640
    assert min(widths) >= 480
    assert sum(column_widths((10,) * 30, 8640)) == 8640


def test_a_column_of_figures_takes_the_width_that_its_longest_figure_needs() -> None:
    columns = tuple(replace(c, width=1 if c.numeric else 50) for c in service_table(3).columns)
    table = replace(service_table(3), columns=columns)
    needed = needed_widths(table)
    widths = column_widths(tuple(c.width for c in columns), 8820, needed)
    assert sum(widths) == 8820
    assert all(have >= want for have, want in zip(widths, needed, strict=True))
    assert needed[4] > 1000


def test_a_box_wider_than_its_cell_is_made_to_fit() -> None:
    section = SAMPLE.section("14.3")
    row = section.form[-1]
    wide = replace(row, content=(replace(row.content[0], width=400.0),))
    form = (*section.form[:-1], wide)
    last = SAMPLE.chapters[-1]
    sections = (*last.sections[:-1], replace(section, form=form))
    content = rendered(replace(SAMPLE, chapters=(*SAMPLE.chapters[:-1], replace(last, sections=sections))))
    assert max(int(e.get(f"{W}w")) for e in tree(content).iter(f"{W}gridCol")) < 8820


def test_a_bookmark_ends_before_the_last_punctuation_mark() -> None:
    assert around_words(run("甲方。"), "b", 1).endswith("<w:t>。</w:t></w:r>")
    assert around_words(run("甲方"), "b", 1).endswith('<w:bookmarkEnd w:id="1"/>')
    assert "甲方" in around_words(run("甲方") + run("。"), "b", 1).partition("bookmarkEnd")[0]


def test_characters_that_xml_cannot_carry_are_taken_out() -> None:
    assert clean("甲\x00乙\ud800\ufffe\n𬱖") == "甲乙\n𬱖"


def test_the_main_part_has_the_name_that_word_gives_it() -> None:
    with zipfile.ZipFile(BytesIO(CONTENT)) as archive:
        assert archive.namelist()[0] == "[Content_Types].xml"
        assert MAIN in archive.namelist()


def test_a_signature_page_that_runs_over_names_the_party_again_and_keeps_signature_and_seal_together():
    signed = [t for t in DOCUMENT.iter(f"{W}tbl") if any(_words(r).startswith("盖章：") for r in t.findall(f"{W}tr"))]
    assert len(signed) == 2
    for table in signed:
        rows = table.findall(f"{W}tr")
        assert [n for n, row in enumerate(rows) if row.find(f"{W}trPr/{W}tblHeader") is not None] == [0]
        first = next(n for n, row in enumerate(rows) if "签字：" in _words(row))
        kept = [all(p.find(f"{W}keepNext") is not None for p in row.iter(f"{W}pPr")) for row in rows]
        assert kept == [first <= n < len(rows) - 1 for n in range(len(rows))]
