"""Every check of part C finds what it is for, and the sound papers pass them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.domain.amendment import Assign
from app.domain.assembly import assemble
from app.domain.following import Doubt
from app.domain.lifecycle import Stage
from app.domain.paper_rules import PAPER_RULES, OtherPaper, PaperDraft, proofread_paper
from app.domain.paper_values import Background
from app.domain.papers import PaperKind, PaperState, paper_number, series_of, settlement_number
from app.domain.proofreading import Finding, Place, Severity
from app.domain.rebasing import Conflict, Unsettled
from app.domain.redrafting import Edit, Rewrite, SetValue, Strike, redraft
from app.domain.tree import Text
from app.domain.variables import Answers
from app.library.laws import load_laws
from app.library.loader import load_paper
from tests.domain.standings import demonstration, workshop
from tests.papers.samples import GIVEN, background, contract_with, facts, leaving, made, paper, values_of

K = PaperKind
D = Decimal
Case = tuple[str, Callable[[], PaperDraft]]


def amended(*edits: Edit, **changes: Any) -> PaperDraft:
    return paper(K.AMENDMENT, changes, amendment=facts(redraft(demonstration(), edits, workshop())))


def rows(kind: PaperKind, name: str, place: int = 0, **changes: Any) -> dict[str, Any]:
    """The sample's table with one row changed."""
    found = [dict(r) for r in GIVEN[kind][name]]
    found[place] |= changes
    return {name: tuple(found)}


def without_repeal() -> PaperDraft:
    d = amended(SetValue("dispute.mode", "arbitration"), SetValue("dispute.arb_institution", "北京仲裁委员会"))
    library = load_paper(K.AMENDMENT)
    cut = tuple(
        replace(
            c, sections=tuple(replace(s, provisions=tuple(p for p in s.provisions if "dispute" not in p.id)) for s in c.sections)
        )
        for c in library.chapters
    )
    return replace(d, instrument=assemble(replace(library, chapters=cut), d.answers, d.background.labels()))


def without_right_to_leave() -> Background:
    known = background()
    answers = replace(known.standing.answers, positions={**known.standing.answers.positions, "9.3-t2": "fallback"})
    return replace(known, standing=replace(known.standing, answers=answers))


def refers_to_what_is_gone() -> PaperDraft:
    return amended(Strike("fees.payment.late"))


NEW = Finding("R-28", Severity.ERROR, "合计不等于各行之和。", Place("", "附件一"), (), "重算各行与合计。")
TODAY_LATE = date(2027, 10, 1)


def stretch(**changes: object) -> dict[str, object]:
    """A line of the table of stretches that is right: 100,000.00 × 4.5 % ÷ 365 × 10."""
    line = {"settlement": "JS-1", "due": date(2027, 5, 10), "principal": D("100000.00"), "from": date(2027, 5, 11), "until": date(2027, 5, 20), "days": 10,
            "lpr": D(3), "penalty": D("123.29")}  # fmt: skip
    return {**line, **changes}


