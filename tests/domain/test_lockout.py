"""Lock-out with back-off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.lockout import Attempts

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def after(failures: int) -> tuple[Attempts, datetime]:
    """Wrong entries one after the other, each as soon as it is allowed; with the time of the last."""
    attempts, now = Attempts(), NOW
    for _ in range(failures):
        now = max(now, attempts.locked_until or now)
        attempts = attempts.after_failure(now)
    return attempts, now


def test_four_wrong_entries_have_no_consequence() -> None:
    attempts, now = after(4)
    assert not attempts.is_locked(now)


@pytest.mark.parametrize(("failures", "minutes"), [(5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 32), (11, 60), (40, 60)])
def test_each_further_one_locks_twice_as_long_up_to_an_hour(failures: int, minutes: int) -> None:
    attempts, now = after(failures)
    assert attempts.locked_until == now + minutes * MINUTE
    assert attempts.is_locked(now + minutes * MINUTE - timedelta(seconds=1))
    assert not attempts.is_locked(now + minutes * MINUTE)


def test_what_is_tried_while_locked_makes_it_no_longer() -> None:
    attempts, now = after(5)
    assert attempts.after_failure(now + timedelta(seconds=30)) == attempts


def test_a_day_after_the_lock_counting_begins_anew() -> None:
    attempts, _now = after(9)
    assert attempts.locked_until
    assert attempts.after_failure(attempts.locked_until + timedelta(days=1)) == Attempts(1, None)
