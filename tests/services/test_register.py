"""The register: orders, pages, filters, and who sees what, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.domain.lifecycle import Flag, Stage
from app.domain.permissions import Actor, Role
from app.services import register as service
from app.services.register import BadPlace, Filter, Order, RegisterPage, read_register, register_ids
from app.store import register as store
from app.store.register import Range, SortKey
from tests.services.conftest import Units
from tests.services.fixtures import NOW
from tests.services.sharing import both_databases
from tests.services.shelf import Shelf
from tests.services.snapshots import filled, shared

pytestmark = both_databases

STAGES = ("draft", "active", "expired", "active", "void", "archived", "expiring", "draft", "signed")


def _filled(units: Units) -> Shelf:
    """Nine contracts that differ in everything, with values that tie or are missing."""
    made = Shelf(units)
    other = made.person("li", "李律师", Role.DRAFTER)
    for n, stage in enumerate(STAGES):
        made.contract(
            f"HT-{n}", party_a=f"{'丙甲乙'[n % 3]}公司", party_b=f"客服{n // 2}公司", stage=stage, title=f"合同{n % 4}",
            value=None if n % 4 == 3 else Decimal(100 * (n % 3)), last_day=None if n % 2 else date(2027, 1, 1) + timedelta(days=n % 3),
            took_effect_on=date(2026, 1, 1 + n), owner=other if n % 3 else made.lawyer, form="f" if n % 2 else "g",
            rectifying=stage in ("active", "expiring") and n < 4, disputed=stage == "expired",
            created_at=NOW + timedelta(days=n), updated_at=NOW - timedelta(days=n * 7 % 5, hours=n),
        )  # fmt: skip
    return made


shelf = shared(_filled)
own_shelf = filled(_filled)
"""For a test that adds to it."""


def read(
    shelf: Shelf, wanted: Filter | None = None, order: Order | None = None, actor: Actor | None = None, **more: object
) -> RegisterPage:
    with shelf.units() as uow:
        return read_register(uow, actor or shelf.lawyer, wanted or Filter(), order or Order(), **more)  # type: ignore[arg-type]


def numbers(page: RegisterPage) -> str:
    return "".join(line.contract.number.removeprefix("HT-") for line in page.lines)


def _key(line: service.Line, key: SortKey) -> object:
    c = line.contract
    return {
        SortKey.NUMBER: c.number, SortKey.TITLE: c.title, SortKey.PARTY_A: c.parties[0].name, SortKey.PARTY_B: c.parties[1].name,
        SortKey.STAGE: list(Stage).index(c.state.stage), SortKey.OWNER: c.owner_name, SortKey.VALUE: c.value,
        SortKey.EFFECT: c.took_effect_on, SortKey.LAST_DAY: c.last_day, SortKey.FORM: c.form, SortKey.CONFIDENTIAL: c.confidential,
        SortKey.CREATED: c.created_at, SortKey.UPDATED: c.updated_at,
    }[key]  # fmt: skip


# ---- orders and pages


@pytest.mark.parametrize("key", list(SortKey))
def test_every_column_sorts_both_ways_with_empty_ones_last(shelf: Shelf, key: SortKey) -> None:
    for descending in (False, True):
        keys = [_key(line, key) for line in read(shelf, order=Order(key, descending)).lines]
        filled = [k for k in keys if k is not None]
        assert len(keys) == len(STAGES)
        assert keys[: len(filled)] == sorted(filled, reverse=descending)  # type: ignore[type-var]


@pytest.mark.parametrize("key", list(SortKey))
@pytest.mark.parametrize("descending", [False, True])
def test_turning_pages_forth_and_back_shows_every_contract_once(shelf: Shelf, key: SortKey, descending: bool) -> None:
    order = Order(key, descending)
    whole = numbers(read(shelf, order=order))
    pages, after = [], ""
    while True:
        page = read(shelf, order=order, size=2, after=after)
        pages.append(numbers(page))
        if not page.after:
            break
        after = page.after
    assert "".join(pages) == whole
    back = [pages[-1]]
    while page.before:
        page = read(shelf, order=order, size=2, before=page.before)
        back.append(numbers(page))
    assert back[::-1][1:] == pages[1:] or "".join(back[::-1]).endswith(whole[-2:])
    assert "".join(back[::-1]) == whole
    assert page.before == ""
    assert page.after


def test_a_contract_that_changes_between_two_pages_disturbs_no_other(own_shelf: Shelf) -> None:
    first = read(own_shelf, order=Order(SortKey.NUMBER, False), size=3)
    own_shelf.contract("HT-1x")
    assert numbers(read(own_shelf, order=Order(SortKey.NUMBER, False), size=3, after=first.after)) == "345"


@pytest.mark.parametrize("place", ["x", "W10", "WzksMSwiYSJd", "e30", "WzAsImEiLDFd", "!!!", "W251bGxd"])
def test_a_place_that_cannot_be_is_refused_with_a_sentence(shelf: Shelf, place: str) -> None:
    with pytest.raises(BadPlace):
        read(shelf, after=place)


# ---- filters


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), "012345678"),
        (Filter(stages=frozenset({Stage.ACTIVE})), "13"),
        (Filter(stages=frozenset({Stage.ACTIVE, Stage.DRAFT})), "0137"),
        (Filter(flags=frozenset({Flag.RECTIFYING})), "13"),
        (Filter(flags=frozenset({Flag.DISPUTED})), "2"),
        (Filter(flags=frozenset({Flag.DISPUTED, Flag.RECTIFYING})), ""),
        (Filter(form="g"), "02468"),
        (Filter(confidential=True), ""),
        (Filter(confidential=False), "012345678"),
        (Filter(value=Range(Decimal(100), Decimal(100))), "14"),
        (Filter(value=Range(Decimal("100.01"))), "258"),
        (Filter(last_day=Range(None, date(2027, 1, 1))), "06"),
        (Filter(effect=Range(date(2026, 1, 3), date(2026, 1, 4))), "23"),
        (Filter(party="甲公"), "147"),
        (Filter(party="客服1"), "23"),
        (Filter(party="公司"), "012345678"),
        (Filter(party="公司 客服4"), "8"),
        (Filter(party="没有"), ""),
        (Filter(party="甲公", stages=frozenset({Stage.VOID})), "4"),
    ],
)
def test_each_filter_narrows_the_list_and_the_count(shelf: Shelf, wanted: Filter, expected: str) -> None:
    page = read(shelf, wanted, Order(SortKey.NUMBER, False))
    assert (numbers(page), page.count, page.more) == (expected, len(expected), False)


def test_the_owner_is_a_filter(shelf: Shelf) -> None:
    assert numbers(read(shelf, Filter(owner=shelf.lawyer.id), Order(SortKey.NUMBER, False))) == "036"


def test_a_party_of_many_contracts_is_found_the_other_way_round(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MANY", 2)
    assert numbers(read(shelf, Filter(party="甲公"), Order(SortKey.NUMBER, False))) == "147"


def test_counting_stops_at_its_limit_and_says_so(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (store, service):
        monkeypatch.setattr(module, "COUNTED", 4)
    page = read(shelf, size=2)
    assert (page.count, page.more, page.capped) == (4, True, False)
    assert read(shelf, Filter(form="f")).more is False


def test_what_is_handed_out_for_export_has_the_order_of_the_list_and_ends_at_the_limit(shelf: Shelf) -> None:
    order = Order(SortKey.VALUE)
    whole = [line.contract.id for line in read(shelf, order=order).lines]
    with shelf.units() as uow:
        assert register_ids(uow, shelf.lawyer, Filter(), order, 100) == (tuple(whole), False)
        assert register_ids(uow, shelf.lawyer, Filter(), order, 4) == (tuple(whole[:4]), True)


# ---- who sees what


def test_a_confidential_contract_is_neither_shown_nor_counted_nor_handed_out_to_others(own_shelf: Shelf) -> None:
    other = own_shelf.person("sun", "孙律师", Role.DRAFTER, Role.CONTRACT_ADMINISTRATOR, Role.AUDITOR)
    named = own_shelf.person("qian", "钱审批", Role.APPROVER)
    own_shelf.contract("HT-9", party_a="秘密公司", confidential=True, readers=(named,))
    for key in SortKey:
        assert "9" not in numbers(read(own_shelf, order=Order(key), actor=other))
    assert read(own_shelf, actor=other).count == len(STAGES)
    assert read(own_shelf, Filter(party="秘密"), actor=other).count == 0
    assert read(own_shelf, Filter(confidential=True), actor=other).count == 0
    with own_shelf.units() as uow:
        assert len(register_ids(uow, other, Filter(), Order(), 100)[0]) == len(STAGES)
    for actor in (own_shelf.lawyer, named):
        assert numbers(read(own_shelf, Filter(confidential=True), actor=actor)) == "9"
        assert read(own_shelf, actor=actor).count == len(STAGES) + 1
