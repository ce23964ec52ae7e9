"""What the pages show to whom: confidential contracts do not exist for others, and who may only read is offered no change."""

from __future__ import annotations

import re

import pytest

from app.domain.permissions import Role
from app.services.drafts import load_draft_unasked
from app.services.filing import load_contract_unasked
from tests.web.people import actor_named, contract_of
from tests.web.role_house import House, house_in


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house_in(tmp_path_factory.mktemp("house"))


@pytest.mark.parametrize("who", [role.value for role in Role])
def test_a_confidential_draft_answers_like_one_that_does_not_exist(house: House, who: str) -> None:
    desk = house.desk
    owner = actor_named(desk, "drafter" if who != "drafter" else "wang")
    contract = contract_of(desk, owner, confidential=True)
    with desk.reading() as uow:
        draft = load_contract_unasked(uow, contract).draft_id
    visitor, named = house.visitor(who), house.visitor("drafter" if who != "drafter" else "wang")
    assert named.get(f"/drafts/{draft}/").status_code == 200
    for path in ("", "preview", "findings/", "playbook/", "documents/", "summary"):
        hidden = visitor.get(f"/drafts/{draft}/{path}")
        absent = visitor.get(f"/drafts/{'0' * 32}/{path}")
        assert hidden.status_code == absent.status_code == 404
        assert _words(hidden, draft) == _words(absent, "0" * 32)
    assert visitor.post(f"/drafts/{draft}/delete").status_code == 404
    assert draft not in visitor.get("/drafts/").get_data(as_text=True)
    assert draft in named.get("/drafts/").get_data(as_text=True)
    assert contract not in visitor.get("/contracts/").get_data(as_text=True)
    assert contract in named.get("/contracts/").get_data(as_text=True)
    hidden, absent = visitor.get(f"/contracts/{contract}/"), visitor.get(f"/contracts/{'0' * 32}/")
    assert hidden.status_code == absent.status_code == 404
    assert _words(hidden, contract) == _words(absent, "0" * 32)


def _words(answer, draft: str) -> str:  # type: ignore[no-untyped-def]
    """The page without what differs between any two answers."""
    page = re.sub(r'(csrf[^>]*?(?:content|value)="|"X-CSRFToken":")[^"]+', r"\1", answer.get_data(as_text=True))
    return page.replace(draft, "DRAFT")


def test_changes_carry_the_name_of_the_one_signed_in(house: House) -> None:
    visitor, draft = house.visitor("administrator"), house.draft()
    visitor.save(draft, party_a__name="甲方有限公司")
    with house.desk.reading() as uow:
        assert load_draft_unasked(uow, house.desk.library, draft).updated_by == "合同管理员"


def test_who_may_only_read_is_offered_no_way_to_change(house: House) -> None:
    draft, visitor = house.draft(), house.visitor("auditor")
    page = visitor.get(f"/drafts/{draft}/").get_data(as_text=True)
    assert '<fieldset class="bare" disabled>' in page
    assert "data-read-only" in page
    assert 'class="button primary" href="/drafts/new"' not in visitor.get("/drafts/").get_data(as_text=True)
    assert '<form method="post" action="/drafts/' not in visitor.get(f"/drafts/{draft}/documents/").get_data(as_text=True)
