"""First run, invitations, roles, closed accounts, passwords and links; with a clock that the test moves."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.domain.approval_route import Function
from app.domain.errors import ContractError, InputError
from app.domain.permissions import Forbidden, Hidden, Role
from app.services.access import SignInRefused
from app.services.accounts import (
    CONSOLE,
    RESET,
    LinkSpent,
    UserDetails,
    change_user,
    clear_second_factor,
    create_administrator,
    end_sessions_of,
    first_run_token,
    invite,
    list_users,
    load_user,
    owner_of_link,
    send_link,
    set_active,
)
from app.services.credentials import WeakPassword
from app.services.own_account import (
    WrongCode,
    WrongPassword,
    change_password,
    disable_second_factor,
    enable_second_factor,
    load_account,
    renew_recovery_codes,
    request_reset,
    set_password_by_link,
)
from app.store.audit import AuditRow
from app.store.outbox import messages
from app.store.uow import ChangedMeanwhile
from app.store.users import UserRow
from tests.services.conftest import Units
from tests.services.people import ADMIN, PASSWORD, SECRET, VAULT, House
from tests.services.sharing import both_databases

NEW = "另外一个足够长的新密码-测试"


@pytest.fixture
def house(units: Units) -> House:
    return House(units)


def test_the_first_run_link_creates_the_administrator_and_works_once(house: House) -> None:
    with house.units() as uow:
        token = first_run_token(uow, house.now)
    assert token
    with house.units() as uow:
        create_administrator(uow, house.now, token, ADMIN, PASSWORD)
    assert house.actor(house.enter("admin").token).roles == {Role.SYSTEM_ADMINISTRATOR}
    with house.units() as uow, pytest.raises(LinkSpent):
        create_administrator(uow, house.now, token, UserDetails("second", "第二人"), PASSWORD)
    with house.units() as uow:
        assert first_run_token(uow, house.now) is None


def test_a_new_first_run_link_voids_the_one_before(house: House) -> None:
    with house.units() as uow:
        old = first_run_token(uow, house.now)
    with house.units() as uow:
        first_run_token(uow, house.now)
    assert old
    with house.units() as uow, pytest.raises(LinkSpent):
        create_administrator(uow, house.now, old, ADMIN, PASSWORD)


@pytest.mark.parametrize(("hours", "works"), [(23.9, True), (24, False)])
def test_the_first_run_link_is_good_for_a_day(house: House, hours: float, works: bool) -> None:
    with house.units() as uow:
        token = first_run_token(uow, house.now)
    assert token
    house.wait(hours=hours)
    with house.units() as uow:
        if works:
            assert create_administrator(uow, house.now, token, ADMIN, PASSWORD)
        else:
            with pytest.raises(LinkSpent):
                create_administrator(uow, house.now, token, ADMIN, PASSWORD)


def test_a_refused_first_run_leaves_the_link_usable(house: House) -> None:
    with house.units() as uow:
        token = first_run_token(uow, house.now)
    assert token
    with house.units() as uow, pytest.raises(WeakPassword):
        create_administrator(uow, house.now, token, ADMIN, "short")
    with house.units() as uow, pytest.raises(InputError):
        create_administrator(uow, house.now, token, UserDetails("a b", ""), PASSWORD)
    with house.units() as uow:
        assert create_administrator(uow, house.now, token, ADMIN, PASSWORD)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "elevenchars",
        "a" * 12,
        "123456789012",
        "abcdefghijkl",
        "abababababab",
        "xx-admin-yy-2026",
        "管理员管理员的长长长密码",
        "x" * 201,
    ],
)
def test_weak_passwords_are_refused(house: House, password: str) -> None:
    with house.units() as uow:
        token = first_run_token(uow, house.now)
    assert token
    with house.units() as uow, pytest.raises(WeakPassword):
        create_administrator(uow, house.now, token, ADMIN, password)


def test_an_invited_person_has_no_password_until_the_link_is_used(house: House) -> None:
    house.first()
    with house.units() as uow:
        invite(uow, CONSOLE, house.now, UserDetails("li", "李律师", "li@example.com", frozenset({Role.APPROVER})), house.post)
    for guess in ("", PASSWORD):
        with pytest.raises(SignInRefused):
            house.enter("li", guess)
    with house.units() as uow:
        [mail] = messages(uow.session)
        assert (mail.recipient, house.links[-1] in mail.text, "李律师" in mail.text) == ("li@example.com", True, True)
    with house.units() as uow:
        set_password_by_link(uow, house.now, house.links[-1], PASSWORD, house.write)
    assert house.actor(house.enter("li").token).roles == {Role.APPROVER}
    with house.units() as uow, pytest.raises(LinkSpent):
        set_password_by_link(uow, house.now, house.links[-1], NEW, house.write)


@pytest.mark.parametrize(("days", "works"), [(6.99, True), (7, False)])
def test_an_invitation_is_good_for_a_week(house: House, days: float, works: bool) -> None:
    with house.units() as uow:
        invite(uow, CONSOLE, house.now, UserDetails("li", "李律师"), house.post)
    house.wait(days=days)
    with house.units() as uow:
        if works:
            set_password_by_link(uow, house.now, house.links[-1], PASSWORD, house.write)
        else:
            with pytest.raises(LinkSpent):
                set_password_by_link(uow, house.now, house.links[-1], PASSWORD, house.write)


def test_a_sign_in_name_is_given_once(house: House) -> None:
    house.person("wang")
    with house.units() as uow, pytest.raises(InputError) as refusal:
        invite(uow, CONSOLE, house.now, UserDetails("WANG", "另一人"), house.post)
    assert [f.path for f in refusal.value.faults] == ["login"]


@pytest.mark.parametrize(
    ("details", "path"),
    [
        (UserDetails("x", "名"), "login"),
        (UserDetails("a b", "名"), "login"),
        (UserDetails("abc", " "), "name"),
        (UserDetails("abc", "名", "no address"), "email"),
        (UserDetails("abc", "名", "a@b.c\nBcc: x@y.z"), "email"),
        (UserDetails("abc", "名", "", frozenset({Role.DRAFTER}), frozenset({Function.LEGAL})), "offices"),
    ],
)
def test_what_cannot_be_used_is_named(house: House, details: UserDetails, path: str) -> None:
    with house.units() as uow, pytest.raises(InputError) as refusal:
        invite(uow, CONSOLE, house.now, details, house.post)
    assert path in [f.path for f in refusal.value.faults]


def test_a_reset_link_comes_by_mail_works_once_and_ends_every_session(house: House) -> None:
    house.person()
    before = house.enter().token
    with house.units() as uow:
        request_reset(uow, house.now, "wang", house.post)
    with house.units() as uow:
        assert [m.recipient for m in messages(uow.session) if house.links[-1] in m.text] == ["wang@example.com"]
        owner = owner_of_link(uow, house.now, house.links[-1], RESET)
        assert owner
        assert owner.login == "wang"
    with house.units() as uow:
        set_password_by_link(uow, house.now, house.links[-1], NEW, house.write)
    assert house.who(before) is None
    with pytest.raises(SignInRefused):
        house.enter()
    assert house.enter(password=NEW)
    with house.units() as uow, pytest.raises(LinkSpent):
        set_password_by_link(uow, house.now, house.links[-1], PASSWORD, house.write)


@pytest.mark.parametrize(("minutes", "works"), [(59.9, True), (60, False)])
def test_a_reset_link_is_good_for_an_hour(house: House, minutes: float, works: bool) -> None:
    house.person()
    with house.units() as uow:
        request_reset(uow, house.now, "wang", house.post)
    house.wait(minutes=minutes)
    with house.units() as uow:
        if works:
            set_password_by_link(uow, house.now, house.links[-1], NEW, house.write)
        else:
            with pytest.raises(LinkSpent):
                set_password_by_link(uow, house.now, house.links[-1], NEW, house.write)


def test_a_newer_reset_link_voids_the_older(house: House) -> None:
    house.person()
    for _ in range(2):
        with house.units() as uow:
            request_reset(uow, house.now, "wang", house.post)
        house.wait(minutes=6)
    with house.units() as uow, pytest.raises(LinkSpent):
        set_password_by_link(uow, house.now, house.links[-2], NEW, house.write)


def test_reset_mails_are_not_sent_in_floods_nor_to_strangers(house: House) -> None:
    house.person()
    for login in ("wang", "wang", "nobody", ""):
        with house.units() as uow:
            request_reset(uow, house.now, login, house.post)
    with house.units() as uow:
        assert len([m for m in messages(uow.session) if m.key.startswith("password_reset")]) == 1


def test_a_reset_ends_a_lock_but_not_the_second_factor(house: House) -> None:
    house.person()
    house.protect(house.enter().token)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            house.enter(password="falsch-falsch-falsch")
    with house.units() as uow:
        request_reset(uow, house.now, "wang", house.post)
    with house.units() as uow:
        set_password_by_link(uow, house.now, house.links[-1], NEW, house.write)
    assert house.enter(password=NEW).second_factor_due


def test_a_changed_password_ends_every_other_session_and_is_told(house: House) -> None:
    house.person()
    here, there = house.who(house.enter().token), house.enter().token
    assert here
    with house.units() as uow:
        change_password(uow, here.actor, house.now, here.session_id, PASSWORD, NEW, house.write)
    assert house.who(there) is None
    assert house.enter(password=NEW)
    with house.units() as uow:
        assert "成约：密码已经更改" in [m.subject for m in messages(uow.session)]


def test_wrong_current_passwords_count_like_a_failed_sign_in(house: House) -> None:
    house.person()
    here = house.who(house.enter().token)
    assert here
    for _ in range(5):
        with house.units() as uow, pytest.raises(WrongPassword):
            change_password(uow, here.actor, house.now, here.session_id, "falsch-falsch-falsch", NEW, house.write)
    with house.units() as uow, pytest.raises(SignInRefused):
        change_password(uow, here.actor, house.now, here.session_id, PASSWORD, NEW, house.write)


def test_the_second_factor_is_turned_on_with_the_right_code_alone(house: House) -> None:
    house.person()
    here, there = house.who(house.enter().token), house.enter().token
    assert here
    with house.units() as uow, pytest.raises(WrongCode):
        enable_second_factor(uow, here.actor, house.now, here.session_id, PASSWORD, SECRET, "000000", house.write, VAULT)
    with house.units() as uow, pytest.raises(WrongPassword):
        enable_second_factor(uow, here.actor, house.now, here.session_id, NEW, SECRET, house.code(), house.write, VAULT)
    token = house.enter().token
    house.protect(token)
    whole = house.who(token)
    assert whole
    assert not whole.due
    assert house.who(there) is None


def test_the_second_factor_is_turned_off_with_password_and_code(house: House) -> None:
    house.person()
    token = house.enter().token
    codes = house.protect(token)
    me = house.actor(token)
    with house.units() as uow, pytest.raises(WrongCode):
        disable_second_factor(uow, me, house.now, PASSWORD, "000000", house.write, VAULT)
    with house.units() as uow:
        disable_second_factor(uow, me, house.now, PASSWORD, codes[0], house.write, VAULT)
    assert not house.enter().second_factor_due
    with house.units() as uow:
        assert (load_account(uow, me).second_factor, load_account(uow, me).codes_left) == (False, 0)


def test_new_recovery_codes_void_the_old_ones(house: House) -> None:
    house.person()
    token = house.enter().token
    old = house.protect(token)
    with house.units() as uow:
        new = renew_recovery_codes(uow, house.actor(token), house.now, PASSWORD, house.write)
    with pytest.raises(SignInRefused):
        house.pass_code(house.enter().token, old[0])
    assert house.pass_code(house.enter().token, new[0])
    with house.units() as uow:
        assert load_account(uow, house.actor(token)).codes_left == 9


def test_a_closed_account_is_out_at_once_and_its_links_are_void(house: House) -> None:
    admin_id, user_id = house.first(), house.person()
    token = house.enter().token
    admin = house.actor(house.enter("admin").token)
    with house.units() as uow:
        send_link(uow, admin, house.now, user_id, house.post)
    with house.units() as uow:
        set_active(uow, admin, house.now, user_id, False)
    assert house.who(token) is None
    with pytest.raises(SignInRefused):
        house.enter()
    with house.units() as uow, pytest.raises(LinkSpent):
        set_password_by_link(uow, house.now, house.links[-1], NEW, house.write)
    with house.units() as uow:
        set_active(uow, admin, house.now, user_id, True)
    assert house.enter()
    assert admin_id != user_id


def test_the_last_administrator_stays(house: House) -> None:
    admin_id = house.first()
    other = house.person("li", Role.SYSTEM_ADMINISTRATOR)
    admin = house.actor(house.enter("admin").token)
    with house.units() as uow:
        set_active(uow, admin, house.now, other, False)
    with house.units() as uow:
        revision = load_user(uow, admin, admin_id).revision
    with house.units() as uow, pytest.raises(ContractError, match="最后一位"):
        change_user(uow, admin, house.now, admin_id, revision, UserDetails("", "管理员", "", frozenset({Role.AUDITOR})))
    with house.units() as uow, pytest.raises(ContractError, match="自己"):
        set_active(uow, admin, house.now, admin_id, False)
    with house.units() as uow, pytest.raises(ContractError, match="最后一位"):
        set_active(uow, CONSOLE, house.now, admin_id, False)


def test_an_invited_administrator_who_never_came_does_not_count(house: House) -> None:
    admin_id = house.first()
    with house.units() as uow:
        invite(uow, CONSOLE, house.now, UserDetails("li", "李", "", frozenset({Role.SYSTEM_ADMINISTRATOR})), house.post)
    with house.units() as uow, pytest.raises(ContractError, match="最后一位"):
        set_active(uow, CONSOLE, house.now, admin_id, False)


@both_databases
def test_changed_roles_take_effect_at_the_next_request(house: House) -> None:
    user_id = house.person("wang", Role.DRAFTER)
    token = house.enter().token
    offices = frozenset({Function.LEGAL_HEAD})
    with house.units() as uow:
        view = load_user(uow, CONSOLE, user_id)
        change_user(
            uow, CONSOLE, house.now, user_id, view.revision,
            UserDetails("", "王主任", "", frozenset({Role.APPROVER, Role.AUDITOR}), offices),
        )  # fmt: skip
    me = house.actor(token)
    assert (me.name, me.roles, me.offices) == ("王主任", {Role.APPROVER, Role.AUDITOR}, offices)


def test_two_administrators_do_not_overwrite_each_other(house: House) -> None:
    user_id = house.person()
    with house.units() as uow:
        revision = load_user(uow, CONSOLE, user_id).revision
    details = UserDetails("", "王一", "", frozenset({Role.AUDITOR}))
    with house.units() as uow:
        change_user(uow, CONSOLE, house.now, user_id, revision, details)
    with house.units() as uow, pytest.raises(ChangedMeanwhile):
        change_user(uow, CONSOLE, house.now, user_id, revision, UserDetails("", "王二", "", frozenset()))


def test_who_is_no_administrator_manages_nobody(house: House) -> None:
    user_id = house.person("wang", Role.DRAFTER)
    house.person("shen", Role.AUDITOR)
    drafter, auditor = house.actor(house.enter().token), house.actor(house.enter("shen").token)
    with house.units() as uow, pytest.raises(Hidden):
        list_users(uow, drafter)
    with house.units() as uow:
        assert {u.details.login for u in list_users(uow, auditor)} == {"wang", "shen"}
        with pytest.raises(Forbidden):
            send_link(uow, auditor, house.now, user_id, house.post)


def test_an_administrator_helps_back_in_who_lost_phone_and_codes(house: House) -> None:
    user_id = house.person()
    token = house.enter().token
    house.protect(token)
    with house.units() as uow:
        clear_second_factor(uow, CONSOLE, house.now, user_id, house.write)
    assert house.who(token) is None
    new = house.enter()
    assert not new.second_factor_due
    with house.units() as uow:
        end_sessions_of(uow, CONSOLE, house.now, user_id)
    assert house.who(new.token) is None


@both_databases
def test_every_step_is_in_the_audit_log_without_a_secret(house: House) -> None:
    house.first()
    house.person()
    codes = house.protect(house.enter().token)
    with house.units() as uow:
        rows = list(uow.session.scalars(select(AuditRow)))
        actions, told = {r.action for r in rows}, "".join(r.data for r in rows)
        hashes = list(uow.session.scalars(select(UserRow.password_hash)))
    assert {"user.first", "user.invited", "access.password_set", "access.signed_in", "access.second_factor_enabled"} <= actions
    assert not [s for s in (PASSWORD, SECRET, *codes, *house.links, *hashes) if s in told]
