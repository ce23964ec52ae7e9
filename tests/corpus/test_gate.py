"""Real and synthetic hostile files against the upload gate; runs where the shared corpus lies beside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.intake.gate import RefusedFile
from app.intake.service_list import read_service_list
from app.library.loader import load_library
from tests.corpus.files import CORPUS

FILES = sorted(p for p in CORPUS.rglob("*") if p.suffix in (".docx", ".docm"))

pytestmark = pytest.mark.skipif(not FILES, reason="the shared corpus is not beside the repository")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_foreign_or_hostile_file_named_as_a_workbook_is_refused_with_a_sentence(path: Path) -> None:
    with pytest.raises(RefusedFile) as caught:
        read_service_list(path.read_bytes(), f"{path.stem}.xlsx", load_library().variables)
    assert len(caught.value.message) > 4
