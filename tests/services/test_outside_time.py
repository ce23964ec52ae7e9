"""Times of an outside service: what proves its certificate goes into the file while it can be had, and what lacks is said."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import crl
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore

from app.services.moving import law_day
from app.services.signing_finish import finish
from app.signing_room import Room
from app.store.signings import events_of
from signatures.verification.asking import Trust
from signatures.verification.verdict import Outcome, Verdict
from signatures.verification.worker import Verifier
from tests.services.outside_time import LOOPBACK, NAME, OutsideTime
from tests.services.signing_house import SHORT, Held, House, QuickRoom, house
from tests.services.test_signing_elsewhere import unsealed

__all__ = ["unsealed"]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[OutsideTime]:
    (tmp_path / "outside").mkdir()
    made = OutsideTime(tmp_path / "outside")
    yield made
    made.close()


@dataclass
class Finished:
    home: House
    service: OutsideTime

    @property
    def final(self) -> bytes:
        return self.home.kit.blobs.get(self.home.signing.final)

    def verdict(self) -> Verdict:
        assert isinstance(self.home.kit.room, Room)
        own = self.home.kit.room.authority.root.public_bytes(Encoding.DER)
        return Verifier().verify(self.final, Trust(own=(own,), others=(self.service.der,)), datetime.now(UTC))

    def lacking(self) -> list[str]:
        with self.home.units() as uow:
            event = next(e for e in events_of(uow.session, self.home.signing.id) if e.kind == "archived")
            found: list[str] = json.loads(event.data)["lacking"]
        return found


def finished(held: Held, folder: Path, service: OutsideTime) -> Finished:
    """A contract that both have signed, with real clocks: the outside service has no other."""
    home = house(held.units, folder, contract=held.contract)
    home.at[0] = datetime.now(UTC)
    room = QuickRoom(
        folder / "pki", "测试单位", "", lambda: home.at[0], timestamp_url=f"{service.base}/tsa", roots=lambda: (service.der,),
        internal=LOOPBACK,
    )  # fmt: skip
    home.kit = replace(home.kit, room=room, today=lambda: law_day(home.at[0]))
    signing = home.start(SHORT, deadline=law_day(home.at[0]) + timedelta(days=2))
    for person in SHORT:
        home.sign(person.email)
    assert finish(home.kit, signing) is True
    return Finished(home, service)


def test_the_status_of_the_services_certificate_lies_in_the_file(unsealed: Held, tmp_path: Path, service: OutsideTime) -> None:
    done = finished(unsealed, tmp_path, service)
    verdict = done.verdict()
    assert verdict.ok, [r.english for r in verdict.reasons]
    assert "time.outside" in verdict.codes()
    assert "time.status" not in verdict.codes()
    assert {s.clock for s in verdict.signatures if s.kind != "archive"} == {NAME}
    assert done.lacking() == []
    store = DocumentSecurityStore.read_dss(PdfFileReader(io.BytesIO(done.final)))
    known = {c.sha256.hex() for c in store.load_certs()}
    assert {c.fingerprint(hashes.SHA256()).hex() for c in (done.service.certificate, done.service.root)} <= known
    assert "crl" not in service.asked, "OCSP comes first, and one answer is enough"


def test_where_ocsp_does_not_answer_the_list_is_taken(unsealed: Held, tmp_path: Path, service: OutsideTime) -> None:
    service.answers = {"crl"}
    done = finished(unsealed, tmp_path, service)
    verdict = done.verdict()
    assert verdict.ok
    assert "time.status" not in verdict.codes()
    store = DocumentSecurityStore.read_dss(PdfFileReader(io.BytesIO(done.final)))
    issuers = {crl.CertificateList.load(reference.get_object().data).issuer.human_friendly for reference in store.crls}
    assert any("外部时间戳测试机构" in name for name in issuers)


def test_what_can_not_be_had_stops_nothing_and_is_said(unsealed: Held, tmp_path: Path, service: OutsideTime) -> None:
    service.answers = set()
    done = finished(unsealed, tmp_path, service)
    verdict = done.verdict()
    assert verdict.ok
    assert any(r.code == "time.status" and NAME in r.chinese for r in verdict.reasons)
    (words,) = done.lacking()
    assert words.startswith(f"证书“{NAME}”的吊销状态未能取得：")
    assert "/ocsp" in words
    assert "/crl" in words


def test_a_service_whose_certificate_was_revoked_is_not_believed(unsealed: Held, tmp_path: Path, service: OutsideTime) -> None:
    service.revoked = True
    verdict = finished(unsealed, tmp_path, service).verdict()
    assert verdict.outcome is Outcome.UNTRUSTED
    assert "time.untrusted" in verdict.codes()
