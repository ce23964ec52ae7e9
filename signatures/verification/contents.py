"""What a state of a PDF holds, told apart in words: pages, their contents and annotations, attachments."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import Dereferenceable

from signatures.verification.verdict import Attached, Revision

_END = re.compile(rb"startxref\s+\d+\s+%%EOF[ \t]*(?:\r\n|\r|\n)?")
_DEEPEST = 60
_MOST = 20_000


def revisions(pdf: bytes) -> tuple[Revision, ...]:
    """Every state that ends with its own end mark. The last one may be followed by bytes that belong to none."""
    found, state, done = [], hashlib.sha256(), 0
    for number, match in enumerate(_END.finditer(pdf), 1):
        state.update(pdf[done : match.end()])
        done = match.end()
        found.append(Revision(number, done, state.hexdigest()))
    return tuple(found)


def get(node: Any, key: str) -> Any:
    """A dictionary's entry, followed; None where there is none."""
    return node[key] if isinstance(node, generic.DictionaryObject) and key in node else None


def attachments(root: Any) -> tuple[Attached, ...]:
    """Files of the name tree of embedded files, by name."""
    found = []
    for name, specification in _names(get(get(root, "/Names"), "/EmbeddedFiles"), 0):
        files = get(specification, "/EF")
        stream = get(files, "/UF") or get(files, "/F")
        if isinstance(stream, generic.StreamObject):
            content = stream.data
            found.append(Attached(name, len(content), hashlib.sha256(content).hexdigest()))
            other = get(files, "/F")
            if isinstance(other, generic.StreamObject) and other.data != content:
                found.append(Attached(f"{name} (/F)", len(other.data), hashlib.sha256(other.data).hexdigest()))
    return tuple(found)


def _names(node: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if node is None:
        return
    if depth > _DEEPEST:
        raise ValueError("name tree too deep")
    entries = get(node, "/Names") or ()
    for index in range(0, len(entries) - 1, 2):
        yield str(entries[index]), entries[index + 1]
    for kid in get(node, "/Kids") or ():
        yield from _names(_followed(kid), depth + 1)


def pages(root: Any) -> list[Any]:
    """Page dictionaries in order; at most as many as any honest document has."""
    found: list[Any] = []
    _collect(get(root, "/Pages"), found, 0)
    return found


def _collect(node: Any, found: list[Any], depth: int) -> None:
    if depth > _DEEPEST or len(found) > _MOST:
        raise ValueError("page tree too deep or too large")
    kids = get(node, "/Kids")
    if kids is None:
        if node is not None:
            found.append(node)
        return
    for kid in kids:
        _collect(_followed(kid), found, depth + 1)


def differences(before: Any, after: Any) -> tuple[list[str], list[str]]:
    """What a reader would see changed between two catalogs, in Chinese and English; empty where it is something else."""
    chinese, english = [], []
    old, new = pages(before), pages(after)
    if len(old) != len(new):
        chinese.append(f"页数由{len(old)}变为{len(new)}")
        english.append(f"{len(old)} pages became {len(new)}")
    for number, (was, now) in enumerate(zip(old, new, strict=False), 1):
        if _content(was) != _content(now) or _resources(was) != _resources(now):
            chinese.append(f"第{number}页的内容被改动")
            english.append(f"the content of page {number} was changed")
        added = _annotations(now) - _annotations(was)
        if added:
            chinese.append(f"第{number}页增加了批注或者栏位")
            english.append(f"annotations were added on page {number}")
    return chinese[:8], english[:8]


def _content(page: Any) -> tuple[bytes, ...]:
    content = get(page, "/Contents")
    parts = content if isinstance(content, generic.ArrayObject) else [content]
    streams = [_followed(part) for part in parts]
    return tuple(hashlib.sha256(s.encoded_data).digest() for s in streams if isinstance(s, generic.StreamObject))


def _resources(page: Any) -> str:
    return repr(page.raw_get("/Resources")) if "/Resources" in page else ""


def _annotations(page: Any) -> set[str]:
    return {repr(a) for a in get(page, "/Annots") or ()}


def _followed(item: Any) -> Any:
    return item.get_object() if isinstance(item, Dereferenceable) else item
