"""Pages of accounts without a browser: cookies, tokens, what leaks to whom."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.domain.permissions import Role
from app.store.outbox import messages
from app.web.desk import KEY
from tests.web.conftest import Visitor
from tests.web.people import LAWYER, PASSWORD, person, session_of


def enter(visitor: Visitor, login: str = LAWYER.login, password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    return visitor.post("/sign-in", {"login": login, "password": password, **more})


def test_signing_in_leads_back_to_where_one_wanted_to_go(stranger: Visitor) -> None:
    asked = stranger.get("/drafts/?q=甲方")
    assert asked.status_code == 302
    assert asked.headers["Location"].startswith("/sign-in?next=/drafts/")
    assert enter(stranger, next="/drafts/?q=1").headers["Location"] == "/drafts/?q=1"


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_elsewhere(stranger: Visitor, target: str) -> None:
    assert enter(stranger, next=target).headers["Location"] == "/"


def test_the_forgery_token_and_the_session_are_new_after_signing_in(stranger: Visitor) -> None:
    before = stranger.token()
    with stranger.client.session_transaction() as session:
        session["language"] = "en"
        old = dict(session)
    enter(stranger)
    with stranger.client.session_transaction() as session:
        assert session["token"]
        assert session.get("csrf_token") != old["csrf_token"]
        assert session["language"] == "en"
    refused = stranger.client.post("/sign-out", headers={"X-CSRFToken": before})
    assert refused.status_code == 400


def test_the_sign_in_cookie_is_kept_from_scripts_and_other_sites(stranger: Visitor) -> None:
    cookie = enter(stranger).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_forged_session_is_nobody(app: Flask, stranger: Visitor, lawyer_session: str) -> None:
    stranger.client.set_cookie("chengyue", "eyJ0b2tlbiI6IngifQ.abc.def")
    assert stranger.get("/drafts/").status_code == 302
    stranger.sign_in(lawyer_session + "x")
    assert stranger.get("/drafts/").status_code == 302


def test_data_requests_of_nobody_get_words_instead_of_a_sign_in_page(stranger: Visitor) -> None:
    answer = stranger.client.post(f"/drafts/{'0' * 32}/answers", json={"answers": {}}, headers={"X-CSRFToken": stranger.token()})
    assert answer.status_code == 401
    assert "登录" in answer.get_json()["title"]
    fragment = stranger.client.get("/drafts/", headers={"HX-Request": "true"})
    assert fragment.status_code == 401


def test_the_password_never_comes_back_in_a_page(stranger: Visitor) -> None:
    wrong = "ein-falsches-langes-passwort"
    page = enter(stranger, password=wrong)
    assert page.status_code == 422
    assert wrong not in page.get_data(as_text=True)


def test_forgotten_says_the_same_whoever_asks(stranger: Visitor) -> None:
    pages = [stranger.post("/forgotten", {"login": login}).get_data(as_text=True) for login in (LAWYER.login, "nobody")]
    assert re.sub(r'"[\w.\-]{60,}"', "", pages[0]) == re.sub(r'"[\w.\-]{60,}"', "", pages[1])


def test_links_in_mails_do_not_follow_a_forged_host(app: Flask, stranger: Visitor) -> None:
    person(app.extensions[KEY], "wu", Role.DRAFTER, email="wu@example.com")
    there = "http://evil.example"
    page = stranger.client.get("/forgotten", base_url=there).get_data(as_text=True)
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    sent = stranger.client.post("/forgotten", base_url=there, data={"login": "wu"}, headers={"X-CSRFToken": token})
    assert sent.status_code == 200
    with app.extensions[KEY].reading() as uow:
        mail = next(m for m in messages(uow.session) if m.recipient == "wu@example.com" and m.key.startswith("password_reset"))
        assert re.search(r"http://127\.0\.0\.1:8000/password/[\w-]{43}", mail.text)


def test_looking_at_a_link_does_not_use_it_up(app: Flask, visitor: Visitor, stranger: Visitor) -> None:
    page = visitor.post("/users/", {"login": "zheng", "name": "郑律师", "role": "drafter"}).get_data(as_text=True)
    found = re.search(r"/password/[\w-]{43}", page)
    assert found
    for _ in range(3):
        assert stranger.get(found[0]).status_code == 200
    assert stranger.post(found[0], {"password": PASSWORD, "again": PASSWORD}).headers["Location"] == "/sign-in?told=set"
    assert stranger.get(found[0]).status_code == 404


def test_pages_of_accounts_hold_no_inline_script_or_style(visitor: Visitor, stranger: Visitor) -> None:
    pages = [stranger.get(p) for p in ("/sign-in", "/forgotten")]
    pages += [visitor.get(p) for p in ("/account/", "/account/second-factor", "/users/", "/users/new")]
    for page in pages:
        assert page.status_code == 200
        assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.get_data(as_text=True)) == []


def test_hostile_names_are_shown_as_text(visitor: Visitor) -> None:
    visitor.post("/users/", {"login": "<b>x", "name": "<script>alert(1)</script>", "role": "drafter"})
    page = visitor.get("/users/").get_data(as_text=True)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_closed_account_is_out_at_its_next_request(app: Flask, visitor: Visitor, stranger: Visitor) -> None:
    user_id = person(app.extensions[KEY], "feng", Role.DRAFTER)
    stranger.sign_in(session_of(app.extensions[KEY], "feng"))
    assert stranger.get("/drafts/").status_code == 200
    visitor.post(f"/users/{user_id}/active", {"active": "0"})
    assert stranger.get("/drafts/").status_code == 302


def test_the_last_administrator_is_told_why_he_must_stay(app: Flask, visitor: Visitor) -> None:
    page = visitor.get("/users/").get_data(as_text=True)
    own = re.search(rf'/users/([0-9a-f]{{32}})/">{LAWYER.name}<', page)
    assert own
    revision = re.search(r'name="revision" value="(\d+)"', visitor.get(f"/users/{own[1]}/").get_data(as_text=True))
    assert revision
    answer = visitor.post(f"/users/{own[1]}/", {"revision": revision[1], "name": LAWYER.name, "role": "drafter"})
    assert answer.status_code == 422
    assert "最后一位" in answer.get_data(as_text=True)


def test_a_sign_in_carries_over_to_english(stranger: Visitor) -> None:
    stranger.post("/language", {"language": "en", "next": "/sign-in"})
    enter(stranger)
    page = stranger.get("/account/").get_data(as_text=True)
    assert "Two-step verification" in page
    assert "Contract administrator" in page
