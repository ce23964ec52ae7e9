"""The finished package: custom properties that name the document, and a ZIP file that is the same on every machine."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from xml.sax.saxutils import escape

from docx.opc.package import OpcPackage
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from lxml import etree

from app.rendering.docx_xml import attribute, clean

CUSTOM_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
CUSTOM_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
_CUSTOM = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
"""FMTID of user-defined properties (ISO 29500-1 §22.3.2.2)."""
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_COMPRESSION = 5


def set_custom_properties(package: OpcPackage, values: Mapping[str, str]) -> None:
    """Write text properties into docProps/custom.xml; others that the template brought along stay."""
    kept: list[tuple[str, bytes]] = []
    part = next((r.target_part for r in package.rels.values() if r.reltype == CUSTOM_RELATION), None)
    if part is not None:
        for element in etree.fromstring(part.blob):
            name = element.get("name", "")
            if name not in values and len(element):
                kept.append((name, etree.tostring(element[0])))
    written = [
        *((name, value.decode()) for name, value in kept),
        *((name, f"<vt:lpwstr>{escape(clean(value))}</vt:lpwstr>") for name, value in values.items()),
    ]
    rows = "".join(
        f'<property fmtid="{_FORMAT_ID}" pid="{pid}" name="{attribute(name)}">{value}</property>'
        for pid, (name, value) in enumerate(written, 2)
    )
    blob = f'{_DECLARATION}<Properties xmlns="{_CUSTOM}" xmlns:vt="{_TYPES}">{rows}</Properties>'.encode()
    if part is not None:
        part._blob = blob
    else:
        package.relate_to(Part(PackURI("/docProps/custom.xml"), CUSTOM_TYPE, blob, package), CUSTOM_RELATION)


def write_package(package: OpcPackage, created: datetime, replaced: Mapping[str, bytes]) -> bytes:
    """The package as a ZIP file whose entries carry ``created`` (UTC); ``replaced`` gives the bytes of parts by name.

    The order of the entries follows the relationships, so equal input gives equal bytes.
    """
    moment = created.astimezone(UTC)
    stamp = (max(moment.year, 1980), moment.month, moment.day, moment.hour, moment.minute, moment.second // 2 * 2)
    parts = list(package.iter_parts())
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as archive:

        def add(name: str, content: bytes) -> None:
            info = zipfile.ZipInfo(name.lstrip("/"), stamp)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            archive.writestr(info, content, compresslevel=_COMPRESSION)

        add("[Content_Types].xml", _content_types(parts))
        add("_rels/.rels", _bytes(package.rels.xml))
        for part in parts:
            name = str(part.partname)
            add(name, replaced.get(name, part.blob))
            if part.rels:
                add(str(part.partname.rels_uri), _bytes(part.rels.xml))
    return buffer.getvalue()


def _bytes(xml: str | bytes) -> bytes:
    return xml if isinstance(xml, bytes) else xml.encode("utf-8")


def _content_types(parts: list[Part]) -> bytes:
    rows = "".join(
        f'<Override PartName="{attribute(str(p.partname))}" ContentType="{attribute(p.content_type)}"/>'
        for p in sorted(parts, key=lambda p: str(p.partname))
    )
    return (
        f'{_DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{rows}</Types>'
    ).encode()
