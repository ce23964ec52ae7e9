"""How rules read text: article numbers, institutions, courts, ceilings, places."""

from decimal import Decimal

import pytest

from app.domain.proofreading.rules_citations import article_number
from app.domain.proofreading.rules_disputes import court_connected, institutions
from app.domain.proofreading.rules_signing import amount_limit
from app.domain.proofreading.rules_structure import spoken_forms
from app.domain.proofreading.rules_values import span_hours
from app.domain.tree import Level, Provision, Text
from tests.domain.proofreading.drafts import draft, found, instrument


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("585", 585),
        ("五百八十五", 585),
        ("十", 10),
        ("二十七", 27),
        ("一百一十四", 114),
        ("一千二百六十", 1260),
        ("五百零六", 506),
    ],
)
def test_article_numbers_are_read_in_figures_and_characters(text: str, number: int):
    assert article_number(text) == number


def test_two_names_of_one_institution_are_one_institution():
    assert len(institutions("提交北京仲裁委员会/北京国际仲裁院仲裁", "北京仲裁委员会")) == 1


def test_two_institutions_are_two():
    assert len(institutions("提交北京仲裁委员会或者广州仲裁委员会仲裁", "北京仲裁委员会")) == 2


def test_a_general_word_for_the_institution_is_no_second_one():
    assert len(institutions("提交北京仲裁委员会仲裁，该仲裁委员会的裁决是终局的", "北京仲裁委员会")) == 1


@pytest.mark.parametrize(
    ("court", "connected"),
    [
        ("北京市朝阳区人民法院", True),
        ("上海市第一中级人民法院", True),
        ("上海金融法院", True),
        ("三亚市城郊人民法院", False),
        ("北京市海淀区人民法院", False),
    ],
)
def test_a_court_is_connected_where_its_own_district_or_city_is_an_address(court: str, connected: bool):
    assert court_connected(court, ["北京市朝阳区示例路1号", "上海市浦东新区示例路2号"]) is connected


@pytest.mark.parametrize(
    ("powers", "limit"),
    [("金额不超过100万元", Decimal(1_000_000)), ("上限人民币2,000,000.00元", Decimal("2000000.00")), ("签署本合同", None)],
)
def test_the_ceiling_of_an_authority_is_read_from_its_words(powers: str, limit: Decimal | None):
    assert amount_limit(powers) == limit


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("09:00", "21:00", 12),
        ("21:00", "09:00", 12),
        ("00:00", "24:00", 24),
        ("09:30", "18:00", Decimal("8.5")),
        ("9点", "18:00", None),
    ],
)
def test_hours_of_service_are_counted_from_clock_to_clock(start: str, end: str, hours: Decimal | None):
    assert span_hours(start, end) == hours


def test_a_term_with_alternatives_is_used_by_any_of_them():
    assert "不含税价" in spoken_forms("含税价/不含税价")
    assert "严重等级" in spoken_forms("严重等级 P1–P4")


def test_an_item_is_named_with_the_article_that_holds_it():
    item = Provision("p.item", Level.ITEM, "（1）", "", (Text("最终解释权归甲方所有。"),))
    article = Provision("p.article", Level.ARTICLE, "12.3.1", "", (Text("如下："),), (item,))
    tree = instrument({"12.3": ("占位。",)})
    chapters = tuple(
        c if c.index != 12 else type(c)(c.index, c.number, c.title, tuple(
            s if s.number != "12.3" else type(s)(s.number, s.title, (article,)) for s in c.sections))
        for c in tree.chapters
    )  # fmt: skip
    changed = type(tree)(tree.form, tree.title, tree.number, tree.version, tree.library_version, tree.language,
                         tree.cover, tree.parties, tree.preamble, chapters)  # fmt: skip
    values = {"contract.drafted_by": "party_a", "sign.format_clause_notice": True}
    assert found("R-39", draft(values, tree=changed))[0].place.number == "第12.3.1条第（1）项"
