"""Signing on paper: the codes of a print copy, what a scan shows of each sheet, and whether the sheets are the frozen text. Pure.

Millimetres are from a page's upper-left corner.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from app.domain.errors import ContractError

SIDE = 13.0
"""Millimetres: side of a page code."""
_INSET = 6.0
SHOWN_DIGEST = 32
"""Hexadecimal digits of the text's digest that a page code carries: 128 bits."""
_CODE = re.compile(r"CY1:(.{1,60}):([^:]{1,20}):(\d{1,4}):(\d{1,4}):([0-9A-F]{32}):([ABC])")


class Corner(Enum):
    """Where a code stands; three of them tell turn, size and slant of a scanned page."""

    TOP_LEFT = "A"
    TOP_RIGHT = "B"
    BOTTOM_RIGHT = "C"


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle on a page."""

    x: float
    y: float
    width: float
    height: float


def code_area(corner: Corner, width: float, height: float) -> Area:
    """Where a code stands on a page of this size."""
    x = _INSET if corner is Corner.TOP_LEFT else width - _INSET - SIDE
    y = height - _INSET - SIDE if corner is Corner.BOTTOM_RIGHT else _INSET
    return Area(x, y, SIDE, SIDE)


@dataclass(frozen=True, slots=True)
class CopyIdentity:
    """Which print copy: contract, version, number of pages, SHA-256 of the text."""

    number: str
    version: str
    pages: int
    digest: str

    def code(self, page: int, corner: Corner) -> str:
        """What the code of a page says; page from 1."""
        digest = self.digest[:SHOWN_DIGEST].upper()
        return f"CY1:{self.number}:{self.version}:{page}:{self.pages}:{digest}:{corner.value}"


@dataclass(frozen=True, slots=True)
class PrintCopy:
    """A print copy as PDF. ``boxes``: the places for signing by page from 1; ink inside them is expected."""

    content: bytes
    boxes: tuple[tuple[int, Area], ...]


@dataclass(frozen=True, slots=True)
class PageCode:
    """A code as it was read."""

    number: str
    version: str
    page: int
    pages: int
    digest: str
    corner: Corner

    def belongs_to(self, copy: CopyIdentity) -> bool:
        mine = (copy.number, copy.version, copy.pages, copy.digest[:SHOWN_DIGEST].upper())
        return (self.number, self.version, self.pages, self.digest) == mine and 1 <= self.page <= self.pages


def read_code(text: str) -> PageCode | None:
    """None for a code of something else."""
    match = _CODE.fullmatch(text)
    if match is None:
        return None
    number, version, page, pages, digest, corner = match.groups()
    return PageCode(number, version, int(page), int(pages), digest, Corner(corner))


# ---- what a scan shows


class Stray(Enum):
    """How a place on a sheet differs from our page."""

    GONE = "gone"
    """Our ink isn't there: a text that was changed, taken out or covered."""
    ADDED = "added"
    """Ink that isn't ours, outside the places for signing: handwriting, a stamp, a stain."""

    @property
    def label(self) -> str:
        return {"gone": "原有文字缺失或者被改动", "added": "多出笔迹或者印迹"}[self.value]


@dataclass(frozen=True, slots=True)
class Difference:
    area: Area
    stray: Stray


@dataclass(frozen=True, slots=True)
class Sheet:
    """One scanned page. ``compared``: it could be laid over ours; ``blank``: nothing is on it. ``preview``: key of its picture."""

    ordinal: int
    code: PageCode | None
    blank: bool = False
    compared: bool = False
    differences: tuple[Difference, ...] = ()
    preview: str = ""


class SheetState(Enum):
    SAME = "same"
    ADDED = "added"
    CHANGED = "changed"
    UNCOMPARED = "uncompared"
    DUPLICATE = "duplicate"
    FOREIGN = "foreign"
    UNREAD = "unread"
    BLANK = "blank"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def must_be_seen(self) -> bool:
        """A person has to look at the page and say so."""
        return self in (SheetState.ADDED, SheetState.CHANGED, SheetState.UNCOMPARED)

    @property
    def blocks(self) -> bool:
        """The scan can't be taken with such a sheet."""
        return self in (SheetState.DUPLICATE, SheetState.FOREIGN, SheetState.UNREAD)


