"""How values read inside a sentence."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.domain.presentation import present
from app.domain.variables import Column, Contact, Option, Variable, VariableType


def variable(kind: str, unit: str = "", **more: Any) -> Variable:
    return Variable(name="x.y", label="试", type=VariableType(kind), section="1.1", unit=unit, **more)


@pytest.mark.parametrize(
    ("kind", "unit", "value", "printed"),
    [
        ("int", "工作日", 5, "5个工作日"),
        ("int", "自然日", 30, "30个自然日"),
        ("decimal", "小时", Decimal("2"), "2小时"),
        ("decimal", "小时", Decimal("0.50"), "0.5小时"),
        ("decimal", "服务小时", Decimal("4"), "4个服务小时"),
        ("decimal", "自然小时", Decimal("24.0"), "24个自然小时"),
        ("int", "月", 6, "6个月"),
        ("int", "年", 3, "3年"),
        ("int", "人", 12, "12人"),
        ("int", "单", 3000, "3,000单"),
        ("int", "分钟", 15, "15分钟"),
        ("int", "工作日序号", 5, "第5个工作日"),
        ("int", "级", 2, "第二级"),
        ("decimal", "万分", Decimal("3"), "万分之三"),
        ("decimal", "万分", Decimal("0.5"), "万分之零点五"),
        ("decimal", "倍", Decimal("1.0"), "1倍"),
        ("percent", "%", Decimal("6"), "6%"),
        ("percent", "%", Decimal("99.50"), "99.5%"),
        ("money", "元/月", Decimal("100000"), "人民币100,000.00元/月"),
        ("money", "元", Decimal("0.1"), "人民币0.10元"),
        ("date", "", date(2027, 1, 1), "2027年1月1日"),
        ("datetime", "", datetime(2027, 1, 1, 9, 5), "2027年1月1日09:05"),
        ("bool", "", True, "是"),
        ("bool", "", False, "否"),
        ("duration", "", "5WD", "5个工作日"),
        ("duration", "", "2SH", "2个服务小时"),
        ("duration", "", "1Y", "1年"),
        ("text", "", "09:00", "09:00"),
        ("list", "节", ("7.2", "10.1"), "第7.2节、第10.1节"),
        ("list", "", ("北京市", "上海市"), "北京市、上海市"),
        ("int", "", 0, "0"),
    ],
)
def test_a_value_prints_with_its_unit(kind: str, unit: str, value: Any, printed: str) -> None:
    assert present(variable(kind, unit), value) == printed


@pytest.mark.parametrize("value", [None, "", "  ", (), Contact()])
def test_a_blank_value_prints_nothing(value: Any) -> None:
    assert present(variable("text"), value) == ""


def test_the_bare_figure_has_no_unit() -> None:
    assert present(variable("int", "自然日"), 30, "number") == "30"
    assert present(variable("money", "元/月"), Decimal("100000"), "number") == "100,000.00"
    assert present(variable("percent", "%"), Decimal("0.5"), "number") == "0.5"


def test_large_decimals_are_not_rounded() -> None:
    assert present(variable("money", "元"), Decimal("999999999999.99")) == "人民币999,999,999,999.99元"
    assert present(variable("decimal", "倍"), Decimal("0.1") + Decimal("0.2")) == "0.3倍"


def test_an_enumeration_prints_what_the_contract_says_in_the_order_of_the_form() -> None:
    options = (Option("phone", "电话"), Option("special", "专票", "增值税专用发票"))
    assert present(variable("enum", options=options), "special") == "增值税专用发票"
    assert present(variable("multi_enum", options=options), ("special", "phone")) == "电话、增值税专用发票"


def test_a_contact_prints_whole_or_by_field() -> None:
    person = Contact("何书宁", "项目经理", "021-00000001", "he@b.example")
    assert present(variable("contact"), person) == "何书宁（项目经理，电话021-00000001，邮箱he@b.example）"
    assert present(variable("contact"), Contact("何书宁")) == "何书宁"
    assert present(variable("contact"), person, "phone") == "021-00000001"


def test_a_table_inside_a_sentence_prints_the_names_of_its_rows() -> None:
    columns = (Column("item", "项目"), Column("note", "说明"))
    assert present(variable("table", columns=columns), ({"item": "营销外呼"}, {"item": "代收款"})) == "营销外呼、代收款"


@pytest.mark.parametrize(("kind", "value", "fmt"), [("text", "甲", "email"), ("int", 3, "both"), ("text", "甲", "upper")])
def test_a_format_that_does_not_fit_is_refused(kind: str, value: Any, fmt: str) -> None:
    with pytest.raises(ValueError, match="格式"):
        present(variable(kind), value, fmt)


def test_text_that_looks_like_markup_prints_as_it_is() -> None:
    assert present(variable("text"), "{{x}}<b>&{% raw %}") == "{{x}}<b>&{% raw %}"


def test_money_prints_in_capitals_and_in_both_ways() -> None:
    total = variable("money", "元")
    assert present(total, Decimal("1407600"), "capitals") == "人民币壹佰肆拾万柒仟陆佰元整"
    assert present(total, Decimal("1407600"), "both") == "人民币1,407,600.00元（大写：人民币壹佰肆拾万柒仟陆佰元整）"
    assert present(variable("money", "元/月"), Decimal("100000"), "both") == "人民币100,000.00元/月（大写：人民币壹拾万元整）"
