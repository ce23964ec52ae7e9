"""Saved views and their plain form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InputError
from app.domain.lifecycle import Flag, Stage
from app.domain.permissions import Actor, Role
from app.services.register import Filter, Order
from app.services.register_settings import USUAL, Column, Settings, plain_settings, read_settings
from app.services.register_views import (
    SavedView,
    ViewMissing,
    choose_default,
    default_view,
    delete_view,
    list_views,
    load_view,
    save_view,
)
from app.store.audit import entries
from app.store.register import Range, SortKey
from tests.services.conftest import Units
from tests.services.fixtures import NOW, user

ACTIVE = Settings(
    Filter(text="违约金", stages=frozenset({Stage.ACTIVE}), party="星河"), Order(SortKey.VALUE), (Column.NUMBER, Column.VALUE)
)

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40).map(str.strip)
days = st.none() | st.dates()
amounts = st.none() | st.decimals(0, 10**12, places=2)


def ranges(ends: st.SearchStrategy[object]) -> st.SearchStrategy[Range]:
    return st.tuples(ends, ends).map(lambda e: Range(*(sorted(e) if None not in e else e)))  # type: ignore[type-var]


@given(
    st.builds(
        Settings,
        st.builds(
            Filter, words, st.frozensets(st.sampled_from(Stage)), st.frozensets(st.sampled_from(Flag)), words, words, words,
            st.none() | st.booleans(), ranges(amounts), ranges(days), ranges(days),
        ),
        st.builds(Order, st.sampled_from(SortKey), st.booleans()),
        st.sets(st.sampled_from(Column)).map(lambda chosen: tuple(c for c in Column if c in chosen | {Column.NUMBER})),
    )
)  # fmt: skip
def test_settings_come_back_from_their_plain_form(settings: Settings) -> None:
    assert read_settings(plain_settings(settings)) == (settings, ())


def test_what_cannot_be_used_is_a_fault_each_and_the_rest_holds() -> None:
    settings, faults = read_settings({
        "q": ["服务"], "stage": ["active", "no-such"], "value_from": ["一百"], "value_to": ["1,000.50"], "effect_to": ["2026-02-30"],
        "last_from": ["2027-01-02"], "last_to": ["2027-01-01"], "sort": ["nothing"], "col": ["value", "nothing"], "unknown": ["x"],
    })  # fmt: skip
    assert [f.path for f in faults] == ["value_from", "effect_to", "last_from"]
    assert settings.filter.value == Range(None, Decimal("1000.50"))
    assert settings.filter.stages == {Stage.ACTIVE}
    assert settings.filter.last_day == Range(date(2027, 1, 2), date(2027, 1, 1))
    assert settings.columns == (Column.NUMBER, Column.VALUE)
    assert settings.order == Order()


def test_nothing_asked_for_is_the_usual_register() -> None:
    assert read_settings({}) == (Settings(), ())
    assert plain_settings(Settings()) == {}
    assert read_settings({"sort": ["value"]})[0].order == Order(SortKey.VALUE, True)
    assert read_settings({"sort": ["number"]})[0].order == Order(SortKey.NUMBER, False)
    assert Settings().columns == USUAL


@pytest.fixture
def wang(units: Units) -> Actor:
    with units() as uow:
        made = user(uow, "wang", "王律师", Role.DRAFTER)
        uow.commit()
    return made


@pytest.fixture
def sun(units: Units) -> Actor:
    with units() as uow:
        made = user(uow, "sun", "孙审计", Role.AUDITOR)
        uow.commit()
    return made


def save(units: Units, actor: Actor, name: str = "履行中", settings: Settings = ACTIVE, *, shared: bool = False) -> str:
    with units() as uow:
        return save_view(uow, actor, NOW, name, settings, shared=shared)


def views(units: Units, actor: Actor) -> tuple[SavedView, ...]:
    with units() as uow:
        return list_views(uow, actor)


def test_a_view_comes_back_as_it_was_saved(units: Units, wang: Actor) -> None:
    view_id = save(units, wang)
    with units() as uow:
        assert load_view(uow, wang, view_id) == SavedView(view_id, "履行中", False, True, "王律师", False, ACTIVE)


def test_saving_under_the_same_name_replaces_the_own_view_only(units: Units, wang: Actor, sun: Actor) -> None:
    first = save(units, wang)
    assert save(units, wang, settings=Settings()) == first
    assert save(units, sun) != first
    assert [v.settings for v in views(units, wang)] == [Settings()]


def test_a_view_is_seen_by_others_once_it_is_shared_and_changed_by_its_owner_alone(units: Units, wang: Actor, sun: Actor) -> None:
    view_id = save(units, wang)
    assert views(units, sun) == ()
    with units() as uow, pytest.raises(ViewMissing):
        load_view(uow, sun, view_id)
    save(units, wang, shared=True)
    assert [(v.name, v.own, v.owner_name) for v in views(units, sun)] == [("履行中", False, "王律师")]
    with units() as uow, pytest.raises(ViewMissing):
        delete_view(uow, sun, NOW, view_id)


def test_the_default_view_is_each_persons_own_choice_and_ends_with_the_view(units: Units, wang: Actor, sun: Actor) -> None:
    view_id = save(units, wang, shared=True)
    for actor in (wang, sun):
        with units() as uow:
            choose_default(uow, actor, NOW, view_id)
    with units() as uow:
        choose_default(uow, wang, NOW, "")
        assert default_view(uow, wang) is None
        shown = default_view(uow, sun)
    assert shown
    assert shown.default
    save(units, wang, shared=False)
    with units() as uow:
        assert default_view(uow, sun) is None
    with units() as uow:
        delete_view(uow, wang, NOW, view_id)
    assert views(units, wang) == ()
    with units() as uow:
        assert default_view(uow, sun) is None


@pytest.mark.parametrize("name", ["", "  ", "长" * 61])
def test_a_view_needs_a_name_of_reasonable_length(units: Units, wang: Actor, name: str) -> None:
    with pytest.raises(InputError):
        save(units, wang, name)


def test_what_becomes_of_views_is_logged(units: Units, wang: Actor) -> None:
    view_id = save(units, wang)
    with units() as uow:
        choose_default(uow, wang, NOW, view_id)
    with units() as uow:
        delete_view(uow, wang, NOW, view_id)
    with units() as uow:
        assert [e.action for e in entries(uow.session)] == ["view.saved", "view.default", "view.deleted"]
