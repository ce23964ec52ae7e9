"""Amounts that nobody can owe: refused with a fault at their field, whatever door they came through, and nothing is kept."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from app.domain.errors import InputError
from app.domain.settlement.invoices import InvoiceLine
from app.domain.settlement.month import ExtraItem, ItemKind, MetricCount
from app.services.billing import set_budget
from app.services.matching import match_payment, payment_with
from app.services.settling import object_to, resolve_objection
from tests.services.living import d
from tests.services.paper_house import kit
from tests.services.settling_house import Till, figures, with_drawn, with_owing, with_settled
from tests.services.snapshots import filled, over_both

JUNK = ("1e20", "1e30", "-1e30", "100.005", "NaN", "Infinity", "-1")


till = filled(Till.open, ("sqlite",))
drawn, owing, settled_once = filled(with_drawn, ("sqlite",)), filled(with_owing, ("sqlite",)), filled(with_settled, ("sqlite",))


@pytest.mark.parametrize("junk", JUNK)
def test_a_payment_and_what_it_is_laid_upon(owing: Till, junk: str) -> None:
    till, [made] = owing, owing.sheets
    with pytest.raises(InputError, match="付款金额"):
        till.pay(junk)
    with pytest.raises(InputError, match="核销"):
        till.pay("1000.00", matches={made: D(junk)})
    till.pay("1000.00", held=True)
    with till.units() as uow:
        found = payment_with(uow, till.actor, till.contract_id, "HD-1")
    with till.units() as uow, pytest.raises(InputError) as refused:
        match_payment(uow, till.actor, till.now, kit(), till.contract_id, found.id, found.revision, {made: D(junk)})
    assert refused.value.faults[0].path == f"match-{made}"
    assert till.row(made).open_amount == D("124889.60")


@over_both("owing")
def test_a_match_is_not_made_smaller_by_junk(owing: Till) -> None:
    till, [made] = owing, owing.sheets
    till.pay("1000.00")
    with till.units() as uow:
        found = payment_with(uow, till.actor, till.contract_id, "HD-1")
    with till.units() as uow, pytest.raises(InputError, match="核销金额"):
        match_payment(uow, till.actor, till.now, kit(), till.contract_id, found.id, found.revision, {made: D("NaN")})


@pytest.mark.parametrize("junk", JUNK)
def test_an_objection_and_its_outcome(drawn: Till, junk: str) -> None:
    till, [made] = drawn, drawn.sheets
    till.receive(made)
    with till.units() as uow, pytest.raises(InputError, match="争议金额"):
        object_to(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, made, till.row(made).revision,
            amount=D(junk), on=till.today, reason="超量部分与报表不符",
        )  # fmt: skip
    with till.units() as uow:
        object_to(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, made, till.row(made).revision,
            amount=D("2789.92"), on=till.today, reason="超量部分与报表不符",
        )  # fmt: skip
    with till.units() as uow, pytest.raises(InputError, match="核减金额"):
        resolve_objection(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, made, till.row(made).revision,
            on=till.today, reduced=D(junk), reason="双方复核",
        )  # fmt: skip


@pytest.mark.parametrize("junk", ["1e20", "1e30", "100.005", "NaN"])
def test_an_invoice_and_a_budget(settled_once: Till, junk: str) -> None:
    till, [made] = settled_once, settled_once.sheets
    with pytest.raises(InputError, match="第1行不含税额"):
        till.invoice(made, lines=(InvoiceLine(D(6), D(junk), D("6.00")),))
    with pytest.raises(InputError, match="第1行税率"):
        till.invoice(made, lines=(InvoiceLine(D(junk), D("100.00"), D("6.00")),))
    largest = D("9999999999999999.99")
    with pytest.raises(InputError, match="发票金额"):
        till.invoice(made, lines=(InvoiceLine(D(6), largest, largest),) * 9)
    with till.units() as uow, pytest.raises(InputError, match="预算金额"):
        set_budget(uow, till.actor, till.now, till.contract_id, d("2026-01-01"), D(junk))


@pytest.mark.parametrize("junk", ["1e30", "-1e30", "NaN", "1e15"])
def test_the_figures_of_a_month(till: Till, junk: str) -> None:
    items = (
        ExtraItem(ItemKind.EXTRA, "夜间加班", D(junk), D(6), "PJ-1"),
        ExtraItem(ItemKind.EXTRA, "差旅", D("10.00"), D(junk), "PJ-2"),
    )
    with pytest.raises(InputError) as refused:
        till.enter(figures("2026-02", items=items))
    assert {f.path for f in refused.value.faults} == {"items.1.excl", "items.2.rate"}
    with pytest.raises(InputError, match="有效工单量"):
        till.enter(replace(figures("2026-02"), tickets=D(junk)))
    counts = tuple(MetricCount(c.metric, D(junk), D(junk), D(junk)) for c in figures("2026-02").counts)
    with pytest.raises(InputError) as refused:
        till.enter(figures("2026-02", counts=counts))
    assert len(refused.value.faults) == len(counts)
