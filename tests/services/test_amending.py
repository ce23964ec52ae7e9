"""Amendments from the first edit to their day, over both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.domain.digest import digest
from app.domain.errors import ContractError, InputError
from app.domain.papers import PaperState
from app.domain.permissions import Actor, Forbidden, Role
from app.domain.redrafting import Add
from app.services.amending import OURS, THEIRS, add_provision, rebase_amendment, take_back
from app.services.amendment_signing import AmendmentConflict
from app.services.consolidating import history_of
from app.services.filing import load_contract_unasked
from app.services.paper_freezing import PaperBlocked, PaperDamaged, read_frozen, reopen_paper
from app.services.paper_texts import let_pass, load_text
from app.services.versions import list_versions_unasked, read_version_unasked
from app.store.blobs import BlobStore
from app.store.instruments import instruments_of
from app.store.uow import ChangedMeanwhile, UnitOfWork
from tests.services.fixtures import ensure
from tests.services.living import House, d, in_force, noon
from tests.services.paper_house import EFFECT, LATER, TERM, TODAY, Desk, Rewrite, Strike, kit
from tests.services.sharing import both_databases
from tests.services.snapshots import filled

Units = Callable[[], UnitOfWork]
PAYMENT = "fees.payment.term"
REWORDED = Rewrite("process.flow.system", "工单系统与数据", "工单数据归甲方控制，乙方不得复制、导出或者向他人提供。")


house = filled(in_force)


@pytest.fixture
def desk(house: House, blobs: BlobStore) -> Desk:
    return Desk(house.units, blobs, house.contract_id)


def test_an_amendment_changes_the_text_from_its_day_and_not_before(desk: Desk):
    made = desk.amendment(LATER, REWORDED)
    desk.freeze(made)
    signed = desk.sign(made)
    assert (signed.number, signed.sequence, signed.effective_on, signed.in_effect) == ("SHFW-2025-0001-BC-01", 1, EFFECT, False)
    day_before = EFFECT - timedelta(days=1)
    assert "30个自然日" in desk.words(PAYMENT, day_before)
    assert "45个自然日" in desk.words(PAYMENT, EFFECT)
    assert desk.words("process.flow.system", EFFECT) == REWORDED.text
    assert desk.terms(EFFECT).background.value("pay.days_after_confirm") == 45
    assert desk.terms(day_before).background.value("pay.days_after_confirm") == 30


def test_on_its_day_the_consolidated_text_becomes_the_newest_version_exactly_once(desk: Desk):
    made = desk.signed_amendment(LATER)
    assert desk.wake("2026-02-28") == 0
    assert desk.wake("2026-03-05") == 1
    assert desk.wake("2026-03-05") == 0
    with desk.units() as uow:
        newest = list_versions_unasked(uow, desk.contract_id)[0]
        stored = read_version_unasked(uow, newest.id)
        paper = next(r for r in instruments_of(uow.session, desk.contract_id) if r.id == made)
        assert paper.version_id == newest.id
    assert newest.ordinal == 2
    assert "补充协议一" in newest.note
    assert stored.instrument.version == "1.1"
    assert digest(stored.instrument) == digest(desk.terms(EFFECT).consolidated.standing.instrument)


def test_an_amendment_signed_after_its_day_takes_effect_with_the_signing(desk: Desk):
    made = desk.amendment(LATER, effective=None)
    desk.freeze(made)
    signed = desk.sign(made)
    assert signed.in_effect
    assert signed.effective_on == TODAY
    assert "45个自然日" in desk.words(PAYMENT, TODAY)


def test_retroactive_treatment_governs_from_the_day_it_reaches_back_to(desk: Desk):
    made = desk.amendment(LATER, effective=None)
    desk.fill(
        made, **{"amendment.retroactive": True, "amendment.retroactive_from": "2026-01-10",
                 "amendment.retroactive_settlement": "1月份差额并入2月结算单，按新时限重算月度得分，已开发票不作调整。"},
    )  # fmt: skip
    desk.freeze(made)
    desk.sign(made)
    assert "30个自然日" in desk.words(PAYMENT, "2026-01-09")
    assert "45个自然日" in desk.words(PAYMENT, "2026-01-10")
    assert desk.terms("2026-01-15", known_on=TODAY - timedelta(days=1)).consolidated.applied == ()


def test_each_provision_says_which_article_of_which_instrument_changed_it(desk: Desk):
    desk.signed_amendment(LATER)
    desk.later(1).signed_amendment(("pay.days_after_confirm", "40"), effective="2026-04-01")
    with desk.units() as uow:
        history = history_of(uow, desk.actor, desk.contract_id, PAYMENT)
    assert [m.sentence for m in history.marks] == ["由补充协议一第1条修改", "由补充协议二第1条修改"]
    assert "30个自然日" in history.original
    assert history.label == "第8.2.2条"
    assert desk.terms("2026-03-15").consolidated.last(PAYMENT).label == "补充协议一"  # type: ignore[union-attr]


def test_an_edit_can_be_taken_back_and_another_takes_its_place(desk: Desk):
    made = desk.amendment(LATER, REWORDED)
    desk.edit(made, Rewrite("process.flow.system", "工单系统与数据", "乙方不得导出工单数据。"))
    assert len(desk.study(made).edits) == 2
    with desk.units() as uow:
        take_back(uow, desk.actor, desk.now, made, "process.flow.system")
    assert [o.place for o in desk.study(made).changes.lines] == ["第8.2.2条"]
    with desk.units() as uow, pytest.raises(ContractError, match="没有修订"):
        take_back(uow, desk.actor, desk.now, made, "process.flow.system")


def test_added_provisions_are_worded_again_and_follow_when_one_is_taken_back(desk: Desk):
    made = desk.amendment()
    with desk.units() as uow:
        first = add_provision(uow, desk.actor, desk.now, made, TERM, "收据", "乙方应当开具收据。")
    with desk.units() as uow:
        second = add_provision(uow, desk.actor, desk.now, made, first, "", "收据应当载明金额。")
    desk.edit(made, Rewrite(first, "收据", "乙方应当在三日内开具收据。"))
    assert [type(e) for e in desk.study(made).edits] == [Add, Add]
    with desk.units() as uow:
        take_back(uow, desk.actor, desk.now, made, first)
    study = desk.study(made)
    found = study.redraft.after.instrument.provision(second)
    assert found is not None
    assert found.number == "8.2.2之一"
    assert study.redraft.misplaced == ()


def test_two_people_do_not_overwrite_each_other(desk: Desk):
    made = desk.amendment(LATER)
    seen = desk.study(made).revision
    desk.edit(made, REWORDED)
    with desk.units() as uow, pytest.raises(ChangedMeanwhile):
        take_back(uow, desk.actor, desk.now, made, "pay.days_after_confirm", seen=seen)


def test_a_value_out_of_range_is_refused_with_what_is_allowed(desk: Desk):
    made = desk.amendment()
    for name, raw in (
        ("term.end_date", "2027-01-01"),
        ("no.such", "1"),
        ("pay.days_after_confirm", "多"),
    ):
        with pytest.raises(InputError):
            desk.edit(made, (name, raw))


def test_a_vague_amendment_cannot_be_frozen_and_says_why(desk: Desk):
    made = desk.amendment(Rewrite(TERM, "付款期", "甲方应当适当调整付款时间。"))
    with pytest.raises(PaperBlocked) as refused:
        desk.freeze(made)
    assert {"C1-02"} <= {f.rule for f in refused.value.compiled.blocking}
    assert "适当调整" in refused.value.message


def test_a_frozen_amendment_cannot_be_edited_until_it_is_reopened(desk: Desk):
    made = desk.amendment(LATER)
    desk.freeze(made)
    with pytest.raises(ContractError, match="已定稿"):
        desk.edit(made, REWORDED)
    with desk.units() as uow, pytest.raises(ContractError, match="理由"):
        reopen_paper(uow, desk.actor, desk.now, made, " ")
    with desk.units() as uow:
        reopen_paper(uow, desk.actor, desk.now, made, "对方要求修改")
    desk.edit(made, REWORDED)
    desk.freeze(made)
    with desk.units() as uow:
        assert read_frozen(uow, desk.actor, made).ordinal == 2


def test_signing_needs_a_frozen_text_a_signed_copy_and_a_day_that_has_come(desk: Desk):
    made = desk.amendment(LATER)
    with pytest.raises(ContractError, match="起草中"):
        desk.sign(made)
    desk.freeze(made)
    with pytest.raises(InputError, match="尚未到来"):
        desk.sign(made, d("2026-05-01"))
    with pytest.raises(InputError, match="早于"):
        desk.sign(made, d("2026-01-01"))


# ---- drafts side by side


def test_a_parallel_draft_that_meets_a_signed_one_must_be_rebased_with_its_conflicts_shown(desk: Desk):
    one, two = desk.amendment(LATER), desk.amendment(("pay.days_after_confirm", "40"), REWORDED)
    desk.freeze(one)
    desk.freeze(two)
    assert desk.sign(one).stale == ("SHFW-2025-0001-BC-02",)
    with pytest.raises(AmendmentConflict, match="补充协议一已经修改第8"):
        desk.sign(two)
    with desk.units() as uow:
        reopen_paper(uow, desk.actor, desk.now, two, "补充协议一已先签署")
    study = desk.study(two)
    shown = {c.place: c.number for c in study.conflicts}
    assert shown == {"pay.days_after_confirm": "第8.2.2条“付款期”"}
    assert "30个自然日" in study.conflicts[0].before
    assert "45个自然日" in study.conflicts[0].theirs
    assert "40个自然日" in study.conflicts[0].ours
    with pytest.raises(PaperBlocked):
        desk.freeze(two)
    with desk.units() as uow, pytest.raises(ContractError, match="请先就"):
        rebase_amendment(uow, desk.actor, desk.now, desk.today, kit(), two, {})
    with desk.units() as uow:
        rebase_amendment(uow, desk.actor, desk.now, desk.today, kit(), two, dict.fromkeys(shown, OURS))
    assert desk.study(two).conflicts == ()
    assert "45个自然日" in next(x.before for x in desk.study(two).changes.lines if x.place == "第8.2.2条")
    desk.freeze(two)
    desk.sign(two)
    assert "40个自然日" in desk.words(PAYMENT, EFFECT)


def test_a_conflict_may_be_given_up_and_the_rest_of_the_draft_stays(desk: Desk):
    one, two = desk.amendment(LATER), desk.amendment(("pay.days_after_confirm", "40"), REWORDED)
    desk.freeze(one)
    desk.sign(one)
    places = [c.place for c in desk.study(two).conflicts]
    with desk.units() as uow:
        rebase_amendment(uow, desk.actor, desk.now, desk.today, kit(), two, dict.fromkeys(places, THEIRS))
    assert [line.place for line in desk.study(two).changes.lines] == ["第4.1.3条"]


def test_a_parallel_draft_on_other_places_is_signed_without_more_ado(desk: Desk):
    one, two = desk.amendment(LATER), desk.amendment(REWORDED)
    desk.freeze(one)
    desk.freeze(two)
    assert desk.sign(one).stale == ()
    assert desk.sign(two).sequence == 2
    assert "45个自然日" in desk.words(PAYMENT, EFFECT)
    assert desk.words("process.flow.system", EFFECT) == REWORDED.text


def test_an_amendment_may_not_begin_before_a_signed_one_that_changes_the_same_place(desk: Desk):
    desk.signed_amendment(LATER, effective="2026-07-01")
    made = desk.amendment(("pay.days_after_confirm", "40"))
    with pytest.raises(PaperBlocked) as refused:
        desk.freeze(made)
    assert "C1-08" in {f.rule for f in refused.value.compiled.blocking}
    desk.fill(made, **{"amendment.effective_date": "2026-07-01"})
    desk.freeze(made)


# ---- the record


def test_what_the_register_shows_follows_the_amendment(desk: Desk):
    made = desk.amendment(("term.years", 2), ("party_b.name", "示例乙方服务集团有限公司（虚构）"), effective=None)
    with desk.units() as uow:
        let_pass(
            uow,
            desk.actor,
            desk.now,
            desk.today,
            kit(),
            made,
            "C1-06",
            "*",
            "次年节假日安排尚未公布，通知公布后即行录入日历并重算。",
        )
    desk.freeze(made)
    desk.sign(made)
    with desk.units() as uow:
        view = load_contract_unasked(uow, desk.contract_id)
    assert view.last_day == d("2027-12-31")
    assert view.parties[1].name == "示例乙方服务集团有限公司（虚构）"


def test_a_frozen_amendment_reads_the_same_whatever_the_clause_library_says_later(desk: Desk):
    made = desk.signed_amendment(LATER, Strike("process.flow.system"))
    before = desk.terms(EFFECT).consolidated.standing.instrument
    with desk.units() as uow:
        frozen = read_frozen(uow, desk.actor, made)
        assert frozen.operations
    assert desk.terms(EFFECT).consolidated.standing.instrument == before  # read back from stored operations alone
    assert desk.words("process.flow.system", EFFECT) == "（删除）"


def test_a_damaged_text_is_not_handed_out(desk: Desk):
    made = desk.amendment(LATER)
    desk.freeze(made)
    with desk.units() as uow:
        uow.session.execute(
            text(
                "DROP TRIGGER IF EXISTS paper_versions_no_update"
                if uow.session.get_bind().dialect.name == "sqlite"
                else "ALTER TABLE paper_versions DISABLE TRIGGER ALL"
            )
        )
        uow.session.execute(text("UPDATE paper_versions SET tree = replace(tree, '乙方', '丙方')"))
        uow.session.commit()
    with desk.units() as uow, pytest.raises(PaperDamaged):
        read_frozen(uow, desk.actor, made)


def test_who_only_reads_may_study_and_not_change(desk: Desk):
    made = desk.amendment(LATER)
    auditor = Actor("审计员", "auditor-2", frozenset({Role.AUDITOR}))
    with desk.units() as uow:
        ensure(uow, auditor)
        uow.commit()
    assert Desk(desk.units, desk.blobs, desk.contract_id, actor=auditor).study(made).edits
    with pytest.raises(Forbidden):
        Desk(desk.units, desk.blobs, desk.contract_id, actor=auditor).edit(made, REWORDED)


def test_what_was_entered_stays_as_it_was_entered(desk: Desk):
    made = desk.amendment(LATER)
    desk.fill(made, **{"paper.date": "下周一"})
    with desk.units() as uow:
        found = load_text(uow, desk.actor, kit(), made, desk.today)
    assert found.raw["paper.date"] == "下周一"
    assert [f.path for f in found.reading.faults] == ["paper.date"]
    with pytest.raises(PaperBlocked):
        desk.freeze(made)


def test_numbers_run_without_gaps_and_a_void_paper_keeps_its_own(desk: Desk):
    numbers = []
    for _ in range(3):
        made = desk.amendment(effective=None)
        with desk.units() as uow:
            numbers.append(next(r.number for r in instruments_of(uow.session, desk.contract_id) if r.id == made)[-5:])
    assert numbers == ["BC-01", "BC-02", "BC-03"]
    assert PaperState.VOID.label == "已作废"
    assert noon(TODAY) <= desk.now


@both_databases
def test_the_database_itself_refuses_to_change_a_frozen_paper(desk: Desk):
    desk.freeze(desk.amendment(LATER))
    for statement in ("UPDATE paper_versions SET tree = 'x'", "DELETE FROM paper_versions"):
        with desk.units() as uow, pytest.raises(DBAPIError, match="append-only"):
            uow.session.execute(text(statement))
