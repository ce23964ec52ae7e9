"""The comparison as HTML and PDF: every word of both versions, marks that do not rest on colour, nothing that runs."""

import re
from dataclasses import replace

import pypdfium2
import pytest
from lxml import etree, html

from app.domain.comparison import Comparison, VariableChange, compare
from app.domain.outline import BlockKind
from app.domain.sequence import Placement
from app.domain.tree import Text
from app.rendering.redline_html import Fold, redline_styles, render_redline, render_redline_document, render_redline_part
from tests.rendering.fixtures import renderer
from tests.rendering.redlines import BASE, DIFF, PAIRS, compared
from tests.rendering.sample import meta_of
from tests.rendering.versions import each, reworded, without


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def _words(element: etree._Element) -> str:
    return _bare("".join(element.itertext()))


def _entries(fragment: str) -> dict[str, etree._Element]:
    root = html.fromstring(fragment)
    for element in root.xpath('//*[@class="note"] | //*[contains(@class, "became")]'):
        element.drop_tree()
    return {e.get("id"): e for e in root.xpath("//*[@data-kind]")}


def _printed(comparison: Comparison, *, old: bool) -> list[str]:
    """Number and words of every block that one version has, in its own order."""
    gone = Placement.NEW if old else Placement.OLD
    blocks = [e.old if old else e.new for e in comparison.entries if e.placement is not gone and e.kind is not BlockKind.TABLE]
    return [_bare(b.number + b.text) for b in blocks if b is not None]


@pytest.mark.parametrize("pair", PAIRS)
def test_each_column_of_the_side_by_side_view_reads_as_its_version(pair: str) -> None:
    comparison = compared(pair)
    rows = [e for e in _entries(render_redline(comparison, view="side")).values() if e.get("data-kind") != "table"]
    left, right = ([_words(row[i]) for row in rows] for i in (0, 1))
    assert [w for w in left if w] == _printed(comparison, old=True)
    assert [w for w in right if w] == _printed(comparison, old=False)


@pytest.mark.parametrize("pair", PAIRS)
def test_without_the_deletions_the_inline_view_reads_as_the_new_version(pair: str) -> None:
    comparison = compared(pair)
    entries = _entries(render_redline(comparison))
    for element in entries.values():
        for deleted in list(element.iter("del")):
            deleted.drop_tree()
    found = [_words(e) for e in entries.values() if e.get("data-kind") != "table"]
    assert [w for w in found if w] == _printed(comparison, old=False)


def test_a_changed_value_is_marked_with_del_and_ins_in_its_provision() -> None:
    comparison = compare(BASE, reworded(BASE, "fees.payment.term", "30个自然日", "45个自然日"), DIFF)
    entry = _entries(render_redline(comparison))["rd-provision-fees-payment-term"]
    assert [(e.tag, e.text) for e in entry.iter("del", "ins")] == [("del", "30"), ("ins", "45")]
    assert entry.get("data-change") == "changed"


def test_what_became_of_a_block_is_said_in_words() -> None:
    fragment = render_redline(compared("much"))
    for words in (
        "新增",
        "删除",
        "修改",
        "自 9.2.2 移来",
        "移至 9.2.1",
        "编号变更",
        "整体改写",
        "仅引用编号随之调整",
        "加粗提示变更",
    ):
        assert words in fragment, words


def test_a_replaced_table_is_shown_twice_and_a_changed_one_once() -> None:
    root = html.fromstring(render_redline(compared("much")))
    assert len(root.xpath('//*[@data-id="sla.metrics"]//table')) == 2
    (services,) = root.xpath('//*[@data-id="annex.services"]//table')
    changes = [row.get("data-change") for row in services.iter("tr") if row.get("data-change")]
    assert changes.count("removed") == changes.count("added") == changes.count("changed") == 1


def test_unchanged_provisions_can_be_folded_and_every_change_stays() -> None:
    comparison = compare(BASE, without(BASE, "fees.payment.term"), DIFF)
    whole, folded = _entries(render_redline(comparison)), _entries(render_redline(comparison, folded=True))
    assert len(folded) < len(whole) / 2
    assert {k for k, e in whole.items() if e.get("data-change") != "unchanged"} <= folded.keys()
    assert "处未变更的内容略去" in render_redline(comparison, folded=True)


