"""Master data of organisations."""

from __future__ import annotations

import json
from datetime import date

import pytest

from app.domain.errors import InputError
from app.services.registering import (
    Licence,
    OrganisationMissing,
    ServiceAddress,
    change_organisation,
    create_organisation,
    load_organisation,
)
from app.store import audit
from app.store.organisations import licences_ending
from app.store.uow import ChangedMeanwhile
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, later, organisation


def test_an_organisation_comes_back_with_everything_that_was_entered(units: Units) -> None:
    with units() as uow:
        organisation_id = create_organisation(uow, LAWYER, NOW, organisation())
    with units() as uow:
        assert load_organisation(uow, organisation_id).details == organisation()


def test_every_fault_is_told_at_once(units: Units) -> None:
    bad = organisation(
        name=" ",
        uscc="91110105MA0000007X",
        size_class="huge",
        addresses=(ServiceAddress("pigeon", "x"),),
        licences=(Licence("许可证", "1", valid_from=date(2027, 1, 1), valid_until=date(2026, 1, 1)),),
    )
    with units() as uow, pytest.raises(InputError) as refused:
        create_organisation(uow, LAWYER, NOW, bad)
    assert {f.path for f in refused.value.faults} == {"name", "uscc", "size_class", "addresses[0]", "licences[0]"}


def test_a_credit_code_belongs_to_one_organisation_however_it_is_typed(units: Units) -> None:
    with units() as uow:
        create_organisation(uow, LAWYER, NOW, organisation())
    with units() as uow, pytest.raises(InputError, match="已登记为“示例科技"):
        create_organisation(uow, LAWYER, NOW, organisation(name="另一家", uscc="9111 0105-ma00 0000 7l"))


def test_organisations_abroad_have_no_credit_code_and_there_may_be_many(units: Units) -> None:
    with units() as uow:
        for name in ("Example GmbH", "Example Ltd"):
            create_organisation(uow, LAWYER, NOW, organisation(name=name, uscc=""))


def test_a_change_on_what_somebody_else_has_changed_is_refused_and_nothing_is_lost(units: Units) -> None:
    with units() as uow:
        organisation_id = create_organisation(uow, LAWYER, NOW, organisation())
        seen = load_organisation(uow, organisation_id).revision
    with units() as uow:
        change_organisation(uow, LAWYER, later(1), organisation_id, seen, organisation(legal_representative="李四"))
    with units() as uow, pytest.raises(ChangedMeanwhile):
        change_organisation(uow, OTHER, later(2), organisation_id, seen, organisation(legal_representative="王五"))
    with units() as uow:
        assert load_organisation(uow, organisation_id).details.legal_representative == "李四"


def test_a_change_of_a_part_alone_counts_as_a_change(units: Units) -> None:
    with units() as uow:
        organisation_id = create_organisation(uow, LAWYER, NOW, organisation())
        seen = load_organisation(uow, organisation_id).revision
        changed = change_organisation(uow, LAWYER, later(1), organisation_id, seen, organisation(contacts=()))
    assert changed.revision > seen
    assert changed.details.contacts == ()


def test_the_log_says_what_changed_and_nothing_else(units: Units) -> None:
    with units() as uow:
        organisation_id = create_organisation(uow, LAWYER, NOW, organisation())
        change_organisation(uow, OTHER, later(1), organisation_id, 1, organisation(legal_representative="李四"))
    with units() as uow:
        data = json.loads(list(audit.entries(uow.session))[-1].data)
    assert data["before"] == {"legal_representative": "张三"}
    assert data["after"] == {"legal_representative": "李四"}
    assert data["actor_name"] == "李律师"


def test_licences_that_end_soon_are_found(units: Units) -> None:
    with units() as uow:
        create_organisation(uow, LAWYER, NOW, organisation())
        assert [x.number for x in licences_ending(uow.session, date(2030, 12, 31))] == ["京B2-20260001"]
        assert licences_ending(uow.session, date(2030, 12, 30)) == []


def test_an_unknown_organisation_is_missing(units: Units) -> None:
    with units() as uow, pytest.raises(OrganisationMissing):
        load_organisation(uow, "nothing")
