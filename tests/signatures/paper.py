"""A four-page contract as PDF/A-3a with two attachments: everything that signing needs to be tried on, and nothing more."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import cache

import pikepdf

from app.domain.documents import BoxPlacement, DocumentMeta, RenderedPdf
from tests.rendering.fixtures import DOCX, JSON, renderer

_META = DocumentMeta(
    "d-1", "互联网产品售后服务外包合同", "HT-2026-0001", "3", "ab" * 32, datetime(2026, 11, 1, tzinfo=UTC), True, "成约"
)
_STYLE = "h1 { break-before: page } h1:first-child { break-before: auto } .line { height: 60mm }"
_MARKUP = """<html lang="zh-CN"><head><title>互联网产品售后服务外包合同</title></head><body>
<h1>互联网产品售后服务外包合同</h1><p>合同编号：HT-2026-0001</p>
<h1>第一章 总则</h1><p>甲方委托乙方提供互联网产品售后服务，合同总价为人民币壹佰贰拾万元整。</p>
<h1>第二章 服务</h1><p>乙方应当在收到请求之日起两个工作日内响应。</p>
<h1>第三章 签署页</h1><p class="line">甲方（签名、盖章）：</p><p class="line">乙方（签名、盖章）：</p>
</body></html>"""
LAST = 4


@cache
def paper() -> RenderedPdf:
    """Drawn once a run; boxes where the words of the last page leave room."""
    raw = renderer().draw(_MARKUP, _STYLE, _META)
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        for item in (JSON, DOCX):
            spec = pikepdf.AttachedFileSpec(
                pdf,
                item.content,
                filename=item.name,
                description=item.description,
                mime_type=item.media_type,
                relationship=pikepdf.Name(f"/{item.relationship}"),
                creation_date="D:20261101000000Z",
                mod_date="D:20261101000000Z",
            )
            pdf.attachments[item.name] = spec
            known = pdf.Root.get("/AF")
            if known is None:
                pdf.Root.AF = pikepdf.Array([spec.obj])
            elif all(k.objgen != spec.obj.objgen for k in known):
                known.append(spec.obj)
        target = io.BytesIO()
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        count = len(pdf.pages)
    assert count == LAST
    boxes = []
    for party, top in (("a", 640.0), ("b", 440.0)):
        for name, x, y, width, height in (
            ("signature", 180, 0, 170, 57),
            ("seal", 380, -40, 119, 119),
            ("date", 180, -40, 142, 26),
            ("bank", 180, -70, 14, 14),
        ):
            boxes.append(BoxPlacement(f"sign.party_{party}_{name}", LAST, x, top + y, x + width, top + y + height))
    return RenderedPdf(target.getvalue(), LAST, {}, tuple(boxes))
