"""By which code somebody was identified at a place, as the record of the ceremony has it: what the evidence may say, and no more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.ceremony import Carried, CodeWay
from app.services.seal_signing import PAGE_DOOR
from app.store.outbox import LOCAL, SENT, message_with_key
from app.store.signings import SigningEventRow, SigningPlaceRow
from app.store.uow import UnitOfWork

_ANEW = frozenset({"replaced", "address_corrected", "code_way_changed"})
"""After these nothing that was shown before counts."""
_TAKEN = frozenset({"signed", "imported", "remote_signed"})


@dataclass(frozen=True, slots=True)
class Identified:
    """``to``: masked; ``carried``: None where the record is older than the question."""

    at: datetime
    way: CodeWay
    to: str
    carried: Carried | None


def carried_of(uow: UnitOfWork, key: str) -> Carried:
    """What has become of the message with a code."""
    found = message_with_key(uow.session, key)
    states = {SENT: Carried.SENT, LOCAL: Carried.KEPT}
    return states.get(found.state, Carried.UNKNOWN) if found is not None else Carried.UNKNOWN


def identified(events: Sequence[SigningEventRow], place: SigningPlaceRow) -> Identified | None:
    """The code that was entered last before the signature; None where none was, or where the signature didn't come by the signatory's own
    page: then whoever entered a code there has not been shown to be the one who signed. ``events``: of the signing, in order.
    """
    last: Identified | None = None
    for event in events:
        if event.place_id != place.id:
            continue
        data = json.loads(event.data)
        if event.kind in _ANEW:
            last = None
        elif event.kind == "identified":
            told = data.get("carried")
            last = Identified(event.at, CodeWay(data["by"]), data["to"], Carried(told) if told else None)
        elif event.kind in _TAKEN:
            return last if event.kind == "signed" or data.get("via") == PAGE_DOOR else None
    return last
