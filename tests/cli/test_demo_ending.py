"""Two demonstration contracts are renewed and ended; what the demonstration claims of them holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.cli.demo_ending import ending_files
from app.cli.demo_life import Life, lives
from app.domain.errors import ContractError
from app.services.generation import Format
from app.settings import Settings
from app.wiring import Wiring
from tests.data_folders import with_database


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], list[str], list[str]]:
    # Laying out pages takes seconds and is shown elsewhere; the words of the papers are the same.
    lent = Wiring(Settings(data_dir=with_database(tmp_path_factory.mktemp("lent"))))
    return ending_files(lambda: lent.tools, frozenset({Format.TXT}))


Told = tuple[dict[str, bytes], list[str], list[str]]


def test_a_renewal_in_time_and_a_rescission_for_breach_hold_in_every_step(told: Told) -> None:
    files, lines, failed = told
    assert failed == []
    assert sum("✓" in line for line in lines) >= 18
    papers = {"renewal", "non-renewal", "rectification", "demand", "rescission", "termination"}
    assert set(files) == {f"{name}.txt" for name in papers | {"ending"}}
    assert files["ending.txt"].decode().splitlines() == "\n".join(lines).splitlines()


def test_the_papers_carry_the_days_that_were_computed(told: Told) -> None:
    words = {name: content.decode() for name, content in told[0].items()}
    assert "续展期自2027年1月1日起至2027年12月31日止" in words["renewal.txt"]
    assert "现行有效期的通知截止日为2027年11月1日" in words["non-renewal.txt"]
    assert "本次为同一问题的第1轮整改" in words["rectification.txt"]
    assert "截至2026年7月28日" in words["demand.txt"]
    assert re.search(r"该函于2026年7月10日到达贵方，所给的补救期已于2026年7月27日届满", words["rescission.txt"])
    assert "于2026年8月3日终止" in words["termination.txt"]
    assert "{{" not in "".join(words.values())


def test_the_record_tells_what_was_refused_and_why(told: Told) -> None:
    record = told[0]["ending.txt"].decode()
    for what in (
        "未经催告即起草解除通知函被拒绝",
        "补救期内起草解除通知函被拒绝",
        "登记与定稿不符的续展期被拒绝",
        "任务未完成时归档被拒绝",
    ):
        assert what in record
    assert "最后安全发出日（邮政特快专递）：2026-10-27" in record


def test_a_claim_that_does_not_hold_is_told_and_nothing_is_left_behind(tmp_path: Path) -> None:
    lent = Wiring(Settings(data_dir=with_database(tmp_path)))
    with lives(lambda: lent.tools, frozenset({Format.TXT})) as begin:
        life: Life = begin("一份合同")
        folder = Path(life.wiring.settings.data_dir)
        life.hold("二加二等于五", holds=2 + 2 == 5)
        life.refused("什么都不做", lambda _uow: None)
        assert life.failed == ["一份合同：二加二等于五", "一份合同：什么都不做应当被拒绝"]

        def broken(_uow: object) -> None:
            raise ContractError("x.y", "不行。")

        life.refused("不许的事", broken)
        assert life.log[-1] == "2026-01-01  ✓ 不许的事被拒绝：不行。"
    assert not folder.exists()
