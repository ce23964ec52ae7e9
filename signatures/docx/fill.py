"""The parties' marks put into the places that the template left for them, the record page, and protection against editing."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from lxml import etree

from signatures.appearance import Appearance, Picture
from signatures.docx.package import MAIN, SETTINGS, Parts, W, w
from signatures.drawing import Drawing
from signatures.errors import SignatureError
from signatures.pdfium import opened
from signatures.verification.words import local_time

IMAGE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
_EMU = 12700
"""English Metric Units to the point."""
_DPI = 400
_MEDIA = "word/media"
_USUAL = 10.5
"""Points of words in a place."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What goes into one place: a picture or drawing, words, or a tick."""

    appearance: Appearance | None = None
    text: str = ""
    tick: bool = False


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One signature in the record. ``clock``: whose time it is, in words."""

    label: str
    name: str
    certificate: str
    at: datetime
    clock: str


@dataclass(frozen=True, slots=True)
class Record:
    """The signature record page. ``pdf_digest``: SHA-256 of the signed PDF, which is the original."""

    title: str
    number: str
    pdf_digest: str
    lines: tuple[RecordLine, ...]


def places(parts: Parts) -> dict[str, etree._Element]:
    """The content controls tagged ``box:<name>``, by name."""
    controls = {}
    for control in parts.tree(MAIN).iter(w("sdt")):
        tag = control.find(f"{w('sdtPr')}/{w('tag')}")
        value = tag.get(w("val"), "") if tag is not None else ""
        if value.startswith("box:"):
            controls[value.removeprefix("box:")] = control
    return controls


def fill(parts: Parts, fillings: Mapping[str, Filling]) -> None:
    """Fill places. Raises ``docx.box`` naming every one that is not there."""
    controls = places(parts)
    missing = sorted(fillings.keys() - controls.keys())
    if missing:
        raise SignatureError("docx.box", f"DOCX 中没有签署栏位：{'、'.join(missing)}。")
    for number, (name, filling) in enumerate(sorted(fillings.items()), 1):
        _fill(parts, controls[name], filling, number)


def _fill(parts: Parts, control: etree._Element, filling: Filling, number: int) -> None:
    cell = next(control.iter(w("tc")), None)
    holder = cell if cell is not None else control.find(w("sdtContent"))
    paragraph = next(holder.iter(w("p")), None) if holder is not None else None
    if paragraph is None:
        raise SignatureError("docx.box", "签署栏位的结构不符，无法填入。")
    if filling.tick:
        _tick(control, paragraph)
        return
    properties = paragraph.find(w("pPr"))
    for child in list(paragraph):
        if child is not properties:
            paragraph.remove(child)
    if filling.appearance is not None:
        paragraph.append(_image(parts, filling.appearance, _room(cell), number))
    else:
        run = etree.SubElement(paragraph, w("r"))
        look = etree.SubElement(run, w("rPr"))
        etree.SubElement(look, w("rFonts")).set(w("hint"), "eastAsia")
        size = _size(filling.text, _room(cell)[0])
        for name in ("sz", "szCs") if size is not None else ():
            etree.SubElement(look, w(name)).set(w("val"), str(size))
        words = etree.SubElement(run, w("t"))
        words.text = filling.text
        words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _size(text: str, width: float) -> int | None:
    """Half points in which a line is no longer than ``width`` points, whatever the font; None where the usual size will do.

    The rows of places have a fixed height: a second line would not be seen, and a digest would lose its end.
    """
    ems = sum(1.0 if character > "\u2e7f" else 0.64 for character in text)
    return None if ems * _USUAL <= width else max(10, int(2 * width / ems))


def _tick(control: etree._Element, paragraph: etree._Element) -> None:
    state = control.find(f"{w('sdtPr')}/{{{W14}}}checkbox/{{{W14}}}checked")
    if state is not None:
        state.set(f"{{{W14}}}val", "1")
    for text in paragraph.iter(w("t")):
        text.text = (text.text or "").replace("☐", "☑")


def _room(cell: etree._Element | None) -> tuple[float, float]:
    """Width and height of a cell in points; what is not said is no limit."""
    if cell is None:
        return 400.0, 400.0
    width = cell.find(f"{w('tcPr')}/{w('tcW')}")
    row = cell.getparent()
    while row is not None and row.tag != w("tr"):
        row = row.getparent()
    height = row.find(f"{w('trPr')}/{w('trHeight')}") if row is not None else None
    twips = [float(e.get(w(a), "0")) if e is not None else 0.0 for e, a in ((width, "w"), (height, "val"))]
    # Word keeps 5.4 pt of a cell's width on either side.
    return (twips[0] / 20 - 10.8 if twips[0] else 400.0), (twips[1] / 20 - 2 if twips[1] else 400.0)


def _image(parts: Parts, appearance: Appearance, room: tuple[float, float], number: int) -> etree._Element:
    picture = appearance if isinstance(appearance, Picture) else rasterised(appearance)
    name = f"{_MEDIA}/signature{number}.png"
    parts.content[name] = picture.png
    parts.add_default_type("png", "image/png")
    reference = parts.add_relation(MAIN, IMAGE, f"media/signature{number}.png")
    factor = min(1.0, room[0] / picture.width, room[1] / picture.height)
    width, height = round(picture.width * factor * _EMU), round(picture.height * factor * _EMU)
    xml = (
        f'<w:r xmlns:w="{W}" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
        ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
        ' xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
        ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:drawing>'
        f'<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>'
        f'<wp:docPr id="{900_000 + number}" name="signature{number}" descr="签署图样"/>'
        '<wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr><a:graphic>'
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
        f'<pic:cNvPr id="{900_000 + number}" name="signature{number}.png"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>'
        f'<a:blip r:embed="{reference}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
        f'<a:ext cx="{width}" cy="{height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
    return etree.fromstring(xml)


def rasterised(drawing: Drawing, dpi: int = _DPI) -> Picture:
    """A drawing as a picture with transparency, for files that can't hold its outlines."""
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {drawing.width:.3f} {drawing.height:.3f}] /Contents 4 0 R /Resources << >> >>"
    content = drawing.content()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page.encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    )  # fmt: skip
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % p for p in places)
    out += b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    with opened(bytes(out)) as document:
        sheet = document[0]
        image = sheet.render(scale=dpi / 72, fill_color=(255, 255, 255, 0), maybe_alpha=True).to_pil().convert("RGBA").copy()
        sheet.close()
    data = io.BytesIO()
    image.save(data, "PNG")
    return Picture(data.getvalue(), drawing.width, drawing.height, drawing.ink)


