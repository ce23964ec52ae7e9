"""An old register from outside: one workbook with its signed PDFs, as single files or in one ZIP → raw rows, faults by cell, files."""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from app.domain.recording import FIELDS, OldRegister, OldRow
from app.intake.gate import RefusedFile
from app.intake.workbook import CellFault, Grid, read_workbook

SHEET = "补录合同"
MAX_ROWS = 2_000
MAX_COLUMNS = 60
MAX_FILES = 2_000
MAX_UNPACKED = 2 * 1024 * 1024 * 1024
MAX_RATIO = 200


@dataclass(frozen=True, slots=True)
class RegisterUpload:
    """What was sent: the rows, the faults of the workbook itself, and the PDFs by file name."""

    register: OldRegister
    faults: tuple[CellFault, ...]
    pdfs: Mapping[str, bytes]


def read_register_upload(files: Sequence[tuple[str, bytes]]) -> RegisterUpload:
    """Read what was uploaded: name and content of each file. Raises ``RefusedFile`` where the files themselves can't be used."""
    loose: list[tuple[str, bytes]] = []
    for name, content in files:
        loose += _unpacked(content) if name.lower().endswith(".zip") else [(_last(name), content)]
    books = [(n, c) for n, c in loose if n.lower().endswith(".xlsx")]
    others = sorted(n for n, _ in loose if not n.lower().endswith((".xlsx", ".pdf")))
    if others:
        raise RefusedFile(f"只接受一个 .xlsx 台账和 .pdf 签署件（或者含有它们的 .zip），不接受：{'、'.join(others[:5])}。")
    if len(books) != 1:
        raise RefusedFile(f"须有且只有一个 .xlsx 台账，现有{len(books)}个。")
    pdfs: dict[str, bytes] = {}
    for name, content in loose:
        if name.lower().endswith(".pdf"):
            if name.lower() in {n.lower() for n in pdfs}:
                raise RefusedFile(f"有两个文件同名：{name}。请改名后再上传。")
            pdfs[name] = content
    register, faults = _read_rows(_sheet(read_workbook(books[0][1], MAX_ROWS, MAX_COLUMNS)))
    return RegisterUpload(register, tuple(faults), pdfs)


def _unpacked(content: bytes) -> list[tuple[str, bytes]]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        infos = [i for i in archive.infolist() if not i.is_dir() and not _is_litter(i.filename)]
        if len(infos) > MAX_FILES:
            raise RefusedFile(f"ZIP 中的文件过多，上限{MAX_FILES}个。")
        if sum(i.file_size for i in infos) > MAX_UNPACKED:
            raise RefusedFile("ZIP 解压后过大，已拒绝。请分批上传。")
        found = []
        for info in infos:
            if info.flag_bits & 0x1:
                raise RefusedFile("ZIP 已加密。请去除密码后再上传。")
            if info.file_size > 1024 * 1024 and info.file_size > MAX_RATIO * max(info.compress_size, 1):
                raise RefusedFile("ZIP 解压后过大，已拒绝。")
            with archive.open(info) as stream:
                read = stream.read(info.file_size + 1)
            if len(read) != info.file_size:
                raise RefusedFile("ZIP 内部结构异常，已拒绝。")
            found.append((_last(_decoded(info)), read))
    except (zipfile.BadZipFile, struct.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise RefusedFile("ZIP 已损坏，或者使用了不支持的压缩方式。请重新压缩后再上传。") from error
    return found


def _is_litter(name: str) -> bool:
    """What macOS and Windows add to an archive by themselves."""
    return name.startswith("__MACOSX/") or posixpath.basename(name) in (".DS_Store", "Thumbs.db", "desktop.ini")


def _decoded(info: zipfile.ZipInfo) -> str:
    """A name that isn't marked as UTF-8 was written by an older program in the code page of Chinese Windows."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _last(name: str) -> str:
    return posixpath.basename(name.replace("\\", "/"))


def _sheet(grids: list[Grid]) -> Grid:
    labels = {f.label for f in FIELDS}
    fitting = [g for g in grids if g.cells and len(labels & {_label(c) for c in g.cells[0]}) >= 4]
    named = [g for g in fitting if g.sheet.strip() == SHEET]
    if not fitting:
        raise RefusedFile(f"没有找到台账：第一行须有表头 {'、'.join(f.label for f in FIELDS if f.required)}。请使用下载的模板。")
    return (named or fitting)[0]


def _label(head: str) -> str:
    return head.strip().removesuffix("*").strip()


def _read_rows(grid: Grid) -> tuple[OldRegister, list[CellFault]]:
    columns, faults = _columns(grid)
    faults += [CellFault(grid.sheet, 1, "", "", area, "含有合并单元格，请取消合并并逐格填写") for area in grid.merged]
    rows = []
    for number, cells in enumerate(grid.cells[1:], 2):
        values = {key: cells[c - 1] if c <= len(cells) else "" for key, c in columns.items()}
        if any(values.values()):
            rows.append(OldRow(number, values))
    register = OldRegister(grid.sheet, {key: get_column_letter(c) for key, c in columns.items()}, tuple(rows))
    computed = ((row, key) for row in rows for key, c in columns.items() if (row.number, c) in grid.formulas)
    faults += [register.fault(row, key, "不接受公式，请粘贴为数值或者文字") for row, key in computed]
    if not rows:
        faults.append(CellFault(grid.sheet, 2, "", "", "", "表头以下没有内容"))
    return register, faults


def _columns(grid: Grid) -> tuple[dict[str, int], list[CellFault]]:
    """The number of each column from 1 by key, and what is wrong with the heads."""
    by_label = {f.label: f.key for f in FIELDS}
    columns: dict[str, int] = {}
    faults: list[CellFault] = []
    for c, head in enumerate(grid.cells[0], 1):
        key, letter = by_label.get(_label(head)), get_column_letter(c)
        if not head.strip():
            continue
        if key is None:
            faults.append(CellFault(grid.sheet, 1, head, letter, "", "没有这一列，请删除或者改用模板的表头"))
        elif key in columns:
            faults.append(CellFault(grid.sheet, 1, head, letter, "", "这一列出现了两次"))
        else:
            columns[key] = c
    faults += [CellFault(grid.sheet, 1, f.label, "", "", "缺少这一列") for f in FIELDS if f.required and f.key not in columns]
    return columns, faults
