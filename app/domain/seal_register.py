"""The register of an organisation's seals: kinds, states and one table of moves, who holds which office by which written authority.

国发〔1999〕25号 十八、二十三: registered seals are carved by shops under police supervision, kept, handed in and destroyed on record. What
is registered here is that keeping, and at most an image of the seal; the image is not an 电子印章 in the sense of GB/T 38540.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from app.domain.errors import ContractError, InputFault

REASON_LENGTH = 5
LARGEST_MM = 45.0
"""国发〔1999〕25号 十四: not wider than 4.5 cm."""
SMALLEST_MM = 10.0
LONGEST_AUTHORITY_YEARS = 5


class SealKind(Enum):
    OFFICIAL = "official"
    """公章: the organisation's own seal."""
    CONTRACT = "contract"
    """合同专用章: for contracts alone."""
    FINANCE = "finance"
    """财务专用章: for invoices, bills and bank papers; a contract sealed with it invites dispute."""
    REPRESENTATIVE = "representative"
    """法定代表人章: the name seal of the legal representative."""

    @property
    def label(self) -> str:
        names = {"official": "公章", "contract": "合同专用章", "finance": "财务专用章", "representative": "法定代表人章"}
        return names[self.value]


class SealState(Enum):
    MAKING = "making"
    """制作中: ordered, not handed over to its keeper."""
    ACTIVE = "active"
    """启用."""
    SUSPENDED = "suspended"
    """停用: lies still, may come back."""
    SURRENDERED = "surrendered"
    """收缴: handed in for good, waits to be destroyed."""
    DESTROYED = "destroyed"
    """销毁."""

    @property
    def label(self) -> str:
        names = {"making": "制作中", "active": "启用", "suspended": "停用", "surrendered": "收缴", "destroyed": "销毁"}
        return names[self.value]


class SealMove(Enum):
    ENABLE = "enable"
    SUSPEND = "suspend"
    SURRENDER = "surrender"
    DESTROY = "destroy"

    @property
    def label(self) -> str:
        return {"enable": "启用", "suspend": "停用", "surrender": "收缴", "destroy": "销毁"}[self.value]


_S, _M = SealState, SealMove
MOVES: Mapping[tuple[SealState, SealMove], SealState] = {
    (_S.MAKING, _M.ENABLE): _S.ACTIVE,
    (_S.MAKING, _M.SURRENDER): _S.SURRENDERED,  # made wrongly, or not wanted any more
    (_S.ACTIVE, _M.SUSPEND): _S.SUSPENDED,
    (_S.SUSPENDED, _M.ENABLE): _S.ACTIVE,
    (_S.SUSPENDED, _M.SURRENDER): _S.SURRENDERED,
    (_S.SURRENDERED, _M.DESTROY): _S.DESTROYED,
}
"""The whole of what may happen to a seal; everything else is refused with a sentence."""


class SealLook(Enum):
    """What the electronic signature shows."""

    IMAGE = "image"
    """上传图样: the scanned seal."""
    DRAWN = "drawn"
    """系统绘制: bears 电子签章 and the certificate's serial number, so that it can't pass for a registered seal."""
    NONE = "none"
    """仅用于纸质文件."""

    @property
    def label(self) -> str:
        return {"image": "上传的印章图样", "drawn": "系统绘制的电子签章", "none": "仅用于纸质文件"}[self.value]


class SealOffice(Enum):
    """What somebody may do with a seal, by written authority."""

    KEEPER = "keeper"
    """保管人: holds the seal, uploads its image, releases it and enters its uses."""
    APPROVER = "approver"
    """审批人: decides on applications."""
    USER = "user"
    """使用人: may apply for its use."""

    @property
    def label(self) -> str:
        return {"keeper": "保管人", "approver": "审批人", "user": "使用人"}[self.value]


