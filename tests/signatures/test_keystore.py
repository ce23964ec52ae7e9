"""Keys at rest."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signatures.errors import SignatureError
from signatures.keystore import (
    PIN_TRIES,
    KeyRing,
    PinCost,
    PinTries,
    SealedKey,
    new_private_key,
    open_key,
    pin_faults,
    rewrap,
    seal_key,
)

CHEAP = PinCost(memory=1024, passes=1)
PIN = "qing-feng-73"


def refused(code: str) -> pytest.RaisesExc[SignatureError]:
    return pytest.RaisesExc(SignatureError, check=lambda e: e.code == code)


def test_a_sealed_key_opens_for_its_owner_and_survives_storage(ring: KeyRing) -> None:
    key = new_private_key()
    text = seal_key(key, ring, "k1", "A").text()
    assert open_key(SealedKey.read(text), ring, "k1", "A").private_numbers() == key.private_numbers()


@pytest.mark.parametrize(("key_id", "owner"), [("k1", "B"), ("k2", "A"), ("k1|A", ""), ("", "k1|A")])
def test_a_key_moved_to_another_row_does_not_open(ring: KeyRing, key_id: str, owner: str) -> None:
    sealed = seal_key(new_private_key(), ring, "k1", "A")
    with refused("key.damaged"):
        open_key(sealed, ring, key_id, owner)


@pytest.mark.parametrize("part", ["wrapped", "nonce", "ciphertext"])
def test_a_changed_record_does_not_open(ring: KeyRing, part: str) -> None:
    sealed = seal_key(new_private_key(), ring, "k1", "A")
    changed = bytearray(getattr(sealed, part))
    changed[5] ^= 1
    with refused("key.damaged"):
        open_key(dataclasses.replace(sealed, **{part: bytes(changed)}), ring, "k1", "A")


def test_the_server_alone_cannot_open_a_signatorys_key(ring: KeyRing) -> None:
    sealed = seal_key(new_private_key(), ring, "k1", "A", PIN, CHEAP)
    for guess in (None, "", "qing-feng-74"):
        with refused("pin.wrong"):
            open_key(sealed, ring, "k1", "A", guess)
    with refused("key.damaged"):
        open_key(dataclasses.replace(sealed, pin=None), ring, "k1", "B")


def test_dropping_the_pin_layer_from_the_record_yields_no_key(ring: KeyRing) -> None:
    sealed = seal_key(new_private_key(), ring, "k1", "A", PIN, CHEAP)
    with pytest.raises(ValueError, match="deserialize"):
        open_key(dataclasses.replace(sealed, pin=None), ring, "k1", "A")


def test_the_pin_opens_the_key_also_after_the_ring_was_rotated_and_the_old_key_dropped(ring: KeyRing) -> None:
    key = new_private_key()
    sealed = seal_key(key, ring, "k1", "A", PIN, CHEAP)
    newer = ring.with_new_key()
    moved = rewrap(sealed, newer)
    only_new = KeyRing(newer.current, {newer.current: newer.keys[newer.current]})
    assert open_key(moved, only_new, "k1", "A", PIN).private_numbers() == key.private_numbers()
    with refused("key.ring"):
        open_key(sealed, only_new, "k1", "A", PIN)


def test_no_two_seals_of_a_key_are_alike_and_none_shows_it(ring: KeyRing) -> None:
    key = new_private_key()
    texts = {seal_key(key, ring, "k1", "A").text() for _ in range(3)}
    assert len(texts) == 3
    assert not any(f"{key.private_numbers().private_value:x}" in t for t in texts)


def test_a_ring_is_made_at_first_use_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "keys"
    first = KeyRing.from_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyRing.from_file(path) == first
    assert KeyRing.parse(first.with_new_key().text()).current != first.current


def test_a_ring_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    KeyRing.from_file(path)
    path.chmod(0o640)
    with refused("key.ring"):
        KeyRing.from_file(path)


@pytest.mark.parametrize("text", ["", "k1", "k1 not-base64!", "k1 QUJD", "# only a comment"])
def test_a_ring_that_is_none_is_refused(text: str) -> None:
    with refused("key.ring"):
        KeyRing.parse(text)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"v": 2}', "null"])
def test_a_record_that_is_none_is_refused(text: str) -> None:
    with refused("key.damaged"):
        SealedKey.read(text)


@pytest.mark.parametrize("pin", ["12345", "123456", "654321", "111111", "121212", "abcdef", " 83a1x9", "83a1x9 ", "8" * 65])
def test_weak_pins_are_refused_with_a_reason(ring: KeyRing, pin: str) -> None:
    assert pin_faults(pin)
    with refused("pin.weak"):
        seal_key(new_private_key(), ring, "k1", "A", pin, CHEAP)


def test_after_five_wrong_pins_in_a_row_the_key_is_given_up() -> None:
    tries = PinTries()
    for left in range(PIN_TRIES, 0, -1):
        assert tries.left == left
        tries = tries.begun()
    assert tries.locked
    with refused("pin.locked"):
        tries.begun()


def test_a_right_pin_starts_the_count_anew() -> None:
    assert PinTries(PIN_TRIES - 1).begun().succeeded().left == PIN_TRIES


@settings(max_examples=50)
@given(st.binary(max_size=60))
def test_reading_a_damaged_record_never_fails_in_another_way(noise: bytes) -> None:
    with refused("key.damaged"):
        SealedKey.read(noise.decode("latin-1"))


def test_sealing_uses_fresh_salt_for_every_pin(ring: KeyRing) -> None:
    salts = {seal_key(new_private_key(), ring, "k", "A", PIN, CHEAP).pin.salt for _ in range(3)}  # type: ignore[union-attr]
    assert len(salts) == 3
    assert all(len(s) == len(os.urandom(16)) for s in salts)
