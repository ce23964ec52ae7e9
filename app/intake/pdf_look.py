"""Looks through a PDF from standard input and says one word: ``sound``, ``encrypted``, ``damaged``, ``script``, ``launch``.

Run as a process of its own with little memory and time: object streams unpack to any size, and the parser is not ours.
"""

from __future__ import annotations

import io
import resource
import sys
from typing import Any

MEMORY = 1024 * 1024 * 1024
SECONDS = 20


def look(content: bytes) -> str:
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(content), suppress_warnings=True) as pdf:
            if not len(pdf.pages):
                return "damaged"
            for thing in pdf.objects:
                found = _harm(thing, pikepdf)
                if found:
                    return found
    except pikepdf.PasswordError:
        return "encrypted"
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RecursionError):
        return "damaged"
    return "sound"


def _harm(thing: Any, pikepdf: Any, depth: int = 0) -> str:
    """What an object does on its own. Direct objects inside it are looked at, too; those referred to come by themselves."""
    if isinstance(thing, pikepdf.Array):
        return (
            next(filter(None, (_harm(inner, pikepdf, depth + 1) for inner in thing if not _indirect(inner))), "")
            if depth < 20
            else ""
        )
    if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return ""
    action, kind = thing.get("/S"), thing.get("/Subtype")
    if "/JS" in thing or action == "/JavaScript":
        return "script"
    if action in ("/Launch", "/ImportData", "/Rendition") or kind in ("/RichMedia", "/Movie", "/Screen", "/3D"):
        return "launch"
    if depth >= 20:
        return ""
    return next(filter(None, (_harm(inner, pikepdf, depth + 1) for inner in thing.values() if not _indirect(inner))), "")


def _indirect(thing: Any) -> bool:
    return bool(getattr(thing, "is_indirect", False))


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    content = sys.stdin.buffer.read()
    try:
        print(look(content))
    except MemoryError:
        print("too much")


if __name__ == "__main__":
    main()
