"""Small PDFs written by hand, so that tests need no renderer."""

from __future__ import annotations

from collections.abc import Sequence


def pdf(*pages: str, catalog: str = "", objects: Sequence[bytes] = ()) -> bytes:
    """A PDF with one line of Chinese or Latin text on each page. ``catalog``: more of the catalogue; ``objects``: more objects, from 100."""
    bodies: dict[int, bytes] = {}
    kids = " ".join(f"{10 + 2 * n} 0 R" for n in range(len(pages)))
    bodies[1] = f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode()
    bodies[2] = f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode()
    bodies[3] = b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [4 0 R] >>"
    bodies[4] = (
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /FontDescriptor 5 0 R >>"
    )
    bodies[5] = (
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 800 "
        b"/Descent -200 /CapHeight 700 /StemV 80 >>"
    )
    for n, text in enumerate(pages):
        drawn = f"BT /F1 12 Tf 72 720 Td <{text.encode('utf-16-be').hex()}> Tj ET".encode()
        bodies[10 + 2 * n] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {11 + 2 * n} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        ).encode()
        bodies[11 + 2 * n] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn)
    bodies |= {100 + n: body for n, body in enumerate(objects)}
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, body in bodies.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, size = len(out), max(bodies) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
    return bytes(out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start))