DRAFTS: tuple[Case, ...] = (
    ("C0-01", lambda: paper(K.RECTIFICATION, stage=Stage.EXPIRED)),
    ("C0-02", lambda: paper(K.RESCISSION, {"rescission.basis": "本合同第19.9.9条"})),
    ("C0-03", lambda: paper(K.DEMAND, {"paper.date": date(2026, 11, 1)})),
    ("C0-04", lambda: paper(K.DEMAND, {"demand.source": "结算单人民币100.00元（大写：人民币贰佰元整）"})),
    ("C0-05", lambda: paper(K.DEMAND, {"receiver.address": "旧地址"})),
    ("C0-05", lambda: paper(K.DEMAND, {"receiver.email": ""})),
    ("C0-05", lambda: paper(K.DEMAND, {"paper.sender": None})),
    ("C0-06", lambda: paper(K.TERMINATION, {"sign.party_b_signatory": "何书宁", "sign.party_b_authority": "授权委托书二号"})),
    ("C0-06", lambda: paper(K.TERMINATION, {"sign.party_a_signatory": "某人", "sign.party_a_authority": "授权委托书三号"})),
    ("C0-06", lambda: paper(K.AMENDMENT, {"sign.party_a_signatory": "某人", "sign.party_a_authority": None})),
    ("C0-07", lambda: paper(K.NON_RENEWAL, {"non_renewal.settlement_due": None})),
    ("C0-07", lambda: paper(K.RESCISSION, {"rescission.fact_table": ()})),
    ("C0-08", lambda: paper(K.TERMINATION, {"termination.cause": "双方另行协商处理余额。"})),
    ("C0-08", lambda: paper(K.RECTIFICATION, rows(K.RECTIFICATION, "rectification.requirement_table", measure="尽快改善"))),
    ("C1-01", amended),
    ("C1-02", lambda: amended(Rewrite("fees.payment.term", "付款期", "甲方应当根据实际情况付款。"))),
    ("C1-02", lambda: paper(K.AMENDMENT, {"amendment.retroactive_settlement": "双方另行协商。"})),
    ("C1-03", lambda: paper(K.AMENDMENT, {"amendment.effective_date": date(2027, 1, 31)})),
    ("C1-03", lambda: paper(K.AMENDMENT, {"amendment.effective_date": date(2028, 1, 1)})),
    ("C1-03", lambda: paper(K.AMENDMENT, {"amendment.retroactive": True, "amendment.retroactive_from": date(2027, 4, 1)})),
    ("C1-03", lambda: paper(K.AMENDMENT, {"amendment.retroactive": True, "amendment.retroactive_from": date(2026, 1, 1)})),
    ("C1-04", lambda: paper(K.AMENDMENT, {"amendment.retroactive": True, "amendment.retroactive_settlement": "补差。"})),
    ("C1-05", lambda: paper(K.AMENDMENT, amendment=facts(replace(made(), operations=())))),
    ("C1-05", lambda: paper(K.AMENDMENT, {"amendment.comparison_table": ()})),
    ("C1-06", lambda: paper(K.AMENDMENT, amendment=facts(new_findings=(NEW,)))),
    ("C1-07", without_repeal),
    ("C1-08", lambda: paper(K.AMENDMENT, amendment=facts(conflicts=(Conflict("p", "第8.2.1条", "条款", "a", "补充协议一", "旧", "他", "我"),)))),
    ("C1-08", lambda: paper(K.AMENDMENT, amendment=facts(unsettled=(Unsettled(date(2027, 7, 1), "补充协议一", "第8.2.1条"),)))),
    ("C1-09", lambda: amended(Rewrite("fees.payment.term", "付款期", "甲方应当在四十日内付款。"))),
    ("C1-10", lambda: paper(K.AMENDMENT, amendment=facts(replace(made(), doubts=(Doubt("p", "第2.3.3条", "请核对该条。"),))))),
    ("C1-11", lambda: amended(Strike("no.such"))),
    ("C1-12", refers_to_what_is_gone),
    ("C1-13", lambda: paper(K.AMENDMENT, {"amendment.impact_table": ({"item": "税额", "before": "1", "after": "不变"},)})),
    ("C1-14", lambda: amended(SetValue("fees.monthly_fixed", D("110000.00")))),
    ("C1-15", lambda: paper(K.AMENDMENT, amendment=facts(redraft(demonstration(), (SetValue("term.years", 2),), workshop()), renewed=True))),
    ("C2-01", lambda: paper(K.RENEWAL, {"renewal.start": date(2028, 1, 2), "renewal.end": date(2029, 1, 1)})),
    ("C2-01", lambda: paper(K.RENEWAL, {"renewal.start": date(2027, 12, 31)})),
    ("C2-02", lambda: paper(K.RENEWAL, {"renewal.end": date(2029, 1, 1)})),
    ("C2-03", lambda: paper(K.RENEWAL, {"renewal.original_end": date(2027, 12, 30)})),
    ("C2-04", lambda: paper(K.RENEWAL, {"renewal.notice_deadline": date(2027, 11, 1)})),
    ("C2-04", lambda: paper(K.RENEWAL, {"renewal.notice_deadline": date(2029, 11, 1)})),
    ("C2-05", lambda: paper(K.RENEWAL, {"renewal.count": 2})),
    ("C2-06", lambda: paper(K.RENEWAL, rows(K.RENEWAL, "renewal.price_table", after=D("103000.00")))),
    ("C2-06", lambda: paper(K.RENEWAL, rows(K.RENEWAL, "renewal.price_table", rate=D(6), after=D("106000.00")))),
    ("C2-07", lambda: paper(K.RENEWAL, {"renewal.privacy_until": date(2027, 12, 31)})),
    ("C2-08", lambda: paper(K.RENEWAL, rows(K.RENEWAL, "renewal.licence_table", until=date(2028, 6, 1)))),
    ("C2-08", lambda: paper(K.RENEWAL, rows(K.RENEWAL, "renewal.licence_table", until=date(2028, 6, 1), covers=False))),
    ("C2-09", lambda: paper(K.RENEWAL, {"renewal.service_mode": "changed", "renewal.service_table": ({"item": "责任上限", "before": "一", "after": "半"},)})),
    ("C3-01", lambda: paper(K.NON_RENEWAL, {"paper.date": date(2027, 11, 2)})),
    ("C3-01", lambda: paper(K.NON_RENEWAL, arrived_on=date(2027, 11, 2))),
    ("C3-02", lambda: paper(K.NON_RENEWAL, {"non_renewal.end_date": date(2027, 12, 30)})),
    ("C3-02", lambda: paper(K.NON_RENEWAL, {"non_renewal.notice_deadline": date(2027, 11, 5)})),
    ("C3-03", lambda: paper(K.NON_RENEWAL, {"non_renewal.deletion_due": date(2028, 1, 5)})),
    ("C3-03", lambda: paper(K.NON_RENEWAL, {"non_renewal.exit_plan_due": date(2028, 1, 5)})),
    ("C3-03", lambda: paper(K.NON_RENEWAL, {"non_renewal.transition_end": date(2027, 12, 1)})),
    ("C4-01", lambda: paper(K.RESCISSION, today=TODAY_LATE)),
    ("C4-01", lambda: paper(K.RESCISSION, {"rescission.known_on": date(2027, 6, 30)})),
    ("C4-01", lambda: paper(K.RESCISSION, background=contract_with(terminate__right_exercise_days=None), today=date(2028, 6, 13))),
    ("C4-02", lambda: paper(K.RESCISSION, others=())),
    ("C4-02", lambda: paper(K.RESCISSION, others=(OtherPaper(K.DEMAND, "SHFW-2026-0001-CG-01", PaperState.SENT),))),
    ("C4-02", lambda: paper(K.RESCISSION, others=(OtherPaper(K.DEMAND, "SHFW-2026-0001-CG-01", PaperState.ARRIVED, date(2027, 5, 29)),))),
    ("C4-03", lambda: paper(K.RESCISSION, {"rescission.cure_ended": date(2027, 6, 21)})),
    ("C4-03", lambda: paper(K.RESCISSION, {"rescission.cure_ended": date(2027, 6, 8)})),
    ("C4-04", lambda: paper(K.RESCISSION, {"rescission.basis": "合同约定的解除事由"})),
    ("C4-04", lambda: paper(K.RESCISSION, {"rescission.ground": "statutory", "rescission.basis": "根本违约"})),
    ("C4-05", lambda: paper(K.RESCISSION, {"rescission.unperformed": "欠款，请贵方继续履行至合同届满。"})),
    ("C4-05", lambda: paper(K.RESCISSION, {"rescission.unperformed": "欠款，我方保留解除的权利。"})),
    ("C4-06", lambda: paper(K.RESCISSION, {"rescission.demanded": False, "rescission.no_demand_reason": "对方明确拒绝履行。"})),
    ("C4-07", lambda: paper(K.RESCISSION, {"rescission.effect": "automatic", "rescission.automatic_days": 7, "rescission.debt": "付款。"})),
    ("C4-08", lambda: paper(K.RESCISSION, leaving(rescission__end_date=date(2027, 8, 19)))),
    ("C4-08", lambda: paper(K.RESCISSION, leaving(), arrived_on=date(2027, 7, 3))),
    ("C4-09", lambda: paper(K.RESCISSION, leaving("party_b"), background=without_right_to_leave())),
    ("C5-01", lambda: paper(K.TERMINATION, rows(K.TERMINATION, "termination.settlement_table", 1, state="open"))),
    ("C5-02", lambda: paper(K.TERMINATION, rows(K.TERMINATION, "termination.handover_table", due=None))),
    ("C5-03", lambda: paper(K.TERMINATION, {"termination.liability": "borne", "termination.liability_terms": "甲方放弃追究乙方故意造成的财产损失。"})),
    ("C5-04", lambda: paper(K.TERMINATION, {"termination.certificate_due": date(2027, 9, 1)})),
    ("C5-05", lambda: paper(K.TERMINATION, {"termination.balance_due": date(2027, 8, 1)})),
    ("C5-05", lambda: paper(K.TERMINATION, {"termination.balance": D("0.00")})),
    ("C5-05", lambda: paper(K.TERMINATION, {"termination.account": "账号62220000"})),
    ("C6-01", lambda: paper(K.SETTLEMENT, rows(K.SETTLEMENT, "settlement.line_table", incl=D("106000.01")))),
    ("C6-01", lambda: paper(K.SETTLEMENT, rows(K.SETTLEMENT, "settlement.line_table", quantity=D(2)))),
    ("C6-01", lambda: paper(K.SETTLEMENT, rows(K.SETTLEMENT, "settlement.line_table", tax=D("6000.10")))),
    ("C6-02", lambda: paper(K.SETTLEMENT, rows(K.SETTLEMENT, "settlement.total_table", 2, excl=D("107170.00")))),
    ("C6-02", lambda: paper(K.SETTLEMENT, rows(K.SETTLEMENT, "settlement.total_table", excl=D("114001.00")))),
    ("C6-02", lambda: paper(K.SETTLEMENT, {"settlement.payable": D("113589.00")})),
    ("C6-03", lambda: paper(K.SETTLEMENT, {"settlement.deduction_pct": D(25)})),
    ("C6-03", lambda: paper(K.SETTLEMENT, {"settlement.deduction": D("7000.00")})),
    ("C6-04", lambda: paper(K.SETTLEMENT, rows(K.SETTLEMENT, "settlement.line_table", rate=D(9)))),
    ("C6-05", lambda: paper(K.SETTLEMENT, others=(OtherPaper(K.SETTLEMENT, "JS-SHFW-2026-0001-202703", PaperState.FROZEN),))),
    ("C6-05", lambda: paper(K.SETTLEMENT, {"settlement.period_end": date(2027, 2, 1)})),
    ("C6-06", lambda: paper(K.SETTLEMENT, {"settlement.due": date(2027, 5, 7)})),
    ("C6-07", lambda: paper(K.SETTLEMENT, {"settlement.unpaid": D("1.00")})),
    ("C6-08", lambda: paper(K.SETTLEMENT, {"settlement.account": "账号310000000000000001"})),
    ("C6-08", lambda: paper(K.SETTLEMENT, {"settlement.account": "账号末四位9999"})),
    ("C7-01", lambda: paper(K.RECTIFICATION, {"rectification.score_confirmed": date(2027, 5, 13)})),
    ("C7-02", lambda: paper(K.RECTIFICATION, {"rectification.plan_due": date(2027, 5, 18)})),
    ("C7-02", lambda: paper(K.RECTIFICATION, {"rectification.completion_due": date(2027, 6, 10)})),
    ("C7-02", lambda: paper(K.RECTIFICATION, {"rectification.plan_due": date(2027, 7, 30)})),
    ("C7-03", lambda: paper(K.RECTIFICATION, {"rectification.round": 3})),
    ("C7-03", lambda: paper(K.RECTIFICATION, {"rectification.round": 2})),
    ("C7-04", lambda: paper(K.RECTIFICATION, {"rectification.is_demand": True, "rectification.completion_due": date(2027, 5, 25)})),
    ("C8-01", lambda: paper(K.DEMAND, {"demand.grace_days": 10})),
    ("C8-02", lambda: paper(K.DEMAND, {"demand.grace_until": date(2027, 6, 12)})),
    ("C8-02", lambda: paper(K.DEMAND, {"demand.arrival_expected": date(2027, 5, 20)})),
    ("C8-03", lambda: paper(K.DEMAND, rows(K.DEMAND, "demand.amount_table", days=15))),
    ("C8-03", lambda: paper(K.DEMAND, rows(K.DEMAND, "demand.amount_table", penalty=D("500.00")))),
    ("C8-03", lambda: paper(K.DEMAND, {"demand.amount": D("113589.00")})),
    ("C8-04", lambda: paper(K.DEMAND, {"demand.rate_bp": D(5)})),
    ("C8-04", lambda: paper(K.DEMAND, {"demand.by_lpr": True, "demand.lpr_multiple": D(2), "demand.lpr_table": (stretch(),)})),
    ("C8-07", lambda: paper(K.DEMAND, {"demand.by_lpr": True, "demand.lpr_multiple": D("1.5"), "demand.lpr_table": (stretch(days=9),)})),
    ("C8-07", lambda: paper(K.DEMAND, {"demand.by_lpr": True, "demand.lpr_multiple": D("1.5"), "demand.lpr_table": (stretch(penalty=D("123.31")),)})),
    ("C8-05", lambda: paper(K.DEMAND, {"demand.account": "账号62220000"})),
    ("C8-06", lambda: paper(K.DEMAND, {"demand.source": "结算单，逾期将予曝光"})),
)  # fmt: skip


