"""What must be shown before a contract moves: the facts of a move, and the small guards that read them.

A guard yields what is missing, each a Chinese phrase. A fact that was not shown counts as missing, so a caller that
forgets one is refused instead of let through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from app.domain.effect import Effect


@dataclass(frozen=True, slots=True)
class Paper:
    """The instrument that causes a move (notice, agreement). ``arrived_on``: the day it reached the other party, or of the last
    signature; ``effective_on``: the day from which it works. ``unmet``: what its own checks (brief part C) miss; None: unchecked.
    """

    number: str
    arrived_on: date | None
    effective_on: date | None
    unmet: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A judgment or award in force: its case number and the day it took effect."""

    number: str
    in_force_on: date


@dataclass(frozen=True, slots=True)
class TermFacts:
    """The term as it stands. ``last_day`` is part of the term (CC:204), None for a contract without term (不定期合同).

    ``renews_automatically``: whether a further term follows by itself, all of section 11.3 considered (mode, number of
    renewals left, no timely notice); None where nobody has looked. ``renewed_until``: last day of the term to come.
    """

    last_day: date | None
    window_opens: date | None = None
    notice_deadline: date | None = None
    renews_automatically: bool | None = None
    renewed_until: date | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is shown for one move; only the part that the move's guards read must be given.

    ``digest`` is the digest of the text at hand, ``approved_digest`` the one that the completed approval binds.
    ``outstanding_*`` and ``open_*`` name what is still missing; None means that nobody has looked.
    """

    today: date | None = None
    reason: str = ""
    digest: str = ""
    approved_digest: str = ""
    blocking_findings: int | None = None
    outstanding_approvals: tuple[str, ...] | None = None
    outstanding_signatures: tuple[str, ...] | None = None
    signing_deadline: date | None = None
    signed_copy: str = ""
    effect: Effect | None = None
    took_effect_on: date | None = None
    term: TermFacts | None = None
    paper: Paper | None = None
    decision: Decision | None = None
    open_tasks: tuple[str, ...] | None = None
    open_rectifications: tuple[str, ...] | None = None
    open_disputes: tuple[str, ...] | None = None


Guard = Callable[[Facts], Iterable[str]]


def reasoned(facts: Facts) -> Iterable[str]:
    if not facts.reason.strip():
        yield "须写明理由"


def version_frozen(facts: Facts) -> Iterable[str]:
    if not facts.digest:
        yield "没有冻结的版本"


def findings_cleared(facts: Facts) -> Iterable[str]:
    """Errors gone, warnings let pass with a recorded reason (brief part D)."""
    if facts.blocking_findings is None:
        yield "尚未对本版本校对"
    elif facts.blocking_findings:
        yield f"还有{facts.blocking_findings}项校对意见未处理（错误须改正，警告须改正或者写明放行理由）"


def approval_complete(facts: Facts) -> Iterable[str]:
    yield from _nothing_left(facts.outstanding_approvals, "审批", "尚未核对审批是否完成")


def approval_binds_text(facts: Facts) -> Iterable[str]:
    """The text is the approved one to the letter; a changed digest voids the approval."""
    if not facts.approved_digest:
        yield "没有有效的审批"
    elif facts.approved_digest != facts.digest:
        yield "文本与审批通过的版本不一致，须重新送审"


def fully_signed(facts: Facts) -> Iterable[str]:
    yield from _nothing_left(facts.outstanding_signatures, "签署", "尚未核对双方签署是否完成")


def signing_overdue(facts: Facts) -> Iterable[str]:
    if facts.signing_deadline is None:
        yield "未约定签署期限"
    elif facts.today is None or facts.today <= facts.signing_deadline:
        yield f"签署期限{facts.signing_deadline.isoformat()}尚未届满"


def signed_copy_filed(facts: Facts) -> Iterable[str]:
    if not facts.signed_copy:
        yield "没有已签署文本的存档件"


def effect_reached(facts: Facts) -> Iterable[str]:
    if facts.effect is None or facts.today is None:
        yield "尚未核对生效条件"
    else:
        yield from facts.effect.missing(facts.today)


def effect_not_reached(facts: Facts) -> Iterable[str]:
    if facts.effect is None or facts.today is None:
        yield "尚未核对生效条件"
    elif not facts.effect.missing(facts.today):
        yield "生效条件已经齐备，应当记为生效"


def was_in_force(facts: Facts) -> Iterable[str]:
    if facts.took_effect_on is None:
        yield "合同此前未曾生效"


def was_never_in_force(facts: Facts) -> Iterable[str]:
    if facts.took_effect_on is not None:
        yield f"合同已于{facts.took_effect_on.isoformat()}生效"


def window_open(facts: Facts) -> Iterable[str]:
    opens = facts.term.window_opens if facts.term else None
    if opens is None:
        yield "没有可以计算的续约窗口"
    elif facts.today is None or facts.today < opens:
        yield f"续约窗口{opens.isoformat()}才开启"


def notice_arrived(facts: Facts) -> Iterable[str]:
    """A notice works by arriving (CC:137), so an unknown or future day of arrival is a gap."""
    yield from _paper(facts)
    paper = facts.paper
    if paper is not None and (paper.arrived_on is None or facts.today is None or paper.arrived_on > facts.today):
        yield "没有到达对方的记录"


def notice_in_time(facts: Facts) -> Iterable[str]:
    """A late notice of non-renewal does not stop a renewal that comes by itself (brief C3)."""
    term, arrived = facts.term, facts.paper.arrived_on if facts.paper else None
    if term is None or term.renews_automatically is None:
        yield "尚未核对续约方式"
    elif term.renews_automatically and (term.notice_deadline is None or arrived is None or arrived > term.notice_deadline):
        yield "通知未在截止日前到达，自动续约可能已经触发，请改走提前终止或者协商"


def term_over(facts: Facts) -> Iterable[str]:
    """The last day belongs to the term; it is over on the day after."""
    if facts.term is None:
        yield "尚未核对合同期限"
    elif facts.term.last_day is None:
        yield "本合同为不定期合同，不会届满"
    elif facts.today is None or facts.today <= facts.term.last_day:
        yield f"合同期限至{facts.term.last_day.isoformat()}（含当日），尚未届满"


def no_automatic_renewal(facts: Facts) -> Iterable[str]:
    if facts.term is None or facts.term.renews_automatically is None:
        yield "尚未核对续约方式"
    elif facts.term.renews_automatically:
        yield "期限届满后自动续约，应当先记录续约"


def automatic_renewal(facts: Facts) -> Iterable[str]:
    if facts.term is None or not facts.term.renews_automatically:
        yield "不具备自动续约的条件（续约方式、次数上限、有无及时的不续约通知）"
    elif facts.term.notice_deadline is None or facts.today is None or facts.today <= facts.term.notice_deadline:
        yield "不续约通知的截止日尚未经过"


def term_extended(facts: Facts) -> Iterable[str]:
    term = facts.term
    if term is None or term.renewed_until is None:
        yield "没有续展后的届满日"
    elif term.last_day is not None and term.renewed_until <= term.last_day:
        yield "续展后的届满日不晚于原届满日"


def agreement_signed(facts: Facts) -> Iterable[str]:
    yield from _paper(facts)
    paper = facts.paper
    if paper is not None and (paper.arrived_on is None or facts.today is None or paper.arrived_on > facts.today):
        yield "双方尚未签署该文书"


def paper_effective(facts: Facts) -> Iterable[str]:
    day = facts.paper.effective_on if facts.paper else None
    if facts.paper is not None and (day is None or facts.today is None or day > facts.today):
        yield f"文书载明的终止日{day.isoformat()}尚未届至" if day else "文书没有写明终止日"


def decided(facts: Facts) -> Iterable[str]:
    if facts.decision is None or not facts.decision.number.strip():
        yield "没有生效的判决、裁定或者裁决"
    elif facts.today is None or facts.decision.in_force_on > facts.today:
        yield f"裁判于{facts.decision.in_force_on.isoformat()}才生效"


def tasks_done(facts: Facts) -> Iterable[str]:
    """Hand-over, data, settlement: archived only when everything of the exit is done (brief part D, C5)."""
    yield from _nothing_left(facts.open_tasks, "终止清理任务", "尚未核对终止清理任务")


def rectifications_closed(facts: Facts) -> Iterable[str]:
    yield from _nothing_left(facts.open_rectifications, "整改", "尚未核对整改是否验证通过")


def disputes_closed(facts: Facts) -> Iterable[str]:
    yield from _nothing_left(facts.open_disputes, "争议", "尚未核对争议是否了结")


def _nothing_left(left: tuple[str, ...] | None, what: str, unchecked: str) -> Iterable[str]:
    if left is None:
        yield unchecked
    elif left:
        yield f"{what}尚未完成：{'、'.join(left)}"


def _paper(facts: Facts) -> Iterable[str]:
    if facts.paper is None or not facts.paper.number.strip():
        yield "没有相应的文书"
    elif facts.paper.unmet is None:
        yield f"文书{facts.paper.number}尚未校对"
    else:
        yield from facts.paper.unmet
