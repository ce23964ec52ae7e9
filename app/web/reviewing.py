"""A draft with its findings, computed once per revision and day."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from threading import Lock

from app.services.drafting import Compiled, compile_draft
from app.services.drafts import DraftView, load_draft
from app.web.desk import desk
from app.web.gate import actor

_KEPT = 64
_cache: OrderedDict[tuple[str, int, str, date], Compiled] = OrderedDict()
_lock = Lock()


def loaded(draft_id: str) -> DraftView:
    with desk().unit_of_work() as uow:
        return load_draft(uow, actor(), desk().library, draft_id)


def reviewed(draft_id: str) -> tuple[DraftView, Compiled]:
    """The draft as it stands and what proofreading says about it. Raises ``DraftMissing``."""
    view = loaded(draft_id)
    today = desk().today()
    key = (view.id, view.revision, desk().library.fingerprint, today)
    with _lock:
        found = _cache.get(key)
    if found is None:
        found = compile_draft(desk().reference, view.reading.answers, today)
    with _lock:
        _cache[key] = found
        _cache.move_to_end(key)
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    return view, found
