"""The folder of finished files: what replaces what."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.documents import DocumentMeta
from app.domain.errors import ContractError
from app.services.generation import Generated
from app.services.ports import Progress
from app.web.jobs import BUNDLE, Jobs
from app.web.made_files import Made, stem_of

ID = "0123456789abcdef" * 2
META = DocumentMeta("D", "标题", "N-1", "1", "0" * 64, datetime(2026, 11, 22, tzinfo=UTC))


def _made(_progress: Progress) -> Generated:
    return Generated({"a.txt": b"words"}, META, (), 0, {})


def _run(jobs: Jobs, *names: str, bundle: str = "") -> None:
    for name in names:
        jobs.start(f"{ID}/{name}", _made, bundle)
        deadline = time.monotonic() + 10
        while jobs.running(f"{ID}/{name}") is not None:
            assert time.monotonic() < deadline
            time.sleep(0.005)


def _left(root: Path) -> set[str]:
    return {p.name for p in (root / ID).iterdir()}


@pytest.mark.parametrize(
    ("made", "left"),
    [
        (("7-draft", "8-draft", "8-final"), {"8-draft", "8-final"}),
        (("v1-draft", "v2-draft", "v1-final"), {"v1-draft", "v2-draft", "v1-final"}),
        (("v1-v2-redline", "v1-v3-redline", "v2-v1-redline"), {"v1-v2-redline", "v1-v3-redline", "v2-v1-redline"}),
        (("v1-d7-redline", "v2-d7-redline", "v1-d8-redline"), {"v2-d7-redline", "v1-d8-redline"}),
        (("d7-v1-redline", "v1-d8-redline", "d9-v1-redline"), {"v1-d8-redline", "d9-v1-redline"}),
        ((f"v1-c{'a' * 16}-comments", f"v1-c{'1' * 16}-comments", f"v2-c{'b' * 16}-comments"),
         {f"v1-c{'1' * 16}-comments", f"v2-c{'b' * 16}-comments"}),
        ((f"d7-c{'a' * 16}-comments", f"d8-c{'a' * 16}-comments"), {f"d8-c{'a' * 16}-comments"}),
    ],
)  # fmt: skip
def test_what_an_edit_made_out_of_date_goes_and_files_of_versions_stay(
    tmp_path: Path, made: tuple[str, ...], left: set[str]
) -> None:
    jobs = Jobs(tmp_path)
    _run(jobs, *made)
    assert _left(tmp_path) == left


@pytest.mark.parametrize(
    "key", [f"{ID}x/7-draft", f"{ID}/7-other", f"{ID}/../7-draft", f"{ID}/v1-v2", f"{ID}/v1-cxyz-comments", f"{ID}/d7-draft"]
)
def test_another_kind_of_key_is_refused(tmp_path: Path, key: str) -> None:
    jobs = Jobs(tmp_path)
    assert jobs.folder(key) is None
    with pytest.raises(ValueError, match=ID):
        jobs.start(key, _made)


def test_all_files_go_into_one_archive_where_it_is_wanted(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    _run(jobs, "7-draft", bundle=BUNDLE)
    _run(jobs, "v1-v2-redline")
    finished = [jobs.finished(f"{ID}/{name}") for name in ("7-draft", "v1-v2-redline")]
    assert [set(f.files) for f in finished if f] == [{"a.txt", BUNDLE}, {"a.txt"}]


def test_a_failure_is_told_in_words_and_can_be_tried_again(tmp_path: Path) -> None:
    jobs, key = Jobs(tmp_path), f"{ID}/v1-v2-redline"

    def refused(_progress: Progress) -> Generated:
        raise ContractError("document.unequal", "不一致")

    jobs.start(key, refused)
    deadline = time.monotonic() + 10
    while not Made.of(jobs, key).problem:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert Made.of(jobs, key).problem == "不一致"
    assert not Made.of(jobs, key).underway
    _run(jobs, "v1-v2-redline")
    assert Made.of(jobs, key).finished


def test_a_number_becomes_a_file_name_that_every_system_takes() -> None:
    assert stem_of('SHFW/2026:"1"*?') == "SHFW_2026__1___"
    assert stem_of("") == "合同"
