"""Parties: the unified social credit code (统一社会信用代码) and its two check digits (GB 32100-2015, GB 11714-1997; brief B4)."""

from __future__ import annotations

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LENGTH = 18
_DROPPED = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Pd"})
"""Spaces, control and invisible characters, and every kind of hyphen: they come along when a code is pasted."""


def normalise_uscc(code: str) -> str:
    """Without spaces and hyphens, full-width forms narrowed, in capitals."""
    narrow = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in code)
    return "".join(c for c in narrow if unicodedata.category(c) not in _DROPPED and c != "\u2212").upper()


def check_character(body: str) -> str:
    """The 18th character for the first 17 of ``ALPHABET`` (GB 32100-2015): 31 − Σ CᵢWᵢ mod 31, where 31 counts as 0."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(body[:17], _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check_character(body: str) -> str:
    """The 9th character of an organisation code for its first 8 (GB 11714-1997): 10 is X, 11 is 0."""
    total = sum(_ORGANISATION.index(c) * w for c, w in zip(body[:8], _ORGANISATION_WEIGHTS, strict=True))
    rest = 11 - total % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def uscc_faults(code: str) -> tuple[str, ...]:
    """What is wrong with a code, in Chinese; empty if it is sound. A sound code says nothing of the company's existence."""
    text = normalise_uscc(code)
    if not text:
        return ("未填写",)
    if len(text) != LENGTH:
        return (f"应为18位，现为{len(text)}位",)
    strange = sorted({c for c in text if c not in ALPHABET})
    if strange:
        return (f"含有不允许的字符“{'、'.join(strange)}”（不使用 I、O、S、V、Z）",)
    faults = []
    if not text[2:8].isdigit():
        faults.append("第3至8位登记机关行政区划码应为数字")
    if text[17] != check_character(text):
        faults.append("校验码（第18位）不符，请对照营业执照逐位核对")
    if text[16] != organisation_check_character(text[8:16]):
        faults.append("主体标识码的校验位（第17位）不符，请对照营业执照逐位核对")
    return tuple(faults)


def uscc_ok(code: str) -> bool:
    return not uscc_faults(code)
