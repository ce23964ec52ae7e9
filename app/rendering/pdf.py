"""The contract tree as a PDF that can be signed: PDF/A-3a, tagged, with the machine-readable contract attached.

WeasyPrint lays out and draws; pikepdf puts the attachments in and saves the file once in a form that signature checking
reads quickly. Everything that can be kept between documents is kept: build one ``PdfRenderer`` per process.
"""

from __future__ import annotations

import gc
import mimetypes
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pikepdf
from cssselect2 import ElementWrapper  # type: ignore[import-untyped]
from weasyprint import CSS, HTML
from weasyprint.text import ffi as weasyprint_libraries
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from app.domain.documents import Attachment, BoxPlacement, DocumentMeta, RenderedPdf
from app.domain.tree import Instrument
from app.rendering.fonts import MISSING_SUBSETTER, EngineError, Face, FontSet
from app.rendering.html import TEMPLATES, anchor_of, box_anchor, render_html, template_text

VARIANT = "pdf/a-3a"
_ASSET = "asset:"
_POINTS_PER_PIXEL = 0.75  # CSS: 96 px = 1 inch = 72 pt
_LEVEL = 4
"""Of deflate: half the time of the default for files a few per cent larger."""
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
        assets = {face.path.name: face.path for face in fonts.faces} | {"draft-mark.svg": fonts.draft_mark}
        assets |= {p.name: p for p in (TEMPLATES / "assets").glob("*") if p.is_file()}
        self._fetcher = AssetFetcher(assets)
        self._fonts = FontConfiguration()
        faces = "".join(map(_font_face, fonts.faces))
        self._styles = [self._css(faces + template_text("print.css"))]
        self._default_sheet = self._css(template_text("ua.css"))
        self._draft_styles = [*self._styles, self._css(template_text("draft.css"))]
        self._lock = Lock()

    def _css(self, text: str) -> CSS:
        return CSS(string=text, font_config=self._fonts, url_fetcher=self._fetcher, base_url=_ASSET)

    def draw(self, markup: str, styles: str, meta: DocumentMeta) -> bytes:
        """Another document in the contract's own fonts and page layout (a comparison).

        ``markup`` is well-formed XML; ``styles`` come on top of the contract's own.
        """
        with self._lock, _collection_deferred():
            source = _ContractHTML(markup, self._default_sheet, self._fetcher)
            document = source.render(font_config=self._fonts, stylesheets=[*self._styles, self._css(styles)], pdf_variant=VARIANT)
            raw = document.write_pdf(pdf_variant=VARIANT, pdf_identifier=meta.digest[:32].encode(), uncompressed_pdf=True)
            del document, source
        return _finish(raw, meta, ())

    def render(self, instrument: Instrument, meta: DocumentMeta, attachments: Attachments | None = None) -> RenderedPdf:
        """The finished file. ``attachments`` are embedded with their AFRelationship (ISO 19005-3, 6.8).

        A callable is asked for them once the layout is known: the DOCX that the PDF carries cites its page numbers.
        """
        markup = render_html(instrument, meta, styled=False)
        with self._lock, _collection_deferred():
            source = _ContractHTML(markup, self._default_sheet, self._fetcher)
            document = source.render(
                font_config=self._fonts, stylesheets=self._styles if meta.final else self._draft_styles, pdf_variant=VARIANT
            )
            raw = document.write_pdf(pdf_variant=VARIANT, pdf_identifier=meta.digest[:32].encode(), uncompressed_pdf=True)
            anchors = {name: (i, box) for i, page in enumerate(document.pages, 1) for name, box in page.anchors.items()}
            heights = [page.height * _POINTS_PER_PIXEL for page in document.pages]
            del document, source
        pages = {place: anchors[anchor_of(place)][0] for place in _places(instrument) if anchor_of(place) in anchors}
        boxes = tuple(
            _placement(box.name, *anchors[box_anchor(box.name)], heights)
            for _, box in instrument.boxes()
            if box_anchor(box.name) in anchors
        )
        carried = attachments(pages) if callable(attachments) else attachments or ()
        return RenderedPdf(_finish(raw, meta, carried), len(heights), pages, boxes)


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


def _finish(raw: bytes, meta: DocumentMeta, attachments: Sequence[Attachment]) -> bytes:
    """The last full save: attachments in, streams compressed, XMP plain, no object streams.

    WeasyPrint alone would write one object stream of all structure elements; checking two signatures on that takes half a
    minute. Behind this save only increments may follow.
    """
    stamp = meta.created.strftime("D:%Y%m%d%H%M%SZ")
    with pikepdf.open(BytesIO(raw)) as pdf:
        for attachment in attachments:
            spec = pikepdf.AttachedFileSpec(
                pdf,
                attachment.content,
                description=attachment.description,
                filename=attachment.name,
                mime_type=attachment.media_type,
                relationship=pikepdf.Name(f"/{attachment.relationship}"),
                creation_date=stamp,
                mod_date=stamp,
            )
            pdf.attachments[attachment.name] = spec
            associated = _associated_files(pdf)
            if all(known.objgen != spec.obj.objgen for known in associated):  # newer pikepdf has put it there already
                associated.append(spec.obj)
        _compress(pdf)
        target = BytesIO()
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    return target.getvalue()


def _compress(pdf: pikepdf.Pdf) -> None:
    """Deflate every stream but the XMP, which archives must be able to read plainly.

    Data that ends in CR before the line feed of ``endstream`` leaves its length open to doubt for readers that take both for the
    line end. The last bytes of deflated data are a checksum, so that a byte without meaning behind the data helps: a line feed in
    a content stream or CMap, padding in a font. A file attached must stay as it is and is then not deflated.
    """
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Stream) or "/Filter" in item or item.get("/Type") == pikepdf.Name.Metadata:
            continue
        data = item.read_raw_bytes()
        packed = zlib.compress(data, _LEVEL)
        if packed.endswith(b"\r"):
            if item.get("/Type") == pikepdf.Name.EmbeddedFile:
                continue
            packed = zlib.compress(data + (b"\0" if "/Subtype" in item or "/Length1" in item else b"\n"), _LEVEL)
        item.write(packed, filter=pikepdf.Name.FlateDecode)


def _associated_files(pdf: pikepdf.Pdf) -> Any:
    if "/AF" not in pdf.Root:
        pdf.Root.AF = pikepdf.Array()
    return pdf.Root.AF
