"""A signing of two parties with four places, and what its tests ask of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.domain.authority import Authority, Capacity, Matter, Signatory
from app.domain.errors import ContractError
from app.domain.execution import (
    Execution,
    Formation,
    Mark,
    Medium,
    Mode,
    Order,
    Place,
    Required,
    Terms,
    begin,
)

FINAL, TODAY, DEADLINE = date(2026, 11, 20), date(2026, 11, 28), date(2026, 12, 4)
DIGEST = "ab" * 32
NAMES = {"party_a": "北京甲方科技有限公司", "party_b": "上海乙方客户服务外包股份有限公司"}
POWER = Authority(
    "SQ-2026-7", NAMES["party_b"], "李四", frozenset({Matter.CONTRACT}), date(2026, 11, 1), date(2026, 11, 1), date(2026, 12, 31),
    Decimal("2000000"),
)  # fmt: skip


def refused(code: str, match: str | None = None) -> pytest.RaisesExc[ContractError]:
    return pytest.RaisesExc(ContractError, match=match, check=lambda e: e.code == code)


def person(name: str, party: str, capacity: Capacity = Capacity.REPRESENTATIVE, authority: Authority | None = None) -> Signatory:
    return Signatory(f"u-{name}", party, NAMES[party], name, "总经理", capacity, authority)


ZHANG, LI = person("张三", "party_a"), person("李四", "party_b", Capacity.AGENT, POWER)
KEEPER_A, KEEPER_B = (person(f"保管{p[-1]}", p, Capacity.SEAL_KEEPER) for p in NAMES)
TERMS = Terms(
    DIGEST, Mode.ELECTRONIC, Formation.BOTH, frozenset({Required.SEAL, Required.SIGNATURE}), FINAL, DEADLINE, Decimal("1200000")
)
PLACES = (
    Place("b_sign", LI, Mark.SIGNATURE, Medium.ELECTRONIC, 1),
    Place("b_seal", KEEPER_B, Mark.SEAL, Medium.ELECTRONIC, 1, printed=False),
    Place("a_sign", ZHANG, Mark.SIGNATURE, Medium.ELECTRONIC, 2),
    Place("a_seal", KEEPER_A, Mark.SEAL, Medium.ELECTRONIC, 2, printed=False),
)


def signing(order: Order = Order.PARALLEL, terms: Terms = TERMS, places: tuple[Place, ...] = PLACES) -> Execution:
    return begin(terms, order, places, TODAY)


def signed(plan: Execution, *places: str, on: date = TODAY) -> Execution:
    for name in places:
        plan = plan.sign(name, plan.place(name).signatory.id, on, DIGEST, TODAY)
    return plan
