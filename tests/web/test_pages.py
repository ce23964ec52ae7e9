"""Pages and requests without a browser: headers, forged requests, bad input, missing things."""

from __future__ import annotations

import ast
import io
import json
import re

import pytest
from flask import Flask

from app.web.security import HEADERS
from tests.web.conftest import Visitor

HOSTILE = "<script>alert(1)</script>{{ 7*7 }}{% raw %}"


@pytest.mark.parametrize("path", ["/drafts/", "/drafts/new", "/nowhere", "/static/css/app.css"])
def test_every_answer_carries_the_security_headers(visitor: Visitor, path: str) -> None:
    headers = visitor.get(path).headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS


def test_the_policy_allows_neither_inline_code_nor_other_hosts(visitor: Visitor) -> None:
    policy = visitor.get("/drafts/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_pages_hold_no_inline_script_or_style(visitor: Visitor) -> None:
    draft = visitor.demonstration()
    for path in ("", "preview", "findings/", "playbook/", "deviations/", "documents/"):
        page = visitor.get(f"/drafts/{draft}/{path}", headers={"HX-Request": "true"}).get_data(as_text=True)
        assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|hx-on|javascript:", page) == []


def test_the_address_of_the_findings_opens_them_beside_the_draft(visitor: Visitor) -> None:
    draft = visitor.demonstration()
    assert visitor.get(f"/drafts/{draft}/findings/").headers["Location"] == f"/drafts/{draft}/#findings"


def test_the_session_cookie_is_kept_from_scripts(visitor: Visitor) -> None:
    cookie = visitor.get("/drafts/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize("path", ["/drafts/", "/drafts/demonstration", "/language", f"/drafts/{'0' * 32}/answers"])
def test_a_request_without_the_token_is_refused_in_chinese(visitor: Visitor, path: str) -> None:
    response = visitor.client.post(path, data={})
    assert response.status_code == 400
    assert "会话已失效" in response.get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["/nowhere", f"/drafts/{'0' * 32}/", f"/drafts/{'0' * 32}/preview", "/drafts/x/documents/1-final/../../x"]
)
def test_what_does_not_exist_answers_404_in_the_same_design(visitor: Visitor, path: str) -> None:
    response = visitor.get(path)
    assert response.status_code == 404
    assert "回到草稿列表" in response.get_data(as_text=True)


def test_an_upload_above_the_limit_is_answered_with_a_page(visitor: Visitor) -> None:
    token = visitor.token()
    response = visitor.client.post(
        "/drafts/upload",
        data=b"x" * (21 * 1024 * 1024),
        content_type="multipart/form-data; boundary=x",
        headers={"X-CSRFToken": token},
    )
    assert response.status_code == 413
    assert "文件过大" in response.get_data(as_text=True)


def test_language_switches_to_english_and_back(visitor: Visitor) -> None:
    assert "新建草稿" in visitor.get("/drafts/").get_data(as_text=True)
    answer = visitor.post("/language", {"language": "en", "next": "/drafts/"})
    assert answer.headers["Location"] == "/drafts/"
    page = visitor.get("/drafts/").get_data(as_text=True)
    assert "New draft" in page
    assert '<html lang="en">' in page
    visitor.post("/language", {"language": "zh", "next": "/drafts/"})
    assert "新建草稿" in visitor.get("/drafts/").get_data(as_text=True)


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example"])
def test_the_language_switch_never_leads_elsewhere(visitor: Visitor, target: str) -> None:
    assert visitor.post("/language", {"language": "zh", "next": target}).headers["Location"] == "/"


def _marked(source: str) -> set[tuple[str, str]]:
    """(context, text) of every text marked for translation, also inside an f-string, where Babel's own reader finds none."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "gettext", "pgettext"):
            texts = [x.value for x in node.args if isinstance(x, ast.Constant) and isinstance(x.value, str)]
            found.add((texts[0], texts[1]) if node.func.id == "pgettext" else ("", texts[0]))
    return found


def test_every_english_text_is_in_the_catalogue() -> None:
    from babel.messages.extract import extract_from_dir
    from babel.messages.pofile import read_po

    from app.web.language import SOURCE
    from app.web.pages import ROOT

    method = [("**.html", "jinja2.ext:babel_extract")]
    keywords = {"_": None, "gettext": None, "pgettext": ((1, "c"), 2)}
    found: set[tuple[str, str]] = set()
    for _file, _line, message, _comments, context in extract_from_dir(
        str(ROOT / "templates" / "web"), method, {}, keywords=keywords
    ):
        found.add((context or "", str(message)))
    for path in (ROOT / "app" / "web").rglob("*.py"):
        found |= _marked(path.read_text())
    with (SOURCE / "en" / "LC_MESSAGES" / "messages.po").open("rb") as text:
        catalogue = {(m.context or "", str(m.id)): m.string for m in read_po(text) if m.id}
    assert len(found) > 150
    assert sorted(found - {k for k, v in catalogue.items() if v}) == []
    assert sorted(catalogue.keys() - found) == []


def test_an_answer_is_stored_and_the_state_of_its_chapter_comes_back(visitor: Visitor) -> None:
    draft = visitor.draft()
    state = visitor.save(draft, party_a__name="甲方有限公司").get_json()
    assert state["questions"]["party_a.name"] == {
        "applies": True,
        "given": True,
        "faults": [],
        "revision": 1,
        "shown": "甲方有限公司",
    }
    assert state["progress"]["0"][0] == 1


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("term.start_date", "2027-02-30", "日期不存在"),
        ("fees.monthly_fixed", "-5", "不得为负数"),
        ("fees.monthly_fixed", "9" * 30, "金额过大"),
        ("contract.no", "小写", "格式不符"),
        ("party_a.name", "甲\x01乙", "控制字符"),
        ("party_a.name", "\ud800", "控制字符"),
        ("fees.model", {"a": 1}, "只能填一个值"),
        ("scope.products", "不是表格", "应为表格"),
    ],
)
def test_an_unusable_answer_is_kept_and_explained(visitor: Visitor, name: str, value: object, fault: str) -> None:
    draft = visitor.draft()
    chapter = {"term": 1, "fees": 8, "scope": 1}.get(name.split(".")[0], 0)
    answer = visitor.client.post(
        f"/drafts/{draft}/answers?chapter={chapter}",
        data=json.dumps({"answers": {name: value}}),
        content_type="application/json",
        headers={"X-CSRFToken": visitor.token()},
    )
    assert answer.status_code == 200
    assert fault in "".join(answer.get_json()["questions"][name]["faults"])
    assert visitor.get(f"/drafts/{draft}/?variable={name}").status_code == 200
    assert visitor.get(f"/drafts/{draft}/preview").status_code == 200
    assert fault in visitor.get(f"/drafts/{draft}/findings/", headers={"HX-Request": "true"}).get_data(as_text=True)


@pytest.mark.parametrize(
    "body", ["", "[]", "{", "[" * 100_000, '{"answers": 3}', '{"answers": {}}', '{"answers": {"no.such": 1}}'], ids=range(7)
)
def test_a_malformed_save_is_refused_with_a_message(visitor: Visitor, body: str) -> None:
    draft = visitor.draft()
    response = visitor.client.post(
        f"/drafts/{draft}/answers", data=body, content_type="application/json", headers={"X-CSRFToken": visitor.token()}
    )
    assert response.status_code == 422
    assert json.loads(response.get_data())["message"]


def test_markup_in_answers_is_shown_as_text(visitor: Visitor) -> None:
    draft = visitor.draft(party_a__name=HOSTILE)
    for path in ("", "preview", "playbook/"):
        page = visitor.get(f"/drafts/{draft}/{path}").get_data(as_text=True)
        assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in visitor.get(f"/drafts/{draft}/preview").get_data(as_text=True)
    assert "<script>alert" not in visitor.get("/drafts/").get_data(as_text=True)


def test_a_taken_contract_number_is_reported_and_kept(visitor: Visitor) -> None:
    visitor.draft(contract__no="TAKEN-0001")
    page = visitor.post("/drafts/", {"contract.no": "TAKEN-0001"}).get_data(as_text=True)
    assert "已用于另一份草稿" in page
    second = re.search(r"/drafts/([0-9a-f]{32})/", page)
    assert second
    assert "TAKEN-0001" in visitor.get(f"/drafts/{second[1]}/").get_data(as_text=True)


def test_a_faulty_answers_file_names_its_lines(visitor: Visitor) -> None:
    upload = {"file": (io.BytesIO("contract:\n  no: [未闭合\n".encode()), "a.yaml")}
    response = visitor.post("/drafts/upload", upload)
    assert response.status_code == 422
    assert "行" in response.get_data(as_text=True)
    assert "没有创建草稿" in response.get_data(as_text=True)


def test_an_answers_file_with_single_faults_is_imported_and_they_are_listed(visitor: Visitor) -> None:
    text = "party_a: {name: 甲方公司}\nterm: {start_date: 2027-02-30}\nno_such: 1\n"
    page = visitor.post("/drafts/upload", {"file": (io.BytesIO(text.encode()), "a.yaml")}).get_data(as_text=True)
    assert "日期不存在" in page
    assert "没有这个变量" in page
    draft = re.search(r"/drafts/([0-9a-f]{32})/", page)
    assert draft
    assert "甲方公司" in visitor.get(f"/drafts/{draft[1]}/").get_data(as_text=True)
    assert "2027-02-30" in visitor.get(f"/drafts/{draft[1]}/?variable=term.start_date").get_data(as_text=True)


def test_a_file_that_is_not_utf8_is_refused_with_advice(visitor: Visitor) -> None:
    response = visitor.post("/drafts/upload", {"file": (io.BytesIO("甲方".encode("gb18030")), "a.yaml")})
    assert response.status_code == 422
    assert "UTF-8" in response.get_data(as_text=True)


def test_the_list_is_searched_by_number_and_party(visitor: Visitor) -> None:
    visitor.draft(contract__no="FIND-2026-77", party_b__name="寻找得到有限公司")
    assert "FIND-2026-77" in visitor.get("/drafts/?q=寻找得到").get_data(as_text=True)
    assert "FIND-2026-77" in visitor.get("/drafts/?q=find-2026").get_data(as_text=True)
    assert "FIND-2026-77" not in visitor.get("/drafts/?q=另一家").get_data(as_text=True)


def test_a_workbook_with_a_bad_cell_is_refused_cell_by_cell_and_a_good_one_is_taken(visitor: Visitor) -> None:
    draft = visitor.demonstration()
    template = visitor.get("/service-list-template.xlsx").get_data()
    good = visitor.post(f"/drafts/{draft}/service-list", {"file": (io.BytesIO(template), "a.xlsx")})
    assert "已导入" in good.get_data(as_text=True)
    assert "tables-changed" in good.headers["HX-Trigger"]
    head = "编号,类别,项目名称,适用产品,渠道,服务时段,优先级,责任岗位,交付物,计价代码,备注"
    bad = f"{head}\nA-1,没有的类别,项目,全部,电话,全天,P1,客服,工单,FW-01,\n".encode()
    page = visitor.post(f"/drafts/{draft}/service-list", {"file": (io.BytesIO(bad), "a.csv")}).get_data(as_text=True)
    assert "没有导入任何内容" in page
    assert "没有的类别" in page


def test_a_short_reason_lets_no_warning_pass(visitor: Visitor) -> None:
    draft = visitor.demonstration()
    named = {"rule": "R-46", "place": "x"}
    assert "请写明理由" in visitor.post(f"/drafts/{draft}/findings/acknowledge", {**named, "reason": "太短"}).get_data(
        as_text=True
    )


def test_a_final_is_refused_with_the_list_of_what_stands_in_the_way(visitor: Visitor) -> None:
    draft = visitor.draft()
    response = visitor.post(f"/drafts/{draft}/documents/", {"kind": "final"})
    assert response.status_code == 422
    assert "R-01" in response.get_data(as_text=True)


def test_both_playbook_columns_keep_their_own_wording_after_a_choice(app: Flask, visitor: Visitor) -> None:
    draft = visitor.demonstration()
    before = _column(visitor.get(f"/drafts/{draft}/playbook/").get_data(as_text=True), "1.1-t2")
    visitor.post(f"/drafts/{draft}/playbook/", {"topic": "1.1-t2", "position": "fallback"})
    after = _column(visitor.get(f"/drafts/{draft}/playbook/").get_data(as_text=True), "1.1-t2")
    assert len(before) == 2
    assert before[0] != before[1]
    assert after == before


def _column(page: str, topic: str) -> list[str]:
    article = page.split(f'id="topic-{topic}"')[1].split("</article>")[0]
    return re.findall(r'<div class="wording"[^>]*>(.*?)</div>', article, re.DOTALL)


def test_an_added_provision_is_rewritten_in_its_place_and_taken_back(visitor: Visitor) -> None:
    draft = visitor.demonstration()
    preview = visitor.get(f"/drafts/{draft}/preview").get_data(as_text=True)
    after = re.findall(r'<p class="art[^"]*" [^>]*data-id="([^"]+)"', preview)[2]
    visitor.post(
        f"/drafts/{draft}/deviations/",
        {"kind": "add", "after": after, "title": "特别说明", "text": "第一稿文字。", "reason": "双方商定"},
    )
    own = re.search(r'data-id="(own\.[^"]+)"', visitor.get(f"/drafts/{draft}/preview").get_data(as_text=True))
    assert own
    visitor.post(
        f"/drafts/{draft}/deviations/", {"kind": "override", "provision": own[1], "text": "第二稿文字。", "reason": "双方商定"}
    )
    page = visitor.get(f"/drafts/{draft}/preview").get_data(as_text=True)
    assert "第二稿文字。" in page
    assert "第一稿文字。" not in page
    assert "特别说明" in page
    visitor.post(f"/drafts/{draft}/deviations/", {"kind": "remove", "provision": own[1], "reason": "不再需要"})
    assert own[1] not in visitor.get(f"/drafts/{draft}/preview").get_data(as_text=True)


def test_a_deviation_without_a_reason_is_refused_and_the_text_stays(visitor: Visitor) -> None:
    draft = visitor.demonstration()
    entered = {"kind": "override", "provision": "general.duties.materials", "text": "改写后的文字。", "reason": " "}
    response = visitor.post(f"/drafts/{draft}/deviations/", entered)
    assert response.status_code == 422
    assert "改写后的文字。" in response.get_data(as_text=True)
    assert "理由" in response.get_data(as_text=True)


def test_a_file_is_kept_for_good_under_an_address_with_its_version_alone(visitor: Visitor) -> None:
    page = visitor.get("/drafts/new").get_data(as_text=True)
    versioned = re.findall(r'(?:href|src)="(/static/[^"]+\?v=[0-9a-f]+)"', page)
    assert any("tabler.min.css" in address for address in versioned)
    for address in versioned:
        kept = visitor.get(address).headers
        assert kept["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Set-Cookie" not in kept, "what is kept for everybody bears nobody's session"
        assert "Vary" not in kept
        for other in (address.partition("?")[0], f"{address}0", f"{address.partition('?')[0]}?v=0"):
            assert visitor.get(other).headers["Cache-Control"] == "no-cache"
    missing = visitor.get("/static/css/none.css?v=0")
    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store")
