"""A party signs with a certificate of another authority and sends the file back; the gate lets in that and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from app.domain.errors import ContractError
from app.domain.execution import Order
from app.domain.permissions import Actor, Role
from app.services.moving import law_day
from app.services.pki import public_state, revoke_certificate
from app.services.signing_elsewhere import ElsewhereKit, accept_elsewhere, file_to_sign, places_elsewhere, sign_elsewhere
from app.services.signing_finish import finish
from app.services.signing_kit import credential, states_of
from app.services.signing_views import read_signing
from app.services.trusted_roots import add_root, der_of_roots, list_roots, look, remove_root
from app.store.audit import entries, entries_of
from app.store.signings import events_of, find_certificate
from app.verification_room import VerificationRoom
from signatures.authority import read_roots
from signatures.verification.asking import Trust
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER
from tests.services.outside_time import LOOPBACK, OutsideTime
from tests.services.sharing import both_databases
from tests.services.signing_house import A_SIGN, B_SIGN, PHONE, SHORT, Held, House, hands_only, house
from tests.services.snapshots import filled, over_both
from tests.signatures.tampering import page_replaced, saved_again_by_pikepdf
from tests.signatures.test_elsewhere import Own, signed_elsewhere

unsealed = filled(hands_only, ("sqlite",))
ADMIN = Actor("管理员", "admin-1", frozenset({Role.SYSTEM_ADMINISTRATOR}))


@dataclass(frozen=True)
class Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    listed_at: str = ""


def holder(name: str, serial: int = 0, by: Authority | None = None, organisation: str = "") -> Own:
    """A certificate of another authority; without ``by`` it is its own root."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    words = [(NameOID.COMMON_NAME, name), (NameOID.ORGANIZATION_NAME, organisation)]
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in words if text])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(by.certificate.subject if by else subject)
    builder = builder.public_key(key.public_key()).serial_number(serial or x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=60)).not_valid_after(now + timedelta(days=365))
    if by is not None and by.listed_at:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(by.listed_at)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), False)
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    return key, builder.add_extension(usage, True).sign(by.key if by else key, hashes.SHA256())


