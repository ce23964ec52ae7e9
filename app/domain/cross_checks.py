"""Limits between several answers that a single condition can't say: sums, and times of day. A flat list of functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.domain.presentation import number
from app.domain.variables import Value

Values = Mapping[str, Value]
_WINDOW = re.compile(r"(\d{2}):(\d{2})\D{1,3}(\d{2}):(\d{2})")
_DAY = 24 * 60
_DAYS_PER_WORKDAY = Decimal(7) / Decimal(5)


@dataclass(frozen=True, slots=True)
class Clash:
    """An answer that does not go with others: which, what is wrong, what is allowed, and all answers that take part."""

    name: str
    problem: str
    allowed: str
    involved: tuple[str, ...]


def clashes(values: Values) -> Iterator[Clash]:
    """Every clash among the answers that are there; a check whose answers are missing says nothing."""
    for check in _CHECKS:
        yield from check(values)


def copies_add_up(values: Values) -> Iterator[Clash]:
    """Copies in all = copies of both parties (brief 11.1)."""
    names = ("contract.copies_total", "contract.copies_party_a", "contract.copies_party_b")
    found = [values.get(n) for n in names]
    if values.get("sign.mode") == "e_sign" or not all(isinstance(n, int) for n in found):
        return
    total, a, b = (n for n in found if isinstance(n, int))
    if total != a + b:
        yield Clash(names[0], f"总份数{total}份不等于双方持有份数之和{a + b}份", f"{a + b}份", names)


def negotiation_steps_fit(values: Values) -> Iterator[Clash]:
    """The three steps of 4.3 end within the negotiation period of 10.1; a working day counts as 7/5 of a day."""
    names = ("issue.level1_workdays", "issue.level2_workdays", "issue.level3_days", "dispute.negotiation_days")
    found = [values.get(n) for n in names]
    if not all(isinstance(n, int) for n in found):
        return
    first, second, third, whole = (Decimal(n) for n in found if isinstance(n, int))
    needed = ((first + second) * _DAYS_PER_WORKDAY + third).to_integral_value()
    if needed > whole:
        problem = f"三级协商合计约{number(needed)}个自然日，长于争议协商期{number(whole)}个自然日"
        yield Clash(names[2], problem, "缩短各级协商期限，或者延长协商期", names)


def maintenance_is_outside_service_time(values: Values) -> Iterator[Clash]:
    """The planned maintenance window does not overlap daily service time (brief 6.2); round-the-clock service is exempt."""
    names = ("maint.window", "service.start_time", "service.end_time", "service.hours_per_day")
    window, start, end, hours = (values.get(n) for n in names)
    found = _WINDOW.search(window) if isinstance(window, str) else None
    if not found or not isinstance(start, str) or not isinstance(end, str) or hours == 24:
        return
    opens, closes = _minutes(start), _minutes(end)
    if opens is None or closes is None:
        return
    begins, finishes = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if any(a < d and c < b for a, b in _spans(begins, finishes) for c, d in _spans(opens, closes)):
        yield Clash(names[0], f"维护窗口“{window}”与服务时间{start}至{end}重叠", "服务时间之外的时段", names)


def means_of_payment_is_accepted(values: Values) -> Iterator[Clash]:
    """A means of payment other than a transfer needs Party B's willingness to take it (SMEP:11; brief 8.2-b3)."""
    names = ("pay.method", "pay.noncash_allowed")
    if values.get(names[0]) in ("commercial_draft", "other") and values.get(names[1]) is False:
        yield Clash(names[0], "选择了非现金支付，但乙方不接受非现金支付", "改为银行转账，或者确认乙方自愿接受非现金支付", names)


def notice_systems_are_named(values: Values) -> Iterator[Clash]:
    """Ending the contract by notice through a system needs the system account of both parties (CC:137, CC:565; brief 9.3, 12.2)."""
    names = ("terminate.notice_method", "notice.party_a_system", "notice.party_b_system")
    if values.get(names[0]) == "system_delivery" and not all(str(values.get(n) or "").strip() for n in names[1:]):
        yield Clash(names[0], "解除通知经指定系统送达，但双方的指定系统没有填齐", "填写双方的指定系统，或者改为书面送达", names)


def _minutes(text: str) -> int | None:
    found = re.fullmatch(r"(\d{2}):(\d{2})", text)
    return int(found[1]) * 60 + int(found[2]) if found else None


def _spans(begin: int, finish: int) -> list[tuple[int, int]]:
    """A span of the day; one that passes midnight is two."""
    return [(begin, finish)] if begin < finish else [(begin, _DAY), (0, finish)]


_CHECKS: tuple[Callable[[Values], Iterator[Clash]], ...] = (
    copies_add_up,
    negotiation_steps_fit,
    maintenance_is_outside_service_time,
    means_of_payment_is_accepted,
    notice_systems_are_named,
)
