"""验签: anybody uploads a file and reads what it is worth; what a stranger does not learn; and in Chromium on a telephone."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.services.versions import save_version
from app.store.contracts import find_contract
from app.store.signings import CertificateRow, SigningPlaceRow, SigningRow, find_signing
from app.web.bounded import Bound, TooMany
from app.web.desk import KEY
from app.web.verification import BOUND
from signatures.authority import open_authority
from signatures.keystore import KeyRing
from tests.signatures.ceremony import complete, utc_now
from tests.signatures.tampering import bytes_behind_the_end, cut_back, page_replaced
from tests.web.conftest import Visitor
from tests.web.people import actor_named, contract_of
from tests.web.servers import Server

HOUSE = "测试单位"


def signed_file(folder: Path) -> bytes:
    """A contract signed by both parties under the authority of the installation in ``folder``."""
    ring = KeyRing.from_file(folder / "key-encryption-keys")
    authority = open_authority(folder / "pki", ring, utc_now(), HOUSE)
    with ThreadPoolExecutor(1) as pool:  # Playwright's own event loop runs in this one
        return pool.submit(complete, authority).result().history["archived"]


@pytest.fixture(scope="module")
def signed(app: Flask) -> bytes:
    return signed_file(app.extensions[KEY].settings.data_dir)


def upload(visitor: Visitor, content: bytes, name: str = "合同.pdf"):  # type: ignore[no-untyped-def]
    return visitor.post("/verify/", {"file": (io.BytesIO(content), name)}, content_type="multipart/form-data")


def test_a_stranger_reads_the_verdict_with_every_signature_and_whose_clock(stranger: Visitor, signed: bytes) -> None:
    answer = upload(stranger, signed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    for words in ("验证通过", "甲方盖章", "北京甲方科技有限公司", "内置时间戳", "contract.docx", "本系统没有留存这份文件"):
        assert words in page
    stranger.post("/language", {"language": "en", "next": "/verify/"})
    page = upload(stranger, signed).get_data(as_text=True)
    for words in ("Verified", "only places for signing were filled", "not a licensed certification service"):
        assert words in page


def test_a_file_that_was_changed_fails_with_the_reason_first(stranger: Visitor, signed: bytes) -> None:
    page = upload(stranger, page_replaced(signed)).get_data(as_text=True)
    assert "验证不通过" in page
    assert page.index("第1页的内容被改动") < page.index("甲方盖章")
    assert "9 字节" in upload(stranger, bytes_behind_the_end(signed)).get_data(as_text=True)


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\njunk", b"\x89PNG\r\n", b"%PDF-1.7\n1 0 obj\n<</A 1 0 R>>\nstartxref\n9\n%%EOF\n"]
)
def test_what_is_no_pdf_is_told_calmly(stranger: Visitor, content: bytes) -> None:
    answer = upload(stranger, content, "<b>x</b>.pdf")
    assert answer.status_code == 200
    assert "无法解析文件" in answer.get_data(as_text=True)
    assert "<b>x</b>" not in answer.get_data(as_text=True)


def test_no_file_and_an_empty_one_are_asked_for_again(stranger: Visitor) -> None:
    assert stranger.post("/verify/", {}).status_code == 422
    assert "空的" in upload(stranger, b"").get_data(as_text=True)


@pytest.fixture(scope="module")
def executed(app: Flask, signed: bytes) -> SigningRow:
    """The file as the signing of a contract, with the first two signatures on record."""
    desk = app.extensions[KEY]
    me = actor_named(desk, "wang")
    contract, at, states = contract_of(desk, me), desk.now(), desk.file_verifier.states(signed)
    with desk.unit_of_work() as uow:
        head = save_version(uow, me, at, desk.today(), desk.reference, contract)
        places = [
            SigningPlaceRow(
                id=name, ordinal=n, party="party_b", mark=mark, medium="electronic", stage=1, signatory='{"capacity": "agent"}',
                email="", signed_on=date(2026, 11, 28), signed_at=at, clock="内置时间戳",
            )
            for n, (name, mark) in enumerate((("b_signature", "signature"), ("b_seal", "seal")), 1)
        ]  # fmt: skip
        system = CertificateRow(
            serial="01", kind="system", name="成约", organisation="", reference="system", fingerprint="f" * 64, certificate="", sealed="",
            issued_at=at, valid_until=at,
        )  # fmt: skip
        row = SigningRow(
            id="s1", contract_id=contract, version_id=head.id, digest=head.digest, status="open", ordering="parallel",
            deadline=date(2026, 12, 4), terms="{}", form="{}", frozen=states[1], file=desk.blobs.put(signed), docx="", system="00", pages=4,
            started_at=at, started_by=me.id, starter=me.name, places=places,
        )  # fmt: skip
        uow.session.add(system)
        uow.session.flush()
        row.system = system.serial
        uow.session.add(row)
        uow.commit()
    return row


def test_a_text_under_way_is_not_told_and_an_executed_one_without_names(
    app: Flask, stranger: Visitor, executed: SigningRow
) -> None:
    address = f"/verify/{executed.digest}"
    assert stranger.get(address).status_code == 404
    assert stranger.get("/verify/" + "0" * 64).status_code == 404
    with app.extensions[KEY].unit_of_work() as uow:
        row = find_signing(uow.session, executed.id)
        assert row is not None
        row.status, row.final = "complete", row.file
        uow.commit()
    answer = stranger.get(address)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    for words in ("已在本系统签署完成", "乙方盖章", "授权代表", "2026-11-28", row.final, "＊＊＊＊"):
        assert words in page
    with app.extensions[KEY].reading() as uow:
        contract = find_contract(uow.session, row.contract_id)
        assert contract is not None
        secrets = [contract.number, contract.title, contract.id, *(p.name for p in contract.parties)]
    assert not [word for word in secrets if word in page]


def test_a_stranger_learns_how_a_file_stands_to_the_one_on_record_but_not_of_which_contract(
    stranger: Visitor, visitor: Visitor, signed: bytes, executed: SigningRow
) -> None:
    told = {
        "逐字节相同的签署件": signed,
        "较早状态": cut_back(signed, 2),
        "与这份文件不同": page_replaced(signed),
    }
    for words, content in told.items():
        page = upload(stranger, content).get_data(as_text=True)
        assert words in page
        assert executed.contract_id not in page
    assert executed.contract_id in upload(visitor, signed).get_data(as_text=True)
    # The certificate on record for the certification is another one.
    assert "系统登记的签署人证书不符" in upload(stranger, signed).get_data(as_text=True)


def test_who_asks_too_often_or_with_too_many_others_is_asked_to_wait(app: Flask, stranger: Visitor) -> None:
    now, bound = datetime.now(UTC), Bound(2, timedelta(minutes=10), 1)
    for _ in range(2):
        with bound.admitted("203.0.113.9", now):
            pass
    with app.test_request_context(), pytest.raises(TooMany) as told, bound.admitted("203.0.113.9", now):
        pass
    assert told.value.often
    for other, at in (("203.0.113.8", now), ("203.0.113.9", now + timedelta(minutes=10))):
        with bound.admitted(other, at):
            pass
    usual, app.extensions[BOUND] = app.extensions[BOUND], Bound(0, timedelta(minutes=10), 1)
    try:
        answer = stranger.post(
            "/verify/", {"file": (io.BytesIO(b"x"), "x.pdf")}, content_type="multipart/form-data",
            environ_base={"REMOTE_ADDR": "203.0.113.7"},
        )  # fmt: skip
    finally:
        app.extensions[BOUND] = usual
    assert answer.status_code == 429


def test_whoever_has_a_name_is_counted_by_it_from_wherever_they_ask(app: Flask) -> None:
    now, bound = datetime.now(UTC), Bound(1, timedelta(minutes=10), 1)
    with bound.admitted("127.0.0.1", now, "token-1"):
        pass
    with app.test_request_context(), pytest.raises(TooMany), bound.admitted("203.0.113.9", now, "token-1"):
        pass
    with bound.admitted("127.0.0.1", now, "token-2"):
        pass


def test_a_file_is_verified_in_the_browser_on_a_telephone(server: Server, fresh_page: Page, tmp_path: Path) -> None:
    content = signed_file(server.data_dir)
    good, bad = tmp_path / "合同.pdf", tmp_path / "改过的合同.pdf"
    good.write_bytes(content)
    bad.write_bytes(page_replaced(content))
    fresh_page.set_viewport_size({"width": 390, "height": 844})
    fresh_page.goto("/verify/")
    for path, words in ((good, "验证通过"), (bad, "验证不通过")):
        fresh_page.get_by_label("PDF 文件").set_input_files(path)
        fresh_page.get_by_role("button", name="验证", exact=True).click()
        expect(fresh_page.get_by_role("heading", level=1)).to_contain_text(words)
        expect(fresh_page.get_by_text(path.name)).to_be_visible()
        assert fresh_page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(fresh_page.get_by_text("第1页的内容被改动").first).to_be_visible()
