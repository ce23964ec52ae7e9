"""asn1crypto writes what it read as it came, and in a time that grows with the size alone."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import asn1crypto
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signatures.asn1 import MENDED, cms, core, is_indefinite, tsp
from signatures.signing import sign
from signatures.time_source import Responds, TimeSource
from tests.signatures.ceremony import Ceremony, begin, utc_now
from tests.signatures.nested import DEPTH, Form, Level, Tree, unlucky, what_happens
from tests.signatures.tools import embedded

ROOT = Path(__file__).resolve().parents[2]
LONG = range(300, 600)
"""Sizes of which each makes every length above longer by one: one of them ends any of these with the octet 0x80."""


def alone(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.strip()


@contextmanager
def headers_made() -> Iterator[list[int]]:
    made, original = [0], core._dump_header

    def counting(*given: object) -> bytes:
        made[0] += 1
        header: bytes = original(*given)
        return header

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core, "_dump_header", counting)
        yield made


def test_the_library_still_has_the_faults() -> None:
    """Where this fails, look whether signatures/asn1.py is still needed: all three mended, let it hand on the library and no more."""
    assert asn1crypto.__version__ == MENDED
    found = json.loads(alone("import json; from tests.signatures.nested import what_happens; print(json.dumps(what_happens()))"))
    assert not found["definite"], "the library has mended the first fault"
    assert not found["read"], "the library has mended the second fault"
    assert found["headers"] > 4**DEPTH, "the library has mended the third fault"


def test_the_faults_are_mended() -> None:
    found = what_happens()
    assert found["definite"]
    assert found["read"]
    assert isinstance(found["headers"], int)
    assert found["headers"] <= 10 * DEPTH


def test_whoever_signs_or_verifies_has_them_mended() -> None:
    """Also where pyHanko calls asn1crypto by itself."""
    importing = {
        str(path.relative_to(ROOT))
        for folder in ("app", "signatures", "bench", "tools")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(n.name.split(".")[0] == "asn1crypto" for n in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "asn1crypto")
    }
    assert importing == {"signatures/asn1.py"}
    graph = {}
    for path in (ROOT / "signatures").rglob("*.py"):
        nodes = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.ImportFrom)]
        graph[".".join(path.relative_to(ROOT).with_suffix("").parts)] = {n.module or "" for n in nodes}

    def reaches(module: str, seen: set[str]) -> bool:
        seen.add(module)
        return module == "signatures.asn1" or any(reaches(m, seen) for m in graph.get(module, set()) - seen)

    encoding = (
        "pyhanko.sign.general",
        "pyhanko.sign.signers",
        "pyhanko.sign.timestamps",
        "pyhanko.sign.validation",
        "pyhanko_certvalidator",
    )
    using = {m for m, found in graph.items() if any(f.startswith(encoding) for f in found)}
    assert {"signatures.freezing", "signatures.verification.examine"} <= using
    compares_objects_of_pdf_alone = "signatures.verification.changes"
    assert {m for m in using if not reaches(m, set())} == {compares_objects_of_pdf_alone}


@pytest.mark.parametrize(
    ("header", "indefinite"),
    [
        ("3080", True), ("308180", False), ("30821180", False), ("0480", True), ("3003", False), ("1f2180", True), ("1f812180", True),
        ("7f810180", True), ("1f218180", False), ("a0803080", True), ("a080308180", False), ("a0823084308230 80", False), ("a082308030820080", False),
        ("a082008030 80", True), ("", False),
    ],
)  # fmt: skip
def test_the_indefinite_form_is_the_single_octet_after_the_tag(header: str, *, indefinite: bool) -> None:
    assert is_indefinite(bytes.fromhex(header)) is indefinite


FORMS = st.sampled_from([Form.SHORTEST, Form.SHORTEST, Form.LONG, Form.INDEFINITE])
DEFINITE = st.sampled_from([Form.SHORTEST, Form.LONG])


def trees(forms: st.SearchStrategy[Form]) -> st.SearchStrategy[Tree]:
    bodies = st.one_of(st.binary(max_size=3), st.integers(90, 400).map(bytes))

    def level(inner: st.SearchStrategy[tuple[Tree, ...]]) -> st.SearchStrategy[Tree]:
        return st.builds(Tree, bodies, inner, st.booleans(), st.tuples(forms, forms, forms, forms, forms))

    leaves = level(st.just(()))
    return st.recursive(leaves, lambda below: level(st.lists(below, min_size=1, max_size=3).map(tuple)), max_leaves=8)


def evened(tree: Tree) -> Tree:
    """With a body that makes the last octet of the length 0x80."""
    for n in LONG:
        longer = replace(tree, body=bytes(n))
        written = longer.written()
        size = written[1] & 0x7F if written[1] & 0x80 else 0
        if size and written[1 + size] == 0x80:
            return longer
    raise AssertionError("no length ends so")


@settings(max_examples=150, deadline=None)
@given(trees(FORMS), DEFINITE, st.booleans(), st.booleans())
def test_what_has_a_definite_length_is_written_as_it_came(tree: Tree, form: Form, even: bool, look: bool) -> None:
    tree = replace(tree, forms=(form, *tree.forms[1:]))
    written = (evened(tree) if even else tree).written()
    value = Level.load(written, strict=True)
    if look:
        assert value.native["method"]["name"] == "plain"
    with headers_made() as made:
        assert value.dump() == written
    assert made == [0]


@settings(max_examples=150, deadline=None)
@given(trees(FORMS), st.booleans())
def test_what_has_an_indefinite_length_becomes_der(tree: Tree, look: bool) -> None:
    tree = replace(tree, forms=(Form.INDEFINITE, *tree.forms[1:]))
    value = Level.load(tree.written(), strict=True)
    if look:
        assert value.native["method"]["name"] == "plain"
    assert value.dump() == tree.der()


def test_a_change_is_written_and_what_is_beside_it_stays() -> None:
    kept, other = unlucky(), unlucky(300)
    value = Level.load(Tree(b"", (kept, other)).written())
    assert value["inner"][0].native["method"]["name"] == "plain"
    value["inner"][1]["method"]["name"] = "other"
    changed = other.written().replace(b"plain", b"other")
    assert value.dump() == Tree(b"", (kept, other)).written().replace(other.written(), changed)
    value = Level.load(Tree(b"body").written())
    value["method"]["name"] = "other"
    assert Level.load(value.dump()).native["method"]["name"] == "other", "a default that was filled in can still be changed"


@dataclass(frozen=True)
class Unlucky:
    """A timestamp service whose tokens have a definite length that ends with the octet 0x80; ``tokens`` keeps them."""

    own: Responds
    tokens: list[bytes]

    def respond(self, request: bytes) -> bytes:
        response = tsp.TimeStampResp.load(self.own.respond(request))
        plain = response["time_stamp_token"].dump()
        token = next(t for n in LONG if (t := with_note(plain, n)).startswith(b"\x30\x82") and t[3] == 0x80)
        self.tokens.append(token)
        return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(token)}).dump())


def with_note(der: bytes, size: int) -> bytes:
    """The same CMS with one more unsigned attribute of ``size`` octets."""
    content = cms.ContentInfo.load(der)
    info = content["content"]["signer_infos"][0]
    note = cms.CMSAttribute({"type": "2.25.1", "values": [core.OctetString(bytes(size))]})
    info["unsigned_attrs"] = cms.CMSAttributes([*(info["unsigned_attrs"] or ()), note])
    return bytes(content.dump())


def test_a_token_of_an_unlucky_length_costs_no_more_and_stays_as_it_is(ceremony: Ceremony) -> None:
    made = begin(ceremony.authority)
    tokens: list[bytes] = []
    source = TimeSource(Unlucky(ceremony.authority.timestamps(utc_now), tokens))
    frozen = made.freeze()
    with headers_made() as headers:
        done = sign(frozen, made.signing("a_seal"), made.credentials["a_seal"], source, utc_now(), made.status("a_seal"))
    assert tokens[-1] in embedded(done.pdf)[-1].der
    assert headers[0] < 2000


def test_a_signature_of_an_unlucky_length_is_written_as_it_came(ceremony: Ceremony) -> None:
    for one in embedded(ceremony.history["archived"]):
        der = next(d for n in LONG if (d := with_note(one.der, n))[3] == 0x80)
        content = cms.ContentInfo.load(der)
        for look in (False, True):
            assert not look or content.native["content_type"] == "signed_data"
            with headers_made() as made:
                assert content.dump() == der
            assert made == [0]
