"""Mobile numbers for one-time codes, in the form of ITU-T E.164: plus sign, country code, at most fifteen digits, no spaces."""

from __future__ import annotations

import re

from app.domain.errors import ContractError

_SEPARATORS = str.maketrans("", "", " \t\u3000\u00a0-\u2010\u2011\u2012\u2013\u2014()（）.")
_WIDE = str.maketrans("０１２３４５６７８９＋", "0123456789+")
_MAINLAND = re.compile(r"1[3-9]\d{9}")
"""Mobile numbers of the mainland (工业和信息化部《电信网编号计划》): eleven digits, the second from 3 to 9."""
_WORLD = re.compile(r"\+[1-9]\d{6,14}")


def mobile_number(text: str) -> str:
    """``text`` as E.164, with +86 where no country is named. Raises ``phone.number`` saying what is wrong."""
    plain = text.translate(_WIDE).translate(_SEPARATORS)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    national = plain.removeprefix("+86") if plain.startswith("+86") else plain
    if plain.startswith("86") and _MAINLAND.fullmatch(plain[2:]):
        national = plain[2:]
    if _MAINLAND.fullmatch(national):
        return f"+86{national}"
    shown = text.strip()[:40]
    if not plain.startswith("+") or plain.startswith("+86"):
        raise ContractError(
            "phone.number", f"手机号“{shown}”的写法有误：境内手机号为11位数字，例如 138 1234 5678；境外的以“+国家代码”开头。"
        )
    if not _WORLD.fullmatch(plain):
        raise ContractError("phone.number", f"手机号“{shown}”的写法有误：应为“+国家代码”和号码，例如 +852 9123 4567。")
    return plain


def masked_number(number: str) -> str:
    """A number shown to somebody who has not proven to be its owner: ``+86 138****5678``."""
    if number.startswith("+86") and len(number) == 14:
        return f"+86 {number[3:6]}****{number[-4:]}"
    return f"{number[:4]}****{number[-2:]}"
