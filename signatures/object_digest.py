"""Digests of what objects of a PDF are and show, so that two states of a file can be held against each other."""

from __future__ import annotations

import hashlib
from typing import Any

from pyhanko.pdf_utils import generic

_OUTWARD = frozenset({"/P", "/Parent", "/Data"})
"""Entries that lead out of a field: page, parent, and the catalog that a signature reference names."""
_DEEPEST = 60
"""Of what a field refers to; the fields of our own files are a few steps deep."""


class ObjectDigests:
    """SHA-256, hexadecimal, of the objects of one state of one file. What several objects share (fonts, pictures) is read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], str] = {}

    def of(self, item: Any, depth: int = 0) -> str:
        """The object with everything that it refers to, but for page and parent. What leads back to itself counts once."""
        if depth > _DEEPEST:
            return "…"
        if isinstance(item, generic.IndirectObject):
            key = item.reference.idnum, item.reference.generation
            if key not in self._known:
                self._known[key] = "…"  # what leads back to itself
                self._known[key] = self.of(item.get_object(), depth + 1)
            return self._known[key]
        state = hashlib.sha256()
        if isinstance(item, generic.DictionaryObject):
            for entry in sorted(item):
                if entry not in _OUTWARD:
                    state.update(f"{entry}={self.of(item.raw_get(entry), depth + 1)};".encode())
            if isinstance(item, generic.StreamObject):
                state.update(item.encoded_data)
        elif isinstance(item, generic.ArrayObject):
            state.update("".join(f"{self.of(part, depth + 1)}," for part in item).encode())
        else:
            state.update(f"{type(item).__name__}:{item!r}".encode())
        return state.hexdigest()
