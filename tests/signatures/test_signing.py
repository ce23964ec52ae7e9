"""Freezing, signing, archiving: held against OpenSSL, the PDF/A validator, and the eye of a renderer."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import page as page_validation
import pikepdf
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image, ImageChops
from pyhanko.pdf_utils import generic

from signatures.archive import archive, archive_ends, renewal_due
from signatures.authority import Authority
from signatures.certificates import Holder, HolderKind
from signatures.drawing import Drawing
from signatures.freezing import freeze, is_frozen
from signatures.layout import Box, CheckMark, Layout, Seam, Sign, SignatureField, TextMark
from signatures.revisions import open_writer, settle
from signatures.seal import SealDesign, SealKind, draw_seal
from signatures.seam import SeamOptions, SeamPages
from signatures.signing import Signing, sign
from signatures.time_source import Clock, OutsideService, TimeSource
from signatures.verification.asking import Expected, Trust
from signatures.verification.examine import examine
from signatures.verification.verdict import Outcome
from tests.signatures.ceremony import ORDER, Ceremony, begin, credentials, hand, utc_now
from tests.signatures.tools import drawn, embedded, openssl, refused, write_pem

STEPS = ("frozen", *ORDER, "archived")
MEASURED_TO_END_OF_FILE = "PDFA3A-SIGNATURE-BYTERANGE-001"
"""The validator takes a signature that does not reach the end of the file for a fault; in a file with several, only one can."""


@pytest.mark.parametrize("step", STEPS)
def test_every_step_of_the_ceremony_is_pdf_a(ceremony: Ceremony, step: str) -> None:
    report = page_validation.validate_pdf_bytes(ceremony.history[step], profile="3a")
    faults = {f.rule_id for f in report.failures}
    assert faults <= (set() if step == "frozen" else {MEASURED_TO_END_OF_FILE})


@pytest.mark.parametrize("index", range(5))
def test_openssl_verifies_every_signature(ceremony: Ceremony, root_file: Path, tmp_path: Path, index: int) -> None:
    one = embedded(ceremony.history["archived"])[index]
    (tmp_path / "content").write_bytes(one.covered)
    (tmp_path / "sig").write_bytes(one.der)
    issuing = write_pem(tmp_path / "issuing.pem", ceremony.authority.issuing)
    check = (
        "cms", "-verify", "-binary", "-inform", "DER", "-in", tmp_path / "sig", "-content", tmp_path / "content",
        "-CAfile", root_file, "-certfile", issuing, "-purpose", "any", "-out", tmp_path / "out",
    )  # fmt: skip
    assert "Verification successful" in openssl(*check)
    (tmp_path / "content").write_bytes(one.covered[:-1] + b"x")
    assert "Verification failure" in openssl(*check)


def test_openssl_verifies_the_document_timestamp(ceremony: Ceremony, root_file: Path, tmp_path: Path) -> None:
    last = embedded(ceremony.history["archived"])[-1]
    (tmp_path / "content").write_bytes(last.covered)
    (tmp_path / "token").write_bytes(last.der)
    assert last.end == len(ceremony.history["archived"])
    told = openssl("ts", "-verify", "-data", tmp_path / "content", "-in", tmp_path / "token", "-token_in", "-CAfile", root_file)
    assert "Verification: OK" in told


def test_each_step_only_adds_to_the_one_before(ceremony: Ceremony) -> None:
    for before, after in pairwise(STEPS):
        assert ceremony.history[after].startswith(ceremony.history[before])


def test_each_signatory_signed_with_their_own_certificate(ceremony: Ceremony) -> None:
    serials = {c.certificate.serial_number for c in ceremony.credentials.values()}
    assert len(serials) == 5


def test_signing_brings_no_font_and_no_script(ceremony: Ceremony) -> None:
    def count(pdf: bytes, name: str) -> int:
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            return sum(1 for o in opened.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == name)

    assert count(ceremony.history["archived"], "/Font") == count(ceremony.rendered.content, "/Font")
    assert b"/JavaScript" not in ceremony.history["archived"][len(ceremony.rendered.content) :]


def test_what_is_filled_in_can_be_read_by_machines(ceremony: Ceremony) -> None:
    with pikepdf.open(io.BytesIO(ceremony.history["archived"])) as opened:
        values = {str(f.T): f for f in opened.Root.AcroForm.Fields}
        assert str(values["a_date"].V) == "2026年11月28日"
        assert str(values["a_bank"].V) == "/Yes"
        assert {str(k.V) for k in values["seam_a"].Kids} == {"/Yes"}
        assert str(values["seam_b"].Kids[0].V) == "上海乙方客户服务外包股份有限公司骑缝章（第1页）"


def test_nothing_of_a_party_is_shown_before_it_signs(ceremony: Ceremony) -> None:
    last = ceremony.rendered.page_count
    plain, frozen = drawn(ceremony.rendered.content, last), drawn(ceremony.history["frozen"], last)
    assert ImageChops.difference(plain, frozen).getbbox() is None


def test_the_frame_that_guides_the_hand_goes_with_the_seal(authority: Authority) -> None:
    made = begin(authority)
    guided = [replace(s, guide=(119.0, 119.0)) if s.sign is Sign.SEAL else s for s in made.layout.signatures]
    made.layout = replace(made.layout, signatures=tuple(guided))
    frozen = made.freeze()
    sealed = made.sign(frozen, "a_seal")
    fields = {s.name: s.box for s in guided}

    def corner(pdf: bytes, name: str) -> int:
        """The darkest shade at the lower-left corner of a frame, where no round seal reaches."""
        box = fields[name]
        image = drawn(pdf, box.page, 4).convert("L")
        x, y = ((box.x1 + box.x2) / 2 - 59.5) * 4, image.height - ((box.y1 + box.y2) / 2 - 59.5) * 4
        return min(image.crop((int(x) - 4, int(y) - 20, int(x) + 20, int(y) + 4)).tobytes())

    assert corner(made.rendered.content, "a_seal") == 255
    assert corner(frozen, "a_seal") < 200
    assert corner(sealed, "a_seal") == 255
    assert corner(sealed, "b_seal") < 200, "the other party's is still to come"
    assert page_validation.validate_pdf_bytes(frozen, profile="3a").failures == []
    own = Trust(own=(authority.root.public_bytes(Encoding.DER),))
    verdict = examine(sealed, own, Expected(), utc_now())
    assert verdict.outcome is Outcome.INCOMPLETE, verdict.codes()


def test_a_seal_that_comes_with_the_signature_is_not_in_the_frozen_file(ceremony: Ceremony) -> None:
    """B's seal is cut at signing; the file that A could hold before has empty fields only."""
    with pikepdf.open(io.BytesIO(ceremony.history["frozen"])) as opened:
        seams = {str(f.T): f for f in opened.Root.AcroForm.Fields}
        assert all(bytes(k.AP.N.read_bytes()) == b"" for k in seams["seam_b"].Kids)
        assert all(bytes(k.AP.N.Yes.read_bytes()) != b"" for k in seams["seam_a"].Kids)


