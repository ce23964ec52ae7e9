"""What a generated document says about itself, and what the renderers report back. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DocumentMeta:
    """Identity of one generated document. ``digest`` is the canonical text's SHA-256; ``created`` is aware UTC.

    ``final`` is False for a draft: a draft says so on every page. ``verification``: where anybody checks the text by its digest; a code
    on the signature pages leads there. Empty: no code. ``fields``: its places for seals become fields, which show their frame until a seal
    stands in it; the page itself then has none.
    """

    document_id: str
    title: str
    number: str
    version: str
    digest: str
    created: datetime
    final: bool = False
    author: str = ""
    verification: str = ""
    fields: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file embedded in the PDF. ``relationship``: AFRelationship of ISO 19005-3 (``Source``, ``Data``, ``Alternative``)."""

    name: str
    content: bytes
    media_type: str
    description: str
    relationship: str


@dataclass(frozen=True, slots=True)
class BoxPlacement:
    """Where a signing box lies: page from 1, PDF points from the lower-left corner of the page."""

    name: str
    page: int
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class RenderedPdf:
    """A finished PDF. ``pages`` maps every anchor (``ch.8``, ``s.8.2``, provision ids) to its page from 1."""

    content: bytes
    page_count: int
    pages: Mapping[str, int]
    boxes: tuple[BoxPlacement, ...]


@dataclass(frozen=True, slots=True)
class TextDifference:
    """One difference between a finished file and the canonical text."""

    anchor: str
    number: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class TextProof:
    """Result of holding a finished file's own text against the canonical text, block by block."""

    file: str
    blocks: int
    characters: int
    differences: tuple[TextDifference, ...] = ()
    missing_glyphs: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        return not self.differences and not self.missing_glyphs
