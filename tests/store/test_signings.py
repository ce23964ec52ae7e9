"""Rows of signings: the lock of a signing, what a ceremony wrote down, certificates. Over both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from app.services.filing import create_contract
from app.services.versions import save_version
from app.store.signings import (
    CertificateRow,
    SigningEventRow,
    SigningPlaceRow,
    SigningRow,
    events_of,
    find_signing,
    latest_signing,
    place_with_token,
    usable_certificate,
)
from app.store.uow import UnitOfWork
from tests.services.fixtures import LAWYER, NOW, PATTERN, TODAY, draft, reference

AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


def certificate(serial: str, kind: str = "system", **more: object) -> CertificateRow:
    return CertificateRow(
        serial=serial, kind=kind, name="成约", organisation="测试单位", reference="system", fingerprint="f", certificate="c",
        sealed="s", issued_at=AT, valid_until=AT + timedelta(days=900), **more,
    )  # fmt: skip


@pytest.fixture
def signing(engine: Engine) -> str:
    with UnitOfWork(engine) as uow:
        contract = create_contract(uow, LAWYER, NOW, TODAY, reference(), draft(uow), PATTERN)
        head = save_version(uow, LAWYER, NOW, TODAY, reference(), contract.id)
        uow.session.add(certificate("01"))
        uow.session.flush()
        places = [
            SigningPlaceRow(
                id=f"sign_{party}_signature",
                ordinal=n,
                party=party,
                mark="signature",
                medium="electronic",
                stage=1,
                signatory="{}",
                email="a@example.com",
                token=f"token-{n}",
            )
            for n, party in enumerate(("party_a", "party_b"), 1)
        ]
        uow.session.add(
            SigningRow(
                id="s1", contract_id=contract.id, version_id=head.id, digest=head.digest, status="open", ordering="parallel",
                deadline=date(2026, 12, 4), terms="{}", form="{}", frozen="a", file="a", docx="b", system="01", pages=3,
                started_at=AT, started_by=LAWYER.id, starter=LAWYER.name, places=places,
            )
        )  # fmt: skip
        uow.session.flush()
        uow.session.add(
            SigningEventRow(id="e1", signing_id="s1", place_id="", at=AT, kind="started", data="{}", address="", agent="")
        )
        uow.commit()
    return "s1"


def test_a_signing_is_found_by_its_contract_and_by_a_link(engine: Engine, signing: str) -> None:
    with UnitOfWork(engine) as uow:
        row = find_signing(uow.session, signing, lock=True)
        assert row is not None
        assert [p.party for p in row.places] == ["party_a", "party_b"]
        assert latest_signing(uow.session, row.contract_id) is row
        place = place_with_token(uow.session, "token-2")
        assert place is not None
        assert place.party == "party_b"
        assert [e.kind for e in events_of(uow.session, signing)] == ["started"]


def test_of_two_who_write_one_signing_the_later_is_told(engine: Engine, signing: str) -> None:
    with UnitOfWork(engine) as uow:
        row = find_signing(uow.session, signing)
        assert row is not None
        uow.session.execute(text("UPDATE signings SET revision = revision + 1"))
        row.file = "y"
        with pytest.raises(StaleDataError):
            uow.session.flush()


def test_what_happened_in_a_ceremony_is_never_changed(engine: Engine, signing: str) -> None:
    for statement in ("UPDATE signing_events SET data = 'x'", "DELETE FROM signing_events"):
        with pytest.raises(DBAPIError, match="signing_events is append-only"), engine.begin() as connection:
            connection.execute(text(statement))


def test_only_a_certificate_that_is_good_now_is_used(engine: Engine, signing: str) -> None:
    with UnitOfWork(engine) as uow:
        uow.session.add(certificate("02", revoked_at=AT))
        uow.session.flush()
        found = usable_certificate(uow.session, "system", AT)
        assert found is not None
        assert found.serial == "01"
        assert usable_certificate(uow.session, "system", AT + timedelta(days=901)) is None
