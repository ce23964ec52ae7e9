"""Master data of organisations."""

from __future__ import annotations

import json
from datetime import date

import pytest

from app.domain.errors import InputError
from app.domain.organisations import Licence, LicenceState, ServiceAddress
from app.domain.permissions import Actor, Forbidden, Hidden, Role
from app.services.filing import create_contract
from app.services.registering import (
    OrganisationChanged,
    OrganisationMissing,
    change_organisation,
    check_organisation,
    contracts_of,
    create_organisation,
    find_by_code,
    import_organisations,
    load_organisation,
    search_organisations,
)
from app.store import audit
from app.store.contracts import find_contract
from app.store.organisations import count_organisations, licences_ending
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, PATTERN, TODAY, draft, later, organisation, reference
from tests.services.sharing import both_databases

pytestmark = both_databases

READER = Actor("赵审计", "reader", frozenset({Role.AUDITOR}))
STRANGER = Actor("孙管理员", "stranger", frozenset({Role.SYSTEM_ADMINISTRATOR}))


def made(units: Units, **changes: object) -> str:
    with units() as uow:
        return create_organisation(uow, LAWYER, NOW, organisation(**changes))


def test_an_organisation_comes_back_with_everything_that_was_entered(units: Units) -> None:
    organisation_id = made(units)
    with units() as uow:
        assert load_organisation(uow, LAWYER, organisation_id).details == organisation()
        assert find_by_code(uow, LAWYER, organisation().uscc).id == organisation_id


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
    made(units)
    with units() as uow, pytest.raises(InputError, match="已登记为“示例科技"):
        create_organisation(uow, LAWYER, NOW, organisation(name="另一家", uscc="9111 0105-ma00 0000 7l"))


def test_organisations_abroad_have_no_credit_code_and_there_may_be_many(units: Units) -> None:
    for name in ("Example GmbH", "Example Ltd"):
        made(units, name=name, uscc="")


def test_a_change_on_what_somebody_else_has_changed_is_refused_and_shows_what_they_stored(units: Units) -> None:
    organisation_id = made(units)
    with units() as uow:
        seen = load_organisation(uow, LAWYER, organisation_id).revision
    with units() as uow:
        change_organisation(uow, LAWYER, later(1), organisation_id, seen, organisation(legal_representative="李四"))
    with units() as uow, pytest.raises(OrganisationChanged) as refused:
        change_organisation(uow, OTHER, later(2), organisation_id, seen, organisation(legal_representative="王五"))
    assert (refused.value.theirs.details.legal_representative, refused.value.theirs.updated_by) == ("李四", "王律师")
    with units() as uow:
        assert load_organisation(uow, LAWYER, organisation_id).details.legal_representative == "李四"


def test_a_change_of_a_part_alone_counts_as_a_change(units: Units) -> None:
    organisation_id = made(units)
    with units() as uow:
        changed = change_organisation(uow, LAWYER, later(1), organisation_id, 1, organisation(contacts=()))
    assert changed.revision > 1
    assert changed.details.contacts == ()


def test_the_log_says_what_changed_and_nothing_else(units: Units) -> None:
    organisation_id = made(units)
    with units() as uow:
        change_organisation(uow, OTHER, later(1), organisation_id, 1, organisation(legal_representative="李四"))
        change_organisation(uow, OTHER, later(2), organisation_id, 2, organisation(legal_representative="李四"))
    with units() as uow:
        entries = audit.entries_of(uow.session, organisation_id)
    assert [e.action for e in entries] == ["organisation.created", "organisation.changed"]
    data = json.loads(entries[-1].data)
    assert data["before"] == {"legal_representative": "张三"}
    assert data["after"] == {"legal_representative": "李四"}
    assert data["actor_name"] == "李律师"


def test_licences_that_end_soon_are_found(units: Units) -> None:
    made(units)
    with units() as uow:
        assert [x.number for x in licences_ending(uow.session, date(2030, 12, 31))] == ["京B2-20260001"]
        assert licences_ending(uow.session, date(2030, 12, 30)) == []


def test_an_unknown_organisation_is_missing(units: Units) -> None:
    with units() as uow, pytest.raises(OrganisationMissing):
        load_organisation(uow, LAWYER, "nothing")


