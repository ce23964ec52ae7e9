"""Killed at any boundary from the freeze to the evidence package: never a lost or doubled signature, never a half-written file, a seal's use
logged exactly as often as it was set."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.store.engine import open_engine
from tests.databases import clone, drop
from tests.services.killing import Deaths, Nursery, killed_at_every_boundary, nursery_of, seeded_chance
from tests.services.sharing import both_databases
from tests.services.signing_nursery import STAGES, STEPS, UNWATCHED, prepare
from tests.services.signing_whole import assert_whole

pytestmark = both_databases

FEWEST = 30
"""Boundaries that the steps come to at least; fewer would mean that the hooks no longer see them."""
MOMENTS = 200


nursery = nursery_of("tests.services.signing_nursery")


def test_a_process_killed_at_any_boundary_of_a_signing_leaves_nothing_half_done(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    prepare(database, tmp_path)
    engine = open_engine(database)
    deaths = killed_at_every_boundary(
        nursery, database, tmp_path, STEPS, lambda d: assert_whole(engine, tmp_path, d.said), unwatched=UNWATCHED
    )
    assert assert_whole(engine, tmp_path, deaths.said)
    engine.dispose()
    assert deaths.count >= FEWEST


# ---- seeded moments


@dataclass(frozen=True)
class Begun:
    """A signing as one part of the steps finds it, to be copied for each life; ``seconds`` is what that part takes."""

    url: str
    folder: Path
    said: tuple[dict[str, Any], ...]
    seconds: float


def _begun(nursery: Nursery, database: str, folder: Path) -> list[Begun]:
    url, at, said, found = database, folder / "0", list[dict[str, Any]](), list[Begun]()
    at.mkdir()
    prepare(url, at)
    for number, steps in enumerate(STAGES, 1):
        after = folder / str(number)
        shutil.copytree(at, after)
        before, url, since = url, clone(url, f"begun_{os.getpid()}_{number}"), time.monotonic()
        told, end = nursery.run(url, after, steps)
        assert end == 0
        found.append(Begun(before, at, tuple(said), time.monotonic() - since))
        said, at = said + told, after
    return found


@pytest.mark.soak
def test_a_process_killed_at_two_hundred_seeded_moments_of_a_signing_leaves_nothing_half_done(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    """Each life begins with one of the parts of a signing, so that every moment falls into the work however quick the machine is."""
    chance, parts = seeded_chance(), _begun(nursery, database, tmp_path)
    deaths, lives = 0, 0
    while deaths < MOMENTS:
        number = lives % len(parts)
        lives, part, folder = lives + 1, parts[number], tmp_path / "life"
        shutil.copytree(part.folder, folder)
        life = Deaths(nursery, clone(part.url, f"life_{os.getpid()}_{lives}"), folder, list(part.said))
        life.run(STAGES[number], seconds=chance.uniform(0.001, part.seconds))
        deaths += life.count
        engine = open_engine(life.url)
        assert_whole(engine, folder, life.said)
        if lives % 10 == 0:  # whoever comes after takes it to its end
            assert not life.run(STEPS)
            assert assert_whole(engine, folder, life.said)
        engine.dispose()
        drop(life.url)
        shutil.rmtree(folder)
        assert lives < 3 * MOMENTS
    print(f"{deaths} deaths in {lives} lives")
