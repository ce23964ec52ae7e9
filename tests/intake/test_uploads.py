"""Files for the record: what they really are, and the hostile ones."""

from __future__ import annotations

import io
import zipfile
import zlib

import pikepdf
import pytest
from docx import Document
from openpyxl import Workbook

from app.intake.gate import RefusedFile
from app.intake.uploads import TYPES, inspect_upload
from tests.corpus.files import CORPUS

MOST = 20 * 1024 * 1024
FOREIGN = sorted(CORPUS.rglob("*.doc[xm]"))


def pdf(**root: object) -> bytes:
    """A page, and whatever its catalogue shall hold beside."""
    with pikepdf.new() as made:
        made.add_blank_page()
        for name, value in root.items():
            made.Root[f"/{name}"] = made.make_indirect(value) if isinstance(value, pikepdf.Dictionary) else value
        out = io.BytesIO()
        made.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def docx() -> bytes:
    out = io.BytesIO()
    Document().save(out)
    return out.getvalue()


def xlsx() -> bytes:
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """A container with one part put in, or in place of the one of this name."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info, old.read(info))
        new.writestr(name, part)
    return out.getvalue()


def refusal(content: bytes, name: str) -> str:
    with pytest.raises(RefusedFile) as caught:
        inspect_upload(content, name, MOST)
    return caught.value.message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("报告.PDF", pdf()),
        ("C:\\文件\\合同.docx", docx()),
        ("清单.xlsx", xlsx()),
        ("照片.jpeg", b"\xff\xd8\xff\xe0rest"),
        ("照片.png", b"\x89PNG\r\n\x1a\nrest"),
        ("扫描.tif", b"II*\0rest"),
        ("笔记.txt", "会谈记录".encode("gb18030")),
        ("往来.eml", b"From: a@example.com\r\n\r\ntext"),
        ("录音.m4a", b"\0\0\0\x20ftypM4A "),
        ("录音.wav", b"RIFF\0\0\0\0WAVEfmt "),
    ],
)
def test_sound_files_are_taken_as_what_they_are(name: str, content: bytes) -> None:
    assert inspect_upload(content, name, MOST) == TYPES[name.rpartition(".")[2].lower()][0]


@pytest.mark.parametrize("extension", sorted(TYPES.keys() - {"txt", "csv", "eml"}))
def test_a_file_that_is_not_what_its_name_says_is_refused(extension: str) -> None:
    assert refusal(b"MZ\x90\0 a program", f"harmless.{extension}")


@pytest.mark.parametrize("name", ["a.exe", "a.zip", "a.doc", "a.html", "a.svg", "a.js", "a", "a.pdf.lnk", ".pdf"])
def test_other_kinds_of_files_are_refused_and_those_that_can_be_sent_are_named(name: str) -> None:
    assert "可以上传：pdf、docx" in refusal(b"anything", name)


def test_empty_and_oversized_files_are_refused() -> None:
    assert "空的" in refusal(b"", "a.txt")
    with pytest.raises(RefusedFile, match="上限 1 MB"):
        inspect_upload(b"x" * (1024 * 1024 + 1), "a.txt", 1024 * 1024)


SCRIPT = pikepdf.Dictionary(S=pikepdf.Name("/JavaScript"), JS=pikepdf.String("app.alert(1)"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (pdf(OpenAction=SCRIPT), "脚本"),
        (pdf(AA=pikepdf.Dictionary(WC=pikepdf.Dictionary(S=pikepdf.Name("/JavaScript"), JS=pikepdf.String("x")))), "脚本"),
        (pdf(OpenAction=pikepdf.Dictionary(S=pikepdf.Name("/Launch"), F=pikepdf.String("cmd.exe"))), "启动其他程序"),
        (pdf(X=pikepdf.Dictionary(Subtype=pikepdf.Name("/RichMedia"))), "富媒体"),
        (b"%PDF-1.7\nnothing else", "损坏"),
        (pdf()[:200], "损坏"),
    ],
)  # fmt: skip
def test_a_pdf_that_does_something_by_itself_or_can_not_be_read_is_refused(content: bytes, words: str) -> None:
    assert words in refusal(content, "证据.pdf")


def test_a_pdf_under_a_password_is_refused() -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as opened:
        opened.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    assert "加密" in refusal(out.getvalue(), "证据.pdf")


def packed_blanks(size: int, times: int) -> bytes:
    """What zlib makes of so many blanks, packed once: after a full flush the same block is the same octets again (RFC 1951)."""
    packer, block, check = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS), b" " * size, 1
    piece = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(times):
        check = zlib.adler32(block, check)
    return b"\x78\xda" + piece * times + b"\x03\x00" + check.to_bytes(4, "big")


def test_blanks_are_packed_as_zlib_reads_them() -> None:
    assert zlib.decompress(packed_blanks(70_000, 3)) == b" " * 210_000


def test_a_pdf_that_unpacks_to_more_than_there_is_memory_for_is_refused() -> None:
    """An object stream of a few megabytes that unpacks to gigabytes."""
    packed = packed_blanks(1 << 24, 100)
    stream = b"5 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n" % (
        len(packed),
        packed,
    )
    body = b"%PDF-1.7\n" + stream
    where = len(body)
    table = b"6 0 obj\n<</Type/XRef/Size 7/W[1 4 1]/Root 1 0 R/Index[1 1 5 1]/Length 12>>\nstream\n"
    table += b"\x02" + (5).to_bytes(4, "big") + b"\0" + b"\x01" + (9).to_bytes(4, "big") + b"\0" + b"\nendstream\nendobj\n"
    bomb = body + table + b"startxref\n%d\n%%%%EOF\n" % where
    assert len(bomb) < MOST
    assert refusal(bomb, "证据.pdf")


@pytest.mark.parametrize(
    "name", ["word/vbaProject.bin", "word/embeddings/oleObject1.bin", "word/activeX/activeX1.xml", "evil.exe"]
)
def test_macros_and_embedded_objects_are_refused(name: str) -> None:
    assert "宏或嵌入对象" in refusal(with_part(docx(), name, b"x"), "合同.docx")


def test_a_document_that_fetches_its_template_from_elsewhere_is_refused() -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{kind}" Target="http://198.51.100.1/x.dotm" TargetMode="External"/></Relationships>'
    )
    assert "外部取用" in refusal(with_part(docx(), "word/_rels/settings.xml.rels", rels.encode()), "合同.docx")
    link = rels.replace("attachedTemplate", "hyperlink")
    assert inspect_upload(with_part(docx(), "word/_rels/settings.xml.rels", link.encode()), "合同.docx", MOST)


def test_an_entity_bomb_and_a_zip_bomb_are_refused() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaa">]><a>&a;</a>'
    assert "DOCTYPE" in refusal(with_part(xlsx(), "xl/styles.xml", bomb), "表.xlsx")
    assert "过大" in refusal(with_part(xlsx(), "xl/media/a.bin", b"\0" * (61 * 1024 * 1024)), "表.xlsx")


@pytest.mark.skipif(not FOREIGN, reason="the shared corpus is not beside the repository")
def test_every_foreign_document_is_taken_or_refused_with_a_sentence() -> None:
    outcomes = set()
    for path in FOREIGN:
        try:
            outcomes.add(bool(inspect_upload(path.read_bytes(), f"{path.stem}.docx", MOST)))
        except RefusedFile:
            outcomes.add(False)
    assert outcomes == {True, False}
