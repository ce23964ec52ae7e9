"""Silence on figures of a month: from a receipt, never from a typed day, and never over words of a party that stand against it (section 5.2)."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.errors import ContractError, InputError
from app.services.lapsing import OBJECTED
from app.services.service_levels import enter_month, reopen_month
from tests.services.living import d
from tests.services.paper_house import kit
from tests.services.settling_house import Till, figures
from tests.services.snapshots import filled
from tests.services.test_silence import tick

till = filled(Till.prompt)
MONTH = "2026-02"


def result(till: Till, on: str = "", **changes: Any) -> None:
    with till.units() as uow:
        enter_month(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, figures(MONTH, **changes), d(on) if on else till.today,
            seen=till.month(MONTH).revision, by="a",
        )  # fmt: skip


def objected(till: Till) -> Till:
    """Handed in on 6 March, objected to on the 10th; today is the 20th."""
    till.enter(figures(MONTH))
    till.at("2026-03-10").review(MONTH, agrees=False, words="接通率分母漏计放弃呼入")
    return till.at("2026-03-20")


def test_a_result_is_no_older_than_the_objection_and_confirms_only_from_its_receipt(till: Till) -> None:
    objected(till)
    with pytest.raises(InputError, match="早于甲方提出异议之日2026-03-10"):
        result(till, "2026-03-01")
    result(till, "2026-03-19", bad=True)
    assert till.month(MONTH).silent_on is None
    assert tick(till, "2026-06-01").months == 0
    with pytest.raises(InputError, match="早于审核结果的日期2026-03-19"):
        till.had_result(MONTH, "2026-03-18")
    assert till.had_result(MONTH, "2026-05-28") == d("2026-06-02")
    assert till.had_result(MONTH, "2026-05-29") == d("2026-06-03"), "a receipt may be put right"
    assert tick(till, "2026-06-03").months == 0
    assert tick(till, "2026-06-04").months == 1
    assert till.month(MONTH).confirmed_on == d("2026-06-03")


def test_there_is_nothing_to_receive_before_the_result(till: Till) -> None:
    objected(till)
    with pytest.raises(ContractError, match="还没有录入甲方的审核结果"):
        till.had_result(MONTH)


def test_what_party_b_objected_to_ends_by_no_silence_whoever_enters_what(till: Till) -> None:
    objected(till)
    result(till, bad=True)
    till.had_result(MONTH)
    till.answer(MONTH, accepts=False, words="话务平台口径不同，附导出")
    till.enter(figures(MONTH), seen=till.month(MONTH).revision)
    assert till.month(MONTH).silent_on is None
    assert tick(till, "2026-06-01").months == 0
    till.review(MONTH, agrees=False, words="口径仍有分歧，见意见")
    result(till, bad=True)
    assert till.had_result(MONTH) is None
    assert tick(till, "2026-07-01").months == 0
    till.answer(MONTH, accepts=True)
    assert till.month(MONTH).confirmed_on == d("2026-07-01"), "an agreement ends it"


def test_party_a_cannot_agree_to_its_own_result(till: Till) -> None:
    objected(till)
    result(till, bad=True)
    with pytest.raises(ContractError, match="须由乙方认可"):
        till.review(MONTH)
    assert till.month(MONTH).state == OBJECTED


def test_a_confirmation_that_was_taken_back_comes_by_no_silence_again(till: Till) -> None:
    till.confirmed(MONTH)
    with till.units() as uow:
        reopen_month(uow, till.actor, till.now, kit(), till.contract_id, d("2026-02-01"), till.month(MONTH).revision, "漏计工单")
    till.enter(figures(MONTH, tickets=4000), seen=till.month(MONTH).revision)
    assert till.month(MONTH).silent_on is None
    assert tick(till, "2026-06-01").months == 0
    till.review(MONTH)
    assert till.month(MONTH).confirmed_on == d("2026-06-01")