def blank(pages: int, width: int = 600, height: int = 840, rotate: int = 0) -> bytes:
    opened = pikepdf.new()
    for _ in range(pages):
        opened.add_blank_page(page_size=(height, width) if rotate in (90, 270) else (width, height))
        opened.pages[-1].obj.Rotate = rotate
    data = io.BytesIO()
    opened.save(data)
    return data.getvalue()


SEAL = Drawing(120, 120, draw_seal(SealDesign(SealKind.OFFICIAL, "北京甲方科技有限公司", "C0FFEE", 42)).shapes)
PLACE = SignatureField("a", Box(1, 100, 100, 220, 220), "甲方盖章", Sign.SEAL, ("seam",))


def stamped(authority: Authority, rotate: int, *, released_before: bool) -> bytes:
    """Three pages, sealed once on the first (where the page is upright) and across all three."""
    system = credentials(authority, Holder(HolderKind.SYSTEM, "系统"))
    seam = Seam("seam", "甲方骑缝章", SeamOptions(0.5), SEAL if released_before else None, side=120)
    source = TimeSource(authority.timestamps(utc_now))
    frozen = freeze(blank(3, rotate=rotate), Layout((PLACE,), (), (seam,)), system, source, utc_now())
    signing = Signing("a", SEAL, Sign.SEAL, seams={"seam": None if released_before else SEAL}, name="甲")
    return sign(frozen, signing, credentials(authority, Holder(HolderKind.ORGANISATION, "甲")), source, utc_now()).pdf


@pytest.fixture(scope="session")
def whole_seal(authority: Authority) -> Image.Image:
    """The seal as the signature's field shows it, 4 pixels to the point."""
    return drawn(stamped(authority, 0, released_before=True), 1, 4).crop((400, (840 - 220) * 4, 880, (840 - 100) * 4))


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("released_before", [True, False])
def test_the_fanned_out_seam_is_the_seal(
    authority: Authority, whole_seal: Image.Image, rotate: int, released_before: bool
) -> None:
    """Rendered strips of three pages side by side, compared pixel by pixel with the seal itself."""
    signed = stamped(authority, rotate, released_before=released_before)
    fan = Image.new("RGB", whole_seal.size)
    for index in range(3):
        strip = drawn(signed, index + 1, 4).crop(((600 - 40) * 4, (420 - 60) * 4, 600 * 4, (420 + 60) * 4))
        fan.paste(strip, (index * 160, 0))
    assert whole_seal.convert("L").getextrema()[0] < 100, "there is a seal at all"
    assert ImageChops.difference(whole_seal, fan).convert("L").getextrema()[1] <= 4, "no line is missing or doubled"


