"""The demonstration contract is amended; what the demonstration claims of it holds. Rendering is shown elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.cli import demo_amendment
from app.cli.demo_amendment import amendment_files
from app.cli.demo_review import Review, reviewed
from app.services.paper_files import PaperFiles
from app.wiring import Wiring


def test_the_demonstration_is_amended_and_its_text_turns_on_the_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[PaperFiles] = []

    def listed(_review: Review, _wiring: Wiring, files: PaperFiles) -> Mapping[str, bytes]:
        wanted.append(files)
        return {f"{files.stem}.txt": b""}

    monkeypatch.setattr(demo_amendment, "_made", listed)
    with reviewed() as review:
        files = amendment_files(review, review.wiring)
        assert review.failed == []
        number = review.view().number
    assert [f.stem for f in wanted] == [f"{number}-BC-01", f"{number}-合并文本-20270228", f"{number}-合并文本-20270301"]
    paper, before, after = ("".join(p.text for p in f.instrument.provisions()) for f in wanted)
    assert "100,000.00元/月" in before
    assert "由补充协议一" not in before
    assert "105,000.00元/月" in after
    assert "由补充协议一第2条修改" in after
    assert "价格表（输入）" not in paper
    assert "✓ 生效日以前不生效" in files["amendment.txt"].decode()
