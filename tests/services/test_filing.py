"""The record of a contract: number, versions, documents."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select, text

from app.domain.errors import ContractError
from app.domain.lifecycle import Event, IllegalMove, Stage
from app.domain.lifecycle_facts import Facts
from app.domain.numbering_pattern import missing_numbers
from app.domain.permissions import Role
from app.services.drafting import compile_draft
from app.services.drafts import DraftMissing, delete_draft, load_draft_unasked, save_answer
from app.services.filing import (
    ContractMissing,
    DocumentKind,
    DocumentMissing,
    attach_document,
    create_contract,
    load_contract_unasked,
    read_document,
    require_contract,
)
from app.services.moving import move
from app.services.registering import create_organisation
from app.services.versions import VersionDamaged, VersionMissing, list_versions_unasked, read_version_unasked, save_version
from app.store.audit import entries_of
from app.store.blobs import BlobDamaged, BlobMissing, BlobStore
from app.store.contracts import ContractRow
from app.store.uow import ChangedMeanwhile, UnitOfWork
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, PATTERN, TODAY, draft, later, organisation, reference, user
from tests.services.sharing import both_databases


def _contract(units: Units, number: str = "", **more: object) -> str:
    with units() as uow:
        draft_id = draft(uow, number)
    with units() as uow:
        return create_contract(uow, LAWYER, NOW, TODAY, reference(), draft_id, PATTERN, **more).id  # type: ignore[arg-type]


def _actions(units: Units, contract_id: str) -> list[str]:
    with units() as uow:
        return [e.action for e in entries_of(uow.session, contract_id)]


# ---- numbers


def test_a_contract_gets_the_next_number_of_its_series_and_the_draft_prints_it(units: Units) -> None:
    first, second = _contract(units), _contract(units)
    with units() as uow:
        assert [load_contract_unasked(uow, c).number for c in (first, second)] == ["SHFW-2026-0001", "SHFW-2026-0002"]
        assert load_draft_unasked(uow, reference().library, load_contract_unasked(uow, first).draft_id).number == "SHFW-2026-0001"


def test_a_typed_number_is_kept_and_the_series_steps_over_it(units: Units) -> None:
    _contract(units, "SHFW-2026-0002")
    numbers = [_contract(units) for _ in range(2)]
    with units() as uow:
        assert [load_contract_unasked(uow, c).number for c in numbers] == ["SHFW-2026-0001", "SHFW-2026-0003"]


def test_a_number_that_a_contract_bears_is_refused(units: Units) -> None:
    _contract(units)
    with pytest.raises(ContractError, match=r"SHFW-2026-0001.*已被使用"):
        _contract(units, "SHFW-2026-0001")


def test_a_draft_that_only_typed_the_next_number_sees_it_as_taken(units: Units) -> None:
    with units() as uow:
        typed = draft(uow, "SHFW-2026-0001")
    contract = _contract(units)
    with units() as uow:
        assert load_contract_unasked(uow, contract).number == "SHFW-2026-0001"
        assert [f.path for f in load_draft_unasked(uow, reference().library, typed).reading.faults] == ["contract.no"]


def test_a_refused_contract_gives_its_number_back(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    with units() as uow:
        draft_id = draft(uow)

    def broken(_self: UnitOfWork) -> None:
        raise RuntimeError("the power went off")

    with monkeypatch.context() as patch, units() as uow:
        patch.setattr(UnitOfWork, "commit", broken)
        with pytest.raises(RuntimeError):
            create_contract(uow, LAWYER, NOW, TODAY, reference(), draft_id, PATTERN)
    with units() as uow:
        assert create_contract(uow, LAWYER, NOW, TODAY, reference(), draft_id, PATTERN).number == "SHFW-2026-0001"


@both_databases
def test_contracts_filed_at_the_same_moment_leave_no_gap_and_no_double(units: Units) -> None:
    count = 12
    with units() as uow:
        drafts = [draft(uow) for _ in range(count)]
    start = threading.Barrier(4)

    def file(worker: int) -> None:
        start.wait()
        for draft_id in drafts[worker::4]:
            with units() as uow:
                create_contract(uow, LAWYER, NOW, TODAY, reference(), draft_id, PATTERN)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(file, range(4)))
    with units() as uow:
        numbers = list(uow.session.scalars(select(ContractRow.number)))
    sequences = [PATTERN.read(n).sequence for n in numbers]  # type: ignore[union-attr]
    assert len(set(sequences)) == count
    assert missing_numbers(sequences) == ()
    assert max(sequences) == count


# ---- the record


def test_the_record_takes_over_parties_sum_and_last_day_from_the_text(units: Units) -> None:
    with units() as uow:
        known = create_organisation(uow, LAWYER, NOW, organisation(uscc="91110105MA00ABCD4R"))
    contract = _contract(units)
    with units() as uow:
        view = load_contract_unasked(uow, contract)
        answers = load_draft_unasked(uow, reference().library, view.draft_id).reading.answers
    assert [p.name for p in view.parties] == [answers.get("party_a.name"), answers.get("party_b.name")]
    assert [p.organisation_id for p in view.parties] == [known, ""]
    assert isinstance(view.value, Decimal)
    assert isinstance(view.last_day, date)
    assert view.state.stage is Stage.DRAFT


def test_a_draft_is_filed_once_and_kept_from_then_on(units: Units) -> None:
    contract = _contract(units)
    with units() as uow:
        draft_id = load_contract_unasked(uow, contract).draft_id
        with pytest.raises(ContractError, match="已登记为合同"):
            create_contract(uow, LAWYER, NOW, TODAY, reference(), draft_id, PATTERN)
        with pytest.raises(ContractError, match="不能删除"):
            delete_draft(uow, LAWYER, draft_id)


def test_filing_a_draft_of_a_closed_contract_again_tells_a_stranger_nothing(units: Units) -> None:
    contract_id = _contract(units, confidential=True)
    with units() as uow:
        stranger = user(uow, "wai", "外所律师", Role.DRAFTER)
        draft_id = require_contract(uow, contract_id).draft_id
        uow.commit()
    assert draft_id
    with units() as uow, pytest.raises(DraftMissing):
        create_contract(uow, stranger, NOW, TODAY, reference(), draft_id, PATTERN)


def test_two_changes_of_one_record_at_once_lose_nothing(units: Units) -> None:
    contract = _contract(units)
    with units() as uow:
        stale = require_contract(uow, contract)
        uow.session.expunge_all()
    with units() as uow:
        require_contract(uow, contract).owner_name = "甲"
        uow.commit()
    with units() as uow:
        uow.session.add(stale)
        stale.owner_name = "乙"
        with pytest.raises(ChangedMeanwhile):
            uow.commit()
    with units() as uow:
        assert load_contract_unasked(uow, contract).owner_name == "甲"


def test_a_move_changes_the_stage_and_is_logged(units: Units) -> None:
    contract = _contract(units)
    with units() as uow:
        row = require_contract(uow, contract, lock=True)
        move(uow, LAWYER, NOW, row, Event.VOIDED, Facts(reason="双方放弃合作"))
        uow.commit()
    with units() as uow:
        assert load_contract_unasked(uow, contract).state.stage is Stage.VOID
        last = entries_of(uow.session, contract)[-1]
    assert last.action == "contract.moved"
    assert json.loads(last.data)["after"] == ["void"]


def test_an_illegal_move_changes_nothing(units: Units) -> None:
    contract = _contract(units)
    with units() as uow:
        row = require_contract(uow, contract, lock=True)
        with pytest.raises(IllegalMove):
            move(uow, LAWYER, NOW, row, Event.TOOK_EFFECT)
    assert _actions(units, contract) == ["contract.created"]


def test_an_unknown_contract_is_missing(units: Units) -> None:
    with units() as uow, pytest.raises(ContractMissing):
        load_contract_unasked(uow, "nothing")


# ---- versions


def test_a_version_reads_back_as_the_very_text_that_was_frozen(units: Units) -> None:
    contract = _contract(units)
    with units() as uow:
        head = save_version(uow, LAWYER, NOW, TODAY, reference(), contract, "首次送审")
    with units() as uow:
        view = load_draft_unasked(uow, reference().library, load_contract_unasked(uow, contract).draft_id)
        stored = read_version_unasked(uow, head.id)
    compiled = compile_draft(reference(), view.reading.answers, TODAY)
    assert stored.instrument == compiled.instrument
    assert stored.answers == compiled.answers
    assert (stored.head.ordinal, stored.head.parent_id, stored.head.note) == (1, "", "首次送审")


def test_versions_form_a_line_and_an_unchanged_text_adds_none(units: Units) -> None:
    contract = _contract(units)
    with units() as uow:
        first = save_version(uow, LAWYER, NOW, TODAY, reference(), contract)
        again = save_version(uow, LAWYER, later(1), TODAY, reference(), contract)
        draft_id = load_contract_unasked(uow, contract).draft_id
        save_answer(uow, LAWYER, later(2), reference().library, draft_id, "contract.sign_place", "上海市浦东新区")
        second = save_version(uow, OTHER, later(3), TODAY, reference(), contract)
        listed = list_versions_unasked(uow, contract)
    assert again == first
    assert second.parent_id == first.id
    assert second.digest != first.digest
    assert [v.ordinal for v in listed] == [2, 1]
    assert _actions(units, contract) == ["contract.created", "version.saved", "version.saved"]


def test_a_version_is_refused_once_the_contract_is_no_longer_drafted(units: Units) -> None:
    contract = _contract(units)
    with units() as uow:
        move(uow, LAWYER, NOW, require_contract(uow, contract, lock=True), Event.VOIDED, Facts(reason="不再需要"))
        uow.commit()
    with units() as uow, pytest.raises(ContractError, match="已作废"):
        save_version(uow, LAWYER, NOW, TODAY, reference(), contract)


def test_a_text_edited_while_it_was_compiled_is_not_frozen(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.services import versions

    contract = _contract(units)

    def meanwhile(*arguments: object) -> object:
        with units() as other:
            draft_id = load_contract_unasked(other, contract).draft_id
            save_answer(other, OTHER, later(1), reference().library, draft_id, "contract.sign_place", "上海市")
        return compile_draft(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(versions, "compile_draft", meanwhile)
    with units() as uow, pytest.raises(ChangedMeanwhile):
        save_version(uow, LAWYER, NOW, TODAY, reference(), contract)
    with units() as uow:
        assert list_versions_unasked(uow, contract) == ()


@pytest.mark.parametrize("column", ["tree", "answers", "digest"])
def test_a_version_changed_behind_the_triggers_is_not_handed_out(units: Units, engine: Engine, column: str) -> None:
    contract = _contract(units)
    with units() as uow:
        head = save_version(uow, LAWYER, NOW, TODAY, reference(), contract)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER versions_no_update"))
        else:
            connection.execute(text("ALTER TABLE versions DISABLE TRIGGER USER"))
        connection.execute(text(f"UPDATE versions SET {column} = replace({column}, substr({column}, 20, 3), 'xyz')"))
    with units() as uow, pytest.raises(VersionDamaged):
        read_version_unasked(uow, head.id)


def test_an_unknown_version_is_missing(units: Units) -> None:
    with units() as uow, pytest.raises(VersionMissing):
        read_version_unasked(uow, "nothing")


# ---- documents


def test_a_document_comes_back_byte_for_byte(units: Units, blobs: BlobStore) -> None:
    contract = _contract(units)
    with units() as uow:
        added = attach_document(
            uow, LAWYER, NOW, blobs, contract,
            kind=DocumentKind.EVIDENCE, name="C:\\扫描\\评估报告.pdf", media_type="application/pdf", content=b"%PDF-1.7 \x00\xff",
        )  # fmt: skip
    with units() as uow:
        view, content = read_document(uow, LAWYER, blobs, contract, added.id)
    assert content == b"%PDF-1.7 \x00\xff"
    assert (view.name, view.size, view.kind) == ("评估报告.pdf", 11, DocumentKind.EVIDENCE)
    assert _actions(units, contract)[-1] == "document.attached"


@pytest.mark.parametrize(("harm", "fault"), [("damage", BlobDamaged), ("remove", BlobMissing)])
def test_a_document_whose_file_was_touched_is_refused(units: Units, blobs: BlobStore, harm: str, fault: type[Exception]) -> None:
    contract = _contract(units)
    with units() as uow:
        added = attach_document(
            uow, LAWYER, NOW, blobs, contract, kind=DocumentKind.OTHER, name="a.txt", media_type="text/plain", content=b"abc"
        )
    path = blobs.path(added.sha256)
    path.chmod(0o640)
    if harm == "damage":
        path.write_bytes(b"abd")
    else:
        path.unlink()
    with units() as uow, pytest.raises(fault):
        read_document(uow, LAWYER, blobs, contract, added.id)


def test_an_empty_file_and_an_unknown_document_are_refused(units: Units, blobs: BlobStore) -> None:
    contract = _contract(units)
    with units() as uow:
        with pytest.raises(ContractError, match="空的"):
            attach_document(
                uow, LAWYER, NOW, blobs, contract, kind=DocumentKind.OTHER, name="a", media_type="text/plain", content=b""
            )
        with pytest.raises(DocumentMissing):
            read_document(uow, LAWYER, blobs, contract, "nothing")