def test_seams_go_where_they_were_asked_to(authority: Authority) -> None:
    system = credentials(authority, Holder(HolderKind.SYSTEM, "系统"))
    source = TimeSource(authority.timestamps(utc_now))
    options = SeamOptions(0.5, SeamPages.ODD, skip_cover=True)
    layout = Layout((PLACE,), (), (Seam("seam", "骑缝章", options, SEAL),))
    with pikepdf.open(io.BytesIO(freeze(blank(8), layout, system, source, utc_now()))) as opened:
        (seam,) = (f for f in opened.Root.AcroForm.Fields if str(f.T) == "seam")
        assert [str(k.T) for k in seam.Kids] == ["p3", "p5", "p7"]


def test_marks_of_both_parties_are_filled_by_the_system_at_the_end(authority: Authority) -> None:
    made = begin(authority)
    both = (
        TextMark("sign_date", Box(1, 100, 600, 250, 620), "签订日期"),
        CheckMark("delivery", Box(1, 100, 500, 114, 514), "送达地址"),
    )
    rep = TextMark("a_rep", Box(4, 180, 300, 350, 350), "甲方授权代表签名")
    fields = tuple(replace(f, fills=(*f.fills, "a_rep")) if f.name == "a_signature" else f for f in made.layout.signatures)
    made.layout = Layout(fields, (*made.layout.marks, *both, rep), made.layout.seams, ("sign_date", "delivery"))
    content = made.freeze()
    with refused("archive.foreign", "a_date"):
        archive(content, made.validation_data(), made.source(), {"a_date": "x"})
    for name in ORDER:
        signing = made.signing(name)
        if name == "a_signature":
            signing = replace(signing, pictures={"a_rep": hand(5)})
        content = sign(content, signing, made.credentials[name], made.source(), utc_now(), made.status(name)).pdf
    with refused("signing.foreign"):
        sign(made.history["frozen"], replace(made.signing("a_signature"), texts={"sign_date": "x"}), made.credentials["a_signature"],
             made.source(), utc_now())  # fmt: skip
    done = archive(content, made.validation_data(), made.source(), {"sign_date": "2026年11月28日"}, ("delivery",))
    verdict = examine(done, Trust(own=(authority.root.public_bytes(Encoding.DER),)), Expected(), utc_now())
    assert verdict.ok
    with pikepdf.open(io.BytesIO(done)) as opened:
        values = {str(f.T): str(f.V) for f in opened.Root.AcroForm.Fields if "/V" in f}
    assert (values["sign_date"], values["delivery"], values["a_rep"]) == ("2026年11月28日", "/Yes", "张三")


# ---- refusals


def test_a_signature_can_fill_its_own_fields_only(ceremony: Ceremony) -> None:
    mine = replace(ceremony.signing("a_signature"), texts={"b_date": "2026年1月1日"})
    with refused("signing.foreign", "b_date"):
        sign(ceremony.history["frozen"], mine, ceremony.credentials["a_signature"], ceremony.source(), utc_now())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"texts": {"a_bank": "是"}}, "signing.foreign"),
        ({"ticks": ("a_date",)}, "signing.foreign"),
        ({"texts": {"nothing": "x"}}, "signing.foreign"),
        ({"field": "nobody"}, "signing.field"),
        ({"field": "system"}, "signing.field"),
        ({"texts": {"a_date": "签名😀"}}, "font.glyph"),
    ],
)
def test_what_does_not_fit_the_fields_is_refused(ceremony: Ceremony, change: dict[str, object], code: str) -> None:
    signing = replace(ceremony.signing("a_signature"), **change)  # type: ignore[arg-type]
    with refused(code):
        sign(ceremony.history["frozen"], signing, ceremony.credentials["a_signature"], ceremony.source(), utc_now())


def test_nobody_signs_twice(ceremony: Ceremony) -> None:
    with refused("signing.field", "已经签署"):
        ceremony.sign(ceremony.history["archived"], "a_seal")


def test_a_file_that_is_not_frozen_is_not_signed(ceremony: Ceremony) -> None:
    assert not is_frozen(ceremony.rendered.content)
    assert is_frozen(ceremony.history["frozen"])
    with refused("signing.frozen"):
        ceremony.sign(ceremony.rendered.content, "a_seal")


def test_a_frozen_file_is_not_frozen_again(ceremony: Ceremony) -> None:
    with refused("pdf.signed"):
        freeze(ceremony.history["frozen"], ceremony.layout, ceremony.credentials["system"], ceremony.source(), utc_now())


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n%%EOF", b"PK\x03\x04", b"%PDF-1.7\nstartxref\n99999\n%%EOF\n"])
def test_what_is_no_pdf_is_refused(ceremony: Ceremony, content: bytes) -> None:
    with refused("pdf.unusable"):
        freeze(content, ceremony.layout, ceremony.credentials["system"], ceremony.source(), utc_now())