_LABELS = {
    SheetState.SAME: "与定稿一致",
    SheetState.ADDED: "多出笔迹或者印迹",
    SheetState.CHANGED: "与定稿文本不同",
    SheetState.UNCOMPARED: "无法比对，须人工核对",
    SheetState.DUPLICATE: "重复的页",
    SheetState.FOREIGN: "不是这份文本的页",
    SheetState.UNREAD: "没有读出页码",
    SheetState.BLANK: "空白页（不计）",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A sheet with what it amounts to; ``page`` 0 where it isn't known."""

    sheet: Sheet
    page: int
    state: SheetState


@dataclass(frozen=True, slots=True)
class ScanReport:
    """A whole scan against a print copy. ``missing``: pages of ours that no sheet shows; ``in_order``: sheets follow each other as pages do."""

    sheets: tuple[Judged, ...]
    missing: tuple[int, ...]
    in_order: bool

    @property
    def to_be_seen(self) -> tuple[int, ...]:
        """Pages at which a person has to look."""
        return tuple(j.page for j in self.sheets if j.state.must_be_seen)

    @property
    def faults(self) -> tuple[str, ...]:
        """Why it can't be taken; each a Chinese sentence that says what to do."""
        found = []
        if self.missing:
            found.append(f"缺少第{_listed(self.missing)}页，请补扫后重新上传全部页面。")
        for judged in self.sheets:
            where = f"第{judged.sheet.ordinal}张"
            if judged.state is SheetState.FOREIGN and judged.sheet.code is not None:
                code = judged.sheet.code
                found.append(f"{where}是合同{code.number}第{code.version}版的第{code.page}页，不属于本次签署的文本，请取出。")
            elif judged.state is SheetState.UNREAD:
                found.append(f"{where}没有读出页码，请平整、清晰地重新扫描（不低于200 dpi，页面四角完整）。")
            elif judged.state is SheetState.DUPLICATE:
                found.append(f"{where}与前面重复（第{judged.page}页），请只保留一张。")
        return tuple(found)


def judge(sheets: Sequence[Sheet], copy: CopyIdentity) -> ScanReport:
    """Every sheet against the copy that was handed out."""
    seen: Counter[int] = Counter()
    judged = []
    for sheet in sheets:
        state, page = SheetState.UNREAD, 0
        if sheet.blank:
            state = SheetState.BLANK
        elif sheet.code is not None:
            page = sheet.code.page if sheet.code.belongs_to(copy) else 0
            state = _state(sheet) if page else SheetState.FOREIGN
            if page:
                seen[page] += 1
                state = SheetState.DUPLICATE if seen[page] > 1 else state
        judged.append(Judged(sheet, page, state))
    order = [j.page for j in judged if j.page]
    missing = tuple(n for n in range(1, copy.pages + 1) if not seen[n])
    return ScanReport(tuple(judged), missing, order == sorted(order))


def _state(sheet: Sheet) -> SheetState:
    if not sheet.compared:
        return SheetState.UNCOMPARED
    kinds = {d.stray for d in sheet.differences}
    if Stray.GONE in kinds:
        return SheetState.CHANGED
    return SheetState.ADDED if kinds else SheetState.SAME


def require_seen(report: ScanReport, seen: frozenset[int], remark: str) -> None:
    """That a person has looked at every page that asks for it. Raises ``paper.scan``, ``paper.unseen``, ``paper.remark``."""
    if report.faults:
        raise ContractError("paper.scan", "\n".join(report.faults))
    left = [n for n in report.to_be_seen if n not in seen]
    if left:
        raise ContractError("paper.unseen", f"第{_listed(left)}页与定稿文本的比对有提示，请逐页看过并勾选确认。")
    changed = [j.page for j in report.sheets if j.state is SheetState.CHANGED]
    if (changed or not report.in_order) and len("".join(remark.split())) < 5:
        what = f"第{_listed(changed)}页提示文本不同" if changed else "页面的顺序与定稿不同"
        raise ContractError("paper.remark", f"{what}，请写明核对结果（不少于5个字）。文本确有改动的，不能登记为按定稿签署。")


def _listed(pages: Sequence[int]) -> str:
    """1, 2, 3, 7 → ``1–3、7``."""
    spans: list[list[int]] = []
    for page in sorted(pages):
        if spans and page == spans[-1][1] + 1:
            spans[-1][1] = page
        else:
            spans.append([page, page])
    return "、".join(str(a) if a == b else f"{a}–{b}" for a, b in spans)
