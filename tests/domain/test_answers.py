"""Raw answers to typed answers: every fault at once, and defaults that follow from other answers."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.domain.answers import Reading, read_answers
from app.domain.errors import InputError, InputFault
from app.domain.variables import Contact, VariableSet, is_blank
from app.library.answers_file import load_example
from app.library.loader import FORM, clauses_root
from app.library.variables import load_variables


@pytest.fixture(scope="module")
def variables() -> VariableSet:
    return load_variables(clauses_root() / FORM / "variables.yaml")


def fault(reading: Reading, path: str) -> InputFault:
    found = [f for f in reading.faults if f.path == path]
    assert found, [f.sentence() for f in reading.faults]
    return found[0]


def test_the_demonstration_answers_have_no_fault(variables: VariableSet) -> None:
    assert read_answers(variables, load_example().data).faults == ()


def test_nothing_answered_is_no_fault_and_leaves_about_thirty_values_to_give(variables: VariableSet) -> None:
    reading = read_answers(variables, {})
    assert reading.faults == ()
    missing = [v.name for v in variables if v.required.value == "required" and is_blank(reading.answers.values.get(v.name))]
    assert "contract.no" in missing
    assert "term.start_date" in missing
    assert len(missing) <= 32


def test_values_are_typed(variables: VariableSet) -> None:
    raw = {
        "fees": {"monthly_fixed": "100,000.00"},
        "term.start_date": "2027年1月1日",
        "service.hours_per_day": "12",
        "pay.late_daily_rate_bp": "３",
        "tax.vat_rate_service": "6%",
        "party_a": {"project_manager": {"name": "周明澈", "email": "z@a.example"}, "uscc": "91110105 ma00abcd4r"},
        "fees.model": "固定月费",
        "service.onsite_cities": "北京市、上海市",
        "contract.retroactive": "否",
    }
    reading = read_answers(variables, raw)
    values = reading.answers.values
    assert reading.faults == ()
    assert values["fees.monthly_fixed"] == Decimal("100000.00")
    assert values["term.start_date"] == date(2027, 1, 1)
    assert values["pay.late_daily_rate_bp"] == Decimal(3)
    assert values["tax.vat_rate_service"] == Decimal(6)
    assert values["party_a.project_manager"] == Contact("周明澈", email="z@a.example")
    assert values["party_a.uscc"] == "91110105MA00ABCD4R"
    assert values["fees.model"] == "fixed_monthly"
    assert values["service.onsite_cities"] == ("北京市", "上海市")
    assert values["contract.retroactive"] is False
    assert reading.answers.given == {
        "fees.monthly_fixed", "term.start_date", "service.hours_per_day", "pay.late_daily_rate_bp", "tax.vat_rate_service",
        "party_a.project_manager", "party_a.uscc", "fees.model", "service.onsite_cities", "contract.retroactive",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "raw", "said"),
    [
        ("term.start_date", "2027-02-30", "日期不存在"),
        ("term.start_date", "明年元旦", "不是日期"),
        ("term.start_date", "0027-01-01", "年份不合常理"),
        ("fees.monthly_fixed", "-1", "不得为负数"),
        ("fees.monthly_fixed", "9" * 30, "金额过大"),
        ("fees.monthly_fixed", "9" * 50, "不是数字"),
        ("fees.monthly_fixed", "100.001", "只能到分"),
        ("fees.monthly_fixed", "NaN", "不是数字"),
        ("fees.monthly_fixed", "1e9", "不是数字"),
        ("fees.monthly_fixed", ["1"], "只能填一个值"),
        ("fees.monthly_fixed", float("inf"), "不是数字"),
        ("term.years", "6", "超出范围"),
        ("term.years", "1.5", "应为整数"),
        ("term.years", True, "应填数字"),
        ("contract.retroactive", "也许", "不是“是”或“否”"),
        ("fees.model", "fixed", "不在选项之内"),
        ("service.categories", ["consult", "sales"], "不在选项之内"),
        ("contract.no", "abc", "格式不符"),
        ("notice.party_a_email", "无", "格式不符"),
        ("contract.sign_place", "北京\x07市", "U+0007"),
        ("contract.sign_place", "北京\u202e市", "U+202E"),
        ("contract.sign_place", "北京\n市", "换行"),
        ("contract.sign_place", "长" * 101, "文字过长"),
        ("party_a.project_manager", {"name": "周", "mail": "x"}, "没有这一项"),
        ("party_a.project_manager", {"name": "周", "email": "x"}, "不是电子邮箱"),
        ("scope.products", "全部", "应为表格"),
        ("scope.products", ["全部"], "列名"),
        ("term.end_date", "2027-12-31", "由系统计算"),
        ("party_a", "某公司", "这是一组变量"),
        ("service.marketing_calls_allowed", "true", "营销外呼"),
        ("sla.p1_update_minutes", "10", "超出范围"),
    ],
)
def test_a_bad_value_is_a_fault_that_says_why(variables: VariableSet, path: str, raw: Any, said: str) -> None:
    reading = read_answers(variables, {path: raw})
    assert any(f.path.startswith(path) and said in f.problem for f in reading.faults) or any(
        said in f.sentence() for f in reading.faults
    ), [f.sentence() for f in reading.faults]


def test_all_faults_come_at_once_with_line_label_and_allowed_values(variables: VariableSet) -> None:
    raw = {
        "term": {"years": "9"},
        "fees": {"model": "montly"},
        "contract": {"nr": "X"},
        "scope": {"products": [{"name": "甲", "knd": "x"}]},
    }
    lines = {"term.years": 2, "fees.model": 4, "contract.nr": 6, "scope.products": 8, "scope.products[1]": 9}
    reading = read_answers(variables, raw, lines=lines)
    assert [f.line for f in reading.faults] == [2, 4, 6, 9]
    assert fault(reading, "term.years").allowed == "1至5年"
    assert fault(reading, "term.years").label == "合同年限"
    assert "fixed_monthly" in fault(reading, "fees.model").allowed
    assert fault(reading, "contract.nr").suggestion == "contract.no"
    assert fault(reading, "scope.products[1].knd").suggestion == "kind"
    with pytest.raises(InputError) as refused:
        reading.require()
    assert len(refused.value.faults) == 4
    assert "第2行" in refused.value.message


def test_sound_values_are_kept_beside_faulty_ones(variables: VariableSet) -> None:
    reading = read_answers(variables, {"term.years": "2", "fees.monthly_fixed": "x"})
    assert reading.answers.values["term.years"] == 2
    assert "fees.monthly_fixed" not in reading.answers.values


@pytest.mark.parametrize(
    ("name", "value"),
    [("pay.days_after_confirm", "90"), ("leak.first_report_hours", "48"), ("sla.response_hours", "14"),
     ("party_a.uscc", "91350100M000100Y4Z"), ("perf.credit_cap_pct", "50"), ("privacy.exit_delete_days", "60")],
)  # fmt: skip
def test_a_limit_that_a_rule_of_law_owns_is_left_to_that_rule(variables: VariableSet, name: str, value: str) -> None:
    assert read_answers(variables, {name: value}).faults == ()


def test_limits_between_variables_are_checked_once_both_are_known(variables: VariableSet) -> None:
    assert fault(read_answers(variables, {"issue.data_objection_workdays": "4"}), "issue.data_objection_workdays")
    both = {"issue.data_objection_workdays": "4", "perf.objection_workdays": "4"}
    assert read_answers(variables, both).faults == ()


def test_the_defaults_alone_satisfy_every_limit(variables: VariableSet) -> None:
    given = {
        v.name: v.default for v in variables if v.default is not None and v.type.value in ("int", "decimal", "percent", "bool")
    }
    assert read_answers(variables, given).faults == ()


def test_markup_in_text_is_plain_text(variables: VariableSet) -> None:
    hostile = "<script>alert(1)</script>{{ 7*7 }}{% for x in y %}"
    reading = read_answers(variables, {"party_a.name": hostile})
    assert reading.faults == ()
    assert reading.answers.values["party_a.name"] == hostile


def test_rare_characters_in_names_are_kept(variables: VariableSet) -> None:
    name = "喆堃镕䶮𬱖Ａbé有限公司"
    assert read_answers(variables, {"party_a.name": name}).answers.values["party_a.name"] == name


def test_the_account_name_follows_the_name_of_party_b(variables: VariableSet) -> None:
    assert read_answers(variables, {"party_b.name": "乙公司"}).answers.values["pay.account_name"] == "乙公司"


def test_without_repair_the_default_category_role_and_items_disappear(variables: VariableSet) -> None:
    values = read_answers(variables, {"service.repair_enabled": "false"}).answers.values
    assert "repair" not in values["service.categories"]  # type: ignore[operator]
    assert all(row["category"] != "repair" for row in values["annex.service_items"])  # type: ignore[union-attr,index,call-overload]
    assert all(row["role"] != "维修" for row in values["team.roles"])  # type: ignore[union-attr,index,call-overload]


def test_head_counts_of_the_default_roles_follow_the_answers(variables: VariableSet) -> None:
    rows = read_answers(variables, {"team.agents_count": "20"}).answers.values["team.roles"]
    assert [r["headcount"] for r in rows if r["role"] == "客服"] == [20]  # type: ignore[union-attr,index,call-overload]


def test_electronic_signing_presets_its_conditions_unless_they_are_given(variables: VariableSet) -> None:
    values = read_answers(variables, {"sign.mode": "e_sign"}).answers.values
    assert values["effect.condition"] == "e_sign"
    assert values["sign.required_marks"] == ("e_signature",)
    kept = read_answers(variables, {"sign.mode": "e_sign", "effect.condition": "seal_and_sign"}).answers.values
    assert kept["effect.condition"] == "seal_and_sign"


def test_contacts_without_a_person_fall_to_the_project_manager(variables: VariableSet) -> None:
    values = read_answers(variables, {"party_a.project_manager": {"name": "周明澈"}}).answers.values
    names = {r["name"] for r in values["sign.contacts"] if r["party"] == "party_a"}  # type: ignore[union-attr,index,call-overload]
    assert names == {"周明澈"}


def test_positions_deviations_and_acknowledgements_are_read(variables: VariableSet) -> None:
    raw = {
        "playbook": {"8.2-t1": "fallback"},
        "deviations": [{"kind": "remove", "provision": "a.b", "reason": "商务决定"}],
        "acknowledgements": [{"rule": "R-35", "place": "0", "by": "张三", "at": "2026-11-22T10:00:00", "reason": "已另签文件"}],
    }
    answers = read_answers(variables, raw).require()
    assert answers.positions == {"8.2-t1": "fallback"}
    assert answers.deviations[0].provision == "a.b"
    assert answers.acknowledgements[0].at is not None
    assert answers.acknowledgements[0].at.hour == 10


def test_incomplete_deviations_and_acknowledgements_are_faults(variables: VariableSet) -> None:
    raw = {
        "playbook": {"8.2-t1": "maybe"},
        "deviations": [{"kind": "drop"}, "x"],
        "acknowledgements": [{"rule": "R-35", "at": "gestern"}],
    }
    paths = {f.path for f in read_answers(variables, raw).faults}
    assert {"playbook.8.2-t1", "deviations[1].kind", "deviations[1].reason", "deviations[2]", "acknowledgements[1].by",
            "acknowledgements[1].at"} <= paths  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"contract.copies_total": "5"}, "contract.copies_total"),
        ({"issue.level3_days": "30"}, "issue.level3_days"),
        ({"maint.window": "周二 20:30–22:00"}, "maint.window"),
        ({"maint.window": "周二 23:00–09:30"}, "maint.window"),
        ({"service.start_time": "03:00", "service.end_time": "15:00"}, "maint.window"),
        ({"pay.method": "commercial_draft"}, "pay.method"),
        ({"pay.method": "other", "pay.noncash_allowed": "false"}, "pay.method"),
        ({"terminate.notice_method": "system_delivery"}, "terminate.notice_method"),
        ({"terminate.notice_method": "system_delivery", "notice.party_a_system": "甲方门户A01"}, "terminate.notice_method"),
        ({"breach.list_b": ["data_fraud"]}, "breach.list_b"),
    ],
)
def test_answers_that_do_not_go_together_are_faults(variables: VariableSet, raw: dict[str, str], path: str) -> None:
    assert fault(read_answers(variables, raw), path)


def test_copies_in_all_follow_the_copies_of_the_parties(variables: VariableSet) -> None:
    reading = read_answers(variables, {"contract.copies_party_a": "3"})
    assert reading.faults == ()
    assert reading.answers.values["contract.copies_total"] == 5


def test_means_of_payment_and_notice_systems_that_go_together_pass(variables: VariableSet) -> None:
    raw = {"pay.method": "commercial_draft", "pay.noncash_allowed": "true", "terminate.notice_method": "system_delivery",
           "notice.party_a_system": "甲方门户A01", "notice.party_b_system": "乙方门户B01"}  # fmt: skip
    assert read_answers(variables, raw).faults == ()


def test_the_security_contact_of_party_b_is_the_one_that_its_key_personnel_name(variables: VariableSet) -> None:
    people = [{"name": n, "position": p, "qualification": "五年", "contact": "021"} for n, p in
              (("何书宁", "项目经理"), ("顾清和", "质检主管"), ("罗景行", "技术负责人"), ("孟思齐", "信息安全联系人"))]  # fmt: skip
    manager = {"name": "何书宁", "title": "经理", "phone": "021-1", "email": "he@party-b.example"}
    values = read_answers(variables, {"team.key_personnel": people, "party_b.project_manager": manager}).answers.values
    rows = values["sign.contacts"]
    assert isinstance(rows, tuple)
    named = {r["role"]: r.get("name") for r in rows if isinstance(r, Mapping) and r["party"] == "party_b"}
    assert named["信息安全联系人"] == "孟思齐"
    assert named["项目经理"] == named["财务联系人"] == "何书宁"


def test_without_visits_nothing_prices_a_visit(variables: VariableSet) -> None:
    values = read_answers(variables, {"service.onsite_enabled": "false"}).answers.values
    for name in ("fees.included_items", "fees.extra_items"):
        rows = values[name]
        assert isinstance(rows, tuple)
        assert rows
        assert not [r for r in rows if isinstance(r, Mapping) and "上门" in str(r["item"])]


def test_round_the_clock_service_may_be_maintained_at_night(variables: VariableSet) -> None:
    raw = {"service.start_time": "00:00", "service.end_time": "24:00", "service.hours_per_day": "24"}
    assert read_answers(variables, raw).faults == ()


def test_a_table_with_too_few_rows_is_a_fault_but_its_rows_are_kept(variables: VariableSet) -> None:
    person = {"name": "何书宁", "position": "项目经理", "qualification": "八年经验", "contact": "021"}
    reading = read_answers(variables, {"team.key_personnel": [person]})
    assert "至少4行" in fault(reading, "team.key_personnel").allowed
    assert len(reading.answers.values["team.key_personnel"]) == 1  # type: ignore[arg-type]


def test_sound_cells_are_kept_beside_a_faulty_one(variables: VariableSet) -> None:
    reading = read_answers(variables, {"fees.price_rows": [{"item": "甲", "category": "service", "excl_tax": "x"}]})
    assert fault(reading, "fees.price_rows[1].excl_tax")
    assert reading.answers.values["fees.price_rows"] == ({"item": "甲", "category": "service"},)


def test_a_file_of_another_kind_is_refused_quickly_and_briefly(variables: VariableSet) -> None:
    reading = read_answers(variables, {f"k{i}": "1" for i in range(100_000)})
    assert len(reading.faults) == 201
    assert any("另有99800个" in f.problem for f in reading.faults)


def test_a_mistyped_group_is_told_the_group_it_most_likely_means(variables: VariableSet) -> None:
    reading = read_answers(variables, {"partya": {"name": "甲"}, "fee": {"model": "per_seat"}})
    assert {f.path: f.suggestion for f in reading.faults if f.path in ("partya", "fee")} == {"partya": "party_a", "fee": "fees"}
