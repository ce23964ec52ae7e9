"""Fonts of the PDF: small subsets of the installed Noto CJK fonts, made once, and the question which characters can print.

WeasyPrint's cost follows the size of the font it subsets for each document, so that a GB2312-sized cut of the 65,535-glyph
Noto fonts comes first in the style sheet; the full fonts stay behind it as fallback for rare characters. The cuts are made by
the same HarfBuzz library that WeasyPrint needs. Noto CJK is under the SIL OFL 1.1 without a reserved font name.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from ctypes import POINTER, byref, c_char_p, c_int, c_uint, c_void_p
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont

from app.domain.errors import ContractError

SUBSET_VERSION = 3
"""Raised when the set of characters or the way of cutting changes; it is part of the cache key."""

_FONT_DIRECTORIES = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts", "/Library/Fonts")
_NAME_CHARACTERS = (
    "喆堃镕玥祎昇翀珺瑄甯頔赟昕晞暐烜玚珩珮珹琇琎琰琪瑀瑗璟璠璘瞾砼祾禛禔稑笕筠綦翊翛芃苡茜荟菡葳蓁蘅袆諟讱谞贇赪跹轶邈郗郦鄞"
    "酆釭鋆鋐錡钰铖锜镒镱闳阚陟韫韡頫顗飏飗飚馡骎骐骕骥鬯鲲鹔鹮麑黇龑"
)
"""Characters of the 通用规范汉字表 that are common in personal and company names but absent from GB2312."""
_RANGES = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x391, 0x3C9), (0x2010, 0x2027), (0x2030, 0x203B), (0x20AC, 0x20AC), (0x2100, 0x2122),
    (0x2150, 0x216B), (0x2190, 0x2199), (0x2200, 0x2265), (0x2460, 0x249B), (0x2500, 0x257F), (0x25A0, 0x25CF),
    (0x2605, 0x2611), (0x3000, 0x301F), (0x3220, 0x3229), (0xFE30, 0xFE4F), (0xFF01, 0xFF5E), (0xFFE0, 0xFFE6),
)  # fmt: skip

_UNUSED_TABLES = (b"GSUB", b"GPOS", b"VORG", b"vhea", b"vmtx", b"BASE", b"DSIG", b"STAT")
"""Vertical and alternate forms: without them no glyph comes along that horizontal Chinese text never uses."""
_DROP_TABLE_TAG = 3  # HB_SUBSET_SETS_DROP_TABLE_TAG of hb-subset.h


class EngineError(ContractError):
    """A system library or font that the PDF needs is absent; the message names the package to install."""

    def __init__(self, message: str) -> None:
        super().__init__("engine.missing", message)


@dataclass(frozen=True, slots=True)
class Face:
    """One font of the document: the CSS family of the cut, the installed family behind it, CSS weight, cached file."""

    family: str
    source_family: str
    weight: int
    path: Path
    source: Path


@dataclass(frozen=True, slots=True)
class FontSet:
    """The cut fonts."""

    faces: tuple[Face, ...]

    @property
    def bold_sans(self) -> Path:
        """The font file that headings and the draft mark are drawn with."""
        return self.faces[-1].path


_WANTED = (
    ("Chengyue Serif", "Noto Serif CJK SC", 400, "NotoSerifCJK", "Regular"),
    ("Chengyue Serif", "Noto Serif CJK SC", 700, "NotoSerifCJK", "Bold"),
    ("Chengyue Sans", "Noto Sans CJK SC", 400, "NotoSansCJK", "Regular"),
    ("Chengyue Sans", "Noto Sans CJK SC", 700, "NotoSansCJK", "Bold"),
)


def subset_characters() -> frozenset[int]:
    """Code points of the cut: GB2312, what its codec lacks of common punctuation, Latin, full-width forms, name characters."""
    points = {point for low, high in _RANGES for point in range(low, high + 1)}
    points.update(ord(c) for c in _NAME_CHARACTERS + "·—〇")
    for lead in range(0xA1, 0xF8):
        for trail in range(0xA1, 0xFF):
            try:
                points.add(ord(bytes((lead, trail)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return frozenset(points)


def ensure_fonts(cache_dir: Path) -> FontSet:
    """The cut fonts under ``cache_dir``, made if they are absent or stale (about 2 s for all, once).

    Raises EngineError naming the package when the Noto CJK fonts or libharfbuzz-subset are not installed.
    """
    faces = []
    for family, source_family, weight, stem, style in _WANTED:
        source = _installed(stem, style)
        stat = source.stat()
        key = hashlib.sha256(f"{SUBSET_VERSION}|{source}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()[:12]
        path = cache_dir / f"{stem}-{style}-{key}.otf"
        if not path.exists():
            _write(path, _with_plain_cids(_cut(source, _face_index(source, source_family))))
        faces.append(Face(family, source_family, weight, path, source))
    return FontSet(tuple(faces))


def _installed(stem: str, style: str) -> Path:
    names = (f"{stem}-{style}.ttc", f"{stem}sc-{style}.otf", f"{stem}-{style}.otc")
    for directory in _FONT_DIRECTORIES:
        root = Path(directory).expanduser()
        for name in names:
            for found in sorted(root.rglob(name)) if root.is_dir() else ():
                return found
    raise EngineError(
        f"缺少中文字体 {stem}-{style}：请安装系统软件包 fonts-noto-cjk（apt-get install fonts-noto-cjk）。"
        f" / The font {stem}-{style} is missing: install the Debian package fonts-noto-cjk."
    )


def _face_index(source: Path, family: str) -> int:
    """Which face of a collection carries ``family``; 0 for a single font."""
    if source.suffix == ".otf":
        return 0
    with TTCollection(str(source), lazy=True) as collection:
        for index, font in enumerate(collection.fonts):
            if family in {record.toUnicode() for record in font["name"].names if record.nameID in (1, 16)}:
                return index
    raise EngineError(f"字体文件 {source.name} 中没有 {family}。 / {source.name} holds no face named {family}.")


def _write(path: Path, content: bytes) -> None:
    """Write atomically: two processes that start together make the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    Path(name).chmod(0o644)
    Path(name).replace(path)


