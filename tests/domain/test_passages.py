"""What of a contract is searched, and under which number it is shown."""

from __future__ import annotations

from app.domain.answers import read_answers
from app.domain.digest import canonical_lines
from app.domain.passages import RUN, Passage, PassageKind, head_of, pages, passages
from app.library.answers_file import load_example
from app.services.drafting import compile_draft
from tests.services.fixtures import TODAY, reference


def demonstration() -> list[Passage]:
    library = reference().library
    answers = read_answers(library.variables, load_example().data, topics=library.topics()).answers
    groups = passages(compile_draft(reference(), answers, TODAY).instrument)
    assert all(1 <= len(group) <= RUN for group in groups)
    return [p for group in groups for p in group]


def test_every_printed_word_is_in_a_passage() -> None:
    library = reference().library
    answers = read_answers(library.variables, load_example().data, topics=library.topics()).answers
    instrument = compile_draft(reference(), answers, TODAY).instrument
    words = "".join(p.text for group in passages(instrument) for p in group)
    bare = words.replace("　", "").replace(" ", "")
    for line in canonical_lines(instrument):
        text = line.text.removeprefix(line.number).replace("　", "").replace(" ", "").replace("\t", "").replace("\n", "")
        assert text in bare.replace("\n", ""), line


def test_items_carry_the_number_that_they_belong_to_and_annexes_their_name() -> None:
    found = demonstration()
    items = [p for p in found if "（" in p.number]
    assert items
    assert all(p.number[0].isdigit() or p.number.startswith("附件") for p in items)
    assert {p.number.split(" ")[0] for p in found if p.kind is PassageKind.ANNEX} == {"附件一", "附件二", "附件三"}


def test_equal_text_has_an_equal_hash_but_a_partys_name_is_kept_apart() -> None:
    text, other = Passage(PassageKind.TEXT, "1.1", "a", "同一句"), Passage(PassageKind.COVER, "", "b", "同一句")
    name = Passage(PassageKind.PARTY, "", "a", "同一句")
    assert text.hash == other.hash != name.hash


def test_what_a_database_cannot_keep_is_left_out_and_empty_pieces_are_none() -> None:
    assert head_of("H\x00T-1", " ", (("a", "\ud800甲"),)) == (
        Passage(PassageKind.NUMBER, "", "number", "HT-1"),
        Passage(PassageKind.PARTY, "", "a", "?甲"),
    )
    assert [p.number for p in pages("d", ("一", " ", "三"))] == ["1", "3"]
