"""pyHanko's reading of hexadecimal strings, in one go where it reads them octet by octet.

What a signature holds stands in the file as one such string of some tens of thousands of digits, and a file is read anew for each signature
and for each revision that is looked at: half of what an examination took. Only a string of nothing but digits is read here, the form in which
signatures are written; whatever else stands between ``<`` and ``>`` (white space, comments, what is no digit, no end) is pyHanko's to read or
to refuse. Everything here that reads a PDF takes pyHanko's reader and writer from this module.
"""

from __future__ import annotations

import binascii
import io
import re
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.version import __version__

__all__ = ["QUICKENED", "IncrementalPdfFileWriter", "PdfFileReader", "as_it_came", "read_hex"]

QUICKENED = "0.38.0"
"""The version whose function is replaced; any other is left as it is."""
_AHEAD = 1 << 12
_MOST = 1 << 20
_DIGITS = re.compile(rb"[0-9A-Fa-f]*")

as_it_came = generic.read_hex_string_from_stream


def read_hex(stream: Any) -> Any:
    """The string that begins with the ``<`` at which ``stream`` stands, which then stands behind its ``>``."""
    if not isinstance(stream, io.BytesIO):
        return as_it_came(stream)
    start = stream.tell()
    size, found = _AHEAD, b""
    while True:
        stream.seek(start + 1)
        part = stream.read(size)
        end = part.find(b">")
        if end >= 0:
            found = part[:end]
            break
        if len(part) < size or size >= _MOST:
            end = -1
            break
        size *= 16
    stream.seek(start)
    if end < 0 or _DIGITS.fullmatch(found) is None:
        return as_it_came(stream)
    stream.seek(start + 1 + end + 1)
    return generic.pdf_string(binascii.unhexlify(found + b"0" * (len(found) % 2)))


if __version__ == QUICKENED:
    generic.read_hex_string_from_stream = read_hex