# ---- the record


def append_record(parts: Parts, record: Record) -> None:
    """A page at the end that says who signed, and that the PDF is the original."""
    body = parts.tree(MAIN).find(w("body"))
    if body is None:
        raise SignatureError("docx.unusable", "DOCX 没有正文。")
    rows = [("签署栏位", "签署人", "证书序列号", "签署时间", "时间来源")]
    rows += [(x.label, x.name, x.certificate, local_time(x.at)[:19], x.clock) for x in record.lines]
    table = "".join(_row(cells, bold=index == 0) for index, cells in enumerate(rows))
    edges = "".join(f'<w:{e} w:val="single" w:sz="4" w:space="0" w:color="7F7F7F"/>' for e in _EDGES)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in _WIDTHS)
    fragment = (
        f'<x xmlns:w="{W}">'
        + _paragraph("签署记录", size=32, bold=True, centred=True, new_page=True)
        + _paragraph(f"{record.title}　{record.number}", centred=True)
        + f'<w:tbl><w:tblPr><w:tblW w:w="{sum(_WIDTHS)}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>{edges}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{table}</w:tbl>'
        + _paragraph("已签署的 PDF 文件为本合同的原件；本 DOCX 文件是已签署的工作副本，两者不一致的，以 PDF 文件为准。")
        + _paragraph(f"PDF 文件的 SHA-256：{record.pdf_digest}")
        + _paragraph("签名证书由签署系统内置的签发机构签发，该机构不是依法设立的电子认证服务提供者。")
        + "</x>"
    )
    last = body[-1] if len(body) and body[-1].tag == w("sectPr") else None
    position = body.index(last) if last is not None else len(body)
    body[position:position] = list(etree.fromstring(fragment))


