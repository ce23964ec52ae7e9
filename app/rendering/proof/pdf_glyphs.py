"""What the eye sees of a finished PDF: every glyph shown is a drawn glyph of an embedded font.

A missing glyph prints as an empty box while text extraction still returns the right character, so that the text comparison
alone would pass it. Glyphs are looked up in the embedded font programs themselves (ISO 32000-1, 9.7.4).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import pikepdf
from fontTools.ttLib import TTFont, TTLibError

from app.rendering.proof.cff_outlines import CffOutlines

_TOKEN = re.compile(
    rb"/([^\s/<>\[\]()]+)\s+-?[\d.]+\s+Tf"  # 1: font
    rb"|\[([^\]()]*)\]\s*TJ"  # 2: array of hex strings
    rb"|<([0-9A-Fa-f\s]*)>\s*Tj"  # 3: hex string
    rb"|(?<![^\s])([qQ])(?![^\s])"  # 4: graphics state
    rb"|(\()"  # 5: a literal string: read the page the slow way
)
_HEX = re.compile(rb"<([0-9A-Fa-f\s]*)>")
_BFCHAR = re.compile(rb"<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]+)>")
_EMPTY_CHARSTRING = 5
"""A Type 2 charstring that draws nothing is at most a width and endchar."""


def missing_glyphs(content: bytes) -> tuple[str, ...]:
    """One sentence for each missing glyph or font that is not embedded; empty when every character is really drawn."""
    with pikepdf.open(BytesIO(content)) as pdf:
        shown: dict[tuple[int, int], set[int]] = defaultdict(set)
        fonts: dict[tuple[int, int], Any] = {}
        pages: dict[tuple[int, int], int] = {}
        seen: set[tuple[int, int]] = set()
        for index, page in enumerate(pdf.pages, 1):
            for font, codes in _codes_of(page.obj, seen):
                key = font.objgen
                fonts[key] = font
                pages.setdefault(key, index)
                shown[key] |= codes
        problems: list[str] = []
        for key, codes in shown.items():
            problems += _problems(fonts[key], codes, pages[key])
    return tuple(problems)


def _codes_of(holder: Any, seen: set[tuple[int, int]]) -> Iterable[tuple[Any, set[int]]]:
    """The fonts that a page or form shows text with, and the two-byte codes shown; each form inside is read once."""
    resources = holder.get("/Resources", pikepdf.Dictionary())
    fonts = resources.get("/Font", pikepdf.Dictionary())
    if isinstance(holder, pikepdf.Stream):
        data = holder.read_bytes()
    else:
        contents = holder.get("/Contents")
        parts = list(contents) if isinstance(contents, pikepdf.Array) else [contents] if contents is not None else []
        data = b"\n".join(part.read_bytes() for part in parts)
    found = _scan(data)
    if found is None:
        found = _parse(holder)
    for name, codes in found.items():
        if f"/{name}" in fonts:
            yield fonts[f"/{name}"], codes
    forms = resources.get("/XObject")
    if forms is None or forms.objgen in seen:
        return
    if forms.is_indirect:
        seen.add(forms.objgen)
    for item in forms.values():
        if item.objgen not in seen and item.get("/Subtype") == pikepdf.Name.Form:
            seen.add(item.objgen)
            yield from _codes_of(item, seen)


def _scan(data: bytes) -> dict[str, set[int]] | None:
    """Codes by font name; ``None`` when the stream holds literal strings, which this quick reading does not take apart."""
    found: dict[str, set[bytes]] = defaultdict(set)
    font, stack = "", [""]
    for match in _TOKEN.finditer(data):
        name, array, single, state, literal = match.groups()
        if name is not None:
            font = name.decode("latin-1")
        elif array is not None or single is not None:
            digits = b"".join(_HEX.findall(array)) if array is not None else single
            digits = b"".join(digits.split())
            found[font].update(digits[i : i + 4] for i in range(0, len(digits), 4))
        elif state == b"q":
            stack.append(font)
        elif state == b"Q":
            font = stack.pop() if stack else ""
        elif literal:
            return None
    return {name: {int(code, 16) for code in codes} for name, codes in found.items()}


def _parse(holder: Any) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    font, stack = "", [""]
    for instruction in pikepdf.parse_content_stream(holder):
        operator = str(instruction.operator)
        if operator == "Tf":
            font = str(instruction.operands[0])[1:]
        elif operator == "q":
            stack.append(font)
        elif operator == "Q":
            font = stack.pop() if stack else ""
        elif operator in ("Tj", "'", '"', "TJ"):
            operands = instruction.operands[-1]
            strings = [operands] if operator != "TJ" else [o for o in operands if isinstance(o, pikepdf.String)]
            for raw in map(bytes, strings):
                found[font].update(int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2))
    return found


def _problems(font: Any, codes: set[int], page: int) -> list[str]:
    name = str(font.get("/BaseFont", "?")).lstrip("/")
    if font.get("/Subtype") != pikepdf.Name.Type0:
        return [f"第{page}页使用了非 Type0 字体 {name}，无法核对字形"]
    descendant = font.DescendantFonts[0]
    descriptor = descendant.get("/FontDescriptor", pikepdf.Dictionary())
    program = next((descriptor[key] for key in ("/FontFile2", "/FontFile3", "/FontFile") if key in descriptor), None)
    if program is None:
        return [f"第{page}页的字体 {name} 没有嵌入"]
    characters = {int(c, 16): bytes.fromhex(u.decode()).decode("utf-16-be", "replace") for c, u in _BFCHAR.findall(
        font.ToUnicode.read_bytes() if "/ToUnicode" in font else b"")}  # fmt: skip
    try:
        is_drawn = _drawn(program.read_bytes())
    except (TTLibError, LookupError, ValueError) as fault:
        return [f"第{page}页的字体 {name} 无法读取：{fault}"]
    problems = []
    for code in sorted(codes):
        text = characters.get(code, "")
        if code != 0 and text and not text.strip():
            continue
        if code == 0 or not is_drawn(code):
            label = f"“{text}”（U+{ord(text[0]):04X}）" if text else f"字形 {code}"
            problems.append(f"{label}在字体 {name} 中没有字形，印出来是空框")
    return problems


def _drawn(program: bytes) -> Callable[[int], bool]:
    """A predicate over character codes (Identity-H: CIDs) of an embedded font program: is there an outline, and not .notdef's?"""
    font = TTFont(BytesIO(program), lazy=True)
    if "glyf" in font:
        locations, data = font["loca"].locations, font.reader["glyf"]

        def outline(gid: int) -> bytes:
            return data[locations[gid] : locations[gid + 1]] if gid + 1 < len(locations) else b""

        blank = outline(0)
        return lambda gid: bool(outline(gid)) and outline(gid) != blank
    top = font["CFF "].cff.topDictIndex[0]
    outlines = CffOutlines(font.reader["CFF "], top.rawDict["CharStrings"])
    # Without ROS the codes are glyph numbers.
    glyph_of = outlines.by_charset(top.rawDict["charset"]) if "ROS" in top.rawDict else int
    notdef = outlines[0]

    def drawn(cid: int) -> bool:
        gid = glyph_of(cid)
        if not 0 < gid < outlines.count:
            return False
        code = outlines[gid]
        return len(code) > _EMPTY_CHARSTRING and code != notdef

    return drawn
