"""asn1crypto as this package uses it: what was read is written as it came, and in a time that grows with its size alone.

Everything here that needs asn1crypto takes it from this module. Version 1.5.1, also by way of pyHanko, has three faults:

- ``dump`` takes a header whose last octet is 0x80 for the indefinite form. That form is a length octet 0x80 right after the tag (X.690,
  8.1.3.6); the definite lengths 81 80 and 82 11 80 end so, too: one long header in 256. Such a value was put together anew from everything
  below it: with other octets where it isn't strict DER (a default that is spelt out, a set out of order), so that a signature over it breaks.
- A default that the library fills in itself while it reads counts as a change of all that is above it, and that is put together anew, too.
- ``dump`` gathers the contents of what was changed twice on each level, three times with an explicit tag: 2 to the power of 17 times for the
  default of ESSCertIDv2 (RFC 5035) in the timestamp token of a signature. A token of an unlucky length made a signature take seconds,
  a CMS with a token inside that was looked into, minutes.

A structure in which somebody does change something is still gathered anew from its children, sets in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asn1crypto
from asn1crypto import algos, cms, core, crl, ocsp, tsp, x509
from asn1crypto.x509 import Certificate

__all__ = ["MENDED", "Certificate", "algos", "cms", "core", "crl", "is_indefinite", "ocsp", "tsp", "x509"]

MENDED = "1.5.1"
"""The version whose methods are replaced; any other is left as it is. A test says when this module has become needless."""


def is_indefinite(header: bytes | None) -> bool:
    """Whether the last of the headers in ``header``, explicit tags first, has the indefinite length."""
    if header is None or header[-1:] != b"\x80":
        return False
    at, length = 0, 0
    while at < len(header):
        many = header[at] & 0x1F == 0x1F
        at += 1
        while many and header[at] & 0x80:
            at += 1
        at += many
        length = header[at]
        at += 1 + (length & 0x7F if length & 0x80 else 0)
    return length == 0x80


def _written(value: Any, contents: bytes, force: bool = False) -> bytes:
    if value._header is None or force or is_indefinite(value._header):
        if isinstance(value, core.Constructable) and value._indefinite:
            value.method = 0
        header = core._dump_header(value.class_, value.method, value.tag, contents)
        for class_, tag in value.explicit or ():
            header = core._dump_header(class_, 1, tag, header + contents) + header
        value._header, value._trailer = header, b""
    return bytes(value._header + contents + value._trailer)


def _value(self: Any, force: bool = False) -> bytes:
    return _written(self, self.contents, force)


def _primitive(self: Any, force: bool = False) -> bytes:
    if force or is_indefinite(self._header):
        native = self.native
        self.contents = None
        self.set(native)
    return _written(self, self.contents)


def _choice(self: Any, force: bool = False) -> bytes:
    force = force or is_indefinite(self._header)
    self._contents = self.chosen.dump(force=force)
    if self._header is None or force:
        self._header = b""
        for class_, tag in self.explicit or ():
            self._header = core._dump_header(class_, 1, tag, self._header + self._contents) + self._header
    return bytes(self._header + self._contents)


def _sequence(self: Any, force: bool = False) -> bytes:
    known = bool(self._fields) or self.__class__ is not core.Sequence
    again = known and (force or is_indefinite(self._header))
    if again:
        self._set_contents(force=True)
    if self._fields and self.children is not None:
        for child, (name, _, rules) in zip(self.children, self._fields, strict=False):
            if child is core.VOID and "default" not in rules and "optional" not in rules:
                raise ValueError(f'Field "{name}" is missing from structure')
    return _written(self, self._contents if again else self.contents)


def _sequence_of(self: Any, force: bool = False) -> bytes:
    again = force or is_indefinite(self._header)
    if again:
        self._set_contents(force=True)
    return _written(self, self._contents if again else self.contents)


def _settle(default: Any) -> None:
    for child in default.children or ():
        if isinstance(child, core.Sequence | core.SequenceOf):
            _settle(child)
    if default._mutated:
        default._set_contents()
        default._mutated = False


def _reading(original: Callable[..., None]) -> Callable[..., None]:
    def parse_children(self: Any, recurse: bool = False) -> None:
        original(self, recurse=recurse)
        if self._contents is None:
            return
        for child in self.children:
            if isinstance(child, core.Sequence | core.SequenceOf) and child._header is None:
                _settle(child)

    return parse_children


if asn1crypto.__version__ == MENDED:
    core.Asn1Value.dump = _value
    core.Primitive.dump = _primitive
    core.Choice.dump = _choice
    core.Sequence.dump = _sequence
    core.SequenceOf.dump = _sequence_of
    core.Sequence._parse_children = _reading(core.Sequence._parse_children)
    core.Set._parse_children = _reading(core.Set._parse_children)
