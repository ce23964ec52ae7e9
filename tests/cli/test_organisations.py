"""``organisations`` and ``advance`` on the command line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from app.domain.organisations import Licence, Organisation, ServiceAddress
from app.domain.permissions import Role
from app.intake.organisation_list import read_organisation_list
from app.rendering.organisation_sheet import organisation_template
from app.settings import Settings
from app.wiring import Wiring
from tests.cli.test_commands import Command, run
from tests.data_folders import with_database
from tests.web.people import first_lawyer, person

__all__ = ["run"]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    wiring = Wiring(Settings(data_dir=with_database(tmp_path)))
    first_lawyer(wiring)
    person(wiring, "sun", Role.AUDITOR)
    return tmp_path


def filled(**sheets: list[tuple[str, ...]]) -> bytes:
    book: Workbook = load_workbook(io.BytesIO(organisation_template()))
    for title, rows in sheets.items():
        for number, row in enumerate(rows, 2):
            for column, text in enumerate(row, 1):
                book[title].cell(number, column, text)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


SOUND = filled(
    主体=[("示例甲方科技有限公司", "9111 0105 MA00ABCD4R", "张三", "北京市", "大型企业", "是"), ("Example GmbH",)],
    送达地址=[("示例甲方科技有限公司", "电子邮箱", "notice@example.com")],
    证照=[("示例甲方科技有限公司", "许可证", "一号", "机关", "范围", "2026-01-01", "2030-12-31")],
)


def test_a_filled_workbook_is_read_as_master_data() -> None:
    found = read_organisation_list(SOUND)
    assert found.faults == ()
    assert found.rows == (2, 3)
    first, second = found.organisations
    assert (first.size_class, first.own, first.addresses) == ("large", True, (ServiceAddress("email", "notice@example.com"),))
    assert [x.valid_until.isoformat() for x in first.licences if isinstance(x, Licence) and x.valid_until] == ["2030-12-31"]
    assert second == Organisation("Example GmbH")


def test_every_cell_that_can_not_be_read_is_named() -> None:
    bad = filled(
        主体=[("甲公司", "", "", "", "巨型企业", "也许")],
        送达地址=[("乙公司", "邮寄地址", "某路"), ("甲公司", "鸽子", "某路")],
        证照=[("甲公司", "许可证", "一号", "", "", "", "明年")],
    )
    said = "\n".join(f.sentence() for f in read_organisation_list(bad).faults)
    for words in ("巨型企业", "也许", "“乙公司”", "鸽子", "明年"):
        assert words in said, said


def test_organisations_are_imported_listed_and_shown(run: Command, tmp_path: Path) -> None:
    (tmp_path / "list.xlsx").write_bytes(SOUND)
    assert "新增 2 个，更新 0 个" in run("organisations", "import", str(tmp_path / "list.xlsx"), "--as", "wang").out
    assert "新增 0 个，更新 0 个，未变 2 个" in run("organisations", "import", str(tmp_path / "list.xlsx"), "--as", "wang").out
    assert "91110105MA00ABCD4R\t示例甲方科技有限公司" in run("organisations", "list", "示例", "--as", "sun").out
    shown = run("organisations", "show", "91110105MA00ABCD4R", "--as", "sun").out
    for words in ("法定代表人（负责人）：张三", "大型企业", "notice@example.com", "许可证 · 一号"):
        assert words in shown


def test_faults_of_the_data_are_told_by_row_and_nothing_is_imported(run: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.xlsx").write_bytes(filled(主体=[("好公司",), ("坏公司", "123")]))
    refused = run("organisations", "import", str(tmp_path / "bad.xlsx"), "--as", "wang")
    assert refused.code == 1
    assert "第3行 统一社会信用代码：应为18位" in refused.err
    assert "好公司" not in run("organisations", "list", "--as", "wang").out


def test_who_may_only_read_imports_nothing(run: Command, tmp_path: Path) -> None:
    (tmp_path / "list.xlsx").write_bytes(SOUND)
    refused = run("organisations", "import", str(tmp_path / "list.xlsx"), "--as", "sun")
    assert (refused.code, "角色" in refused.err) == (2, True)


def test_the_calendar_is_advanced_by_hand_but_not_ahead_of_the_day(run: Command) -> None:
    assert "查看 0 份合同" in run("advance").out
    early = run("advance", "--today", "2999-01-01")
    assert (early.code, "尚未到来" in early.err) == (2, True)
