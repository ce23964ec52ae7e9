"""Corrections that overlap: only what is computed against the period as it stands is accepted, whatever order they were made in."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal as D

import pytest

from app.domain.errors import ContractError
from app.store.uow import UnitOfWork
from tests.services.correcting_house import accept, carried, listed, propose, settled
from tests.services.settling_house import Till


@pytest.fixture
def till(units: Callable[[], UnitOfWork]) -> Till:
    return Till.open(units)


def test_the_older_of_two_proposals_accepted_first_makes_the_newer_one_stale(till: Till) -> None:
    settled(till)
    older, newer = propose(till, "2026-02", tickets=4000), propose(till, "2026-02", tickets=3900)
    accept(till, older)
    with pytest.raises(ContractError, match=r"GZ-JS-SHFW-2025-0001-202602-2.*已经过时"):
        accept(till, newer)
    assert [x.state for x in listed(till)] == ["proposed", "accepted"]
    assert [x[1] for x in carried(till, settled(till, "2026-03", "2026-04-08"))] == [D("-2632.00")]


def test_the_same_is_not_proposed_twice_while_nobody_decided(till: Till) -> None:
    settled(till)
    first = propose(till, "2026-02", tickets=4000)
    with pytest.raises(ContractError, match=rf"{first.number}.*尚未决定") as refused:
        propose(till, "2026-02", tickets=4000)
    assert refused.value.code == "correction.same"
    assert len(listed(till)) == 1


def test_a_newer_one_that_costs_nothing_still_makes_the_older_one_stale(till: Till) -> None:
    """Its figures would be undone in silence by those of the older one, which were filled in before."""
    settled(till)
    older = propose(till, "2026-02", tickets=4000)
    words = propose(till, "2026-02", report_no="BB-2026-02-R")
    assert words.excl == D("0.00")
    accept(till, words)
    with pytest.raises(ContractError, match="已经过时"):
        accept(till, older)
    assert '"report_no":"BB-2026-02-R"' in till.month("2026-02").figures
