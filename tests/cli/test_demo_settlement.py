"""The demonstration of a month: every claim holds, every figure is unfolded, the papers carry what was computed."""

from __future__ import annotations

from pathlib import Path

from app.cli.demo_settlement import settlement_files
from app.services.generation import Format
from app.settings import Settings
from app.wiring import Wiring
from tests.data_folders import with_database


def test_a_month_goes_from_its_figures_to_its_payment(tmp_path: Path) -> None:
    # Laying out pages takes seconds and is shown elsewhere; the words of the papers are the same.
    lent = Wiring(Settings(data_dir=with_database(tmp_path)))
    files, lines, failed = settlement_files(lambda: lent.tools, frozenset({Format.TXT}))
    assert failed == []
    assert set(files) == {"figures.xlsx", "settlement.txt", "settlement.xlsx", "dunning.txt", "improvement.txt", "settling.txt"}
    said = "\n".join(lines)
    for words in (
        "付款到期日：2026-04-07",
        "逾期10日，违约金374.67元",
        "fees.monthly_fixed",
        "第8.1.1.1款",
        "付清后没有未付",
        "更正后104,528.00－已结算107,160.00",
        "视为确认",
    ):
        assert words in said, words
    paper, dunning, improvement = (files[f"{name}.txt"].decode() for name in ("settlement", "dunning", "improvement"))
    for words in ("114,000.00×6%", "人民币124,889.60元", "壹拾贰万肆仟捌佰捌拾玖元陆角", "82.49"):
        assert words in paper, words
    assert "124,889.60元×日万分之3×10日，合计374.67元" in dunning
    assert "本合同第8.2.2条及下列结算单" in dunning
    assert "第5.3.2条" in improvement
    assert "{{" not in paper + dunning + improvement
