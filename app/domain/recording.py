"""Contracts that were signed before the system came in: what a line of the old register must say of one. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.numbering_pattern import LONGEST
from app.domain.parties import normalise_uscc, uscc_faults
from app.domain.sheets import CellFault

YES, NO = ("是", "yes", "y", "1", "√"), ("", "否", "no", "n", "0")
LONGEST_NAME = 200
_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))")
_MONEY = re.compile(r"\d{1,13}(\.\d{1,2})?")


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the register to be imported. ``kind``: ``text``, ``date``, ``money`` or ``yes``."""

    key: str
    label: str
    required: bool = False
    help: str = ""
    width: int = 16
    kind: str = "text"


FIELDS = (
    Field("number", "合同编号", True, f"本系统内唯一，至多{LONGEST}字；已登记的编号不能再次补录", 20),
    Field("title", "合同名称", True, "", 32),
    Field("party_a", "甲方名称", True, "", 30),
    Field("uscc_a", "甲方统一社会信用代码", False, "18位；填写后与主体资料关联", 24),
    Field("party_b", "乙方名称", True, "", 30),
    Field("uscc_b", "乙方统一社会信用代码", False, "18位；填写后与主体资料关联", 24),
    Field("value", "合同总额（元）", False, "含税总额，至多两位小数；没有总额的留空", 18, "money"),
    Field("signed_on", "签订日期", True, "最后一方签署的日期，例如 2024-05-20", 14, "date"),
    Field("effective_on", "生效日期", False, "留空为签订日期；不得早于签订日期", 14, "date"),
    Field("last_day", "届满日期", False, "期限的最后一日（含当日）；不定期合同留空", 14, "date"),
    Field("renews", "自动续约", False, "届满后是否自动续约：是 或者 否；不清楚的留空，届满时由负责人判断", 10, "yes"),
    Field("owner", "负责人", False, "登录名或者姓名；留空为导入人", 14),
    Field("confidential", "保密", False, "是 或者 否；保密的只有负责人可以看到，之后可以指定人员", 8, "yes"),
    Field("file", "签署件文件名", False, "已签署的 PDF；留空为“合同编号.pdf”", 28),
    Field("remark", "备注", False, "记入审计日志，至多500字", 30),
)
"""The columns in their order."""


@dataclass(frozen=True, slots=True)
class OldRow:
    """A filled row: its number as the spreadsheet shows it, and its cells as text by key of ``FIELDS``."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OldRegister:
    """A register from outside. ``columns``: the letter of each column by key."""

    sheet: str
    columns: Mapping[str, str]
    rows: tuple[OldRow, ...]

    def fault(self, row: OldRow, key: str, reason: str) -> CellFault:
        label = next(f.label for f in FIELDS if f.key == key)
        return CellFault(self.sheet, row.number, label, self.columns.get(key, ""), row.cells.get(key, "")[:60], reason)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One signed contract. ``effective_on``: not before ``signed_on``; ``last_day`` None: without term; ``value`` in yuan with tax.

    ``renews``: whether a further term follows by itself; None where nobody knows.
    """

    number: str
    title: str
    party_a: str
    uscc_a: str
    party_b: str
    uscc_b: str
    value: Decimal | None
    signed_on: date
    effective_on: date
    last_day: date | None
    renews: bool | None
    owner: str
    confidential: bool
    file: str
    remark: str


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field of a row, and how to mend it."""

    key: str
    problem: str


def read_recorded(raw: Mapping[str, str], today: date) -> tuple[Recorded | None, tuple[FieldFault, ...]]:
    """A row as a contract; None with every fault at once where it can't be one. ``raw``: text by key of ``FIELDS``."""
    reading = _Reading(raw, today)
    found = reading.contract()
    return (None if reading.faults else found), tuple(reading.faults)


class _Reading:
    def __init__(self, raw: Mapping[str, str], today: date) -> None:
        self.raw, self.today = raw, today
        self.faults: list[FieldFault] = []

    def contract(self) -> Recorded:
        number = self.text("number", LONGEST)
        signed = self.day("signed_on")
        effective = self.day("effective_on") or signed
        last = self.day("last_day")
        if signed and signed > self.today:
            self.fault("signed_on", "晚于今天；只有已经签署的合同可以补录")
        if signed and effective and effective < signed:
            self.fault("effective_on", "早于签订日期；合同自成立时起才能生效（民法典第502条），请填写签订日期或者更晚的日期")
        if effective and last and last < effective:
            self.fault("last_day", "早于生效日期")
        renews = self.yes("renews") if self.raw.get("renews", "").strip() else None
        if renews and last and last < self.today:
            self.fault("last_day", "已经过去，而合同自动续约；请填写现行期限的届满日期")
        return Recorded(
            number=number,
            title=self.text("title", LONGEST_NAME),
            party_a=self.text("party_a", LONGEST_NAME),
            uscc_a=self.code("uscc_a"),
            party_b=self.text("party_b", LONGEST_NAME),
            uscc_b=self.code("uscc_b"),
            value=self.money("value"),
            signed_on=signed or self.today,
            effective_on=effective or self.today,
            last_day=last,
            renews=renews,
            owner=self.text("owner", 100),
            confidential=self.yes("confidential"),
            file=self.text("file", LONGEST_NAME) or f"{number}.pdf",
            remark=self.text("remark", 500),
        )

    def fault(self, key: str, problem: str) -> None:
        self.faults.append(FieldFault(key, problem))

    def text(self, key: str, most: int) -> str:
        value = self.raw.get(key, "").strip()
        if not value and next(f for f in FIELDS if f.key == key).required:
            self.fault(key, "必填，不能为空")
        if len(value) > most:
            self.fault(key, f"过长，至多{most}字")
        if any(not c.isprintable() for c in value):
            self.fault(key, "含有不可见的控制字符或者换行，请删去")
        return value

    def day(self, key: str) -> date | None:
        value = self.text(key, 30)
        if not value:
            return None
        match = _DATE.fullmatch("".join(value.split()))
        try:
            if match:
                return date(*(int(part) for part in match.groups() if part))
        except ValueError:
            self.fault(key, "日期不存在")
            return None
        self.fault(key, "不是日期，应写成 2024-05-20 的样子")
        return None

    def money(self, key: str) -> Decimal | None:
        value = self.text(key, 40)
        bare = value.replace(",", "").replace("，", "").removeprefix("¥").removeprefix("￥")
        if bare and not _MONEY.fullmatch(bare):
            self.fault(key, "不是金额，应为不小于零、至多两位小数的数，单位为元")
            return None
        return Decimal(bare) if bare else None

    def code(self, key: str) -> str:
        code = normalise_uscc(self.text(key, 40))
        for problem in uscc_faults(code) if code else ():
            self.fault(key, problem)
        return code

    def yes(self, key: str) -> bool:
        value = self.text(key, 10).lower()
        if value not in YES + NO:
            self.fault(key, "只能填“是”或者“否”")
        return value in YES