MISSING_SUBSETTER = (
    "缺少 HarfBuzz 子集库：请安装系统软件包 libharfbuzz-subset0（apt-get install libharfbuzz-subset0），否则生成 PDF 会慢约 7 倍。"
    " / The HarfBuzz subset library is missing: install the Debian package libharfbuzz-subset0; without it PDFs take 7 times as long."
)


@cache
def _harfbuzz() -> ctypes.CDLL:
    for name in ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib"):
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        for function, result, arguments in (
            ("hb_blob_create_from_file_or_fail", c_void_p, [c_char_p]),
            ("hb_face_create", c_void_p, [c_void_p, c_uint]),
            ("hb_subset_input_create_or_fail", c_void_p, []),
            ("hb_subset_input_unicode_set", c_void_p, [c_void_p]),
            ("hb_subset_input_set", c_void_p, [c_void_p, c_int]),
            ("hb_set_add", None, [c_void_p, c_uint]),
            ("hb_subset_or_fail", c_void_p, [c_void_p, c_void_p]),
            ("hb_face_reference_blob", c_void_p, [c_void_p]),
            ("hb_blob_get_data", c_void_p, [c_void_p, POINTER(c_uint)]),
            ("hb_blob_destroy", None, [c_void_p]),
            ("hb_face_destroy", None, [c_void_p]),
            ("hb_subset_input_destroy", None, [c_void_p]),
        ):
            getattr(library, function).restype = result
            getattr(library, function).argtypes = arguments
        return library
    raise EngineError(MISSING_SUBSETTER)


def _cut(source: Path, index: int) -> bytes:
    """A font file with the characters of the cut only; glyphs are renumbered, so that later subsetting is cheap."""
    library = _harfbuzz()
    blob = library.hb_blob_create_from_file_or_fail(os.fsencode(source))
    if not blob:
        raise EngineError(f"无法读取字体文件 {source}。 / The font file {source} can't be read.")
    face = library.hb_face_create(blob, index)
    wanted = library.hb_subset_input_create_or_fail()
    characters = library.hb_subset_input_unicode_set(wanted)
    for point in subset_characters():
        library.hb_set_add(characters, point)
    dropped = library.hb_subset_input_set(wanted, _DROP_TABLE_TAG)
    for tag in _UNUSED_TABLES:
        library.hb_set_add(dropped, int.from_bytes(tag, "big"))
    cut = library.hb_subset_or_fail(face, wanted)
    library.hb_subset_input_destroy(wanted)
    library.hb_face_destroy(face)
    library.hb_blob_destroy(blob)
    if not cut:
        raise EngineError(f"无法为 {source.name} 制作字体子集。 / HarfBuzz could not subset {source.name}.")
    result = library.hb_face_reference_blob(cut)
    length = c_uint()
    data = library.hb_blob_get_data(result, byref(length))
    content = ctypes.string_at(data, length.value)
    library.hb_blob_destroy(result)
    library.hb_face_destroy(cut)
    return content


