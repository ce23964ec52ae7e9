"""Work that the clock does contract by contract: a fault with one must not keep the others waiting."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.errors import ContractError


@contextmanager
def guarded(log: logging.Logger, work: str, subject: str) -> Iterator[None]:
    """Logs whatever goes wrong inside and goes on; it is tried again at the next wake-up. Stand outside of the unit of work, so that nothing
    of what failed is stored. ``work``, ``subject``: what was being done (Chinese), and to what."""
    try:
        yield
    except ContractError as error:
        log.warning("%s（%s）未能完成：%s", work, subject, error.message)
    except Exception:
        log.exception("%s（%s）出现故障，下次唤醒时重试", work, subject)
