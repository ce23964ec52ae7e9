"""A power of attorney as somebody enters it: text from a form or from the command line, read as a whole with everything that is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from app.domain.authority import Authority, Matter
from app.domain.errors import ContractError

MOST = Decimal("1e12")


@dataclass(frozen=True, slots=True)
class PowerText:
    """A power of attorney as entered. Days as ``2027-01-01``; ``limit`` empty: none is stated; ``matters``: values of ``Matter``."""

    number: str = ""
    issued_on: str = ""
    valid_from: str = ""
    valid_until: str = ""
    limit: str = ""
    matters: tuple[str, ...] = (Matter.CONTRACT.value,)

    @property
    def empty(self) -> bool:
        return not any(text.strip() for text in (self.number, self.issued_on, self.valid_from, self.valid_until, self.limit))


NO_POWER = PowerText()


def authority_of(power: PowerText, principal: str, agent: str, label: str = "") -> Authority | None:
    """What was entered, for ``agent`` of ``principal``; None where nothing was. Whether it suffices is ``domain.authority``'s to say.

    Raises ``signing.authority`` with everything that is missing or can't be read.
    """
    if power.empty:
        return None
    faults: list[str] = []
    number, limit = power.number.strip(), _amount(power.limit, faults)
    if not number:
        faults.append("缺少编号")
    days = [_day(text, name, faults) for text, name in (
        (power.issued_on, "签发日"), (power.valid_from, "生效日"), (power.valid_until, "失效日"),
    )]  # fmt: skip
    if not power.matters:
        faults.append("没有选择授权事项")
    matters = frozenset(_matters(power.matters, faults))
    issued, begins, ends = days
    if faults or issued is None or begins is None or ends is None:
        raise ContractError("signing.authority", f"{label}授权委托书：{'；'.join(faults)}。")
    return Authority(number[:60], principal, agent, matters, issued, begins, ends, limit)


def _matters(entered: Iterable[str], faults: list[str]) -> Iterable[Matter]:
    for text in entered:
        found = next((m for m in Matter if text.strip() in (m.value, m.label)), None)
        if found is None:
            faults.append(f"没有授权事项“{text[:20]}”")
        else:
            yield found


def _day(text: str, name: str, faults: list[str]) -> date | None:
    if not text.strip():
        faults.append(f"缺少{name}")
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        faults.append(f"{name}“{text[:20]}”的写法应为 2027-01-01")
        return None


def _amount(text: str, faults: list[str]) -> Decimal | None:
    plain = text.replace(",", "").replace("，", "").strip()
    if not plain:
        return None
    try:
        found = Decimal(plain)
        if not found.is_finite() or not 0 <= found <= MOST:
            raise InvalidOperation
    except InvalidOperation:
        faults.append(f"授权限额“{text[:20]}”应为金额（元），例如 500000.00；不限额的留空")
        return None
    return found
