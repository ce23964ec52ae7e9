"""The approval route: each rule alone, the order of the steps, and what nobody may approve."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.approval_route import (
    DEFAULT_POLICY,
    STEPS,
    ApprovalPolicy,
    Function,
    Route,
    Submission,
    Waiver,
    approval_route,
    submission_of,
)
from app.domain.clauses import Approval, Topic
from app.domain.errors import ContractError
from app.domain.variables import Acknowledgement, Answers, DeviationKind, DeviationRequest
from tests.domain.small_library import library

L, B, F, H, G = Function.LEGAL, Function.BUSINESS, Function.FINANCE, Function.LEGAL_HEAD, Function.GENERAL_MANAGER


def topic(approval: Approval = Approval.LEGAL, *, waivable: bool = True, number: str = "9.2-t1") -> Topic:
    section = number.split("-")[0]
    return Topic(
        number, section, "责任上限", "不设上限", "年费的一倍", approval, {}, {}, "故意与重大过失也封顶", waivable, ("breach.cap",)
    )


def warning(rule: str = "R-12") -> Acknowledgement:
    return Acknowledgement(rule, "fees.late", "lin", None, "双方已就逾期利率另行签署书面确认文件")


def deviation(kind: DeviationKind, provision: str = "fees.pay") -> DeviationRequest:
    return DeviationRequest(kind, provision, "对方要求")


PLAIN = Submission("a" * 64, Decimal(10_000), topics=(topic(),), labels={"fees.late": "第8.2.6条", "breach.cap": "第9.2.5条"})
NO_BANDS = ApprovalPolicy()


def lines(route: Route) -> list[list[Function]]:
    return [[seat.function for seat in step.seats] for step in route.steps]


CASES = [
    ("a plain contract", PLAIN, [[L]]),
    ("just below the first band", replace(PLAIN, value=Decimal("499999.99")), [[L]]),
    ("on the first band", replace(PLAIN, value=Decimal(500_000)), [[L], [B, F]]),
    ("on the second band", replace(PLAIN, value=Decimal(2_000_000)), [[L], [B, F], [H]]),
    ("on the third band", replace(PLAIN, value=Decimal(10_000_000)), [[L], [B, F], [H], [G]]),
    ("a value nobody can compute", replace(PLAIN, value=None), [[L], [B, F], [H], [G]]),
    ("a fallback for legal", replace(PLAIN, fallbacks=(topic(),)), [[L]]),
    ("a fallback for legal and business", replace(PLAIN, fallbacks=(topic(Approval.LEGAL_AND_BUSINESS),)), [[L], [B]]),
    ("a fallback for the head", replace(PLAIN, fallbacks=(topic(Approval.LEGAL_HEAD),)), [[L], [H]]),
    ("an unacceptable position", replace(PLAIN, waivers=(Waiver(topic(), "战略客户"),)), [[L], [B], [H]]),
    ("two warnings", replace(PLAIN, warnings=(warning(), warning("R-28"))), [[L]]),
    ("three warnings", replace(PLAIN, warnings=(warning(), warning("R-28"), warning("R-41"))), [[L], [H]]),
    ("a rewording", replace(PLAIN, deviations=(deviation(DeviationKind.OVERRIDE),)), [[L]]),
    ("an addition", replace(PLAIN, deviations=(deviation(DeviationKind.ADD),)), [[L]]),
    ("a provision taken out", replace(PLAIN, deviations=(deviation(DeviationKind.REMOVE),)), [[L], [H]]),
    ("a topic's provision reworded", replace(PLAIN, deviations=(deviation(DeviationKind.OVERRIDE, "breach.cap"),)), [[L], [H]]),
]


@pytest.mark.parametrize(("submission", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_the_route_follows_what_is_submitted(submission: Submission, expected: list[list[Function]]) -> None:
    assert lines(approval_route(submission)) == expected


def test_every_seat_says_in_chinese_why_it_is_asked() -> None:
    submission = replace(
        PLAIN, value=Decimal("2345678.9"), fallbacks=(topic(),), warnings=(warning(),),
        deviations=(deviation(DeviationKind.REMOVE, "breach.cap"),),
    )  # fmt: skip
    route = approval_route(submission)
    legal, head = route.seat(L), route.seat(H)
    assert legal is not None
    assert head is not None
    assert legal.reasons == (
        "每份合同须经起草人以外的法务审查",
        "第9.2节“责任上限”采用可退让立场：年费的一倍",
        "放行警告R-12（第8.2.6条）：双方已就逾期利率另行签署书面确认文件",
        "偏离范本：删去第9.2.5条，理由：对方要求",
    )
    assert head.reasons == (
        "合同金额2,345,678.90元，达到2,000,000元",
        "删去第9.2.5条，该条属于立场议题“责任上限”（第9.2节）",
    )


def test_an_unacceptable_position_is_waived_in_person_by_both_heads() -> None:
    route = approval_route(replace(PLAIN, waivers=(Waiver(topic(), "战略客户"),)), NO_BANDS)
    assert {s.function for s in route.seats() if s.personal} == {B, H}


def test_what_the_law_makes_void_is_waived_by_nobody() -> None:
    with pytest.raises(ContractError, match=r"任何人不得豁免.*第9\.2节“责任上限”") as refusal:
        approval_route(replace(PLAIN, waivers=(Waiver(topic(waivable=False), "战略客户"),)))
    assert refusal.value.code == "approval.not_waivable"


def test_an_unacceptable_position_without_a_reason_is_not_submitted() -> None:
    with pytest.raises(ContractError, match="须写明申请豁免的理由"):
        approval_route(replace(PLAIN, waivers=(Waiver(topic(), " "),)))


def test_a_change_of_a_provision_that_guards_the_law_is_decided_by_the_head_in_person() -> None:
    statutory = replace(PLAIN, topics=(topic(waivable=False),), deviations=(deviation(DeviationKind.OVERRIDE, "breach.cap"),))
    head = approval_route(statutory, NO_BANDS).seat(H)
    assert head is not None
    assert head.personal


def test_a_submission_is_read_from_the_answers_of_a_draft() -> None:
    form = library()
    chosen = next(form.topics())
    answers = Answers({}, {chosen.id: "fallback"}, (deviation(DeviationKind.ADD),), (warning(),))
    submission = submission_of(form, answers, "a" * 64, Decimal(1), {})
    assert submission.fallbacks == (chosen,)
    assert (submission.deviations, submission.warnings) == (answers.deviations, answers.acknowledgements)


SUBMISSIONS = st.builds(
    Submission,
    digest=st.just("a" * 64),
    value=st.none() | st.decimals(0, 20_000_000, places=2),
    fallbacks=st.lists(st.builds(topic, st.sampled_from(Approval)), max_size=3).map(tuple),
    waivers=st.lists(st.builds(Waiver, st.builds(topic), st.just("战略客户")), max_size=2).map(tuple),
    warnings=st.lists(st.builds(warning, st.sampled_from(["R-12", "R-28"])), max_size=4).map(tuple),
    deviations=st.lists(st.builds(deviation, st.sampled_from(DeviationKind)), max_size=3).map(tuple),
    topics=st.just((topic(),)),
)


@given(SUBMISSIONS)
def test_every_route_starts_with_legal_keeps_the_order_and_asks_no_office_twice(submission: Submission) -> None:
    route = approval_route(submission)
    asked = [seat.function for seat in route.seats()]
    assert asked[0] is L
    assert len(asked) == len(set(asked))
    assert asked == [f for line in STEPS for f in line if f in asked]
    assert all(seat.reasons for seat in route.seats())


@given(SUBMISSIONS, st.builds(topic, st.sampled_from(Approval)), st.sampled_from(DeviationKind))
def test_asking_for_more_never_drops_an_approver(submission: Submission, extra: Topic, kind: DeviationKind) -> None:
    more = replace(
        submission,
        value=None,
        fallbacks=(*submission.fallbacks, extra),
        deviations=(*submission.deviations, deviation(kind, "breach.cap")),
    )
    before, after = ({s.function for s in approval_route(x, DEFAULT_POLICY).seats()} for x in (submission, more))
    assert before <= after
