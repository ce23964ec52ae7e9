"""The contract tree as a PDF that can be signed: PDF/A-3a, tagged, with the machine-readable contract attached.

WeasyPrint lays out and draws; pikepdf puts the attachments in and saves the file once in a form that signature checking
reads quickly. Everything that can be kept between documents is kept: build one ``PdfRenderer`` per process.
"""

from __future__ import annotations

import gc
import mimetypes
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from urllib.parse import unquote
from xml.etree import ElementTree

from cssselect2 import ElementWrapper  # type: ignore[import-untyped]
from weasyprint import CSS, HTML, Document
from weasyprint.text import ffi as weasyprint_libraries
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from app.domain.documents import Attachment, BoxPlacement, DocumentMeta, RenderedPdf
from app.domain.tree import BoxKind, Instrument, Layout
from app.rendering.fonts import MISSING_SUBSETTER, EngineError, Face, FontSet
from app.rendering.html import (
    PRINT_SHEETS,
    TEMPLATES,
    PageNumbers,
    anchor_of,
    box_anchor,
    headings,
    render_body,
    render_front,
    render_paper,
    template_text,
)
from app.rendering.pdf_code import CAPTION, VerificationCode
from app.rendering.pdf_file import finish
from app.rendering.pdf_mark import DraftMark, outlined

VARIANT = "pdf/a-3a"
_ASSET = "asset:"
_POINTS_PER_PIXEL = 0.75  # CSS: 96 px = 1 inch = 72 pt
_ENTRIES_PER_PAGE, _TRIES = 38, 4
"""Lines of the contents that fit on a page, for a first guess of its pages; how often a wrong guess is mended."""
_MINIMUM_HARFBUZZ = (4, 1, 0)
"""WeasyPrint takes an older HarfBuzz for shaping but not for subsetting."""


def assert_engine() -> None:
    """Raise EngineError unless WeasyPrint will really subset fonts with HarfBuzz; without it a contract takes 7 times as long."""
    subsetter = getattr(weasyprint_libraries, "harfbuzz_subset", None)
    if not subsetter or not weasyprint_libraries.harfbuzz.hb_version_atleast(*_MINIMUM_HARFBUZZ):
        raise EngineError(MISSING_SUBSETTER)


class AssetFetcher(URLFetcher):
    """Serves the files it was given by name under ``asset:`` and nothing else: no network, no file system."""

    def __init__(self, assets: Mapping[str, Path]) -> None:
        super().__init__(allowed_protocols=())
        self._assets = dict(assets)

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        name = unquote(url.removeprefix(_ASSET))
        if not url.startswith(_ASSET) or name not in self._assets:
            raise ValueError(f"refused: {url[:80]}")
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return URLFetcherResponse(url, self._assets[name].read_bytes(), {"Content-Type": media_type})


class _ContractHTML(HTML):
    """Our own markup as WeasyPrint's document, with our own short default sheet.

    The markup is well-formed XML, so that C's expat can read it instead of an HTML parser in Python (a twentieth of the whole
    time). An engine that stops asking for the default sheet falls back to its own, only slower.
    """

    def __init__(self, markup: str, default_sheet: CSS, fetcher: URLFetcher) -> None:
        # No super().__init__: it would parse again. These are all the attributes it sets (WeasyPrint 70).
        self.base_url = _ASSET
        self.url_fetcher = fetcher
        self.media_type = "print"
        root = ElementTree.fromstring(markup)  # noqa: S314 - our own template; it declares no entities
        self.wrapper_element = ElementWrapper.from_html_root(root, content_language=None)
        self.etree_element = self.wrapper_element.etree_element
        self.default_sheet = default_sheet

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
        return [self.default_sheet]


Attachments = Sequence[Attachment] | Callable[[Mapping[str, int]], Sequence[Attachment]]


