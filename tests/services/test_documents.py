"""The files of a contract: put in, listed, handed out whole or not at all, and looked after."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.domain.errors import ContractError
from app.domain.permissions import Actor, Forbidden, Role
from app.intake.gate import RefusedFile
from app.intake.uploads import inspect_upload
from app.notify.mail_texts import write_mail
from app.services import documents as service
from app.services.documents import (
    DAMAGED,
    MISSING,
    DocumentDamaged,
    check_blobs,
    file_document,
    list_documents,
    open_document,
)
from app.services.filing import DocumentKind, DocumentMissing, DocumentView
from app.services.record import ContractMissing, require_contract
from app.store.audit import entries_of
from app.store.blobs import BlobStore
from app.store.outbox import messages
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, ensure, later
from tests.services.signed import filed

AUDITOR = Actor("孙审计", "auditor", frozenset({Role.AUDITOR}))
ADMIN = Actor("周系统", "sysadmin", frozenset({Role.SYSTEM_ADMINISTRATOR}))


def inspect(content: bytes, name: str) -> str:
    return inspect_upload(content, name, 1024)


def put(
    units: Units, blobs: BlobStore, contract: str, content: bytes = b"text", actor: Actor = OTHER, **more: object
) -> DocumentView:
    with units() as uow:
        return file_document(
            uow,
            actor,
            NOW,
            blobs,
            inspect,
            contract,
            **{"kind": DocumentKind.EVIDENCE, "name": "会谈纪要.txt", "content": content, **more},
        )  # type: ignore[arg-type]


@pytest.fixture
def contract(units: Units) -> str:
    return filed(units, frozen=False)


def test_a_file_is_put_in_listed_and_handed_out_as_it_was(units: Units, blobs: BlobStore, contract: str) -> None:
    made = put(units, blobs, contract, remark=" 双方到场 ")
    with units() as uow:
        (line,) = list_documents(uow, AUDITOR, contract)
        view, content = open_document(uow, AUDITOR, blobs, contract, made.id)
    assert (line.view, line.version, line.fault) == (view, 0, "")
    assert (content, view.media_type, view.note, view.created_by) == (b"text", "text/plain", "双方到场", "李律师")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"content": b"MZ\0program", "name": "a.pdf"}, "扩展名不符"),
        ({"content": b"x" * 1025}, "上限"),
        ({"content": b""}, "空的"),
        ({"name": "a.exe"}, "可以上传"),
        ({"kind": DocumentKind.GENERATED}, "不能由人上传"),
        ({"remark": "字" * 501}, "至多500个字"),
    ],
)
def test_what_is_not_taken_leaves_nothing_behind(
    units: Units, blobs: BlobStore, contract: str, more: dict[str, object], words: str
) -> None:
    with pytest.raises(ContractError, match=words):
        put(units, blobs, contract, **more)  # type: ignore[arg-type]
    with units() as uow:
        assert list_documents(uow, OTHER, contract) == ()
    assert list(blobs.names()) == []


def test_a_contract_takes_so_many_files_and_no_more(
    units: Units, blobs: BlobStore, contract: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST", 1)
    put(units, blobs, contract)
    with pytest.raises(ContractError, match="至多存1个文件"):
        put(units, blobs, contract)


def test_a_closed_case_takes_no_more_files(units: Units, blobs: BlobStore, contract: str) -> None:
    with units() as uow:
        require_contract(uow, contract).stage = "archived"
        uow.commit()
    with pytest.raises(ContractError, match="只读"):
        put(units, blobs, contract)


def test_who_may_only_read_puts_nothing_in_and_a_closed_contract_is_not_there(
    units: Units, blobs: BlobStore, contract: str
) -> None:
    made = put(units, blobs, contract)
    with pytest.raises(Forbidden):
        put(units, blobs, contract, actor=AUDITOR)
    with units() as uow:
        require_contract(uow, contract).confidential = True
        uow.commit()
    with pytest.raises(ContractMissing):
        put(units, blobs, contract)
    with units() as uow:
        for look in (lambda: list_documents(uow, OTHER, contract), lambda: open_document(uow, OTHER, blobs, contract, made.id)):
            with pytest.raises(ContractMissing):
                look()


def test_a_file_is_found_under_its_own_contract_alone(units: Units, blobs: BlobStore, contract: str) -> None:
    made, other = put(units, blobs, contract), filed(units, frozen=False)
    with units() as uow:
        for place, name in ((other, made.id), (contract, "0" * 32)):
            with pytest.raises(DocumentMissing):
                open_document(uow, OTHER, blobs, place, name)


def spoil(blobs: BlobStore, sha256: str, fault: str) -> None:
    path = blobs.path(sha256)
    path.chmod(0o600)
    if fault == MISSING:
        path.unlink()
    else:
        path.write_bytes(b"tampered")


@pytest.mark.parametrize("fault", [MISSING, DAMAGED])
def test_a_damaged_file_is_never_handed_out_and_the_alarm_is_raised_once(
    units: Units, blobs: BlobStore, contract: str, fault: str
) -> None:
    made = put(units, blobs, contract)
    with units() as uow:
        ensure(uow, ADMIN)
        uow.commit()
    spoil(blobs, made.sha256, fault)
    with units() as uow, pytest.raises(DocumentDamaged, match="已拒绝提供") as refused:
        open_document(uow, OTHER, blobs, contract, made.id)
    assert refused.value.fault == fault
    for _ in range(2):
        check_blobs(units, blobs, lambda: later(1), write_mail)
    with units() as uow:
        assert [line.fault for line in list_documents(uow, OTHER, contract)] == [fault]
        told = {m.user_id: m.text for m in messages(uow.session)}
        actions = [e.action for e in entries_of(uow.session, contract)]
    assert told.keys() == {"sysadmin", "lawyer"}
    assert "SHFW" not in told["sysadmin"]  # who may not know of the contract learns the digest alone
    assert "会谈纪要.txt" in told["lawyer"]
    assert actions.count("document.damaged") == 1


def test_a_file_that_was_restored_is_sound_again(units: Units, blobs: BlobStore, contract: str) -> None:
    made = put(units, blobs, contract)
    spoil(blobs, made.sha256, DAMAGED)
    assert check_blobs(units, blobs, lambda: later(1), write_mail).faulty == (made.sha256,)
    assert blobs.put(b"text") == made.sha256
    done = check_blobs(units, blobs, lambda: later(2), write_mail)
    assert (done.faulty, done.healed) == ((), (made.sha256,))
    with units() as uow:
        assert [line.fault for line in list_documents(uow, OTHER, contract)] == [""]
        assert entries_of(uow.session, contract)[-1].action == "document.restored"


def test_files_are_looked_at_in_turn_and_again_after_a_while(units: Units, blobs: BlobStore, contract: str) -> None:
    for content in (b"one", b"two", b"two", b"three"):
        put(units, blobs, contract, content)
    assert [check_blobs(units, blobs, lambda: later(1), write_mail, limit=2).looked for _ in range(3)] == [2, 1, 0]
    late = later(1) + service.RECHECK + timedelta(seconds=1)
    assert check_blobs(units, blobs, lambda: late, write_mail).looked == 3
    assert check_blobs(units, blobs, lambda: late + service.RECHECK * 2, write_mail, carry_on=lambda: False).looked == 0


def test_the_owner_puts_files_in_like_any_drafter(units: Units, blobs: BlobStore, contract: str) -> None:
    assert put(units, blobs, contract, actor=LAWYER).created_by == "王律师"
    with pytest.raises(RefusedFile):
        put(units, blobs, contract, b"PK\x03\x04", actor=LAWYER, name="a.docx")
