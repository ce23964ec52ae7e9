"""Review from the command line: filed, submitted, decided, given up, each step as a named user."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.settings import Settings
from app.store.audit import entries
from app.wiring import Wiring
from tests.cli.test_commands import Command, example, run
from tests.web.people import actor_named, approvers, first_lawyer, let_warnings_pass

__all__ = ["example", "run"]
NUMBER = "SHFW-2026-0001"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def wiring(data_dir: Path) -> Wiring:
    made = Wiring(Settings(data_dir=data_dir))
    first_lawyer(made)
    approvers(made)
    return made


@pytest.fixture
def ready(run: Command, example: Path, wiring: Wiring) -> str:
    """A contract filed by command whose warnings are let pass; its number."""
    said = run("contract", "register", example, "--as", "wang")
    assert said.code == 0, said.err
    number, found = said.out.split()
    let_warnings_pass(wiring, actor_named(wiring, "wang"), found)
    return number


def test_a_contract_is_filed_submitted_sent_back_and_approved(run: Command, wiring: Wiring, ready: str) -> None:
    assert ready == NUMBER
    plan = run("contract", "submit", NUMBER, "--as", "wang", "--dry-run")
    assert "1. 法务" in plan.out
    assert "达到500,000元" in plan.out
    assert run("contract", "submit", NUMBER, "--as", "wang", "--remark", "请看付款期").code == 0
    assert NUMBER in run("contract", "desk", "--as", "zhou").out.partition("我送审的")[0]
    back = run("contract", "return", NUMBER, "--as", "zhou", "--office", "legal", "--reason", "须修改",
               "--remark", "fees.payment.term=改为45日")  # fmt: skip
    assert back.code == 0, back.err
    shown = run("contract", "show", NUMBER, "--as", "wang").out
    for words in ("[起草]", "按退回意见修改，重新送审", "须修改", "改为45日", "已退回"):
        assert words in shown
    run("contract", "submit", NUMBER, "--as", "wang")
    for login, office in (("zhou", "legal"), ("qian", "business"), ("sun", "finance")):
        said = run("contract", "approve", NUMBER, "--as", login, "--office", office)
        assert said.code == 0, said.err
    data = json.loads(run("contract", "show", NUMBER, "--as", "wang", "--json").out)
    assert data["stage"] == "approved"
    assert [r["status"] for r in data["approvals"]] == ["approved", "returned"]
    assert f"{NUMBER}\t已定稿" in run("contract", "list", "--as", "wang").out


def test_what_is_not_ready_is_refused_with_everything_listed(run: Command, example: Path, wiring: Wiring) -> None:
    run("contract", "register", example, "--as", "wang")
    said = run("contract", "submit", NUMBER, "--as", "wang")
    assert said.code == 1
    for words in ("R-35", "R-46", "放行"):
        assert words in said.err


def test_a_text_other_than_the_one_read_is_not_approved(run: Command, wiring: Wiring, ready: str) -> None:
    run("contract", "submit", NUMBER, "--as", "wang")
    said = run("contract", "approve", NUMBER, "--as", "zhou", "--office", "legal", "--digest", "0000")
    assert said.code == 1
    assert "不是本次送审的版本" in said.err


def test_seats_are_passed_on_and_submissions_withdrawn(run: Command, wiring: Wiring, ready: str) -> None:
    run("contract", "submit", NUMBER, "--as", "wang")
    assert run("contract", "delegate", NUMBER, "--as", "zhou", "--office", "legal", "--to", "wu", "--reason", "休假").code == 0
    assert run("contract", "approve", NUMBER, "--as", "zhou", "--office", "legal").code == 1
    assert run("contract", "recall", NUMBER, "--as", "zhou", "--office", "legal").code == 0
    assert run("contract", "withdraw", NUMBER, "--as", "wang", "--reason", "有误").code == 0
    assert "[起草]" in run("contract", "show", NUMBER, "--as", "wang").out


def test_an_approved_contract_is_revoked_drafted_again_or_voided(run: Command, wiring: Wiring, ready: str) -> None:
    def approve() -> None:
        run("contract", "submit", NUMBER, "--as", "wang")
        for login, office in (("zhou", "legal"), ("qian", "business"), ("sun", "finance")):
            run("contract", "approve", NUMBER, "--as", login, "--office", office)

    approve()
    assert run("contract", "revoke", NUMBER, "--as", "sun", "--reason", "预算取消").code == 0
    approve()
    assert run("contract", "redraft", NUMBER, "--as", "wang").code == 0
    assert run("contract", "void", NUMBER, "--as", "wang", "--reason", "不再需要").code == 0
    assert "[已作废]" in run("contract", "show", NUMBER, "--as", "wang").out
    again = run("contract", "submit", NUMBER, "--as", "wang")
    assert again.code == 1
    assert "作废" in again.err


def test_the_log_says_that_it_came_from_the_command_line(run: Command, wiring: Wiring, ready: str) -> None:
    run("contract", "submit", NUMBER, "--as", "wang")
    with wiring.reading() as uow:
        found = {e.action: json.loads(e.data) for e in entries(uow.session)}
    assert found["approval.submitted"]["via"] == found["contract.created"]["via"] == "命令行"
    assert found["approval.submitted"]["actor_name"] == "王律师"


def test_who_may_not_and_who_is_unknown_are_told(run: Command, wiring: Wiring, ready: str) -> None:
    assert run("contract", "submit", NUMBER, "--as", "nobody").code == 2
    said = run("contract", "submit", NUMBER, "--as", "zhou")
    assert said.code == 2
    assert "您的角色" in said.err
    assert "没有找到合同" in run("contract", "show", "SHFW-2026-0999", "--as", "wang").err


def test_a_confidential_contract_is_not_there_for_others(run: Command, example: Path, wiring: Wiring) -> None:
    run("contract", "register", example, "--as", "wang", "--confidential")
    said = run("contract", "show", NUMBER, "--as", "zhou")
    assert said.code == 2
    assert "没有找到合同" in said.err
    assert run("contract", "list", "--as", "zhou").out == ""


def test_filing_takes_an_answers_file_or_a_draft(run: Command, example: Path) -> None:
    assert "二者取一" in run("contract", "register", "--as", "wang").err
    assert "二者取一" in run("contract", "register", example, "--draft", "x", "--as", "wang").err
