"""Whatever is typed into a form or put into an address: a sentence comes back, never a fault, and nothing of it runs."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, request
from werkzeug.routing import Rule

from app.domain.permissions import Role
from app.services.filing import load_contract_unasked
from app.services.versions import save_version
from app.settings import Settings
from app.web.desk import KEY, Desk
from app.web.pages import ROOT
from tests.data_folders import with_fonts
from tests.databases import copy_of_template
from tests.web.applications import application
from tests.web.conftest import Visitor
from tests.web.people import actor_named, contract_of, first_lawyer, person, session_of

ASKED = (
    "q", "page", "old", "new", "version", "since", "until", "before", "after", "family", "state", "from", "to", "day", "chapter", "variable",
    "year", "month", "first", "count", "view", "place", "sort", "stage", "value_from", "last_to", "told",
)  # fmt: skip
"""What addresses ask for behind the question mark."""
RECORD = {
    "contracts", "commentary", "approval", "approval_desk", "versions", "comparison", "files", "people", "contract_log", "house_log", "effect",
    "register", "outbox", "users", "organisations", "sharing", "term",
}  # fmt: skip
JUNK = {
    "hostile": "<script>alert(1)</script>{{ 7*7 }}\x00\x01\x1b[31m\x7f\u202e\r\n",
    "empty": "",
    "no such day": "2027-02-30",
    "a number without end": "9" * 60,
    "below nothing": "-1",
    "long": "合" * 1_500,  # all fields together stay below what a form may send
}
NOT_WALKED = {"access.leave", "access.sign_out", "account.end_others", "account.end_session", "static"}
MAKING = {
    "documents.create", "versions.generate", "comparison.generate", "sharing.generate", "paper_documents.make", "paper_documents.start",
    "register_import.upload", "register.export", "drafts.create_demonstration",
}  # fmt: skip
"""What sets long work going; its own tests give it junk."""
NAMED = re.compile(r'name="([A-Za-z_.-]+)"')
CHINESE = re.compile(r"[\u4e00-\u9fff]{4,}")


def field_names() -> set[str]:
    """Every field that any page has, so that each form gets all of its own and many that it doesn't know."""
    found: set[str] = set()
    for path in Path(ROOT / "templates" / "web").rglob("*.html"):
        found |= set(NAMED.findall(path.read_text(encoding="utf-8")))
    return found - {"csrf_token", "viewport", "next", "language"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, postgresql_server: str) -> Iterator[Flask]:
    """Over PostgreSQL, which refuses more than SQLite: characters, lengths, numbers."""
    with copy_of_template(postgresql_server, "junk") as address:
        made = application(Settings(data_dir=with_fonts(tmp_path_factory.mktemp("junk")), database_url=address))
        first_lawyer(made.extensions[KEY])
        yield made
        made.extensions[KEY].engine.dispose()


@pytest.fixture(scope="module")
def desk(app: Flask) -> Desk:
    found: Desk = app.extensions[KEY]
    person(found, "shen", Role.AUDITOR, Role.CONTRACT_ADMINISTRATOR, Role.APPROVER, Role.DRAFTER, Role.SYSTEM_ADMINISTRATOR)
    return found


@pytest.fixture
def contract(desk: Desk) -> str:
    made = contract_of(desk, actor_named(desk, "shen"))
    with desk.unit_of_work() as uow:
        save_version(uow, actor_named(desk, "shen"), desk.now(), desk.today(), desk.reference, made)
    return made


def rules(app: Flask, method: str) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and rule.endpoint not in NOT_WALKED | (MAKING if method == "POST" else set()):
            yield rule


def address(app: Flask, rule: Rule, known: dict[str, str], junk: str) -> str:
    """The rule's address; ids that aren't known are junk."""
    values: dict[str, object] = {}
    for name in rule.arguments:
        converter = type(rule._converters[name]).__name__
        if converter == "IntegerConverter":
            values[name] = 987654321
        elif converter == "AnyConverter":
            values[name] = next(iter(rule._converters[name].items))  # type: ignore[attr-defined]
        else:
            values[name] = known.get(name, junk.replace("\x00", "").replace("/", "")[:60] or "nothing")
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, values, method=next(iter(rule.methods or {"GET"})))


