"""``contract version``, ``contract compare`` and ``contract comment`` on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.services.drafts import save_answers
from app.services.filing import create_contract, load_contract_unasked
from app.settings import Settings
from app.wiring import Wiring
from tests.cli.test_commands import Command, run
from tests.data_folders import with_database, with_fonts
from tests.rendering.docx_tools import part
from tests.services.fixtures import LAWYER, NOW, PATTERN, TODAY, draft, later, reference

__all__ = ["run"]
NUMBER = "SHFW-2026-0001"
ME = ("--as", LAWYER.id)
"""The sign-in name of the people of the fixtures is their id."""


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    wiring = Wiring(Settings(data_dir=with_database(with_fonts(tmp_path))))
    with wiring.unit_of_work() as uow:
        create_contract(uow, LAWYER, NOW, TODAY, reference(), draft(uow), PATTERN)
    wiring.engine.dispose()
    return tmp_path


def _change(data_dir: Path, **answers: str) -> None:
    wiring = Wiring(Settings(data_dir=data_dir))
    with wiring.unit_of_work() as uow:
        from app.store.contracts import contract_with_number

        row = contract_with_number(uow.session, NUMBER)
        assert row
        draft_id = load_contract_unasked(uow, row.id).draft_id
        save_answers(uow, LAWYER, later(1), reference().library, draft_id, {k.replace("__", "."): v for k, v in answers.items()})
    wiring.engine.dispose()


def test_versions_are_saved_listed_and_compared_into_files(run: Command, data_dir: Path) -> None:
    assert run("contract", "version", "save", NUMBER, *ME, "--note", "首次送审").out.startswith("第1版")
    assert run("contract", "version", "save", NUMBER, *ME).out.startswith("第1版"), "nothing changed, nothing saved"
    _change(data_dir, fees__monthly_fixed="135000")
    assert run("contract", "version", "save", NUMBER, *ME, "--note", "调整月费").out.startswith("第2版")
    listed = run("contract", "version", "list", NUMBER, *ME).out.splitlines()
    assert [line.split("\t")[0] for line in listed] == ["第2版", "第1版"]
    assert listed[0].endswith("调整月费")
    out = data_dir / "out"
    said = run("contract", "compare", NUMBER, *ME, "--from", "1", "--to", "2", "--out", str(out), "--format", "docx,json,html")
    assert said.code == 0, said.err
    assert {p.name for p in out.iterdir()} == {"comparison.docx", "comparison.json", "comparison.html"}
    assert said.out.count("一致性证明") == 2
    values = {v["name"]: (v["old"], v["new"]) for v in json.loads((out / "comparison.json").read_text())["variables"]}
    assert values["fees.monthly_fixed"] == ("人民币100,000.00元/月", "人民币135,000.00元/月")
    assert "<w:del " in part((out / "comparison.docx").read_bytes())


def test_a_version_is_compared_with_the_draft(run: Command, data_dir: Path) -> None:
    run("contract", "version", "save", NUMBER, *ME)
    _change(data_dir, fees__monthly_fixed="140000")
    said = run(
        "contract", "compare", NUMBER, *ME, "--from", "1", "--to", "draft", "--out", str(data_dir / "out"), "--format", "json"
    )
    assert said.out.startswith("第1版 → 草稿：修改")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--from", "1", "--to", "1"), "两个不同的版本"),
        (("--from", "1", "--to", "7"), "没有第7版"),
        (("--from", "1", "--to", "x"), "不是版本"),
        (("--from", "1", "--to", "2", "--format", "odt"), "未知格式 odt"),
    ],
)
def test_what_cannot_be_compared_is_said_and_nothing_is_written(
    run: Command, data_dir: Path, words: tuple[str, ...], why: str
) -> None:
    run("contract", "version", "save", NUMBER, *ME)
    said = run("contract", "compare", NUMBER, *ME, *words, "--out", str(data_dir / "out"))
    assert said.code == 2
    assert why in said.err
    assert not (data_dir / "out").exists()


def test_comments_are_made_answered_settled_and_opened_again(run: Command, data_dir: Path) -> None:
    made = run("contract", "comment", "add", NUMBER, "付款期限过短。\x07", *ME, "--on", "8.2.2")
    thread = re.match(r"\[([0-9a-f]{8})\]", made.out)
    assert thread, made.err
    run("contract", "comment", "reply", NUMBER, thread[1], "已与业务确认。", *ME)
    run("contract", "comment", "resolve", NUMBER, thread[1], *ME)
    listed = run("contract", "comment", "list", NUMBER, *ME, "--state", "resolved").out
    assert f"[{thread[1]}] 8.2.2 付款期　内部　已解决" in listed
    assert "付款期限过短。\ufffd" in listed, "a control character must not reach the terminal"
    assert run("contract", "comment", "reply", NUMBER, thread[1], "还有。", *ME).code == 2
    run("contract", "comment", "reopen", NUMBER, thread[1], *ME)
    assert run("contract", "comment", "list", NUMBER, *ME, "--state", "resolved").out == "共 0 条\n"


def test_only_shareable_comments_are_exported(run: Command, data_dir: Path) -> None:
    out = data_dir / "out"
    run("contract", "comment", "add", NUMBER, "底线是六十日。", *ME, "--on", "fees.payment.term")
    assert run("contract", "comment", "export", NUMBER, *ME, "--out", str(out)).code == 2
    run("contract", "comment", "add", NUMBER, "请改为六十日。", *ME, "--on", "fees.payment.term", "--shareable")
    said = run("contract", "comment", "export", NUMBER, *ME, "--out", str(out))
    assert said.code == 0, said.err
    comments = part((out / "commented.docx").read_bytes(), "word/comments.xml")
    assert "请改为六十日。" in comments
    assert "底线" not in comments


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("comment", "list", NUMBER, "--as", "nobody"), "没有登录名"),
        (("comment", "list", "SHFW-2026-9999", *ME), "没有找到合同"),
        (("comment", "add", NUMBER, " ", *ME), "没有内容"),
        (("comment", "add", NUMBER, "意见", *ME, "--on", "99.9"), "没有这一条款"),
        (("comment", "reply", NUMBER, "ffff", "意见", *ME), "没有以"),
        (("version", "documents", NUMBER, *ME, "--version", "3", "--out", "x"), "没有第3版"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(run: Command, data_dir: Path, words: tuple[str, ...], why: str) -> None:
    said = run("contract", *words)
    assert said.code == 2
    assert why in said.err
