"""Signing an instrument: who signs what, in what order, what is outstanding, refusal, replacement (sections 11.1, 14.1–14.3).

A plan is one signing of one frozen text. Whatever is printed in the text, a signatory's name for one, changes only by a new freeze
and a new plan: earlier signatures lapse with the old one. The domain holds no key and knows no file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum

from app.domain.authority import Authority, AuthorityFault, Capacity, Matter, Signatory, authority_faults
from app.domain.errors import ContractError

REASON_LENGTH = 5
"""Fewest characters of a reason for refusing, withdrawing or replacing."""


class Mode(Enum):
    """``sign.mode``."""

    PAPER = "wet_sign"
    ELECTRONIC = "e_sign"
    HYBRID = "hybrid"

    @property
    def label(self) -> str:
        return {"wet_sign": "纸质签署", "e_sign": "电子签署", "hybrid": "一方电子、一方纸质"}[self.value]


class Formation(Enum):
    """``effect.condition``: what makes a party's signing complete (CC:490)."""

    BOTH = "seal_and_sign"
    EITHER = "seal_or_sign"
    ELECTRONIC = "e_sign"

    @property
    def label(self) -> str:
        return {"seal_and_sign": "签名并盖章", "seal_or_sign": "签名或盖章", "e_sign": "可靠电子签名"}[self.value]


class Required(Enum):
    """``sign.required_marks``."""

    SEAL = "seal"
    SIGNATURE = "signature"
    E_SIGNATURE = "e_signature"

    @property
    def label(self) -> str:
        return {"seal": "印章", "signature": "手写签名", "e_signature": "电子签名"}[self.value]


class Mark(Enum):
    """What somebody puts to the text."""

    SIGNATURE = "signature"
    SEAL = "seal"

    @property
    def label(self) -> str:
        return {"signature": "签名", "seal": "盖章"}[self.value]


class Medium(Enum):
    PAPER = "paper"
    ELECTRONIC = "electronic"

    @property
    def label(self) -> str:
        return {"paper": "纸质", "electronic": "电子"}[self.value]


class Order(Enum):
    """In what order the places are signed."""

    PARALLEL = "parallel"
    """同时: everybody at once, in any order."""
    SEQUENTIAL = "sequential"
    """依次: one after the other, as listed."""
    STAGED = "staged"
    """分阶段: a stage begins when the one before is complete; within a stage at once."""

    @property
    def label(self) -> str:
        return {"parallel": "同时签署", "sequential": "依次签署", "staged": "分阶段签署"}[self.value]


class Status(Enum):
    OPEN = "open"
    COMPLETE = "complete"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def label(self) -> str:
        names = {"open": "签署中", "complete": "已签署完毕", "refused": "已拒签", "withdrawn": "已撤回", "lapsed": "已逾期"}
        return names[self.value]


