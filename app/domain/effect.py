"""When a signed contract takes effect: the date rule and the conditions precedent of section 11.1 (CC:158, CC:159, CC:502).

Conditions are data: which were agreed, and which are checked off with evidence. A contract is formed by the last signature;
it takes effect on the latest of that day, the fixed date if one was agreed, and the day the last condition was fulfilled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from app.domain.errors import ContractError


class Condition(Enum):
    """A condition precedent; the values are those of ``effect.preconditions``, and the statutory approval of CC:502."""

    PIA_DONE = "pia_done"
    """The impact assessment is done before personal data is entrusted (PIPL:55): required by law, so never waived."""
    ANNEX_COMPLETE = "annex_complete"
    """Annexes one to three are complete. Agreed between the parties."""
    LICENSE_VERIFIED = "license_verified"
    """The licences that the services need are verified (TELR:7): required by law, so never waived."""
    QUALIFICATION_VERIFIED = "qualification_verified"
    """The contractor's certificates are verified. Agreed between the parties."""
    OFFICIAL_APPROVAL = "official_approval"
    """An approval on which the law makes the effect depend (CC:502). The duty to apply for it is in force from signing."""

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def statutory(self) -> bool:
        """Whether the law itself asks for it: it can be neither waived nor deemed fulfilled, only fulfilled."""
        return self in _STATUTORY


_LABELS = {
    Condition.PIA_DONE: "个人信息保护影响评估完成",
    Condition.ANNEX_COMPLETE: "附件齐全",
    Condition.LICENSE_VERIFIED: "许可证核验",
    Condition.QUALIFICATION_VERIFIED: "资质材料验真",
    Condition.OFFICIAL_APPROVAL: "依法须经的批准",
}
_STATUTORY = frozenset({Condition.PIA_DONE, Condition.LICENSE_VERIFIED, Condition.OFFICIAL_APPROVAL})


class Ground(Enum):
    """Why a condition no longer stands in the way."""

    FULFILLED = "fulfilled"
    """It came about (条件成就)."""
    DEEMED = "deemed"
    """A party improperly prevented it; it counts as fulfilled (视为成就, CC:159)."""
    WAIVED = "waived"
    """Both parties gave it up in writing (双方书面放弃)."""

    @property
    def label(self) -> str:
        return {"fulfilled": "成就", "deemed": "视为成就", "waived": "双方书面放弃"}[self.value]


class DateRule(Enum):
    """``effect.date_rule``."""

    LATEST_SIGNATURE = "latest_signature"
    FIXED_DATE = "fixed_date"


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """A condition checked off: since which day, by what evidence (a document or register number), recorded by whom."""

    condition: Condition
    on: date
    evidence: str
    recorded_by: str
    ground: Ground = Ground.FULFILLED


@dataclass(frozen=True, slots=True)
class ConditionsPrecedent:
    """The conditions of one contract and what has been checked off."""

    agreed: tuple[Condition, ...] = ()
    fulfilled: tuple[Fulfilment, ...] = ()

    @property
    def outstanding(self) -> tuple[Condition, ...]:
        done = {f.condition for f in self.fulfilled}
        return tuple(c for c in self.agreed if c not in done)

    @property
    def complete_on(self) -> date | None:
        """The day the last one was fulfilled; None while one is outstanding or where none was agreed."""
        if self.outstanding or not self.fulfilled:
            return None
        return max(f.on for f in self.fulfilled)

    def check_off(self, fulfilment: Fulfilment, today: date) -> ConditionsPrecedent:
        """With one more condition checked off.

        Raises ``effect.condition``: not agreed, already checked off, in the future, without evidence or recorder, or a
        condition of the law on a ground that only an agreed one allows.
        """
        condition, label = fulfilment.condition, fulfilment.condition.label
        if condition not in self.agreed:
            raise ContractError("effect.condition", f"“{label}”不是本合同约定的生效前置条件，无须勾销。")
        if condition not in self.outstanding:
            raise ContractError("effect.condition", f"“{label}”已经勾销；有误的，请先撤销原记录。")
        if not fulfilment.evidence.strip() or not fulfilment.recorded_by.strip():
            raise ContractError("effect.condition", f"勾销“{label}”须写明证据（文件或登记编号）和记录人。")
        if fulfilment.on > today:
            raise ContractError("effect.condition", f"“{label}”的成就日{fulfilment.on.isoformat()}尚未到来。")
        if condition.statutory and fulfilment.ground is not Ground.FULFILLED:
            raise ContractError("effect.condition", f"“{label}”是法律要求的条件，须实际成就，不适用“{fulfilment.ground.label}”。")
        return replace(self, fulfilled=(*self.fulfilled, fulfilment))

    def uncheck(self, condition: Condition) -> ConditionsPrecedent:
        """Without a mistaken record; whoever calls this keeps the old one in the audit log."""
        return replace(self, fulfilled=tuple(f for f in self.fulfilled if f.condition is not condition))


@dataclass(frozen=True, slots=True)
class Effect:
    """Everything the effect depends on. ``signed_on``: the signing dates of all signatories of both parties."""

    signed_on: tuple[date, ...]
    conditions: ConditionsPrecedent = ConditionsPrecedent()
    rule: DateRule = DateRule.LATEST_SIGNATURE
    fixed_date: date | None = None

    @property
    def formed_on(self) -> date | None:
        """成立: the latest signing date (section 11.1)."""
        return max(self.signed_on, default=None)

    @property
    def effective_on(self) -> date | None:
        """生效: None while something is missing (``missing`` says what). It may lie in the future."""
        if tuple(self._gaps()):
            return None
        days = [*self.signed_on, self.conditions.complete_on]
        if self.rule is DateRule.FIXED_DATE:
            days.append(self.fixed_date)
        return max(d for d in days if d is not None)

    def missing(self, today: date) -> tuple[str, ...]:
        """What keeps the contract from having effect on ``today``, each a Chinese phrase; empty when nothing does."""
        gaps = tuple(self._gaps())
        day = self.effective_on
        if day is not None and day > today:
            return (f"生效日{day.isoformat()}尚未届至",)
        return gaps

    def _gaps(self) -> Iterable[str]:
        if not self.signed_on:
            yield "没有签署日期"
        if self.rule is DateRule.FIXED_DATE and self.fixed_date is None:
            yield "未填写固定生效日"
        for condition in self.conditions.outstanding:
            yield f"生效前置条件“{condition.label}”尚未勾销（须附证据）"
