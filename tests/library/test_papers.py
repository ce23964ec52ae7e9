"""The forms of the eight papers: they load, are sound, and word what they repeat."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.assembly import assemble
from app.domain.clauses import ChapterSource, ClauseLibrary, ClauseSource, SectionSource, Variant
from app.domain.digest import canonical_text
from app.domain.numbering import reference_labels
from app.domain.papers import PaperKind
from app.domain.tree import Blank, Layout, Level
from app.domain.variables import Answers, Column, Variable, VariableSet, VariableType
from app.library.check import check_library
from app.library.laws import load_laws
from app.library.loader import clauses_root, load_library, load_paper


@pytest.mark.parametrize("kind", PaperKind, ids=lambda k: k.value)
def test_the_form_of_every_paper_is_sound(kind: PaperKind):
    report = check_library(load_paper(kind), load_laws(), load_library())
    assert report.problems == ()


@pytest.mark.parametrize("kind", PaperKind, ids=lambda k: k.value)
def test_every_paper_has_numbers_signatures_and_the_contract_it_belongs_to(kind: PaperKind):
    library = load_paper(kind)
    tree = assemble(library, Answers({}), reference_labels(assemble(load_library(), Answers({}))))
    assert tree.layout is Layout.PAPER
    articles = [p.number for s in tree.sections() for p in s.provisions]
    assert articles == [f"{n}." for n in range(1, len(articles) + 1)]
    headings = [c.number for c in tree.chapters if c.title]
    assert headings == [f"{n}、" for n in "一二三四五六七八九"[: len(headings)]]
    assert {b.kind.value for _, b in tree.boxes()} >= {"signature", "date"} or kind.facts.served
    assert "合同编号" in canonical_text(tree)


def test_only_the_eight_papers_and_the_contract_have_a_form():
    folders = {p.parent.name for p in clauses_root().glob("*/form.yaml")}
    assert folders == {k.form for k in PaperKind} | {"after_sales_outsourcing"}


def repeated(*clauses: ClauseSource, layout: Layout = Layout.PAPER) -> ClauseLibrary:
    rows = Variable(
        "list.items", "清单", VariableType.TABLE, "1",
        columns=(Column("kind", "类"), Column("text", "文字"), Column("sum", "金额", VariableType.MONEY, required=False)),
    )  # fmt: skip
    last = ClauseSource("p.last", Level.ARTICLE, "见{{@p.first}}和{{@@s.8.2}}。")
    nothing = ClauseSource("p.none", Level.ARTICLE, "x", when="list.no")
    chapters = tuple(
        ChapterSource(index, title, (SectionSource(f"{index}.1", "", own),))
        for index, (title, own) in enumerate((("事项", clauses), ("空", (nothing,)), ("其他", (last,))), 1)
    )
    variables = VariableSet.of([rows])
    return ClauseLibrary("small", "1", "0" * 64, "小文书", (), (), "", chapters, variables, (), annex_sections=(), layout=layout)


FIRST = ClauseSource("p.first", Level.ARTICLE, "首先。")
EACH = ClauseSource(
    "p.each", Level.ARTICLE, "", each="list.items",
    variants=(Variant("row.kind == 'a'", "甲：{{row.text}}"), Variant("not blank(row.sum)", "乙：{{row.text}}计{{row.sum}}")),
)  # fmt: skip
ROWS = ({"kind": "a", "text": "{{不是标记}}"}, {"kind": "b", "text": "无", "sum": None}, {"kind": "b", "text": "有", "sum": 12})


def test_a_repeated_provision_stands_once_for_each_row_that_a_wording_fits():
    tree = assemble(repeated(FIRST, EACH), Answers({"list.items": ROWS}), {"s.8.2": ("第8.2节", "8.2")})
    assert [(p.id, p.number, p.text) for p in tree.provisions()] == [
        ("p.first", "1.", "首先。"),
        ("p.each.1", "2.", "甲：{{不是标记}}"),
        ("p.each.3", "3.", "乙：有计人民币12.00元"),
        ("p.last", "4.", "见第1条和第8.2节。"),
    ]


def test_a_part_in_which_nothing_stands_is_left_out_and_not_counted():
    tree = assemble(repeated(FIRST), Answers({}))
    assert [(c.number, c.title) for c in tree.chapters] == [("一、", "事项"), ("二、", "其他")]


def test_a_cell_not_filled_in_is_a_blank():
    tree = assemble(repeated(EACH), Answers({"list.items": ({"kind": "a"},)}))
    assert isinstance(tree.provision("p.each.1").content[1], Blank)  # type: ignore[union-attr]


def test_the_check_names_what_a_repeated_provision_gets_wrong():
    wrong = replace(EACH, variants=(Variant("row.none", "{{row.other}}{{@@s.99.9}}"),), each="list.none")
    report = check_library(repeated(wrong, ClauseSource("p.row", Level.ARTICLE, "{{row.text}}")), load_laws(), load_library())
    text = "\n".join(report.problems)
    assert "list.none 不是表格变量" in text
    assert "row.other 不是所依表格的列" in text
    assert "row.text 不是所依表格的列" in text
    assert "s.99.9 不存在" in text


def test_a_paper_without_its_files_is_refused_with_every_fault(tmp_path: Path):
    (tmp_path / "text.yaml").write_text("chapters: []\n", encoding="utf-8")
    with pytest.raises(Exception, match=r"form\.yaml") as refused:
        load_library(tmp_path)
    assert "text.yaml" in str(refused.value)
