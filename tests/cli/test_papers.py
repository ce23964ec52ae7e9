"""Amendments and papers from the command line, each step as a named user."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.cli import amendment, paper
from app.domain.papers import PaperKind
from app.settings import Settings
from app.wiring import Wiring
from tests.cli.test_commands import Command, run
from tests.data_folders import with_database
from tests.papers.files import PDF
from tests.papers.samples import GIVEN
from tests.services.living import in_force
from tests.web.people import first_lawyer

__all__ = ["run"]
NUMBER = "SHFW-2025-0001"
DAY = date(2026, 2, 2)
FIRST, SECOND = f"{NUMBER}-BC-01", f"{NUMBER}-BC-02"


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A contract in force, looked at on 2 February 2026."""
    wiring = Wiring(Settings(data_dir=with_database(tmp_path / "data")))
    first_lawyer(wiring)
    in_force(wiring.unit_of_work)
    for module in (amendment, paper):
        monkeypatch.setattr(module, "today", lambda: DAY)
        monkeypatch.setattr(module, "now", lambda: datetime(2026, 2, 2, 4, tzinfo=UTC))
    return tmp_path / "data"


def test_an_amendment_is_made_signed_and_read_back_as_of_a_day(run: Command, tmp_path: Path) -> None:
    assert run("amendment", "draft", NUMBER, "--as", "wang").out.strip() == FIRST
    said = run("amendment", "edit", FIRST, "--as", "wang", "--set", "pay.days_after_confirm=45",
               "--add", "8.2", "电子发票", "乙方应当以数电票形式开具发票，并于开具当日发送甲方指定邮箱。")  # fmt: skip
    assert said.code == 0, said.err
    assert "修订 2 处，其中变量 1 个" in said.out
    assert "45个自然日" in said.out
    assert "电子发票" in said.out
    run("paper", "fill", FIRST, "--as", "wang", "--set", "amendment.effective_rule=on_date", "--set",
        "amendment.effective_date=2026-03-01")  # fmt: skip
    shown = run("amendment", "show", FIRST, "--as", "wang").out
    assert shown.endswith("可以定稿。\n"), shown
    assert "已定稿（第1次）" in run("amendment", "freeze", FIRST, "--as", "wang").out
    refused = run("amendment", "edit", FIRST, "--as", "wang", "--strike", "8.2.2")
    assert (refused.code, refused.out) == (1, "")
    copy = tmp_path / "签署件.pdf"
    copy.write_bytes(PDF)
    signed = run("amendment", "sign", FIRST, "--as", "wang", "--on", "2026-02-02", "--copy", copy)
    assert "自 2026-03-01 起生效" in signed.out, signed.err
    assert terms(run, "2026-02-28") == ({"pay.days_after_confirm": 30}, [])
    assert terms(run, "2026-03-01") == ({"pay.days_after_confirm": 45}, [FIRST])
    history = run("amendment", "history", NUMBER, "8.2.2", "--as", "wang").out
    assert "2026-03-01 由补充协议一第1条修改" in history
    assert "没有被修改过" in run("amendment", "history", NUMBER, "1.1.1", "--as", "wang").out
    assert (
        f"{FIRST}\t补充协议一\t已签署\t签署或到达 2026-02-02\t生效 2026-03-01" in run("paper", "list", NUMBER, "--as", "wang").out
    )


def terms(run: Command, day: str) -> tuple[dict[str, object], list[str]]:
    data = json.loads(run("amendment", "terms", NUMBER, "pay.days_after_confirm", "--on", day, "--as", "wang").out)
    return data["values"], data["applied"]


