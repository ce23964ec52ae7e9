"""What governs a contract on a day: amendments, annexes, the term that runs, the prices that a renewal set for it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from app.domain.papers import PaperKind
from app.domain.permissions import Actor, Role
from app.domain.renewal_decision import Choice
from app.domain.renewal_price import Proposal
from app.services.current_terms import CurrentTerms, current_terms
from app.services.record import ContractMissing
from app.store.blobs import BlobStore
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER
from tests.services.living import House, d, in_force
from tests.services.paper_house import LATER, Desk
from tests.services.snapshots import filled
from tests.services.test_paper_prefill import LICENCE, choose, fill, freeze, price, renew

house = filled(in_force)
FEE = "fees.monthly_fixed"


def on(house: House, day: str) -> CurrentTerms:
    with house.units() as uow:
        return current_terms(uow, LAWYER, house.contract_id, d(day))


def renewed(house: House) -> House:
    """For 2027, at a price 2.5 per cent above that of 2026."""
    choose(house.at("2026-09-01"), Choice.RENEW)
    price(house, Proposal(Decimal("2.5")))
    fill(house, PaperKind.RENEWAL, **{"renewal.pia_ref": "PIA-2026-004", "renewal.licence_table": [LICENCE]})
    freeze(house, PaperKind.RENEWAL)
    renew(house, years=1)
    return house


def test_the_term_that_runs_and_its_prices_follow_the_day(house: House) -> None:
    renewed(house)
    before, after = on(house, "2026-12-31"), on(house, "2027-01-01")
    assert (before.term.name, after.term.name) == ("首期", "第1次续展期")  # type: ignore[union-attr]
    assert (before.value(FEE), after.value(FEE)) == (Decimal(100000), Decimal("102500.00"))
    assert on(house, "2025-12-31").term is None
    assert on(house, "2028-01-01").term is None


def test_the_reading_copy_of_a_renewed_term_tells_of_the_renewal(house: House) -> None:
    renewed(house)
    told = {row.label: row.text for row in on(house, "2027-01-01").in_force.copy().parties[0].rows}
    assert told["续展"].startswith("第1次续展期自2027年1月1日起至2027年12月31日止（续约协议SHFW-2025-0001-XY-01")
    assert "续展" not in {row.label for row in on(house, "2026-12-31").in_force.copy().parties[0].rows}


def test_an_amended_value_and_annex_are_in_force_from_their_day(units: Units, blobs: BlobStore) -> None:
    desk = Desk.open(units, blobs)
    rows = desk.terms("2026-01-05").consolidated.standing.answers.get("annex.service_items")
    assert isinstance(rows, tuple)
    changed = [{k: str(v) for k, v in row.items()} for row in rows if isinstance(row, Mapping)]
    changed[0]["deliverable"] = "经甲方确认的服务月报"
    desk.signed_amendment(LATER, ("annex.service_items", changed))
    house = House(units, desk.contract_id)
    before, after = on(house, "2026-02-28"), on(house, "2026-03-01")
    assert (before.value("pay.days_after_confirm"), after.value("pay.days_after_confirm")) == (30, 45)
    assert [a.last for a in before.annexes] == [None] * len(before.annexes)
    first = after.annexes[0]
    assert (first.name, first.since, first.last.label if first.last else "") == ("附件一", d("2026-03-01"), "补充协议一")
    assert {a.name for a in after.annexes if a.last is None} == {a.name for a in after.annexes} - {"附件一"}
    assert after.turning == (d("2026-03-01"),)


def test_who_may_not_read_the_contract_learns_nothing_of_its_terms(house: House) -> None:
    stranger = Actor("外人", "stranger", frozenset[Role]())
    with house.units() as uow, pytest.raises(ContractMissing):
        current_terms(uow, stranger, house.contract_id, d("2026-05-01"))
