"""Organisations as master data: what is known of a party, what is wrong with it, and two people's changes brought together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from enum import Enum
from typing import Any

from app.domain.errors import InputFault
from app.domain.parties import normalise_uscc, uscc_faults

SIZES = {
    "": "未填写", "large": "大型企业", "medium": "中型企业", "small": "小型企业", "micro": "微型企业", "public_body": "机关、事业单位",
}  # fmt: skip
POSTAL, EMAIL = "postal", "email"
ADDRESS_KINDS = {POSTAL: "邮寄地址", EMAIL: "电子邮箱"}
SOON = timedelta(days=90)
"""A licence that ends within this time is pointed out: renewing one takes its authority weeks."""
MAX_PARTS = 50
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ACCOUNT = re.compile(r"[0-9A-Z]{6,34}")


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """An address for service (送达地址)."""

    kind: str
    address: str
    recipient: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class BankAccount:
    holder: str
    bank: str
    number: str


class LicenceState(Enum):
    """Where a licence stands on a day."""

    LASTING = "lasting"
    """Valid, without a last day or with one far off."""
    ENDING = "ending"
    """Valid, but its last day is near."""
    ENDED = "ended"
    FUTURE = "future"
    """Not valid yet."""

    @property
    def label(self) -> str:
        return {"lasting": "有效", "ending": "即将到期", "ended": "已到期", "future": "尚未生效"}[self.value]


@dataclass(frozen=True, slots=True)
class Licence:
    """``valid_until`` is the last day; None: without term."""

    kind: str
    number: str
    issuer: str = ""
    scope: str = ""
    valid_from: date | None = None
    valid_until: date | None = None

    def state(self, today: date) -> LicenceState:
        if self.valid_until is not None and self.valid_until < today:
            return LicenceState.ENDED
        if self.valid_from is not None and self.valid_from > today:
            return LicenceState.FUTURE
        near = self.valid_until is not None and self.valid_until - today <= SOON
        return LicenceState.ENDING if near else LicenceState.LASTING


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    role: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """What is known of an organisation. ``uscc`` empty: registered abroad. ``size_class``: a key of ``SIZES``."""

    name: str
    uscc: str = ""
    legal_representative: str = ""
    registered_address: str = ""
    size_class: str = ""
    own: bool = False
    note: str = ""
    addresses: tuple[ServiceAddress, ...] = ()
    bank_accounts: tuple[BankAccount, ...] = ()
    licences: tuple[Licence, ...] = ()
    contacts: tuple[Person, ...] = ()

    def tidy(self) -> Organisation:
        """Without white space around what was entered; the credit code and account numbers in their one form."""
        plain: Organisation = _stripped(self)
        accounts = tuple(replace(a, number=re.sub(r"[\s\-]", "", a.number).upper()) for a in plain.bank_accounts)
        return replace(plain, uscc=normalise_uscc(plain.uscc), bank_accounts=accounts)


LABELS = {
    "name": "名称", "uscc": "统一社会信用代码", "legal_representative": "法定代表人（负责人）", "registered_address": "住所",
    "size_class": "企业规模", "own": "本方主体", "note": "备注", "addresses": "送达地址", "bank_accounts": "银行账户",
    "licences": "许可或者证照", "contacts": "联系人",
}  # fmt: skip
"""Every field of ``Organisation`` as a person calls it."""

_LENGTHS = {
    "name": 200, "legal_representative": 100, "registered_address": 300, "note": 2000, "address": 300, "recipient": 100,
    "phone": 50, "holder": 200, "bank": 200, "kind": 100, "issuer": 200, "scope": 500, "role": 100, "email": 200,
}  # fmt: skip
_LONGEST_NUMBER = 100
_PART_LABELS = {
    "kind": "种类", "address": "地址", "recipient": "收件人", "phone": "电话", "holder": "户名", "bank": "开户行", "number": "编号（账号）",
    "issuer": "发证机关", "scope": "范围", "name": "姓名", "role": "职责", "email": "邮箱",
}  # fmt: skip


def faults_of(details: Organisation) -> tuple[InputFault, ...]:
    """Everything wrong with data that is ``tidy``, each by its place: ``uscc``, ``addresses[0]``."""
    return tuple(_faults(details))


def _faults(details: Organisation) -> Iterator[InputFault]:
    if not details.name:
        yield _fault("name", "未填写")
    for problem in uscc_faults(details.uscc) if details.uscc else ():
        yield _fault("uscc", problem)
    if details.size_class not in SIZES:
        yield _fault("size_class", "不是可选的规模", "、".join(SIZES.values()))
    for name in ("name", "legal_representative", "registered_address", "note"):
        for problem in _text_problems(getattr(details, name), _LENGTHS[name], breaks=name == "note"):
            yield _fault(name, problem)
    for group in ("addresses", "bank_accounts", "licences", "contacts"):
        parts = getattr(details, group)
        if len(parts) > MAX_PARTS:
            yield _fault(group, f"共{len(parts)}项，至多{MAX_PARTS}项")
        for place, part in enumerate(parts[:MAX_PARTS]):
            for problem in (*_part_problems(part), *_lengths(part)):
                yield _fault(group, problem, path=f"{group}[{place}]")


def _part_problems(part: object) -> Iterator[str]:
    match part:
        case ServiceAddress():
            if part.kind not in ADDRESS_KINDS or not part.address:
                yield f"须写明种类（{'、'.join(ADDRESS_KINDS.values())}）和地址"
            elif part.kind == EMAIL and not _EMAIL.fullmatch(part.address):
                yield f"“{part.address[:60]}”不是可用的电子邮箱"
        case BankAccount():
            if not (part.holder and part.bank and part.number):
                yield "户名、开户行、账号均须填写"
            elif not _ACCOUNT.fullmatch(part.number):
                yield "账号须为6至34位数字（境外账号可含字母）"
        case Licence():
            if not (part.kind and part.number):
                yield "名称、编号均须填写"
            if part.valid_from and part.valid_until and part.valid_from > part.valid_until:
                yield "有效期的起始日晚于届满日"
        case Person():
            if not part.name:
                yield "姓名须填写"
            if part.email and not _EMAIL.fullmatch(part.email):
                yield f"“{part.email[:60]}”不是可用的电子邮箱"


def _lengths(part: Any) -> Iterator[str]:
    for item in fields(part):
        value = getattr(part, item.name)
        if isinstance(value, str):
            longest = _LONGEST_NUMBER if item.name == "number" else _LENGTHS[item.name]
            yield from (f"{_PART_LABELS[item.name]}{problem}" for problem in _text_problems(value, longest))


def _text_problems(text: str, longest: int, *, breaks: bool = False) -> Iterator[str]:
    if len(text) > longest:
        yield f"至多{longest}个字，现为{len(text)}个字"
    if any(not (c.isprintable() or (breaks and c in "\r\n\t")) for c in text):
        yield "含有不能显示的字符"


def _fault(name: str, problem: str, allowed: str = "", path: str = "") -> InputFault:
    return InputFault(path or name, LABELS[name], problem, allowed)


def _stripped(value: Any) -> Any:
    """Text stripped, its line ends in one form, wherever it stands in a value of this module."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip()
    if isinstance(value, tuple):
        return tuple(_stripped(v) for v in value)
    if hasattr(value, "__dataclass_fields__"):
        return replace(value, **{f.name: _stripped(getattr(value, f.name)) for f in fields(value)})
    return value


