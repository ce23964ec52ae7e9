"""The permission table against one that was written from the roles, not from the code."""

from __future__ import annotations

import pytest

from app.domain.approval_route import Function
from app.domain.lifecycle import Event
from app.domain.permissions import (
    EVENT_ACTIONS,
    NOTHING,
    PERMISSIONS,
    Action,
    Actor,
    Decision,
    Forbidden,
    Hidden,
    Record,
    Role,
    decide,
    may,
    reading_of,
    require,
)

# Columns: nobody, no role, drafter, approver, contract administrator, auditor, system administrator.
# y allowed, f may know but not do, - may not even know. The record is open and belongs to somebody else.
EXPECTED = """
draft.read                --yyyy-
draft.create              --yfyf-
draft.edit                --yfyf-
draft.delete              --yfyf-
document.generate         --yfyf-
contract.read             --yyyy-
contract.file             --yfyf-
contract.submit           --yfyf-
contract.decide           --fyff-
contract.delegate         --fyff-
contract.comment          --yyyf-
contract.void             --ffyf-
contract.signing          --yfyf-
contract.performance      --yfyf-
contract.waive            --ffyf-
contract.ending           --yfyf-
contract.archive          --ffyf-
contract.paper            --yfyf-
contract.confidentiality  --ffyf-
contract.owner            ----y-y
register.export           --yfyy-
register.import           --ffyf-
organisation.read         --yyyy-
organisation.edit         --yfyf-
seal.read                 --yyyy-
seal.keep                 --ffyf-
seal.apply                --yfyf-
seal.handle               --yyyf-
reminder.read             --yyyyy
reminder.keep             --ffyfy
certificate.read          -----yy
certificate.revoke        -----fy
setup.read                ------y
trust.read                --yyyyy
trust.keep                --ffffy
api_token.keep            ----y--
audit.read                -----y-
audit.export              --ffyy-
user.read                 -----yy
user.manage               -----fy
outbox.read               ------y
outbox.retry              ------y
account.use               -yyyyyy
"""
TABLE = {line.split()[0]: line.split()[1] for line in EXPECTED.strip().splitlines()}
PEOPLE = (
    Actor("陌生人"),
    Actor("无角色", "u0"),
    *(Actor(role.label, f"u-{role.value}", frozenset({role})) for role in Role),
)
SIGN = {Decision.ALLOWED: "y", Decision.FORBIDDEN: "f", Decision.HIDDEN: "-"}
OPEN = Record(owner="somebody")
READERS = (Role.DRAFTER, Role.APPROVER, Role.CONTRACT_ADMINISTRATOR, Role.AUDITOR)


def test_every_action_is_in_both_tables() -> None:
    assert {a.value for a in Action} == TABLE.keys() == {a.value for a in PERMISSIONS}


@pytest.mark.parametrize("action", list(Action))
def test_each_role_may_do_what_the_table_says(action: Action) -> None:
    assert "".join(SIGN[decide(person, action, OPEN)] for person in PEOPLE) == TABLE[action.value]


@pytest.mark.parametrize("role", READERS)
def test_a_confidential_record_is_hidden_from_every_role_that_is_not_named(role: Role) -> None:
    closed = Record(owner="somebody", confidential=True, named=frozenset({"another"}))
    person = Actor("某", "me", frozenset({role}))
    assert {decide(person, a, closed) for a in Action if reading_of(a) in (Action.READ_CONTRACTS, Action.READ_DRAFTS)} == {
        Decision.HIDDEN
    }


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize("record", [Record("me", True), Record("somebody", True, frozenset({"me"}))])
def test_owner_and_named_people_read_it(role: Role, record: Record) -> None:
    assert may(Actor("某", "me", frozenset({role})), Action.READ_CONTRACTS, record)


def test_to_be_named_is_not_enough_without_a_role_that_reads() -> None:
    admin = Actor("某", "me", frozenset({Role.SYSTEM_ADMINISTRATOR}))
    assert decide(admin, Action.READ_CONTRACTS, Record("x", True, frozenset({"me"}))) is Decision.HIDDEN


def test_an_empty_owner_names_nobody() -> None:
    assert decide(Actor("某", "", frozenset({Role.DRAFTER})), Action.READ_CONTRACTS, Record("", True)) is Decision.HIDDEN


def test_a_drafter_decides_on_confidentiality_of_the_own_contract_alone() -> None:
    drafter = Actor("某", "me", frozenset({Role.DRAFTER}))
    assert may(drafter, Action.SET_CONFIDENTIALITY, Record("me"))
    assert decide(drafter, Action.SET_CONFIDENTIALITY, OPEN) is Decision.FORBIDDEN


def test_the_auditor_changes_nothing() -> None:
    auditor = Actor("某", "me", frozenset({Role.AUDITOR}))
    allowed = {a for a in Action if may(auditor, a, Record("me"))}
    assert allowed == {
        Action.READ_DRAFTS, Action.READ_CONTRACTS, Action.EXPORT_REGISTER, Action.READ_ORGANISATIONS, Action.READ_SEALS, Action.READ_REMINDERS,
        Action.READ_AUDIT, Action.READ_CERTIFICATES, Action.READ_TRUST,
        Action.EXPORT_CONTRACT_AUDIT, Action.READ_USERS, Action.USE_OWN_ACCOUNT,
    }  # fmt: skip


def test_roles_add_up() -> None:
    both = Actor("某", "me", frozenset({Role.APPROVER, Role.SYSTEM_ADMINISTRATOR}))
    assert may(both, Action.DECIDE_APPROVAL, OPEN)
    assert may(both, Action.MANAGE_USERS)


def test_every_move_of_the_lifecycle_has_its_permission() -> None:
    assert EVENT_ACTIONS.keys() == set(Event)


def test_a_refusal_says_which_of_the_two_it_is() -> None:
    with pytest.raises(Hidden):
        require(PEOPLE[1], Action.EDIT_DRAFT, OPEN)
    with pytest.raises(Forbidden, match="审计（只读）"):
        require(Actor("某", "me", frozenset({Role.AUDITOR})), Action.EDIT_DRAFT, OPEN)
    require(Actor("某", "me", frozenset({Role.DRAFTER})), Action.EDIT_DRAFT, NOTHING)


def test_offices_count_for_approvers_alone() -> None:
    offices = frozenset({Function.LEGAL_HEAD})
    assert Actor("某", "me", frozenset({Role.APPROVER}), offices).approver().functions == offices
    assert Actor("某", "me", frozenset({Role.DRAFTER}), offices).approver().functions == frozenset()


def test_a_drafter_keeps_the_own_api_tokens_alone() -> None:
    drafter = Actor("某", "me", frozenset({Role.DRAFTER}))
    assert may(drafter, Action.KEEP_API_TOKENS, Record("me"))
    assert not may(drafter, Action.KEEP_API_TOKENS, OPEN)


def test_the_head_of_legal_decides_whose_certificates_count() -> None:
    head = Actor("某", "me", frozenset({Role.APPROVER}), frozenset({Function.LEGAL_HEAD}))
    assert may(head, Action.KEEP_TRUST)
    assert decide(Actor("某", "me", frozenset({Role.APPROVER})), Action.KEEP_TRUST) is Decision.FORBIDDEN
