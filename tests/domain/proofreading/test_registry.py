"""Running the rules: order, stages, legal basis, robustness, and what lets a warning pass."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.domain.proofreading import RULES, Draft, Severity, Stage, proofread, unresolved
from app.domain.proofreading.finding import ReplaceText, SetVariable
from app.domain.variables import Acknowledgement, Answers, Variable, VariableSet, VariableType
from app.library.laws import load_laws
from tests.domain.proofreading.drafts import TODAY, VALUES, draft, found, instrument

REASON = "法务意见：许可证正在换发，换发前由甲方系统与号码承载话务。"


def test_the_sound_draft_has_no_finding():
    assert [(f.rule, f.message) for f in proofread(draft())] == []


def test_nothing_answered_never_stops_a_rule():
    empty = Draft(Answers({}), instrument(), VariableSet.of([]), load_laws(), TODAY)
    assert all(f.rule for f in proofread(empty))


@pytest.mark.parametrize(
    "odd", [None, "", "文字", Decimal("1e30"), True, (), ("x",), ({"from": "a", "weight": None},), date(1, 1, 1)]
)
def test_a_value_of_the_wrong_kind_never_stops_a_rule(odd: object):
    for stage in Stage:
        assert isinstance(proofread(draft(dict.fromkeys(VALUES, odd)), stage), tuple)


def test_an_empty_tree_never_stops_a_rule():
    tree = instrument(without=frozenset(f"{c}.{s}" for c in range(1, 15) for s in range(1, 4)))
    assert found("R-26", draft(tree=tree))


def test_every_legal_basis_is_in_the_law_book():
    book = load_laws()
    assert [(r.id, code) for r in RULES for code in r.basis if book.citation(code) is None] == []


def test_every_rule_says_how_to_mend_it():
    assert [r.id for r in RULES if len(r.fix) < 6] == []


def test_a_finding_carries_article_and_gist():
    finding = found("R-13", draft({"pay.late_daily_rate_bp": Decimal(5)}))[0]
    assert finding.basis[0].text == "《民法典》第585条"
    assert finding.basis[0].gist
    assert "18.25%" in finding.message
    assert "12%" in finding.message


def test_errors_come_before_warnings_and_information():
    d = draft({"lpr.as_of": date(2026, 1, 1), "pay.late_daily_rate_bp": Decimal(5), "service.hours_per_day": Decimal(9)})
    ranks = [f.severity.rank for f in proofread(d)]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 3


def test_pure_text_rules_wait_for_the_review():
    d = draft(texts={"10.3": ("微信群聊内容视为对本合同的变更。",)})
    assert not [f for f in proofread(d, Stage.SAVED) if f.rule == "R-45"]
    assert [f for f in proofread(d, Stage.REVIEW) if f.rule == "R-45"]


def test_a_mechanical_fix_really_mends_the_draft():
    broken = {"term.end_date": date(2028, 1, 1)}
    patch = found("R-05", draft(broken))[0].patch
    assert isinstance(patch, SetVariable)
    assert found("R-05", draft({**broken, patch.variable: patch.value})) == ()


def test_a_mechanical_fix_of_text_really_mends_the_sentence():
    sentence = "依据《合同法》第一百一十四条支付违约金，相当于损失。"
    patch = found("R-33", draft(texts={"9.2": (sentence,)}))[0].patch
    assert patch == ReplaceText("p9_2.a", "《合同法》第一百一十四条", "《民法典》第585条")
    assert found("R-33", draft(texts={"9.2": (sentence.replace(patch.old, patch.new),)})) == ()


def test_a_value_let_in_beyond_its_range_is_reported_by_the_rule_that_owns_it():
    variable = Variable(
        "sla.p1_resolve_hours", "P1 解决", VariableType.DECIMAL, "6.3", minimum=Decimal(8), maximum=Decimal(72), judged_by="R-31"
    )
    finding = found("R-31", draft({"sla.p1_resolve_hours": Decimal(5)}, variables=[variable]))[0]
    assert finding.severity is Severity.WARN
    assert "现为 5" in finding.message


def _ack(**changes: object) -> Acknowledgement:
    fields = {"rule": "R-35", "place": "*", "by": "李律师", "at": datetime(2026, 11, 22, tzinfo=UTC), "reason": REASON}
    return Acknowledgement(**{**fields, **changes})  # type: ignore[arg-type]


WITHOUT_LICENCE = {"party_b.telecom_license_no": None}


def test_a_warning_with_a_full_reason_no_longer_blocks():
    findings = proofread(draft(WITHOUT_LICENCE))
    assert [f.rule for f in unresolved(findings, [])] == ["R-35"]
    assert unresolved(findings, [_ack()]) == ()


def test_the_reason_may_name_the_variable_instead_of_any_place():
    findings = proofread(draft(WITHOUT_LICENCE))
    assert unresolved(findings, [_ack(place="party_b.telecom_license_no")]) == ()


@pytest.mark.parametrize(
    "lacking",
    [
        {"rule": "R-36"},
        {"place": "p1_1.a"},
        {"place": ""},
        {"by": " "},
        {"at": None},
        {"reason": "业务决定"},
        {"reason": "好 " * 19},
    ],
)
def test_a_reason_that_lacks_something_lets_nothing_pass(lacking: dict[str, object]):
    assert unresolved(proofread(draft(WITHOUT_LICENCE)), [_ack(**lacking)])


def test_no_reason_lets_an_error_pass():
    findings = proofread(draft({"security.log_months": 3}))
    assert [f.rule for f in unresolved(findings, [_ack(rule="R-40")])] == ["R-40"]


def test_information_never_blocks():
    assert unresolved(proofread(draft({"lpr.as_of": date(2026, 8, 20)})), []) == ()
