"""The geometry of a 骑缝章: one seal cut into upright slices, one for each page, that rejoin exactly when the pages are fanned out.

A cross-page seal is for the printed copy; the electronic signature protects every page by itself. Office printers leave out the
outermost 4–5 mm, and slices of many pages get too narrow to see, so that a long contract gets several seals, each over a group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from signatures.drawing import MM
from signatures.errors import SignatureError

MOST_PAGES = 8
"""Of one seal unless told otherwise: slices of a 42 mm seal stay wider than 5 mm."""
NARROWEST = 3 * MM
"""A slice less wide than this can't be told from a speck in print."""
_DECIMALS = 3
"""Of a point, as written into the file: both neighbours of a cut use the same number, so that nothing is lost or doubled."""


class SeamPages(Enum):
    """Which pages a seal runs over."""

    ALL = "all"
    """全部页."""
    ODD = "odd"
    """仅奇数页: for sheets printed on both sides."""

    @property
    def label(self) -> str:
        return {"all": "全部页", "odd": "仅奇数页（双面打印）"}[self.value]


@dataclass(frozen=True, slots=True)
class SeamOptions:
    """How a party's seal runs over the pages. ``centre``: height of the seal's middle as a part of the page's height."""

    centre: float = 0.5
    pages: SeamPages = SeamPages.ALL
    skip_cover: bool = False
    most_pages: int = MOST_PAGES
    inset: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.centre < 1 or self.most_pages < 3 or self.inset < 0:
            raise SignatureError("seam.options", "骑缝章设置有误：高度须在页面之内，每枚骑缝章的页数上限不少于3，缩进不能为负。")


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The visible part of a page in its own coordinates, in points; ``rotation`` clockwise: 0, 90, 180, 270."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int = 0

    @property
    def shown(self) -> tuple[float, float]:
        """Width and height as a reader sees them."""
        width, height = self.right - self.left, self.top - self.bottom
        return (height, width) if self.rotation in (90, 270) else (width, height)

    def placed(self, x1: float, y1: float, x2: float, y2: float) -> tuple[float, float, float, float]:
        """A rectangle as a reader sees it → the page's own coordinates."""
        if self.rotation == 90:
            box = (self.right - y2, self.bottom + x1, self.right - y1, self.bottom + x2)
        elif self.rotation == 180:
            box = (self.right - x2, self.top - y2, self.right - x1, self.top - y1)
        elif self.rotation == 270:
            box = (self.left + y1, self.top - x2, self.left + y2, self.top - x1)
        else:
            box = (self.left + x1, self.bottom + y1, self.left + x2, self.bottom + y2)
        a, b, c, d = (round(v, _DECIMALS) for v in box)
        return a, b, c, d


@dataclass(frozen=True, slots=True)
class Slice:
    """One page's part of a seal: what lies from ``start`` to ``end`` (points from the seal's left edge).

    ``rect`` is where it goes, in the page's own coordinates; ``seal`` counts the seals of a long contract from 1, ``index`` the
    slices of one seal from 0.
    """

    page: int
    seal: int
    index: int
    count: int
    start: float
    end: float
    height: float
    rect: tuple[float, float, float, float]
    rotation: int = 0

    @property
    def width(self) -> float:
        return round(self.end - self.start, _DECIMALS)


def plan(frames: Sequence[PageFrame], width: float, height: float, options: SeamOptions) -> tuple[Slice, ...]:
    """The slices of a seal of ``width`` × ``height`` points over ``frames`` (all pages of the file, in order).

    Empty where fewer than two pages are left to run over. Raises ``seam.narrow`` where slices would be too narrow to see,
    ``seam.page`` where a page is too small for the seal.
    """
    chosen = [
        number
        for number in range(1, len(frames) + 1)
        if not (options.skip_cover and number == 1) and (options.pages is SeamPages.ALL or number % 2 == 1)
    ]
    if len(chosen) < 2:
        return ()
    slices = []
    for seal, group in enumerate(_groups(chosen, options.most_pages), 1):
        cuts = [round(width * i / len(group), _DECIMALS) for i in range(len(group) + 1)]
        if cuts[1] < NARROWEST:
            raise SignatureError(
                "seam.narrow",
                f"每枚骑缝章跨{len(group)}页时每页不足{NARROWEST / MM:.0f}毫米，打印后无法辨认；请减少每枚所跨页数。",
            )
        for index, number in enumerate(group):
            frame = frames[number - 1]
            start, end = cuts[index], cuts[index + 1]
            rect = _rect(frame, number, round(end - start, _DECIMALS), height, options)
            slices.append(Slice(number, seal, index, len(group), start, end, height, rect, frame.rotation))
    return tuple(slices)


def _rect(frame: PageFrame, number: int, width: float, height: float, options: SeamOptions) -> tuple[float, float, float, float]:
    page_width, page_height = frame.shown
    bottom = page_height * options.centre - height / 2
    right = page_width - options.inset
    if bottom < 0 or bottom + height > page_height or right - width < 0:
        raise SignatureError("seam.page", f"第{number}页放不下骑缝章，请调整骑缝章的高度或者尺寸。")
    return frame.placed(right - width, bottom, right, bottom + height)


def _groups(pages: Sequence[int], most: int) -> list[Sequence[int]]:
    """Even groups of at most ``most``, none of them a single page."""
    groups = -(-len(pages) // most)
    size, extra = divmod(len(pages), groups)
    result, start = [], 0
    for index in range(groups):
        end = start + size + (index < extra)
        result.append(pages[start:end])
        start = end
    return result
