"""Reads the words of a PDF from standard input, page by page, and writes them as JSON: a verdict of ``pdf_look`` and the pages.

Run as a process of its own with little memory and time, like ``pdf_look``, and for the same reason.
"""

from __future__ import annotations

import json
import resource
import sys

from app.intake.pdf_look import MEMORY, SECONDS, look

MOST_PAGES = 2_000
MOST_CHARACTERS = 5_000_000


def words(content: bytes) -> tuple[str, list[str]]:
    """The verdict, and the text of each page; a page without text (a scan) is empty."""
    import pypdfium2 as pdfium

    verdict = look(content)
    if verdict != "sound":
        return verdict, []
    pages: list[str] = []
    try:
        document = pdfium.PdfDocument(content)
        if len(document) > MOST_PAGES:
            return "too much", []
        left = MOST_CHARACTERS
        for page in document:
            text = page.get_textpage().get_text_bounded()[:left]
            pages.append(text.replace("\r\n", "\n"))
            left -= len(text)
    except pdfium.PdfiumError:
        return "damaged", []
    return verdict, pages


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        verdict, pages = words(sys.stdin.buffer.read())
        written = json.dumps([verdict, pages])
    except MemoryError:
        written = json.dumps(["too much", []])
    sys.stdout.write(written)


if __name__ == "__main__":
    main()
