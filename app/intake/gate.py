"""The gate every uploaded Office file passes before any library opens it.

A container that lies about its size, carries a document type declaration, macros or foreign parts never reaches openpyxl or
python-docx, which refuse almost nothing by themselves.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
from itertools import pairwise
from typing import Any

from lxml import etree

from app.domain.errors import ContractError

MAX_FILE = 20 * 1024 * 1024
MAX_ENTRIES = 2_000
MAX_PART = 60 * 1024 * 1024
MAX_TOTAL = 150 * 1024 * 1024
MAX_RATIO = 150
MAX_ELEMENTS = 2_000_000
RATIO_FREE = 1024 * 1024
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FORBIDDEN_PARTS = ("vbaproject.bin", "activex", "/embeddings/", "oleobject")
_FOREIGN = (".html", ".htm", ".rtf", ".exe", ".dll", ".js", ".vbs", ".mht")


class RefusedFile(ContractError):
    """The upload is refused; the message says why and what to send instead."""

    def __init__(self, message: str) -> None:
        super().__init__("intake.refused", message)


class _NoDoctype:
    """A parser target that counts elements and stops at any document type declaration."""

    def __init__(self) -> None:
        self.elements = 0

    def doctype(self, _name: str | None, _public: str | None, _system: str | None) -> None:
        raise RefusedFile("文件含有文档类型声明（DOCTYPE），可能是恶意文件，已拒绝。请用 Excel 或 WPS 另存后再上传。")

    def start(self, _tag: str, _attributes: object) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise RefusedFile("文件内容过多，已拒绝。请拆分后再上传。")

    def close(self) -> int:
        return self.elements


def open_package(content: bytes, main_part: str) -> zipfile.ZipFile:
    """The checked container. ``main_part`` must exist (``xl/workbook.xml``). Raises ``RefusedFile``."""
    if len(content) > MAX_FILE:
        raise RefusedFile(f"文件过大（{len(content) / 1048576:.0f} MB），上限 {MAX_FILE // 1048576} MB。")
    if not content:
        raise RefusedFile("文件是空的。")
    if content.startswith(_OLE2):
        raise RefusedFile("文件已加密，或为旧版格式（.xls/.doc）。请去除密码并另存为 .xlsx 或 .docx 后再上传。")
    package = check_container(content)
    names = {i.filename for i in package.infolist()}
    if "[Content_Types].xml" not in names or main_part not in names:
        raise RefusedFile("文件的内容与扩展名不符，或者不是所要的文件类型，请核对后再上传。")
    for info in package.infolist():
        if info.filename.lower().endswith((".xml", ".rels", ".vml")):
            _check_xml(package, info)
    return package


def check_container(content: bytes) -> zipfile.ZipFile:
    """A ZIP container whose directory is sound. Raises ``RefusedFile``."""
    try:
        package = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError) as error:
        raise RefusedFile("文件不是有效的 Office 文件，可能已损坏。请重新保存后再上传。") from error
    _check_directory(package, len(content))
    return package


def _check_directory(package: zipfile.ZipFile, size: int) -> None:
    infos = package.infolist()
    if len(infos) > MAX_ENTRIES:
        raise RefusedFile("文件内部条目过多，已拒绝。")
    seen: set[str] = set()
    total = 0
    spans: list[tuple[int, int]] = []
    for info in infos:
        name = info.filename
        low = name.lower()
        unsafe = name.startswith("/") or "\\" in name or ":" in name or ".." in posixpath.normpath(name).split("/")
        if unsafe or low in seen:
            raise RefusedFile("文件内部路径异常，已拒绝。")
        if info.flag_bits & 0x1:
            raise RefusedFile("文件已加密。请去除密码后再上传。")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RefusedFile("文件使用了不支持的压缩方式，已拒绝。")
        if any(mark in low for mark in _FORBIDDEN_PARTS) or low.endswith(_FOREIGN):
            raise RefusedFile("文件含有宏或嵌入对象，已拒绝。请另存为不含宏和嵌入对象的文件后再上传。")
        total += info.file_size
        bloated = info.file_size > RATIO_FREE and info.file_size > MAX_RATIO * max(info.compress_size, 1)
        if info.file_size > MAX_PART or total > MAX_TOTAL or bloated:
            raise RefusedFile("文件解压后过大，已拒绝。")
        spans.append((info.header_offset, info.header_offset + info.compress_size))
        seen.add(low)
    spans.sort()
    # Overlapping members multiply one small stream into many large ones; zipfile checks this only since 3.11.8.
    if any(end > start for (_, end), (start, _) in pairwise(spans)) or (spans and spans[-1][1] > size):
        raise RefusedFile("文件内部结构异常，已拒绝。")


def _check_xml(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    target: Any = _NoDoctype()
    parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True, huge_tree=False)
    read = 0
    try:
        with package.open(info) as stream:
            while chunk := stream.read(1 << 16):
                read += len(chunk)
                if read > MAX_PART:
                    raise RefusedFile("文件解压后过大，已拒绝。")
                parser.feed(chunk)
        parser.close()
    except RefusedFile:
        raise
    except (etree.XMLSyntaxError, zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        raise RefusedFile("文件内容已损坏，无法读取。请重新保存后再上传。") from error
