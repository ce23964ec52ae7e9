"""Who must approve a version: a flat list of small rules, each yielding demands with their reasons, sorted into steps.

Source: brief §0.7 (a fallback needs the approver of its topic; an unacceptable position is blocked unless the heads of legal and of
the business both waive it, with a reason; what the law makes void is never waived), and the organisation's own value bands.
Steps follow one another, the seats of one step decide in parallel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from app.domain.clauses import Approval, ClauseLibrary, Topic
from app.domain.errors import ContractError
from app.domain.variables import Acknowledgement, Answers, DeviationKind, DeviationRequest


class Function(Enum):
    """The office in which somebody approves; people hold offices, seats ask for one."""

    LEGAL = "legal"
    BUSINESS = "business"
    FINANCE = "finance"
    LEGAL_HEAD = "legal_head"
    GENERAL_MANAGER = "general_manager"

    @property
    def label(self) -> str:
        return _FUNCTION_LABELS[self]


_FUNCTION_LABELS = {
    Function.LEGAL: "法务",
    Function.BUSINESS: "业务负责人",
    Function.FINANCE: "财务负责人",
    Function.LEGAL_HEAD: "法务负责人",
    Function.GENERAL_MANAGER: "总经理",
}
STEPS: tuple[tuple[Function, ...], ...] = (
    (Function.LEGAL,),
    (Function.BUSINESS, Function.FINANCE),
    (Function.LEGAL_HEAD,),
    (Function.GENERAL_MANAGER,),
)
"""The order of the offices: those of one line decide in parallel, a line waits for the one above it."""

_FUNCTIONS_OF = {
    Approval.LEGAL: (Function.LEGAL,),
    Approval.LEGAL_HEAD: (Function.LEGAL_HEAD,),
    Approval.LEGAL_AND_BUSINESS: (Function.LEGAL, Function.BUSINESS),
}


@dataclass(frozen=True, slots=True)
class ValueBand:
    """A contract of ``at_least`` yuan (whole term, tax included) or more needs ``functions`` as well."""

    at_least: Decimal
    functions: tuple[Function, ...]


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """What an organisation sets: value bands, and from how many accepted warnings on the head of legal decides."""

    bands: tuple[ValueBand, ...] = ()
    warnings_for_head: int = 3


DEFAULT_POLICY = ApprovalPolicy(
    bands=(
        ValueBand(Decimal(500_000), (Function.BUSINESS, Function.FINANCE)),
        ValueBand(Decimal(2_000_000), (Function.LEGAL_HEAD,)),
        ValueBand(Decimal(10_000_000), (Function.GENERAL_MANAGER,)),
    )
)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A position the playbook never accepts, taken all the same, with the reason why."""

    topic: Topic
    reason: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What is put before the approvers. ``value``: yuan, whole term, tax included; None where it can't be computed.

    ``topics`` are all topics of the form; ``labels`` gives the printed place of a provision id (``第8.2.3条``).
    """

    digest: str
    value: Decimal | None
    fallbacks: tuple[Topic, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    warnings: tuple[Acknowledgement, ...] = ()
    deviations: tuple[DeviationRequest, ...] = ()
    topics: tuple[Topic, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def place(self, provision: str) -> str:
        return self.labels.get(provision) or provision


def submission_of(
    library: ClauseLibrary,
    answers: Answers,
    digest: str,
    value: Decimal | None,
    labels: Mapping[str, str],
    waivers: tuple[Waiver, ...] = (),
) -> Submission:
    """The submission that a draft's answers make: fallbacks chosen, warnings accepted, deviations."""
    topics = tuple(library.topics())
    fallbacks = tuple(t for t in topics if answers.positions.get(t.id) == "fallback")
    return Submission(digest, value, fallbacks, waivers, answers.acknowledgements, answers.deviations, topics, labels)


@dataclass(frozen=True, slots=True)
class Demand:
    """One rule asks for one office. ``personal``: in person, with a written reason of the approver's own."""

    function: Function
    reason: str
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """A place on the route: one office, every reason it is asked for."""

    function: Function
    reasons: tuple[str, ...]
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """Seats that decide in parallel; all of them must approve (会签)."""

    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """Steps in their order; each waits for the one before it."""

    steps: tuple[Step, ...]

    def seats(self) -> tuple[Seat, ...]:
        return tuple(seat for step in self.steps for seat in step.seats)

    def seat(self, function: Function) -> Seat | None:
        return next((s for s in self.seats() if s.function is function), None)


RouteRule = Callable[[Submission, ApprovalPolicy], Iterable[Demand]]