def authority(name: str) -> Authority:
    """The root of an authority."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(now - timedelta(days=90)).not_valid_after(now + timedelta(days=3650))
    return Authority(key, builder.add_extension(x509.BasicConstraints(True, 1), True).sign(key, hashes.SHA256()))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[OutsideTime]:
    (tmp_path / "outside").mkdir()
    made = OutsideTime(tmp_path / "outside")
    yield made
    made.close()


@pytest.fixture
def home(unsealed: Held, tmp_path: Path) -> House:
    return house(unsealed.units, tmp_path, contract=unsealed.contract)


@pytest.fixture(scope="module")
def own() -> Own:
    return holder("沈亦舟")


@pytest.fixture
def kit(home: House, tmp_path: Path, own: Own) -> ElsewhereKit:
    room = VerificationRoom(tmp_path / "pki", (own[1].public_bytes(Encoding.DER),))
    return ElsewhereKit(home.kit, room)


def refused(code: str, match: str | None = None) -> pytest.RaisesExc[ContractError]:
    return pytest.RaisesExc(ContractError, match=match, check=lambda e: e.code == code)


OTHER = Actor("旁人", "other-1", frozenset({Role.AUDITOR}))


@over_both("unsealed")
def test_a_file_signed_with_the_partys_own_certificate_counts_like_ours(home: House, kit: ElsewhereKit, own: Own) -> None:
    with refused("elsewhere.none"):
        file_to_sign(kit, LAWYER, home.contract)
    signing = home.start(SHORT)
    with home.units() as uow:
        assert {p.id for p in places_elsewhere(uow, LAWYER, home.contract)} == {A_SIGN, B_SIGN}
    _, before = file_to_sign(kit, LAWYER, home.contract)
    after = signed_elsewhere(before, B_SIGN, *own)
    done, found = accept_elsewhere(kit, LAWYER, home.contract, B_SIGN, after)
    assert (done, found.name) == (False, "沈亦舟")
    with home.units() as uow:
        view = read_signing(uow, LAWYER, home.contract).current
    assert view is not None
    told = {line.place.id: "；".join(line.notes) for line in view.lines}
    assert "签署日期" in told[B_SIGN]
    assert "留空：该签名锁定了这些栏位" in told[B_SIGN]
    assert told[A_SIGN] == ""
    with refused("execution.twice"):
        accept_elsewhere(kit, LAWYER, home.contract, B_SIGN, after)
    with refused("import.outdated", "重新下载"):
        accept_elsewhere(kit, LAWYER, home.contract, A_SIGN, signed_elsewhere(before, A_SIGN, *own))
    assert home.sign(SHORT[0].email) is True
    assert finish(home.kit, signing) is True
    place = next(p for p in home.signing.places if p.id == B_SIGN)
    assert place.serial == found.serial
    assert "没有可以确认的时间戳" in place.clock


def test_whatever_else_comes_back_is_refused_with_its_reason(home: House, kit: ElsewhereKit, own: Own) -> None:
    home.start(SHORT)
    _, before = file_to_sign(kit, LAWYER, home.contract)
    after = signed_elsewhere(before, B_SIGN, *own)
    for content, place, words in (
        (page_replaced(after), B_SIGN, "第1页的内容被改动"),
        (after, A_SIGN, "只在栏位"),
        (before, B_SIGN, "没有新的签名"),
        (signed_elsewhere(before, B_SIGN, *holder("沈亦舟")), B_SIGN, "不在受信任之列"),
        (signed_elsewhere(before, A_SIGN, *own), A_SIGN, "持有人是“沈亦舟”，与应当签署的“林知远”不符"),
    ):
        with refused("import.refused", words):
            accept_elsewhere(kit, LAWYER, home.contract, place, content)
    assert all(p.signed_at is None for p in home.signing.places)


def test_every_reason_is_told_at_once(home: House, kit: ElsewhereKit) -> None:
    home.start(SHORT)
    _, before = file_to_sign(kit, LAWYER, home.contract)
    wrong = saved_again_by_pikepdf(signed_elsewhere(before, A_SIGN, *holder("路人甲"), "sha1"))
    with pytest.raises(ContractError) as refusal:
        accept_elsewhere(kit, LAWYER, home.contract, B_SIGN, wrong)
    told = refusal.value.message
    for words in ("重新保存过", "不再安全的算法（sha1）", f"应当只在栏位“{B_SIGN}”", "处不符"):
        assert words in told


def test_the_signatory_does_it_from_the_own_page_and_the_next_one_is_asked(home: House, kit: ElsewhereKit, own: Own) -> None:
    shen, lin = SHORT[1], SHORT[0]
    home.start((shen, lin), Order.SEQUENTIAL)
    token, secret = home.enter(shen.email)
    _, before = file_to_sign(kit, LAWYER, home.contract)
    after = signed_elsewhere(before, B_SIGN, *own)
    with refused("signing.consent"):
        sign_elsewhere(kit, PHONE, token, secret, after)
    token, secret = home.ready(shen.email)
    assert not home.mails(lin.email)
    done, found = sign_elsewhere(kit, PHONE, token, secret, after)
    assert (done, found.name) == (False, "沈亦舟")
    assert home.link(lin.email), "the next one is invited"
    with home.units() as uow:
        event = next(e for e in events_of(uow.session, home.signing.id) if e.kind == "imported")
        entry = next(e for e in entries_of(uow.session, home.contract) if e.action == "signing.imported")
        assert event.address == PHONE.address
        assert json.loads(event.data)["fingerprint"] == found.fingerprint
        row = find_certificate(uow.session, found.serial)
        assert row is not None
        assert row.kind == "outside"
        assert public_state(uow, found.serial) is None, "the built-in authority doesn't answer for it"
        with refused("certificate.outside"):
            revoke_certificate(uow, ADMIN, home.at[0], home.kit.post.write, found.serial, "compromised", "持有人报失了证书")
    assert json.loads(entry.data)["via"] == "签署页面"
    assert json.loads(entry.data)["actor_name"] == "沈亦舟"


def test_certificates_of_two_authorities_may_have_the_same_number(home: House, kit: ElsewhereKit, tmp_path: Path) -> None:
    people = {A_SIGN: holder("林知远", 7), B_SIGN: holder("沈亦舟", 7)}
    roots = tuple(c.public_bytes(Encoding.DER) for _, c in people.values())
    kit = ElsewhereKit(home.kit, VerificationRoom(tmp_path / "pki", roots, kit.gate.verifier))  # type: ignore[attr-defined]
    home.start(SHORT)
    for place, (key, certificate) in people.items():
        _, before = file_to_sign(kit, LAWYER, home.contract)
        accept_elsewhere(kit, LAWYER, home.contract, place, signed_elsewhere(before, place, key, certificate))
    serials = {p.id: p.serial or "" for p in home.signing.places}
    with home.units() as uow:
        for place, (_, certificate) in people.items():
            row = find_certificate(uow.session, serials[place])
            assert row is not None
            assert row.fingerprint == certificate.fingerprint(hashes.SHA256()).hex()
    assert serials[A_SIGN] == "7"
    assert serials[B_SIGN] != "7"


@pytest.mark.parametrize("answers", [True, False])
def test_the_status_of_a_certificate_is_asked_for_where_the_file_does_not_bring_it(
    home: House, kit: ElsewhereKit, tmp_path: Path, service: OutsideTime, answers: bool
) -> None:
    service.answers = {"crl"} if answers else set()
    own = holder("沈亦舟", by=Authority(service.key, service.root, f"{service.base}/crl"))
    room = replace(home.kit.room, roots=lambda: (service.der,), internal=LOOPBACK)  # type: ignore[type-var]
    home.at[0] = datetime.now(UTC)  # the list is made by a real clock
    home.kit = replace(home.kit, room=room, today=lambda: law_day(home.at[0]))
    verifier = kit.gate.verifier  # type: ignore[attr-defined]
    kit = ElsewhereKit(home.kit, VerificationRoom(tmp_path / "pki", (service.der,), verifier, LOOPBACK))
    signing = home.start(SHORT, deadline=law_day(home.at[0]) + timedelta(days=2))
    _, before = file_to_sign(kit, LAWYER, home.contract)
    after = signed_elsewhere(before, B_SIGN, *own)
    if not answers:
        with refused("import.refused", "文件中没有证书状态信息"):
            accept_elsewhere(kit, LAWYER, home.contract, B_SIGN, after)
    else:
        accept_elsewhere(kit, LAWYER, home.contract, B_SIGN, after)
        home.sign(SHORT[0].email)
        assert finish(home.kit, signing) is True
        final = home.kit.blobs.get(home.signing.final)
        trust = Trust(own=read_roots(tmp_path / "pki"), others=(service.der,))
        service.answers = set()
        verdict = verifier.verify(final, trust, home.at[0])
        assert verdict.ok, [r.english for r in verdict.reasons]


def test_the_evidence_package_is_checked_with_the_outside_authority_given(home: House, kit: ElsewhereKit, tmp_path: Path) -> None:
    ca = authority("某某电子认证有限公司")
    own = holder("沈亦舟", by=ca)
    der = ca.certificate.public_bytes(Encoding.DER)
    gate = VerificationRoom(tmp_path / "pki", (der,), kit.gate.verifier)  # type: ignore[attr-defined]
    home.kit = replace(home.kit, room=replace(home.kit.room, roots=lambda: (der,)))  # type: ignore[type-var]
    signing = home.start(SHORT)
    _, before = file_to_sign(ElsewhereKit(home.kit, gate), LAWYER, home.contract)
    accept_elsewhere(ElsewhereKit(home.kit, gate), LAWYER, home.contract, B_SIGN, signed_elsewhere(before, B_SIGN, *own))
    home.sign(SHORT[0].email)
    assert finish(home.kit, signing) is True
    row, room = home.signing, home.kit.room
    with home.units() as uow:
        states = states_of(uow, row)
        system = find_certificate(uow.session, row.system)
        assert system is not None
        made = room.evidence("N-1", "合同", home.kit.blobs.get(row.final), states, (), credential(system), home.at[0])
    package, outside = tmp_path / "evidence.zip", tmp_path / "outside.pem"
    package.write_bytes(made)
    outside.write_bytes(ca.certificate.public_bytes(Encoding.PEM))
    with zipfile.ZipFile(package) as archive:
        script = archive.extract("verify.py", tmp_path)
        mark = json.loads(archive.read("manifest.json"))["root_sha256"]
    call = [sys.executable, script, str(package), "--root-sha256", mark, "--at", f"{home.at[0] + timedelta(days=1):%Y-%m-%d}"]
    blind = subprocess.run(call, capture_output=True, text=True, check=False)
    assert blind.returncode == 1, "whose certificate it is, nobody has said"
    seen = subprocess.run([*call, "--signer-ca", str(outside)], capture_output=True, text=True, check=False)
    assert seen.returncode == 0, seen.stdout
    assert "由 --signer-ca 所给的机构签发" in seen.stdout
    assert "没有自己的时间戳" in seen.stdout


# ---- whose certificates are taken


@both_databases
def test_a_root_is_trusted_after_its_fingerprint_was_compared_and_until_it_is_removed(units: Units) -> None:
    pem, now = authority("某某电子认证有限公司").certificate.public_bytes(Encoding.PEM), datetime.now(UTC)
    with units() as uow:
        with refused("access.forbidden"):
            add_root(uow, OTHER, now, pem, "")
        with refused("root.unconfirmed"):
            add_root(uow, ADMIN, now, pem, "00" * 32)
        found = look(ADMIN, now, pem)
        shown = ":".join(found.fingerprint[i : i + 2] for i in range(0, 64, 2)).upper()
        add_root(uow, ADMIN, now, pem, shown)
    with units() as uow:
        assert der_of_roots(uow) == (found.der,)
        with refused("root.twice"):
            add_root(uow, ADMIN, now, pem, shown)
        with refused("root.reason"):
            remove_root(uow, ADMIN, now, found.fingerprint, "错")
        remove_root(uow, ADMIN, now, found.fingerprint, "该机构的许可已被注销")
    with units() as uow:
        assert der_of_roots(uow) == ()
        (gone,) = list_roots(uow, ADMIN, ()).removed
        assert (gone.subject, gone.reason) == ("某某电子认证有限公司", "该机构的许可已被注销")
        assert [e.action for e in entries(uow.session) if e.action.startswith("trust.")] == ["trust.added", "trust.removed"]


def test_what_cannot_be_a_root_is_told_with_every_reason(own: Own) -> None:
    leaf = own[1].public_bytes(Encoding.PEM)
    with refused("root.invalid", "不能信任这张证书：.*basicConstraints.*；.*不包括签发证书.*到期"):
        look(ADMIN, datetime.now(UTC) + timedelta(days=4000), leaf)
    with refused("root.invalid", "有2张证书"):
        look(ADMIN, datetime.now(UTC), leaf * 2)
    with refused("root.invalid", "PEM 或者 DER"):
        look(ADMIN, datetime.now(UTC), b"no certificate")