_EDGES = ("top", "left", "bottom", "right", "insideH", "insideV")
_WIDTHS = (1300, 2300, 2150, 1250, 1500)


def _row(cells: Sequence[str], *, bold: bool) -> str:
    made = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{_paragraph(text, size=18, bold=bold, indented=False)}</w:tc>'
        for text, width in zip(cells, _WIDTHS, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{made}</w:tr>"


def _paragraph(
    text: str, *, size: int = 21, bold: bool = False, centred: bool = False, new_page: bool = False, indented: bool = True
) -> str:
    page = "<w:pageBreakBefore/>" if new_page else ""
    look = f'{"<w:b/><w:bCs/>" if bold else ""}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
    space = '<w:spacing w:before="120" w:after="60"/>' if indented else '<w:spacing w:before="20" w:after="20"/>'
    align = "center" if centred else "left"
    return (
        f'<w:p><w:pPr>{page}{space}<w:ind w:left="0" w:firstLine="0"/><w:jc w:val="{align}"/></w:pPr>'
        f'<w:r><w:rPr><w:rFonts w:hint="eastAsia"/>{look}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'
    )


# ---- protection

_BEFORE_PROTECTION = (
    "writeProtection", "view", "zoom", "removePersonalInformation", "removeDateAndTime", "doNotDisplayPageBoundaries",
    "displayBackgroundShape", "printPostScriptOverText", "printFractionalCharacterWidth", "printFormsData", "embedTrueTypeFonts",
    "embedSystemFonts", "saveSubsetFonts", "saveFormsData", "mirrorMargins", "alignBordersAndEdges", "bordersDoNotSurroundHeader",
    "bordersDoNotSurroundFooter", "gutterAtTop", "hideSpellingErrors", "hideGrammaticalErrors", "activeWritingStyle", "proofState",
    "formsDesign", "attachedTemplate", "linkStyles", "stylePaneFormatFilter", "stylePaneSortMethod", "documentType", "mailMerge",
    "revisionView", "trackRevisions", "doNotTrackMoves", "doNotTrackFormatting",
)  # fmt: skip
_SPINS = 100_000


def protect(parts: Parts) -> None:
    """Read-only in word processors, under a random password that nobody knows: against slips, not against intent."""
    if SETTINGS not in parts.content:
        raise SignatureError("docx.unusable", "DOCX 没有设置部件。")
    root = parts.tree(SETTINGS)
    for old in root.findall(w("documentProtection")) + root.findall(w("updateFields")):
        root.remove(old)
    salt, secret = os.urandom(16), os.urandom(24)
    state = hashlib.sha512(salt + secret).digest()
    for spin in range(_SPINS):
        state = hashlib.sha512(state + spin.to_bytes(4, "little")).digest()
    values = {
        "edit": "readOnly", "enforcement": "1", "cryptProviderType": "rsaAES", "cryptAlgorithmClass": "hash",
        "cryptAlgorithmType": "typeAny", "cryptAlgorithmSid": "14", "cryptSpinCount": str(_SPINS),
        "hash": base64.b64encode(state).decode(), "salt": base64.b64encode(salt).decode(),
    }  # fmt: skip
    protection = etree.Element(w("documentProtection"))
    for name, value in values.items():
        protection.set(w(name), value)
    before = {w(n) for n in _BEFORE_PROTECTION}
    position = max((i + 1 for i, e in enumerate(root) if e.tag in before), default=0)
    root.insert(position, protection)
