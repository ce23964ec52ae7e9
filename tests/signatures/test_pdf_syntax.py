"""A hexadecimal string is read in one go as pyHanko reads it octet by octet: the same string, the same place behind it, the same refusals."""

from __future__ import annotations

import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.version import __version__

from signatures.pdf_syntax import QUICKENED, as_it_came, read_hex

DIGITS = st.text("0123456789abcdefABCDEF", max_size=40)
SPOILT = st.text("0aF >\n%<\x00g(\r", max_size=40)


def read(reader: object, content: bytes) -> tuple[object, ...]:
    stream = io.BytesIO(b"x" + content)
    stream.seek(1)
    try:
        found = reader(stream)  # type: ignore[operator]
    except Exception as error:
        return type(error), str(error)
    return type(found), found, getattr(found, "autodetected_encoding", None), stream.tell()


@settings(max_examples=300, deadline=None)
@given(st.one_of(DIGITS, SPOILT, DIGITS.map(lambda t: "FEFF" + t)), st.sampled_from([">", "", ">>", "> /A<00>"]))
@example("", ">")
@example("414", ">")
@example("4" * 4095, ">")
@example("4" * 4096, ">")
@example("4" * 70_000, "> 1")
@example("4" * 70_000, "")
def test_a_string_is_read_as_pyhanko_reads_it(digits: str, behind: str) -> None:
    content = f"<{digits}{behind}".encode("latin-1")
    assert read(read_hex, content) == read(as_it_came, content)


def test_pyhanko_reads_that_way_wherever_it_reads() -> None:
    """Where this fails, look whether pyHanko still reads octet by octet; if it does, name the new version."""
    assert __version__ == QUICKENED
    assert generic.read_hex_string_from_stream is read_hex


@pytest.mark.parametrize("size", [8, 1 << 20])
def test_what_is_larger_than_any_signature_is_pyhankos_to_read(size: int) -> None:
    stream = io.BytesIO(b"<" + b"0" * size)
    with pytest.raises(generic.PdfStreamError):
        read_hex(stream)
