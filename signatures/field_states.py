"""What every form field of a file is and shows, so that two files can be held against each other field by field."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

from pyhanko.pdf_utils import generic

from signatures.object_digest import ObjectDigests
from signatures.pdf_syntax import PdfFileReader
from signatures.verification.contents import get


def touched(before: bytes, after: bytes, field: str) -> tuple[str, ...]:
    """The fields other than ``field`` that came, went, or are or show something else; as they are told to people, by name.

    Both files have to be readable. Values and appearances count alike: a viewer shows the one, a program reads the other.
    """
    old, new = _Form(before), _Form(after)
    names = sorted(n for n in old.nodes.keys() | new.nodes.keys() if n != field and not n.startswith(f"{field}."))
    changed = [n for n in names if old.state(n) != new.state(n)]
    return tuple(f"{n}（{label}）" if (label := old.label(n) or new.label(n)) else n for n in changed)


def values(pdf: bytes) -> dict[str, str | bool]:
    """What the fields say, by name: words, or whether a box is ticked. Signature fields aren't among them."""
    found: dict[str, str | bool] = {}
    for name, nodes in _Form(pdf).nodes.items():
        kind = get(nodes[-1], "/FT")
        if kind == "/Btn":
            found[name] = get(nodes[-1], "/AS") not in (None, "/Off")
        elif kind == "/Tx":
            found[name] = str(get(nodes[-1], "/V") or "")
    return found


def unsaid(pdf: bytes, names: Iterable[str]) -> tuple[str, ...]:
    """Which of these text fields say nothing, as they are told to people; the pieces of one cross-page seal count as one."""
    form, said = _Form(pdf), values(pdf)
    empty = [name for name in names if name in said and said[name] == ""]
    return tuple(dict.fromkeys(re.sub(r"（第\d+页）$", "", form.label(name) or name) for name in empty))


class _Form:
    def __init__(self, pdf: bytes) -> None:
        self.nodes: dict[str, list[Any]] = {}
        self._digests = ObjectDigests()
        root = PdfFileReader(io.BytesIO(pdf)).root
        self._gather(get(get(root, "/AcroForm"), "/Fields") or (), "", 0)

    def state(self, name: str) -> str:
        """A name may be there twice; each counts."""
        return "+".join(self._digests.of(node) for node in self.nodes.get(name, ()))

    def label(self, name: str) -> str:
        return next((str(text) for node in self.nodes.get(name, ()) if (text := get(node, "/TU"))), "")

    def _gather(self, references: Iterable[Any], prefix: str, depth: int) -> None:
        if depth > 8:
            raise ValueError("form fields nested too deep")
        for reference in references:
            node = reference.get_object()
            name = f"{prefix}{get(node, '/T')}"
            kids = get(node, "/Kids")
            if kids is not None and get(node, "/FT") is None:
                self._gather(kids, f"{name}.", depth + 1)
                node = generic.DictionaryObject({key: node.raw_get(key) for key in node if key != "/Kids"})
            self.nodes.setdefault(name, []).append(node)
