"""What one signature shows and fills in: the order that the signing room carries out, whoever holds the key."""

from __future__ import annotations

import base64
import json
from datetime import datetime

from app.domain.ceremony import REASON
from app.domain.execution import Mark, Place
from app.domain.signing_form import (
    FormField,
    Hand,
    HandKind,
    RegisteredSeal,
    SignOrder,
    Use,
    confirmations,
    party_texts,
    seam_key,
)
from app.domain.term import BEIJING
from app.services.moving import law_day
from app.services.seal_signing import read_seams
from app.services.signing_kit import PLATFORM
from app.services.signing_rows import place_row, read_form
from app.store.signings import SigningRow
from signatures.named import Wanted


def leads(row: SigningRow, place: Place) -> bool:
    """Whether this place fills the boxes of its party: with its hand; with the seal where the party only seals."""
    return place.mark is Mark.SIGNATURE or read_form(row.form).place(place.signatory.party, Mark.SIGNATURE) is None


def statements_of(row: SigningRow, place: Place) -> tuple[FormField, ...]:
    """What whoever signs at this place confirms by a tick."""
    return confirmations(read_form(row.form), place.signatory.party) if leads(row, place) else ()


def wanted_at(place: Place) -> Wanted:
    """Whom a certificate of another authority has to name to sign at this place."""
    return Wanted(place.signatory.name, place.signatory.party_name, seal=place.mark is Mark.SEAL)


def sign_order(
    row: SigningRow, place: Place, hand: Hand | None, serial: str, now: datetime, registered: RegisteredSeal | None
) -> SignOrder:
    """``serial``: of the certificate that will sign; ``registered``: the released seal where the party keeps seals here."""
    form, person, stored = read_form(row.form), place.signatory, place_row(row, place.id)
    seal, first = place.mark is Mark.SEAL, leads(row, place)
    ours, seams = form.owned(person.party) if first else (), read_seams(row.seams)
    texts = party_texts(
        form, person.party, on=law_day(now), serial=serial, at=f"{now.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}（北京时间）",
        digest=row.digest, platform=PLATFORM, signing=f"{row.id[:12]}-{stored.ordinal}".upper(),
    )  # fmt: skip
    return SignOrder(
        field=place.id,
        name=person.party_name if seal else person.name,
        reason=REASON,
        place="",
        hand=None if seal else hand,
        seal_of=person.party_name if seal else "",
        texts=texts if first else {},
        ticks=tuple(f.key for f in ours if f.use is Use.CONFIRMATION),
        hands=() if seal else tuple(f.key for f in ours if f.use is Use.HAND),
        seal=registered,
        seam=seam_key(person.party) if seal and person.party in seams else "",
        seam_held=bool(seams.get(person.party)),
    )


def ink_of(hand: Hand) -> bytes:
    """A handwriting as it is stored."""
    data = {
        "kind": hand.kind.value, "strokes": hand.strokes, "text": hand.text, "image": base64.b64encode(hand.image).decode(),
    }  # fmt: skip
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def read_hand(content: bytes) -> Hand:
    """A stored handwriting."""
    data = json.loads(content)
    strokes = tuple(tuple((float(x), float(y)) for x, y in stroke) for stroke in data["strokes"])
    return Hand(HandKind(data["kind"]), strokes, data["text"], base64.b64decode(data["image"]))
