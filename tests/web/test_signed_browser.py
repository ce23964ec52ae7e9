"""What comes with and after a signing, in Chromium: a contract signed with ink from the print copy to the record, the evidence package, and
what the public is told of a signed text."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.domain.execution import Medium
from app.services.filing import load_contract
from signatures.certificates import fingerprint
from tests.intake.scanning import altered, as_pdf, page_of, scanned
from tests.services.signing_house import PEOPLE
from tests.web.people import LAWYER, actor_named
from tests.web.servers import Server
from tests.web.signing_post import LIN, Post, identify
from tests.web.test_browser import serious

INK = tuple(replace(p, medium=Medium.PAPER, email="") for p in PEOPLE)
ON_PAPER = {"sign.mode": "wet_sign", "effect.condition": "seal_and_sign", "sign.required_marks": ["seal", "signature"]}


@pytest.fixture
def paper(server: Server) -> Iterator[Post]:
    made = Post(server, ON_PAPER, INK)
    yield made
    made.close()


@pytest.fixture(scope="module")
def signed(server: Server) -> Iterator[Post]:
    """Signed by both and archived."""
    made = Post(server)
    made.sign_both()
    yield made
    made.close()


def fits(page: Page) -> None:
    """At both widths nothing sticks out, and nothing keeps anybody from using the page."""
    page.wait_for_load_state()
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    assert serious(page) == []


def upload(page: Page, path: Path) -> None:
    page.get_by_label("扫描件").set_input_files(path)
    page.get_by_role("button", name="上传并核对").click()
    expect(page.get_by_role("heading", name="核对结果")).to_be_visible(timeout=60_000)


def test_a_contract_is_signed_with_ink_from_the_print_copy_to_the_record(page: Page, paper: Post, tmp_path: Path) -> None:
    contract, day = paper.row.contract_id, paper.wiring.today()
    page.goto(f"/contracts/{contract}/signing/")
    page.get_by_role("link", name="纸质签署").click()
    with page.expect_download() as waited:
        page.get_by_role("link", name="下载打印件").click()
    copy = Path(waited.value.path()).read_bytes()
    assert waited.value.suggested_filename.endswith("-打印签署件.pdf")
    sheets = [scanned(page_of(copy, n), 0.3 * n, n) for n in (1, 2, 3, 4)]
    short, whole = tmp_path / "漏扫.pdf", tmp_path / "扫描件.pdf"
    short.write_bytes(as_pdf(sheets[:1]))
    upload(page, short)
    expect(page.get_by_role("alert")).to_contain_text("缺少")
    expect(page.get_by_role("button", name="登记为已纸质签署")).to_have_count(0)
    fits(page)

    sheets[1] = scanned(altered(copy, 2, "壹佰贰拾", "提供互联"))
    whole.write_bytes(as_pdf(sheets))
    page.get_by_label("扫描件").set_input_files(whole)
    page.get_by_role("button", name="上传并核对").click()
    expect(page.get_by_text("与定稿文本不同").first).to_be_visible(timeout=60_000)
    fits(page)
    for label in ("甲方签名", "甲方盖章", "乙方签名", "乙方盖章"):
        page.get_by_label(label).fill(day.isoformat())
    page.get_by_label("签署地点").fill("北京市海淀区")
    page.get_by_label("原件份数").fill("4")
    page.get_by_label("所盖印章").fill("双方合同专用章，骑缝章各一")
    page.get_by_role("button", name="登记为已纸质签署").click()
    expect(page.get_by_role("alert")).to_contain_text("看过")
    expect(page.get_by_label("签署地点")).to_have_value("北京市海淀区")
    for box in page.locator("input[name=seen]").all():
        box.check()
    page.get_by_label("核对说明").fill("第2页经核对与定稿一致")
    page.get_by_role("button", name="登记为已纸质签署").click()
    expect(page).to_have_url(f"{page.url.partition('/contracts/')[0]}/contracts/{contract}/signing/")
    fits(page)
    with paper.wiring.reading() as uow:
        stage = load_contract(uow, actor_named(paper.wiring, LAWYER.login), contract).state.stage
    assert stage.value == "active"


def test_the_evidence_package_is_made_by_a_button_and_taken_away(page: Page, signed: Post) -> None:
    page.goto(f"/contracts/{signed.row.contract_id}/evidence/")
    fits(page)
    expect(page.get_by_text(fingerprint(signed.room.authority.root))).to_be_visible()
    page.get_by_role("button", name="制作证据包").click()
    link = page.get_by_role("link", name="-证据包-")
    expect(link).to_be_visible(timeout=120_000)
    with page.expect_download() as waited:
        link.click()
    with zipfile.ZipFile(io.BytesIO(Path(waited.value.path()).read_bytes())) as archive:
        assert {"signed.pdf", "report.pdf", "verify.py", "VERIFY.md", "manifest.json"} <= set(archive.namelist())
    expect(page.get_by_role("button", name="再制作一份")).to_be_visible()
    fits(page)


def test_the_public_learns_of_a_signed_text_by_its_code_and_of_the_file_by_uploading_it(
    phone: Page, signed: Post, tmp_path: Path
) -> None:
    identify(phone, signed, LIN)
    with phone.expect_download() as waited:
        phone.get_by_role("link", name="下载您的一份").click()
    file = tmp_path / "合同.pdf"
    file.write_bytes(Path(waited.value.path()).read_bytes())
    fits(phone)
    phone.goto(f"/verify/{signed.row.digest}")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("已在本系统签署完成")
    expect(phone.get_by_text("林知远")).to_have_count(0)
    fits(phone)
    phone.get_by_label("PDF 文件").set_input_files(file)
    phone.get_by_role("button", name="验证", exact=True).click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("验证通过")
    expect(phone.get_by_text("逐字节相同的签署件").first).to_be_visible()
    fits(phone)
    answer = phone.goto(f"/verify/{'0' * 64}")
    assert answer
    assert answer.status == 404
    expect(phone.get_by_role("heading", level=1)).to_contain_text("本系统没有签署完成这一文本")
    fits(phone)
