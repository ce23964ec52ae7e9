"""Signing in: lock-out, sessions, second factor, each with a clock that the test moves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from sqlalchemy import select

from app.domain.errors import ContractError
from app.services.access import SignInRefused, end_other_sessions, end_session, note_seen, sessions_of, sign_out
from app.store.audit import AuditRow
from app.store.outbox import messages
from app.store.users import OneTimeTokenRow, SessionRow, UserRow
from tests.services.conftest import Units
from tests.services.people import PASSWORD, SECRET, House
from tests.services.sharing import both_databases

WRONG = "这不是正确的密码-测试"


@pytest.fixture
def house(units: Units) -> House:
    made = House(units)
    made.person()
    return made


def fail(house: House, times: int, password: str = WRONG) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            house.enter(password=password)


def test_the_right_password_opens_a_session(house: House) -> None:
    found = house.who(house.enter().token)
    assert found
    assert (found.actor.name, found.login, found.due) == ("王律师", "wang", False)


def test_the_sign_in_name_is_taken_in_any_case_and_with_spaces_around(house: House) -> None:
    assert house.who(house.enter(" WANG ").token)


@pytest.mark.parametrize(
    ("login", "password"), [("wang", WRONG), ("nobody", PASSWORD), ("wang", ""), ("", ""), ("wang", "x" * 5000)]
)
def test_every_refusal_has_the_same_words(house: House, login: str, password: str) -> None:
    with pytest.raises(SignInRefused) as refusal:
        house.enter(login, password)
    assert refusal.value.message == SignInRefused().message


@both_databases
def test_the_database_holds_neither_password_nor_token(house: House) -> None:
    token = house.enter().token
    with house.units() as uow:
        user = uow.session.scalars(select(UserRow)).one()
        assert user.password_hash.startswith("$argon2id$")
        assert PASSWORD not in user.password_hash
        kept = {r.id for r in uow.session.scalars(select(SessionRow))} | {
            r.id for r in uow.session.scalars(select(OneTimeTokenRow))
        }
    assert token not in kept
    assert not kept & set(house.links)


def test_five_wrong_passwords_lock_even_the_right_one_out_for_a_minute(house: House) -> None:
    fail(house, 5)
    fail(house, 1, PASSWORD)
    house.wait(seconds=59)
    fail(house, 1, PASSWORD)
    house.wait(seconds=1)
    assert house.enter()


def test_the_next_lock_lasts_twice_as_long(house: House) -> None:
    fail(house, 5)
    house.wait(minutes=1)
    fail(house, 1)
    house.wait(seconds=119)
    fail(house, 1, PASSWORD)
    house.wait(seconds=1)
    assert house.enter()


def test_a_sign_in_clears_the_count(house: House) -> None:
    fail(house, 4)
    house.enter()
    fail(house, 4)
    assert house.enter()


def test_a_lock_is_logged_and_told_to_its_owner_once(house: House) -> None:
    fail(house, 8)
    with house.units() as uow:
        assert [m.subject for m in messages(uow.session) if m.key.startswith("sign_in_locked")] == ["成约：账号暂停登录"]
        assert len(list(uow.session.scalars(select(AuditRow).where(AuditRow.action == "access.locked")))) == 1


@both_databases
def test_of_many_guesses_at_once_no_more_than_the_free_ones_count(house: House) -> None:
    def guess(_number: int) -> bool:
        try:
            house.enter(password=WRONG)
        except ContractError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert not any(pool.map(guess, range(8)))
    with house.units() as uow:
        user = uow.session.scalars(select(UserRow)).one()
        assert user.failures == 5
        assert user.locked_until


def test_a_session_ends_after_half_a_day_without_a_request(house: House) -> None:
    token = house.enter().token
    house.wait(hours=11, minutes=59)
    assert house.who(token)
    house.wait(minutes=1)
    assert house.who(token) is None


def test_requests_keep_a_session_but_not_beyond_a_week(house: House) -> None:
    token = house.enter().token
    for _ in range(15):
        found = house.who(token)
        assert found
        with house.units() as uow:
            note_seen(uow, house.now, found.session_id)
        house.wait(hours=11)
    house.wait(hours=3)
    assert house.who(token) is None


def test_a_session_that_was_signed_out_is_over(house: House) -> None:
    token = house.enter().token
    with house.units() as uow:
        sign_out(uow, house.now, token)
    assert house.who(token) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "\ud800"])
def test_what_is_no_token_is_nobody(house: House, token: str) -> None:
    assert house.who(token) is None


def test_sessions_are_listed_and_ended_elsewhere(house: House) -> None:
    here, there, third = (house.enter().token for _ in range(3))
    me = house.who(here)
    other = house.who(there)
    assert me
    assert other
    with house.units() as uow:
        assert [s.current for s in sessions_of(uow, house.now, me.actor.id, me.session_id)].count(True) == 1
        end_session(uow, me.actor, house.now, other.session_id)
    assert house.who(there) is None
    assert house.who(third)
    with house.units() as uow:
        assert end_other_sessions(uow, me.actor, house.now, me.session_id) == 1
    assert house.who(third) is None
    assert house.who(here)


def test_nobody_ends_the_session_of_somebody_else(house: House) -> None:
    house.person("li", email="li@example.com")
    mine, theirs = house.who(house.enter().token), house.who(house.enter("li").token)
    assert mine
    assert theirs
    with house.units() as uow, pytest.raises(ContractError, match="没有这个登录会话"):
        end_session(uow, mine.actor, house.now, theirs.session_id)


def test_with_the_second_factor_the_password_alone_opens_nothing(house: House) -> None:
    house.protect(house.enter().token)
    house.wait(minutes=1)
    pending = house.enter()
    found = house.who(pending.token)
    assert pending.second_factor_due
    assert found
    assert found.due
    whole = house.who(house.pass_code(pending.token, house.code()).token)
    assert whole
    assert not whole.due
    assert house.who(pending.token) is None


def test_a_code_works_once(house: House) -> None:
    house.protect(house.enter().token)
    house.wait(minutes=1)
    house.pass_code(house.enter().token, house.code())
    with pytest.raises(SignInRefused):
        house.pass_code(house.enter().token, house.code())


def test_the_code_that_turned_it_on_does_not_sign_in(house: House) -> None:
    house.protect(house.enter().token)
    with pytest.raises(SignInRefused):
        house.pass_code(house.enter().token, house.code())


@pytest.mark.parametrize(("seconds", "right"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_clock_may_be_half_a_minute_off(house: House, seconds: int, right: bool) -> None:
    house.protect(house.enter().token)
    house.wait(minutes=5)
    token = house.enter().token
    code = pyotp.TOTP(SECRET).at(int(house.now.timestamp()) + seconds)
    if right:
        assert house.pass_code(token, code)
    else:
        with pytest.raises(SignInRefused):
            house.pass_code(token, code)


def test_a_recovery_code_replaces_the_app_once(house: House) -> None:
    codes = house.protect(house.enter().token)
    assert len(set(codes)) == 10
    assert house.pass_code(house.enter().token, codes[3].lower().replace("-", " "))
    with pytest.raises(SignInRefused):
        house.pass_code(house.enter().token, codes[3])
    assert house.pass_code(house.enter().token, codes[4])


def test_wrong_codes_lock_like_wrong_passwords(house: House) -> None:
    codes = house.protect(house.enter().token)
    token = house.enter().token
    for _ in range(5):
        with pytest.raises(SignInRefused):
            house.pass_code(token, "000000")
    with pytest.raises(SignInRefused):
        house.pass_code(token, codes[0])
    fail(house, 1, PASSWORD)
    house.wait(minutes=1)
    assert house.pass_code(house.enter().token, codes[0])


def test_signing_in_again_does_not_clear_the_count_of_wrong_codes(house: House) -> None:
    house.protect(house.enter().token)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            house.pass_code(house.enter().token, "000000")
    fail(house, 1, PASSWORD)


def test_a_code_must_follow_within_ten_minutes(house: House) -> None:
    codes = house.protect(house.enter().token)
    token = house.enter().token
    house.wait(minutes=10)
    with pytest.raises(SignInRefused):
        house.pass_code(token, codes[0])


def test_the_log_names_who_signed_in(house: House) -> None:
    found = house.who(house.enter().token)
    assert found
    with house.units() as uow:
        entry = uow.session.scalars(select(AuditRow).where(AuditRow.action == "access.signed_in")).one()
        assert (entry.actor, "王律师" in entry.data) == (found.actor.id, True)
