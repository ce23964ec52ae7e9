"""``register``: search, export, record old contracts, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from app.domain.permissions import Role
from app.settings import Settings
from app.wiring import Wiring
from tests.cli.test_commands import Command, run
from tests.intake.pdfs import pdf
from tests.intake.test_register_upload import book
from tests.services.shelf import Shelf

__all__ = ["run"]
HEADS = ("合同编号", "合同名称", "甲方名称", "乙方名称", "签订日期")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def shelf(data_dir: Path) -> Shelf:
    made = Shelf(Wiring(Settings(data_dir=data_dir)).unit_of_work)
    made.person("clerk", "赵管理员", Role.CONTRACT_ADMINISTRATOR)
    made.contract("HT-1", (("逾期付款的，应当支付违约金。",),), stage="active")
    made.contract("HT-2", (("别的条款。",),))
    made.contract("HT-3", (("秘密的违约金。",),), confidential=True)
    return made


def test_a_word_is_found_with_its_place_and_nothing_that_is_closed(run: Command, shelf: Shelf) -> None:
    said = run("register", "search", "违约", "--as", "clerk")
    assert said.code == 0
    assert (
        said.out
        == "HT-1\t履行中\t售后服务合同\t甲方有限公司 / 乙方有限公司\n    1.1.1　第1版　逾期付款的，应当支付【违约】金。\n"
    )
    assert run("register", "search", "--filter", "stage=draft", "--as", "clerk").out.startswith("HT-2\t")


def test_conditions_that_cannot_be_used_are_sentences(run: Command, shelf: Shelf) -> None:
    assert run("register", "search", "x", "--filter", "value_from=一百", "--as", "clerk").code == 2
    assert run("register", "search", "x", "--filter", "stage", "--as", "clerk").code == 2
    assert run("register", "search", "，", "--as", "clerk").code == 2


def test_the_register_is_exported(run: Command, shelf: Shelf, tmp_path: Path) -> None:
    out = tmp_path / "out" / "register.xlsx"
    assert run("register", "export", "--out", str(out), "--filter", "sort=number", "--as", "clerk").code == 0
    assert [row[0] for row in load_workbook(out)["合同台账"].iter_rows(values_only=True)] == ["合同编号", "HT-1", "HT-2"]


def test_old_contracts_are_checked_then_recorded_then_refused(run: Command, shelf: Shelf, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "台账.xlsx").write_bytes(book(("OLD-1", "旧合同", "甲", "乙", "2024-05-20"), heads=HEADS))
    (folder / "OLD-1.pdf").write_bytes(pdf("旧约定的赔偿"))
    (folder / "多余.pdf").write_bytes(pdf("x"))
    checked = run("register", "import", str(folder), "--check", "--as", "clerk")
    assert (checked.code, checked.out) == (0, "1 份合同核对无误，尚未入账。\n")
    assert "多余.pdf" in checked.err
    assert run("register", "import", str(folder), "--as", "clerk").out == "已补录 1 份合同。\n"
    assert run("register", "search", "旧约定", "--as", "clerk").out.startswith("OLD-1\t履行中\t")
    again = run("register", "import", str(folder), "--as", "clerk")
    assert again.code == 1
    assert "第2行“合同编号”列（A2）：合同编号“OLD-1”已登记" in again.err


def test_the_template_is_written(run: Command, shelf: Shelf, tmp_path: Path) -> None:
    assert run("register", "template", "--out", str(tmp_path / "t.xlsx")).code == 0
    assert "补录合同" in load_workbook(tmp_path / "t.xlsx").sheetnames
