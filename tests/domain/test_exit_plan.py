"""The exit of sections 11.3, 9.3, 7.2, 7.3 and 8.3: every task with its day, what it hangs on, what goes on binding."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.answers import read_answers
from app.domain.calendar import WorkingCalendar
from app.domain.defaults import complete
from app.domain.exit_plan import Ended, Ending, ExitTask, ExitTerms, TaskKey, exit_tasks, remaining, watches
from app.library.answers_file import load_example
from app.library.loader import load_library
from tests.domain.renewals import OFFICIAL, ONE, calendars, d

END = d("2026-08-03")


def agreed(**changes: Any) -> ExitTerms:
    whole: dict[str, Any] = {
        "transition_days": 60, "export_days": 10, "delete_days": 15, "certificate_workdays": 3, "return_days": 10, "final_days": 30,
        "refund_days": 10, "transfer_all": True, "secret_years": 3, "record_years": 3, "non_solicit_months": 12,
        "surviving": ("7.2", "7.3", "8.3", "9.2"),
    }  # fmt: skip
    return ExitTerms(**{**whole, **changes})


def by_key(ending: Ending, terms: ExitTerms | None = None, done: dict[TaskKey, date] | None = None) -> dict[TaskKey, ExitTask]:
    return {t.key: t for t in exit_tasks(ending, terms or agreed(), OFFICIAL, done)}


def test_after_a_rescission_every_task_has_its_day() -> None:
    tasks = by_key(Ending(Ended.RESCINDED, END))
    assert {k.value: t.due.day.isoformat() for k, t in tasks.items()} == {
        "stop": "2026-08-03",
        "plan": "2026-08-10",
        "export": "2026-08-13",
        "tickets": "2026-10-08",  # 2 October lies in the holiday
        "accounts": "2026-10-08",
        "announce": "2026-10-08",
        "staff": "2026-10-08",
        "support": "2026-10-08",
        "report": "2026-10-08",
        "return": "2026-08-13",
        "accept": "2026-10-08",
        "data": "2026-08-18",
        "data_rest": "2026-10-23",
        "certificate": "2026-10-28",
        "settle": "2026-09-02",
        "settle_transition": "2026-11-09",
        "refund": "2026-09-14",
        "survival": "2026-09-02",
    }


def test_the_reasoning_of_the_certificate_goes_back_to_the_end_of_the_contract() -> None:
    certificate = by_key(Ending(Ended.RESCINDED, END))[TaskKey.CERTIFICATE]
    assert certificate.due.lines == (
        "合同终止：2026年8月3日（周一）",
        "过渡期：自2026年8月3日次日起算60个自然日，为2026年10月2日（周五，国庆节放假）",
        "期间末日遇休假日：2026年10月2日（周五，国庆节放假），顺延至2026年10月8日",
        "自过渡期届满起的返还或者删除期限：自2026年10月8日次日起算15个自然日，为2026年10月23日（周五）",
        "删除证明交付期：自2026年10月23日次日起算3个工作日，为2026年10月28日（周三）",
    )
    assert certificate.proof


def test_what_follows_a_task_is_counted_from_the_day_it_was_done() -> None:
    done = {TaskKey.DATA_REST: d("2026-09-01"), TaskKey.SETTLE: d("2026-08-20")}
    tasks = by_key(Ending(Ended.RESCINDED, END), done=done)
    assert tasks[TaskKey.CERTIFICATE].due.day == d("2026-09-04")
    assert tasks[TaskKey.REFUND].due.day == d("2026-08-31")  # 30 August is a Sunday


def test_before_an_expiry_the_exit_plan_is_due_a_month_ahead() -> None:
    assert by_key(Ending(Ended.EXPIRED, d("2026-12-31")))[TaskKey.PLAN].due.day == d("2026-12-01")


def test_who_leaves_without_ground_pays_compensation() -> None:
    assert TaskKey.COMPENSATION not in by_key(Ending(Ended.RESCINDED, END))
    for party in ("a", "b"):
        task = by_key(Ending(Ended.CONVENIENCE, END, by=party))[TaskKey.COMPENSATION]
        assert (task.obligor, task.source) == (party, f"lifecycle.end.convenience.{party}")


def test_a_contract_that_never_had_effect_has_nothing_to_hand_over() -> None:
    tasks = by_key(Ending(Ended.AGREEMENT, END, in_force=False))
    assert set(tasks) == {TaskKey.RETURN, TaskKey.DATA, TaskKey.SETTLE, TaskKey.SURVIVAL}


def test_pending_tickets_follow_what_was_agreed() -> None:
    assert "移交全部" in by_key(Ending(Ended.EXPIRED, END))[TaskKey.TICKETS].title
    assert "办结" in by_key(Ending(Ended.EXPIRED, END), agreed(transfer_all=False))[TaskKey.TICKETS].title


def test_oca_853_with_everything_done_nothing_remains_and_with_one_open_it_is_named() -> None:
    tasks = exit_tasks(Ending(Ended.RESCINDED, END), agreed(), OFFICIAL)
    done = {t.key: END for t in tasks}
    assert remaining(tasks, done) == ()
    del done[TaskKey.CERTIFICATE]
    assert remaining(tasks, done) == ("出具返还、删除证明（范围、方法、时间和执行人）",)


def test_surviving_duties_come_with_their_last_day() -> None:
    found = {
        w.section: (w.title, w.until.day.isoformat() if w.until else "")
        for w in watches(Ending(Ended.RESCINDED, END), agreed(), OFFICIAL)
    }
    assert found == {
        "7.3": ("保密义务（商业秘密至其为公众所知悉）", "2029-08-03"),
        "7.2": ("个人信息委托处理记录的保存", "2029-08-03"),
        "12.3": ("不招揽对方人员", "2027-08-03"),
        "8.3": ("", ""),
        "9.2": ("", ""),
    }


def test_the_periods_come_from_the_answers_and_every_source_is_a_provision() -> None:
    library = load_library()
    answers = read_answers(library.variables, load_example().data, topics=library.topics()).require()
    found = ExitTerms.from_values(complete(library.variables, answers.values))
    assert (found.transition_days, found.export_days, found.delete_days, found.final_days) == (60, 10, 15, 30)
    assert found.certificate_workdays == 3
    assert "7.2" in found.surviving
    ids = {c.id for c in library.clauses()}
    for how in Ended:
        for task in exit_tasks(Ending(how, END, by="b"), found, OFFICIAL):
            assert task.source in ids, task.key
            for step in task.due.steps:
                assert all(s in ids or ":" in s for s in step.source), step


@given(
    st.dates(date(2026, 1, 1), date(2040, 1, 1)),
    st.sampled_from(Ended),
    calendars(),
    st.integers(15, 180),
    st.integers(1, 30),
    st.integers(0, 200),
)
def test_whatever_the_end_what_follows_never_comes_before_what_it_follows(
    on: date, how: Ended, calendar: WorkingCalendar, transition: int, delete: int, later: int
) -> None:
    terms = agreed(transition_days=transition, delete_days=delete)
    tasks = {t.key: t for t in exit_tasks(Ending(how, on), terms, calendar)}
    assert tasks[TaskKey.SUPPORT].due.day <= tasks[TaskKey.DATA_REST].due.day < tasks[TaskKey.CERTIFICATE].due.day
    assert tasks[TaskKey.SETTLE].due.day < tasks[TaskKey.REFUND].due.day
    done = on + later * ONE
    moved = {t.key: t for t in exit_tasks(Ending(how, on), terms, calendar, {TaskKey.DATA_REST: done})}
    assert moved[TaskKey.CERTIFICATE].due.day > done
    assert {k: t.due for k, t in moved.items() if k is not TaskKey.CERTIFICATE} == {
        k: t.due for k, t in tasks.items() if k is not TaskKey.CERTIFICATE
    }


@pytest.mark.parametrize("how", Ended)
def test_every_task_has_an_obligor_and_a_title(how: Ended) -> None:
    for task in exit_tasks(Ending(how, END, by="a"), agreed(), OFFICIAL):
        assert task.obligor in ("a", "b", "ab")
        assert task.title