@dataclass(frozen=True, slots=True)
class Grant:
    """An office by written authority ``number``. Both days of the period count; ``ended_on``: taken back on that day."""

    id: str
    person: str
    name: str
    office: SealOffice
    number: str
    valid_from: date
    valid_until: date
    ended_on: date | None = None

    def stands(self, on: date) -> bool:
        return self.valid_from <= on <= self.valid_until and (self.ended_on is None or on < self.ended_on)

    @property
    def last_day(self) -> date:
        return self.valid_until if self.ended_on is None else min(self.valid_until, self.ended_on)


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as registered. ``owner``: the organisation's name, of a name seal the representative's; ``has_image``: one is confirmed."""

    kind: SealKind
    owner: str
    state: SealState
    look: SealLook
    grants: tuple[Grant, ...] = ()
    has_image: bool = False

    def standing(self, office: SealOffice, on: date) -> tuple[Grant, ...]:
        return tuple(g for g in self.grants if g.office is office and g.stands(on))

    def holds(self, person: str, office: SealOffice, on: date) -> bool:
        return bool(person) and any(g.person == person for g in self.standing(office, on))

    @property
    def moves(self) -> tuple[SealMove, ...]:
        """What the table lets happen next."""
        return tuple(m for m in SealMove if (self.state, m) in MOVES)


def moved(seal: Seal, move: SealMove, reason: str, on: date) -> SealState:
    """The state after ``move``. Raises ``seal.move``, ``seal.reason``, ``seal.unready``."""
    after = MOVES.get((seal.state, move))
    if after is None:
        possible = "、".join(f"“{m.label}”" for m in seal.moves) or "任何操作"
        allowed = f"只能{possible}" if seal.moves else "不能再进行任何操作"
        raise ContractError("seal.move", f"印章处于“{seal.state.label}”状态，不能{move.label}；{allowed}。")
    if move is not SealMove.ENABLE and len("".join(reason.split())) < REASON_LENGTH:
        raise ContractError("seal.reason", f"{move.label}印章须写明原因（不少于{REASON_LENGTH}个字），由谁经办、监督的一并写明。")
    faults = readiness_faults(seal, on) if move is SealMove.ENABLE else ()
    if faults:
        raise ContractError("seal.unready", "印章还不能启用：" + "；".join(faults) + "。")
    return after


def readiness_faults(seal: Seal, on: date) -> tuple[str, ...]:
    """What is missing before the seal may be used; each a Chinese phrase."""
    faults = [
        f"没有授权在有效期内的{office.label}"
        for office in (SealOffice.KEEPER, SealOffice.APPROVER)
        if not seal.standing(office, on)
    ]
    if seal.look is SealLook.IMAGE and not seal.has_image:
        faults.append("保管人还没有上传印章图样")
    return tuple(faults)


def grant_faults(seal: Seal, new: Grant, today: date) -> tuple[InputFault, ...]:
    """Everything that speaks against a new grant; four eyes: nobody keeps a seal and approves its use."""
    faults = []
    if seal.state in (SealState.SURRENDERED, SealState.DESTROYED):
        faults.append(InputFault("office", "职责", f"印章已{seal.state.label}，不再授权"))
    if not new.person:
        faults.append(InputFault("person", "人员", "请选择人员"))
    if not new.number.strip():
        faults.append(InputFault("number", "授权文件编号", "请填写书面授权的编号"))
    if new.valid_until < new.valid_from:
        faults.append(InputFault("valid_until", "授权期限", "终止日早于起始日"))
    elif new.valid_until < today:
        faults.append(InputFault("valid_until", "授权期限", "授权期限已经届满"))
    elif (new.valid_until - new.valid_from).days > LONGEST_AUTHORITY_YEARS * 366:
        faults.append(InputFault("valid_until", "授权期限", f"一次授权至多{LONGEST_AUTHORITY_YEARS}年，期满重新授权"))
    beside = [g for g in seal.grants if _overlap(g, new)]
    clash = _CLASHES.get(new.office)
    if any(g.person == new.person and g.office is clash for g in beside):
        faults.append(InputFault("person", "人员", "保管人与审批人不能是同一个人"))
    if any(g.person == new.person and g.office is new.office for g in beside):
        faults.append(InputFault("person", "人员", f"此人在这段时间已是{new.office.label}"))
    elif new.office is SealOffice.KEEPER and (others := [g for g in beside if g.office is SealOffice.KEEPER]):
        name = others[0].name
        faults.append(InputFault("valid_from", "授权期限", f"同一时间只能有一名保管人；请先结束“{name}”的授权，再移交"))
    return tuple(faults)


_CLASHES = {SealOffice.KEEPER: SealOffice.APPROVER, SealOffice.APPROVER: SealOffice.KEEPER}


def _overlap(a: Grant, b: Grant) -> bool:
    last = a.valid_until if a.ended_on is None else a.ended_on.fromordinal(a.ended_on.toordinal() - 1)
    return a.valid_from <= b.valid_until and b.valid_from <= min(a.valid_until, last)


def require_office(seal: Seal, person: str, office: SealOffice, on: date) -> None:
    """Raises ``seal.office`` with the reason: never appointed, not yet, or no more."""
    if seal.holds(person, office, on):
        return
    own = [g for g in seal.grants if g.person == person and g.office is office]
    if not own:
        raise ContractError("seal.office", f"您不是这枚{seal.kind.label}的{office.label}。")
    latest = max(own, key=lambda g: g.last_day)
    if on < latest.valid_from:
        raise ContractError("seal.office", f"您作为{office.label}的授权自{latest.valid_from.isoformat()}起才有效。")
    raise ContractError("seal.office", f"您作为{office.label}的授权（{latest.number}）已于{latest.last_day.isoformat()}结束。")


# ---- applications


class UseMedium(Enum):
    PAPER = "paper"
    ELECTRONIC = "electronic"

    @property
    def label(self) -> str:
        return {"paper": "纸质用印", "electronic": "电子签章"}[self.value]


class UseState(Enum):
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RELEASED = "released"
    """放行: the keeper lets the electronic signature show the seal."""
    USED = "used"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        names = {
            "submitted": "待审批", "approved": "待保管人办理", "released": "已放行", "used": "已用印", "refused": "已驳回",
            "withdrawn": "已撤回",
        }  # fmt: skip
        return names[self.value]

    @property
    def open(self) -> bool:
        return self in (UseState.SUBMITTED, UseState.APPROVED, UseState.RELEASED)


class UseMove(Enum):
    APPROVE = "approve"
    REFUSE = "refuse"
    RELEASE = "release"
    RECALL = "recall"
    """The keeper takes a release back before the seal was used."""
    USE = "use"
    WITHDRAW = "withdraw"

    @property
    def label(self) -> str:
        names = {
            "approve": "批准", "refuse": "驳回", "release": "放行", "recall": "收回放行", "use": "登记用印", "withdraw": "撤回申请",
        }  # fmt: skip
        return names[self.value]


_U, _D = UseState, UseMove
_COMMON: Mapping[tuple[UseState, UseMove], UseState] = {
    (_U.SUBMITTED, _D.APPROVE): _U.APPROVED,
    (_U.SUBMITTED, _D.REFUSE): _U.REFUSED,
    (_U.SUBMITTED, _D.WITHDRAW): _U.WITHDRAWN,
    (_U.APPROVED, _D.WITHDRAW): _U.WITHDRAWN,
}
USE_MOVES: Mapping[UseMedium, Mapping[tuple[UseState, UseMove], UseState]] = {
    UseMedium.PAPER: {**_COMMON, (_U.APPROVED, _D.USE): _U.USED},
    UseMedium.ELECTRONIC: {
        **_COMMON,
        (_U.APPROVED, _D.RELEASE): _U.RELEASED,
        (_U.RELEASED, _D.RECALL): _U.APPROVED,
        (_U.RELEASED, _D.WITHDRAW): _U.WITHDRAWN,
        (_U.RELEASED, _D.USE): _U.USED,
    },
}
"""Approval comes before use in either medium; an electronic use needs the keeper's release besides."""


