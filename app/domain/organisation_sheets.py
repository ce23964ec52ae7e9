"""The workbook of master data: its sheets and columns, which the template writes and the import reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.organisations import BankAccount, Licence, Person, ServiceAddress

MAIN = "主体"
OWNER = "主体名称"
"""Column by which the rows of the other sheets belong to an organisation."""


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """One sheet: the field of ``Organisation`` that it fills, what a row becomes, and column label → field."""

    field: str
    kind: type[Any]
    columns: Mapping[str, str]


MAIN_COLUMNS: Mapping[str, str] = {
    "名称": "name", "统一社会信用代码": "uscc", "法定代表人": "legal_representative", "住所": "registered_address",
    "企业规模": "size_class", "本方主体": "own", "备注": "note",
}  # fmt: skip
PARTS: Mapping[str, SheetPlan] = {
    "送达地址": SheetPlan(
        "addresses", ServiceAddress, {"种类": "kind", "地址": "address", "收件人": "recipient", "电话": "phone"}
    ),
    "银行账户": SheetPlan("bank_accounts", BankAccount, {"户名": "holder", "开户行": "bank", "账号": "number"}),
    "证照": SheetPlan(
        "licences", Licence,
        {"名称": "kind", "编号": "number", "发证机关": "issuer", "许可范围": "scope", "有效期起": "valid_from", "有效期至": "valid_until"},
    ),
    "联系人": SheetPlan("contacts", Person, {"姓名": "name", "职责": "role", "电话": "phone", "邮箱": "email"}),
}  # fmt: skip
