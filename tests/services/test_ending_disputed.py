"""An end that the other side objects to, what the clock tells of endings, and how it all reads in the log."""

from __future__ import annotations

import pytest

from app.domain.audit_words import words_of
from app.domain.errors import InputError
from app.domain.exit_plan import TaskKey
from app.domain.lifecycle import Flag, Stage
from app.domain.lifecycle_facts import Decision
from app.domain.notice import Method
from app.domain.termination import Route
from app.services.ending_clock import Looked, look_at_endings
from app.services.ending_rows import CaseBlocked
from app.services.objections import Outcome, object_to
from app.services.termination import CaseDetails
from app.services.termination_papers import draft_notice
from app.store.audit import entries_of
from tests.services.ending_office import Office, after_demand, after_objection, begun, close, finish
from tests.services.fixtures import LAWYER
from tests.services.living import OFFICIAL, WORK, d
from tests.services.sharing import both_databases
from tests.services.snapshots import filled

office = filled(begun)
demanded = filled(after_demand)
objected = filled(after_objection)


# ---- objection


def test_an_objection_marks_the_dispute_and_leaves_the_ending_as_it_is(objected: Office) -> None:
    assert objected.state.flags == {Flag.DISPUTED}
    assert objected.state.stage is Stage.TERMINATED
    assert objected.case().disputed
    close(objected, Outcome.SETTLED)
    assert objected.state.flags == frozenset()
    assert not objected.case().disputed


@both_databases
def test_a_decision_that_there_was_no_right_brings_the_contract_back(objected: Office) -> None:
    with pytest.raises(InputError):
        close(objected, Outcome.SET_ASIDE)
    close(objected.at("2026-12-01"), Outcome.SET_ASIDE, Decision("（2026）京0105民初0001号", d("2026-11-30")))
    assert objected.state.stage is Stage.ACTIVE
    assert objected.state.flags == frozenset()
    assert objected.exit().exits == ()
    assert objected.case().state == "set_aside"
    assert objected.logged("exit.cancelled")


def test_there_is_one_objection_at_a_time_and_one_end_of_it(objected: Office) -> None:
    with objected.house.units() as uow, pytest.raises(CaseBlocked):
        object_to(
            uow, LAWYER, objected.house.now, objected.house.today, objected.house.contract_id, objected.case_id, objected.case().revision,
            on=d("2026-08-04"), text="再次",
        )  # fmt: skip
    close(objected, Outcome.CONFIRMED, Decision("（2026）京0105民初0002号", d("2026-08-04")))
    with pytest.raises(CaseBlocked):
        close(objected, Outcome.WITHDRAWN)


# ---- the clock and the log


def look(office: Office) -> Looked:
    return look_at_endings(office.house.units, office.house.now, office.house.today, OFFICIAL, WORK.term_post)


def test_the_clock_tells_the_owner_once_of_a_cure_period_that_is_over_and_ends_nothing(demanded: Office) -> None:
    assert look(demanded.at("2026-07-27")).told == 0
    assert look(demanded.at("2026-07-28")).told == 1
    assert look(demanded.at("2026-07-29")).told == 0
    (mail,) = [m for m in demanded.house.mails() if m.key.startswith("ending:")]
    assert "违约解除" in mail.subject
    assert "补救期已经届满" in mail.text
    assert demanded.state.stage is Stage.ACTIVE


def test_the_clock_tells_of_a_day_that_a_person_must_confirm(office: Office) -> None:
    office.at("2026-06-30").open(CaseDetails(Route.CONVENIENCE, by="a"))
    office.do(draft_notice)
    notice = office.case().notice
    assert notice is not None
    (express,) = office.send(notice.id, "2026-06-30", Method.EXPRESS)
    office.at("2026-07-02").arrive(express, "2026-07-02")
    assert look(office.at("2026-08-30")).told == 0
    assert look(office.at("2026-08-31")).told == 1
    assert office.state.stage is Stage.ACTIVE


def test_everything_that_happened_reads_as_a_sentence_in_the_log(objected: Office) -> None:
    finish(objected, TaskKey.STOP, "2026-08-04")
    close(objected, Outcome.SETTLED)
    with objected.house.units() as uow:
        said = [words_of(e).what for e in entries_of(uow.session, objected.house.contract_id)]
    assert [s for s in said if s.startswith("操作 ")] == []
    number = objected.house.view().number
    for sentence in (
        "启动终止事项：违约解除（考核持续不合格）", f"草拟文书 {number}-CG-01", f"合同终止：2026-08-03（{number}-JC-01）",
        "建立退出任务，终止日 2026-08-03", "完成退出任务“停止受理新增工单，进入交接”：2026-08-04", "了结对终止的异议：双方和解，终止不变",
    ):  # fmt: skip
        assert sentence in said
