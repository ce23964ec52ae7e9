"""The code on the signature pages of the Word file that leads to where anybody checks the text: a picture beside the text, in no word's place."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import segno
from docxtpl import DocxTemplate

from app.rendering.docx_xml import attribute

_EMU_PER_MM = 36_000
_SIDE, _LEFT, _TOP = 16 * _EMU_PER_MM, 6 * _EMU_PER_MM, (297 - 28) * _EMU_PER_MM
"""Its side, and where it stands from the page's upper-left corner."""
_PICTURE = "http://schemas.openxmlformats.org/drawingml/2006/picture"
_NAMESPACES = (
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    f'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="{_PICTURE}" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)


def code_picture(document: DocxTemplate, address: str) -> Callable[[int], str]:
    """What makes the run that shows the code, given a number for the picture; equal pictures are kept once in the package."""
    data = BytesIO()
    segno.make(address, error="m", micro=False, boost_error=False).save(data, kind="png", scale=8, border=0)

    def picture(number: int) -> str:
        data.seek(0)
        reference, _ = document.docx.part.get_or_add_image(data)
        words = attribute(f"验签地址 {address}")
        return (
            f'<w:r><w:drawing {_NAMESPACES}><wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="1"'
            ' behindDoc="1" locked="1" layoutInCell="0" allowOverlap="1"><wp:simplePos x="0" y="0"/>'
            f'<wp:positionH relativeFrom="page"><wp:posOffset>{_LEFT}</wp:posOffset></wp:positionH>'
            f'<wp:positionV relativeFrom="page"><wp:posOffset>{_TOP}</wp:posOffset></wp:positionV>'
            f'<wp:extent cx="{_SIDE}" cy="{_SIDE}"/><wp:wrapNone/><wp:docPr id="{number}" name="验签码" descr="{words}"/>'
            '<wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr><a:graphic>'
            f'<a:graphicData uri="{_PICTURE}"><pic:pic><pic:nvPicPr><pic:cNvPr id="{number}" name="code.png"/><pic:cNvPicPr/></pic:nvPicPr>'
            f'<pic:blipFill><a:blip r:embed="{reference}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>'
            f'<a:off x="0" y="0"/><a:ext cx="{_SIDE}" cy="{_SIDE}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>'
            "</pic:pic></a:graphicData></a:graphic></wp:anchor></w:drawing></w:r>"
        )

    return picture
