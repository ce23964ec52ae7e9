"""The record on the command line: drafts, people, files, effect, views, users and the outbox, each with the rights of an account."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.messages import NewMail
from app.domain.organisations import Organisation
from app.services.filing import create_contract
from app.services.registering import create_organisation
from app.settings import Settings
from app.store.users import user_with_login
from app.wiring import Wiring
from tests.cli.test_commands import Command, run
from tests.data_folders import with_database
from tests.intake.pdfs import pdf
from tests.services.fixtures import LAWYER, NOW, OTHER, PATTERN, TODAY, draft, ensure, reference

__all__ = ["run"]
NUMBER = "SHFW-2026-0001"
ME, COLLEAGUE = ("--as", LAWYER.id), ("--as", OTHER.id)
CODE = "91350100M000100Y43"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    wiring = Wiring(Settings(data_dir=with_database(tmp_path)))
    with wiring.unit_of_work() as uow:
        create_contract(uow, LAWYER, NOW, TODAY, reference(), draft(uow), PATTERN)
    wiring.engine.dispose()
    return tmp_path


def test_a_draft_is_filled_in_put_right_and_deleted(run: Command, data_dir: Path) -> None:
    made = run("drafts", "new", *ME).out.strip()
    assert "须填写" in run("drafts", "show", made, *ME).out or "校对：" in run("drafts", "show", made, *ME).out
    said = run("drafts", "set", made, "fees.monthly_fixed=-5", "contract.sign_place=上海市", *ME)
    assert (said.code, "不得为负数" in said.err) == (0, True), said.err
    assert run("drafts", "position", made, "8.2-t1", "fallback", *ME).code == 0
    assert run("drafts", "position", made, "99.9", "fallback", *ME).err == "议题“99.9”不存在。\n"
    run("drafts", "deviate", made, "remove", "fees.payment.term", "--reason", "对方要求", *ME)
    shown = run("drafts", "show", made, *ME).out
    assert "fees.payment.term" in shown
    assert run("drafts", "restore", made, "fees.payment.term", *ME).code == 0
    assert "不少于" in run("drafts", "pass", made, "R-35", "--reason", "短", *ME).err
    assert made in run("drafts", "list", *COLLEAGUE).out
    assert run("drafts", "delete", made, *ME).code == 0
    assert made not in run("drafts", "list", *ME).out
    assert run("drafts", "show", made, *ME).code == 2


def test_a_contracts_text_is_reached_by_its_number_until_it_is_closed_to_others(run: Command, data_dir: Path) -> None:
    assert run("drafts", "set", NUMBER, "contract.sign_place=苏州市", *COLLEAGUE).code == 0
    assert run("contract", "confidential", NUMBER, "--on", *ME).code == 0
    refused = run("drafts", "set", NUMBER, "contract.sign_place=无锡市", *COLLEAGUE)
    assert (refused.code, "没有找到" in refused.err) == (2, True)
    assert run("contract", "people", NUMBER, *COLLEAGUE).code == 2
    assert "除负责人外只对以下人员开放：无" in run("contract", "people", NUMBER, *ME).out
    run("contract", "confidential", NUMBER, "--on", "--reader", OTHER.id, *ME)
    assert "李律师" in run("contract", "people", NUMBER, *COLLEAGUE).out
    assert run("contract", "hand-over", NUMBER, "--to", OTHER.id, *ME).code == 0
    assert "负责人：李律师" in run("contract", "people", NUMBER, *COLLEAGUE).out


def test_a_partys_answers_come_from_the_master_data(run: Command, data_dir: Path) -> None:
    wiring = Wiring(Settings(data_dir=data_dir))
    with wiring.unit_of_work() as uow:
        create_organisation(uow, LAWYER, NOW, Organisation("远山客服有限公司", CODE, "赵远", "上海市浦东新区"))
    wiring.engine.dispose()
    said = run("drafts", "party", NUMBER, "b", CODE, *ME)
    assert (said.code, "→ 远山客服有限公司" in said.out) == (0, True), said.err
    assert run("organisations", "contracts", CODE, *ME).code == 0
    assert "没有找到主体" in run("organisations", "contracts", "nothing", *ME).err


def test_files_are_put_in_listed_and_taken_out(run: Command, data_dir: Path) -> None:
    source, out = data_dir / "回函.pdf", data_dir / "out" / "copy.pdf"
    source.write_bytes(pdf("同意"))
    made = run("contract", "files", "add", NUMBER, source, "--kind", "correspondence", "--note", "对方回函", *ME)
    assert made.code == 0, made.err
    assert "往来函件\t回函.pdf" in run("contract", "files", "list", NUMBER, *ME).out
    assert run("contract", "files", "get", NUMBER, "回函.pdf", "--out", out, *ME).code == 0
    assert out.read_bytes() == source.read_bytes()
    (data_dir / "bad.pdf").write_text("<html>")
    assert run("contract", "files", "add", NUMBER, data_dir / "bad.pdf", *ME).code == 2
    assert run("contract", "files", "get", NUMBER, "ffffffff", "--out", out, *ME).code == 2


def test_conditions_of_effect_are_shown_and_refused_in_the_wrong_stage(run: Command, data_dir: Path) -> None:
    assert "生效日：尚未生效" in run("contract", "effect", "show", NUMBER, *ME).out
    said = run("contract", "effect", "undo", NUMBER, "pia_done", "--reason", "误记的勾销", *ME)
    assert said.code != 0
    assert said.err.strip()
    said = run("contract", "effect", "check-off", NUMBER, "pia_done", "--on", "2026-02-30", "--document", "x", *ME)
    assert (said.code, "不是有效日期" in said.err) == (2, True)


def test_views_of_the_register_are_kept_and_hits_listed(run: Command, data_dir: Path) -> None:
    assert run("register", "views", "save", "起草中", "--filter", "stage=draft", "--shared", *ME).code == 0
    assert run("register", "views", "default", "起草中", *ME).out == "已设为默认。\n"
    assert "起草中\t默认、共享\tstage=draft" in run("register", "views", "list", *ME).out
    assert run("register", "views", "delete", "起草中", *COLLEAGUE).code == 2
    assert run("register", "views", "delete", "起草中", *ME).code == 0
    run("contract", "version", "save", NUMBER, *ME)
    assert "【违约金】" in run("register", "hits", NUMBER, "违约金", *ME).out


def test_users_are_invited_changed_and_closed_at_the_machine(run: Command, data_dir: Path) -> None:
    made = run("users", "invite", "qian", "--name", "钱业务", "--role", "approver", "--office", "business")
    assert "/password/" in made.out
    assert run("users", "invite", "qian", "--name", "另一人").code == 2
    run("users", "change", "qian", "--role", "auditor", "--no-offices")
    assert "qian\t钱业务\t审计（只读）" in run("users", "list").out
    assert run("users", "close", "qian").code == 0
    assert run("users", "close", "qian", "--undo").code == 0
    assert run("users", "end-sessions", "nobody").code == 2
    assert run("users", "hand-over", LAWYER.id, "--to", OTHER.id).out == "已移交 1 份合同。\n"


def test_the_outbox_is_for_system_administrators_and_covers_links(run: Command, data_dir: Path) -> None:
    wiring = Wiring(Settings(data_dir=data_dir))
    with wiring.unit_of_work() as uow:
        ensure(uow, LAWYER)
        uow.send(NOW, NewMail("k", "a@example.com", "成约：设置密码", "https://x/password/" + "aB3-_" * 9, ""))
        uow.commit()
    wiring.engine.dispose()
    assert run("outbox", "list", *ME).code == 2
    run("users", "change", LAWYER.id, "--role", "system_administrator")
    listed = run("outbox", "list", *ME)
    assert "待投递\ta@example.com\t成约：设置密码" in listed.out
    message = listed.out[1:9]
    assert "••••••" in run("outbox", "show", message, *ME).out
    assert "只有未能送达" in run("outbox", "retry", message, *ME).err


def test_the_console_names_nobody_who_is_not_there(run: Command, data_dir: Path) -> None:
    said = run("drafts", "list", "--as", "ghost")
    assert (said.code, said.err) == (2, "没有登录名为“ghost”的有效账号。\n")
    wiring = Wiring(Settings(data_dir=data_dir))
    with wiring.reading() as uow:
        assert user_with_login(uow.session, "ghost") is None
    wiring.engine.dispose()
