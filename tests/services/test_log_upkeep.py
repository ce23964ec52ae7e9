"""The log is verified regularly; a fault is kept, shown and told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from app.domain.permissions import Actor, Hidden, Role
from app.notify.mail_texts import write_mail
from app.services.auditing import make_checkpoint
from app.services.log_upkeep import EVERY, Post, log_state, verify_regularly
from app.store.outbox import messages
from app.store.seal import AuditSeal
from tests.services.conftest import Units
from tests.services.fixtures import NOW, ensure, later
from tests.services.sharing import both_databases

pytestmark = both_databases

AUDITOR = Actor("孙审计", "auditor", frozenset({Role.AUDITOR}))
ADMIN = Actor("周系统", "sysadmin", frozenset({Role.SYSTEM_ADMINISTRATOR}))
DRAFTER = Actor("王律师", "drafter", frozenset({Role.DRAFTER}))
POST = Post(write_mail, "https://example.com/audit/")


@pytest.fixture(autouse=True)
def written(units: Units, seal: AuditSeal) -> None:
    with units() as uow:
        ensure(uow, AUDITOR, ADMIN, DRAFTER)
        for number in range(4):
            uow.record(later(number), "auditor", "access.signed_out", {"turn": number})
        uow.commit()
    with units() as uow:
        make_checkpoint(uow, seal.signer(), seal, later(5))


def verify(units: Units, readers: Units, seal: AuditSeal, minutes: float, **more: bool) -> bool | None:
    report = verify_regularly(readers, units, seal.verifier(), seal, later(minutes), POST, **more)
    return None if report is None else report.verdict.sound


def test_the_whole_log_is_verified_once_a_day_and_the_result_is_shown(units: Units, readers: Units, seal: AuditSeal) -> None:
    with readers() as uow:
        assert log_state(uow, AUDITOR).verification is None
    day = EVERY / timedelta(minutes=1)
    assert [verify(units, readers, seal, m) for m in (10, 11, day + 9, day + 10)] == [True, None, None, True]
    assert verify(units, readers, seal, day + 11, anew=True) is True
    with readers() as uow:
        state = log_state(uow, AUDITOR)
        assert state.verification
        assert state.checkpoint
        assert (state.size, state.checkpoint[0], state.verification.sound) == (4, 4, True)
        assert state.verification.at == NOW + timedelta(minutes=day + 11)
        assert "链条一致" in state.verification.summary
        assert messages(uow.session) == []


def test_a_broken_log_is_told_to_auditors_and_administrators_once_a_day(
    units: Units, readers: Units, seal: AuditSeal, engine: Engine
) -> None:
    with engine.begin() as connection:
        for verb in ("update", "delete", "replace") if engine.dialect.name == "sqlite" else ():
            connection.execute(text(f"DROP TRIGGER IF EXISTS audit_entries_no_{verb}"))
        if engine.dialect.name != "sqlite":
            connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE audit_entries SET actor = 'x' WHERE number = 2"))
    assert verify(units, readers, seal, 10) is False
    assert verify(units, readers, seal, 20, anew=True) is False
    with readers() as uow:
        state = log_state(uow, AUDITOR)
        assert state.verification
        assert "第2条" in state.verification.summary
        assert sorted(str(m.user_id) for m in messages(uow.session)) == ["auditor", "sysadmin"]


def test_only_auditors_see_the_state_of_the_log(readers: Units) -> None:
    with readers() as uow:
        for actor in (DRAFTER, ADMIN):
            with pytest.raises(Hidden):
                log_state(uow, actor)
