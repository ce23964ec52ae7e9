"""A house without contracts is told what to do first; one with contracts is not."""

from __future__ import annotations

import pytest

from app.domain.permissions import Actor, Role
from app.services.beginnings import Beginning, FirstStep, read_beginnings
from app.store.organisations import OrganisationRow
from tests.services.conftest import Units
from tests.services.fixtures import NOW
from tests.services.shelf import Shelf


@pytest.fixture
def shelf(units: Units) -> Shelf:
    return Shelf(units)


def steps(shelf: Shelf, actor: Actor) -> tuple[FirstStep, ...]:
    with shelf.units() as uow:
        return read_beginnings(uow, actor)


def test_everybody_is_shown_the_steps_that_the_own_roles_allow(shelf: Shelf) -> None:
    keeper = shelf.person("zhao", "赵管理", Role.CONTRACT_ADMINISTRATOR)
    system = shelf.person("sun", "孙系统", Role.SYSTEM_ADMINISTRATOR)
    auditor = shelf.person("qian", "钱审计", Role.AUDITOR)
    assert [s.step for s in steps(shelf, shelf.lawyer)] == [Beginning.COMPANIES, Beginning.DRAFT]
    assert [s.step for s in steps(shelf, keeper)] == [Beginning.COMPANIES, Beginning.DRAFT, Beginning.IMPORT]
    assert [s.step for s in steps(shelf, system)] == [Beginning.COLLEAGUES]
    assert steps(shelf, auditor) == ()


def test_a_step_that_somebody_took_says_so_and_a_contract_ends_them_all(shelf: Shelf) -> None:
    assert FirstStep(Beginning.COMPANIES, False) in steps(shelf, shelf.lawyer)
    with shelf.units() as uow:
        uow.session.add(
            OrganisationRow(
                id="a" * 32, name="示例甲方科技有限公司（虚构）", created_at=NOW, updated_at=NOW, updated_by=shelf.lawyer.name
            )
        )
        uow.commit()
    assert FirstStep(Beginning.COMPANIES, True) in steps(shelf, shelf.lawyer)
    shelf.contract("HT-1", stage="draft")
    assert steps(shelf, shelf.lawyer) == ()