@pytest.mark.parametrize("kind", PaperKind, ids=lambda k: k.value)
def test_a_sound_paper_passes_every_check(kind: PaperKind):
    assert [(f.rule, f.message) for f in proofread_paper(paper(kind))] == []


@pytest.mark.parametrize("sender", ["party_a", "party_b"])
def test_leaving_without_a_ground_needs_no_breach_and_no_demand(sender: str):
    end = date(2027, 8, 31) if sender == "party_a" else date(2027, 10, 31)
    d = paper(K.RESCISSION, leaving(sender, rescission__end_date=end), others=())
    assert [(f.rule, f.message) for f in proofread_paper(d)] == []
    said = "".join(p.text for p in d.instrument.provisions())
    assert d.instrument.title == "提前终止通知"
    assert "无因提前终止" in said
    assert "催告" not in said


@pytest.mark.parametrize(("rule", "draft"), DRAFTS, ids=[f"{rule}-{n}" for n, (rule, _) in enumerate(DRAFTS)])
def test_a_check_finds_what_it_is_for(rule: str, draft: Callable[[], PaperDraft]):
    found = [f for f in proofread_paper(draft()) if f.rule == rule]
    assert found, [(f.rule, f.message) for f in proofread_paper(draft())]
    assert all(f.message.endswith("。") and len(f.fix) >= 6 for f in found)