# ---- two people, one record


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: what it said when both began, what is entered now, what somebody else has stored meanwhile."""

    field: str
    base: str
    mine: str
    theirs: str

    @property
    def label(self) -> str:
        return LABELS[self.field]


@dataclass(frozen=True, slots=True)
class Merged:
    """Both people's changes together. ``taken``: fields that the other one alone changed, taken over; ``clashes``: fields that
    both changed differently, left as entered now."""

    details: Organisation
    taken: tuple[FieldChange, ...]
    clashes: tuple[FieldChange, ...]


def merge(base: Organisation, mine: Organisation, theirs: Organisation) -> Merged:
    """Bring ``mine`` and ``theirs`` together, both made from ``base``. Nothing that was entered is dropped."""
    taken, clashes = [], []
    whole: dict[str, Any] = {}
    for item in fields(Organisation):
        was, here, there = (getattr(value, item.name) for value in (base, mine, theirs))
        whole[item.name] = here
        if there in (was, here):
            continue
        change = FieldChange(item.name, *(in_words(item.name, value) for value in (was, here, there)))
        if here == was:
            whole[item.name] = there
            taken.append(change)
        else:
            clashes.append(change)
    return Merged(Organisation(**whole), tuple(taken), tuple(clashes))


def in_words(field: str, value: Any) -> str:
    """A field's value as a person reads it; parts of a list on lines of their own. Empty: nothing."""
    if field == "own":
        return "是" if value else "否"
    if field == "size_class":
        return SIZES.get(value, str(value))
    return "\n".join(_part_words(part) for part in value) if isinstance(value, tuple) else str(value)


def _part_words(part: object) -> str:
    match part:
        case ServiceAddress():
            words = (ADDRESS_KINDS.get(part.kind, part.kind), part.address, part.recipient, part.phone)
        case Licence():
            term = f"{part.valid_from or '—'}至{part.valid_until or '长期'}" if part.valid_from or part.valid_until else "长期"
            words = (part.kind, part.number, part.issuer, term)
        case BankAccount():
            words = (part.holder, part.bank, part.number, "")
        case Person():
            words = (part.name, part.role, part.phone, part.email)
        case _:
            return str(part)
    return " · ".join(word for word in words if word)
