"""A seal on the command line, from its registration to its use on paper, each step as a named user."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.permissions import Role
from app.library.answers_file import load_example
from app.services.registering import create_organisation
from app.settings import Settings
from app.wiring import Wiring
from tests.cli.test_commands import Command, run
from tests.data_folders import with_database
from tests.services.fixtures import organisation
from tests.services.sealing import seal_picture
from tests.web.people import actor_named, approve_all, approvers, first_lawyer, person, ready_contract

__all__ = ["run"]
UNTIL = "2029-12-31"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    wiring = Wiring(Settings(data_dir=with_database(tmp_path / "data")))
    first_lawyer(wiring)
    approvers(wiring)
    person(wiring, "zhang", Role.APPROVER, name="章保管")
    lawyer, party = actor_named(wiring, "wang"), load_example().data["party_a"]
    with wiring.unit_of_work() as uow:
        create_organisation(uow, lawyer, wiring.now(), organisation(name=party["name"], uscc=party["uscc"], own=True))
    contract = ready_contract(wiring, lawyer)
    approve_all(wiring, contract)
    wiring.engine.dispose()
    (tmp_path / "contract").write_text(contract)
    return tmp_path / "data"


def test_a_seal_is_registered_appointed_enabled_and_used(run: Command, data_dir: Path, tmp_path: Path) -> None:
    code, contract = str(load_example().data["party_a"]["uscc"]), (tmp_path / "contract").read_text()
    picture, paper = tmp_path / "seal.png", tmp_path / "授权.txt"
    picture.write_bytes(seal_picture())
    paper.write_text("授权", encoding="utf-8")
    seal = run("seals", "register", "--organisation", code, "--kind", "official", "--name", "公章", "--as", "wang").out.strip()
    for login, office in (("zhang", "keeper"), ("wu", "approver"), ("wang", "user")):
        made = run("seals", "appoint", seal, "--person", login, "--office", office, "--number", "授1号", "--until", UNTIL,
                   "--file", str(paper), "--as", "wang")  # fmt: skip
        assert made.code == 0, made.err
    early = run("seals", "state", seal, "enable", "--as", "wang")
    assert (early.code, "还没有上传印章图样" in early.err) == (1, True)
    assert run("seals", "image", seal, str(picture), "--width", "42", "--as", "zhang").code == 2
    assert run("seals", "image", seal, str(picture), "--width", "42", "--confirm", "--as", "zhang").code == 0
    assert "启用" in run("seals", "state", seal, "enable", "--as", "wang").out
    use = run("seals", "apply", contract, seal, "--copies", "4", "--purpose", "与乙方签订合同", "--as", "wang").out.strip()
    assert run("seals", "use", contract, use, "--copies", "4", "--handed-to", "王律师", "--as", "zhang").code == 1
    assert "已批准" in run("seals", "decide", contract, use, "approve", "--as", "wu").out
    assert "已登记" in run("seals", "use", contract, use, "--copies", "4", "--handed-to", "王律师", "--as", "zhang").out
    assert "4份" in run("seals", "show", seal, "--as", "wang").out
    assert "已用印" in run("seals", "uses", contract, "--as", "wang").out
    assert "公章" in run("seals", "list", "--as", "zhang").out
