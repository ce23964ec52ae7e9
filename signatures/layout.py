"""Which fields a frozen document gets, as plain values: signatures, marks filled with them, cross-page seals.

All of them are made before the system certifies the file; afterwards forms may be filled and nothing else (DocMDP level 2). Each
signature locks its own field and the marks and seams it fills (FieldMDP), so that one party never touches the other's.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import Enum

from signatures.appearance import Appearance
from signatures.drawing import MM
from signatures.errors import SignatureError
from signatures.seam import SeamOptions

LARGEST_SEAL = 45 * MM
"""国发〔1999〕25号 第十四条: seals of enterprises are not wider than 4.5 cm."""
SYSTEM_FIELD = "system"
"""The field of the system's certification; no party's signature may have this name."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")


@dataclass(frozen=True, slots=True)
class Box:
    """Page from 1; points from the page's lower-left corner."""

    page: int
    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1

    def grown_to(self, side: float) -> Box:
        """At least ``side`` wide and high about the same middle: a seal's field must hold any seal."""
        dx, dy = max(side - self.width, 0) / 2, max(side - self.height, 0) / 2
        return Box(self.page, self.x1 - dx, self.y1 - dy, self.x2 + dx, self.y2 + dy)


class Sign(Enum):
    """What a signature field shows when it is filled."""

    HANDWRITING = "handwriting"
    """签名: a person's own hand."""
    SEAL = "seal"
    """盖章: an organisation's seal, at its true size."""


@dataclass(frozen=True, slots=True)
class SignatureField:
    """A place for one signature. ``label``: what a reader is told; ``fills``: marks and seams that this signature fills and locks.

    ``guide``: width and height of a frame that guides the hand, in the middle of the box; it goes when the field is filled.
    """

    name: str
    box: Box
    label: str
    sign: Sign = Sign.HANDWRITING
    fills: tuple[str, ...] = ()
    guide: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class TextMark:
    """A line of text filled at signing: date, certificate, digest. ``guide``: as of ``SignatureField``."""

    name: str
    box: Box
    label: str
    guide: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class CheckMark:
    """A box ticked at signing."""

    name: str
    box: Box
    label: str


Mark = TextMark | CheckMark


@dataclass(frozen=True, slots=True)
class Seam:
    """A party's 骑缝章. ``seal`` known and released before the freeze: it lies in the file, hidden, and signing shows it.

    Without ``seal`` the slices come with the signature, so that nobody holds the seal's image before that party signs; ``side`` is
    then the space kept for it (points).
    """

    name: str
    label: str
    options: SeamOptions
    seal: Appearance | None = None
    side: float = 42 * MM


@dataclass(frozen=True, slots=True)
class Layout:
    """Every field of one document."""

    signatures: tuple[SignatureField, ...]
    marks: tuple[Mark, ...] = ()
    seams: tuple[Seam, ...] = ()
    by_system: tuple[str, ...] = ()
    """Marks of both parties together; the system fills them when everybody has signed, before the archive timestamp."""

    def check(self, page_count: int) -> None:
        """Raises ``layout.invalid`` with everything that is wrong."""
        faults = self.faults(page_count)
        if faults:
            raise SignatureError("layout.invalid", "签署栏位设置有误：" + "；".join(faults) + "。")

    def faults(self, page_count: int) -> tuple[str, ...]:
        names = [f.name for f in (*self.signatures, *self.marks, *self.seams)]
        faults = [f"栏位名“{n}”重复" for n, k in Counter(names).items() if k > 1]
        faults += [f"栏位名“{n}”不可用" for n in names if not _NAME.fullmatch(n) or n == SYSTEM_FIELD]
        if not self.signatures:
            faults.append("没有任何签名栏位")
        fillable = {f.name for f in (*self.marks, *self.seams)}
        filled = Counter([*(n for s in self.signatures for n in s.fills), *self.by_system])
        faults += [f"签名不能填写不存在的栏位“{n}”" for n in sorted(filled.keys() - fillable)]
        faults += [f"栏位“{n}”没有归属的签名" for n in sorted(fillable - filled.keys())]
        faults += [f"栏位“{n}”归属于多个签名" for n, k in filled.items() if k > 1]
        for item in (*self.signatures, *self.marks):
            box = item.box
            if not 1 <= box.page <= page_count:
                faults.append(f"“{item.label}”位于第{box.page}页，而文件只有{page_count}页")
            if box.width <= 0 or box.height <= 0:
                faults.append(f"“{item.label}”没有大小")
        return tuple(faults)
