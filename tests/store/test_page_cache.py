"""Pictures of pages: drawn once, shown for a while, cleared away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.store.page_cache import KEPT, PageCache

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
FIRST, SECOND = "a" * 64, "b" * 64


@pytest.fixture
def cache(tmp_path: Path) -> PageCache:
    return PageCache(tmp_path / "pages")


def kept(cache: PageCache) -> set[str]:
    return {str(p.relative_to(cache.root)) for p in cache.root.rglob("*.png")}


def test_a_page_is_drawn_once(cache: PageCache) -> None:
    drawn: list[int] = []

    def draw() -> bytes:
        drawn.append(1)
        return b"picture"

    for _ in range(3):
        assert cache.page(FIRST, 2, NOW, draw).read_bytes() == b"picture"
    assert len(drawn) == 1
    assert kept(cache) == {f"{FIRST}/2.png"}


def test_what_nobody_has_looked_at_for_a_week_goes_with_its_folder(cache: PageCache) -> None:
    cache.page(FIRST, 1, NOW, lambda: b"x")
    cache.page(SECOND, 1, NOW, lambda: b"x")
    later = NOW + KEPT
    cache.page(SECOND, 1, later, lambda: b"never")
    assert cache.tidy(later) == 0
    assert cache.tidy(later + timedelta(seconds=1)) == 1
    assert kept(cache) == {f"{SECOND}/1.png"}
    assert not (cache.root / FIRST).exists()


def test_beyond_the_limit_the_pages_shown_least_recently_go(cache: PageCache) -> None:
    for number in range(1, 6):
        cache.page(FIRST, number, NOW + timedelta(minutes=number), lambda: b"x" * 100)
    cache.page(FIRST, 1, NOW + timedelta(minutes=9), lambda: b"never")
    assert cache.tidy(NOW + timedelta(minutes=10), most=250) == 3
    assert kept(cache) == {f"{FIRST}/1.png", f"{FIRST}/5.png"}


def test_a_file_half_written_long_ago_goes_as_well_and_an_empty_cache_is_no_fault(cache: PageCache) -> None:
    assert cache.tidy(NOW) == 0
    path = cache.page(FIRST, 1, NOW, lambda: b"x")
    (path.parent / ".left.tmp").write_bytes(b"half")
    assert cache.tidy(datetime.now(UTC) + KEPT + timedelta(days=1)) == 2
    assert list(cache.root.iterdir()) == []
