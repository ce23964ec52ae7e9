"""The variables of the form: complete, well-formed, and faults of the file named with their line."""

from pathlib import Path

import pytest

from app.domain.errors import LibraryError
from app.domain.presentation import present
from app.domain.variables import Requirement, VariableSet, VariableType, is_blank
from app.library.loader import FORM, clauses_root
from app.library.variables import load_variables


@pytest.fixture(scope="module")
def variables() -> VariableSet:
    return load_variables(clauses_root() / FORM / "variables.yaml")


def test_all_variables_of_the_form_are_there(variables: VariableSet) -> None:
    assert len(variables) >= 409


def test_every_variable_has_a_help_text_of_its_own(variables: VariableSet) -> None:
    assert [v.name for v in variables if len(v.help) < 6] == []


def test_every_default_prints(variables: VariableSet) -> None:
    for variable in variables:
        if not is_blank(variable.default):
            assert present(variable, variable.default).strip()


def test_enumerations_never_print_their_internal_value(variables: VariableSet) -> None:
    for variable in variables:
        for option in variable.options:
            assert not option.printed().isascii() or option.printed() in ("P1", "P2"), (variable.name, option)


def test_texts_of_a_multiple_choice_hold_no_list_mark(variables: VariableSet) -> None:
    chosen = [v for v in variables if v.type is VariableType.MULTI_ENUM]
    assert [(v.name, o.value) for v in chosen for o in v.options if "、" in o.printed()] == []


def test_default_rows_fill_every_required_column(variables: VariableSet) -> None:
    for variable in variables:
        if isinstance(variable.default, tuple) and variable.type is VariableType.TABLE:
            for row in variable.default:
                for column in variable.columns:
                    if column.required:
                        assert not is_blank(row.get(column.key)), (variable.name, row)  # type: ignore[union-attr]


def test_the_service_list_has_at_least_eight_default_rows_with_unique_numbers(variables: VariableSet) -> None:
    rows = variables["annex.service_items"].default
    assert isinstance(rows, tuple)
    numbers = [row["code"] for row in rows]  # type: ignore[index,call-overload]
    assert len(numbers) >= 8
    assert len(set(numbers)) == len(numbers)
    categories = {row["category"] for row in rows}  # type: ignore[index,call-overload]
    assert {"consult", "tech_support", "troubleshoot", "repair"} <= categories


def test_default_weights_add_up_to_one_hundred(variables: VariableSet) -> None:
    assert sum(row["weight"] for row in variables["perf.weights"].default) == 100  # type: ignore


def test_people_are_contacts(variables: VariableSet) -> None:
    assert variables["party_a.project_manager"].type is VariableType.CONTACT


def test_conditional_variables_say_when(variables: VariableSet) -> None:
    conditional = [v for v in variables if v.required is Requirement.CONDITIONAL]
    assert len(conditional) > 30
    assert all(v.condition for v in conditional)


def test_all_faults_of_the_file_are_reported_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "variables.yaml"
    path.write_text(
        """variables:
  - {name: a.count, label: 数, type: int, section: "1.1", default: x}
  - name: a.mode
    label: 式
    type: enum
    section: "1.1"
  - {name: a.mode, label: 式, type: bool, section: "1.1", condition: "nope.x"}
  - {name: a.calc, label: 算, type: int, section: "1.1", required: computed, default: 3}
  - {name: a.when, label: 时, type: int, section: "1.1", required: conditional, constraint: "open('x')"}
""",
        encoding="utf-8",
    )
    with pytest.raises(LibraryError) as refused:
        load_variables(path)
    said = refused.value.message
    for part in (
        "第2行：a.count：默认值",
        "枚举没有选项",
        "a.mode 重复",
        "nope.x 不存在",
        "计算变量不能有默认值",
        "没有 condition",
        "不能使用",
    ):
        assert part in said, said


def test_an_unknown_field_is_a_fault_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "variables.yaml"
    path.write_text('variables:\n  - {name: a.b, label: 甲, type: int, section: "1.1", defualt: 3}\n', encoding="utf-8")
    with pytest.raises(LibraryError, match=r"第2行.*defualt"):
        load_variables(path)