def test_bytes_behind_the_end_are_refused(ceremony: Ceremony) -> None:
    with refused("pdf.unusable"):
        ceremony.sign(ceremony.history["frozen"] + b"more", "a_seal")


def test_a_seal_larger_than_its_field_is_refused_not_shrunk(authority: Authority) -> None:
    made = begin(authority)
    tight = [replace(s, box=Box(1, 10, 10, 90, 90)) if s.name == "a_seal" else s for s in made.layout.signatures]
    made.layout = replace(made.layout, signatures=tuple(tight))
    with refused("appearance.size"):
        made.sign(made.freeze(), "a_seal")


@pytest.mark.parametrize(
    ("layout", "word"),
    [
        (Layout(()), "没有任何签名"),
        (Layout((PLACE,)), "不存在的栏位"),
        (Layout((replace(PLACE, fills=()), replace(PLACE, fills=()))), "重复"),
        (Layout((replace(PLACE, name="A b", fills=()),)), "不可用"),
        (Layout((replace(PLACE, name="system", fills=()),)), "不可用"),
        (Layout((replace(PLACE, fills=(), box=Box(9, 0, 0, 1, 1)),)), "第9页"),
        (Layout((replace(PLACE, fills=(), box=Box(1, 5, 5, 5, 5)),)), "没有大小"),
        (Layout((replace(PLACE, fills=()),), (TextMark("t", Box(1, 0, 0, 9, 9), "x"),)), "没有归属"),
        (
            Layout(
                (replace(PLACE, fills=("t",)), replace(PLACE, name="b", fills=("t",))), (CheckMark("t", Box(1, 0, 0, 9, 9), "x"),)
            ),
            "多个签名",
        ),
    ],
)
def test_a_layout_that_makes_no_sense_is_refused(ceremony: Ceremony, layout: Layout, word: str) -> None:
    with refused("layout.invalid", word):
        freeze(blank(2), layout, ceremony.credentials["system"], ceremony.source(), utc_now())


def test_a_key_that_is_not_the_certificates_signs_nothing(ceremony: Ceremony) -> None:
    mixed = replace(ceremony.credentials["a_seal"], certificate=ceremony.credentials["b_seal"].certificate)
    with refused("key.mismatch"):
        sign(ceremony.history["frozen"], ceremony.signing("a_seal"), mixed, ceremony.source(), utc_now())


# ---- time


def test_the_signature_says_whose_clock_it_has(ceremony: Ceremony) -> None:
    assert ceremony.signed["a_seal"].clock is Clock.BUILT_IN
    source = TimeSource(ceremony.authority.timestamps(utc_now), OutsideService("http://127.0.0.1:9/", timeout=1))
    done = sign(ceremony.history["frozen"], ceremony.signing("a_seal"), ceremony.credentials["a_seal"], source, utc_now())
    assert done.clock is Clock.BUILT_IN_INSTEAD
    assert "未能响应" in done.clock_note


def test_an_archive_timestamp_is_renewed_before_it_ends(ceremony: Ceremony) -> None:
    content = ceremony.history["archived"]
    ends = archive_ends(content)
    assert ends is not None
    assert not renewal_due(content, utc_now())
    assert renewal_due(content, ends.replace(year=ends.year - 1, month=12, day=31))
    renewed = archive(content, ceremony.validation_data(), ceremony.source())
    assert renewed.startswith(content)
    assert len(embedded(renewed)) == 7
    with refused("archive.missing"):
        renewal_due(ceremony.history["frozen"], utc_now())


def test_no_new_stream_leaves_its_end_in_doubt() -> None:
    writer = open_writer(blank(1))
    references = [writer.add_object(generic.StreamObject(stream_data=data)) for data in (b"plain", b"ends in cr\r")]
    packed = generic.StreamObject(stream_data=b"\x0c")  # its checksum, and with it the compressed data, ends in CR
    packed.compress()
    references.append(writer.add_object(packed))
    before = [r.get_object().data for r in references]
    settle(writer)
    assert [r.get_object().data for r in references] == before
    assert not any(r.get_object().encoded_data.endswith(b"\r") for r in references)


def test_two_documents_are_signed_at_once_in_two_threads(ceremony: Ceremony) -> None:
    results: list[bytes] = []

    def work(name: str) -> None:
        signing = replace(ceremony.signing(name), appearance=hand(9))
        results.append(sign(ceremony.history["frozen"], signing, ceremony.credentials[name], ceremony.source(), utc_now()).pdf)

    threads = [threading.Thread(target=work, args=(n,)) for n in ("a_signature", "b_signature")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert all(len(embedded(r)) == 2 for r in results)
