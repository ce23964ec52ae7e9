"""Keys of the second factor are sealed in the database, those of older versions too."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, update

from app.services.second_factor import seal_plain_keys
from app.store import audit
from app.store.users import UserRow
from app.store.vault import SecretUnreadable, Vault, is_sealed
from tests.services.conftest import Units
from tests.services.people import SECRET, VAULT, House
from tests.services.sharing import both_databases


@pytest.fixture
def house(units: Units) -> House:
    made = House(units)
    made.person()
    made.protect(made.enter().token)
    return made


def stored(house: House) -> str:
    with house.units() as uow:
        return uow.session.scalars(select(UserRow.totp_secret)).one()


def test_the_database_does_not_hold_the_key_itself(house: House) -> None:
    assert SECRET not in stored(house)
    assert is_sealed(stored(house))


@both_databases
def test_a_key_left_plain_by_an_older_version_is_sealed_at_the_next_start_and_still_works(house: House) -> None:
    with house.units() as uow:
        uow.session.execute(update(UserRow).values(totp_secret=SECRET))
        uow.session.commit()
    with house.units() as uow:
        assert seal_plain_keys(uow, house.now, VAULT) == 1
    with house.units() as uow:
        assert seal_plain_keys(uow, house.now, VAULT) == 0
        last = list(audit.entries(uow.session))[-1]
    assert (last.action, json.loads(last.data)) == ("access.second_factors_sealed", {"count": 1})
    assert is_sealed(stored(house))
    house.wait(minutes=5)
    token = house.enter().token
    assert house.who(house.pass_code(token, house.code()).token)


def test_with_the_wrong_key_no_code_is_taken_but_a_recovery_code_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = house.renew()
    house.wait(minutes=5)
    token = house.enter().token
    monkeypatch.setattr("tests.services.people.VAULT", Vault(bytes(32)))
    with pytest.raises(SecretUnreadable):
        house.pass_code(token, house.code())
    assert house.who(house.pass_code(token, codes[0]).token)
