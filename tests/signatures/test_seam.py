"""Geometry of the cross-page seal."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signatures.drawing import MM
from signatures.errors import SignatureError
from signatures.seam import NARROWEST, PageFrame, SeamOptions, SeamPages, plan

A4 = PageFrame(0, 0, 595.276, 841.89)
SIDE = 42 * MM
DECIMALS = st.floats(0.3, 0.7)


def shown(frame: PageFrame, rect: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """What a reader sees of a rectangle: the page turned clockwise by its rotation."""
    x1, y1, x2, y2 = rect
    if frame.rotation == 90:
        return y1 - frame.bottom, frame.right - x2, y2 - frame.bottom, frame.right - x1
    if frame.rotation == 180:
        return frame.right - x2, frame.top - y2, frame.right - x1, frame.top - y1
    if frame.rotation == 270:
        return frame.top - y2, x1 - frame.left, frame.top - y1, x2 - frame.left
    return x1 - frame.left, y1 - frame.bottom, x2 - frame.left, y2 - frame.bottom


@settings(max_examples=200)
@given(
    pages=st.integers(2, 130),
    most=st.integers(3, 11),
    side=st.floats(36 * MM, 45 * MM),
    centre=DECIMALS,
    odd=st.booleans(),
    skip_cover=st.booleans(),
    rotations=st.lists(st.sampled_from([0, 90, 180, 270]), min_size=1, max_size=5),
    left=st.floats(-50, 50),
)
def test_slices_rejoin_to_the_whole_seal_exactly(
    pages: int, most: int, side: float, centre: float, odd: bool, skip_cover: bool, rotations: list[int], left: float
) -> None:
    frames = [PageFrame(left, 7, left + 595.276, 848.89, rotations[i % len(rotations)]) for i in range(pages)]
    options = SeamOptions(centre, SeamPages.ODD if odd else SeamPages.ALL, skip_cover, most)
    slices = plan(frames, side, side, options)
    wanted = [p for p in range(1, pages + 1) if not (skip_cover and p == 1) and not (odd and p % 2 == 0)]
    assert [s.page for s in slices] == (wanted if len(wanted) > 1 else [])
    for _, members in groupby(slices, key=lambda s: s.seal):
        group = list(members)
        assert 2 <= len(group) <= most
        assert [s.index for s in group] == list(range(len(group)))
        assert group[0].start == 0
        assert group[-1].end == round(side, 3)
        assert all(a.end == b.start for a, b in pairwise(group)), "no gap and no overlap, to the last digit"
        assert max(s.width for s in group) - min(s.width for s in group) <= 0.0021
        assert min(s.width for s in group) >= NARROWEST
        for piece in group:
            frame = frames[piece.page - 1]
            width, height = frame.shown
            x1, y1, x2, y2 = shown(frame, piece.rect)
            assert abs(x2 - width) < 0.002, "at the outer edge"
            assert abs((x2 - x1) - piece.width) < 0.0021, "drawn at its own size"
            assert abs((y2 - y1) - side) < 0.0021
            assert abs((y1 + y2) / 2 - height * centre) < 0.002


def test_a_single_page_has_no_seam() -> None:
    assert plan([A4], SIDE, SIDE, SeamOptions()) == ()
    assert plan([A4, A4], SIDE, SIDE, SeamOptions(skip_cover=True)) == ()
    assert plan([A4, A4], SIDE, SIDE, SeamOptions(pages=SeamPages.ODD)) == ()


def test_a_long_contract_gets_several_seals_of_even_groups() -> None:
    slices = plan([A4] * 61, SIDE, SIDE, SeamOptions())
    assert {s.seal for s in slices} == set(range(1, 9))
    assert {s.count for s in slices} == {7, 8}


def test_slices_too_narrow_to_see_are_refused() -> None:
    with pytest.RaisesExc(SignatureError, check=lambda e: e.code == "seam.narrow"):
        plan([A4] * 61, SIDE, SIDE, SeamOptions(most_pages=61))


def test_a_page_too_small_is_named() -> None:
    with pytest.RaisesExc(SignatureError, check=lambda e: e.code == "seam.page", match="第2页"):
        plan([A4, PageFrame(0, 0, 300, 100)], SIDE, SIDE, SeamOptions())


@pytest.mark.parametrize("bad", [{"centre": 0.0}, {"centre": 1.0}, {"most_pages": 2}, {"inset": -1.0}])
def test_senseless_options_are_refused(bad: dict[str, float]) -> None:
    with pytest.RaisesExc(SignatureError, check=lambda e: e.code == "seam.options"):
        SeamOptions(**bad)  # type: ignore[arg-type]
