"""The signature pages as a form: which box is whose, what it means, and what goes into it (sections 14.1–14.3).

The boxes lie in the tree and outside the digest; signing fills them. A box that nobody can fill here stays an empty line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from app.domain.errors import ContractError
from app.domain.execution import Mark
from app.domain.tree import Box, BoxKind, FormRow, Instrument


class Use(Enum):
    """What a box of the signature pages is for."""

    CONFIRMATION = "confirmation"
    """A statement that the signatory confirms by a tick."""
    HAND = "hand"
    """The signatory's hand once more (section 14.3)."""
    DATE = "date"
    ESIGN_ID = "esign_id"
    CERTIFICATE = "certificate"
    TIMESTAMP = "timestamp"
    DIGEST = "digest"
    PLATFORM = "platform"
    CODE = "verification_code"
    """By which anybody checks the electronic text."""


_ENDINGS = {
    "_esign_id": Use.ESIGN_ID,
    "_certificate": Use.CERTIFICATE,
    "_timestamp": Use.TIMESTAMP,
    "_digest": Use.DIGEST,
    "_platform": Use.PLATFORM,
    "_date": Use.DATE,
    "verification_code": Use.CODE,
}
_OWNERS = {"sign.party_a_": "party_a", "sign.party_b_": "party_b"}
_PLACES = {
    f"sign.{party}_{word}": (party, mark)
    for party in ("party_a", "party_b")
    for word, mark in (("signature", Mark.SIGNATURE), ("seal", Mark.SEAL))
}


@dataclass(frozen=True, slots=True)
class FormField:
    """A box that signing fills. ``owner``: ``party_a``, ``party_b``, or empty where both parties fill it together at the end."""

    name: str
    label: str
    owner: str
    use: Use

    @property
    def key(self) -> str:
        """The name of the field in the PDF, which takes no dots."""
        return key_of(self.name)


@dataclass(frozen=True, slots=True)
class FormPlace:
    """A box for a signature or a seal."""

    name: str
    label: str
    owner: str
    mark: Mark

    @property
    def key(self) -> str:
        return key_of(self.name)


@dataclass(frozen=True, slots=True)
class SigningForm:
    """Every box of an instrument that signing fills."""

    places: tuple[FormPlace, ...]
    fields: tuple[FormField, ...]

    def place(self, party: str, mark: Mark) -> FormPlace | None:
        return next((p for p in self.places if p.owner == party and p.mark is mark), None)

    def owned(self, party: str) -> tuple[FormField, ...]:
        """The boxes of one party; with an empty name those of both."""
        return tuple(f for f in self.fields if f.owner == party)


def key_of(name: str) -> str:
    return name.replace(".", "_")


def form_of(instrument: Instrument) -> SigningForm:
    """The form that the instrument's boxes make."""
    rows = {row.id: row for section in instrument.sections() for row in section.form}
    rows |= {row.id: row for row in instrument.cover}
    places, fields = [], []
    for row_id, box in instrument.boxes():
        row = rows.get(row_id)
        label = _label(row, box)
        if box.name in _PLACES:
            owner, mark = _PLACES[box.name]
            places.append(FormPlace(box.name, label, owner, mark))
            continue
        use = _use(box)
        if use is not None:
            owner = next((party for prefix, party in _OWNERS.items() if box.name.startswith(prefix)), "")
            fields.append(FormField(box.name, label, owner, use))
    return SigningForm(tuple(places), tuple(fields))


def _use(box: Box) -> Use | None:
    if box.kind is BoxKind.CHECK:
        return Use.CONFIRMATION
    if box.kind is BoxKind.SIGNATURE:
        return Use.HAND
    return next((use for ending, use in _ENDINGS.items() if box.name.endswith(ending)), None)


def _label(row: FormRow | None, box: Box) -> str:
    if row is None:
        return box.name
    return f"{row.label}：{row.text}" if box.kind is BoxKind.CHECK and row.text else row.label


# ---- what people bring, and what comes of it


class HandKind(Enum):
    DRAWN = "drawn"
    TYPED = "typed"
    UPLOADED = "uploaded"

    @property
    def label(self) -> str:
        return {"drawn": "手写", "typed": "键入姓名", "uploaded": "上传图片"}[self.value]


@dataclass(frozen=True, slots=True)
class Hand:
    """A signature as somebody made it. ``strokes``: points from the upper-left corner, in any unit."""

    kind: HandKind
    strokes: tuple[tuple[tuple[float, float], ...], ...] = ()
    text: str = ""
    image: bytes = b""


@dataclass(frozen=True, slots=True)
class RegisteredSeal:
    """A seal of the register as its keeper released it. ``kind``: a value of ``seal_register.SealKind``; sizes in millimetres.

    ``image``: PNG of its true size; empty: the system draws the seal, ``size`` wide. ``application``: whose release it hangs on.
    """

    kind: str
    owner: str
    size: float
    application: str
    image: bytes = b""
    width: float = 0.0
    height: float = 0.0

    @property
    def digest(self) -> str:
        """Of the image; empty for a drawn seal."""
        return hashlib.sha256(self.image).hexdigest() if self.image else ""


