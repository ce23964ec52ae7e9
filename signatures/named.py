"""Whom a certificate has to name before it may sign at a place.

A signature is the signatory's own act, with a key of the own (电子签名法 13: 专有、专控): the certificate names that person, for nobody
or for the very party. A seal is the party's: a certificate of one of its people is none.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who has to sign. ``person``: the signatory of the place; ``party``: for whom; ``seal``: the party seals here."""

    person: str
    party: str
    seal: bool


def holder_fault(name: str, organisation: str, wanted: Wanted) -> str:
    """Why a certificate (commonName, organizationName) may not sign as ``wanted``, a Chinese phrase; empty where it may."""
    owner = wanted.party if wanted.seal else wanted.person
    shown = "、".join(n for n in dict.fromkeys((name, organisation)) if n) or "（空）"
    if not same_name(name, owner):
        words = f"签名证书的持有人是“{shown}”，与应当签署的“{owner}”不符"
        if wanted.seal:
            return f"{words}：盖章须用单位自己的证书，个人证书不能代替"
        return f"{words}：单位证书不能代替个人签名" if same_name(name, wanted.party) else words
    if organisation and not same_name(organisation, wanted.party):
        return f"签名证书的持有人是“{shown}”，其单位与签署方“{wanted.party}”不符"
    return ""


def same_name(one: str, other: str) -> bool:
    """Whether two names are equal but for spaces and the width of brackets; the names of R-32 are compared alike."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return "".join(name.translate(str.maketrans("（）　", "() ")).split())
