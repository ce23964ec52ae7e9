"""Which characters can be printed, and the cut fonts."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from app.rendering import fonts as fonts_module
from app.rendering.fonts import EngineError, covered, ensure_fonts, subset_characters, uncovered
from tests.rendering.fixtures import fonts
from tests.rendering.sample import RARE


@pytest.mark.parametrize("char", [*RARE, *"合同〇—·é№①☑Ａ１（￥", " ", "\u3000", "\n"])
def test_a_character_that_some_installed_font_has_is_covered(char: str) -> None:
    assert covered(char)


@pytest.mark.parametrize("char", ["\U00031350", "\ue000", "\u0378", "\x07"])
def test_a_character_that_no_installed_font_has_is_named(char: str) -> None:
    assert not covered(char)
    assert list(uncovered(f"王{char}明{char}")) == [char]


def test_the_cut_fonts_hold_gb2312_and_what_its_codec_lacks() -> None:
    for face in fonts().faces:
        with TTFont(face.path) as font:
            held = set(font.getBestCmap())
        chinese = {p for p in subset_characters() if 0x4E00 <= p <= 0x9FFF}
        assert len(chinese) > 6763
        assert chinese <= held
        assert {ord(c) for c in "·—〇￥％"} <= held


def test_fonts_are_cut_once(tmp_path: Path) -> None:
    first = ensure_fonts(tmp_path)
    times = {f.path: f.path.stat().st_mtime_ns for f in first.faces}
    assert ensure_fonts(tmp_path) == first
    assert times == {f.path: f.path.stat().st_mtime_ns for f in first.faces}


def test_a_missing_font_names_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fonts_module, "_FONT_DIRECTORIES", (str(tmp_path),))
    with pytest.raises(EngineError, match="fonts-noto-cjk"):
        ensure_fonts(tmp_path / "cache")