PARTIES = {"party_a": "甲方", "party_b": "乙方"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What the contract itself says of its signing. ``amount``: its total with tax, None where it states none.

    ``digest``: of the frozen text; ``deadline``: the last day for signing (section 11.1: ten working days from the final text).
    """

    digest: str
    mode: Mode
    formation: Formation
    required: frozenset[Required]
    final_on: date
    deadline: date
    amount: Decimal | None = None
    matter: Matter = Matter.CONTRACT
    representatives: tuple[tuple[str, str], ...] = ()
    """Party and the name of its legal representative, where the text says it."""

    def power_faults(self, signatory: Signatory, on: date) -> tuple[AuthorityFault, ...]:
        """Why ``signatory`` may not sign this on the day ``on`` (R-32)."""
        return authority_faults(signatory, self.matter, self.amount, on, dict(self.representatives).get(signatory.party, ""))


@dataclass(frozen=True, slots=True)
class Place:
    """One mark by one person. ``printed``: the person's name stands in the text at this place."""

    id: str
    signatory: Signatory
    mark: Mark
    medium: Medium
    stage: int = 1
    printed: bool = True

    @property
    def label(self) -> str:
        """As in ``甲方签名（张三）``."""
        party = PARTIES.get(self.signatory.party, self.signatory.party)
        return f"{party}{self.mark.label}（{self.signatory.name}）"


@dataclass(frozen=True, slots=True)
class Signed:
    """A place signed: on which day (Beijing), which text."""

    place: str
    on: date
    digest: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a signing ended without being complete."""

    by: str
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Execution:
    """One signing as it stands. ``places`` in the order of signing."""

    terms: Terms
    order: Order
    places: tuple[Place, ...]
    signed: tuple[Signed, ...] = ()
    status: Status = Status.OPEN
    ending: Ending | None = None

    # ---- what is left

    def place(self, place_id: str) -> Place:
        """Raises ``execution.place``."""
        found = next((p for p in self.places if p.id == place_id), None)
        if found is None:
            raise ContractError("execution.place", "没有这个签署栏位。")
        return found

    def is_signed(self, place_id: str) -> bool:
        return any(s.place == place_id for s in self.signed)

    @property
    def open_places(self) -> tuple[Place, ...]:
        """Not signed yet, in order."""
        return tuple(p for p in self.places if not self.is_signed(p.id))

    @property
    def waiting(self) -> tuple[Place, ...]:
        """Those that can be signed now; none unless the signing is open."""
        left = self.open_places
        if self.status is not Status.OPEN or not left:
            return ()
        if self.order is Order.SEQUENTIAL:
            return left[:1]
        if self.order is Order.STAGED:
            stage = min(p.stage for p in left)
            return tuple(p for p in left if p.stage == stage)
        return left

    def in_line(self, ids: Iterable[str]) -> tuple[Place, ...]:
        """Those of ``ids`` that can be signed from now on one after the other, with nobody else in between."""
        mine, found, ahead = set(ids), list[Place](), self
        while (place := next((p for p in ahead.waiting if p.id in mine), None)) is not None:
            found.append(place)
            ahead = replace(ahead, signed=(*ahead.signed, Signed(place.id, self.terms.final_on, self.terms.digest)))
        return tuple(found)

    @property
    def outstanding(self) -> tuple[str, ...]:
        """For ``lifecycle_facts.Facts.outstanding_signatures``: one phrase for each mark that is missing."""
        return tuple(p.label for p in self.open_places)

    @property
    def signed_on(self) -> tuple[date, ...]:
        """For ``effect.Effect.signed_on``: the day of every mark."""
        return tuple(s.on for s in self.signed)

    def fulfilled(self, party: str) -> bool:
        """Whether the marks that ``party`` has put make its signing complete under the contract's own condition."""
        done = [p for p in self.places if p.signatory.party == party and self.is_signed(p.id)]
        return not _lacking(self.terms, done)

    # ---- what may happen

    def sign(self, place_id: str, by: str, on: date, digest: str, today: date) -> Execution:
        """With one place signed; complete with the last.

        Raises ``execution.closed``, ``execution.place``, ``execution.digest``, ``execution.person``, ``execution.twice``,
        ``execution.turn``, ``execution.authority`` (R-32), ``execution.date``.
        """
        self._require_open("签署")
        place = self.place(place_id)
        if digest != self.terms.digest:
            raise ContractError("execution.digest", "所签文本与定稿文本不一致，签署无效；请重新打开签署页面。")
        if by != place.signatory.id:
            raise ContractError("execution.person", f"这个栏位由“{place.signatory.name}”签署，不能由他人代签。")
        if self.is_signed(place_id):
            raise ContractError("execution.twice", f"{place.label}已经签署。")
        if place not in self.waiting:
            before = "、".join(p.label for p in self.waiting)
            raise ContractError("execution.turn", f"还没有轮到{place.label}；须先完成：{before}。")
        _require_day(self.terms, on, today)
        faults = self.terms.power_faults(place.signatory, on)
        if faults:
            raise ContractError("execution.authority", f"{place.label}不能签署：{_sentences(faults)}。")
        after = replace(self, signed=(*self.signed, Signed(place_id, on, digest)))
        return after if after.open_places else replace(after, status=Status.COMPLETE)

    def refuse(self, place_id: str, by: str, reason: str, on: date) -> Execution:
        """Somebody declines; the whole signing stops, for the text must be talked about.

        Raises ``execution.closed``, ``execution.person``, ``execution.twice``, ``execution.reason``.
        """
        self._require_open("拒签")
        place = self.place(place_id)
        if by != place.signatory.id:
            raise ContractError("execution.person", f"这个栏位由“{place.signatory.name}”签署，不能由他人拒签。")
        if self.is_signed(place_id):
            raise ContractError("execution.twice", f"{place.label}已经签署，不能再拒签。")
        return self._ended(Status.REFUSED, by, on, reason, "拒签")

    def withdraw(self, by: str, reason: str, on: date) -> Execution:
        """Whoever started the signing takes the text back. Raises ``execution.closed``, ``execution.reason``."""
        self._require_open("撤回")
        return self._ended(Status.WITHDRAWN, by, on, reason, "撤回签署")

    def lapse(self, today: date) -> Execution:
        """The last day has passed. Raises ``execution.closed``, ``execution.early``."""
        self._require_open("作逾期处理")
        if today <= self.terms.deadline:
            raise ContractError("execution.early", f"签署期限至{self.terms.deadline.isoformat()}（含当日），尚未逾期。")
        return replace(self, status=Status.LAPSED, ending=Ending("", today, "签署期限届满"))

    def reassign(self, place_id: str, signatory: Signatory, reason: str, on: date) -> Execution:
        """Another person for a place. One whose name is printed there needs a new freeze and a new signing.

        Raises ``execution.printed``, ``execution.party``, ``execution.twice``, ``execution.reason``, ``execution.closed``,
        ``execution.authority``.
        """
        self._require_open("更换签署人")
        place = self.place(place_id)
        _require_reason(reason, "更换签署人")
        if self.is_signed(place_id):
            raise ContractError("execution.twice", f"{place.label}已经签署，不能更换签署人。")
        if (signatory.party, signatory.party_name) != (place.signatory.party, place.signatory.party_name):
            raise ContractError("execution.party", "新的签署人须代表同一方。")
        if place.printed and signatory.name != place.signatory.name:
            raise ContractError(
                "execution.printed",
                f"“{place.signatory.name}”的姓名印在合同文本中；更换须修改文本、重新定稿并重新发起签署，已有的签名随之失效。",
            )
        return self._with(place_id, signatory, on, f"不能更换为“{signatory.name}”")

    def reauthorise(self, place_id: str, authority: Authority, on: date) -> Execution:
        """Another power of attorney for the agent of a place. Raises ``execution.twice``, ``execution.closed``, ``execution.authority``."""
        self._require_open("更新授权")
        place = self.place(place_id)
        if self.is_signed(place_id):
            raise ContractError("execution.twice", f"{place.label}已经签署，不能再更新授权。")
        if place.signatory.capacity is not Capacity.AGENT:
            raise ContractError(
                "execution.authority", f"{place.label}由{place.signatory.capacity.label}办理，不凭授权委托书签署。"
            )
        return self._with(place_id, replace(place.signatory, authority=authority), on, "授权委托书不能使用")

    # ---- inside

    def _with(self, place_id: str, signatory: Signatory, on: date, why: str) -> Execution:
        """With somebody, or some power, at a place: the same rules as for a new plan, so that none is got round by a change."""
        faults = self.terms.power_faults(signatory, on)
        if faults:
            raise ContractError("execution.authority", f"{why}：{_sentences(faults)}。")
        places = tuple(replace(p, signatory=signatory) if p.id == place_id else p for p in self.places)
        changed = replace(self, places=places)
        wrong = (*_shape_faults(changed), *_contract_faults(changed))
        if wrong:
            raise ContractError("execution.authority", f"{why}：{'；'.join(wrong)}。")
        return changed

    def _require_open(self, deed: str) -> None:
        if self.status is not Status.OPEN:
            raise ContractError("execution.closed", f"本次签署{self.status.label}，不能{deed}。")

    def _ended(self, status: Status, by: str, on: date, reason: str, deed: str) -> Execution:
        _require_reason(reason, deed)
        return replace(self, status=status, ending=Ending(by, on, reason.strip()))


def begin(terms: Terms, order: Order, places: Iterable[Place], today: date) -> Execution:
    """A signing that may start. Raises ``execution.plan`` with everything in which it differs from the contract."""
    made = Execution(terms, order, tuple(places))
    faults = plan_faults(made, today)
    if faults:
        raise ContractError("execution.plan", "不能发起签署：" + "；".join(faults) + "。")
    return made


def plan_faults(plan: Execution, today: date) -> tuple[str, ...]:
    """Where the plan differs from the contract, and who may not sign (R-32); each a Chinese phrase."""
    return tuple(dict.fromkeys([*_shape_faults(plan), *_contract_faults(plan), *_power_faults(plan, today)]))


def _shape_faults(plan: Execution) -> Iterable[str]:
    for name, count in Counter(p.id for p in plan.places).items():
        if count > 1:
            yield f"签署栏位“{name}”重复"
    for place in plan.places:
        if place.signatory.party not in PARTIES:
            yield f"“{place.signatory.name}”不代表任何一方"
        if place.mark is Mark.SIGNATURE and not place.signatory.binds:
            yield f"{place.label}须由法定代表人或者授权代表签署，不能由用印人签署"
        if place.stage < 1:
            yield f"{place.label}的阶段须从1开始"
    if plan.terms.deadline < plan.terms.final_on:
        yield "签署期限早于文本定稿日"


def _contract_faults(plan: Execution) -> Iterable[str]:
    terms = plan.terms
    media = {party: {p.medium for p in plan.places if p.signatory.party == party} for party in PARTIES}
    for party, label in PARTIES.items():
        own = [p for p in plan.places if p.signatory.party == party]
        if not own:
            yield f"{label}没有签署人"
            continue
        lacking = _lacking(terms, own)
        if lacking:
            yield f"{label}缺少{'、'.join(lacking)}，与合同约定的签署要素（{terms.formation.label}）不符"
        if not any(p.signatory.binds for p in own):
            yield f"{label}只有用印人，没有法定代表人或者授权代表"
    used = set().union(*media.values())
    if terms.mode is Mode.PAPER and Medium.ELECTRONIC in used:
        yield "合同约定纸质签署，不能电子签署"
    if terms.mode is Mode.ELECTRONIC and Medium.PAPER in used:
        yield "合同约定电子签署，不能纸质签署"
    if terms.mode is Mode.HYBRID and used and not (used == set(Medium) and all(len(m) == 1 for m in media.values())):
        yield "合同约定一方电子、一方纸质，每一方须只用一种方式，且双方不同"


def _power_faults(plan: Execution, today: date) -> Iterable[str]:
    for place in plan.places:
        for fault in plan.terms.power_faults(place.signatory, today):
            yield f"{fault.defect.label}：{fault.sentence}"


def _lacking(terms: Terms, places: Iterable[Place]) -> tuple[str, ...]:
    """What the marks of one party lack under the contract's condition and required marks.

    An electronic signature counts as a hand's or a seal's (ESL:14); under 签名或盖章 either will do, whatever else is listed.
    """
    marks = {p.mark for p in places}
    electronic = any(p.medium is Medium.ELECTRONIC for p in places)
    if terms.formation is Formation.ELECTRONIC:
        return () if electronic else ("电子签名",)
    if terms.formation is Formation.EITHER:
        return () if marks else ("签名或盖章",)
    lacking = [m.label for m in (Mark.SIGNATURE, Mark.SEAL) if m not in marks]
    if Required.E_SIGNATURE in terms.required and not electronic:
        lacking.append("电子签名")
    return tuple(lacking)


def _require_day(terms: Terms, on: date, today: date) -> None:
    if on < terms.final_on:
        raise ContractError("execution.date", f"签署日期{on.isoformat()}早于文本定稿日{terms.final_on.isoformat()}。")
    if on > today:
        raise ContractError("execution.date", f"签署日期{on.isoformat()}晚于今日。")
    if on > terms.deadline:
        raise ContractError("execution.date", f"签署期限已于{terms.deadline.isoformat()}届满，请重新发起签署。")


def _require_reason(reason: str, deed: str) -> None:
    if len("".join(reason.split())) < REASON_LENGTH:
        raise ContractError("execution.reason", f"{deed}须写明理由（不少于{REASON_LENGTH}个字）。")


def _sentences(faults: Iterable[AuthorityFault]) -> str:
    return "；".join(f"{f.defect.label}，{f.sentence}" for f in faults)
