"""Closing a contract to named people, and handing it over."""

from __future__ import annotations

import pytest

from app.domain.errors import ContractError
from app.domain.permissions import Action, Actor, Forbidden, Hidden, Role, may
from app.services.access import record_of_contract
from app.services.accounts import CONSOLE, set_active
from app.services.confidentiality import (
    Closure,
    OwnerChanged,
    PeopleChanged,
    ReaderUnfit,
    change_owner,
    count_owned,
    hand_over_all,
    heirs,
    read_people,
    set_confidentiality,
)
from app.services.drafts import create_draft
from app.services.filing import create_contract
from app.services.record import ContractMissing
from app.store.audit import entries_of
from tests.services.conftest import Units
from tests.services.fixtures import NOW, PATTERN, TODAY, reference
from tests.services.people import House
from tests.services.sharing import both_databases
from tests.services.signed import POST


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


# ---- two people at once


def seen_by(house: House, person: Actor, contract_id: str) -> Closure:
    with house.units() as uow:
        return read_people(uow, person, contract_id).closure


@both_databases
def test_two_people_who_name_readers_at_once_lose_nothing(house: House) -> None:
    owner, keeper = signed(house, "wang"), signed(house, "qian", Role.CONTRACT_ADMINISTRATOR)
    first, second, third = (signed(house, login).id for login in ("li", "zhao", "sun"))
    closed = contract(house, owner)
    close(house, owner, closed, first, keeper.id)
    seen = seen_by(house, keeper, closed)
    close(house, owner, closed, second, keeper.id)  # the owner takes ``first`` off and names ``second``
    with house.units() as uow, pytest.raises(PeopleChanged, match="王律师") as refused:
        set_confidentiality(uow, keeper, NOW, closed, confidential=True, readers=seen.readers | {third}, seen=seen)
    assert refused.value.merged == Closure(True, frozenset({second, third, keeper.id}))
    assert seen_by(house, keeper, closed).readers == {second, keeper.id}
    with house.units() as uow:
        merged = refused.value.merged
        set_confidentiality(
            uow, keeper, NOW, closed, confidential=True, readers=merged.readers, seen=seen_by(house, keeper, closed)
        )
    assert seen_by(house, keeper, closed) == merged


def test_who_hands_over_what_somebody_else_just_handed_over_is_told(house: House) -> None:
    owner, heir, other = (signed(house, login) for login in ("wang", "li", "zhao"))
    keeper = signed(house, "qian", Role.CONTRACT_ADMINISTRATOR)
    case = contract(house, owner)
    with house.units() as uow:
        change_owner(uow, keeper, NOW, case, heir.id, seen=owner.id)
    with house.units() as uow, pytest.raises(OwnerChanged, match="移交给“王律师”"):
        change_owner(uow, keeper, NOW, case, other.id, seen=owner.id)


def test_a_reader_whose_account_was_closed_stays_named_and_the_owner_is_never_named_twice(house: House) -> None:
    owner, gone = signed(house, "wang"), signed(house, "li")
    closed = contract(house, owner)
    close(house, owner, closed, gone.id, owner.id)
    with house.units() as uow:
        set_active(uow, CONSOLE, NOW, gone.id, False)
    close(house, owner, closed, gone.id)
    assert seen_by(house, owner, closed).readers == {gone.id}
    with house.units() as uow:
        people = read_people(uow, owner, closed)
    assert [(p.id, p.active) for p in people.readers] == [(gone.id, False)]
    assert (people.keeps, people.hands_over, people.owner_id) == (True, True, owner.id)


@both_databases
def test_everything_of_one_who_leaves_goes_to_one_heir_who_is_told(house: House) -> None:
    owner, heir, admin = signed(house, "wang"), signed(house, "li"), signed(house, "sun", Role.SYSTEM_ADMINISTRATOR)
    mine = [contract(house, owner) for _ in range(2)]
    close(house, owner, mine[0])
    with house.units() as uow:
        assert count_owned(uow, admin, owner.id) == 2
        assert owner.id not in {p.id for p in heirs(uow, admin, owner.id)}
        assert hand_over_all(uow, admin, NOW, owner.id, heir.id, POST) == 2
    with house.units() as uow:
        assert [count_owned(uow, admin, person.id) for person in (owner, heir)] == [0, 2]
    assert [reads(house, heir, case) for case in mine] == [True, True]
    with house.units() as uow, pytest.raises(Hidden):
        hand_over_all(uow, owner, NOW, heir.id, owner.id, POST)