def _with_plain_cids(content: bytes) -> bytes:
    """The cut with CIDs equal to glyph numbers.

    A PDF shows the glyphs of an OpenType CID font by CID, through the font's own charset (ISO 32000-1, 9.7.4.2), and WeasyPrint
    writes glyph numbers there. HarfBuzz keeps the CIDs of the uncut font; a reader that goes by the book would print other glyphs.
    """
    with TTFont(BytesIO(content), recalcBBoxes=False, recalcTimestamp=False) as font:
        top = font["CFF "].cff.topDictIndex[0]
        if not hasattr(top, "ROS"):
            return content
        names = [".notdef", *(f"cid{number:05d}" for number in range(1, len(top.charset)))]
        font.setGlyphOrder(names)
        top.charset = names
        top.CharStrings.charStrings = {name: index for index, name in enumerate(names)}
        target = BytesIO()
        font.save(target, reorderTables=None)
        return target.getvalue()


class _FontSetStruct(ctypes.Structure):
    _fields_ = (("nfont", c_int), ("sfont", c_int), ("fonts", c_void_p))


@cache
def _fontconfig() -> ctypes.CDLL:
    for name in ("libfontconfig.so.1", "libfontconfig.1.dylib"):
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        for function, result, arguments in (
            ("FcCharSetCreate", c_void_p, []),
            ("FcCharSetAddChar", c_int, [c_void_p, c_uint]),
            ("FcCharSetDestroy", None, [c_void_p]),
            ("FcPatternCreate", c_void_p, []),
            ("FcPatternAddCharSet", c_int, [c_void_p, c_char_p, c_void_p]),
            ("FcPatternAddBool", c_int, [c_void_p, c_char_p, c_int]),
            ("FcPatternDestroy", None, [c_void_p]),
            ("FcObjectSetCreate", c_void_p, []),
            ("FcObjectSetAdd", c_int, [c_void_p, c_char_p]),
            ("FcObjectSetDestroy", None, [c_void_p]),
            ("FcFontList", POINTER(_FontSetStruct), [c_void_p, c_void_p, c_void_p]),
            ("FcFontSetDestroy", None, [POINTER(_FontSetStruct)]),
        ):
            getattr(library, function).restype = result
            getattr(library, function).argtypes = arguments
        return library
    raise EngineError("缺少 libfontconfig1。 / The Debian package libfontconfig1 is missing.")


@lru_cache(maxsize=65536)
def covered(char: str) -> bool:
    """Whether an installed outline font has a glyph for ``char`` (one code point), asked of fontconfig as Pango does.

    White space prints nothing and is covered. Private-use and unassigned characters have no agreed meaning: never covered.
    """
    category = unicodedata.category(char)
    if category in ("Zs", "Zl", "Zp") or char in "\t\n\r":
        return True
    if category in ("Cc", "Cs", "Co"):
        return False
    point = ord(char)
    return point in _surely_cut() or _some_font_has(point)


@cache
def _surely_cut() -> frozenset[int]:
    """The part of the cut that every Noto CJK font holds; the installed fonts need not be asked for it."""
    return frozenset(p for p in subset_characters() if 0x4E00 <= p <= 0x9FA5 or 0x20 <= p <= 0x7E)


def _some_font_has(point: int) -> bool:
    library = _fontconfig()
    characters, pattern, objects = library.FcCharSetCreate(), library.FcPatternCreate(), library.FcObjectSetCreate()
    library.FcCharSetAddChar(characters, point)
    library.FcPatternAddCharSet(pattern, b"charset", characters)
    library.FcPatternAddBool(pattern, b"outline", 1)
    library.FcObjectSetAdd(objects, b"file")
    fonts = library.FcFontList(None, pattern, objects)
    found = bool(fonts) and fonts.contents.nfont > 0
    if fonts:
        library.FcFontSetDestroy(fonts)
    library.FcObjectSetDestroy(objects)
    library.FcPatternDestroy(pattern)
    library.FcCharSetDestroy(characters)
    return found


def uncovered(text: str) -> Iterator[str]:
    """The characters of ``text`` that no installed font can print, each once, in order of appearance."""
    for char in dict.fromkeys(text):
        if not covered(char):
            yield char


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "build":
        raise SystemExit("usage: python -m app.rendering.fonts build CACHE_DIR")
    for made in ensure_fonts(Path(sys.argv[2])).faces:
        print(made.path)