@dataclass(frozen=True, slots=True)
class SealShown:
    """A seal as it was put to the text: whose, the serial of the certificate that signed, and the seal of the register if it was one."""

    owner: str
    serial: str
    seal: RegisteredSeal | None = None


class SeamPages(Enum):
    """Which pages a 骑缝章 runs over."""

    ALL = "all"
    ODD = "odd"
    """For sheets printed on both sides."""

    @property
    def label(self) -> str:
        return {"all": "全部页", "odd": "仅奇数页（双面打印）"}[self.value]


@dataclass(frozen=True, slots=True)
class SeamWish:
    """骑缝章 as the plan of a signing wants them, for the printed copy. A long contract gets several seals of ``most_pages`` each, so that a
    slice stays wide enough to print. Raises ``seam.options``."""

    pages: SeamPages = SeamPages.ALL
    skip_cover: bool = False
    most_pages: int = 8

    def __post_init__(self) -> None:
        if not 3 <= self.most_pages <= 14:
            raise ContractError("seam.options", "每枚骑缝章所跨页数应为3至14页：再多，每页不足3毫米，打印后无法辨认。")


SEAM_HEIGHTS = {"party_a": 0.62, "party_b": 0.38}
"""Where the middle of each party's seam lies, as a part of the page's height: both on one edge, and never over each other."""


@dataclass(frozen=True, slots=True)
class PartySeam:
    """One party's 骑缝章 in a frozen file. ``seal``: released before the freeze, it lies in the file, hidden, and the signature shows it
    (check boxes); without one it comes with the party's signature (text fields), so that nobody holds the image before."""

    party: str
    wish: SeamWish
    seal: RegisteredSeal | None = None

    @property
    def key(self) -> str:
        return seam_key(self.party)


def seam_key(party: str) -> str:
    """The name of the field in the PDF."""
    return f"seam_{party}"


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key with its certificate, just made. ``sealed``: the private key at rest, wrapped with the PIN."""

    serial: str
    fingerprint: str
    certificate: str
    sealed: str
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate that signs: PEM, the sealed key, and the serial under which it was sealed."""

    certificate: str
    sealed: str
    serial: str


@dataclass(frozen=True, slots=True)
class SignOrder:
    """One signature to be made. ``texts``, ``ticks``, ``hands``: PDF fields of the same party, filled with it."""

    field: str
    name: str
    reason: str
    place: str
    hand: Hand | None
    seal_of: str
    texts: Mapping[str, str]
    ticks: tuple[str, ...]
    hands: tuple[str, ...]
    seal: RegisteredSeal | None = None
    seam: str = ""
    """Field of the party's 骑缝章; empty: there is none. ``seam_held``: the seal lies in the file since the freeze."""
    seam_held: bool = False


@dataclass(frozen=True, slots=True)
class SignedFile:
    """The file with one more signature. ``clock``: whose time we gave it, in words, empty where it brought its own; ``clock_note``: why not the outside one."""

    content: bytes
    clock: str
    clock_note: str


@dataclass(frozen=True, slots=True)
class Person:
    """For whom a certificate is issued. ``organisation``: whom a person signs for; a seal's certificate is the organisation's own."""

    name: str
    organisation: str
    code: str
    reference: str
    seal: bool = False


def party_texts(
    form: SigningForm, party: str, *, on: date, serial: str, at: str, digest: str, platform: str, signing: str
) -> dict[str, str]:
    """What the text boxes of a party say when it signs, by PDF field."""
    words = {
        Use.DATE: f"{on.year}年{on.month}月{on.day}日",
        Use.ESIGN_ID: signing,
        Use.CERTIFICATE: serial,
        Use.TIMESTAMP: at,
        Use.DIGEST: digest,
        Use.PLATFORM: platform,
    }
    return {f.key: words[f.use] for f in form.owned(party) if f.use in words}


def shared_texts(form: SigningForm, on: date, code: str) -> dict[str, str]:
    """What the boxes of both parties say when everybody has signed."""
    words = {Use.DATE: f"{on.year}年{on.month}月{on.day}日", Use.CODE: code}
    return {f.key: words[f.use] for f in form.owned("") if f.use in words}


def confirmations(form: SigningForm, party: str) -> tuple[FormField, ...]:
    """The statements that a signatory of ``party`` has to confirm: its own, and those of both."""
    return tuple(f for f in form.fields if f.use is Use.CONFIRMATION and f.owner in (party, ""))


def require_confirmed(form: SigningForm, party: str, ticked: frozenset[str]) -> None:
    """Raises ``signing.confirmations`` naming every statement that is not confirmed."""
    missing = [f.label for f in confirmations(form, party) if f.name not in ticked]
    if missing:
        raise ContractError("signing.confirmations", "签署前须逐项确认：" + "；".join(missing) + "。")
