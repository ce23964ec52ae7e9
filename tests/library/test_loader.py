"""Clause files → library: every fault of every file at once, each with its file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.domain.errors import LibraryError
from app.domain.tree import Level
from app.library.loader import FORM, clauses_root, fingerprint, load_library
from app.library.models import ChapterFile, PointsFile
from app.library.yaml_files import read_model, read_yaml

CHAPTER = """\
chapter: 1
title: 总则
sections:
  - number: "1.1"
    title: 付款
    provisions:
      - id: pay.term
        title: 付款期
        covers: [1.1-b1]
        text: 甲方应当付款。
        items:
          - id: pay.term.first
            text: 第一项。
"""


def written(folder: Path, text: str | bytes, name: str = "01_general.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def faults(folder: Path, text: str | bytes) -> list[str]:
    problems: list[str] = []
    read_model(written(folder, text), ChapterFile, problems)
    return problems


def test_a_sound_chapter_has_no_faults(tmp_path: Path) -> None:
    problems: list[str] = []
    chapter = read_model(written(tmp_path, CHAPTER), ChapterFile, problems)
    assert problems == []
    assert chapter is not None
    assert chapter.sections[0].provisions[0].items[0].text == "第一项。"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("        text: 甲方", "        txet: 甲方", ["01_general.yaml 第10行", "txet"]),
        ("pay.term\n", "Pay Term\n", ["第7行", "provisions.0.id"]),
        ("        covers: [1.1-b1]", "        covers: [1.1-b1, 1.1-b2, 1.1-b3, 1.1-b4]", ["第9行", "covers"]),
        ("        covers: [1.1-b1]", "        covers: [总则]", ["第9行", "covers.0"]),
        ("chapter: 1", "chapter: 15", ["第1行", "chapter"]),
        ("chapter: 1\n", "", ["chapter"]),
        ("            text: 第一项。", "            text: [第一项]", ["第13行", "items.0.text"]),
        ("    title: 付款\n", "    title: 付款\n    topics: 5\n", ["第6行", "topics"]),
    ],
)
def test_a_fault_of_shape_names_file_line_and_place(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    assert old in CHAPTER
    found = faults(tmp_path, CHAPTER.replace(old, new, 1))
    assert len(found) == 1
    for part in said:
        assert part in found[0]


def test_all_faults_of_a_file_are_reported_at_once(tmp_path: Path) -> None:
    text = CHAPTER.replace("chapter: 1", "chapter: 99").replace("pay.term\n", "X\n", 1).replace("text: 第一项", "wrong: 第一项")
    assert len(faults(tmp_path, text)) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CHAPTER + "title: 又一个\n", ["第14行", "键“title”重复"]),
        (CHAPTER.replace("        text: 甲方应当付款。", "        text: 甲方\n        text: 乙方"), ["第11行", "键“text”重复"]),
        (CHAPTER.replace("title: 总则", "title: 总则: 二"), ["第2行", "YAML 有误"]),
        (CHAPTER.replace("    title: 付款", "\ttitle: 付款"), ["第5行", "YAML 有误"]),
        ("[未闭合", ["YAML 有误"]),
        ("? [a, b]\n: 1\n", ["第1行", "键应为一个词"]),
        ("a: !!python/object/apply:os.system [id]\n", ["第1行", "YAML 有误"]),
        ("a: 甲\x07方\n", ["YAML 有误"]),
        ("", ["文件是空的"]),
        ("# 只有注释\n", ["文件是空的"]),
        ("title: 合同".encode("gb18030"), ["无法读取", "utf-8"]),
    ],
)
def test_a_file_that_is_no_sound_yaml_says_where(tmp_path: Path, text: str | bytes, said: list[str]) -> None:
    found = faults(tmp_path, text)
    assert len(found) == 1
    for part in ("01_general.yaml", *said):
        assert part in found[0]


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    problems: list[str] = []
    assert read_yaml(tmp_path / "terms.yaml", problems) is None
    assert problems
    assert "terms.yaml：无法读取" in problems[0]


def test_numbers_that_look_like_dates_and_decimals_stay_text(tmp_path: Path) -> None:
    problems: list[str] = []
    data = read_yaml(written(tmp_path, "number: 8.2\nday: 2026-01-01\ncount: 3\nyes: true\n"), problems)
    assert data == {"number": "8.2", "day": "2026-01-01", "count": 3, True: True}


# The whole library


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / FORM
    shutil.copytree(clauses_root() / FORM, folder)
    return folder


def test_the_library_loads_with_the_words_of_its_files() -> None:
    library = load_library()
    assert library.form == FORM
    assert len(library.fingerprint) == 64
    assert {c.level for c in library.clauses()} >= {Level.ARTICLE, Level.ITEM}
    assert all(c.text == c.text.strip() for c in library.clauses())


def test_faults_of_several_files_come_together(copy: Path) -> None:
    written(copy, "chapter: 1\n", "01_general.yaml")
    written(copy, b"\xff\xfe", "terms.yaml")
    written(copy / "points", "points: {}\n", "02.yaml")
    with pytest.raises(LibraryError) as caught:
        load_library(copy)
    text = "\n".join(caught.value.problems)
    for name in ("01_general.yaml", "terms.yaml", "02.yaml"):
        assert name in text


def test_an_empty_chapter_is_a_fault_and_never_a_shorter_contract(copy: Path) -> None:
    written(copy, "", "09_breach.yaml")
    with pytest.raises(LibraryError, match=r"09_breach\.yaml：文件是空的"):
        load_library(copy)


def test_a_library_without_its_form_is_refused(copy: Path) -> None:
    (copy / "form.yaml").unlink()
    with pytest.raises(LibraryError, match=r"form\.yaml"):
        load_library(copy)


def test_the_fingerprint_changes_with_any_word_of_any_file(copy: Path) -> None:
    before = fingerprint(copy)
    assert before == fingerprint(clauses_root() / FORM)
    path = copy / "points" / "14.yaml"
    path.write_bytes(path.read_bytes() + b"#\n")
    assert fingerprint(copy) != before


def test_every_points_file_is_sound() -> None:
    problems: list[str] = []
    for path in sorted((clauses_root() / FORM / "points").glob("*.yaml")):
        read_model(path, PointsFile, problems)
    assert problems == []