class PdfRenderer:
    """Draws instruments. Safe to share between threads: one document is drawn at a time (Pango's font map is not shared)."""

    def __init__(self, fonts: FontSet) -> None:
        """``fonts`` come from ``ensure_fonts``. Raises EngineError when a system library is missing."""
        assert_engine()
        assets = {face.path.name: face.path for face in fonts.faces}
        assets |= {p.name: p for p in (TEMPLATES / "assets").glob("*") if p.is_file()}
        self._fetcher = AssetFetcher(assets)
        self._fonts = FontConfiguration()
        faces = "".join(map(_font_face, fonts.faces))
        self._styles = [self._css(faces + template_text("print.css"))]
        self._default_sheet = self._css(template_text("ua.css"))
        self._draft = self._css(template_text("draft.css"))
        self._framed_by_fields = self._css(".box.seal { border-color: transparent }")
        self._body = self._css(template_text("engine.css"))
        self._front = self._css(template_text("front.css"))
        self._paper_sheets = [self._css(template_text(sheet)) for sheet in PRINT_SHEETS[Layout.PAPER][1:]]
        self._mark = DraftMark(fonts.bold_sans)
        self._caption = outlined(fonts.bold_sans, CAPTION)
        self._gaps: dict[int, int] = {}
        self._lock = Lock()

    def _css(self, text: str) -> CSS:
        return CSS(string=text, font_config=self._fonts, url_fetcher=self._fetcher, base_url=_ASSET)

    def pages(self, instrument: Instrument, meta: DocumentMeta) -> Mapping[str, int]:
        """The page from 1 of every anchor, laid out but not drawn: what a table of contents elsewhere cites."""
        with self._lock, _collection_deferred():
            document = self._contract(instrument, meta)
            anchors = _anchors(document)
            del document
        return _pages(instrument, anchors)

    def draw(self, markup: str, styles: str, meta: DocumentMeta) -> bytes:
        """Another document in the contract's own fonts and page layout (a comparison).

        ``markup`` is well-formed XML; ``styles`` come on top of the contract's own.
        """
        with self._lock, _collection_deferred():
            document = self._laid_out(markup, [self._css(styles)])
            raw = self._written(document)
            del document
        return finish(raw, meta)

    def render(self, instrument: Instrument, meta: DocumentMeta, attachments: Attachments | None = None) -> RenderedPdf:
        """The finished file. ``attachments`` are embedded with their AFRelationship (ISO 19005-3, 6.8).

        A callable is asked for them once the layout is known: the DOCX that the PDF carries cites its page numbers.
        """
        with self._lock, _collection_deferred():
            drawn = self._contract if instrument.layout is Layout.BOOK else self._paper
            document = drawn(instrument, meta)
            raw = self._written(document)
            anchors = _anchors(document)
            heights = [page.height * _POINTS_PER_PIXEL for page in document.pages]
            del document
        pages = _pages(instrument, anchors)
        boxes = tuple(
            _placement(box.name, *anchors[box_anchor(box.name)], heights)
            for _, box in instrument.boxes()
            if box_anchor(box.name) in anchors
        )
        carried = attachments(pages) if callable(attachments) else attachments or ()
        code = VerificationCode(meta.verification, self._caption) if meta.verification else None
        marks = {box.name for _, box in instrument.boxes() if box.kind in (BoxKind.SIGNATURE, BoxKind.SEAL)}
        signed = {box.page for box in boxes if box.name in marks}
        content = finish(raw, meta, carried, None if meta.final else self._mark, code, signed)
        return RenderedPdf(content, len(heights), pages, boxes)

    def _laid_out(self, markup: str, styles: Sequence[CSS]) -> Document:
        source = _ContractHTML(markup, self._default_sheet, self._fetcher)
        return source.render(font_config=self._fonts, stylesheets=[*self._styles, *styles], pdf_variant=VARIANT)

    def _written(self, document: Document) -> bytes:
        # No identifier: the engine would serialise all objects a second time for it; the last save makes one.
        return document.write_pdf(pdf_variant=VARIANT, pdf_identifier=False, uncompressed_pdf=True)

    def _paper(self, instrument: Instrument, meta: DocumentMeta) -> Document:
        more = self._more_sheets(meta)
        document = self._laid_out(render_paper(instrument, meta), [*self._paper_sheets, self._body, *more])
        _settle(document, {anchor_of(place): words for place, words in headings(instrument)})
        return document

    def _more_sheets(self, meta: DocumentMeta) -> list[CSS]:
        return [*([] if meta.final else [self._draft]), *([self._framed_by_fields] if meta.fields else [])]

    def _contract(self, instrument: Instrument, meta: DocumentMeta) -> Document:
        """The contract laid out in one pass: the body with empty pages for the contents, then the contents with its page numbers.

        ``target-counter`` would have the engine lay out again and again until no number changes any more.
        """
        more = self._more_sheets(meta)
        titles = {anchor_of(place): words for place, words in headings(instrument)}
        gap = self._gaps.get(len(titles), -(-len(titles) // _ENTRIES_PER_PAGE))
        for _ in range(_TRIES):
            body = self._laid_out(render_body(instrument, meta, gap), [self._body, *more])
            _settle(body, titles)
            anchors = _anchors(body)
            numbers = {place: anchors[anchor_of(place)][0] for place, _ in headings(instrument)}
            markup = render_front(instrument, meta, PageNumbers(numbers, len(body.pages)))
            front = self._laid_out(markup, [self._body, self._front, *more])
            contents = front.pages[1:]
            if len(contents) == gap:
                return body.copy([*body.pages[:1], *contents, *body.pages[1 + gap :]])
            gap = self._gaps[len(titles)] = len(contents)
        raise RuntimeError("the contents take another number of pages each time")


def _font_face(face: Face) -> str:
    return f'@font-face{{font-family:"{face.family}";font-weight:{face.weight};src:url({_ASSET}{face.path.name})}}\n'


@contextmanager
def _collection_deferred() -> Iterator[None]:
    """Keep Python's cycle collector from scanning the growing box tree again and again; collect once behind it.

    What lives already is frozen meanwhile, so that the one collection looks only at what the document made.
    """
    enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        with warnings.catch_warnings():
            # WeasyPrint leaves the file of its colour profile to the collector.
            warnings.filterwarnings("ignore", "unclosed file.*icc", ResourceWarning)
            try:
                yield
            finally:
                gc.collect()
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()


Rectangle = tuple[float, float, float, float]


def _anchors(document: Document) -> dict[str, tuple[int, Rectangle]]:
    """Where each place begins: page from 1, box in CSS pixels from the page's top-left corner."""
    found: dict[str, tuple[int, Rectangle]] = {}
    for number, page in enumerate(document.pages, 1):
        for name, box in page.anchors.items():
            found.setdefault(name, (number, box))
    return found


def _settle(document: Document, titles: Mapping[str, str]) -> None:
    """Make link targets of the places that ``engine.css`` has reported as bookmarks; only ``titles`` stay bookmarks, in words."""
    for page in document.pages:
        kept = []
        for level, anchor, (x, y), state in page.bookmarks:
            page.anchors.setdefault(anchor, (x, y, x, y))
            if anchor in titles:
                kept.append((level, titles[anchor], (x, y), state))
        page.bookmarks[:] = kept


def _pages(instrument: Instrument, anchors: Mapping[str, tuple[int, Rectangle]]) -> dict[str, int]:
    return {place: anchors[anchor_of(place)][0] for place in _places(instrument) if anchor_of(place) in anchors}


def _places(instrument: Instrument) -> Iterator[str]:
    yield "title"
    for block in instrument.parties:
        yield block.id
    yield "preamble"
    for chapter in instrument.chapters:
        yield chapter.id
        for section in chapter.sections:
            yield section.id
            for provision in section.walk():
                yield provision.id
    for place, _ in instrument.boxes():
        yield place


def _placement(name: str, page: int, box: tuple[float, float, float, float], heights: Sequence[float]) -> BoxPlacement:
    """CSS pixels from the top-left corner → PDF points from the lower-left corner."""
    left, top, right, bottom = (value * _POINTS_PER_PIXEL for value in box)
    height = heights[page - 1]
    return BoxPlacement(name, page, left, height - bottom, right, height - top)
