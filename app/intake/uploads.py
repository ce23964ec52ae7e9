"""Files that people add to a record as evidence or correspondence: what kind they really are, and what is refused.

Nothing here is opened for its content. The extension must agree with the first bytes; containers pass the gate; a PDF is looked
through in a process of its own with little memory and time, because reading one means unpacking whatever it brings.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import etree

from app.intake.gate import RefusedFile, check_container, open_package

PDF_SECONDS = 30
REASONS = {
    "encrypted": "PDF 已加密，没有密码无法打开。请去除密码后再上传。",
    "damaged": "PDF 已损坏，无法读取。请重新导出后再上传。",
    "script": "PDF 含有脚本，可能是恶意文件，已拒绝。请打印为新的 PDF 后再上传。",
    "launch": "PDF 会启动其他程序或者播放富媒体，可能是恶意文件，已拒绝。请打印为新的 PDF 后再上传。",
}
TOO_MUCH = "PDF 的内部结构过于庞大，已拒绝。请打印为新的 PDF 后再上传。"
_PULLING = ("attachedtemplate", "oleobject", "frame", "subdocument", "externallink")
"""Relationships by which Word or Excel fetch something when the file is opened; hyperlinks do not."""
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


def inspect_upload(content: bytes, name: str, most: int) -> str:
    """The media type of a file called ``name``, at most ``most`` bytes long. Raises ``RefusedFile`` with what to do instead."""
    if not content:
        raise RefusedFile("文件是空的。")
    if len(content) > most:
        raise RefusedFile(f"文件过大（{len(content) / 1048576:.1f} MB），上限 {most // 1048576} MB。")
    extension = Path(name.replace("\\", "/")).suffix.lower().lstrip(".")
    if extension not in TYPES:
        raise RefusedFile(
            f"不接受“.{extension[:10]}”文件。可以上传：{'、'.join(TYPES)}。旧版 Office 文件请另存为 docx、xlsx 或者 PDF。"
        )
    media_type, check = TYPES[extension]
    check(content)
    return media_type


def _begins(*signs: bytes, at: int = 0) -> Callable[[bytes], None]:
    def check(content: bytes) -> None:
        if not content[at:].startswith(signs):
            raise RefusedFile("文件的内容与扩展名不符，请核对后再上传。")

    return check


def _office(main_part: str) -> Callable[[bytes], None]:
    def check(content: bytes) -> None:
        with open_package(content, main_part) as package:
            for info in package.infolist():
                if info.filename.lower().endswith(".rels"):
                    _refuse_pulling(package, info)

    return check


def _refuse_pulling(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """The gate has read this part before: it is sound and small."""
    for relationship in etree.fromstring(package.read(info), _parser()).iter(_RELATIONSHIP):
        kind = str(relationship.get("Type", "")).rpartition("/")[2].lower()
        if relationship.get("TargetMode") == "External" and kind in _PULLING:
            raise RefusedFile("文件打开时会从外部取用模板或者对象，可能是恶意文件，已拒绝。请断开链接后再上传。")


def _parser() -> Any:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


def _ofd(content: bytes) -> None:
    with check_container(content) as package:
        if "OFD.xml" not in package.namelist():
            raise RefusedFile("文件不是有效的 OFD 文件。")


def _text(content: bytes) -> None:
    if b"\0" in content:
        raise RefusedFile("文件的内容与扩展名不符，请核对后再上传。")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            content.decode(encoding)
            return
        except UnicodeDecodeError:
            continue
    raise RefusedFile("文本文件的编码无法识别，请以 UTF-8 保存后再上传。")


def _wave(content: bytes) -> None:
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise RefusedFile("文件的内容与扩展名不符，请核对后再上传。")


def _pdf(content: bytes) -> None:
    if b"%PDF-" not in content[:1024]:
        raise RefusedFile("文件的内容与扩展名不符，请核对后再上传。")
    program = [sys.executable, "-m", "app.intake.pdf_look"]
    try:
        looked = subprocess.run(program, input=content, capture_output=True, timeout=PDF_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise RefusedFile(TOO_MUCH) from None
    verdict = looked.stdout.decode("ascii", "replace").strip()
    if verdict != "sound":
        raise RefusedFile(REASONS.get(verdict, TOO_MUCH))


TYPES: dict[str, tuple[str, Callable[[bytes], None]]] = {
    "pdf": ("application/pdf", _pdf),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _office("word/document.xml")),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _office("xl/workbook.xml")),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", _office("ppt/presentation.xml")),
    "ofd": ("application/ofd", _ofd),
    "jpg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "png": ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "tif": ("image/tiff", _begins(b"II*\0", b"MM\0*")),
    "tiff": ("image/tiff", _begins(b"II*\0", b"MM\0*")),
    "txt": ("text/plain", _text),
    "csv": ("text/csv", _text),
    "eml": ("message/rfc822", _text),
    "mp3": ("audio/mpeg", _begins(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa")),
    "m4a": ("audio/mp4", _begins(b"ftyp", at=4)),
    "wav": ("audio/wav", _wave),
    "mp4": ("video/mp4", _begins(b"ftyp", at=4)),
}
"""What a record takes: extension → media type, and the check of the content."""
