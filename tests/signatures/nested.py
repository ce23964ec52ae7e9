"""Nested ASN.1 as trees of plain values, written by hand in any form that BER allows; what a library makes of them.

Imports nothing of the application, so that a process without its corrections can run it, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from asn1crypto import core


class Form(Enum):
    """How a length is written (X.690, 8.1.3)."""

    SHORTEST = "shortest"
    LONG = "with a leading zero"
    INDEFINITE = "indefinite"


def tlv(tag: int, contents: bytes, form: Form = Form.SHORTEST) -> bytes:
    if form is Form.INDEFINITE:
        return bytes([tag, 0x80]) + contents + b"\0\0"
    size = len(contents)
    if form is Form.SHORTEST and size < 0x80:
        return bytes([tag, size]) + contents
    octets = size.to_bytes((size.bit_length() + 7) // 8 + (form is Form.LONG), "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + contents


class Method(core.Sequence):  # type: ignore[misc]
    _fields = [("name", core.UTF8String)]


class Levels(core.SetOf):  # type: ignore[misc]
    pass


class Level(core.Sequence):  # type: ignore[misc]
    _fields = [
        ("method", Method, {"default": {"name": "plain"}}),
        ("body", core.OctetString),
        ("inner", Levels, {"explicit": 0, "optional": True}),
    ]


Levels._child_spec = Level


@dataclass(frozen=True)
class Tree:
    """``spelt``: the default of ``method`` stands there though DER leaves it out; ``forms``: of the level, its method, its body, tag and set below."""

    body: bytes
    inner: tuple[Tree, ...] = ()
    spelt: bool = False
    forms: tuple[Form, Form, Form, Form, Form] = (Form.SHORTEST,) * 5

    def written(self) -> bytes:
        level, method, body, tag, below = self.forms
        contents = tlv(0x30, tlv(0x0C, b"plain"), method) if self.spelt else b""
        contents += tlv(0x24, tlv(4, self.body), body) if body is Form.INDEFINITE else tlv(4, self.body, body)
        if self.inner:
            contents += tlv(0xA0, tlv(0x31, b"".join(t.written() for t in self.inner), below), tag)
        return tlv(0x30, contents, level)

    def der(self) -> bytes:
        contents = tlv(4, self.body)
        if self.inner:
            contents += tlv(0xA0, tlv(0x31, b"".join(sorted(t.der() for t in self.inner))))
        return tlv(0x30, contents)


def unlucky(octets: int = 0) -> Tree:
    """A spelt default in a level whose length, of at least ``octets``, ends with the octet 0x80 but is definite."""
    return next(t for n in range(octets, octets + 600) if _ends_unluckily(t := Tree(b"x" * n, spelt=True)))


def _ends_unluckily(tree: Tree) -> bool:
    written = tree.written()
    return written[1] > 0x80 and written[1 + (written[1] & 0x7F)] == 0x80


DEPTH = 5


def what_happens() -> dict[str, object]:
    """The three faults: is what was read written as it came, and how many headers are made for a change ``DEPTH`` levels down?"""
    definite = unlucky().written()
    unordered = Tree(b"", (Tree(b"b"), Tree(b"a"))).written()
    looked_into = Level.load(unordered)
    assert looked_into.native["inner"][0]["body"] == b"b"
    tree = Tree(b"end")
    for _ in range(DEPTH):
        tree = Tree(b"x", (tree,))
    top = last = Level.load(tree.written())
    for _ in range(DEPTH):
        last = last["inner"][0]
    last["body"] = b"changed"
    made, original = [0], core._dump_header

    def counting(*given: object) -> bytes:
        made[0] += 1
        header: bytes = original(*given)
        return header

    core._dump_header = counting
    try:
        top.dump()
    finally:
        core._dump_header = original
    return {"definite": Level.load(definite).dump() == definite, "read": looked_into.dump() == unordered, "headers": made[0]}
