"""Structural check of a finished DOCX: faults that schema validators and a load test don't see but Word stumbles over.

It is a test of our own output, never a reason to refuse a counterparty's file.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO

from lxml import etree

from app.rendering.docx_xml import MAX_BOOKMARK, MAX_TAG, w

_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_STYLE_USERS = {"pStyle": "paragraph", "rStyle": "character", "tblStyle": "table"}
_BOOKMARK_NAME = re.compile(r"[^\W\d]\w*")
_MAIN = "word/document.xml"


def check_structure(content: bytes) -> list[str]:
    """Every structural fault, in Chinese; an empty list when there is none."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = archive.namelist()
            trees = {n: etree.fromstring(archive.read(n)) for n in names if n.endswith((".xml", ".rels"))}
    except (zipfile.BadZipFile, etree.XMLSyntaxError) as error:
        return [f"文件结构损坏：{error}"]
    if _MAIN not in trees:
        return [f"缺少部件 {_MAIN}"]
    problems = [f"部件重名：{n}" for n, count in Counter(n.casefold() for n in names).items() if count > 1]
    problems += _package(names, trees)
    document = trees[_MAIN]
    problems += _controls(document)
    problems += _bookmarks(document)
    problems += _fields(document)
    problems += _references(document, trees)
    problems += _tables(document)
    problems += _contents(document)
    return problems


def _package(names: list[str], trees: dict[str, etree._Element]) -> Iterator[str]:
    types = trees.get("[Content_Types].xml")
    if types is None:
        yield "缺少 [Content_Types].xml"
        return
    overrides = {e.get("PartName", "").lstrip("/") for e in types if e.tag.endswith("}Override")}
    yield from (f"内容类型指向不存在的部件：{n}" for n in sorted(overrides - set(names)))
    yield from (f"部件没有内容类型：{n}" for n in names if n.endswith(".xml") and n not in overrides and n[0] != "[")
    for name, tree in trees.items():
        if not name.endswith(".rels"):
            continue
        folder = posixpath.dirname(posixpath.dirname(name))
        seen: set[str] = set()
        for relation in tree.iter(_RELATIONSHIP):
            target = relation.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            if relation.get("TargetMode") == "External":
                yield f"{name} 引用了外部资源：{target}"
            elif path not in names:
                yield f"{name} 引用了不存在的部件：{target}"
            if relation.get("Id", "") in seen:
                yield f"{name} 的关系编号重复：{relation.get('Id')}"
            seen.add(relation.get("Id", ""))


def _controls(document: etree._Element) -> Iterator[str]:
    numbers: Counter[str] = Counter()
    tags: Counter[str] = Counter()
    for properties in document.iter(w("sdtPr")):
        for name in ("tag", "alias"):
            element = properties.find(w(name))
            text = element.get(w("val"), "") if element is not None else ""
            if len(text) > MAX_TAG:
                yield f"内容控件的{'标记' if name == 'tag' else '标题'}超过 {MAX_TAG} 个字符：{text}"
            if name == "tag" and text:
                tags[text] += 1
        number = properties.find(w("id"))
        if number is not None:
            numbers[number.get(w("val"), "")] += 1
    yield from (f"内容控件编号重复：{n}" for n, count in numbers.items() if count > 1)
    yield from (f"内容控件标记重复：{t}" for t, count in tags.items() if count > 1)
    for content in document.iter(w("sdtContent")):
        if len(content) == 0:
            yield "有空的内容控件"


def _bookmarks(document: etree._Element) -> Iterator[str]:
    open_ids: set[str] = set()
    names: set[str] = set()
    used: set[str] = set()
    for element in document.iter(w("bookmarkStart"), w("bookmarkEnd")):
        number = element.get(w("id"), "")
        if element.tag == w("bookmarkEnd"):
            if number not in open_ids:
                yield f"书签结束标记没有开始：{number}"
            open_ids.discard(number)
            continue
        name = element.get(w("name"), "")
        if number in used:
            yield f"书签编号重复：{number}"
        if name in names:
            yield f"书签名称重复：{name}"
        if len(name) > MAX_BOOKMARK or not _BOOKMARK_NAME.fullmatch(name):
            yield f"书签名称不合规则（字母或下划线开头，不超过 {MAX_BOOKMARK} 个字符）：{name}"
        open_ids.add(number)
        used.add(number)
        names.add(name)
    yield from (f"书签没有结束：{n}" for n in sorted(open_ids))


def _fields(document: etree._Element) -> Iterator[str]:
    depth = 0
    for element in document.iter(w("fldChar")):
        kind = element.get(w("fldCharType"))
        depth += 1 if kind == "begin" else -1 if kind == "end" else 0
        if depth < 0:
            yield "域的结束标记多于开始标记"
            return
    if depth:
        yield f"有 {depth} 个域没有结束"


def _references(document: etree._Element, trees: dict[str, etree._Element]) -> Iterator[str]:
    names = {e.get(w("name"), "") for e in document.iter(w("bookmarkStart"))}
    for instruction in document.iter(w("instrText")):
        words = (instruction.text or "").split()
        if len(words) > 1 and words[0] in ("REF", "PAGEREF") and words[1] not in names:
            yield f"域引用了不存在的书签：{words[1]}"
    for link in document.iter(w("hyperlink")):
        anchor = link.get(w("anchor"))
        if anchor is not None and anchor not in names:
            yield f"链接指向不存在的书签：{anchor}"
    styles = trees.get("word/styles.xml")
    known = {(e.get(w("type")), e.get(w("styleId"))) for e in styles.iterfind(w("style"))} if styles is not None else set()
    for tag, kind in _STYLE_USERS.items():
        used = {e.get(w("val"), "") for e in document.iter(w(tag))}
        yield from (f"使用了未定义的样式：{s}" for s in sorted(used) if (kind, s) not in known)
    numbering = trees.get("word/numbering.xml")
    lists = {e.get(w("numId")) for e in numbering.iterfind(w("num"))} if numbering is not None else set()
    used = {e.get(w("val"), "") for e in document.iter(w("numId"))}
    yield from (f"使用了未定义的编号：{n}" for n in sorted(used) if n != "0" and n not in lists)


def _tables(document: etree._Element) -> Iterator[str]:
    for cell in document.iter(w("tc")):
        if len(cell) == 0 or cell[-1].tag != w("p"):
            yield "有单元格不以段落结束"
    for table in document.iter(w("tbl")):
        following = table.getnext()
        while following is not None and following.tag in (w("bookmarkEnd"), w("bookmarkStart")):
            following = following.getnext()
        if following is not None and following.tag == w("tbl"):
            yield "两个表格之间没有段落，会被合并"
    for run in document.iter(w("del")):
        if next(run.iter(w("t")), None) is not None:
            yield "已删除的修订中含有正常文字（w:t）"


def _contents(document: etree._Element) -> Iterator[str]:
    """The contents must be separated from the first clause, or LibreOffice loses the clause's control."""
    for control in document.iter(w("sdt")):
        if control.find(f"{w('sdtPr')}/{w('docPartObj')}") is not None:
            following = control.getnext()
            if following is not None and following.tag == w("sdt"):
                yield "目录之后紧跟内容控件，中间应有段落"
