"""Archive timestamps renewed before they lapse, once, with the owner told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.services.archive_renewal import is_renewal_due, renew_due
from app.services.signing_finish import finish
from app.store.audit import entries_of
from app.store.documents import documents_of
from signatures.verification.verdict import Outcome
from tests.services.signing_house import SHORT, TYPED, Held, House, house
from tests.services.snapshots import over_both
from tests.services.test_signing_elsewhere import unsealed

__all__ = ["unsealed"]
LIN, SHEN = (p.email for p in SHORT)
LATE, AFTER = datetime(2044, 3, 1, tzinfo=UTC), datetime(2046, 1, 1, tzinfo=UTC)
"""Within the last year of the first timestamp certificate (18 years); when it has ended."""


@pytest.fixture
def done(unsealed: Held, tmp_path: Path) -> House:
    made = house(unsealed.units, tmp_path, contract=unsealed.contract)
    made.start(SHORT)
    made.sign(LIN)
    assert made.sign(SHEN, TYPED)
    assert finish(made.kit, made.signing.id)
    return made


def _due(house: House) -> bool:
    with house.units() as uow:
        return is_renewal_due(uow, house.at[0])


@over_both("unsealed")
def test_a_timestamp_is_renewed_in_its_last_year_once_and_proves_on(done: House) -> None:
    first = done.signing
    assert first.archived_until is not None
    assert not _due(done)
    done.at[0] = LATE
    assert _due(done)
    assert renew_due(done.kit).renewed == 1
    assert renew_due(done.kit).renewed == 0
    renewed = done.signing
    old, new = done.kit.blobs.get(first.final), done.kit.blobs.get(renewed.final)
    assert new.startswith(old)
    assert renewed.archived_until is not None
    assert renewed.archived_until > datetime(2060, 1, 1, tzinfo=UTC) or renewed.archived_until > first.archived_until
    done.at[0] = AFTER
    assert done.verdict().outcome is not Outcome.INVALID
    with done.units() as uow:
        names = [d.name for d in documents_of(uow.session, done.contract)]
        actions = [e.action for e in entries_of(uow.session, done.contract)]
    assert sum("存档至" in name for name in names) == 1
    assert actions.count("signing.renewed") == 1
    assert any("续期存档时间戳" in m.text for m in done.mails("lawyer@example.com"))


def test_a_file_that_can_not_be_read_stops_no_round(done: House) -> None:
    with done.units() as uow:
        row = uow.session.get(type(done.signing), done.signing.id)
        assert row is not None
        row.final = done.kit.blobs.put(b"no file of any kind")
        uow.commit()
    done.at[0] = LATE
    found = renew_due(done.kit)
    assert (found.renewed, [f.partition(":")[0] for f in found.faults]) == (0, [done.signing.id])


def test_one_that_has_lapsed_is_told_once_and_left(done: House) -> None:
    done.at[0] = AFTER
    assert renew_due(done.kit).lapsed == 1
    assert renew_due(done.kit).lapsed == 0
    assert not _due(done)
    assert done.signing.archive_lapsed
    assert sum("未能及时续期" in m.text for m in done.mails("lawyer@example.com")) == 1
