"""Passwords, tokens and codes by themselves."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pyotp
import pytest
from argon2 import PasswordHasher

from app.services import credentials
from app.services.credentials import (
    WeakPassword,
    digest_of,
    enrolment_address,
    hash_password,
    is_outdated,
    matching_step,
    new_recovery_code,
    new_secret,
    new_token,
    password_matches,
    recovery_digest,
    require_password,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def own_hashes(light_hashes: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_hasher", light_hashes)


def test_a_password_is_kept_as_argon2id_with_the_parameters_of_rfc_9106() -> None:
    stored = hash_password("密码-correct-horse")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert password_matches(stored, "密码-correct-horse")
    assert not password_matches(stored, "密码-correct-Horse")
    assert stored != hash_password("密码-correct-horse")


def test_a_weaker_hash_is_known_as_outdated() -> None:
    assert is_outdated("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$Y2hlYXBoYXNoY2hlYXBoYXNo")
    assert not is_outdated(hash_password("密码-correct-horse"))


@pytest.mark.parametrize("stored", ["", "not a hash", "$argon2id$"])
def test_nothing_matches_what_is_no_hash(stored: str) -> None:
    assert not password_matches(stored, "")
    assert not password_matches(stored, "nobody has this password")


def test_characters_composed_in_two_ways_are_one_password() -> None:
    assert password_matches(hash_password("Muße-café-und-Ruhe"), "Muße-cafe\u0301-und-Ruhe")


@pytest.mark.parametrize("password", ["correct horse battery", "马电池钉书针正确的测试吗", "k7#mQ2!vX9&z"])
def test_long_and_mixed_passwords_pass(password: str) -> None:
    require_password(password, "wang", "王律师", "wang@example.com")


@pytest.mark.parametrize("password", ["wang-und-noch-mehr", "hier-WANG-versteckt", "das-ist-王律师-selbst"])
def test_own_names_are_no_part_of_a_password(password: str) -> None:
    with pytest.raises(WeakPassword, match="登录名"):
        require_password(password, "wang", "王律师", "wang@example.com")


def test_tokens_and_codes_are_long_and_never_the_same() -> None:
    assert len({new_token() for _ in range(50)}) == 50
    assert all(len(new_token()) >= 43 for _ in range(10))
    assert re.fullmatch(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", new_recovery_code())
    assert len(new_secret()) == 32


def test_a_recovery_code_belongs_to_one_person() -> None:
    assert recovery_digest("a", "ABCD-EFGH") == recovery_digest("a", "abcd efgh")
    assert recovery_digest("a", "ABCD-EFGH") != recovery_digest("b", "ABCD-EFGH")
    assert digest_of("x") != "x"


def test_the_app_is_told_issuer_and_sign_in_name() -> None:
    address = enrolment_address(SECRET, "wang")
    assert address.startswith("otpauth://totp/")
    assert f"secret={SECRET}" in address
    assert pyotp.parse_uri(address).at(NOW) == pyotp.TOTP(SECRET).at(NOW)


@pytest.mark.parametrize("code", ["", "12345", "１２３４５６", "abcdef", "1234567890"])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert matching_step(SECRET, code, NOW, 0) is None


def test_spaces_in_a_code_do_no_harm_and_older_steps_are_spent() -> None:
    code = pyotp.TOTP(SECRET).at(NOW)
    step = matching_step(SECRET, f" {code[:3]} {code[3:]} ", NOW, 0)
    assert step == int(NOW.timestamp()) // 30
    assert matching_step(SECRET, code, NOW, step) is None
