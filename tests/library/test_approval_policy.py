"""The organisation's own part of the approval route."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.approval_route import DEFAULT_POLICY, Function
from app.domain.errors import LibraryError
from app.library.approval_policy import load_approval_policy

SOUND = 'value_bands:\n  - {at_least: "100.50", offices: [finance, finance]}\nwarnings_for_head: 2\n'


def _file(folder: Path, text: str) -> Path:
    path = folder / "approval.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_that_is_shipped_says_what_the_default_says() -> None:
    assert load_approval_policy() == DEFAULT_POLICY


def test_bands_and_the_number_of_warnings_are_read(tmp_path: Path) -> None:
    policy = load_approval_policy(_file(tmp_path, SOUND))
    assert (policy.bands[0].at_least, policy.bands[0].functions) == (Decimal("100.50"), (Function.FINANCE,))
    assert policy.warnings_for_head == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "空的"),
        (SOUND.replace("finance]", "boss]"), "第2行"),
        (SOUND.replace("100.50", "-1"), "第2行"),
        (SOUND.replace("warnings_for_head: 2", "warnings_for_head: 0"), "第3行"),
        (SOUND + "extra: 1\n", "extra"),
        (SOUND.replace("warnings", '  - {at_least: "100", offices: [legal]}\nwarnings'), "由小到大"),
    ],
)
def test_a_file_that_cannot_be_used_never_means_fewer_approvers(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(LibraryError, match=told):
        load_approval_policy(_file(tmp_path, text))
