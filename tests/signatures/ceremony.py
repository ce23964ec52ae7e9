"""One small contract, frozen and signed by both parties' representatives and seals, as the tests of this folder need it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from PIL import Image, ImageDraw

from app.domain.documents import RenderedPdf
from signatures.appearance import Picture
from signatures.archive import archive
from signatures.authority import Authority
from signatures.certificates import Holder, HolderKind, serial_text
from signatures.credentials import KeyCredentials
from signatures.drawing import Drawing
from signatures.freezing import freeze
from signatures.keystore import new_private_key
from signatures.layout import LARGEST_SEAL, Box, CheckMark, Layout, Seam, Sign, SignatureField, TextMark
from signatures.revocation import Status
from signatures.seal import SealDesign, SealKind, draw_seal
from signatures.seam import SeamOptions
from signatures.signing import Signed, Signing, sign
from signatures.time_source import TimeSource
from signatures.validation_data import ValidationData
from tests.signatures.paper import paper

NAMES = {"a": "北京甲方科技有限公司", "b": "上海乙方客户服务外包股份有限公司"}
REPRESENTATIVES = {"a": "张三", "b": "李四"}
GOOD = Status(True)


def utc_now() -> datetime:
    return datetime.now(UTC)


def hand(strokes: int = 7) -> Picture:
    """A scribble with transparency."""
    image = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    points = [(20 + 560 * i // strokes, 150 if i % 2 else 40 + 9 * i) for i in range(strokes + 1)]
    ImageDraw.Draw(image).line(points, fill=(20, 20, 60, 255), width=9, joint="curve")
    data = io.BytesIO()
    image.save(data, "PNG")
    return Picture(data.getvalue(), 150, 50)


@dataclass
class Ceremony:
    """Everything of one signing; ``history`` holds the whole file after each step."""

    authority: Authority
    rendered: RenderedPdf
    layout: Layout
    credentials: dict[str, KeyCredentials]
    seals: dict[str, Drawing]
    history: dict[str, bytes] = field(default_factory=dict)
    signed: dict[str, Signed] = field(default_factory=dict)
    now: Callable[[], datetime] = utc_now

    def source(self) -> TimeSource:
        return TimeSource(self.authority.timestamps(self.now))

    def status(self, name: str) -> ValidationData:
        return self.authority.validation_data(self.credentials[name].certificate, GOOD, self.now())

    def freeze(self) -> bytes:
        system = self.credentials["system"]
        content = freeze(self.rendered.content, self.layout, system, self.source(), self.now(), self.status("system"))
        self.history["frozen"] = content
        return content

    def signing(self, name: str) -> Signing:
        """What the signatory of field ``name`` does."""
        party = name[0]
        if name.endswith("_seal"):
            seams = {f"seam_{party}": None if party == "a" else self.seals[party]}
            return Signing(name, self.seals[party], Sign.SEAL, seams=seams, name=NAMES[party], reason="同意并签署本合同")
        texts = {f"{party}_date": "2026年11月28日"}
        return Signing(name, hand(), texts=texts, ticks=(f"{party}_bank",), name=REPRESENTATIVES[party], reason="同意并签署")

    def sign(self, pdf: bytes, name: str) -> bytes:
        done = sign(pdf, self.signing(name), self.credentials[name], self.source(), self.now(), self.status(name))
        self.history[name], self.signed[name] = done.pdf, done
        return done.pdf

    def validation_data(self) -> ValidationData:
        now = self.now()
        ours = [c.certificate for c in self.credentials.values()]
        return ValidationData(
            (*ours, *self.authority.chain),
            tuple(self.authority.ocsp(c, GOOD, now) for c in ours),
            (self.authority.authority_list(now),),
        )

    def archive(self, pdf: bytes) -> bytes:
        content = archive(pdf, self.validation_data(), self.source())
        self.history["archived"] = content
        return content


def credentials(authority: Authority, holder: Holder, now: datetime | None = None) -> KeyCredentials:
    key = new_private_key()
    return KeyCredentials(key, authority.issue(holder, key.public_key(), now or utc_now()), authority.chain)


def layout_of(rendered: RenderedPdf, seal_a: Drawing | None) -> Layout:
    """The fields of the sample contract: each party's representative, seal, date, bank check and seam."""
    boxes = {b.name.removeprefix("sign.party_"): Box(b.page, b.x1, b.y1, b.x2, b.y2) for b in rendered.boxes}
    signatures, marks, seams = [], [], []
    for party, label, centre in (("a", "甲方", 0.62), ("b", "乙方", 0.38)):
        signatures += [
            SignatureField(
                f"{party}_signature", boxes[f"{party}_signature"], f"{label}签名", fills=(f"{party}_date", f"{party}_bank")
            ),
            SignatureField(
                f"{party}_seal", boxes[f"{party}_seal"].grown_to(LARGEST_SEAL), f"{label}盖章", Sign.SEAL, (f"seam_{party}",)
            ),
        ]
        marks += [
            TextMark(f"{party}_date", boxes[f"{party}_date"], f"{label}签署日期"),
            CheckMark(f"{party}_bank", boxes[f"{party}_bank"], f"{label}账户确认"),
        ]
        seams.append(Seam(f"seam_{party}", f"{label}骑缝章", SeamOptions(centre), seal_a if party == "a" else None))
    return Layout(tuple(signatures), tuple(marks), tuple(seams))


ORDER = ("b_signature", "b_seal", "a_signature", "a_seal")
"""The contractor signs first here: the order of the parties doesn't matter to the file."""


def begin(authority: Authority, now: Callable[[], datetime] = utc_now) -> Ceremony:
    people = {"system": credentials(authority, Holder(HolderKind.SYSTEM, "成约合同系统", "测试单位"), now())}
    seals = {}
    for party in "ab":
        company = Holder(HolderKind.ORGANISATION, NAMES[party])
        people[f"{party}_seal"] = credentials(authority, company, now())
        person = Holder(HolderKind.PERSON, REPRESENTATIVES[party], NAMES[party])
        people[f"{party}_signature"] = credentials(authority, person, now())
        serial = serial_text(people[f"{party}_seal"].certificate)
        seals[party] = draw_seal(SealDesign(SealKind.CONTRACT, NAMES[party], serial, 42.0 if party == "a" else 40.0))
    rendered = paper()
    return Ceremony(authority, rendered, layout_of(rendered, seals["a"]), people, seals, now=now)


def complete(authority: Authority) -> Ceremony:
    """Frozen, signed four times, archived."""
    made = begin(authority)
    content = made.freeze()
    for name in ORDER:
        content = made.sign(content, name)
    made.archive(content)
    return made


def without_seams(layout: Layout) -> Layout:
    signatures = tuple(replace(s, fills=tuple(n for n in s.fills if not n.startswith("seam_"))) for s in layout.signatures)
    return Layout(signatures, layout.marks)
