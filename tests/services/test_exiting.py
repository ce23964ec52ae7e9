"""What is to be done after the end, and the archive."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.errors import ContractError, InputError
from app.domain.exit_plan import TaskKey
from app.domain.lifecycle import Event, IllegalMove, Stage
from app.domain.lifecycle_facts import Facts
from app.domain.permissions import Actor, Forbidden, Role
from app.services.exiting import ExitMissing, archive, begin_due_exits, finish_task, reopen_task
from app.services.filing import DocumentKind, attach_document
from app.services.moving import move
from app.services.record import require_contract
from app.store.blobs import BlobStore
from app.store.uow import ChangedMeanwhile
from tests.services.conftest import Units
from tests.services.ending_office import Office, after_notice, finish
from tests.services.fixtures import LAWYER
from tests.services.living import OFFICIAL, d, in_force
from tests.services.snapshots import filled

rescinded = filled(after_notice)


def document(office: Office, blobs: BlobStore) -> str:
    with office.house.units() as uow:
        return attach_document(
            uow, LAWYER, office.house.now, blobs, office.house.contract_id, kind=DocumentKind.EVIDENCE, name="证明.pdf",
            media_type="application/pdf", content=b"%PDF-1.7 proof",
        ).id  # fmt: skip


def due(office: Office, key: TaskKey) -> date:
    return next(t.task.due.day for t in office.exit().exits[0].tasks if t.task.key is key)


def test_a_task_is_done_with_evidence_and_what_follows_it_gets_its_day(rescinded: Office) -> None:
    assert due(rescinded, TaskKey.CERTIFICATE) == d("2026-10-28")
    finish(rescinded.at("2026-09-02"), TaskKey.DATA_REST, "2026-09-01")
    assert due(rescinded, TaskKey.CERTIFICATE) == d("2026-09-04")
    task = next(t for t in rescinded.exit().exits[0].tasks if t.task.key is TaskKey.DATA_REST)
    assert (task.done_on, task.evidence, task.done_by) == (d("2026-09-01"), "交接单 JJ-001", LAWYER.name)
    assert rescinded.logged("exit.task_done")[0]["task"] == "data_rest"


def test_what_is_missing_of_a_task_is_told_at_once(rescinded: Office, blobs: BlobStore) -> None:
    with pytest.raises(InputError) as caught:
        finish(rescinded, TaskKey.CERTIFICATE, "2026-09-30", evidence=" ")
    assert [f.path for f in caught.value.faults] == ["done_on", "evidence", "document_id"]
    finish(rescinded, TaskKey.CERTIFICATE, "2026-08-04", document_id=document(rescinded, blobs))
    with pytest.raises(InputError, match=r".") as caught:
        finish(rescinded, TaskKey.CERTIFICATE, "2026-08-04", document_id=document(rescinded, blobs))
    assert caught.value.faults[0].path == "key"
    with pytest.raises(ExitMissing):
        finish(rescinded, TaskKey.COMPENSATION, "2026-08-04")


def test_overdue_tasks_are_marked(rescinded: Office) -> None:
    late = {t.task.key for t in rescinded.at("2026-08-14").exit().exits[0].tasks if t.overdue}
    assert late == {TaskKey.STOP, TaskKey.PLAN, TaskKey.EXPORT, TaskKey.RETURN}


def test_a_contract_is_archived_when_every_task_is_done_and_no_sooner(rescinded: Office, blobs: BlobStore) -> None:
    paper = document(rescinded, blobs)

    def file_away(actor: Actor = LAWYER) -> None:
        with rescinded.house.units() as uow:
            archive(uow, actor, rescinded.house.now, OFFICIAL, rescinded.house.contract_id, rescinded.house.view().revision)

    keys = [t.task.key for t in rescinded.exit().exits[0].tasks]
    for key in keys[:-1]:
        finish(rescinded, key, "2026-08-04", document_id=paper)
    with pytest.raises(IllegalMove, match="确认存续条款"):
        file_away()
    finish(rescinded, keys[-1], "2026-08-04", waived=True, evidence="双方书面确认无须告知")
    with pytest.raises(Forbidden):
        file_away(Actor("李律师", "other", frozenset({Role.DRAFTER})))
    file_away()
    assert rescinded.state.stage is Stage.ARCHIVED
    with pytest.raises(ContractError, match="已归档"):
        finish(rescinded, TaskKey.STOP, "2026-08-04")


def test_a_task_taken_back_is_open_again_and_its_record_stays_in_the_log(rescinded: Office) -> None:
    finish(rescinded.at("2026-09-02"), TaskKey.DATA_REST, "2026-09-01")
    found = rescinded.exit().exits[0]
    with rescinded.house.units() as uow:
        reopen_task(
            uow, LAWYER, rescinded.house.now, OFFICIAL, rescinded.house.contract_id, found.id, found.revision, TaskKey.DATA_REST, "发现遗漏副本"
        )  # fmt: skip
    assert due(rescinded, TaskKey.CERTIFICATE) == d("2026-10-28")
    assert rescinded.logged("exit.task_reopened")[0]["reason"] == "发现遗漏副本"


def test_two_people_on_one_exit_do_not_overwrite_each_other(rescinded: Office) -> None:
    stale = rescinded.exit().exits[0]
    finish(rescinded, TaskKey.STOP, "2026-08-04")
    with rescinded.house.units() as uow, pytest.raises(ChangedMeanwhile):
        finish_task(uow, *rescinded.args(), stale.id, stale.revision, TaskKey.STAFF, done_on=d("2026-08-04"), evidence="x")


def test_an_expired_contract_gets_its_exit_from_the_clock_once(units: Units) -> None:
    house = in_force(units, {"renew.mode": "none"}).at("2027-01-01")
    facts = Facts(today=house.today, term=house.desk().state.term_facts(house.today))
    with units() as uow:
        row = require_contract(uow, house.contract_id, lock=True)
        move(uow, LAWYER, house.now, row, Event.TERM_ENDED, facts)
        uow.commit()
    assert begin_due_exits(units, house.now, OFFICIAL) == (1, ())
    assert begin_due_exits(units, house.now, OFFICIAL) == (0, ())
    (found,) = Office(house).exit().exits
    assert (found.ending.how.value, found.ending.on) == ("expired", d("2026-12-31"))
