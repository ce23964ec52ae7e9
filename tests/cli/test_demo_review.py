"""The demonstration contract goes through two rounds of review; what the demonstration claims of it holds."""

from __future__ import annotations

import os
from pathlib import Path

from app.cli.demo_review import report, reviewed


def test_the_demonstration_is_reviewed_twice_and_approved_without_touching_the_data_folder(tmp_path: Path) -> None:
    before = os.environ.get("DATA_DIR")
    with reviewed() as review:
        assert review.failed == []
        assert sum(line.partition("  ")[2].startswith("✓") for line in review.log) >= 9
        assert [r.status.value for r in review.approvals().rounds] == ["approved", "returned"]
        files = report(review)
        kept = Path(review.wiring.settings.data_dir)
    assert not kept.exists()
    assert os.environ.get("DATA_DIR") == before
    assert "第3.1节“现场驻场”采用可退让立场" in files["review.txt"].decode()
    mails = files["mails.txt"].decode()
    for words in ("主题：成约：待您审批", "退回理由：", "审批通过", "有新的批注"):
        assert words in mails