def use_moved(medium: UseMedium, state: UseState, move: UseMove) -> UseState:
    """Raises ``seal.use_move`` for a move that the table doesn't have."""
    after = USE_MOVES[medium].get((state, move))
    if after is None:
        raise ContractError("seal.use_move", f"这份用印申请（{medium.label}）{state.label}，不能{move.label}。")
    return after


@dataclass(frozen=True, slots=True)
class UseRequest:
    """What is applied for. ``document``: what is sealed; ``copies``: how many originals; ``seam``: across the pages as well."""

    medium: UseMedium
    document: str
    copies: int
    seam: bool
    purpose: str


MOST_COPIES = 100


def request_faults(seal: Seal, request: UseRequest) -> Iterable[InputFault]:
    """Everything that speaks against an application."""
    if seal.state is not SealState.ACTIVE:
        yield InputFault("seal", "印章", f"印章处于“{seal.state.label}”状态，不能申请用印")
    if request.medium is UseMedium.ELECTRONIC and seal.look is SealLook.NONE:
        yield InputFault("seal", "印章", "这枚印章只用于纸质文件，没有电子图样")
    if seal.kind is SealKind.FINANCE:
        yield InputFault("seal", "印章", "财务专用章用于票据、结算和银行事务，不用于签订合同；请选用公章或者合同专用章")
    if not request.document.strip():
        yield InputFault("document", "用印文件", "请写明盖在什么文件上")
    if not 1 <= request.copies <= MOST_COPIES:
        yield InputFault("copies", "份数", "份数应为整数", f"1至{MOST_COPIES}")
    if request.medium is UseMedium.ELECTRONIC and request.copies != 1:
        yield InputFault("copies", "份数", "电子签章只有一份原件", "1")
    if len("".join(request.purpose.split())) < REASON_LENGTH:
        yield InputFault("purpose", "用印事由", f"请写明事由（不少于{REASON_LENGTH}个字）")


@dataclass(frozen=True, slots=True)
class PaperUse:
    """A use of the seal on paper as its keeper enters it. ``handed_to``: who brought the paper and took it back."""

    copies: int
    used_on: date
    handed_to: str
    remark: str = ""


def use_faults(use: PaperUse, approved_copies: int, approved_on: date, today: date) -> Iterable[InputFault]:
    if not 1 <= use.copies <= approved_copies:
        yield InputFault("copies", "用印份数", f"用印份数超出批准的{approved_copies}份", f"1至{approved_copies}")
    if use.used_on < approved_on:
        yield InputFault("used_on", "用印日期", f"用印日期早于批准日{approved_on.isoformat()}")
    if use.used_on > today:
        yield InputFault("used_on", "用印日期", "用印日期晚于今日")
    if not use.handed_to.strip():
        yield InputFault("handed_to", "经办人", "请写明由谁送来用印、取回文件")