def test_every_check_has_a_case_that_fails():
    assert {rule.id for rule in PAPER_RULES} == {rule for rule, _ in DRAFTS}


def test_every_legal_basis_of_a_check_is_in_the_law_book():
    book = load_laws()
    assert [(r.id, code) for r in PAPER_RULES for code in r.basis if book.citation(code) is None] == []


def test_checks_have_an_id_of_their_own():
    ids = [rule.id for rule in PAPER_RULES]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("odd", [None, "", "文字", D("1e30"), True, (), ("x",), ({"row": None},), date(1, 1, 1)])
@pytest.mark.parametrize("kind", PaperKind, ids=lambda k: k.value)
def test_a_value_of_the_wrong_kind_never_stops_a_check(kind: PaperKind, odd: Any):
    sound = paper(kind)
    draft = replace(sound, answers=Answers(dict.fromkeys(sound.answers.values, odd)))
    assert isinstance(proofread_paper(draft), tuple)


def test_nothing_known_of_the_contract_never_stops_a_check():
    for kind in PaperKind:
        sound = paper(kind)
        bare = replace(background(), standing=replace(background().standing, answers=Answers({})), signed_on=None)
        assert isinstance(proofread_paper(replace(sound, background=bare)), tuple)


def test_what_the_contract_said_before_is_not_called_vague():
    """The demonstration's own words are not the amendment's."""
    base = demonstration().instrument.provision("fees.payment.term")
    assert base is not None
    d = amended(Rewrite("fees.payment.term", base.title, base.text + "甲方应当在付款当日通知乙方。"))
    assert not [f for f in proofread_paper(d) if f.rule == "C1-02"]


