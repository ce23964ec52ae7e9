"""The pages of a contract's text: comments, versions, comparison; without a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from app.domain.permissions import Actor
from app.services.drafts import save_answers
from app.services.filing import DocumentKind, attach_document, load_contract_unasked
from app.services.versions import save_version
from app.store.blobs import BlobStore
from app.web.desk import KEY, Desk
from tests.web.conftest import Visitor
from tests.web.people import LAWYER, actor_named, contract_of

PLACE = "fees.payment.term"
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def desk(app: Flask) -> Desk:
    found: Desk = app.extensions[KEY]
    return found


@pytest.fixture(scope="module")
def lawyer(desk: Desk) -> Actor:
    return actor_named(desk, LAWYER.login)


@pytest.fixture(scope="module")
def contract(desk: Desk, lawyer: Actor) -> str:
    """A contract with two versions and a draft that has moved on."""
    made = contract_of(desk, lawyer)
    change(desk, lawyer, made, None)
    change(desk, lawyer, made, "135000")
    with desk.unit_of_work() as uow:
        draft_id = load_contract_unasked(uow, made).draft_id
        save_answers(uow, lawyer, desk.now(), desk.library, draft_id, {"fees.monthly_fixed": "140000"})
    return made


def change(desk: Desk, lawyer: Actor, contract: str, fee: str | None) -> None:
    """A new version; with ``fee`` after the monthly fee was changed."""
    with desk.unit_of_work() as uow:
        if fee:
            save_answers(
                uow, lawyer, desk.now(), desk.library, load_contract_unasked(uow, contract).draft_id, {"fees.monthly_fixed": fee}
            )
    with desk.unit_of_work() as uow:
        save_version(uow, lawyer, desk.now(), desk.today(), desk.reference, contract, "说明<b>")


@pytest.fixture
def room(desk: Desk, lawyer: Actor) -> str:
    """A contract of its own for tests that comment."""
    return contract_of(desk, lawyer)


def comment(visitor: Visitor, contract: str, text: str, **more: object):  # type: ignore[no-untyped-def]
    data = {"version": 0, "place": PLACE, "text": text, **more}
    return visitor.client.post(
        f"/contracts/{contract}/text/comments", data=data, headers={"X-CSRFToken": visitor.token(), **FRAGMENT}
    )


def thread_in(page: str) -> str:
    found = re.search(r'id="thread-([0-9a-f]{32})"', page)
    assert found
    return found[1]


# ---- comments


def test_a_comment_stands_beside_the_text_with_its_words_as_text(visitor: Visitor, room: str) -> None:
    card = comment(visitor, room, "<script>alert(1)</script>{{ 7*7 }}\x07\n第二行").get_data(as_text=True)
    page = visitor.get(f"/contracts/{room}/text").get_data(as_text=True)
    for shown in (card, page):
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}\ufffd<br>第二行" in shown
        assert "<script>alert" not in shown
    assert f'data-place="{PLACE}"' in page
    assert 'data-id="fees.payment.term"' in page


def test_what_was_typed_is_kept_where_it_cannot_be_taken(visitor: Visitor, room: str) -> None:
    answer = comment(visitor, room, "很长" * 2001)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "上限为4,000字" in page
    assert "很长" * 2001 in page
    assert 'id="new-comment"' in page


def test_a_reply_that_comes_too_late_is_kept_with_the_reason(visitor: Visitor, room: str) -> None:
    thread = thread_in(comment(visitor, room, "意见").get_data(as_text=True))
    base = f"/contracts/{room}/text/comments/{thread}"
    settled = visitor.client.post(f"{base}/resolve", data={"version": 0}, headers={"X-CSRFToken": visitor.token(), **FRAGMENT})
    assert "标为已解决" in settled.get_data(as_text=True)
    late = visitor.client.post(
        f"{base}/replies", data={"version": 0, "text": "还有一点"}, headers={"X-CSRFToken": visitor.token(), **FRAGMENT}
    )
    assert late.status_code == 422
    assert "请先重新打开" in late.get_data(as_text=True)


def test_without_script_the_forms_lead_back_to_the_thread(visitor: Visitor, room: str) -> None:
    answer = visitor.post(f"/contracts/{room}/text/comments", {"version": 0, "place": "", "text": "整体意见"})
    assert answer.status_code == 302
    place = answer.headers["Location"]
    assert re.fullmatch(rf"/contracts/{room}/text\?version=0&state=all#thread-[0-9a-f]{{32}}", place)
    thread = place[-32:]
    answer = visitor.post(f"/contracts/{room}/text/comments/{thread}/replies", {"version": 0, "text": "同意"})
    assert answer.headers["Location"] == place
    assert visitor.get(place.partition("#")[0]).get_data(as_text=True).count('class="said"') == 2


def test_the_filter_shows_what_is_asked_for_and_counts_all(visitor: Visitor, room: str) -> None:
    comment(visitor, room, "内部意见")
    comment(visitor, room, "对外意见", audience="shareable")
    for query, shown in (
        ("", {"内部意见", "对外意见"}),
        ("?audience_of=shareable", {"对外意见"}),
        ("?audience_of=internal&state=all", {"内部意见"}),
        ("?state=resolved", set()),
        ("?state=nonsense&audience_of=nonsense", {"内部意见", "对外意见"}),
    ):
        page = visitor.get(f"/contracts/{room}/text{query}").get_data(as_text=True)
        assert {t for t in ("内部意见", "对外意见") if f'<p class="said">{t}</p>' in page} == shown, query
        assert re.search(r'未解决 <span class="dot">2</span>', page)


def test_a_text_that_does_not_exist_is_not_found(visitor: Visitor, contract: str) -> None:
    for path in ("text?version=9", "versions/9/documents", "compare?old=1&new=9", "text/share?version=9", f"text?version={2**31}",
                 f"compare?old=1&new={10**20}", f"text/share?version={10**20}"):  # fmt: skip
        assert visitor.get(f"/contracts/{contract}/{path}").status_code == 404, path


def test_the_page_before_sending_shows_all_that_goes_out_and_nothing_internal(visitor: Visitor, room: str) -> None:
    comment(visitor, room, "底线是六十日")
    thread = thread_in(comment(visitor, room, "请改为六十日", audience="shareable").get_data(as_text=True))
    visitor.post(f"/contracts/{room}/text/comments/{thread}/replies", {"version": 0, "text": "内部：可让步"})
    page = visitor.get(f"/contracts/{room}/text/share?version=0").get_data(as_text=True)
    assert "请改为六十日" in page
    assert "底线" not in page
    assert "可让步" not in page


# ---- versions


def test_the_list_of_versions_says_what_each_is(visitor: Visitor, contract: str) -> None:
    page = visitor.get(f"/contracts/{contract}/versions").get_data(as_text=True)
    rows = re.findall(r"<tr.*?</tr>", page, re.DOTALL)
    assert ["草稿" in rows[1], "第2版" in rows[2], "第1版" in rows[3]] == [True, True, True]
    assert "据第1版" in rows[2]
    assert "说明&lt;b&gt;" in rows[2]
    assert "未送审" in rows[2]
    assert re.search(r'title="[0-9a-f]{64}"', rows[2])


def test_the_page_of_a_versions_files_says_what_will_be_made_and_what_there_is(
    visitor: Visitor, desk: Desk, lawyer: Actor, room: str, tmp_path: Path
) -> None:
    with desk.unit_of_work() as uow:
        version = save_version(uow, lawyer, desk.now(), desk.today(), desk.reference, room).id
    with desk.unit_of_work() as uow:
        attach_document(
            uow, lawyer, desk.now(), BlobStore(tmp_path), room, kind=DocumentKind.SIGNED, name="扫描件<b>.pdf", media_type="application/pdf",
            content=b"%PDF-1.7", version_id=version,
        )  # fmt: skip
    page = visitor.get(f"/contracts/{room}/versions/1/documents").get_data(as_text=True)
    assert "本版没有通过审批，文件每页注明“草稿”。" in page
    assert "生成文件" in page
    assert "扫描件&lt;b&gt;.pdf" in page


def test_saving_without_a_change_adds_no_version(visitor: Visitor, room: str) -> None:
    first = visitor.post(f"/contracts/{room}/versions", {"remark": "首版"})
    assert first.headers["Location"].endswith("told=saved")
    assert visitor.post(f"/contracts/{room}/versions", {"remark": "再存"}).headers["Location"].endswith("told=same")


# ---- comparison


@pytest.mark.parametrize("view", ["inline", "side"])
def test_two_versions_are_shown_with_their_changes_and_folded(visitor: Visitor, contract: str, view: str) -> None:
    page = visitor.get(f"/contracts/{contract}/compare?old=1&new=2&view={view}").get_data(as_text=True)
    assert "<del>100,000.00</del>" in page
    assert "<ins>135,000.00</ins>" in page
    assert "固定月费(不含税)" in page
    assert 'class="fold"' in page
    assert " style=" not in page
    whole = visitor.get(f"/contracts/{contract}/compare?old=1&new=2&view={view}&whole=1").get_data(as_text=True)
    assert 'class="fold"' not in whole
    assert len(whole) > 2 * len(page)


def test_what_a_fold_left_out_is_handed_over(visitor: Visitor, contract: str) -> None:
    page = visitor.get(f"/contracts/{contract}/compare?old=1&new=2").get_data(as_text=True)
    first, count = re.findall(r'data-first="(\d+)" data-count="(\d+)"', page)[0]
    part = visitor.get(f"/contracts/{contract}/compare/part?old=1&new=2&first={first}&count={count}").get_data(as_text=True)
    assert part.count("data-kind=") == int(count)
    wild = visitor.get(f"/contracts/{contract}/compare/part?old=1&new=2&first=-5&count=-9")
    assert wild.status_code == 200
    assert "data-kind" not in wild.get_data(as_text=True)


def test_a_version_is_compared_with_the_draft(visitor: Visitor, contract: str) -> None:
    page = visitor.get(f"/contracts/{contract}/compare?old=2&new=0").get_data(as_text=True)
    assert "<ins>140,000.00</ins>" in page


@pytest.mark.parametrize("query", ["", "?old=1", "?old=1&new=1", "?old=a&new=b", "?old=-3&new=1"])
def test_without_two_different_texts_the_way_leads_back_to_the_list(visitor: Visitor, contract: str, query: str) -> None:
    answer = visitor.get(f"/contracts/{contract}/compare{query}")
    if query == "?old=-3&new=1":
        assert answer.status_code == 422
    else:
        assert answer.headers["Location"] == f"/contracts/{contract}/versions?told=choose"


def test_files_that_nobody_asked_for_are_not_there(visitor: Visitor, contract: str) -> None:
    base = f"/contracts/{contract}/compare/files"
    assert "生成文件" in visitor.get(f"{base}?old=1&new=2").get_data(as_text=True)
    for name in ("comparison.docx", "manifest.json", "..%2fmanifest.json"):
        assert visitor.get(f"{base}/{name}?old=1&new=2").status_code == 404
