"""Services ask the permission table themselves; no door has to be trusted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.domain.errors import ContractError
from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts
from app.domain.permissions import Actor, Forbidden, Hidden, Role
from app.domain.variables import DeviationKind
from app.services.drafts import (
    acknowledge,
    choose_position,
    create_draft,
    delete_draft,
    deviate,
    load_draft_unasked,
    save_answer,
    withdraw_acknowledgement,
)
from app.services.filing import (
    DocumentKind,
    DocumentMissing,
    attach_document,
    create_contract,
    load_contract_unasked,
    read_document,
    require_contract,
)
from app.services.journal import CLOCK
from app.services.moving import move
from app.services.record import ContractMissing
from app.services.versions import save_version
from app.store.blobs import BlobStore
from app.store.contracts import ContractRow
from app.store.uow import UnitOfWork
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, PATTERN, TODAY, draft, reference

AUDITOR = Actor("审计", "auditor", frozenset({Role.AUDITOR}))
NOBODY = Actor("无角色", "nobody")
PLACE = "contract.sign_place"

Use = Callable[[UnitOfWork, Actor, str, str, BlobStore], object]
LIBRARY = reference().library
OF_DRAFTS: dict[str, Use] = {
    "save_answer": lambda u, a, d, c, b: save_answer(u, a, NOW, LIBRARY, d, PLACE, "上海市"),
    "choose_position": lambda u, a, d, c, b: choose_position(u, a, NOW, LIBRARY, d, next(iter(LIBRARY.topics())).id, "fallback"),
    "deviate": lambda u, a, d, c, b: deviate(
        u, a, NOW, LIBRARY, d, kind=DeviationKind.REMOVE, provision=next(iter(LIBRARY.clauses())).id, reason="对方要求删去"
    ),
    "acknowledge": lambda u, a, d, c, b: acknowledge(u, a, NOW, LIBRARY, d, rule="R-46", place="*", reason="理由" * 20),
    "withdraw_acknowledgement": lambda u, a, d, c, b: withdraw_acknowledgement(u, a, NOW, LIBRARY, d, rule="R-46", place="*"),
    "delete_draft": lambda u, a, d, c, b: delete_draft(u, a, d),
    "create_draft": lambda u, a, d, c, b: create_draft(u, a, NOW, LIBRARY),
    "create_contract": lambda u, a, d, c, b: create_contract(u, a, NOW, TODAY, reference(), d, PATTERN),
}  # fmt: skip
OF_CONTRACTS: dict[str, Use] = {
    "save_version": lambda u, a, d, c, b: save_version(u, a, NOW, TODAY, reference(), c),
    "attach_document": lambda u, a, d, c, b: attach_document(
        u, a, NOW, b, c, kind=DocumentKind.OTHER, name="a.txt", media_type="text/plain", content=b"a"
    ),
    "move": lambda u, a, d, c, b: move(u, a, NOW, require_contract(u, c), Event.VOIDED, Facts(reason="不再需要")),
}


@pytest.fixture
def filed(units: Units) -> tuple[str, str]:
    """A draft and the contract that it is filed as."""
    with units() as uow:
        draft_id = draft(uow)
    with units() as uow:
        return draft_id, create_contract(uow, LAWYER, NOW, TODAY, reference(), draft_id, PATTERN).id


@pytest.mark.parametrize("name", [*OF_DRAFTS, *OF_CONTRACTS])
def test_who_only_reads_changes_nothing(units: Units, blobs: BlobStore, filed: tuple[str, str], name: str) -> None:
    use = (OF_DRAFTS | OF_CONTRACTS)[name]
    with units() as uow, pytest.raises(Forbidden):
        use(uow, AUDITOR, *filed, blobs)
    with units() as uow, pytest.raises((Hidden, ContractMissing)):
        use(uow, NOBODY, *filed, blobs)


@pytest.mark.parametrize("name", [n for n in OF_DRAFTS if n not in ("create_draft", "create_contract")] + list(OF_CONTRACTS))
def test_a_confidential_contract_is_closed_to_whoever_is_not_named(
    units: Units, blobs: BlobStore, filed: tuple[str, str], name: str
) -> None:
    with units() as uow:
        uow.session.get_one(ContractRow, filed[1]).confidential = True
        uow.commit()
    stranger = Actor("赵律师", "zhao", frozenset({Role.DRAFTER, Role.CONTRACT_ADMINISTRATOR}))
    with units() as uow, pytest.raises((Hidden, ContractMissing)):
        (OF_DRAFTS | OF_CONTRACTS)[name](uow, stranger, *filed, blobs)


def test_the_clock_moves_a_contract_only_where_the_calendar_may(units: Units, filed: tuple[str, str]) -> None:
    with units() as uow, pytest.raises((Hidden, Forbidden)):
        move(uow, CLOCK, NOW, require_contract(uow, filed[1]), Event.VOIDED, Facts(reason="不再需要"))


def test_the_number_of_a_filed_contract_is_not_edited_any_more(units: Units, filed: tuple[str, str]) -> None:
    with units() as uow, pytest.raises(ContractError, match="编号不能再改"):
        save_answer(uow, LAWYER, NOW, LIBRARY, filed[0], "contract.no", "SHFW-2026-0999")
    with units() as uow:
        assert load_draft_unasked(uow, LIBRARY, filed[0]).number == load_contract_unasked(uow, filed[1]).number


def test_a_file_is_read_only_through_its_own_contract_by_somebody_who_may(
    units: Units, blobs: BlobStore, filed: tuple[str, str]
) -> None:
    with units() as uow:
        file = attach_document(
            uow, LAWYER, NOW, blobs, filed[1], kind=DocumentKind.OTHER, name="a.txt", media_type="text/plain", content=b"a"
        )
    with units() as uow:
        other = create_contract(uow, LAWYER, NOW, TODAY, reference(), draft(uow), PATTERN).id
    with units() as uow, pytest.raises(DocumentMissing):
        read_document(uow, LAWYER, blobs, other, file.id)
    with units() as uow, pytest.raises(ContractMissing):
        read_document(uow, NOBODY, blobs, filed[1], file.id)
    with units() as uow:
        assert read_document(uow, AUDITOR, blobs, filed[1], file.id)[1] == b"a"
