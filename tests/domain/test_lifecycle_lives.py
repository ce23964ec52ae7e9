"""Whole lives of contracts: whatever happens in whatever order, the promises of the table hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.domain.effect import Condition, ConditionsPrecedent, Effect, Fulfilment
from app.domain.lifecycle import Event, Flag, IllegalMove, Stage, State, advance, outlook
from app.domain.lifecycle_facts import Decision, Facts, Paper, TermFacts

BEFORE_SIGNING = {Stage.DRAFT, Stage.IN_REVIEW, Stage.APPROVED, Stage.SIGNING}
IN_FORCE = {Stage.ACTIVE, Stage.EXPIRING}
PARTIES = ("甲方", "乙方")


class Life(RuleBasedStateMachine):
    """A contract and the world around it; facts are read off the world, so a move is refused when the world isn't ready."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State()
        self.today = date(2027, 1, 1)
        self.text = 0
        self.approved_text = -1
        self.errors = 1
        self.signed: dict[str, date] = {}
        self.conditions = ConditionsPrecedent((Condition.PIA_DONE, Condition.ANNEX_COMPLETE))
        self.took_effect_on: date | None = None
        self.last_day: date | None = date(2027, 12, 31)
        self.tasks = ("终止结算",)
        self.disputes: tuple[str, ...] = ()
        self.renews = False
        self.history: list[tuple[Stage, Event, Stage]] = []

    def facts(self) -> Facts:
        renewed = None if self.last_day is None else self.last_day.replace(year=self.last_day.year + 1)
        term = TermFacts(
            self.last_day,
            None if self.last_day is None else self.last_day - timedelta(days=90),
            None if self.last_day is None else self.last_day - timedelta(days=60),
            self.renews,
            renewed,
        )
        return Facts(
            today=self.today,
            reason="记录在案的理由",
            digest=f"{self.text:064x}",
            approved_digest="" if self.approved_text < 0 else f"{self.approved_text:064x}",
            blocking_findings=self.errors,
            outstanding_approvals=() if self.approved_text == self.text else ("法务",),
            outstanding_signatures=tuple(p for p in PARTIES if p not in self.signed),
            signing_deadline=date(2027, 3, 1),
            signed_copy="f" * 64,
            effect=Effect(tuple(self.signed.values()), self.conditions),
            took_effect_on=self.took_effect_on,
            term=term,
            paper=Paper("SHFW-2027-0001-XX-01", self.today, self.today, ()),
            decision=Decision("1号", self.today),
            open_tasks=self.tasks,
            open_rectifications=(),
            open_disputes=self.disputes,
        )

    def happen(self, event: Event) -> None:
        before = self.state
        try:
            self.state = advance(before, event, self.facts())
        except IllegalMove:
            assert self.state is before
            return
        self.history.append((before.stage, event, self.state.stage))
        match event:
            case Event.CONTENT_CHANGED:
                self.text += 1
            case Event.SIGNING_STARTED | Event.SIGNING_WITHDRAWN | Event.SIGNING_RETURNED | Event.SIGNING_LAPSED:
                self.signed = {}
            case Event.TOOK_EFFECT:
                self.took_effect_on = self.today
                assert set(self.signed) == set(PARTIES)
                assert not self.conditions.outstanding
            case Event.RENEWED_BY_AGREEMENT | Event.RENEWED_AUTOMATICALLY if self.last_day is not None:
                self.last_day = self.last_day.replace(year=self.last_day.year + 1)
                self.renews = False
            case Event.HELD_OVER:
                self.last_day = None
            case Event.DISPUTE_RAISED:
                self.disputes = (*self.disputes, "异议")
            case _:
                pass

    def live_until(self, stage: Stage) -> None:
        """An ordinary life up to ``stage``, one move after the other."""
        for event in (Event.SUBMITTED, Event.APPROVED, Event.SIGNING_STARTED, Event.EXECUTED, Event.TOOK_EFFECT, Event.RESCINDED):
            if self.state.stage is stage:
                return
            match event:
                case Event.APPROVED:
                    self.errors, self.approved_text = 0, self.text
                case Event.EXECUTED:
                    self.signed = dict.fromkeys(PARTIES, self.today)
                case Event.TOOK_EFFECT:
                    for condition in self.conditions.outstanding:
                        self.a_condition_is_fulfilled(condition)
                case _:
                    pass
            self.happen(event)

    @initialize(stage=st.sampled_from([Stage.DRAFT, Stage.SIGNING, Stage.SIGNED, Stage.ACTIVE, Stage.TERMINATED]))
    def a_life_is_met_at(self, stage: Stage) -> None:
        self.live_until(stage)
        assert self.state.stage is stage

    @rule(event=st.sampled_from(Event))
    def something_happens(self, event: Event) -> None:
        self.happen(event)

    @rule(data=st.data())
    def something_possible_happens(self, data: st.DataObject) -> None:
        possible = [o for o in outlook(self.state, self.facts()) if not o.missing and o.event is not Event.VOIDED]
        if possible:
            chosen = data.draw(st.sampled_from(possible))
            self.happen(chosen.event)
            assert self.state.stage is chosen.target

    @rule(days=st.integers(1, 120))
    def time_passes(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(errors=st.sampled_from([0, 0, 2]))
    def proofreading_runs(self, errors: int) -> None:
        self.errors = errors

    @rule()
    def approvers_approve_the_text_at_hand(self) -> None:
        if self.state.stage is Stage.IN_REVIEW:
            self.approved_text = self.text

    @rule(party=st.sampled_from(PARTIES))
    def a_party_signs(self, party: str) -> None:
        if self.state.stage in (Stage.SIGNING, Stage.DRAFT):
            self.signed[party] = self.today

    @rule(condition=st.sampled_from([Condition.PIA_DONE, Condition.ANNEX_COMPLETE]))
    def a_condition_is_fulfilled(self, condition: Condition) -> None:
        if condition in self.conditions.outstanding:
            self.conditions = self.conditions.check_off(Fulfilment(condition, self.today, "PIA-1", "lin"), self.today)

    @rule(renews=st.booleans())
    def the_renewal_is_looked_at(self, renews: bool) -> None:
        self.renews = renews and self.last_day is not None

    @rule()
    def exit_tasks_are_done(self) -> None:
        self.tasks = ()

    @rule()
    def disputes_are_settled(self) -> None:
        self.disputes = ()

    @invariant()
    def flags_stand_only_where_they_may(self) -> None:
        assert Flag.RECTIFYING not in self.state.flags or self.state.stage in IN_FORCE
        assert Flag.DISPUTED not in self.state.flags or self.state.stage not in BEFORE_SIGNING | {Stage.ARCHIVED, Stage.VOID}

    @invariant()
    def only_the_approved_text_is_out_for_signature(self) -> None:
        if self.state.stage in (Stage.APPROVED, Stage.SIGNING):
            assert self.text == self.approved_text

    @invariant()
    def nobody_performs_before_signatures_and_conditions(self) -> None:
        if self.state.stage in IN_FORCE or any(after in IN_FORCE for _, _, after in self.history):
            assert set(self.signed) == set(PARTIES)
            assert not self.conditions.outstanding
            assert self.took_effect_on is not None

    @invariant()
    def a_contract_takes_effect_once(self) -> None:
        assert sum(e is Event.TOOK_EFFECT for _, e, _ in self.history) <= 1

    @invariant()
    def a_signed_contract_is_never_a_draft_again(self) -> None:
        stages = [after for _, _, after in self.history]
        if Stage.SIGNED in stages:
            after = stages[stages.index(Stage.SIGNED) :]
            assert not BEFORE_SIGNING & set(after)
            assert Stage.VOID not in after

    @invariant()
    def nothing_follows_the_end(self) -> None:
        assert not any(before in (Stage.ARCHIVED, Stage.VOID) for before, _, _ in self.history)

    @invariant()
    def archives_hold_only_what_is_settled(self) -> None:
        if self.state.stage is Stage.ARCHIVED:
            assert self.tasks == ()
            assert self.state.flags == frozenset()


Life.TestCase.settings = settings(
    max_examples=50, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestLife = Life.TestCase


def test_an_ordinary_life_runs_from_draft_to_archive() -> None:
    life = Life()
    life.live_until(Stage.SIGNING)
    life.signed = dict.fromkeys(PARTIES, life.today)
    life.happen(Event.EXECUTED)
    life.happen(Event.TOOK_EFFECT)
    assert life.state.stage is Stage.SIGNED, "conditions precedent are outstanding"
    for condition in life.conditions.outstanding:
        life.a_condition_is_fulfilled(condition)
    life.happen(Event.TOOK_EFFECT)
    life.today = date(2027, 10, 2)
    life.happen(Event.WINDOW_OPENED)
    life.today = date(2028, 1, 1)
    life.happen(Event.TERM_ENDED)
    life.happen(Event.ARCHIVED)
    assert life.state.stage is Stage.EXPIRED, "exit tasks are open"
    life.tasks = ()
    life.happen(Event.ARCHIVED)
    assert life.state == State(Stage.ARCHIVED)
    assert [e for _, e, _ in life.history][-3:] == [Event.WINDOW_OPENED, Event.TERM_ENDED, Event.ARCHIVED]


def test_facts_of_yesterday_do_not_carry_over_to_a_changed_text() -> None:
    life = Life()
    life.happen(Event.SUBMITTED)
    life.errors, life.approved_text = 0, life.text
    life.happen(Event.APPROVED)
    life.happen(Event.CONTENT_CHANGED)
    assert life.state.stage is Stage.DRAFT
    life.happen(Event.SUBMITTED)
    life.happen(Event.APPROVED)
    assert life.state.stage is Stage.IN_REVIEW, "the old approval binds another text"
    stale = replace(life.facts(), outstanding_approvals=())
    assert any("不一致" in m for o in outlook(life.state, stale) if o.event is Event.APPROVED for m in o.missing)
