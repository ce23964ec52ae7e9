"""Functions that remember what they made of the very same things."""

from __future__ import annotations

import pytest

from app.domain.remembering import remembered


def test_the_very_same_things_are_looked_at_once_and_equal_ones_by_themselves() -> None:
    looked: list[tuple[list[int], str]] = []

    @remembered(2)
    def total(numbers: list[int], word: str) -> str:
        looked.append((numbers, word))
        return f"{word}{sum(numbers)}"

    first, alike, word = [1, 2], [1, 2], "sum "
    assert [total(first, word), total(first, word), total(alike, word)] == ["sum 3"] * 3
    assert [numbers for numbers, _ in looked] == [first, alike]
    assert looked[1][0] is alike


def test_only_the_last_few_are_remembered() -> None:
    looked: list[object] = []

    @remembered(2)
    def itself(thing: object) -> object:
        looked.append(thing)
        return thing

    things = [object() for _ in range(3)]
    for thing in (*things, things[2], things[0]):
        assert itself(thing) is thing
    assert looked == [*things, things[0]]


def test_what_can_not_be_told_apart_by_position_is_refused() -> None:
    @remembered(2)
    def twice(*numbers: int) -> int:
        return 2 * sum(numbers)

    assert [twice(1), twice(1, 2), twice(1)] == [2, 6, 2]
    with pytest.raises(TypeError, match="positional"):
        twice(number=1)  # type: ignore[call-arg]
