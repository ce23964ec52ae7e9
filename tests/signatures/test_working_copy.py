"""The signed DOCX: what it says, that word processors take it, and that its signature breaks with one changed character."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from lxml import etree
from PIL import Image

from app.domain.digest import canonical_lines
from app.domain.tree import Box, BoxKind
from app.rendering.proof.compare import compare_stream
from app.rendering.proof.docx_text import prove_docx
from signatures.authority import Authority
from signatures.certificates import Holder, HolderKind
from signatures.credentials import KeyCredentials
from signatures.docx.fill import Filling, Record, RecordLine, rasterised
from signatures.docx.package import Parts
from signatures.docx.working_copy import make_working_copy
from signatures.docx.xml_signature import verify_package
from signatures.drawing import MM
from signatures.hand import typed
from signatures.seal import SealDesign, SealKind, draw_seal
from tests.rendering.docx_tools import W, edited, libreoffice, part, rendered, replacing, tree
from tests.rendering.sample import meta_of, sample
from tests.rendering.test_docx_office import _node_path, _validator
from tests.signatures.ceremony import credentials, hand, utc_now
from tests.signatures.tools import refused

SAMPLE = sample()
SEAL = draw_seal(SealDesign(SealKind.CONTRACT, "北京甲方科技有限公司", "C0FFEE12345678ABCDEF", 42))
FILLINGS = {
    "sign.party_a_signature": Filling(hand()),
    "sign.party_a_seal": Filling(SEAL),
    "sign.party_a_date": Filling(text="2026年11月28日"),
    "sign.party_a_bank": Filling(tick=True),
    "sign.party_b_signature": Filling(typed("李四")),
}
PDF_DIGEST = "ab" * 32


def record() -> Record:
    line = RecordLine("甲方签名", "张三（北京甲方科技有限公司）", "C0FFEE12345678ABCDEF", utc_now(), "本系统内置时间戳")
    return Record("售后服务外包合同", "HT-2026-0001", PDF_DIGEST, (line,))


@pytest.fixture(scope="module")
def approved() -> bytes:
    return rendered(SAMPLE, meta_of(SAMPLE, final=True), pages={"ch.1": 4})


@pytest.fixture(scope="module")
def system(authority: Authority) -> KeyCredentials:
    return credentials(authority, Holder(HolderKind.SYSTEM, "成约合同系统", "测试单位"))


@pytest.fixture(scope="module")
def copy(approved: bytes, system: KeyCredentials) -> bytes:
    return make_working_copy(approved, FILLINGS, record(), system, utc_now())


# ---- what it says


def test_no_number_is_counted_any_more_and_no_field_is_left_in_the_text(copy: bytes) -> None:
    root = tree(copy)
    assert {n.get(f"{W}val") for n in root.iter(f"{W}numId")} == {"0"}
    assert not list(root.iter(f"{W}fldChar"))
    assert not list(root.iter(f"{W}instrText"))


def test_libreoffice_reads_the_same_words_and_numbers_as_before(copy: bytes, tmp_path: Path) -> None:
    """LibreOffice counted the numbers of the approved file by itself; now it reads them, and they are those of the canonical text."""
    source = tmp_path / "signed.docx"
    source.write_bytes(copy)
    text = libreoffice(source, "txt:Text (encoded):UTF8", ".txt").read_text(encoding="utf-8-sig")
    body, _, page = text.partition("签署记录")
    body = body.partition("目　录")[2]
    # The last line of the contents ends with a tab and its page; the text begins behind it.
    last = [m.end() for m in re.finditer(r"^.*\t.*$", body[: body.index(SAMPLE.parties[0].rows[0].text)], re.MULTILINE)][-1]
    words = text.partition("目　录")[0] + body[last:]
    for mark in ("☐", "☑", "2026年11月28日"):
        words = words.replace(mark, "")
    assert compare_stream(canonical_lines(SAMPLE), words) == ()
    assert "已签署的 PDF 文件为本合同的原件" in page
    assert PDF_DIGEST in page


def test_marks_are_in_their_places(copy: bytes) -> None:
    controls = {
        c.find(f"{W}sdtPr/{W}tag").get(f"{W}val"): c for c in tree(copy).iter(f"{W}sdt") if c.find(f"{W}sdtPr/{W}tag") is not None
    }
    words = {name: "".join(t.text or "" for t in c.iter(f"{W}t")) for name, c in controls.items()}
    assert words["box:sign.party_a_date"] == "2026年11月28日"
    assert words["box:sign.party_a_bank"] == "☑"
    assert words["box:sign.party_b_bank"] == "☐"
    drawings = [name for name, c in controls.items() if next(c.iter(f"{W}drawing"), None) is not None and name.startswith("box:")]
    assert sorted(drawings) == ["box:sign.party_a_seal", "box:sign.party_a_signature", "box:sign.party_b_signature"]


def test_words_too_long_for_their_place_are_made_smaller_instead_of_being_cut_off(
    approved: bytes, system: KeyCredentials
) -> None:
    fillings = {"sign.party_a_date": Filling(text="2026年11月28日"), "sign.both_code": Filling(text=PDF_DIGEST[::-1])}
    root = tree(make_working_copy(approved, fillings, record(), system, utc_now()))
    sizes = {}
    for text in root.iter(f"{W}t"):
        if text.text in ("2026年11月28日", PDF_DIGEST[::-1]):
            size = text.getparent().find(f"{W}rPr/{W}sz")
            sizes[text.text] = int(size.get(f"{W}val")) / 2 if size is not None else None
    assert sizes["2026年11月28日"] is None
    smaller = sizes[PDF_DIGEST[::-1]]
    assert smaller is not None
    assert 5 <= smaller < 10.5


def test_a_seal_keeps_its_size_in_millimetres(copy: bytes) -> None:
    extents = [
        int(e.get("cx"))
        for e in tree(copy).iter("{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}extent")
    ]
    assert any(abs(e / 12700 / MM - 42) < 4 for e in extents), "42 mm, but for the margins of its cell"


def test_a_drawing_becomes_a_picture_with_transparency() -> None:
    picture = rasterised(SEAL)
    with Image.open(BytesIO(picture.png)) as image:
        assert image.mode == "RGBA"
        assert image.getpixel((2, 2))[3] == 0  # type: ignore[index]
        red, green, blue, alpha = image.getpixel((image.width // 2, 4))  # type: ignore[misc]
    assert alpha > 200
    assert red > green + 100
    assert red > blue + 100
    assert picture.width == SEAL.width


def test_word_processors_are_told_not_to_edit(copy: bytes) -> None:
    protection = tree(copy, "word/settings.xml").find(f"{W}documentProtection")
    assert protection is not None
    assert protection.get(f"{W}edit") == "readOnly"
    assert protection.get(f"{W}enforcement") == "1"
    assert len(protection.get(f"{W}hash", "")) == 88


@pytest.mark.parametrize("version", ["Office2019", "Microsoft365"])
def test_microsofts_validator_finds_nothing(copy: bytes, version: str, tmp_path: Path) -> None:
    target = tmp_path / "signed.docx"
    target.write_bytes(copy)
    command = [_validator(), str(target), "--officeVersion", version]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, "PATH": _node_path()})
    assert json.loads(result.stdout)["errors"] == []


# ---- its signature


def one_character(copy: bytes) -> bytes:
    return edited(copy, lambda text: text.replace("适用", "运用", 1))


@pytest.fixture(scope="module")
def states(copy: bytes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """What LibreOffice says of the signature of three files."""
    office, python = shutil.which("soffice"), shutil.which("python3", path="/usr/bin")
    if office is None or python is None or subprocess.run([python, "-c", "import uno"], capture_output=True).returncode:
        pytest.skip("LibreOffice with Python's uno is not installed")
    folder = tmp_path_factory.mktemp("office")
    files = {"sound": copy, "changed": one_character(copy), "unsigned": rendered(SAMPLE)}
    paths = []
    for name, content in files.items():
        (folder / f"{name}.docx").write_bytes(content)
        paths.append(str(folder / f"{name}.docx"))
    pipe = f"chengyue{uuid.uuid4().hex}"
    environment = {**os.environ, "HOME": str(folder), "SAL_USE_VCLPLUGIN": "svp"}
    profile = f"-env:UserInstallation=file://{folder}/profile"
    with subprocess.Popen(
        [office, profile, "--headless", "--norestore", "--nologo", f"--accept=pipe,name={pipe};urp;"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, start_new_session=True,
    ) as server:  # fmt: skip
        try:
            script = Path(__file__).with_name("uno_signature.py")
            done = subprocess.run([python, str(script), pipe, *paths], capture_output=True, text=True, timeout=240, check=True)
        finally:
            server.terminate()
    told = map(json.loads, done.stdout.splitlines())
    return {Path(item["file"]).stem: item["state"] for item in told}


def test_libreoffice_finds_the_signature_intact(states: dict[str, int]) -> None:
    """6: in order, but the certificate is not among those the machine trusts, and the core properties are never signed."""
    assert states["sound"] == 6
    assert states["unsigned"] == 0


def test_libreoffice_finds_it_broken_after_one_character(states: dict[str, int]) -> None:
    assert states["changed"] == 2


def test_our_own_verifier_names_the_changed_part(copy: bytes) -> None:
    sound = verify_package(copy)
    assert (sound.signed, sound.intact, sound.changed) == (True, True, ())
    assert "成约合同系统" in sound.holder
    broken = verify_package(one_character(copy))
    assert (broken.intact, broken.changed) == (False, ("word/document.xml",))
    assert not verify_package(rendered(SAMPLE)).signed


def rewritten(copy: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(BytesIO(copy)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def _other_picture(parts: dict[str, bytes]) -> None:
    parts["word/media/signature3.png"] = parts["word/media/signature4.png"]


def _another_part(parts: dict[str, bytes]) -> None:
    parts["word/media/more.png"] = parts["word/media/signature3.png"]


def _part_taken_out(parts: dict[str, bytes]) -> None:
    del parts["word/media/signature3.png"]


def _another_relation(parts: dict[str, bytes]) -> None:
    more = (
        b'<Relationship Id="rIdMore" Type="http://x/attachedTemplate" Target="http://example.com/x.dotm" TargetMode="External"/>'
    )
    parts["word/_rels/document.xml.rels"] = parts["word/_rels/document.xml.rels"].replace(
        b"</Relationships>", more + b"</Relationships>"
    )


def _digest_mended(parts: dict[str, bytes]) -> None:
    import base64
    import hashlib

    old = base64.b64encode(hashlib.sha256(parts["word/document.xml"]).digest())
    parts["word/document.xml"] = parts["word/document.xml"].replace("适用".encode(), "运用".encode(), 1)
    new = base64.b64encode(hashlib.sha256(parts["word/document.xml"]).digest())
    assert old in parts["_xmlsignatures/sig1.xml"]
    parts["_xmlsignatures/sig1.xml"] = parts["_xmlsignatures/sig1.xml"].replace(old, new)


@pytest.mark.parametrize(
    "change", [_other_picture, _another_part, _part_taken_out, _another_relation, _digest_mended], ids=lambda c: c.__name__
)
def test_our_own_verifier_finds_every_kind_of_change(copy: bytes, change: Callable[[dict[str, bytes]], None]) -> None:
    assert not verify_package(rewritten(copy, change)).intact


def test_a_signature_that_is_none_is_a_refusal(copy: bytes) -> None:
    with refused("docx.signature"):
        verify_package(edited(copy, lambda t: t.replace("ecdsa-sha256", "rsa-sha1"), "_xmlsignatures/sig1.xml"))


# ---- refusals


def test_places_that_are_not_there_are_all_named(approved: bytes, system: KeyCredentials) -> None:
    with refused("docx.box", "sign.nobody、sign.nowhere"):
        make_working_copy(
            approved, {"sign.nowhere": Filling(text="x"), "sign.nobody": Filling(text="x")}, record(), system, utc_now()
        )


def test_a_signed_file_is_not_signed_again(copy: bytes, system: KeyCredentials) -> None:
    with refused("docx.signed"):
        make_working_copy(copy, {}, record(), system, utc_now())


def test_a_number_format_that_is_not_known_is_not_guessed(approved: bytes, system: KeyCredentials) -> None:
    odd = edited(approved, lambda t: t.replace('w:val="chineseCountingThousand"', 'w:val="hebrew1"'), "word/numbering.xml")
    with refused("docx.numbers", "hebrew1"):
        make_working_copy(odd, {}, record(), system, utc_now())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a zip"])
def test_what_is_no_docx_is_refused(content: bytes) -> None:
    with refused("docx.unusable"):
        Parts.read(content)


def test_entities_are_refused(approved: bytes, system: KeyCredentials) -> None:
    evil = edited(approved, replacing("<w:document ", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><w:document '))
    with refused("docx.unusable"):
        make_working_copy(evil, {}, record(), system, utc_now())
    assert etree.fromstring(part(approved).encode()) is not None


def test_the_cover_bears_the_day_of_signing_like_the_pdf(system: KeyCredentials, tmp_path: Path) -> None:
    box = Box("contract.sign_date", BoxKind.DATE, 50, 9)
    cover = tuple(replace(r, content=(box,)) if r.label == "签订日期" else r for r in SAMPLE.cover)
    assert cover != SAMPLE.cover
    dated = replace(SAMPLE, cover=cover)
    source = rendered(dated, meta_of(dated, final=True), pages={"ch.1": 4})
    assert prove_docx(source, dated).equal
    filled = {**FILLINGS, "contract.sign_date": Filling(text="2026年11月28日")}
    made = tmp_path / "dated.docx"
    made.write_bytes(make_working_copy(source, filled, record(), system, utc_now()))
    (row,) = [r for r in tree(made.read_bytes()).iter(f"{W}tr") if "签订日期" in "".join(t.text or "" for t in r.iter(f"{W}t"))]
    assert "".join(t.text or "" for t in row.iter(f"{W}t")).split("：")[1].strip() == "2026年11月28日"
    text = libreoffice(made, "txt:Text (encoded):UTF8", ".txt").read_text(encoding="utf-8-sig")
    assert "2026年11月28日" in text.partition("目　录")[0]
