"""A DOCX as parts: read with limits, changed in memory, written with fixed times."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from signatures.errors import SignatureError

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
MAIN, STYLES, NUMBERING, SETTINGS = "word/document.xml", "word/styles.xml", "word/numbering.xml", "word/settings.xml"
CONTENT_TYPES = "[Content_Types].xml"
_LARGEST = 200 * 1024 * 1024
_MOST = 5000
_OLDEST = (1980, 1, 1, 0, 0, 0)


def w(name: str) -> str:
    """Clark name in the main namespace."""
    return f"{{{W}}}{name}"


def parse(content: bytes) -> etree._Element:
    """A part's XML; entities and DTDs are refused."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(content, parser)
    document: Any = root.getroottree().docinfo
    if document.doctype:
        raise SignatureError("docx.unusable", "DOCX 中含有不允许的文档类型定义（DTD）。")
    return root


def serialise(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


@dataclass(slots=True)
class Parts:
    """All parts by name, in the order of the file; ``trees`` are those that are being changed."""

    content: dict[str, bytes]
    trees: dict[str, etree._Element] = field(default_factory=dict)

    @classmethod
    def read(cls, docx: bytes) -> Parts:
        """Raises ``docx.unusable``."""
        try:
            with zipfile.ZipFile(io.BytesIO(docx)) as archive:
                items = [i for i in archive.infolist() if not i.is_dir()]
                names = [i.filename for i in items]
                if len(items) > _MOST or sum(i.file_size for i in items) > _LARGEST or len(set(names)) != len(names):
                    raise SignatureError("docx.unusable", "DOCX 过大或者含有重名的部件，不能签署。")
                content = {i.filename: archive.read(i) for i in items}
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
            raise SignatureError("docx.unusable", "文件不是可用的 DOCX。") from error
        if MAIN not in content or CONTENT_TYPES not in content:
            raise SignatureError("docx.unusable", "文件不是可用的 DOCX。")
        return cls(content)

    def tree(self, name: str) -> etree._Element:
        """The XML of a part; changes to it are written. Raises ``docx.unusable``."""
        if name not in self.trees:
            try:
                self.trees[name] = parse(self.content[name])
            except (KeyError, etree.XMLSyntaxError) as error:
                raise SignatureError("docx.unusable", f"DOCX 的部件 {name} 无法读取。") from error
        return self.trees[name]

    def settled(self) -> dict[str, bytes]:
        """Every part as it will be written."""
        return {name: serialise(self.trees[name]) if name in self.trees else data for name, data in self.content.items()}

    def write(self) -> bytes:
        return zipped(self.settled())

    def add_relation(self, source: str, kind: str, target: str) -> str:
        """A relationship of part ``source`` (empty: of the package); returns its id."""
        folder, _, name = source.rpartition("/")
        path = f"{folder}/_rels/{name}.rels" if source else "_rels/.rels"
        if path not in self.content:
            self.content[path] = f'<Relationships xmlns="{RELATIONS}"/>'.encode()
        root = self.tree(path)
        taken = {r.get("Id") for r in root}
        number = next(n for n in range(1, 10**6) if f"rIdSig{n}" not in taken)
        etree.SubElement(root, f"{{{RELATIONS}}}Relationship", Id=f"rIdSig{number}", Type=kind, Target=target)
        return f"rIdSig{number}"

    def add_default_type(self, extension: str, media_type: str) -> None:
        root = self.tree(CONTENT_TYPES)
        known = {e.get("Extension", "").lower() for e in root.findall(f"{{{TYPES}}}Default")}
        if extension not in known:
            root.insert(0, etree.Element(f"{{{TYPES}}}Default", Extension=extension, ContentType=media_type))

    def type_of(self, name: str) -> str:
        """The media type of a part."""
        root = self.tree(CONTENT_TYPES)
        for item in root.findall(f"{{{TYPES}}}Override"):
            if item.get("PartName") == f"/{name}":
                return str(item.get("ContentType"))
        extension = name.rpartition(".")[2].lower()
        for item in root.findall(f"{{{TYPES}}}Default"):
            if item.get("Extension", "").lower() == extension:
                return str(item.get("ContentType"))
        raise SignatureError("docx.unusable", f"DOCX 的部件 {name} 没有类型。")


def zipped(parts: dict[str, bytes]) -> bytes:
    """A ZIP file of ``parts``; the content types come first, as Office wants it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts, key=lambda n: (n != CONTENT_TYPES, n != "_rels/.rels")):
            archive.writestr(zipfile.ZipInfo(name, _OLDEST), parts[name], zipfile.ZIP_DEFLATED)
    return target.getvalue()
