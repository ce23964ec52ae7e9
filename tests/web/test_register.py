"""The register's pages against a real application."""

from __future__ import annotations

import html
import io
import json
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from openpyxl import load_workbook

from app.domain.permissions import Role
from app.services import register_export
from app.store.contracts import find_contract, recent_contracts
from app.web.desk import KEY, Desk
from tests.services.shelf import Shelf
from tests.web.conftest import Visitor
from tests.web.people import person, session_of


@pytest.fixture(scope="module")
def shelf(app: Flask) -> Shelf:
    """Thirty contracts, the first with two versions."""
    desk: Desk = app.extensions[KEY]
    made = Shelf(desk.unit_of_work)
    made.contract(
        "HT-2026-001", (("逾期付款的，应当支付违约金。",), ("旧条款写明押金。",)), (("逾期付款的，应当支付违约金。",), ("新条款",)),
        party_a="星河科技有限公司", stage="active", title="<b>首份</b>合同",
    )  # fmt: skip
    for n in range(2, 31):
        made.contract(f"HT-2026-{n:03}", ((f"第{n}份合同的专有条款。",),), party_b=f"乙{n}公司")
    return made


@pytest.fixture(scope="module")
def other(app: Flask) -> str:
    """The session of another drafter."""
    desk: Desk = app.extensions[KEY]
    person(desk, "sun", Role.DRAFTER, name="孙律师")
    return session_of(desk, "sun")


def words(answer) -> str:  # type: ignore[no-untyped-def]
    return html.unescape(re.sub(r"\s+", " ", answer.get_data(as_text=True)))


def numbers(answer) -> list[str]:  # type: ignore[no-untyped-def]
    return re.findall(r'class="no c-number"><a [^>]*>([^<]+)<', answer.get_data(as_text=True))


def test_the_register_lists_contracts_the_one_changed_last_first_and_turns_pages(visitor: Visitor, shelf: Shelf) -> None:
    first = visitor.get("/contracts/")
    assert numbers(first) == [f"HT-2026-{n:03}" for n in range(30, 5, -1)]
    assert "30 份" in words(first)
    link = re.search(r'<a class="button small" rel="next" href="([^"]+)"', first.get_data(as_text=True))
    assert link
    second = visitor.get(html.unescape(link[1]))
    assert numbers(second) == [f"HT-2026-{n:03}" for n in range(5, 0, -1)]
    back = re.search(r'rel="prev" href="([^"]+)"', second.get_data(as_text=True))
    assert back
    assert numbers(visitor.get(html.unescape(back[1]))) == numbers(first)


def test_a_hit_is_shown_with_its_place_its_version_and_the_word_marked(visitor: Visitor, shelf: Shelf) -> None:
    page = words(visitor.get("/contracts/?q=违约"))
    assert "1 份" in page
    assert "应当支付<mark>违约</mark>金。" in page
    assert ">1.1.1</a>" in page
    assert "第1–2版" in page
    assert "<b>首份</b>" not in visitor.get("/contracts/?q=违约").get_data(as_text=True)
    old = words(visitor.get("/contracts/?q=押金"))
    assert "仅见于旧版本（至第1版）" in old


def test_all_hits_of_one_contract_come_on_demand(visitor: Visitor, shelf: Shelf) -> None:
    page = visitor.get("/contracts/?q=条款").get_data(as_text=True)
    address = next(a for a in re.findall(r'hx-get="([^"]+/hits[^"]+)"', page))
    answer = visitor.get(html.unescape(address), headers={"HX-Request": "true"})
    assert "<mark>条款</mark>" in answer.get_data(as_text=True)


def test_columns_order_and_filters_stand_in_the_address(visitor: Visitor, shelf: Shelf) -> None:
    page = visitor.get("/contracts/?col=number&col=stage&sort=number&dir=up&stage=active")
    assert numbers(page) == ["HT-2026-001"]
    heads = re.findall(r'<th scope="col" class="c-(\w+)', page.get_data(as_text=True))
    assert heads == ["number", "stage"]
    assert 'aria-sort="ascending"' in page.get_data(as_text=True)
    assert "阶段" in words(page)
    assert numbers(visitor.get("/contracts/?party=星河")) == ["HT-2026-001"]


def test_what_cannot_be_used_is_explained_and_what_was_typed_stays(visitor: Visitor, shelf: Shelf) -> None:
    answer = visitor.get("/contracts/?value_from=一百&last_to=2026-02-30")
    assert answer.status_code == 422
    page = words(answer)
    assert "“一百”无法识别" in page
    assert 'value="一百"' in page
    assert visitor.get("/contracts/?q=，。").status_code == 422
    assert "请输入要查找的文字" in words(visitor.get("/contracts/?q=，。"))
    assert visitor.get("/contracts/?after=nonsense").status_code == 422
    assert visitor.get(f"/contracts/?q={'长' * 600}").status_code == 422