def test_a_changed_way_of_settling_disputes_repeals_the_old_one():
    d = amended(SetValue("dispute.mode", "arbitration"), SetValue("dispute.arb_institution", "北京仲裁委员会"))
    assert not [f for f in proofread_paper(d) if f.rule == "C1-07"]
    assert "全部废止" in "".join(p.text for p in d.instrument.provisions())


def test_the_articles_of_an_amendment_state_every_operation_that_a_person_decided():
    d = paper(K.AMENDMENT)
    assert d.amendment is not None
    operations = d.amendment.redraft.operations
    stated = {i for row in range(len(d.rows("amendment.items"))) for i in [row]}
    assert len(stated) == sum(1 for o in operations if not isinstance(o, Assign))
    assert isinstance(made().after.instrument.provision("process.flow.system").content[0], Text)  # type: ignore[union-attr]


def test_numbers_of_papers():
    assert paper_number(K.AMENDMENT, "SHFW-2026-0001", 3) == "SHFW-2026-0001-BC-03"
    assert settlement_number("SHFW-2026-0001", date(2027, 3, 1)) == "JS-SHFW-2026-0001-202703"
    assert len({series_of(k, "X") for k in PaperKind}) == len(PaperKind)
    assert "paper.no" in values_of(K.DEMAND)
