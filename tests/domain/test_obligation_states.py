"""What an obligation shows as, what is settled and stays, and the table of events that a person hands in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.domain.event_table import HEADS, read_event_table
from app.domain.obligation_events import EVENTS, recordable
from app.domain.obligation_plan import plan
from app.domain.obligation_state import DutyState, Facts, Shown, print_of, reconcile, shown
from app.domain.term import BEIJING
from tests.domain.planned import basis, catalogue


def test_planning_again_touches_nothing_that_is_settled() -> None:
    one, two, three = plan(catalogue(), basis())[:3]
    moved = replace(one, label="别的")
    stored = {
        one.key: (DutyState.DONE, print_of(one)), two.key: (DutyState.OPEN, print_of(two)), "gone": (DutyState.OPEN, ()),
        "done": (DutyState.DONE, ()), "waived": (DutyState.WAIVED, ()), "disputed": (DutyState.DISPUTED, ()),
    }  # fmt: skip
    changes = reconcile(stored, (moved, replace(two, label="改期"), three))
    assert [i.key for i in changes.added] == [three.key]
    assert [i.key for i in changes.moved] == [two.key]
    assert changes.dropped == ("gone",)


def test_what_was_only_taken_as_done_moves_like_what_is_open() -> None:
    one, two = plan(catalogue(), basis())[:2]
    stored = {one.key: (DutyState.BEFORE, print_of(one)), two.key: (DutyState.BEFORE, print_of(two))}
    changes = reconcile(stored, (one, replace(two, label="改期")))
    assert ([i.key for i in changes.moved], changes.added, changes.dropped) == ([two.key], (), ())


# ---- states

NOON = datetime(2027, 3, 10, 12, 0, tzinfo=BEIJING)
TODAY = NOON.date()


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(DutyState.OPEN, TODAY + timedelta(days=9)), Shown.LATER),
        (Facts(DutyState.OPEN, TODAY + timedelta(days=9), remind_on=TODAY), Shown.SOON),
        (Facts(DutyState.OPEN, TODAY), Shown.SOON),
        (Facts(DutyState.OPEN, TODAY - timedelta(days=1)), Shown.LATE),
        (Facts(DutyState.OPEN, TODAY, NOON - timedelta(minutes=1)), Shown.LATE),
        (Facts(DutyState.OPEN, TODAY, NOON), Shown.SOON),
        (Facts(DutyState.OPEN, None), Shown.STANDING),
        (Facts(DutyState.OPEN, None, begun=True), Shown.PAUSED),
        (Facts(DutyState.DONE, TODAY, done_on=TODAY), Shown.DONE),
        (Facts(DutyState.DONE, TODAY, done_on=TODAY + timedelta(days=1)), Shown.DONE_LATE),
        (Facts(DutyState.DONE, TODAY, NOON, done_on=TODAY, done_at=NOON + timedelta(minutes=1)), Shown.DONE_LATE),
        (Facts(DutyState.WAIVED, TODAY - timedelta(days=9)), Shown.WAIVED),
        (Facts(DutyState.DISPUTED, TODAY - timedelta(days=9)), Shown.DISPUTED),
    ],
)
def test_being_late_is_computed(facts: Facts, expected: Shown) -> None:
    assert shown(facts, NOON) is expected


# ---- a table of events


def test_a_table_of_events_names_every_bad_cell_at_once() -> None:
    cells = [
        HEADS,
        ("SHFW-2026-0001", "工单升级至甲方", "2027/3/1", "14:30", "T-1", "", "p2"),
        ("SHFW-2026-0001", "没有这种事", "2027-13-01", "", "", ""),
        ("", "ticket_escalated", "2027年3月2日", "25:00", "T-2", ""),
        ("", "", "", "", "", ""),
    ]
    table = read_event_table(cells)
    assert [(f.line, f.path) for f in table.faults] == [(3, "事件"), (3, "日期"), (4, "合同编号"), (4, "时刻")]
    (row,) = table.rows
    assert (row.kind, row.moment, row.level) == ("ticket_escalated", datetime(2027, 3, 1, 14, 30, tzinfo=BEIJING), "P2")


def test_a_table_without_its_heads_says_which() -> None:
    assert [f.path for f in read_event_table([("合同编号", "工单")]).faults] == ["事件", "日期", "工单"]
    assert read_event_table([HEADS]).faults[0].problem == "表头以下没有内容"


def test_what_a_person_may_record_has_a_name_and_a_group() -> None:
    assert len(recordable()) > 70
    assert all(k.label and k.group for k in recordable())
    assert len({k.label for k in EVENTS.values()}) == len(EVENTS)