def _settings(page: str) -> str:
    found = re.search(r'name="settings" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


def test_a_view_is_saved_opened_by_default_shared_and_deleted(visitor: Visitor, app: Flask, shelf: Shelf, other: str) -> None:
    page = visitor.get("/contracts/?stage=active&sort=value&dir=up").get_data(as_text=True)
    answer = visitor.post("/register/views", {"name": "履行中的", "settings": _settings(page), "default": "1"})
    assert parse_qs(urlsplit(answer.headers["Location"]).query) == {"stage": ["active"], "sort": ["value"], "dir": ["up"]}
    opened = visitor.get("/contracts/")
    assert opened.headers["Location"].endswith(urlsplit(answer.headers["Location"]).query)
    assert numbers(visitor.get("/contracts/?all=1")) != []
    colleague = Visitor(app.test_client())
    colleague.sign_in(other)
    assert "履行中的" not in words(colleague.get("/contracts/"))
    visitor.post("/register/views", {"name": "履行中的", "settings": _settings(page), "shared": "1"})
    shared = colleague.get("/contracts/").get_data(as_text=True)
    assert "履行中的" in shared
    assert "王律师" in shared
    view = re.search(r"/register/views/([0-9a-f]{32})/delete", visitor.get("/contracts/?all=1").get_data(as_text=True))
    assert view
    assert colleague.post(f"/register/views/{view[1]}/delete").status_code == 404
    assert visitor.post(f"/register/views/{view[1]}/delete", {"settings": "{}"}).headers["Location"] == "/contracts/?all=1"
    assert visitor.get("/contracts/").status_code == 200
    unnamed = visitor.post("/register/views", {"name": " ", "settings": "{}"})
    assert unnamed.status_code == 422
    assert "视图名称" in words(unnamed)


@pytest.mark.parametrize("settings", ["", "nonsense", "[1]", '{"stage": "x"}', '{"q": ["\\u0000"]}'])
def test_settings_that_were_tampered_with_do_no_harm(visitor: Visitor, shelf: Shelf, settings: str) -> None:
    assert visitor.post("/register/views/default", {"settings": settings, "view": ""}).status_code in (302, 422)


def test_the_view_is_exported_as_it_is_shown(visitor: Visitor, shelf: Shelf) -> None:
    page = visitor.get("/contracts/?col=number&col=party_b&sort=number&dir=up").get_data(as_text=True)
    answer = visitor.post("/register/export", {"settings": _settings(page)})
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(load_workbook(io.BytesIO(answer.data))["合同台账"].iter_rows(values_only=True))
    assert rows[0] == ("合同编号", "乙方")
    assert rows[1] == ("HT-2026-001", "乙方有限公司")
    assert len(rows) == 31


def test_a_large_export_is_made_in_the_background_and_is_its_makers_alone(
    visitor: Visitor, app: Flask, shelf: Shelf, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_export, "AT_ONCE", 3)
    answer = visitor.post("/register/export", {"settings": json.dumps({})})
    place = answer.headers["Location"]
    deadline = time.monotonic() + 20
    while "register.xlsx" not in (page := visitor.get(place).get_data(as_text=True)):
        assert time.monotonic() < deadline, page
        time.sleep(0.05)
    assert "已导出 30 份合同" in page
    assert len(list(load_workbook(io.BytesIO(visitor.get(f"{place}register.xlsx").data))["合同台账"].iter_rows())) == 31
    colleague = Visitor(app.test_client())
    colleague.sign_in(other)
    assert colleague.get(place).status_code == colleague.get(f"{place}register.xlsx").status_code == 404


def test_an_export_is_not_handed_out_with_a_contract_that_was_closed_to_its_maker_since(
    visitor: Visitor, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_export, "AT_ONCE", 3)
    colleague = shelf.person("li", "李律师", Role.DRAFTER)
    place = visitor.post("/register/export", {"settings": json.dumps({})}).headers["Location"]
    _until(visitor, place, "已导出 30 份合同")
    assert visitor.get(f"{place}register.xlsx").status_code == 200
    with shelf.units() as uow:
        row = recent_contracts(uow.session, 1, 0)[0]
        closed, number, owner = row.id, row.number, row.owner_id
        row.confidential, row.owner_id = True, colleague.id
        uow.commit()
    assert visitor.get(f"{place}register.xlsx").headers["Location"] == place
    _until(visitor, place, "已导出 29 份合同")
    book = load_workbook(io.BytesIO(visitor.get(f"{place}register.xlsx").data))["合同台账"]
    assert number not in {row[0].value for row in book.iter_rows()}
    with shelf.units() as uow:  # the other tests share the shelf
        again = find_contract(uow.session, closed)
        assert again
        again.confidential, again.owner_id = False, owner
        uow.commit()


def _until(visitor: Visitor, place: str, words: str) -> None:
    deadline = time.monotonic() + 20
    while words not in (page := visitor.get(place).get_data(as_text=True)):
        assert time.monotonic() < deadline, page
        time.sleep(0.05)


def test_a_confidential_contract_is_in_no_list_count_search_hit_or_export_of_others(
    visitor: Visitor, app: Flask, shelf: Shelf, other: str
) -> None:
    secret = shelf.contract("HT-SECRET-1", (("绝密约定的内容。",),), confidential=True, party_a="影子公司")
    colleague = Visitor(app.test_client())
    colleague.sign_in(other)
    for query in ("", "?all=1&sort=created", "?q=绝密约定", "?party=影子", "?confidential=yes"):
        assert "HT-SECRET-1" not in colleague.get(f"/contracts/{query}").get_data(as_text=True), query
    assert "30 份" in words(colleague.get("/contracts/?all=1"))
    assert colleague.get(f"/contracts/{secret}/hits?q=绝密").status_code == 404
    exported = colleague.post("/register/export", {"settings": "{}"})
    assert "HT-SECRET-1" not in str(list(load_workbook(io.BytesIO(exported.data))["合同台账"].iter_rows(values_only=True)))
