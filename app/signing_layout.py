"""Where a document is signed: the fields of a signing form as the package's layout, and seals as they are drawn in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.domain.documents import BoxPlacement
from app.domain.execution import Mark
from app.domain.signing_form import (
    SEAM_HEIGHTS,
    PartySeam,
    RegisteredSeal,
    SigningForm,
    Use,
)
from signatures.appearance import Appearance, Picture
from signatures.drawing import MM
from signatures.layout import LARGEST_SEAL, Box, CheckMark, Layout, Seam, Sign, SignatureField, TextMark
from signatures.seal import SealDesign, SealKind, draw_seal
from signatures.seam import SeamOptions, SeamPages


def seal_drawn(seal: RegisteredSeal | None, owner: str, serial: str) -> Appearance:
    """The registered image at its true size; else a drawing, which bears 电子签章 and the serial of the certificate."""
    if seal is not None and seal.image:
        return Picture(seal.image, seal.width * MM, seal.height * MM, ink=True)
    if seal is not None:
        return draw_seal(SealDesign(SealKind(seal.kind), seal.owner, serial, seal.size))
    return draw_seal(SealDesign(SealKind.CONTRACT, owner, serial))


def _seam(item: PartySeam) -> Seam:
    wish = item.wish
    options = SeamOptions(SEAM_HEIGHTS[item.party], SeamPages(wish.pages.value), wish.skip_cover, wish.most_pages)
    held = seal_drawn(item.seal, "", "") if item.seal is not None and item.seal.image else None
    return Seam(item.key, _title(item.party, "骑缝章"), options, held, LARGEST_SEAL)


def layout_of(
    form: SigningForm, boxes: Sequence[BoxPlacement], seams: Sequence[PartySeam] = (), on_paper: Collection[str] = ()
) -> Layout:
    """``on_paper``: places that are signed with ink beside electronic ones. They are no signature fields, or the finished file would seem to
    lack signatures: the system says there, at the end, that the paper bears them."""
    placed = {b.name: Box(b.page, b.x1, b.y1, b.x2, b.y2) for b in boxes}
    marks: list[TextMark | CheckMark] = [
        (CheckMark if f.use is Use.CONFIRMATION else TextMark)(f.key, placed[f.name], f.label)
        for f in form.fields
        if f.name in placed
    ]
    made = {m.name for m in marks}
    inked = {p.owner for p in form.places if p.key in on_paper}
    shared = [f.key for owner in ("", *sorted(inked)) for f in form.owned(owner) if f.key in made]
    signatures: list[SignatureField] = []
    for place in form.places:
        seal, printed = place.mark is Mark.SEAL, placed[place.name]
        guide = (printed.width, printed.height) if seal else None
        if place.key in on_paper:
            marks.append(TextMark(place.key, printed, f"{_title(place.owner, place.label)}（纸质签署）", guide))
            shared.append(place.key)
            continue
        box = printed.grown_to(LARGEST_SEAL) if seal else printed
        # What a party fills goes with its hand; a party that only seals fills it with the seal.
        leads = not seal or form.place(place.owner, Mark.SIGNATURE) is None
        fills = tuple(f.key for f in form.owned(place.owner) if f.key in made) if leads else ()
        if seal:
            fills += tuple(s.key for s in seams if s.party == place.owner)
        signatures.append(
            SignatureField(
                place.key, box, _title(place.owner, place.label), Sign.SEAL if seal else Sign.HANDWRITING, fills, guide
            )
        )
    return Layout(tuple(signatures), tuple(marks), tuple(map(_seam, seams)), tuple(shared))


def _title(owner: str, label: str) -> str:
    return {"party_a": "甲方", "party_b": "乙方"}.get(owner, "") + label