def test_what_was_overtaken_is_taken_over_place_by_place(run: Command, tmp_path: Path) -> None:
    copy = tmp_path / "签署件.pdf"
    copy.write_bytes(PDF)
    for number, days in ((FIRST, 45), (SECOND, 60)):
        run("amendment", "draft", NUMBER, "--as", "wang")
        run("amendment", "edit", number, "--as", "wang", "--set", f"pay.days_after_confirm={days}")
    run("amendment", "freeze", FIRST, "--as", "wang")
    signed = run("amendment", "sign", FIRST, "--as", "wang", "--on", "2026-02-02", "--copy", copy)
    assert "须以最新文本为基础重新拟定" in signed.out, signed.err
    shown = run("amendment", "show", SECOND, "--as", "wang").out
    assert "[冲突] pay.days_after_confirm" in shown
    undecided = run("amendment", "rebase", SECOND, "--as", "wang")
    assert undecided.code == 1
    assert "8.2.2" in undecided.err
    places = {line.split()[1] for line in shown.splitlines() if line.startswith("[冲突]")}
    kept = run("amendment", "rebase", SECOND, "--as", "wang", *[x for p in places for x in ("--ours", p)])
    assert kept.code == 0, kept.err
    assert "45个自然日" in kept.out
    assert "60个自然日" in kept.out
    back = run("amendment", "edit", SECOND, "--as", "wang", "--take-back", "pay.days_after_confirm")
    assert "修订 0 处" in back.out


def test_a_notice_is_drafted_filled_let_pass_and_given_up(run: Command) -> None:
    assert "demand.grace_days" in run("paper", "variables", "催告函").out
    number = run(
        "paper", "start", NUMBER, "demand", "--as", "wang", "--from", "party_b", "--set", "demand.kind=payment"
    ).out.strip()
    assert number == f"{NUMBER}-CG-01"
    said = run("paper", "fill", number, "--as", "wang", "--set", "demand.grace_days=0", "--set", "demand.as_of=2026-02-02")
    assert "须先处理" in said.out
    frozen = run("paper", "freeze", number, "--as", "wang")
    assert frozen.code == 1
    assert "还不能定稿" in frozen.err
    assert "催告函" in run("paper", "show", number, "--as", "wang").out
    assert run("paper", "fill", number, "--as", "wang", "--set", "no.such=1").code == 2
    assert "已作废" in run("paper", "void", number, "--as", "wang", "--reason", "对方已经付款").out
    assert run("paper", "start", NUMBER, "demand", "--as", "wang").out.strip() == f"{NUMBER}-CG-02"


def test_a_notice_to_rectify_is_sent_and_its_arrival_recorded(run: Command, tmp_path: Path) -> None:
    number = run("paper", "start", NUMBER, "rectification", "--as", "wang").out.strip()
    entered = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in GIVEN[PaperKind.RECTIFICATION].items()
        if name.startswith("rectification.")
    }
    entered["rectification.score_confirmed"] = "2026-01-31"
    sets = [x for name, value in entered.items() for x in ("--set", f"{name}={_typed(value)}")]
    assert run("paper", "fill", number, "--as", "wang", *sets).code == 0
    early = run("paper", "send", number, "--from", "a", "--method", "express", "--on", "2026-02-02", "--as", "wang")
    assert early.code == 1
    assert run("paper", "freeze", number, "--as", "wang").code == 0
    sent = run(
        "paper", "send", number, "--from", "a", "--method", "邮政特快专递", "--on", "2026-02-02", "--as", "wang"
    ).out.strip()
    told = ("--on", "2026-02-02", "--proof", "signed_for", "--evidence", "EMS 1", "--as", "wang")
    assert "到达已记录" in run("paper", "arrived", number, sent, *told).out
    assert "不是结算单" in run("paper", "confirm", number, "--on", "2026-02-02", "--as", "wang").err


def _typed(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else str(value)


def test_what_there_is_none_of_is_said_in_a_sentence(run: Command) -> None:
    for command in (
        ("amendment", "show", "SHFW-2025-0001-BC-09"),
        ("amendment", "history", NUMBER, "99.9"),
        ("paper", "start", NUMBER, "settlement"),
    ):
        said = run(*command, "--as", "wang")
        assert said.code == 2, said
        assert "Traceback" not in said.err
