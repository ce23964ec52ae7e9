"""Answers files: what is read, what is refused, and the files that a person starts from."""

from pathlib import Path

import pytest

from app.domain.answers import read_answers
from app.domain.errors import InputError
from app.domain.variables import VariableSet
from app.library.answers_file import (
    SIZE_LIMIT,
    blank_answers,
    example_answers,
    load_example,
    parse_answers,
    read_answers_file,
)
from app.library.loader import FORM, clauses_root
from app.library.variables import load_variables


@pytest.fixture(scope="module")
def variables() -> VariableSet:
    return load_variables(clauses_root() / FORM / "variables.yaml")


def refused(content: bytes) -> str:
    with pytest.raises(InputError) as error:
        parse_answers(content)
    return error.value.message


def test_scalars_stay_text_and_every_path_has_its_line() -> None:
    source = parse_answers("a:\n  b: 007\n  c: yes\n  d: 09:00\n  e: ~\nt:\n  - {x: 1}\n  - {x: 2.50}\nf.g: 甲\n".encode())
    assert source.data == {"a": {"b": "007", "c": "yes", "d": "09:00", "e": None}, "t": [{"x": "1"}, {"x": "2.50"}], "f.g": "甲"}
    assert source.lines["a.b"] == 2
    assert source.lines["t[2]"] == 8
    assert source.lines["t[2].x"] == 8
    assert source.lines["f.g"] == 9


def test_a_byte_order_mark_is_accepted() -> None:
    assert parse_answers(b"\xef\xbb\xbfa: 1").data == {"a": "1"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "空的"),
        (b"# only a comment\n", "空的"),
        (b"- a\n- b\n", "最外层"),
        (b"just text", "最外层"),
        ("名称: 甲".encode("gb18030"), "UTF-8"),
        ("a: 1\n名称: 甲".encode("utf-16"), "UTF-8"),
        (b"a: 1\nb: [1, 2\nc: 3\n", "YAML"),
        (b"a: 1\n b: 2: 3\n", "第2行"),
        (b"a: &x 1\nb: *x\n", "锚点"),
        (b"a: *nowhere\n", "别名"),
        (b"a: !!python/object/apply:os.system ['true']\n", "标签"),
        (b"a: !!binary aGk=\n", "标签"),
        (b"a: 1\n---\nb: 2\n", "不止一个"),
        (b"? [a, b]\n: 1\n", "键"),
        (b"a: x\x07y\n", "U+0007"),
        (b"a: 1\nb: \x00\n", "第2行"),
        (b"a: " + b"[" * 50 + b"]" * 50, "嵌套过深"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(content: bytes, said: str) -> None:
    assert said in refused(content)


def test_every_repeated_key_is_reported_with_both_lines() -> None:
    message = refused(b"a:\n  b: 1\n  b: 2\nc: 1\na: {b: 3}\n")
    assert "第3行 a.b" in message
    assert "第2行已有" in message
    assert "第5行 a：" in message


def test_an_oversized_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(SIZE_LIMIT + 1)
    with pytest.raises(InputError, match="10 MB"):
        read_answers_file(path)


def test_very_deep_nesting_is_refused_without_exhausting_the_stack() -> None:
    assert "嵌套过深" in refused(b"a: " + b"[" * 200_000)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(InputError):
            read_answers_file(path)


def test_the_blank_file_answers_nothing_and_names_every_variable(variables: VariableSet) -> None:
    text = blank_answers(variables)
    reading = read_answers(variables, parse_answers(text.encode()).data)
    assert reading.faults == ()
    assert reading.answers.given == frozenset()
    open_keys = [v for v in variables if v.required.value != "computed"]
    assert text.count("\n  # [") == len(open_keys)
    assert "单位：工作日" in text
    assert "范围：1至5年" in text


def test_the_commented_defaults_of_the_blank_file_are_the_defaults(variables: VariableSet) -> None:
    uncommented = "\n".join(
        line.replace("  # ", "  ", 1) if line.startswith("  # ") and not line.startswith("  # [") else line
        for line in blank_answers(variables).splitlines()
    )
    source = parse_answers(uncommented.encode())
    reading = read_answers(variables, source.data, lines=source.lines)
    assert reading.faults == ()
    assert reading.answers.values == read_answers(variables, {}).answers.values


def test_the_example_file_reads_back_to_the_demonstration_answers(variables: VariableSet) -> None:
    source = parse_answers(example_answers(variables).encode())
    printed = read_answers(variables, source.data, lines=source.lines).require()
    assert printed == read_answers(variables, load_example().data).require()


def test_the_example_gives_only_what_has_no_default_and_the_demonstration_values(variables: VariableSet) -> None:
    assert len(read_answers(variables, load_example().data).require().given) <= 50


def test_faults_carry_the_line_of_the_file(variables: VariableSet) -> None:
    source = parse_answers(
        "term:\n  years: 1\n  start_date: 2027-02-30\nfees.price_rows:\n  - {item: 甲, excl_tax: -5}\n".encode()
    )
    faults = read_answers(variables, source.data, lines=source.lines).faults
    assert [(f.line, f.path) for f in faults] == [(3, "term.start_date"), (5, "fees.price_rows[1].excl_tax")]


def test_a_blank_file_says_of_tables_what_may_stand_in_their_cells_and_when_a_value_is_needed(variables: VariableSet) -> None:
    text = blank_answers(variables)
    products = next(line for line in text.splitlines() if "产品清单；必填" in line)
    assert "kind=产品类型（software=软件/hardware=配套硬件/platform=平台）" in products
    assert "至少4行" in next(line for line in text.splitlines() if "关键人员；必填" in line)
    assert "按条件必填（fees.model == 'per_seat'）" in text
