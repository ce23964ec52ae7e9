"""From edits to the text as it will stand: values carry their words along, typed text keeps its values, the library may move on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from app.domain.amendment import Assign, Delete, Insert, Reword, SetRow, Standing, Substitute, place_of
from app.domain.assembly import assemble
from app.domain.clauses import ClauseLibrary, ClauseSource
from app.domain.consolidation import Amendment, consolidate
from app.domain.folding import apply
from app.domain.rebasing import conflicts
from app.domain.redrafting import Add, Rewrite, SetValue, Strike, Workshop, redraft
from app.domain.refilling import bind
from app.domain.tree import FilledValue, Reference, Text, plain
from tests.domain.small_library import answers, library
from tests.domain.standings import DIFF, demonstration, workshop


def shop(own: ClauseLibrary | None = None) -> Workshop:
    return Workshop(own or library(), lambda _values: {}, DIFF)


def signed(own: ClauseLibrary | None = None, **changes: object) -> Standing:
    given = answers(**changes)
    return Standing(assemble(own or library(), given), given)


def moved_on(change: dict[str, ClauseSource | None]) -> ClauseLibrary:
    """The small library with other clauses in the place of some (None: gone)."""

    def swapped(items: tuple[ClauseSource, ...]) -> tuple[ClauseSource, ...]:
        kept = (change.get(c.id, replace(c, children=swapped(c.children))) for c in items)
        return tuple(c for c in kept if c is not None)

    own = library()
    chapters = tuple(
        replace(ch, sections=tuple(replace(s, provisions=swapped(s.provisions)) for s in ch.sections)) for ch in own.chapters
    )
    return replace(own, chapters=chapters, version="2")


def test_a_changed_value_rewords_every_provision_that_prints_it():
    made = redraft(signed(), [SetValue("pay.days", 45)], shop())
    assert [(type(o), place_of(o)) for o in made.operations] == [(Reword, "pay.term"), (Assign, "pay.days")]
    assert made.after.instrument.provision("pay.term").text == "甲方应当在45个自然日内付款，细节见第1.1.3条第（2）项。"  # type: ignore[union-attr]


def test_a_changed_condition_brings_a_provision_or_takes_it_away_and_moves_no_number():
    away = redraft(signed(), [SetValue("flag.onsite", False)], shop())
    assert [(type(o), place_of(o)) for o in away.operations] == [(Delete, "pay.onsite"), (Assign, "flag.onsite")]
    assert [p.number for p in away.after.instrument.section("1.1").provisions] == ["1.1.1", "1.1.2", "1.1.3"]  # type: ignore[union-attr]
    come = redraft(signed(flag__onsite=False), [SetValue("flag.onsite", True)], shop())
    assert [(type(o), place_of(o)) for o in come.operations] == [(Insert, "pay.onsite"), (Assign, "flag.onsite")]
    assert [p.number for p in come.after.instrument.section("1.1").provisions] == ["1.1.1", "1.1.1之一", "1.1.2"]  # type: ignore[union-attr]


def test_rows_of_an_annex_change_one_by_one():
    rows = ({"code": "A1", "price": Decimal("1300.00")}, {"code": "A2", "price": Decimal("80.50")})
    made = redraft(signed(), [SetValue("annex.items", rows)], shop())
    assert [(type(o), place_of(o)) for o in made.operations] == [(SetRow, "annex.items#A1")]
    assert apply(signed(), made.operations).answers.values["annex.items"] == rows


def test_the_line_of_a_party_follows_its_name_and_a_signature_page_does_not():
    made = redraft(signed(), [SetValue("party_a.name", "新甲方")], shop())
    assert [place_of(o) for o in made.operations] == ["parties.a.name", "party_a.name"]
    assert made.after.instrument.section("3.1").form[0].text == "示例甲方"  # type: ignore[union-attr]


def test_a_library_that_moved_on_changes_nothing_but_the_value():
    """The contract keeps its signed words; only the figure is another."""
    later = moved_on(
        {
            "pay.term": ClauseSource(
                "pay.term", library().chapters[0].sections[0].provisions[0].level, "甲方须于{{pay.days}}付讫。"
            )
        }
    )
    made = redraft(signed(), [SetValue("pay.days", 45)], shop(later))
    assert made.after.instrument.provision("pay.term").text == "甲方应当在45个自然日内付款，细节见第1.1.3条第（2）项。"  # type: ignore[union-attr]
    assert made.doubts == ()


def test_a_provision_that_the_library_dropped_still_takes_the_new_value():
    made = redraft(signed(), [SetValue("pay.days", 45)], shop(moved_on({"pay.term": None})))
    assert made.after.instrument.provision("pay.term").text.startswith("甲方应当在45个自然日内")  # type: ignore[union-attr]


def test_what_the_system_cannot_settle_is_a_doubt_and_not_a_guess():
    later = moved_on(
        {"pay.term": ClauseSource("pay.term", library().chapters[0].sections[0].provisions[0].level, "甲方{{pay.days}}付讫。")}
    )
    base = signed()
    odd = redraft(base, [Rewrite("pay.term", "付款期", "甲方应当在三十日内付款。")], shop()).after
    made = redraft(odd, [SetValue("pay.days", 45)], shop(later))
    assert [d.place for d in made.doubts] == ["pay.term"]
    blanked = redraft(base, [SetValue("pay.days", None)], shop(moved_on({"pay.term": None})))
    assert [d.place for d in blanked.doubts] == ["pay.term"]


def test_references_of_a_provision_that_comes_in_read_as_this_contract_numbers():
    own = library(
        extra=(
            ClauseSource(
                "pay.extra",
                library().chapters[0].sections[0].provisions[0].level,
                "另见{{@pay.detail.first}}。",
                when="pay.days > 40",
            ),
        )
    )
    base = signed(own)
    struck = redraft(base, [Add("own.a", "pay.term", "", "新的一条。")], shop(own)).after
    made = redraft(struck, [SetValue("pay.days", 45)], shop(own))
    assert made.after.instrument.provision("pay.extra").text == "另见第1.1.3条第（1）项。"  # type: ignore[union-attr]


def test_typed_text_keeps_the_values_and_references_that_were_not_touched():
    base = signed()
    text = base.instrument.provision("pay.term").text.replace("付款，细节", "足额付款，细节")  # type: ignore[union-attr]
    made = redraft(base, [Rewrite("pay.term", "付款期", text)], shop())
    content = made.after.instrument.provision("pay.term").content  # type: ignore[union-attr]
    assert plain(content) == text
    assert [type(s) for s in content] == [Text, FilledValue, Text, Reference, Text]
    assert made.loosened == ()


def test_a_figure_overwritten_by_hand_is_named():
    base = signed()
    text = base.instrument.provision("pay.term").text.replace("30个自然日", "20个自然日")  # type: ignore[union-attr]
    made = redraft(base, [Rewrite("pay.term", "付款期", text)], shop())
    assert [(x.number, x.label) for x in made.loosened] == [("第1.1.1条", "付款期")]


def test_binding_never_changes_the_typed_words():
    content = (Text("共"), FilledValue("30", "a"), Text("日、"), FilledValue("30", "b"), Text("元"))
    for text in ("共30日、30元", "共30元", "日30、30共", "", "30", "共30日、31元。"):
        assert plain(bind(content, text, DIFF).content) == text


def test_edits_without_their_place_are_named_and_the_others_are_made():
    edits = [
        Strike("no.such"),
        Rewrite("no.such", "", "x"),
        Add("own.a", "no.such", "", "x"),
        SetValue("no.such", 1),
        Strike("pay.onsite"),
    ]
    made = redraft(signed(), edits, shop())
    assert len(made.misplaced) == 4
    assert [place_of(o) for o in made.operations] == ["pay.onsite"]


def test_provisions_added_at_one_place_stand_in_the_order_of_their_adding():
    edits = [Add("own.a", "pay.term", "", "甲。"), Add("own.b", "own.a", "", "乙。"), Add("own.c", "s.1.1", "末条", "丙。")]
    made = redraft(signed(), edits, shop())
    numbers = [(p.id, p.number) for p in made.after.instrument.section("1.1").provisions]  # type: ignore[union-attr]
    assert numbers == [
        ("pay.term", "1.1.1"), ("own.a", "1.1.1之一"), ("own.b", "1.1.1之二"), ("pay.onsite", "1.1.2"), ("pay.detail", "1.1.3"),
        ("own.c", "1.1.4"),
    ]  # fmt: skip
    assert apply(signed(), made.operations).instrument == made.after.instrument


def test_the_way_of_settling_disputes_changes_as_a_whole_and_keeps_its_numbers():
    base = demonstration()
    made = redraft(
        base, [SetValue("dispute.mode", "arbitration"), SetValue("dispute.arb_institution", "北京仲裁委员会")], workshop()
    )
    replaced = {o.provision: o.by.id for o in made.operations if isinstance(o, Substitute)}
    assert replaced["disputes.resolution.litigation"] == "disputes.resolution.arb"
    after = made.after.instrument
    assert after.provision("disputes.resolution.arb").number == base.instrument.provision("disputes.resolution.litigation").number  # type: ignore[union-attr]
    assert "提起诉讼" not in after.section("10.1").text  # type: ignore[union-attr]


def test_the_domicile_that_fixed_the_court_stays_as_it_was_on_the_day_of_signing():
    made = redraft(demonstration(), [SetValue("party_b.domicile", "上海市黄浦区示例路9号")], workshop())
    assert "parties.b.domicile" in {place_of(o) for o in made.operations}
    assert "disputes.law.domicile" not in {place_of(o) for o in made.operations}


def test_two_drafts_that_changed_one_place_are_shown_with_all_three_wordings():
    base = signed()
    theirs = redraft(base, [SetValue("pay.days", 45)], shop())
    ours = redraft(base, [Rewrite("pay.term", "付款期", "甲方应当立即付款。"), Strike("pay.onsite")], shop())
    first = Amendment("a1", "X-BC-01", "补充协议一", 1, date(2027, 2, 1), date(2027, 3, 1), theirs.operations)
    now = consolidate(base, [first], date(2027, 3, 1)).standing
    found = conflicts(ours.operations, base, [first], now, library().variables)
    assert [(c.number, c.label) for c in found] == [("第1.1.1条", "补充协议一")]
    assert (found[0].before[:13], found[0].theirs[:13], found[0].ours) == (
        "付款期　甲方应当在30个自", "付款期　甲方应当在45个自", "付款期　甲方应当立即付款。"
    )  # fmt: skip


def test_a_value_that_both_changed_is_one_conflict_shown_with_its_sentence():
    base = signed()
    theirs = redraft(base, [SetValue("pay.days", 45)], shop())
    first = Amendment("a1", "X-BC-01", "补充协议一", 1, date(2027, 2, 1), date(2027, 3, 1), theirs.operations)
    now = consolidate(base, [first], date(2027, 3, 1)).standing
    ours = redraft(base, [SetValue("pay.days", 60)], shop())
    (found,) = conflicts(ours.operations, base, [first], now, library().variables)
    assert found.place == "pay.days"
    assert found.number.startswith("第1.1.1条“")
    assert [next(n for n in ("30个", "45个", "60个") if n in words) for words in (found.before, found.theirs, found.ours)] == [
        "30个", "45个", "60个",
    ]  # fmt: skip


def test_two_drafts_on_different_places_have_no_conflict():
    base = signed()
    first = Amendment(
        "a1",
        "X-BC-01",
        "补充协议一",
        1,
        date(2027, 2, 1),
        date(2027, 3, 1),
        redraft(base, [SetValue("pay.days", 45)], shop()).operations,
    )
    now = consolidate(base, [first], date(2027, 3, 1)).standing
    ours = redraft(base, [Strike("pay.onsite")], shop())
    assert conflicts(ours.operations, base, [first], now, library().variables) == ()