def test_what_is_folded_can_be_had_piece_by_piece_and_together_it_is_the_whole() -> None:
    comparison = compared("much")
    for view in ("inline", "side"):
        whole = list(_entries(render_redline(comparison, view=view)))
        root = html.fromstring(render_redline(comparison, view=view, folded=True))
        found = []
        for element in root.xpath('//*[@data-kind] | //*[@class="fold"]'):
            if element.get("class") == "fold":
                part = render_redline_part(
                    comparison, Fold(int(element.get("data-first")), int(element.get("data-count"))), view=view
                )
                found += list(_entries(f"<div>{part}</div>"))
            else:
                found.append(element.get("id"))
        assert found == whole


def test_a_chapter_without_any_change_is_folded_heading_and_all() -> None:
    comparison = compare(BASE, reworded(BASE, "fees.payment.term", "30个自然日", "45个自然日"), DIFF)
    headings = [
        e.get("data-id") for e in _entries(render_redline(comparison, folded=True)).values() if e.get("data-kind") == "chapter"
    ]
    assert headings == ["ch.8"]


def test_anchors_are_unique_even_where_a_block_stands_twice() -> None:
    for view in ("inline", "side"):
        ids = re.findall(r' id="([^"]+)"', render_redline(compared("much"), view=view))
        assert len(ids) == len(set(ids)) > 100


@pytest.mark.parametrize("view", ["inline", "side"])
def test_nothing_of_the_contract_is_run_or_escapes_its_place(view) -> None:
    evil = '<script>alert(1)</script>{{ 7*7 }}" onclick="x'
    version = each(BASE, lambda p: (replace(p, content=(Text(evil),)) if p.id == "breach.cap" else p,))
    fragment = render_redline(compare(BASE, version, DIFF), view=view)
    assert "<script" not in fragment
    assert "{{ 7*7 }}" in fragment
    assert "&lt;script&gt;" in fragment
    assert " style=" not in fragment  # a page's content security policy may forbid it


def _with_values(comparison: Comparison) -> Comparison:
    return replace(comparison, variables=(VariableChange("fee", "服务费<总额>", "8.1", "", "人民币1,350,000.00元"),))


@pytest.mark.parametrize("pair", PAIRS)
def test_the_print_document_is_well_formed_and_its_list_links_to_every_change(pair: str) -> None:
    comparison = _with_values(compared(pair))
    root = etree.fromstring(render_redline_document(comparison, meta_of(comparison.new)).encode())
    links = {a.get("href", "")[1:] for a in root.iter("a")}
    ids = {e.get("id") for e in root.iter() if e.get("id")}
    assert links <= ids
    assert len(links) == len(list(comparison.notable()))
    assert "服务费<总额>" in "".join(root.itertext())


def test_a_table_of_as_many_rows_as_before_is_said_to_have_changed() -> None:
    comparison = replace(compared("much"), variables=(VariableChange("rows", "价格表", "8.1", "3行", "3行"),))
    assert "3行（内容有变）" in render_redline_document(comparison, meta_of(comparison.new))


def test_the_file_that_is_opened_alone_carries_its_styles_and_asks_for_nothing() -> None:
    comparison = compared("much")
    page = render_redline_document(comparison, meta_of(comparison.new), styled=True)
    assert "@media screen" in page
    assert not re.search(r"(?:src|href)=\"(?!#)|url\(|@import", page)


def test_equal_versions_are_said_to_be_equal() -> None:
    assert "两个版本的文字完全相同" in render_redline_document(compared("nothing"), meta_of(BASE))


def test_the_pdf_shows_both_versions_in_the_contracts_own_layout() -> None:
    comparison = _with_values(compared("much"))
    markup = render_redline_document(comparison, meta_of(comparison.new), folded=True)
    content = renderer().draw(markup, redline_styles(), meta_of(comparison.new))
    with pypdfium2.PdfDocument(content) as document:
        text = "".join(_bare(page.get_textpage().get_text_bounded()) for page in document)
    for words in (
        "变更一览",
        "数值变更",
        "逐条对比",
        "15个工作日",
        "30个自然",
        "甲方有权每年核查一次。",
        "驻场服务",
        "对比稿1.0→1.1",
    ):
        assert words in text, words
    assert "草稿未定稿" not in text