def every_contract(_: Submission, __: ApprovalPolicy) -> Iterable[Demand]:
    """Four eyes: nobody's draft goes out unread by a second lawyer."""
    yield Demand(Function.LEGAL, "每份合同须经起草人以外的法务审查")


def contract_value(submission: Submission, policy: ApprovalPolicy) -> Iterable[Demand]:
    """Value bands add up; a value that can't be computed is read as the highest."""
    for band in policy.bands:
        if submission.value is None:
            reason = f"合同金额无法计算，按{_money(band.at_least)}元以上办理"
        elif submission.value >= band.at_least:
            reason = f"合同金额{_money(submission.value)}元，达到{_money(band.at_least)}元"
        else:
            continue
        for function in band.functions:
            yield Demand(function, reason)


def fallback_positions(submission: Submission, _: ApprovalPolicy) -> Iterable[Demand]:
    for topic in submission.fallbacks:
        for function in _FUNCTIONS_OF[topic.approval]:
            yield Demand(function, f"第{topic.section}节“{topic.title}”采用可退让立场：{topic.fallback}")


def unacceptable_positions(submission: Submission, _: ApprovalPolicy) -> Iterable[Demand]:
    for waiver in submission.waivers:
        topic = waiver.topic
        reason = f"第{topic.section}节“{topic.title}”触及不可接受立场：{topic.unacceptable}；申请理由：{waiver.reason}"
        for function in (Function.LEGAL_HEAD, Function.BUSINESS):
            yield Demand(function, reason, personal=True)


def accepted_warnings(submission: Submission, policy: ApprovalPolicy) -> Iterable[Demand]:
    count = len(submission.warnings)
    for warning in submission.warnings:
        where = submission.place(warning.place) if warning.place else "全文"
        yield Demand(Function.LEGAL, f"放行警告{warning.rule}（{where}）：{warning.reason}")
    if count >= policy.warnings_for_head:
        yield Demand(Function.LEGAL_HEAD, f"放行警告{count}项，达到{policy.warnings_for_head}项")


def deviations(submission: Submission, _: ApprovalPolicy) -> Iterable[Demand]:
    """Rewording is for legal; taking a provision out, or touching one that a playbook topic guards, for the head of legal."""
    guarded = {provision: topic for topic in submission.topics for provision in topic.provisions}
    for deviation in submission.deviations:
        where, topic = submission.place(deviation.provision), guarded.get(deviation.provision)
        verb = {DeviationKind.OVERRIDE: "改写", DeviationKind.REMOVE: "删去", DeviationKind.ADD: "增加"}[deviation.kind]
        yield Demand(Function.LEGAL, f"偏离范本：{verb}{where}，理由：{deviation.reason}")
        if topic is not None:
            yield Demand(
                Function.LEGAL_HEAD, f"{verb}{where}，该条属于立场议题“{topic.title}”（第{topic.section}节）", not topic.waivable
            )
        elif deviation.kind is DeviationKind.REMOVE:
            yield Demand(Function.LEGAL_HEAD, f"删去范本条款{where}")


RULES: tuple[RouteRule, ...] = (
    every_contract,
    contract_value,
    fallback_positions,
    unacceptable_positions,
    accepted_warnings,
    deviations,
)


def approval_route(submission: Submission, policy: ApprovalPolicy = DEFAULT_POLICY) -> Route:
    """The steps a submission must pass. Raises ``approval.not_waivable`` and ``approval.reason`` for what can't be submitted."""
    _refuse_what_nobody_may_approve(submission)
    demands = [d for rule in RULES for d in rule(submission, policy)]
    steps = []
    for line in STEPS:
        seats = tuple(_seat(f, asked) for f in line if (asked := [d for d in demands if d.function is f]))
        if seats:
            steps.append(Step(seats))
    return Route(tuple(steps))


def _seat(function: Function, demands: list[Demand]) -> Seat:
    return Seat(function, tuple(dict.fromkeys(d.reason for d in demands)), any(d.personal for d in demands))


def _refuse_what_nobody_may_approve(submission: Submission) -> None:
    void = [w.topic for w in submission.waivers if not w.topic.waivable]
    if void:
        named = "；".join(f"第{t.section}节“{t.title}”（{t.unacceptable}）" for t in void)
        raise ContractError("approval.not_waivable", f"下列立场违反强制性规定或者依法无效，任何人不得豁免，须先改正：{named}。")
    for waiver in submission.waivers:
        if not waiver.reason.strip():
            raise ContractError("approval.reason", f"“{waiver.topic.title}”触及不可接受立场，须写明申请豁免的理由。")


def _money(value: Decimal) -> str:
    return f"{value:,.2f}".removesuffix(".00")