def test_who_may_only_read_changes_nothing_and_to_others_it_is_not_there(units: Units) -> None:
    organisation_id = made(units)
    with units() as uow:
        assert load_organisation(uow, READER, organisation_id)
        for action in (
            lambda: create_organisation(uow, READER, NOW, organisation(uscc="")),
            lambda: change_organisation(uow, READER, NOW, organisation_id, 1, organisation()),
            lambda: import_organisations(uow, READER, NOW, [organisation()]),
        ):
            with pytest.raises(Forbidden):
                action()
        for look in (load_organisation, contracts_of, find_by_code):
            with pytest.raises(Hidden):
                look(uow, STRANGER, organisation_id)
        with pytest.raises(Hidden):
            search_organisations(uow, STRANGER, TODAY)


def test_organisations_are_searched_by_name_code_people_and_licence_a_page_at_a_time(units: Units) -> None:
    for number in range(5):
        made(units, name=f"示例{number}有限公司", uscc="")
    made(units, name="甲乙丙100%_公司", legal_representative="欧阳静")
    with units() as uow:

        def names(query: str, **more: int) -> list[str]:
            return [line.name for line in search_organisations(uow, READER, TODAY, query, **more).lines]

        assert names("示例", limit=2, offset=2) == ["示例2有限公司", "示例3有限公司"]
        assert search_organisations(uow, READER, TODAY, "示例", limit=2).found == 5
        assert search_organisations(uow, READER, TODAY, "示例", limit=2).total == 6
        for query in ("欧阳", "0000007l", "b2-2026", "李四 丙", "100%_"):
            assert "甲乙丙100%_公司" in names(query), query
        assert names("%_") == ["甲乙丙100%_公司"]
        assert names("查无此名") == []
        assert len(names("\0")) == 6


def test_licences_that_have_ended_or_will_soon_are_shown_in_the_list(units: Units) -> None:
    ended, soon, late = (
        Licence("许可证", n, valid_until=d)
        for n, d in (("一", date(2026, 11, 21)), ("二", date(2027, 2, 20)), ("三", date(2027, 2, 21)))
    )
    made(units, name="甲公司", uscc="", licences=(late, soon, ended))
    made(units, name="乙公司", uscc="", licences=(late,))
    with units() as uow:
        everyone = {line.name: line for line in search_organisations(uow, READER, TODAY).lines}
        assert everyone["甲公司"].licences == ((ended, LicenceState.ENDED), (soon, LicenceState.ENDING))
        assert everyone["乙公司"].licences == ()
        assert [line.name for line in search_organisations(uow, READER, TODAY, ending=True).lines] == ["甲公司"]


def test_an_import_enters_new_ones_replaces_known_ones_and_leaves_equal_ones_alone(units: Units) -> None:
    organisation_id = made(units)
    again = [
        organisation(legal_representative="李四"),
        organisation(name="Example GmbH", uscc=""),
        organisation(name="示例乙方客户服务有限公司", uscc="91310115MA1K0XYW5B"),
    ]
    with units() as uow:
        done = import_organisations(uow, LAWYER, later(1), again)
    assert (done.created, done.changed, done.unchanged) == (
        ("Example GmbH", "示例乙方客户服务有限公司"),
        ("示例科技（北京）有限公司",),
        (),
    )
    with units() as uow:
        assert load_organisation(uow, LAWYER, organisation_id).details.legal_representative == "李四"
        assert import_organisations(uow, LAWYER, later(2), again[:1]).unchanged == ("示例科技（北京）有限公司",)


def test_an_import_with_a_fault_enters_nothing(units: Units) -> None:
    with units() as uow, pytest.raises(InputError) as refused:
        import_organisations(uow, LAWYER, NOW, [organisation(), organisation(), organisation(name="", uscc="1")])
    assert {f.path for f in refused.value.faults} == {"[1].uscc", "[2].name", "[2].uscc"}
    with units() as uow:
        assert count_organisations(uow.session) == 0


def test_checking_stores_nothing(units: Units) -> None:
    organisation_id = made(units)
    with units() as uow:
        assert [f.path for f in check_organisation(uow, LAWYER, organisation(name=""))] == ["name", "uscc"]
        assert check_organisation(uow, LAWYER, organisation(), organisation_id) == ()


def test_contracts_of_an_organisation_are_shown_without_those_that_may_not_be_read(units: Units) -> None:
    known = made(units, uscc="91110105MA00ABCD4R")
    with units() as uow:
        first, second = draft(uow), draft(uow)
    with units() as uow:
        shown = create_contract(uow, LAWYER, NOW, TODAY, reference(), first, PATTERN)
        hidden = create_contract(uow, LAWYER, later(1), TODAY, reference(), second, PATTERN)
        row = find_contract(uow.session, hidden.id)
        assert row
        row.confidential = True
        uow.session.commit()
    with units() as uow:
        assert [(c.number, c.role) for c in contracts_of(uow, READER, known)] == [(shown.number, "a")]
