"""The house's register of the LPR: seeded with what is verified, entered month by month, put right with a reason, and its reminder."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from app.domain.errors import ContractError, InputError
from app.domain.permissions import Actor, Forbidden, Role
from app.domain.reminders import Topic
from app.services.lending_rate import RegisterView, drop_quote, read_register, set_quote
from app.services.reminder_rules import keep_house_dates
from app.store.audit import entries
from app.store.reminders import find_subject, settings_row
from tests.services.fixtures import LAWYER
from tests.services.living import OFFICIAL, d, noon
from tests.services.snapshots import Units, filled

KEEPER = Actor("keeper", "合同管理员", frozenset({Role.CONTRACT_ADMINISTRATOR}))

TODAY = date(2026, 9, 28)


@dataclass
class House:
    units: Units = field(repr=False)

    def enter(self, on: str, one_year: str, actor: Actor = KEEPER, **more: Any) -> None:
        with self.units() as uow:
            values = {"source": "中国货币网", **more}
            set_quote(uow, actor, noon(TODAY), TODAY, OFFICIAL, published_on=d(on), one_year=D(one_year), **values)

    def read(self) -> RegisterView:
        with self.units() as uow:
            return read_register(uow, LAWYER, TODAY, OFFICIAL)


house = filled(House)


def test_it_begins_with_what_is_verified_and_says_what_is_not(house: House) -> None:
    found = house.read()
    [line] = found.lines
    assert (line.quote.published_on, line.quote.one_year, line.quote.five_year, line.quote.until) == (
        d("2025-05-20"), D("3.00"), None, d("2026-08-20"),
    )  # fmt: skip
    assert found.missing == (d("2026-09-01"),)
    house.enter("2026-09-21", "2.95", five_year=D("3.45"))
    after = house.read()
    assert (after.lines[0].quote.one_year, after.lines[0].quote.five_year, after.missing) == (D("2.95"), D("3.45"), ())


def test_an_entry_is_put_right_only_with_a_reason_and_the_log_has_both(house: House) -> None:
    house.enter("2026-09-21", "2.59")
    with pytest.raises(InputError, match="理由"):
        house.enter("2026-09-21", "2.95")
    house.enter("2026-09-21", "2.95", reason="数字录反")
    with house.units() as uow:
        found = [e for e in entries(uow.session) if e.action == "lpr.set"]
    assert "一年期2.59%" in found[-1].data
    assert "一年期2.95%" in found[-1].data
    with house.units() as uow, pytest.raises(InputError, match="理由"):
        drop_quote(uow, KEEPER, noon(TODAY), TODAY, OFFICIAL, d("2026-09-21"), "")
    with house.units() as uow:
        drop_quote(uow, KEEPER, noon(TODAY), TODAY, OFFICIAL, d("2026-09-21"), "并未公布")
    assert house.read().missing == (d("2026-09-01"),)
    with house.units() as uow, pytest.raises(ContractError, match="没有2026-09-21公布的LPR登记"):
        drop_quote(uow, KEEPER, noon(TODAY), TODAY, OFFICIAL, d("2026-09-21"), "并未公布")


def test_every_fault_is_told_at_once_and_who_may_not_changes_nothing(house: House) -> None:
    with pytest.raises(InputError) as refused:
        house.enter("2026-08-20", "0", source="")
    assert {f.path for f in refused.value.faults} == {"one_year", "published_on", "source"}
    with pytest.raises(Forbidden):
        house.enter("2026-09-21", "2.95", Actor("x", "法务", frozenset({Role.DRAFTER})))


def test_the_newest_publication_settles_the_reminder_and_an_old_one_does_not(house: House) -> None:
    with house.units() as uow:
        settings_row(uow.session).lpr_on = d("2026-07-20")
        keep_house_dates(uow, noon(TODAY), TODAY, OFFICIAL)

    def due() -> date | None:
        with house.units() as uow:
            row = find_subject(uow.session, Topic.LPR.value, "house")
            assert row is not None
            assert row.path == "/reminders/lpr/"
            return row.due_on

    assert due() == d("2026-09-19"), "sixty days after 20 July it is too old"
    house.enter("2024-10-21", "3.10")
    assert due() == d("2026-10-20"), "the newest on record is that of August"
    house.enter("2026-09-21", "2.95")
    assert due() == d("2026-11-21")


def test_what_is_taken_back_leaves_the_reminder_at_the_newest_publication_that_is_left(house: House) -> None:
    def looked_at() -> tuple[date | None, date | None]:
        with house.units() as uow:
            row = find_subject(uow.session, Topic.LPR.value, "house")
            return settings_row(uow.session).lpr_on, row.due_on if row else None

    house.enter("2026-09-21", "2.95")
    assert looked_at() == (d("2026-09-21"), d("2026-11-21"))
    with house.units() as uow:
        drop_quote(uow, KEEPER, noon(TODAY), TODAY, OFFICIAL, d("2026-09-21"), "并未公布")
    assert looked_at() == (d("2026-08-20"), d("2026-10-20"))
    house.enter("2025-05-20", "3.00", until=d("2026-07-20"), reason="八月没有核对")
    assert looked_at() == (d("2026-07-20"), d("2026-09-19")), "so does an entry that reaches less far"
    with house.units() as uow:
        settings_row(uow.session).lpr_on = d("2026-09-24")
        uow.commit()
    with house.units() as uow:
        drop_quote(uow, KEEPER, noon(TODAY), TODAY, OFFICIAL, d("2025-05-20"), "并未公布")
    assert looked_at()[0] == d("2026-09-24"), "a day that somebody entered stays"


def test_an_empty_register_is_to_be_looked_at_now(house: House) -> None:
    house.enter("2026-09-21", "2.95")
    for day in ("2025-05-20", "2026-09-21"):
        with house.units() as uow:
            drop_quote(uow, KEEPER, noon(TODAY), TODAY, OFFICIAL, d(day), "并未公布")
    with house.units() as uow:
        row = find_subject(uow.session, Topic.LPR.value, "house")
        assert row is not None
        assert row.due_on is not None
        assert row.due_on < TODAY
