"""What ends or is due soon beside the contract's own dates: powers of attorney of signatories, certificates of deletion."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.domain.exit_plan import TaskKey
from app.services.expiring_reminding import set_expiring_dates
from app.services.reminder_rules import keep_house_dates
from app.services.signing_lead import put_authority, withdraw
from app.store.blobs import BlobStore
from app.store.contracts import find_contract
from app.store.reminders import ReminderSubjectRow, subjects_with_prefix
from tests.services.conftest import Units
from tests.services.ending_office import Office, after_notice, finish
from tests.services.fixtures import LAWYER, NOW, TODAY, reference
from tests.services.signing_house import A_SIGN, SHORT, UNSEALED, Held, House, approved, house
from tests.services.snapshots import filled
from tests.services.test_exiting import document
from tests.services.test_signing import SHEN
from tests.services.test_signing_authority import CHEN, POWER, UNPRINTED

WHY = "价格条款与会议纪要不一致"


def _unprinted(units: Units) -> Held:
    return Held(units, approved(units, UNPRINTED))


unprinted, rescinded = filled(_unprinted), filled(after_notice)


@pytest.fixture
def home(unprinted: Held, tmp_path: Path) -> House:
    return house(unprinted.units, tmp_path, contract=unprinted.contract)


def told(units: Units, topic: str, today: date) -> list[ReminderSubjectRow]:
    """What stands open after the clock has looked."""
    with units() as uow:
        set_expiring_dates(uow, NOW, today)
        uow.commit()
    with units() as uow:
        found = subjects_with_prefix(uow.session, topic, "")
        uow.session.expunge_all()
    return found


def test_a_power_that_ends_before_its_agent_has_signed_is_reminded_of(home: House) -> None:
    home.start((CHEN, SHORT[1]))
    (row,) = told(home.units, "authority", TODAY)
    assert (row.due_on, row.contract_id, row.path) == (date(2026, 12, 31), home.contract, f"/contracts/{home.contract}/signing/")
    assert "陈代签的授权委托书 SQ-8" in row.title
    assert "尚未签署" in row.detail
    with home.units() as uow:
        put_authority(uow, LAWYER, home.at[0], home.contract, A_SIGN, replace(POWER, number="SQ-9", valid_until="2027-01-31"))
    (row,) = told(home.units, "authority", TODAY)
    assert (row.due_on, "SQ-9" in row.title) == (date(2027, 1, 31), True)
    with home.units() as uow:
        withdraw(uow, LAWYER, home.at[0], home.kit.post, home.contract, WHY)
    assert told(home.units, "authority", TODAY) == []


@pytest.mark.parametrize(("matters", "reminded"), [(("contract",), False), (("contract", "amendment", "settlement"), True)])
def test_after_the_signature_only_a_power_for_what_follows_matters(home: House, matters: tuple[str, ...], reminded: bool) -> None:
    home.start((replace(CHEN, power=replace(POWER, matters=matters)), SHORT[1]))
    home.sign(CHEN.email)
    home.sign(SHEN)
    found = told(home.units, "authority", TODAY)
    assert len(found) == reminded
    if reminded:
        assert "不能再凭此签署补充协议、确认结算" in found[0].detail
        with home.units() as uow:
            row = find_contract(uow.session, home.contract)
            assert row is not None
            row.stage = "archived"
            uow.commit()
        assert told(home.units, "authority", TODAY) == []


def test_what_lies_far_ahead_is_not_looked_at(home: House) -> None:
    home.start((replace(CHEN, power=replace(POWER, valid_until="2028-12-31")), SHORT[1]))
    assert told(home.units, "authority", TODAY) == []
    assert len(told(home.units, "authority", date(2028, 12, 31) - timedelta(days=100))) == 1


def test_nobody_is_reminded_of_an_office(units: Units, tmp_path: Path) -> None:
    home = house(units, tmp_path, UNSEALED)
    home.start(SHORT)
    assert told(units, "authority", TODAY) == []


def test_a_certificate_of_deletion_is_reminded_of_from_the_end_until_it_is_filed(rescinded: Office, tmp_path: Path) -> None:
    office, units = rescinded, rescinded.house.units
    (row,) = told(units, "deletion", office.house.today)
    assert (row.due_on, row.contract_id) == (date(2026, 10, 28), office.house.contract_id)
    assert row.path == f"/contracts/{office.house.contract_id}/exit/"
    assert "乙方应于 2026-10-28 前交付" in row.detail
    finish(office.at("2026-09-02"), TaskKey.DATA_REST, "2026-09-01")
    (row,) = told(units, "deletion", office.house.today)
    assert row.due_on == date(2026, 9, 4), "counted from the deletion itself"
    late = told(units, "deletion", date(2027, 3, 1))
    assert len(late) == 1, "what is overdue stays until it is dealt with"
    finish(office, TaskKey.CERTIFICATE, "2026-09-02", document_id=document(office, BlobStore(tmp_path / "blobs")))
    assert told(units, "deletion", office.house.today) == []


def test_the_clock_itself_raises_them(home: House) -> None:
    home.start((CHEN, SHORT[1]))
    with home.units() as uow:
        keep_house_dates(uow, NOW, TODAY, reference().calendar)
    with home.units() as uow:
        assert [s.title for s in subjects_with_prefix(uow.session, "authority", "power:")]
