"""Who may bind a party by signing: capacity, power of attorney, its matters, period and ceiling (rule R-32; CC:61, CC:165, CC:171).

The other side may be protected where somebody signed without power (CC:172, CC:504; CCI:20–22); that is no reason to let it happen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum


class Capacity(Enum):
    """By which power somebody signs."""

    REPRESENTATIVE = "representative"
    """法定代表人（负责人）: binds the party by office (CC:61)."""
    AGENT = "agent"
    """授权代表: by a power of attorney (CC:165)."""
    SEAL_KEEPER = "seal_keeper"
    """用印人: only applies the seal that others have released; binds nobody by own power (CCI:22)."""

    @property
    def label(self) -> str:
        return {"representative": "法定代表人（负责人）", "agent": "授权代表", "seal_keeper": "用印人"}[self.value]


class Matter(Enum):
    """What a power of attorney may cover (section 14.3)."""

    CONTRACT = "contract"
    AMENDMENT = "amendment"
    SETTLEMENT = "settlement"
    CHANGE = "change"

    @property
    def label(self) -> str:
        return {"contract": "签订合同", "amendment": "签署补充协议", "settlement": "确认结算", "change": "确认变更"}[self.value]


@dataclass(frozen=True, slots=True)
class Authority:
    """A power of attorney (授权委托书). Both days of the period count; ``limit`` None: no ceiling is stated."""

    number: str
    principal: str
    agent: str
    matters: frozenset[Matter]
    issued_on: date
    valid_from: date
    valid_until: date
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Signatory:
    """Somebody who signs for a party. ``party``: ``party_a`` or ``party_b``; ``party_name``: as in the contract."""

    id: str
    party: str
    party_name: str
    name: str
    title: str
    capacity: Capacity
    authority: Authority | None = None

    @property
    def binds(self) -> bool:
        """Whether the person acts by a power to bind the party, real or claimed."""
        return self.capacity is not Capacity.SEAL_KEEPER


class Defect(Enum):
    """What is wrong with a power, in the words of R-32."""

    NONE = "none"
    """无授权."""
    EXPIRED = "expired"
    """超期: the period is over, or has not begun."""
    EXCEEDED = "exceeded"
    """越权: matter or amount is beyond the power."""

    @property
    def label(self) -> str:
        return {"none": "无授权", "expired": "超期", "exceeded": "越权"}[self.value]


@dataclass(frozen=True, slots=True)
class AuthorityFault:
    """A defect with its sentence."""

    defect: Defect
    sentence: str


def authority_faults(
    signatory: Signatory, matter: Matter, amount: Decimal | None, on: date, representative: str = ""
) -> tuple[AuthorityFault, ...]:
    """Why ``signatory`` may not sign for ``matter`` over ``amount`` (None: the contract states none) on the day ``on``; empty if so.

    ``representative``: who the text says is the party's legal representative (CC:61); empty: it doesn't say. Everything at once. A seal
    keeper has nothing to show here; that somebody else binds the party is the plan's business.
    """
    if signatory.capacity is Capacity.REPRESENTATIVE and representative and not same_name(signatory.name, representative):
        words = f"法定代表人是“{representative}”，不是“{signatory.name}”；由他人签署的须有授权委托书"
        return (AuthorityFault(Defect.NONE, words),)
    if signatory.capacity is not Capacity.AGENT:
        return ()
    power = signatory.authority
    if power is None or not power.number.strip():
        return (AuthorityFault(Defect.NONE, f"“{signatory.name}”不是法定代表人，且没有授权委托书"),)
    return tuple(_faults(signatory, power, matter, amount, on))


def _faults(signatory: Signatory, power: Authority, matter: Matter, amount: Decimal | None, on: date) -> Iterable[AuthorityFault]:
    if _plain(power.agent) != _plain(signatory.name):
        yield AuthorityFault(Defect.NONE, f"授权委托书{power.number}的受托人是“{power.agent}”，不是“{signatory.name}”")
    if _plain(power.principal) != _plain(signatory.party_name):
        yield AuthorityFault(Defect.NONE, f"授权委托书{power.number}的委托人是“{power.principal}”，不是“{signatory.party_name}”")
    if power.issued_on > on:
        yield AuthorityFault(Defect.NONE, f"授权委托书{power.number}于{power.issued_on.isoformat()}才签发")
    if power.valid_until < power.valid_from:
        yield AuthorityFault(Defect.EXPIRED, f"授权委托书{power.number}的失效日早于生效日")
    if on < power.valid_from:
        yield AuthorityFault(Defect.EXPIRED, f"“{signatory.name}”的授权自{power.valid_from.isoformat()}起才有效")
    if on > power.valid_until:
        yield AuthorityFault(Defect.EXPIRED, f"“{signatory.name}”的授权已于{power.valid_until.isoformat()}届满")
    if matter not in power.matters:
        given = "、".join(m.label for m in Matter if m in power.matters) or "无"
        yield AuthorityFault(Defect.EXCEEDED, f"授权事项（{given}）不包括“{matter.label}”")
    if power.limit is not None and amount is None:
        yield AuthorityFault(Defect.EXCEEDED, f"授权限额为{power.limit:,.2f}元，而合同没有可以核对的总金额")
    if power.limit is not None and amount is not None and amount > power.limit:
        yield AuthorityFault(Defect.EXCEEDED, f"合同总额{amount:,.2f}元超过授权限额{power.limit:,.2f}元")


def same_name(one: str, other: str) -> bool:
    """Whether two names are equal but for spaces and the width of brackets."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    """Names are equal but for spaces and the width of brackets."""
    return "".join(name.translate(str.maketrans("（）　", "() ")).split())
