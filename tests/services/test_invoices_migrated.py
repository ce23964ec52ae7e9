"""Invoices go up and down the migrations as they are, red-letter ones with the blue ones that they name."""

from __future__ import annotations

from sqlalchemy import Engine, inspect, text

from app.services.invoicing import NONE
from app.store.migrate import current, downgrade, newest, upgrade
from tests.services.settling_house import Till
from tests.services.snapshots import Units, filled


def reversed_in_part(units: Units) -> Till:
    till = Till.open(units)
    made = till.owing()
    till.invoice(made, number="HP-1", red_of="FP-2026-02", correction=NONE)
    return till


till = filled(reversed_in_part)


def rows(engine: Engine) -> list[tuple[str, str | None]]:
    statement = "SELECT i.number, b.number FROM invoices i LEFT JOIN invoices b ON b.id = i.red_of ORDER BY i.number"
    with engine.connect() as connection:
        return [(own, blue) for own, blue in connection.execute(text(statement))]


def test_a_red_letter_invoice_keeps_its_blue_one_through_every_step(till: Till) -> None:
    with till.units() as uow:
        engine = uow.session.get_bind()
        assert isinstance(engine, Engine)
    both = [("FP-2026-02", None), ("HP-1", "FP-2026-02")]
    assert rows(engine) == both
    downgrade(engine, "0034")
    assert rows(engine) == both
    assert "correction_id" not in {c["name"] for c in inspect(engine).get_columns("invoices")}
    upgrade(engine)
    assert (current(engine), rows(engine)) == (newest(), both)
    held = {(f["constrained_columns"][0], f["referred_table"]) for f in inspect(engine).get_foreign_keys("invoices")}
    assert {("correction_id", "settlement_corrections"), ("red_of", "invoices")} <= held
    assert "ix_invoices_correction_id" in {i["name"] for i in inspect(engine).get_indexes("invoices")}
