"""Sealed secrets: what opens, and what does not."""

from __future__ import annotations

import os

import pytest

from app.store.vault import FORM, KEY_BYTES, SecretUnreadable, Vault

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def vault() -> Vault:
    return Vault(os.urandom(KEY_BYTES))


def test_what_is_sealed_opens_for_its_purpose(vault: Vault) -> None:
    assert vault.open(vault.seal(SECRET, "totp:u1"), "totp:u1") == SECRET
    assert vault.open(vault.seal("密钥", ""), "") == "密钥"


def test_the_sealed_text_shows_nothing_and_is_never_the_same_twice(vault: Vault) -> None:
    first, second = vault.seal(SECRET, "totp:u1"), vault.seal(SECRET, "totp:u1")
    assert SECRET not in first
    assert first != second
    assert len(first) <= 200


@pytest.mark.parametrize("purpose", ["totp:u2", "totp:u1 ", ""])
def test_a_sealed_text_moved_to_another_place_does_not_open(vault: Vault, purpose: str) -> None:
    with pytest.raises(SecretUnreadable):
        vault.open(vault.seal(SECRET, "totp:u1"), purpose)


def test_another_key_opens_nothing(vault: Vault) -> None:
    with pytest.raises(SecretUnreadable, match="ENCRYPTION_KEY"):
        Vault(os.urandom(KEY_BYTES)).open(vault.seal(SECRET, "x"), "x")


def test_nothing_changed_cut_or_left_plain_is_taken_for_a_secret(vault: Vault) -> None:
    sealed = vault.seal(SECRET, "x")
    flipped = sealed[:-2] + ("A" if sealed[-2] != "A" else "B") + sealed[-1]
    for text in (flipped, sealed[:20], FORM, "", SECRET, "v1.密"):
        with pytest.raises(SecretUnreadable):
            vault.open(text, "x")


def test_the_key_is_not_in_its_description(vault: Vault) -> None:
    assert vault.key.hex() not in repr(vault)
    assert repr(vault.key) not in repr(vault)
