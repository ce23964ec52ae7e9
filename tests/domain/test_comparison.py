"""Comparing two versions of a contract: what became of every block, and that the entries are exactly both versions."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.comparison import Change, Comparison, Entry, compare, compare_variables
from app.domain.digest import canonical_lines
from app.domain.outline import BlockKind, outline
from app.domain.sequence import Placement, kept, merged
from app.domain.table_comparison import RowChange, compare_tables
from app.domain.textual_change import HunkKind, Nature, new_text, old_text
from app.domain.tree import FilledValue, Level, Table, TableColumn, TableRow, Text
from app.domain.variables import Variable, VariableSet, VariableType
from app.rendering.textdiff import ChineseDiff
from tests.rendering.sample import sample, small
from tests.rendering.versions import behind, each, moved, provision, reworded, rows_edited, tabled, with_rows, without

DIFF = ChineseDiff()
BASE = small()


def _entry(comparison: Comparison, id: str, placement: Placement = Placement.BOTH) -> Entry:
    found = [e for e in comparison.entries if e.block.id == id and e.placement is placement]
    assert len(found) == 1
    return found[0]


def _notable(comparison: Comparison) -> list[tuple[str, Change]]:
    return [(e.block.id, e.change) for e in comparison.notable()]


def _sides(comparison: Comparison) -> tuple[list[int], list[int]]:
    old = [e.old.order for e in comparison.entries if e.placement is not Placement.NEW and e.old]
    new = [e.new.order for e in comparison.entries if e.placement is not Placement.OLD and e.new]
    return old, new


def test_a_version_equals_itself() -> None:
    comparison = compare(BASE, BASE, DIFF)
    assert comparison.equal
    assert list(comparison.notable()) == []
    assert len(comparison.entries) == sum(1 for top in outline(BASE) for _ in top.walk())


def test_the_outline_prints_what_the_canonical_text_prints() -> None:
    lines = [line for line in canonical_lines(sample()) if "#" not in line.anchor]
    blocks = [b for top in outline(sample()) for b in top.walk() if b.kind is not BlockKind.TABLE]
    assert [line.anchor for line in lines] == [b.id for b in blocks]
    assert all(b.text.replace("　", " ") in line.text.replace("　", " ") for line, b in zip(lines, blocks, strict=True))


def test_a_changed_value_is_a_change_of_wording_in_one_provision() -> None:
    comparison = compare(BASE, reworded(BASE, "fees.payment.term", "30个自然日", "45个自然日"), DIFF)
    assert _notable(comparison) == [("fees.payment.term", Change.CHANGED)]
    entry = _entry(comparison, "fees.payment.term")
    assert entry.nature is Nature.WORDING
    assert [(h.kind, h.text) for h in entry.hunks if h.kind is not HunkKind.EQUAL] == [
        (HunkKind.DELETE, "30"),
        (HunkKind.INSERT, "45"),
    ]


def test_a_removed_provision_renumbers_its_followers_and_only_the_numbers_of_references_change() -> None:
    comparison = compare(BASE, without(BASE, "fees.payment.term"), DIFF)
    assert _entry(comparison, "fees.payment.term", Placement.OLD).change is Change.REMOVED
    invoice = _entry(comparison, "fees.payment.invoice")
    assert (invoice.change, invoice.old.number, invoice.new.number) == (Change.RENUMBERED, "8.2.2", "8.2.1")
    referring = _entry(comparison, "fees.payment.invoice.late.a")
    assert (referring.change, referring.nature) == (Change.CHANGED, Nature.REFERENCE)


def test_a_reference_to_a_removed_provision_is_a_change_of_wording() -> None:
    entry = _entry(compare(BASE, without(BASE, "fees.payment.invoice.red"), DIFF), "fees.payment.invoice.late.b")
    assert entry.nature is Nature.WORDING


def test_an_added_provision_is_added_with_everything_below_it() -> None:
    added = provision("extra", "乙方应当备份数据。", children=(provision("extra.a", "每日一次；", level=Level.ITEM),))
    comparison = compare(BASE, behind(BASE, "fees.payment.invoice", added), DIFF)
    assert [e.change for e in comparison.entries if e.block.id in ("extra", "extra.a")] == [Change.ADDED, Change.ADDED]
    assert _entry(comparison, "fees.payment.account").change is Change.RENUMBERED


def test_a_moved_provision_stands_at_both_places_and_counts_once() -> None:
    comparison = compare(BASE, moved(BASE, "fees.payment.term", "fees.payment.account"), DIFF)
    gone, come = _entry(comparison, "fees.payment.term", Placement.OLD), _entry(comparison, "fees.payment.term", Placement.NEW)
    assert gone.change is come.change is Change.MOVED
    assert (come.old.number, come.new.number) == ("8.2.1", "8.2.3")
    assert comparison.counts()[Change.MOVED] == 1


def test_what_moves_along_is_not_called_moved_itself() -> None:
    comparison = compare(BASE, moved(BASE, "fees.payment.invoice", "breach.cap"), DIFF)
    assert _entry(comparison, "fees.payment.invoice", Placement.NEW).change is Change.MOVED
    carried = _entry(comparison, "fees.payment.invoice.late", Placement.NEW)
    assert carried.change is Change.RENUMBERED
    assert comparison.counts()[Change.MOVED] == 1


def test_the_smaller_part_counts_as_moved() -> None:
    """A provision with children is the heavier one: its neighbour is said to have moved."""
    comparison = compare(BASE, moved(BASE, "fees.payment.invoice", "fees.payment.account"), DIFF)
    assert [i for i, c in _notable(comparison) if c is Change.MOVED] == ["fees.payment.account"]


def test_a_provision_typed_anew_under_another_id_is_recognised_by_its_words() -> None:
    renamed = each(BASE, lambda p: (replace(p, id="typed.anew") if p.id == "breach.cap" else p,))
    assert compare(BASE, renamed, DIFF).equal
    similar = reworded(renamed, "typed.anew", "30%", "50%")
    assert _notable(compare(BASE, similar, DIFF)) == [("typed.anew", Change.CHANGED)]


def test_a_rewritten_provision_is_shown_as_replaced() -> None:
    other = each(BASE, lambda p: (replace(p, content=(Text("本条有意留空。"),)) if p.id == "breach.cap" else p,))
    entry = _entry(compare(BASE, other, DIFF), "breach.cap")
    assert entry.nature is Nature.REWRITTEN
    assert [h.kind for h in entry.hunks] == [HunkKind.DELETE, HunkKind.INSERT]


def test_a_change_of_width_alone_is_reported_as_such() -> None:
    entry = _entry(compare(BASE, reworded(BASE, "fees.payment.amount", "（大写：", "(大写："), DIFF), "fees.payment.amount")
    assert (entry.change, entry.nature) == (Change.CHANGED, Nature.WIDTH)


def test_a_provision_that_loses_its_prominence_is_named() -> None:
    plainer = each(BASE, lambda p: (replace(p, prominent=False) if p.id == "breach.payment.rate" else p,))
    comparison = compare(BASE, plainer, DIFF)
    assert [e.block.id for e in comparison.notable()] == ["breach.payment.rate"]
    assert _entry(comparison, "breach.payment.rate").prominence


def test_cover_parties_and_signature_rows_are_compared_line_by_line() -> None:
    base = sample()
    changed = rows_edited(
        base,
        lambda r: (
            (replace(r, content=(FilledValue("北京市西城区", "x"),)),) if r.id == "cover.place"
            else () if r.id == "party.a.legal"
            else (r, replace(r, id="sign.a.title", label="职务", content=(Text("总经理"),))) if r.id == "sign.a.rep"
            else (r,)
        ),
    )  # fmt: skip
    changed = replace(changed, preamble=(Text("甲乙双方订立本合同。"),), title="互联网产品售后服务合同")
    assert set(_notable(compare(base, changed, DIFF))) == {
        ("title", Change.CHANGED), ("cover.place", Change.CHANGED), ("party.a.legal", Change.REMOVED),
        ("preamble", Change.CHANGED), ("sign.a.title", Change.ADDED),
    }  # fmt: skip


def test_a_chapter_put_in_front_renumbers_the_others_by_title() -> None:
    chapters = [c for c in BASE.chapters if c.index != 9]
    comparison = compare(BASE, replace(BASE, chapters=tuple(chapters)), DIFF)
    assert {(e.block.kind, e.change) for e in comparison.notable()} == {
        (BlockKind.CHAPTER, Change.REMOVED), (BlockKind.SECTION, Change.REMOVED), (BlockKind.PROVISION, Change.REMOVED),
    }  # fmt: skip
    shifted = tuple(replace(c, index=c.index - 1, number=f"{c.index}") if c.index > 1 else c for c in BASE.chapters)
    counts = compare(BASE, replace(BASE, chapters=shifted), DIFF).counts()
    assert counts[Change.RENUMBERED] == 3
    assert counts[Change.ADDED] == counts[Change.REMOVED] == 0


COLUMNS = (TableColumn("no", "序号", 5, True), TableColumn("name", "名称", 20), TableColumn("price", "单价", 10, True))


def _table(*rows: tuple[str, str, str]) -> Table:
    body = [TableRow(f"r{i}", (str(i), name, price)) for i, (_, name, price) in enumerate(rows, 1)]
    return Table("t", "清单", COLUMNS, tuple(body))


A, B, C, D = ("a", "电话客服", "100.00"), ("b", "上门服务", "200.00"), ("c", "巡检", "300.00"), ("d", "培训", "400.00")


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ((A, B, C), (A, B, C), ["unchanged"] * 3),
        ((A, B, C), (A, C), ["unchanged", "removed", "renumbered"]),
        ((A, B), (A, D, B), ["unchanged", "added", "renumbered"]),
        ((A, B, C), (B, C, A), ["moved", "renumbered", "renumbered", "moved"]),
        ((A, B), (A, ("b", "上门服务", "250.00")), ["unchanged", "changed"]),
        ((), (A,), ["added"]),
        ((A,), (), ["removed"]),
    ],
)
def test_rows_are_paired_by_content_though_their_running_numbers_shift(old, new, changes) -> None:
    compared = compare_tables(_table(*old), _table(*new), DIFF)
    assert [r.change.value for r in compared.rows] == changes
    assert compared.changed is any(c != "unchanged" for c in changes)


def test_a_changed_cell_is_marked_in_its_cell_only() -> None:
    (row,) = compare_tables(_table(A), _table(("a", "电话客服", "120.00")), DIFF).rows
    assert [all(h.kind is HunkKind.EQUAL for h in cell) for cell in row.cells] == [True, True, False]


def test_other_columns_replace_the_table() -> None:
    other = Table("t", "清单", COLUMNS[:2], (TableRow("r1", ("1", "电话客服")),))
    compared = compare_tables(_table(A), other, DIFF)
    assert compared.whole
    assert [r.change for r in compared.rows] == [RowChange.REMOVED, RowChange.ADDED]


def test_a_table_of_a_provision_is_an_entry_of_its_own() -> None:
    changed = tabled(BASE, "annex.services", lambda t: with_rows(t, (t.rows[0], *t.rows[2:])))
    comparison = compare(BASE, changed, DIFF)
    assert _notable(comparison) == [("annex.services", Change.CHANGED)]
    table = _entry(comparison, "annex.services").table
    assert table is not None
    assert (table.count(RowChange.REMOVED), table.count(RowChange.ADDED)) == (1, 0)
    gone = compare(BASE, tabled(BASE, "annex.services", lambda t: None), DIFF)
    assert _entry(gone, "annex.services", Placement.OLD).change is Change.REMOVED


def test_five_thousand_rows_with_a_row_at_the_top_stay_paired() -> None:
    rows = [("", f"服务{i}", f"{i}.00") for i in range(5000)]
    compared = compare_tables(_table(*rows), _table(D, *rows), DIFF)
    assert compared.count(RowChange.ADDED) == 1
    assert compared.count(RowChange.RENUMBERED) == 5000


def test_variables_are_shown_as_the_contract_prints_them() -> None:
    variables = VariableSet.of([
        Variable("fee", "服务费", VariableType.MONEY, "8.1", unit="元"),
        Variable("start", "开始日", VariableType.DATE, "11.1"),
        Variable("same", "不变", VariableType.TEXT, "1.1"),
        Variable("list", "清单", VariableType.TABLE, "13.1"),
    ])  # fmt: skip
    old = {"fee": Decimal(1200000), "same": "甲", "list": ({"name": "a"},)}
    new = {"fee": Decimal(1350000), "same": "甲", "start": date(2027, 1, 1), "list": ({"name": "b"},)}
    found = [(c.name, c.old, c.new) for c in compare_variables(variables, old, variables, new)]
    assert found == [
        ("fee", "人民币1,200,000.00元", "人民币1,350,000.00元"),
        ("start", "", "2027年1月1日"),
        ("list", "1行", "1行"),
    ]


def test_a_value_whose_variable_is_gone_goes_under_its_name() -> None:
    found = compare_variables(VariableSet({}), {"old.fee": "10", "same": "x"}, VariableSet({}), {"old.fee": "12", "same": "x"})
    assert [(c.name, c.label, c.old, c.new) for c in found] == [("old.fee", "old.fee", "10", "12")]


def test_what_stays_is_the_longest_increasing_run() -> None:
    assert kept([1, 2, 0]) == {0, 1}
    assert kept([1, 2, 0], [1, 1, 5]) == {2}
    assert kept([]) == frozenset()


@given(st.permutations(range(9)), st.sets(st.integers(0, 8)))
def test_a_merged_order_contains_each_version_in_its_own_order(order: list[int], gone: set[int]) -> None:
    partner_of = {old: new for new, old in enumerate(order) if old not in gone}
    result = merged(9, 9, partner_of)
    assert [o for p, o, _ in result if p is not Placement.NEW] == list(range(9))
    assert [n for p, _, n in result if p is not Placement.OLD] == list(range(9))


_IDS = [p.id for p in BASE.provisions()]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["word", "drop", "add", "move"]), st.sampled_from(_IDS), st.sampled_from(_IDS)), max_size=5
    )
)
def test_after_any_edits_the_entries_are_exactly_both_versions(edits: list[tuple[str, str, str]]) -> None:
    version = BASE
    for index, (kind, id, other) in enumerate(edits):
        found = version.provision(id)
        if found is None:
            continue
        if kind == "word":
            version = each(
                version, lambda p, i=id: (replace(p, content=(*p.content, Text("另有约定的除外。"))) if p.id == i else p,)
            )
        elif kind == "drop":
            version = without(version, id)
        elif kind == "add":
            version = behind(version, id, provision(f"added.{index}", f"新增约定{index}。"))
        elif other not in {p.id for p in found.walk()} and version.provision(other) is not None:
            version = moved(version, id, other)
    comparison = compare(BASE, version, DIFF)
    old, new = _sides(comparison)
    assert old == list(range(len(old)))
    assert new == list(range(len(new)))
    assert len(new) == sum(1 for top in outline(version) for _ in top.walk())
    for entry in comparison.entries:
        if entry.placement is not Placement.OLD and entry.new and entry.old:
            assert (old_text(entry.hunks), new_text(entry.hunks)) == (entry.old.text, entry.new.text)