def walk(app: Flask, desk: Desk, contract: str, junk: str, wanted: Callable[[Rule], bool]) -> dict[str, list[str]]:
    """Every page with junk in its address, then every form with junk in each field; what went wrong, by kind."""
    visitor = Visitor(app.test_client())
    visitor.sign_in(session_of(desk, "shen"))
    with desk.reading() as uow:
        known = {"contract_id": contract, "draft_id": load_contract_unasked(uow, contract).draft_id}
    asked = dict.fromkeys(ASKED, junk[:500])
    fields: dict[str, object] = {name: [junk, junk] for name in field_names()}
    found: dict[str, list[str]] = {"fault": [], "silent": [], "alive": [], "signed out": []}
    for method in ("GET", "POST"):
        for rule in filter(wanted, rules(app, method)):
            path = address(app, rule, known, junk)
            if method == "GET":
                answer = visitor.get(path, query_string=asked)
            else:
                sent = fields | {"file": (io.BytesIO(junk.encode()), "a.pdf")}
                answer = visitor.post(path, sent, content_type="multipart/form-data")
            attached = answer.headers.get("Content-Disposition", "").startswith("attachment")
            text = "" if attached or answer.mimetype not in ("text/html", "application/json") else answer.get_data(as_text=True)
            if answer.status_code >= 500:
                found["fault"].append(f"{method} {rule.endpoint} {answer.status_code}")
            if answer.status_code == 401 and not rule.endpoint.startswith("api."):  # the API knows no sessions
                found["signed out"].append(rule.endpoint)
            if answer.status_code in (404, 409, 422) and not CHINESE.search(html.unescape(text)):
                found["silent"].append(f"{method} {rule.endpoint} {answer.status_code}")
            if "<script>alert(1)" in text:
                found["alive"].append(rule.endpoint)
            answer.close()
    return {kind: where for kind, where in found.items() if where}


def of_the_record(rule: Rule) -> bool:
    return rule.endpoint.partition(".")[0] in RECORD


@pytest.mark.parametrize("kind", ["hostile", "a number without end"])
def test_no_form_and_no_address_of_the_record_brings_the_system_to_a_fault(
    app: Flask, desk: Desk, contract: str, kind: str
) -> None:
    assert walk(app, desk, contract, JUNK[kind], of_the_record) == {}


def test_a_character_that_no_text_can_hold_is_read_over(app: Flask, desk: Desk, contract: str) -> None:
    visitor = Visitor(app.test_client())
    visitor.sign_in(session_of(desk, "shen"))
    assert visitor.get(f"/contracts/{contract}%00/").status_code == 404
    assert visitor.get("/contracts/?q=%E5%94%AE%00%E5%90%8E").status_code == 200
    with desk.reading() as uow:
        draft = load_contract_unasked(uow, contract).draft_id
    sent = {"revision": 1, "answers": {"contract.place\x00": "北京\x00市"}, "seen": {}}
    assert visitor.client.post(f"/drafts/{draft}/answers", json=sent, headers={"X-CSRFToken": visitor.token()}).status_code < 500
    with app.test_request_context(json={"a\x00": ["b\x00", {"c": "\x00"}]}, method="POST"):
        assert request.get_json() == {"a": ["b", {"c": ""}]}
    with app.test_request_context(data={"f": (io.BytesIO(b"x"), "a\x00.pdf"), "n": "1\x002"}, method="POST"):
        assert (request.form["n"], request.files["f"].filename) == ("12", "a.pdf")


@pytest.mark.soak
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # the test client leaves the file of a large form open
@pytest.mark.parametrize("kind", JUNK)
def test_no_form_and_no_address_of_any_page_brings_the_system_to_a_fault(
    app: Flask, desk: Desk, contract: str, kind: str
) -> None:
    assert walk(app, desk, contract, JUNK[kind], lambda _rule: True) == {}


@pytest.mark.parametrize(
    ("path", "fields", "kept"),
    [
        ("/contracts/C/people/confidentiality", {"confidential": "1", "reader": "nobody", "seen": "0"}, 'value="1" checked'),
        ("/contracts/C/submission", {"do": "submit", "remark": "请看第八章", "waiver_topic": "none", "waiver_reason": "对方坚持"}, "请看第八章"),
        ("/contracts/C/effect/check", {"condition": "none", "on": "2027-02-30", "evidence": "评估报告第3页"}, "没有"),
        ("/users/", {"login": "", "name": "钱业务", "email": "not an address"}, "钱业务"),
        ("/organisations/", {"name": "远山客服", "uscc": "123"}, "远山客服"),
    ],
)  # fmt: skip
def test_what_was_entered_beside_a_fault_is_still_there(
    app: Flask, desk: Desk, contract: str, path: str, fields: dict[str, object], kept: str
) -> None:
    visitor = Visitor(app.test_client())
    visitor.sign_in(session_of(desk, "shen"))
    answer = visitor.post(path.replace("C", contract, 1) if "/C/" in path else path, fields)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422, text[:300]
    assert kept in text
