"""The demonstration contract goes through two rounds of review; what the demonstration claims of it holds."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from app.cli.demo_comparison import comparison_files
from app.cli.demo_review import report, reviewed
from app.domain.documents import RenderedPdf
from app.rendering.revisions import count_revisions
from app.settings import Settings
from app.wiring import Wiring
from tests.data_folders import with_database
from tests.rendering.docx_tools import part


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


def test_the_two_versions_are_compared_and_only_shareable_comments_go_out(tmp_path: Path) -> None:
    lent = Wiring(Settings(data_dir=with_database(tmp_path)))
    # Laying the contract out takes seconds and is shown elsewhere.
    vars(lent)["redline_tools"] = replace(
        lent.redline_tools, pages=lambda _instrument, _meta: {}, pdf=lambda _comparison, _meta: RenderedPdf(b"%PDF-", 1, {}, ())
    )
    vars(lent)["comment_tools"] = replace(lent.comment_tools, pages=lambda _instrument, _meta: {})
    with reviewed() as review:
        files = comparison_files(review, lent)
        assert review.failed == []
    assert set(files) == {"comparison.html", "comparison.pdf", "comparison.docx", "comparison.json", "commented.docx"}
    assert count_revisions(files["comparison.docx"]) > 5
    assert "<del>30</del><ins>45</ins>个自然日" in files["comparison.html"].decode()
    assert "回款周期" not in part(files["commented.docx"], "word/comments.xml")
