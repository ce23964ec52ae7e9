"""Hostile files: each gets a verdict within the limits, and the process that reads it is not ours."""

from __future__ import annotations

import io
import os
import signal
import time
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Thread, Timer

import pikepdf
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from signatures.verification.asking import Trust
from signatures.verification.spawning import spawner
from signatures.verification.verdict import Outcome, Verdict
from signatures.verification.worker import Limits, Verifier
from tests.signatures.ceremony import Ceremony, utc_now


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(Limits(processor=20, wall=60))


def trust(ceremony: Ceremony) -> Trust:
    return Trust(own=(ceremony.authority.root.public_bytes(Encoding.DER),))


def assembled(*objects: bytes, root: int = 1) -> bytes:
    """A PDF of numbered objects with a right table of references."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, start)
    return bytes(out)


def signed_by_nonsense(byte_range: bytes, contents: bytes = b"<3003>") -> bytes:
    field = b"<< /FT /Sig /T (x) /V 5 0 R /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R >>"
    return assembled(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 3 >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Annots [4 0 R] >>",
        field,
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange %s /Contents %s >>"
        % (byte_range, contents),
    )


def bomb_of_references() -> bytes:
    """A table of references as a stream that unpacks to a gigabyte."""
    data = zlib.compress(bytes(64 * 1024 * 1024))
    for _ in range(1):
        data = zlib.compress(data * 16)
    head = b"%PDF-1.7\n"
    body = (
        b"1 0 obj\n<< /Type /XRef /Size 9 /W [1 2 1] /Root 1 0 R /Filter [/FlateDecode /FlateDecode] /Length %d >>\nstream\n"
        % len(data)
    )
    return head + body + data + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


@cache
def bomb_in_attachment() -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.attachments["bomb.json"] = pikepdf.AttachedFileSpec(pdf, bytes(1), filename="bomb.json")
        stream = pdf.attachments["bomb.json"].obj.EF.F
        once = zlib.compress(bytes(900 * 1024 * 1024), 1)
        stream.write(zlib.compress(once), filter=[pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode])
        out = io.BytesIO()
        pdf.save(out, compress_streams=False, recompress_flate=False)
    return out.getvalue()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "pages within themselves": lambda: assembled(
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"
    ),
    "a hundred thousand brackets": lambda: assembled(
        b"<< /Type /Catalog /Pages 2 0 R /X " + b"[" * 100_000 + b"]" * 100_000 + b" >>", b"<< /Type /Pages /Kids [] /Count 0 >>"
    ),
    "dictionaries in dictionaries": lambda: assembled(
        b"<< /Type /Catalog /Pages 2 0 R /X " + b"<< /A " * 50_000 + b"1" + b" >>" * 50_000 + b" >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
    ),
    "a catalog that is itself": lambda: assembled(b"1 0 R"),
    "a table that goes back to itself": lambda: (
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Root 1 0 R /Prev 9 >>\nstartxref\n9\n%%EOF\n"
    ),
    "a table of a billion entries": lambda: (
        b"%PDF-1.7\nxref\n0 999999999\ntrailer\n<< /Size 1 /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
    ),
    "fields within themselves": lambda: assembled(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [3 0 R] >> >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"<< /T (a) /Kids [3 0 R 3 0 R] >>",
    ),
    "names within themselves": lambda: assembled(
        b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles 3 0 R >> >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"<< /Kids [3 0 R 3 0 R 3 0 R] >>",
    ),
    "a signature over nothing": lambda: signed_by_nonsense(b"[0 0 0 0]"),
    "a signature over more than there is": lambda: signed_by_nonsense(b"[0 99999999999 999999999999 9999999999]"),
    "a signature of negative length": lambda: signed_by_nonsense(b"[0 -5 -9 -1]"),
    "a signature without data": lambda: signed_by_nonsense(b"[0 5 9 1]", b"<>"),
    "a bomb as table": bomb_of_references,
    "a bomb as attachment": bomb_in_attachment,
    "an encrypted file": lambda: encrypted(),
    "noise with the right ends": lambda: b"%PDF-1.7\n" + bytes(range(256)) * 4000 + b"\nstartxref\n5\n%%EOF\n",
}


def encrypted() -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        out = io.BytesIO()
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_a_verdict_in_time(verifier: Verifier, ceremony: Ceremony, name: str) -> None:
    since = time.monotonic()
    verdict = verifier.verify(HOSTILE[name](), trust(ceremony), utc_now())
    assert verdict.outcome in (Outcome.UNREADABLE, Outcome.INVALID, Outcome.UNSIGNED)
    assert verdict.reasons
    assert time.monotonic() - since < 60


def test_a_signed_file_gets_the_same_verdict_in_the_worker(verifier: Verifier, ceremony: Ceremony) -> None:
    verdict = verifier.verify(ceremony.history["archived"], trust(ceremony), utc_now())
    assert verdict.outcome is Outcome.VALID
    assert len(verdict.signatures) == 6


def test_a_file_that_takes_too_long_is_given_up(ceremony: Ceremony) -> None:
    verdict = Verifier(Limits(wall=0)).verify(ceremony.history["archived"], trust(ceremony), utc_now())
    assert verdict.outcome is Outcome.UNREADABLE
    assert verdict.codes() == {"file.limits"}


def test_a_file_that_needs_too_much_memory_is_given_up(ceremony: Ceremony) -> None:
    verdict = Verifier(Limits(memory=40)).verify(ceremony.history["archived"], trust(ceremony), utc_now())
    assert verdict.codes() == {"file.limits"}


def test_the_limits_of_one_file_are_not_those_of_the_next(verifier: Verifier, ceremony: Ceremony) -> None:
    assert Verifier(Limits(memory=40)).verify(ceremony.history["archived"], trust(ceremony), utc_now()).codes() == {"file.limits"}
    assert verifier.verify(ceremony.history["archived"], trust(ceremony), utc_now()).ok


def children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


def no_children(process: int) -> None:
    until = time.monotonic() + 10
    while children(process):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_process_that_was_given_up_is_ended(ceremony: Ceremony) -> None:
    """One that goes on would take the processor for as long as its own limit lets it; here it stands still for ever."""
    source, found = spawner().process.pid, list[Verdict]()
    no_children(source)  # copies that other tests asked for are waited for a moment after they ended
    asking = Thread(
        target=lambda: found.append(Verifier(Limits(wall=2)).verify(bomb_in_attachment(), trust(ceremony), utc_now()))
    )
    asking.start()
    while not (made := children(source)):
        assert asking.is_alive()
    os.kill(int(made[0]), signal.SIGSTOP)
    asking.join()
    assert found[0].codes() == {"file.limits"}
    no_children(source)


def test_nobody_notices_that_the_process_to_copy_was_ended(verifier: Verifier, ceremony: Ceremony) -> None:
    content = ceremony.history["frozen"]
    assert verifier.verify(content, trust(ceremony), utc_now()).outcome is Outcome.INCOMPLETE
    before = spawner().process
    os.kill(before.pid, signal.SIGKILL)
    assert verifier.verify(content, trust(ceremony), utc_now()).outcome is Outcome.INCOMPLETE
    assert spawner().process.pid != before.pid
    # Ended between the order and the copy: the order is read by nobody.
    os.kill(spawner().process.pid, signal.SIGSTOP)
    Timer(0.5, os.kill, (spawner().process.pid, signal.SIGKILL)).start()
    assert verifier.verify(content, trust(ceremony), utc_now()).outcome is Outcome.INCOMPLETE


def test_a_file_too_large_is_not_even_opened(verifier: Verifier) -> None:
    verdict = verifier.verify(b"%PDF-1.7\n" + bytes(65 * 1024 * 1024), Trust(), utc_now())
    assert verdict.codes() == {"file.large"}


def test_several_files_at_once_get_their_own_verdicts(verifier: Verifier, ceremony: Ceremony) -> None:
    found: dict[str, Verdict] = {}

    def work(step: str) -> None:
        found[step] = verifier.verify(ceremony.history[step], trust(ceremony), utc_now())

    threads = [Thread(target=work, args=(s,)) for s in ("frozen", "a_seal", "archived")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {s: v.outcome for s, v in found.items()} == {
        "frozen": Outcome.INCOMPLETE,
        "a_seal": Outcome.VALID,
        "archived": Outcome.VALID,
    }
