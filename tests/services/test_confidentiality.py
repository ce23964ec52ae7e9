"""Closing a contract to named people, and handing it over."""

from __future__ import annotations

import pytest

from app.domain.errors import ContractError
from app.domain.permissions import Action, Actor, Forbidden, Role, may
from app.services.access import record_of_contract
from app.services.accounts import CONSOLE, set_active
from app.services.confidentiality import ReaderUnfit, change_owner, set_confidentiality
from app.services.drafts import create_draft
from app.services.filing import create_contract
from app.services.record import ContractMissing
from app.store.audit import entries_of
from tests.services.conftest import Units
from tests.services.fixtures import NOW, PATTERN, TODAY, reference
from tests.services.people import House, cheap_hashes

cheap = pytest.fixture(autouse=True)(cheap_hashes)


@pytest.fixture
def house(units: Units) -> House:
    return House(units)


def signed(house: House, login: str, *roles: Role) -> Actor:
    house.person(login, *roles, email="")
    return house.actor(house.enter(login).token)


def contract(house: House, owner: Actor) -> str:
    with house.units() as uow:
        draft = create_draft(uow, owner, NOW, reference().library, {})
    with house.units() as uow:
        return create_contract(uow, owner, NOW, TODAY, reference(), draft, PATTERN).id


def reads(house: House, person: Actor, contract_id: str) -> bool:
    with house.units() as uow:
        return may(person, Action.READ_CONTRACTS, record_of_contract(uow, contract_id))


def close(house: House, actor: Actor, contract_id: str, *readers: str, confidential: bool = True) -> None:
    with house.units() as uow:
        set_confidentiality(uow, actor, NOW, contract_id, confidential=confidential, readers=frozenset(readers))


def test_a_closed_contract_is_read_by_its_owner_and_the_people_named_alone(house: House) -> None:
    owner, named, other = (signed(house, login, Role.DRAFTER) for login in ("wang", "li", "zhao"))
    keeper = signed(house, "qian", Role.CONTRACT_ADMINISTRATOR)
    closed = contract(house, owner)
    assert all(reads(house, person, closed) for person in (owner, named, other, keeper))
    close(house, owner, closed, named.id)
    assert [reads(house, person, closed) for person in (owner, named, other, keeper)] == [True, True, False, False]
    close(house, owner, closed, confidential=False)
    assert all(reads(house, person, closed) for person in (owner, named, other, keeper))


def test_whoever_closes_a_contract_is_not_shut_out(house: House) -> None:
    owner, keeper = signed(house, "wang", Role.DRAFTER), signed(house, "qian", Role.CONTRACT_ADMINISTRATOR)
    closed = contract(house, owner)
    close(house, keeper, closed)
    assert reads(house, keeper, closed)


def test_only_those_who_keep_it_decide_and_to_others_it_is_not_there(house: House) -> None:
    owner, other = signed(house, "wang", Role.DRAFTER), signed(house, "li", Role.DRAFTER)
    closed = contract(house, owner)
    with pytest.raises(Forbidden):
        close(house, other, closed)
    close(house, owner, closed)
    with pytest.raises(ContractMissing):
        close(house, other, closed, confidential=False)


def test_nobody_is_named_who_could_not_read_it(house: House) -> None:
    owner, admin, gone = signed(house, "wang", Role.DRAFTER), signed(house, "sun", Role.SYSTEM_ADMINISTRATOR), signed(house, "li")
    closed = contract(house, owner)
    with house.units() as uow:
        set_active(uow, CONSOLE, NOW, gone.id, False)
    for unfit in (admin.id, gone.id, "0" * 32):
        with pytest.raises(ReaderUnfit):
            close(house, owner, closed, unfit)


def test_the_system_administrator_hands_over_unseen_what_a_leaver_kept_closed(house: House) -> None:
    owner, heir, admin = signed(house, "wang"), signed(house, "li"), signed(house, "sun", Role.SYSTEM_ADMINISTRATOR)
    closed = contract(house, owner)
    close(house, owner, closed)
    with house.units() as uow:
        change_owner(uow, admin, NOW, closed, heir.id)
    assert [reads(house, person, closed) for person in (owner, heir, admin)] == [False, True, False]
    with house.units() as uow:
        assert [e.action for e in entries_of(uow.session, closed)][-2:] == ["contract.confidentiality", "contract.owner_changed"]
    with house.units() as uow, pytest.raises(ContractError, match="不能指定"):
        change_owner(uow, admin, NOW, closed, admin.id)
