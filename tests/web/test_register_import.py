"""Recording signed contracts through the pages."""

from __future__ import annotations

import html
import io
import re
import time

from flask import Flask

from app.domain.permissions import Role
from app.web.desk import KEY, Desk
from tests.intake.pdfs import pdf
from tests.intake.test_register_upload import book, packed
from tests.web.conftest import Visitor
from tests.web.people import person, session_of

HEADS = ("合同编号", "合同名称", "甲方名称", "乙方名称", "签订日期", "合同总额（元）")


def row(number: str, signed: str = "2024-05-20") -> tuple[object, ...]:
    return (number, "旧合同", "甲方有限公司", "乙方有限公司", signed, 1000)


def upload(visitor: Visitor, *files: tuple[str, bytes]) -> str:
    """Send files and wait until they are checked; the address of the page."""
    answer = visitor.post(
        "/register/import", {"file": [(io.BytesIO(content), name) for name, content in files]}, content_type="multipart/form-data"
    )
    place: str = answer.headers["Location"]
    deadline = time.monotonic() + 30
    while "正在逐份核对" in visitor.get(place).get_data(as_text=True):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return place


def words(visitor: Visitor, place: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>|\s+", " ", visitor.get(place).get_data(as_text=True)))


def test_an_old_register_is_checked_looked_at_and_recorded_with_its_text(visitor: Visitor) -> None:
    sheet = book(row("OLD-1"), row("OLD-2"), heads=HEADS)
    place = upload(
        visitor, ("all.zip", packed(("台账.xlsx", sheet), ("OLD-1.pdf", pdf("旧约定的违约金")), ("OLD-2.pdf", pdf("别的"))))
    )
    assert "2 份合同核对无误，尚未入账" in words(visitor, place)
    assert "OLD-1" not in visitor.get("/contracts/?all=1").get_data(as_text=True)
    answer = visitor.post(f"{place}record")
    shown = words(visitor, answer.headers["Location"])
    assert "已补录 2 份合同" in shown
    assert "OLD-2" in shown
    found = visitor.get("/contracts/?q=旧约定").get_data(as_text=True)
    assert "OLD-1" in found
    assert "签署件第1页" in found
    assert visitor.get(place).status_code == 404


def test_every_fault_is_shown_with_its_cell_and_nothing_is_recorded(visitor: Visitor) -> None:
    sheet = book(row("OLD-3", "2024-02-30"), row("OLD-4"), row("OLD-5"), heads=HEADS)
    place = upload(
        visitor,
        ("台账.xlsx", sheet),
        ("OLD-3.pdf", pdf("a")),
        ("OLD-4.pdf", pdf("a", catalog="/OpenAction << /S /JavaScript /JS (1) >>")),
    )
    page = words(visitor, place)
    assert "3 处须先改正" in page
    for told in ("日期不存在", "含有脚本", "没有收到签署件“OLD-5.pdf”"):
        assert told in page
    assert visitor.post(f"{place}record").status_code == 422
    assert "OLD-4" not in visitor.get("/contracts/?all=1").get_data(as_text=True)


def test_a_number_that_exists_is_named(visitor: Visitor) -> None:
    for _ in range(2):
        place = upload(visitor, ("台账.xlsx", book(row("OLD-7"), heads=HEADS)), ("OLD-7.pdf", pdf("a")))
        visitor.post(f"{place}record")
    assert "合同编号“OLD-7”已登记，不能再次补录" in words(visitor, place)


def test_files_that_are_none_are_explained_and_an_upload_can_be_discarded(visitor: Visitor) -> None:
    assert visitor.post("/register/import").status_code == 422
    place = upload(visitor, ("a.xlsx", b"rubbish"))
    assert "不是有效的 Office 文件" in words(visitor, place)
    assert visitor.post(f"{place}discard").headers["Location"] == "/register/import"
    assert visitor.get(place).status_code == 404


def test_an_upload_is_its_senders_alone(visitor: Visitor, app: Flask) -> None:
    desk: Desk = app.extensions[KEY]
    person(desk, "keeper2", Role.CONTRACT_ADMINISTRATOR)
    colleague = Visitor(app.test_client())
    colleague.sign_in(session_of(desk, "keeper2"))
    place = upload(visitor, ("台账.xlsx", book(row("OLD-9"), heads=HEADS)), ("OLD-9.pdf", pdf("a")))
    assert colleague.get(place).status_code == colleague.post(f"{place}record").status_code == 404


def test_the_template_is_handed_out(visitor: Visitor) -> None:
    assert visitor.get("/register/import/template.xlsx").data.startswith(b"PK")
