"""A month's figures, its settlement, invoice and payment in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.domain.term import corresponding_day
from app.settings import Settings
from app.wiring import Wiring, today
from tests.domain.settlement.terms import COUNTS
from tests.web.people import LAWYER, actor_named
from tests.web.servers import Server
from tests.web.terms import in_force
from tests.web.test_browser import serious

FIRST = today().replace(day=1)
MONTH = corresponding_day(FIRST, -1)


@pytest.fixture(scope="module")
def contract(server: Server) -> str:
    wiring = Wiring(Settings(data_dir=server.data_dir))
    made = in_force(wiring, actor_named(wiring, LAWYER.login), corresponding_day(FIRST, -4))
    wiring.engine.dispose()
    return made


def test_figures_become_a_score_a_settlement_and_a_payment(page: Page, contract: str) -> None:
    page.goto(f"/contracts/{contract}/settlements/months/{MONTH:%Y-%m}")
    page.get_by_label("来源报表编号").fill("YB-1")
    page.get_by_label("有效工单量").fill("4,100")
    for name, (top, bottom) in COUNTS.items():
        page.get_by_label(f"{name} 分子").fill(str(top))
        page.get_by_label(f"{name} 分母").fill(str(bottom))
    page.get_by_label("接通率 分子").fill("9999")
    page.get_by_role("button", name="保存并计分").click()
    expect(page.get_by_role("alert")).to_contain_text("分子9999大于分母5000")
    expect(page.get_by_label("首次响应达标率 分子")).to_have_value("3936")
    page.get_by_label("接通率 分子").fill("4400")
    page.get_by_role("button", name="保存并计分").click()
    expect(page.locator("#told")).to_contain_text("月度得分82.49分")
    page.get_by_text("逐项展开计算").click()
    page.locator(".figure-root").get_by_text("满意度CSAT", exact=True).click()
    expect(page.locator(".figure-root")).to_contain_text("60×(84－68)÷(85－68)")
    page.get_by_role("button", name="记录", exact=True).click()
    expect(page.locator("#told")).to_contain_text("考核已确认")
    assert serious(page) == []
    page.get_by_role("link", name="考核与结算").first.click()
    page.get_by_role("button", name=re.compile("^编制.*结算单$")).click()
    expect(page.locator(".big-score b")).to_have_text("124,889.60")
    tree = page.locator(".figure-root")
    expect(tree.get_by_text("超出波动区间的工单").first).to_be_hidden()
    tree.get_by_text("应付不含税额", exact=True).click()
    tree.get_by_text(f"{MONTH.year}年{MONTH.month}月服务费", exact=True).first.click()
    expect(tree.get_by_text("超出波动区间的工单").first).to_be_visible()
    assert serious(page) == []
    page.get_by_label("确认方式").select_option("written")
    page.get_by_label("证据（签署件").fill("确认函QR-1")
    page.get_by_role("button", name="记录确认").click()
    expect(page.locator(".record-side")).to_contain_text("先票后款")
    page.get_by_label("发票号码").fill("26112000000000000077")
    page.get_by_role("button", name="登记发票").click()
    expect(page.locator("#told")).to_contain_text("与结算单相符")
    expect(page.locator(".reasoned-day").first).to_be_visible()
    page.goto(f"/contracts/{contract}/settlements/")
    page.get_by_label("付款金额（元）").fill("124,889.60")
    page.get_by_label("银行流水号").fill("HD-1")
    page.get_by_role("button", name="登记并核销").click()
    expect(page.get_by_text("已付清")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_payment_is_matched_by_hand_and_settled_figures_are_corrected(page: Page, contract: str, tmp_path: Path) -> None:
    """After the test above: the month is settled, confirmed and paid."""
    base = f"/contracts/{contract}/settlements"
    page.goto(f"{base}/")
    page.get_by_label("付款金额（元）").fill("500")
    page.get_by_label("银行流水号").fill("HD-2")
    page.get_by_label("先登记，稍后手工核销").check()
    page.get_by_role("button", name="登记并核销").click()
    expect(page.locator("#told")).to_contain_text("尚未核销")
    page.locator(".invoice", has_text="HD-1").get_by_role("link", name="手工核销").click()
    amount = page.get_by_label(re.compile("的核销金额$"))
    expect(amount).to_have_value("124889.60")
    amount.fill("124,389.60")
    page.get_by_role("button", name="保存核销").click()
    expect(page.get_by_role("alert")).to_contain_text("请写明理由")
    expect(amount).to_have_value("124,389.60")
    page.get_by_label(re.compile("^理由")).fill("其中500元为押金")
    page.get_by_role("button", name="保存核销").click()
    expect(page.locator("#told")).to_contain_text("余额500.00元尚未核销")
    assert serious(page) == []
    page.screenshot(path=tmp_path / "matching.png", full_page=True)
    page.goto(f"{base}/months/{MONTH:%Y-%m}")
    page.get_by_role("link", name="更正已结算的数据").click()
    page.get_by_label("有效工单量").fill("4,000")
    page.get_by_label("更正的理由和依据").fill("工单重复计数，见核对表")
    page.get_by_role("button", name="计算差额并提出更正").click()
    expect(page.locator(".figure-root")).to_contain_text("更正后104,528.00－已结算107,160.00")
    page.get_by_label("双方确认的依据").fill("双方确认函QR-9")
    page.get_by_role("button", name="接受，列入下期").click()
    expect(page.get_by_text("下一份结算单").last).to_be_visible()
    assert serious(page) == []
    for place in (f"{base}/corrections", f"{base}/", "/settlements/"):
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(place)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place
    page.goto(f"{base}/")
    page.get_by_role("link", name="手工核销").first.click()
    page.wait_for_load_state("load")
    expect(page.get_by_role("button", name="保存核销")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
