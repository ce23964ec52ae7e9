"""What ``clauses check`` reports, on copies of the library with one fault each."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from app.library.check import check_library
from app.library.laws import load_laws
from app.library.loader import FORM, LibraryError, clauses_root, load_library

FEES = "08_fees.yaml"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / FORM
    shutil.copytree(clauses_root() / FORM, folder)
    return folder


def edited(folder: Path, name: str, pattern: str, replacement: str) -> None:
    """The first match of ``pattern`` in a file of the copy replaced."""
    path = folder / name
    text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1, flags=re.DOTALL)
    assert count == 1
    path.write_text(text, encoding="utf-8")


def problems(folder: Path) -> list[str]:
    report = check_library(load_library(folder), load_laws())
    assert report.clean == (not report.problems)
    return list(report.problems)


def test_the_library_is_clean(copy: Path) -> None:
    assert problems(copy) == []


@pytest.mark.parametrize(
    ("name", "pattern", "replacement", "said"),
    [
        (FEES, r"\{\{fees\.model\}\}", "{{fees.modell}}", "未知变量 fees.modell"),
        (FEES, r"when: fees\.model ==", "when: fees.modell ==", "条件引用未知变量 fees.modell"),
        (FEES, r"when: fees\.model ==", "when: fees.model =", "条件有误"),
        (FEES, r"\{\{fees\.model\}\}", "{{fees.model}", "无法识别的标记"),
        (FEES, r"\{\{@s\.2\.1\}\}", "{{@s.2.9}}", "引用的条款 s.2.9 不存在"),
        (FEES, r"CC:470", "CC:9470", "法条引用 CC:9470 不在 laws.yaml"),
        (FEES, r"covers: \[8\.1-b1\]", "covers: []", "要点 8.1-b1 未满足：没有条款声明覆盖"),
        (FEES, r"covers: \[8\.1-b1\]", "covers: [8.1-b1, 8.1-b99]", "要点 8.1-b99 不存在"),
        (FEES, r"币种为", "[[币种口径]]为", "术语“币种口径”没有定义"),
        ("terms.yaml", r"(term: )工单\n", r"\1从未出现之词\n", "术语“从未出现之词”定义后从未使用"),
        (FEES, r"(fallback:.*?wording:\n +[a-z_.]+: )[^\n]+", r"\1null", "没有退让文本"),
        (FEES, r"币种为", "金额另行约定，币种为", "“另行约定”没有约定内容"),
        (FEES, r"币种为", "于15日内支付，币种为", "数字“15”直接写在文字里"),
        (FEES, r"id: fees\.composition\.included\n", "id: fees.composition.extra\n", "标识 fees.composition.extra 重复出现 2 次"),
    ],
)  # fmt: skip
def test_each_fault_is_reported(copy: Path, name: str, pattern: str, replacement: str, said: str) -> None:
    edited(copy, name, pattern, replacement)
    assert any(said in problem for problem in problems(copy)), problems(copy)


def test_a_text_that_stands_twice_is_reported(copy: Path) -> None:
    text = next(c for c in load_library().clauses() if c.id == "fees.composition.extra").text
    edited(copy, FEES, r"(id: fees\.composition\.included\n.*?text: )[^\n]+", lambda m: f'{m[1]}"{text}"')  # type: ignore[arg-type]
    assert any("fees.composition.extra 与 fees.composition.included 文字相同" in p for p in problems(copy))


def test_a_fourth_point_on_one_provision_is_refused(copy: Path) -> None:
    edited(copy, FEES, r"covers: \[8\.1-b1\]", "covers: [8.1-b1, 8.1-b2, 8.1-b3, 8.1-b4]")
    with pytest.raises(LibraryError, match="at most 3"):
        load_library(copy)
