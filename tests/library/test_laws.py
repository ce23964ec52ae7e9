"""The law book read from clauses/laws.yaml: complete, consistent and honest about what was checked."""

from datetime import date
from pathlib import Path

import pytest

from app.domain.errors import LibraryError
from app.domain.laws import StandardKind, Verification
from app.library.laws import laws_path, load_laws

BOOK = load_laws()


def test_every_article_has_a_gist_of_its_own():
    empty = [f"{law.code}:{a.number}" for law in BOOK.laws.values() for a in law.articles.values() if len(a.gist) < 4]
    assert empty == []


def test_the_table_holds_the_58_cited_codes_and_412_articles_of_the_brief():
    assert sum(1 for law in BOOK.laws.values() if law.articles) >= 58
    assert sum(len(law.articles) for law in BOOK.laws.values()) >= 412


def test_a_citation_names_law_article_and_gist():
    citation = BOOK.citation("CC:585")
    assert citation is not None
    assert citation.text == "《民法典》第585条"
    assert "违约金" in citation.sentence


def test_an_annex_of_a_rule_can_be_cited():
    citation = BOOK.citation("PSM:附一")
    assert citation is not None
    assert citation.article == "附一"


def test_a_standard_is_found_whatever_dash_and_spacing_it_is_written_with():
    citation = BOOK.citation("GB/T47746—2026")
    assert citation is not None
    assert citation.law == "GB/T 47746-2026"


@pytest.mark.parametrize("code", ["CC:9999", "XYZ:1", "GB/T 1-1999", ""])
def test_an_unknown_code_has_no_citation(code):
    assert BOOK.citation(code) is None


def test_what_was_only_checked_against_secondary_sources_says_so():
    citation = BOOK.citation("NCIR:4")
    assert citation is not None
    assert citation.status is Verification.SECONDARY
    assert "二手来源核对" in citation.sentence


def test_the_trademark_law_changes_on_new_years_day_2027():
    law = BOOK.laws["TM19"]
    assert BOOK.in_force_on(law, date(2026, 12, 31)).code == "TM19"
    assert BOOK.in_force_on(law, date(2027, 1, 1)).code == "TM26"


def test_mandatory_standards_are_listed_first():
    kinds = [s.kind for s in BOOK.listed_standards()]
    assert kinds[0] is StandardKind.MANDATORY
    assert kinds == sorted(kinds, key=list(StandardKind).index)


def test_laws_kept_as_background_are_not_listed():
    listed = {law.code for law in BOOK.listed_laws()}
    assert "ADMC" not in listed
    assert "AIANT" not in listed
    assert "CC" in listed


def test_only_the_laws_asked_for_are_listed_in_table_order():
    assert [law.code for law in BOOK.listed_laws(["PIPL:21", "CC:585", "CC:577"])] == ["CC", "PIPL"]


def test_the_old_arbitration_articles_map_to_the_new_ones():
    moves = {m.old_article: m.new for m in BOOK.moves if m.law == "ARB"}
    assert moves["16"] == "ARB:27"
    assert moves["59"] == "ARB:72"


def test_contract_law_of_1999_is_repealed_since_2021():
    repeal = next(r for r in BOOK.repeals if r.name == "合同法")
    assert repeal.since == date(2021, 1, 1)
    assert repeal.article_hints["114"] == "CC:585"


def test_a_code_that_points_to_nothing_is_refused(tmp_path: Path):
    text = laws_path().read_text(encoding="utf-8").replace("successor: TM26", "successor: TM99")
    broken = tmp_path / "laws.yaml"
    broken.write_text(text, encoding="utf-8")
    with pytest.raises(LibraryError) as raised:
        load_laws(broken)
    assert "TM99" in raised.value.message


def test_every_fault_of_shape_is_reported_with_its_line(tmp_path: Path):
    text = laws_path().read_text(encoding="utf-8").replace("status: verified", "status: sure", 2)
    broken = tmp_path / "laws.yaml"
    broken.write_text(text, encoding="utf-8")
    with pytest.raises(LibraryError) as raised:
        load_laws(broken)
    assert len(raised.value.problems) == 2
    assert all("行" in p for p in raised.value.problems)
