"""Computed variables of the demonstration contract and of contracts that lack answers (brief §0.9, B1, B5, B6)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.domain.answers import read_answers
from app.domain.derivation import derive
from app.domain.prices import price_table
from app.domain.variables import Requirement, VariableSet
from app.library.answers_file import load_example
from app.library.calendars import load_calendar
from app.library.laws import load_laws
from app.library.loader import FORM, clauses_root
from app.library.variables import load_variables

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def variables() -> VariableSet:
    return load_variables(clauses_root() / FORM / "variables.yaml")


@pytest.fixture(scope="module")
def demo(variables: VariableSet) -> dict[str, Any]:
    values = dict(read_answers(variables, load_example().data).require().values)
    return {**values, **derive(values, TODAY, load_calendar(), load_laws())}


def rows(values: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [dict(r) for r in values[name]]


def test_the_term_ends_the_day_before_its_anniversary_and_the_notice_window_counts_back(demo: dict[str, Any]) -> None:
    assert demo["term.end_date"] == date(2027, 12, 31)
    assert demo["renew.notice_deadline"] == date(2027, 11, 1)


def test_totals_and_capitals_of_the_demonstration(demo: dict[str, Any]) -> None:
    assert demo["fees.total_excl_tax"] == Decimal("1320000.00")
    assert demo["fees.total_tax"] == Decimal("87600.00")
    assert demo["fees.total_incl_tax"] == Decimal("1407600.00")
    assert demo["fees.total_incl_tax_caps"] == "人民币壹佰肆拾万柒仟陆佰元整"


def test_the_price_table_carries_tax_by_row_and_a_total(demo: dict[str, Any]) -> None:
    service, repair, total = rows(demo, "fees.price_table")
    assert (service["rate"], service["tax"], service["incl_tax"]) == (6, Decimal("72000.00"), Decimal("1272000.00"))
    assert (repair["rate"], repair["tax"], repair["incl_tax"]) == (13, Decimal("15600.00"), Decimal("135600.00"))
    assert total["item"] == "合计"
    assert total["_total"] is True
    assert total["incl_tax"] == Decimal("1407600.00")


def test_each_price_row_is_rounded_by_itself_so_that_the_table_adds_up() -> None:
    source = [{"item": str(i), "category": "service", "excl_tax": Decimal("10.25")} for i in range(3)]
    found = price_table(source, {"tax.vat_rate_service": Decimal(6)})
    assert found is not None
    assert [r["incl_tax"] for r in found.rows] == [Decimal("10.87")] * 3 + [Decimal("32.61")]  # 10.865 rounds half up


def test_subtotals_by_rate_appear_where_a_rate_has_several_rows() -> None:
    source = [
        {"item": i, "category": c, "excl_tax": Decimal("100.00")}
        for i, c in (("甲", "service"), ("乙", "service"), ("丙", "repair"))
    ]
    found = price_table(source, {"tax.vat_rate_service": Decimal(6), "tax.vat_rate_repair": Decimal(13)})
    assert found is not None
    assert [(r["item"], r["incl_tax"]) for r in found.rows[3:]] == [
        ("税率6%小计", Decimal("212.00")), ("税率13%小计", Decimal("113.00")), ("合计", Decimal("325.00")),
    ]  # fmt: skip


def test_a_rate_given_in_the_row_goes_before_that_of_its_category() -> None:
    found = price_table(
        [{"item": "甲", "category": "service", "excl_tax": Decimal(100), "rate": Decimal(3)}],
        {"tax.vat_rate_service": Decimal(6)},
    )
    assert found is not None
    assert found.totals.tax == Decimal("3.00")


def test_every_computed_variable_of_the_form_is_derived(variables: VariableSet, demo: dict[str, Any]) -> None:
    computed = {v.name for v in variables if v.required is Requirement.COMPUTED} - {"defs.term_table"}
    assert computed <= set(demo)


def test_computed_rows_have_exactly_the_columns_of_the_form(variables: VariableSet, demo: dict[str, Any]) -> None:
    for variable in variables:
        if variable.required is Requirement.COMPUTED and variable.columns and variable.name in demo:
            keys = {c.key for c in variable.columns}
            for row in rows(demo, variable.name):
                assert {k for k in row if not k.startswith("_")} <= keys, variable.name
                assert all(row.get(c.key) not in (None, "") for c in variable.columns if c.required), (variable.name, row)


def test_metrics_take_their_figures_from_the_variables(variables: VariableSet) -> None:
    values = read_answers(
        variables, {"sla.csat_target": "92", "sla.csat_floor": "80", "sla.complaint_rate_target": "0.4"}
    ).answers.values
    table = {r["name"]: r for r in derive(values, TODAY)["annex.metrics"]}  # type: ignore[union-attr,index,call-overload]
    assert (table["满意度CSAT"]["target"], table["满意度CSAT"]["floor"], table["满意度CSAT"]["weight"]) == ("≥92%", "≥80%", "20")
    assert table["投诉率"]["target"] == "≤0.4%"
    assert len(table) == 8


def test_the_severity_matrix_prints_each_limit_with_its_own_clock(demo: dict[str, Any]) -> None:
    matrix = {r["level"]: r for r in rows(demo, "annex.severity_matrix")}
    assert (matrix["P1"]["response"], matrix["P1"]["restore"], matrix["P1"]["resolve"]) == (
        "15分钟",
        "4个自然小时",
        "24个自然小时",
    )
    assert (matrix["P3"]["response"], matrix["P3"]["resolve"]) == ("1个服务小时", "5个工作日")
    assert matrix["P4"]["restore"] == "不适用"


def test_the_data_inventory_repeats_the_kinds_of_section_7_2(demo: dict[str, Any]) -> None:
    inventory = rows(demo, "annex.data_inventory")
    assert [r["category"] for r in inventory] == [r["category"] for r in demo["privacy.data_types"]]
    assert {r["region"] for r in inventory} == {"中华人民共和国境内"}


def test_the_example_computes_the_score_and_the_deduction_of_the_brief(demo: dict[str, Any]) -> None:
    example = {r["metric"]: r for r in rows(demo, "annex.score_example")}
    assert example["满意度CSAT"]["score"] == "56.47"
    assert example["月度得分"]["weighted"] == "82.49"
    assert example["当月服务费（不含税）"]["weighted"] == "114,000.00元"
    assert example["服务抵扣"]["weighted"] == "6,840.00元"
    assert example["当月应付（不含税）"]["weighted"] == "107,160.00元"
    assert example["当月应付（含税）"]["weighted"] == "113,589.60元"


def test_the_example_of_a_hybrid_fee_charges_from_the_baseline_as_section_8_1_says(demo: dict[str, Any]) -> None:
    hybrid = derive({**demo, "fees.model": "hybrid"}, TODAY)
    example = {r["metric"]: r for r in rows(hybrid, "annex.score_example")}
    # 100,000 + 600 × 28 within the band + 500 × 28 above it
    assert example["当月服务费（不含税）"]["weighted"] == "130,800.00元"
    assert example["当月服务费（不含税）"]["actual"] == (
        "工单4,100单：100,000.00＋（3,600－3,000）×28.00＋（4,100－3,600）×28.00×1"
    )


def test_laws_not_yet_in_force_say_from_when(demo: dict[str, Any]) -> None:
    laws = {r["name"]: r for r in rows(demo, "annex.law_list")}
    assert laws["中华人民共和国民法典"]["status"] == "现行有效"
    assert laws["中华人民共和国商标法（2026修订）"]["status"] == "2027年1月1日起施行"


def test_cited_codes_narrow_the_law_list_and_name_the_articles(demo: dict[str, Any]) -> None:
    listed = derive(demo, TODAY, None, load_laws(), ["CC:585", "CC:506", "PIPL:21"])["annex.law_list"]
    assert [(r["name"], r["articles"]) for r in listed] == [  # type: ignore[union-attr,index,call-overload]
        ("中华人民共和国民法典", "第506、585条"), ("中华人民共和国个人信息保护法", "第21条"),
    ]  # fmt: skip


def test_mandatory_and_recommended_standards_are_listed_apart(demo: dict[str, Any]) -> None:
    mandatory = {r["number"] for r in rows(demo, "annex.standards_mandatory")}
    recommended = {r["number"] for r in rows(demo, "annex.standards_recommended")}
    assert "GB 45438-2025" in mandatory
    assert "GB/T 22239-2019" in recommended
    assert not mandatory & recommended
    together = len(mandatory) + len(recommended) + len(rows(demo, "annex.standards_international"))
    assert together == len(rows(demo, "annex.standard_list"))


def test_texts_that_repeat_a_figure_follow_its_home(demo: dict[str, Any]) -> None:
    assert demo["penalty.a_late_payment"] == "按逾期金额每日万分之三计算，累计不超过该笔逾期金额的20%"
    assert demo["terminate.fm_days_ref"] == "30个自然日"


def test_missing_answers_leave_out_what_depends_on_them() -> None:
    found = derive({}, TODAY)
    assert "term.end_date" not in found
    assert "fees.total_incl_tax" not in found
    assert "renew.notice_deadline" not in found
    assert "annex.metrics" not in found


@pytest.mark.parametrize(
    ("source", "deadline"), [("state_council_calendar", date(2026, 5, 9)), ("mon_fri_only", date(2026, 5, 8))]
)
def test_the_notice_deadline_counts_working_days_as_the_contract_defines_them(source: str, deadline: date) -> None:
    """60 days before 8 July 2026 is Saturday 9 May, worked in exchange for the Labour Day holiday."""
    answers: dict[str, Any] = {
        "term.start_date": date(2025, 7, 9),
        "term.years": 1,
        "renew.notice_days": 60,
        "defs.workday_source": source,
    }
    assert derive(answers, TODAY, load_calendar())["renew.notice_deadline"] == deadline


def test_an_absurd_term_is_not_computed_and_does_not_raise() -> None:
    assert "term.end_date" not in derive({"term.start_date": date(2199, 1, 1), "term.years": 5}, TODAY)


def test_the_same_answers_give_the_same_values(demo: dict[str, Any]) -> None:
    assert derive(demo, TODAY, load_calendar(), load_laws()) == derive(demo, TODAY, load_calendar(), load_laws())
