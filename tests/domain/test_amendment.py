"""Amendments: operations, the fold, and what two of them have to do with each other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.domain.amendment import (
    AddRow,
    Assign,
    Delete,
    DropRow,
    Insert,
    Operation,
    Reword,
    SetRow,
    Standing,
    Substitute,
    place_of,
    touched,
)
from app.domain.difference import operations_between
from app.domain.digest import canonical_text
from app.domain.folding import Unfit, apply
from app.domain.numbering import number_behind, reference_labels, reference_text
from app.domain.tree import Level, Provision, TableRow, Text
from app.domain.variables import Answers
from tests.domain.standings import BASE, PLACES, TABLES, edited, with_edit, with_table

PLAYED = settings(max_examples=60, deadline=None)
LONG = settings(max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def words(standing: Standing) -> str:
    return canonical_text(standing.instrument)


def assert_folds(after: Standing) -> None:
    operations = operations_between(BASE, after)
    folded = apply(BASE, operations)
    assert words(folded) == words(after)
    assert folded.answers.values == after.answers.values


@PLAYED
@given(edited())
def test_the_operations_of_an_edited_text_fold_to_exactly_that_text(after: Standing):
    assert_folds(after)


@pytest.mark.soak
@LONG
@given(edited())
def test_over_thousands_of_edits_the_operations_fold_to_exactly_the_edited_text(after: Standing):
    assert_folds(after)


@PLAYED
@given(edited())
def test_an_amendment_says_nothing_of_what_it_does_not_change(after: Standing):
    operations = operations_between(BASE, after)
    assert (words(after) == words(BASE) and after.answers.values == BASE.answers.values) == (operations == ())
    assert len({place_of(o) for o in operations}) == len(operations)


def assert_commute(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.booleans(), min_size=len(PLACES), max_size=len(PLACES)))
    left = tuple(p for p, mine in zip(PLACES, chosen, strict=True) if mine)
    right = tuple(p for p, mine in zip(PLACES, chosen, strict=True) if not mine)
    one = operations_between(BASE, data.draw(edited(left, TABLES[:1])))
    two = operations_between(BASE, data.draw(edited(right, TABLES[1:])))
    assume(not touched(one, BASE.instrument).overlap(touched(two, BASE.instrument)))
    assert words(apply(apply(BASE, one), two)) == words(apply(apply(BASE, two), one))
    assert apply(apply(BASE, one), two).answers.values == apply(apply(BASE, two), one).answers.values


@PLAYED
@given(st.data())
def test_amendments_on_disjoint_places_commute(data: st.DataObject):
    assert_commute(data)


@pytest.mark.soak
@LONG
@given(st.data())
def test_over_thousands_of_pairs_amendments_on_disjoint_places_commute(data: st.DataObject):
    assert_commute(data)


@PLAYED
@given(edited(), edited())
def test_amendments_that_do_not_commute_touch_a_common_place(a: Standing, b: Standing):
    one, two = operations_between(BASE, a), operations_between(BASE, b)
    try:
        same = words(apply(apply(BASE, one), two)) == words(apply(apply(BASE, two), one))
    except Unfit:
        same = False
    if not same:
        assert touched(one, BASE.instrument).overlap(touched(two, BASE.instrument))


def test_a_deleted_provision_leaves_its_number_and_the_others_keep_theirs():
    before = {p.id: p.number for p in BASE.instrument.provisions()}
    after = apply(BASE, [Delete("fees.payment.invoice")]).instrument
    found = after.provision("fees.payment.invoice")
    assert found is not None
    assert (found.number, found.text, found.children) == (before["fees.payment.invoice"], "（删除）", ())
    assert {p.id: p.number for p in after.provisions()}.items() <= before.items()


def test_an_inserted_provision_stands_beside_and_moves_no_number():
    after = with_edit(BASE.instrument, "fees.payment.term", "add", "乙方应当开具收据。", "own.receipt")
    operations = operations_between(BASE, Standing(after, BASE.answers))
    assert [type(o) for o in operations] == [Insert]
    found = apply(BASE, operations).instrument.provision("own.receipt")
    assert found is not None
    assert found.number.endswith(".1之一")
    label, number = reference_labels(apply(BASE, operations).instrument)["own.receipt"]
    assert (label, number) == (f"第{found.number[:-2]}条之一", found.number)


@pytest.mark.parametrize(
    ("siblings", "after", "number", "place"),
    [
        ([], 0, "8.2.1", 0),
        (["8.2.1", "8.2.2"], 1, "8.2.3", 2),
        (["8.2.1", "8.2.2"], 0, "8.2.1之一", 1),
        (["8.2.1", "8.2.1之一", "8.2.2"], 0, "8.2.1之二", 2),
        (["8.2.1", "8.2.1之一", "8.2.2"], 1, "8.2.1之二", 2),
        (["8.2.1", "8.2.1之一"], 0, "8.2.2", 2),
    ],
)
def test_numbers_of_inserted_articles(siblings: list[str], after: int, number: str, place: int):
    assert number_behind("8.2", Level.ARTICLE, siblings, after) == (number, place)


def test_an_inserted_item_stands_beside_in_its_brackets():
    assert number_behind("8.2.1", Level.ITEM, ["（1）", "（2）", "（3）"], 1) == ("（2之一）", 2)
    assert reference_text(Level.ITEM, "（2之一）", "8.2.1", Level.ARTICLE) == "第8.2.1条第（2之一）项"
    assert reference_text(Level.ITEM, "（2）", "8.2.1之一", Level.ARTICLE) == "第8.2.1条之一第（2）项"


@pytest.mark.parametrize(
    "operation",
    [
        Reword("no.such", "", (Text("x"),)),
        Delete("no.such"),
        Substitute("no.such", Provision("n.n", Level.ARTICLE, "1", "", ())),
        Insert("s.1.1", "no.such", Provision("n.n", Level.ARTICLE, "1", "", ())),
        Insert("s.9.9", "", Provision("n.n", Level.ARTICLE, "1", "", ())),
        Insert("s.1.1", "", Provision("fees.payment.term", Level.ARTICLE, "1", "", ())),
        SetRow(TABLES[0], "no.such", ("x",)),
        SetRow("no.table", "r1", ("x",)),
        DropRow(TABLES[0], "no.such"),
        AddRow(TABLES[0], "no.such", TableRow("n", ("x",))),
        AddRow(TABLES[0], "", TableRow("r1", ("x",))),
    ],
)
def test_an_operation_without_its_place_is_refused_and_says_which(operation: Operation):
    with pytest.raises(Unfit) as refused:
        apply(BASE, [operation])
    assert refused.value.operation == operation
    assert "不存在" in refused.value.message


def test_rows_and_the_values_behind_them_change_together():
    instrument = with_table(
        BASE.instrument, TABLES[0], lambda t: replace(t, rows=(TableRow("A", ("1",) * len(t.columns)), TableRow("B", ("2",) * len(t.columns))))
    )  # fmt: skip
    before = Standing(instrument, Answers({TABLES[0]: ({"k": "1"}, {"k": "2"})}))
    later = with_table(instrument, TABLES[0], lambda t: replace(t, rows=(t.rows[1], TableRow("C", ("3",) * len(t.columns)))))
    after = Standing(later, Answers({TABLES[0]: ({"k": "2"}, {"k": "3"})}))
    operations = operations_between(before, after)
    assert not [o for o in operations if isinstance(o, Assign)]
    assert apply(before, operations).answers.values == after.answers.values


def test_rows_put_in_at_different_places_never_share_an_id():
    def rows(*cells: str) -> Standing:
        return Standing(
            with_table(BASE.instrument, TABLES[0], lambda t: replace(t, rows=tuple(TableRow(f"r{i}", (c,) * len(t.columns)) for i, c in enumerate(cells, 1)))),
            BASE.answers,
        )  # fmt: skip

    base = rows("a", "b", "c")
    one, two = operations_between(base, rows("a", "x", "b", "c")), operations_between(base, rows("a", "b", "y", "c"))
    assert words(apply(apply(base, one), two)) == words(apply(apply(base, two), one)) == words(rows("a", "x", "b", "y", "c"))
