"""The pages of papers and of the consolidated text, through the test client."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask

from app.services.amendment_signing import apply_due
from app.web.desk import KEY, Desk
from app.wiring import today
from tests.papers.files import PDF
from tests.web.conftest import Visitor
from tests.web.people import LAWYER, actor_named, session_of
from tests.web.terms import in_force

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def desk(app: Flask) -> Desk:
    return app.extensions[KEY]


@pytest.fixture(scope="module")
def contract(desk: Desk) -> str:
    return in_force(desk, actor_named(desk, LAWYER.login), today() - timedelta(days=60))


@pytest.fixture
def visitor(app: Flask, desk: Desk) -> Visitor:
    made = Visitor(app.test_client())
    made.sign_in(session_of(desk, LAWYER.login))
    return made


class Papers:
    """One visitor at the papers of one contract."""

    def __init__(self, visitor: Visitor, contract: str) -> None:
        self.visitor, self.base = visitor, f"/contracts/{contract}"

    def draft(self, kind: str, **more: str) -> str:
        answer = self.visitor.post(f"{self.base}/papers", {"kind": kind, **more})
        found = re.search(r"/(?:papers|amendments)/([0-9a-f]{32})", answer.headers.get("Location", ""))
        assert found, answer.get_data(as_text=True)
        return found[1]

    def page(self, path: str, status: int = 200) -> str:
        answer = self.visitor.get(f"{self.base}/{path}")
        text = answer.get_data(as_text=True)
        assert answer.status_code == status, text
        return text

    def post(self, path: str, status: int = 200, **fields: object) -> str:
        answer = self.visitor.post(f"{self.base}/{path}", fields, follow_redirects=True)
        text = answer.get_data(as_text=True)
        assert answer.status_code == status, text
        return text

    def send(self, path: str, status: int = 200, **answers: object) -> dict[str, object]:
        headers = {"X-CSRFToken": self.visitor.token()}
        named = {name.replace("__", "."): value for name, value in answers.items()}
        answer = self.visitor.client.post(f"{self.base}/{path}", json={"answers": named}, headers=headers)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()


@pytest.fixture
def papers(visitor: Visitor, contract: str) -> Papers:
    return Papers(visitor, contract)


def test_an_amendment_is_edited_frozen_signed_and_read_as_of_a_day(papers: Papers, desk: Desk) -> None:
    later = today() + timedelta(days=40)
    made = papers.draft("amendment")
    at = f"amendments/{made}"
    assert "正在排出合同" in papers.page(at)
    assert "pay.days_after_confirm" in papers.page(f"{at}/values?query=付款")
    assert 'value="30"' in papers.page(f"{at}/edit?variable=pay.days_after_confirm")
    assert papers.send(f"{at}/values", 422, pay__days_after_confirm="不是数")["faults"]
    papers.send(f"{at}/values", pay__days_after_confirm="45")
    assert "没有可以改写的条款" in papers.page(f"{at}/edit?place=s.8.2&kind=reword")
    assert "请写明改后的文字" in papers.post(f"{at}/words", 422, place="process.flow.system", text=" ")
    papers.post(f"{at}/words", place="process.flow.system", text="乙方应当使用甲方指定的工单系统，不得自行复制、导出数据。")
    papers.post(f"{at}/additions", place="fees.payment.term", title="电子发票", text="乙方应当开具数电票。")
    papers.post(f"{at}/deletions", place="fees.payment.late")
    state = papers.page(f"{at}/state")
    for words in ("<ins>45", "电子发票", "第8.2.2条", "删除"):
        assert words in state
    text = papers.page(f"{at}/text")
    assert 'data-struck="fees.payment.late"' in text
    assert "process.flow.system" in re.findall(r'data-changed="([^"]*)"', text)[0]
    papers.post(f"{at}/take-back", place="fees.payment.late")
    papers.send(f"papers/{made}/form/answers", amendment__effective_rule="on_date", amendment__effective_date=later.isoformat())
    assert "没有阻碍定稿的问题" in papers.page(f"papers/{made}/form/findings"), papers.page(f"papers/{made}/form/findings")
    assert "变更对照表" in papers.page(f"papers/{made}/form/preview")
    assert "已定稿" in papers.post(f"papers/{made}/freeze")
    signed = papers.post(f"{at}/signature", signed_on=today().isoformat(), file=(BytesIO(PDF), "签署件.pdf"))
    assert f"将自{later.isoformat()}起生效" in signed
    assert "45个自然日" not in papers.page("consolidated/text")
    after = papers.page(f"consolidated/text?on={later.isoformat()}")
    assert "45个自然日" in after
    assert "由补充协议一第" in after
    assert "修改" in papers.page("consolidated/history?place=fees.payment.term")
    assert "没有被修改过" in papers.page("consolidated/history?place=s.1.1")
    assert "条款沿革" in papers.page(f"consolidated?on={later.isoformat()}")
    assert "待生效" in papers.page("papers")
    assert apply_due(desk.unit_of_work, desk.now(), later) == 1
    assert "签署件.pdf" in papers.page("papers")


def test_a_paper_is_filled_in_checked_frozen_sent_and_arrived(papers: Papers) -> None:
    made = papers.draft("rectification", sender="party_a")
    at = f"papers/{made}"
    assert "整改通知" in papers.page(at)
    assert "填写有误" not in papers.page(f"{at}/form/findings")
    day, soon = today().isoformat(), (today() + timedelta(days=35)).isoformat()
    facts = [{"metric": "接通率", "period": "上月", "agreed": "≥90%", "actual": "81.2%", "sample": "话务平台月报"}]
    wanted = [{"measure": "增加晚高峰坐席并调整排班", "criterion": f"{soon}以前接通率不低于90%"}]
    said = papers.send(
        f"{at}/form/answers", rectification__fact_table=facts, rectification__trigger="本合同第5.3.2条第（1）项所列情形",
        rectification__severity="serious", rectification__score_confirmed=day, rectification__round="1", rectification__max_rounds="2",
        rectification__requirement_table=wanted, rectification__plan_due=soon, rectification__completion_due=soon,
        rectification__consequences=["again", "deduct"], rectification__is_demand="false",
    )  # fmt: skip
    assert said["questions"]["rectification.severity"]["given"]  # type: ignore[index]
    text = papers.post(f"{at}/freeze")
    assert "已定稿" in text, text
    assert "送达与确认" in text
    sent = papers.post(f"{at}/sending", sender="a", method="email", sent_on=day)
    arrival = re.search(r"/arrivals/([0-9a-f]{32})", sent)
    assert arrival, sent
    revision = re.search(r'name="revision" value="(\d+)"', sent)
    assert revision
    back = papers.post(
        f"{at}/arrivals/{arrival[1]}",
        arrived_on=day,
        proof="receipt",
        evidence="邮件头",
        revision=revision[1],
        form="x",
        status=422,
    )
    assert "到达" in back


def test_a_draft_is_given_up_with_a_reason_and_keeps_its_number(papers: Papers) -> None:
    made = papers.draft("demand", sender="party_b")
    assert "请写明作废的理由" in papers.post(f"papers/{made}/void", 422)
    assert "编号不再使用" in papers.post(f"papers/{made}/void", reason="对方已付款")
    assert "已作废" in papers.page("papers")


def test_a_warning_is_let_pass_with_a_reason(papers: Papers) -> None:
    made = papers.draft("demand", sender="party_b")
    short = papers.post(f"papers/{made}/form/findings", 422, rule="C0-08", place="*", reason="可以")
    assert "不少于20个字" in short


def test_files_of_a_draft_are_asked_for_in_the_background(papers: Papers) -> None:
    made = papers.draft("demand", sender="party_b")
    page = papers.page(f"papers/{made}/documents")
    assert "文书尚未定稿" in page
    assert "请先生成文件" in papers.post(f"papers/{made}/documents/record", 422)


def test_what_there_is_not_is_not_found(papers: Papers, visitor: Visitor, desk: Desk) -> None:
    for path in ("papers/" + "0" * 32, "amendments/" + "0" * 32, f"papers/{'0' * 32}/documents", f"amendments/{'0' * 32}/state"):
        papers.page(path, 404)
    other = in_force(desk, actor_named(desk, LAWYER.login), today() - timedelta(days=60))
    foreign = Papers(visitor, other).draft("amendment")
    papers.page(f"amendments/{foreign}", 404)
    papers.page(f"papers/{foreign}/form/findings", 404)


def test_nothing_is_drafted_for_a_settlement_without_its_period(papers: Papers) -> None:
    assert "结算周期" in papers.post("papers", 422, kind="settlement", period="不是日期")
    assert "请选择" in papers.post("papers", 422, kind="no-such")
