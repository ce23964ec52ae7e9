"""May this case go on? The checks of brief C4, C5 and C8, one sentence each; what is not met stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from app.domain.calendar import WorkingCalendar
from app.domain.reasoning import Check
from app.domain.term import chinese_date
from app.domain.termination import (
    Case,
    Route,
    TerminationTerms,
    cure_ends,
    ends_on,
    ground,
    may_leave_on,
    right_lapses,
)

_ONE_DAY = timedelta(days=1)


def may_give_notice(case: Case, terms: TerminationTerms, official: WorkingCalendar, today: date) -> tuple[Check, ...]:
    """Whether the notice may be issued on ``today`` (brief C4); the agreement has no notice."""
    if case.route is Route.AGREEMENT:
        return ()
    if case.route is Route.CONVENIENCE:
        return tuple(_may_leave(case, terms))
    return (
        *_grounded(case, terms),
        *_told(case, today),
        *_demanded(case, terms, official, today),
        *_in_time(case, terms, official, today),
    )


def may_demand(case: Case, terms: TerminationTerms, grace_days: int, today: date) -> tuple[Check, ...]:
    """Whether a demand letter is sound (brief C8): a ground, told with evidence, and a grace not shorter than the cure period."""
    found = ground(case.ground)
    least = terms.cure(found) if found else terms.cure_days
    said = f"给出的宽限期{grace_days}个自然日，约定的补救期{least}个自然日"
    grace = Check(
        grace_days >= least, said if grace_days >= least else f"{said}，宽限期不得短于补救期", "breach.termination.agreed.demand"
    )
    return (*_grounded(case, terms), *_told(case, today), grace)


def has_ended(case: Case, terms: TerminationTerms, official: WorkingCalendar, today: date) -> tuple[Check, ...]:
    """Whether the end may be recorded on ``today``: the paper worked, and had the right to."""
    if case.route is Route.AGREEMENT:
        return (*_signed(case, today), *_reached(case, terms, official, today))
    return (
        *may_give_notice(case, terms, official, _day_of_notice(case, today)), *_arrived(case, today), *_sent_rightly(case),
        *_reached(case, terms, official, today),
    )  # fmt: skip


def unmet(checks: tuple[Check, ...]) -> tuple[str, ...]:
    """What ``Paper.unmet`` takes."""
    return tuple(c.sentence for c in checks if not c.met)


def _day_of_notice(case: Case, today: date) -> date:
    """A right is exercised by arrival (CC:565): what must hold then is judged on that day."""
    arrived = case.notice.arrived_on if case.notice else None
    return min(arrived, today) if arrived else today


def _grounded(case: Case, terms: TerminationTerms) -> Iterator[Check]:
    found = ground(case.ground)
    if found is None or found.route is not case.route:
        yield Check(False, "尚未选定解除事由", "breach.termination.agreed")
        return
    if case.by not in ("a", "b") or case.by not in found.by:
        yield Check(False, f"“{found.label}”不能由该方主张解除，请核对解除方", found.source)
    elif found.listed and found.listed not in terms.lists:
        yield Check(False, f"合同没有把“{found.label}”列为重大违约，不能据此约定解除", found.source)
    else:
        yield Check(True, f"解除事由：{found.label}", found.source)


def _told(case: Case, today: date) -> Iterator[Check]:
    stated = bool(case.facts.strip() and case.evidence.strip())
    yield Check(
        stated,
        "已写明事实和证据" if stated else "须写明事实和证据（时间、工单、结算或者事件编号）",
        "breach.termination.exercise.notice",
    )
    if case.known_on is None:
        yield Check(False, "须写明知道解除事由之日", "breach.termination.exercise.period")
    elif case.known_on > today:
        yield Check(False, f"知道解除事由之日{chinese_date(case.known_on)}尚未到来", "breach.termination.exercise.period")


def _demanded(case: Case, terms: TerminationTerms, official: WorkingCalendar, today: date) -> Iterator[Check]:
    found = ground(case.ground)
    if found is None:
        return
    if found.key == "force":
        yield _lasted(case, terms, today)
    if not found.demand:
        yield Check(True, "该事由不以催告为前提", found.source)
        return
    source, demand = "breach.termination.agreed.demand", case.demand
    if demand is None or not demand.number:
        yield Check(False, "须先以催告函催告并给出补救期", source)
        return
    if demand.arrived_on is None or demand.arrived_on > today:
        yield Check(False, f"催告函{demand.number}没有到达记录", source)
        return
    yield Check(True, f"催告函{demand.number}已于{chinese_date(demand.arrived_on)}到达", source)
    if demand.grace_days < terms.cure(found):
        yield Check(False, f"催告函{demand.number}给出的{demand.grace_days}个自然日短于补救期{terms.cure(found)}个自然日", source)
    ends = cure_ends(case, terms, official)
    if ends is not None:
        over = today > ends.day
        yield Check(
            over, f"补救期{'已于' if over else '至'}{chinese_date(ends.day)}{'届满' if over else '（含当日）尚未届满'}", source
        )
        cured = case.cured_on is not None and case.cured_on <= ends.day
        yield Check(not cured, "对方已在补救期内完成补救" if cured else "没有补救期内完成补救的记录", source)


def _lasted(case: Case, terms: TerminationTerms, today: date) -> Check:
    """Section 6.3: the main services were interrupted for more than the agreed days without a break."""
    source = "support.incidents.fm.end"
    if case.since is None:
        return Check(False, "须写明不可抗力致使主要服务中断的起始日", source)
    lasted = (today - case.since).days
    said = f"主要服务自{chinese_date(case.since)}起已连续中断{lasted}个自然日，约定须超过{terms.fm_days}个自然日"
    return Check(lasted > terms.fm_days, said, source)


def _in_time(case: Case, terms: TerminationTerms, official: WorkingCalendar, today: date) -> Iterator[Check]:
    source = "breach.termination.exercise.period" if terms.right_days is not None else "CC:564"
    if case.continuing and case.ceased_on is None:
        yield Check(True, "违约仍在持续，解除权行使期限自其终了之日起算", source)
        return
    last = right_lapses(case, terms, official)
    if last is not None:
        lapsed = today > last.day
        yield Check(
            not lapsed,
            f"解除权行使期限{'已于' if lapsed else '至'}{chinese_date(last.day)}{'届满，解除权已经消灭' if lapsed else ''}",
            source,
        )


def _may_leave(case: Case, terms: TerminationTerms) -> Iterator[Check]:
    source = f"lifecycle.end.convenience.{case.by}" if case.by in ("a", "b") else "lifecycle.end.convenience"
    if case.by not in ("a", "b"):
        yield Check(False, "须写明由哪一方提前终止", source)
    elif case.by == "b" and not terms.b_may_leave:
        yield Check(False, "合同约定乙方不享有无因提前终止的权利，请改走终止协议", "breach.termination.convenience")
    else:
        yield Check(
            True, f"合同给予{'甲方' if case.by == 'a' else '乙方'}提前{terms.leave_days[case.by]}个自然日通知的无因终止权", source
        )


def _signed(case: Case, today: date) -> Iterator[Check]:
    done = case.signed_on is not None and case.signed_on <= today
    yield Check(done, "双方已经签署终止协议" if done else "双方尚未签署终止协议", "breach.termination.agreement")
    if case.end_on is None:
        yield Check(False, "终止协议没有写明终止日", "breach.termination.agreement")


def _arrived(case: Case, today: date) -> Iterator[Check]:
    notice = case.notice
    if notice is None or not notice.number:
        yield Check(False, "尚未发出通知", "breach.termination.exercise.notice")
    elif notice.arrived_on is None or notice.arrived_on > today:
        yield Check(False, f"通知{notice.number}没有到达对方的记录", "breach.termination.exercise.notice")
    else:
        yield Check(
            True, f"通知{notice.number}已于{chinese_date(notice.arrived_on)}到达对方", "breach.termination.exercise.notice"
        )


def _sent_rightly(case: Case) -> Iterator[Check]:
    for fault in case.notice.faults if case.notice else ():
        yield Check(False, fault.rstrip("。"), "breach.termination.exercise")


def _reached(case: Case, terms: TerminationTerms, official: WorkingCalendar, today: date) -> Iterator[Check]:
    source = "breach.termination.exercise"
    notice = case.notice
    if notice is not None and notice.automatic and notice.performed_on is not None and ends_on(case, terms, official) is None:
        yield Check(
            False,
            f"对方已于{chinese_date(notice.performed_on)}在载明的期限内履行，合同不自动解除",
            "breach.termination.exercise.auto",
        )
        return
    ends = ends_on(case, terms, official)
    if ends is not None:
        # What may still be performed on the last day has not failed before that day is over.
        reached = today > ends.day if notice is not None and notice.automatic else today >= ends.day
        yield Check(reached, f"终止日{chinese_date(ends.day)}{'已经届至' if reached else '尚未届至'}", source)
    earliest = may_leave_on(case, terms, official) if case.route is Route.CONVENIENCE else None
    if earliest is not None and case.end_on is not None and case.end_on < earliest.day:
        said = f"通知载明的终止日{chinese_date(case.end_on)}早于提前通知期届满日，按{chinese_date(earliest.day)}终止"
        yield Check(True, said, f"lifecycle.end.convenience.{case.by}")
