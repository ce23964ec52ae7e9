"""PDFium, which knows no threads: every use in this process holds one lock, whoever loaded the library.

The lock lives on the library's own module, so that another package beside this one (``app.rendering.pdfium``) shares it without knowing us.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import RLock

import pypdfium2

PLACE = "_one_at_a_time"
"""The attribute of ``pypdfium2`` that holds the lock."""


def lock() -> AbstractContextManager[bool]:
    shared: AbstractContextManager[bool] = vars(pypdfium2).setdefault(PLACE, RLock())
    return shared


@contextmanager
def opened(content: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """A document, closed at the end of the block. Pages and their parts are to be closed inside it; nothing else of PDFium runs meanwhile."""
    with lock():
        document = pypdfium2.PdfDocument(content)
        try:
            yield document
        finally:
            document.close()
