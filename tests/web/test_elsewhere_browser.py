"""A party with a certificate of another authority: whom the house trusts, the signatory's page on a telephone, the owner's page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Browser, Page, expect

from tests.services.signing_house import A_SIGN, B_SIGN
from tests.services.test_signing_elsewhere import authority, holder
from tests.signatures.tampering import saved_again_by_pikepdf
from tests.signatures.test_elsewhere import signed_elsewhere
from tests.web.conftest import Server
from tests.web.test_browser import serious
from tests.web.test_signing_browser import SHEN, Post, identify, read_and_agree

CA = authority("华夏电子认证测试机构")


GONE = authority("已注销的电子认证测试机构")


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("roots") / "root.pem"
    path.write_bytes(CA.certificate.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def post(server: Server) -> Iterator[Post]:
    made = Post(server)
    yield made
    made.close()


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(
        base_url=server.url, viewport={"width": 390, "height": 844}, has_touch=True, device_scale_factor=2, accept_downloads=True
    )
    yield context.new_page()
    context.close()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def trust(page: Page, root: Path, name: str) -> None:
    page.goto("/trust/")
    page.get_by_label("证书文件").set_input_files(root)
    page.get_by_role("button", name="查看证书").click()
    page.get_by_label("我已从该机构的官方渠道取得指纹").check()
    page.get_by_role("button", name="信任该机构").click()
    expect(page.get_by_text(f"已信任 {name} 签发的证书。")).to_be_visible()


def downloaded(page: Page, button: str) -> bytes:
    with page.expect_download() as found:
        page.get_by_role("link", name=button).click()
    return Path(found.value.path()).read_bytes()


def test_a_root_is_compared_before_it_counts_and_can_be_removed(page: Page, tmp_path: Path) -> None:
    leaf, root = tmp_path / "leaf.cer", tmp_path / "root.pem"
    root.write_bytes(GONE.certificate.public_bytes(Encoding.PEM))
    leaf.write_bytes(holder("某人")[1].public_bytes(Encoding.DER))
    page.goto("/trust/")
    page.get_by_label("证书文件").set_input_files(leaf)
    page.get_by_role("button", name="查看证书").click()
    expect(page.get_by_role("alert")).to_contain_text("不能信任这张证书")
    page.get_by_label("证书文件").set_input_files(root)
    page.get_by_role("button", name="查看证书").click()
    print_ = GONE.certificate.fingerprint(hashes.SHA256()).hex().upper()
    expect(page.get_by_text(":".join(print_[i : i + 2] for i in range(0, 64, 2)))).to_be_visible()
    assert serious(page) == []
    assert fits(page)
    page.get_by_role("link", name="取消").click()
    expect(page.get_by_text("已注销的电子认证测试机构")).to_have_count(0)
    trust(page, root, "已注销的电子认证测试机构")
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits(page)
    page.get_by_text("不再信任", exact=True).first.click()
    page.get_by_label("理由").fill("该机构的许可已被注销")
    page.get_by_role("button", name="不再信任").click()
    expect(page.get_by_text("不再信任的")).to_be_visible()
    expect(page.get_by_text("该机构的许可已被注销")).to_be_visible()


def test_a_signatory_signs_with_the_own_certificate_and_the_owner_brings_the_other_file(
    phone: Page, page: Page, post: Post, roots: Path, tmp_path: Path
) -> None:
    trust(page, roots, "华夏电子认证测试机构")
    shen, lin = holder("沈亦舟", by=CA), holder("林知远", by=CA)
    identify(phone, post, SHEN)
    read_and_agree(phone)
    phone.get_by_role("link", name="用您自己的数字证书").click()
    expect(phone.get_by_text(B_SIGN)).to_be_visible()
    expect(phone.get_by_text("华夏电子认证测试机构")).to_be_visible()
    assert fits(phone)
    assert serious(phone) == []
    given = downloaded(phone, "下载 PDF")
    signed = post.apart(lambda: signed_elsewhere(given, B_SIGN, *shen))
    wrong, right, other = tmp_path / "wrong.pdf", tmp_path / "right.pdf", tmp_path / "other.pdf"
    wrong.write_bytes(saved_again_by_pikepdf(post.apart(lambda: signed_elsewhere(given, A_SIGN, *shen))))
    right.write_bytes(signed)
    phone.get_by_label("已签署的 PDF").set_input_files(wrong)
    phone.get_by_role("button", name="上传并完成签署").click()
    told = phone.get_by_role("alert")
    expect(told).to_contain_text("处不符", timeout=30_000)
    expect(told).to_contain_text("重新保存过")
    expect(told).to_contain_text(f"应当只在栏位“{B_SIGN}”")
    assert fits(phone)
    phone.get_by_label("已签署的 PDF").set_input_files(right)
    phone.get_by_role("button", name="上传并完成签署").click()
    expect(phone.get_by_role("heading", name="您已完成签署")).to_be_visible(timeout=30_000)

    page.goto(f"/contracts/{post.row.contract_id}/signing/")
    page.get_by_role("link", name="系统外签署").click()
    other.write_bytes(post.apart(lambda: signed_elsewhere(given, A_SIGN, *lin)))
    page.get_by_label("已签署的 PDF").set_input_files(other)
    page.get_by_role("button", name="上传并核对").click()
    expect(page.get_by_role("alert")).to_contain_text("另有签署人签署了同一份文件", timeout=30_000)
    fresh = downloaded(page, "重新下载现在的文件")
    assert fresh == signed
    other.write_bytes(post.apart(lambda: signed_elsewhere(fresh, A_SIGN, *lin)))
    assert serious(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits(page)
    page.get_by_label("已签署的 PDF").set_input_files(other)
    page.get_by_role("button", name="上传并核对").click()
    expect(page.get_by_text("已接受 林知远 的签名")).to_be_visible(timeout=30_000)
    assert {p.id for p in post.row.places if p.signed_at is not None} == {A_SIGN, B_SIGN}
    assert post.row.status == "complete"
