"""The clock: it wakes tasks, survives their faults and ends in good order."""

from __future__ import annotations

import logging
import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import delete

from app.domain.messages import NewMail
from app.jobs.clock import run_clock, run_task
from app.jobs.tasks import Task, all_tasks
from app.settings import Settings
from app.store.outbox import LOCAL, messages
from app.store.search import IndexedContractRow, PostingRow
from app.wiring import Wiring, now
from tests.data_folders import with_database
from tests.services.shelf import Shelf


def _end_soon(seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGTERM))
    timer.start()
    return timer


def test_every_task_runs_at_the_start_and_again_at_its_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []
    often = Task("often", 1, lambda: runs.append("often") or "")  # type: ignore[func-returns-value]
    rarely = Task("rarely", 3600, lambda: runs.append("rarely") or "")  # type: ignore[func-returns-value]
    timer = _end_soon(1.5)
    run_clock((often, rarely))
    timer.join()
    assert runs.count("rarely") == 1
    assert runs.count("often") == 2


def test_a_task_under_way_is_told_to_end_and_may_finish() -> None:
    finished: list[bool] = []
    ending = threading.Event()

    def work() -> str:
        finished.append(ending.wait(10))
        return ""

    timer = _end_soon(0.3)
    began = time.monotonic()
    run_clock((Task("long", 3600, work, ending),))
    timer.join()
    assert finished == [True]
    assert time.monotonic() - began < 5


def test_a_fault_of_a_task_is_logged_and_does_not_stop_the_clock(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> str:
        raise ZeroDivisionError

    with caplog.at_level(logging.INFO):
        run_task(Task("坏任务", 1, broken))
        run_task(Task("好任务", 1, lambda: "做了一件事"))
    assert "坏任务：出现故障" in caplog.text
    assert "好任务：做了一件事" in caplog.text


def test_the_tasks_of_the_product_deliver_mail_and_sign_the_log_and_are_idle_afterwards(tmp_path: Path) -> None:
    wiring = Wiring(Settings(data_dir=with_database(tmp_path)))
    with wiring.unit_of_work() as uow:
        uow.record(now(), "u1", "test.written", {})
        uow.send(now(), NewMail("k", "a@example.com", "标题", "正文"))
        uow.commit()
    done = {task.name: words for task in all_tasks(wiring) if (words := task.work())}
    assert set(done) == {"邮件投递", "到期提醒", "审计检查点", "审计日志验证"}
    assert done["邮件投递"] == "存入本地发件箱 1 封"
    assert done["到期提醒"].startswith("安排日期 ")  # LPR, laws, and from November on next year's holidays
    assert re.fullmatch(r"已为前 \d 条记录设立检查点", done["审计检查点"])
    assert re.match(r"审计日志共(\d)条，链条一致；前\1条与", done["审计日志验证"])
    assert not any(task.work() for task in all_tasks(wiring))
    with wiring.reading() as uow:
        assert [m.state for m in messages(uow.session)] == [LOCAL]
    assert len(wiring.audit_seal.kept()[0]) == 1
    wiring.engine.dispose()


def test_the_clock_fills_the_search_index(tmp_path: Path) -> None:
    wiring = Wiring(Settings(data_dir=with_database(tmp_path)))
    Shelf(wiring.unit_of_work).contract("HT-1", (("违约金条款",),))
    with wiring.unit_of_work() as uow:
        for table in (PostingRow, IndexedContractRow):
            uow.session.execute(delete(table))
        uow.commit()
    (task,) = (t for t in all_tasks(wiring) if t.name == "全文索引")
    assert task.work() == "编入合同 1 份"
    assert task.work() == ""
