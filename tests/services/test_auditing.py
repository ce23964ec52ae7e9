"""The log in use: tampering behind the triggers' back is found and named; the export can be checked without us."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.domain.audit import Entry, FaultKind, Record, append, genesis, head_after, read_checkpoint
from app.domain.errors import ContractError
from app.domain.merkle import included
from app.services.auditing import AuditReport, LogBroken, export_audit_unasked, make_checkpoint, verify_audit
from app.services.filing import create_contract
from app.store import audit
from app.store.seal import CHECKPOINT_FILE, KEY_FILE, PUBLIC_FILE, AuditSeal
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, PATTERN, TODAY, draft, later, reference
from tests.services.sharing import both_databases

pytestmark = both_databases


def _log(units: Units, count: int, contract: str = "c1") -> None:
    for number in range(count):
        with units() as uow:
            uow.record(later(number), "u1", "test.written", {"turn": number}, contract=contract)
            uow.commit()


def _check(units: Units, seal: AuditSeal) -> AuditReport:
    with units() as uow:
        return verify_audit(uow, seal.verifier(), seal)


def _point(units: Units, seal: AuditSeal, minutes: float = 60) -> int:
    with units() as uow:
        made = make_checkpoint(uow, seal.signer(), seal, later(minutes))
    return made.size if made else 0


def _tamper(engine: Engine, *statements: str) -> None:
    """As somebody with the administrator's rights would: past the triggers."""
    with engine.begin() as connection:
        for table in ("audit_entries", "audit_checkpoints"):
            if engine.dialect.name == "sqlite":
                for verb in ("update", "delete", "replace"):
                    connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
            else:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            connection.execute(text(statement))


def test_a_sound_log_is_covered_by_its_checkpoint(units: Units, seal: AuditSeal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PAGE", 2)  # read over several pages
    _log(units, 5)
    assert _point(units, seal) == 5
    _log(units, 2)
    report = _check(units, seal)
    assert report.verdict.sound
    assert (report.verdict.size, report.verdict.covered) == (7, 5)
    assert report.notes == ()


def test_a_checkpoint_is_made_only_where_the_log_has_grown(units: Units, seal: AuditSeal) -> None:
    assert _point(units, seal) == 0
    _log(units, 3)
    assert [_point(units, seal), _point(units, seal, 70)] == [3, 0]
    _log(units, 4)
    assert _point(units, seal, 80) == 7
    assert _check(units, seal).verdict.covered == 7


@pytest.mark.parametrize("statement", ["SET data = '{}'", "SET actor = 'u2'", "SET at = '2026-01-01 00:00:00.000000'"])
def test_a_changed_entry_is_named(units: Units, seal: AuditSeal, engine: Engine, statement: str) -> None:
    _log(units, 5)
    _tamper(engine, f"UPDATE audit_entries {statement} WHERE number = 3")
    (fault,) = _check(units, seal).verdict.faults
    assert (fault.kind, fault.first) == (FaultKind.ALTERED, 3)


def test_an_entry_taken_out_is_named(units: Units, seal: AuditSeal, engine: Engine) -> None:
    _log(units, 5)
    _tamper(engine, "DELETE FROM audit_entries WHERE number = 2")
    (fault,) = _check(units, seal).verdict.faults
    assert (fault.kind, fault.first, fault.last) == (FaultKind.MISSING, 2, 2)


def test_a_tail_cut_off_is_noticed_up_to_the_last_checkpoint(units: Units, seal: AuditSeal, engine: Engine) -> None:
    _log(units, 5)
    _point(units, seal)
    _tamper(engine, "DELETE FROM audit_entries WHERE number > 3")
    (fault,) = _check(units, seal).verdict.faults
    assert (fault.kind, fault.first, fault.last) == (FaultKind.TAIL_MISSING, 4, 5)


def test_a_tail_cut_off_with_its_checkpoints_is_noticed_by_the_file(units: Units, seal: AuditSeal, engine: Engine) -> None:
    _log(units, 5)
    _point(units, seal)
    _tamper(engine, "DELETE FROM audit_entries WHERE number > 3", "DELETE FROM audit_checkpoints")
    report = _check(units, seal)
    assert [f.kind for f in report.verdict.faults] == [FaultKind.TAIL_MISSING]
    assert "缺少 1 个已外存的检查点" in report.notes[0]


def _rewrite(units: Units, engine: Engine) -> None:
    """A log written anew from the first entry, every hash right."""
    with units() as uow:
        entries = list(audit.entries(uow.session))
        head = genesis(audit.origin(uow.session))
    _tamper(engine, "DELETE FROM audit_entries", "DELETE FROM audit_checkpoints")
    with units() as uow:
        for entry in entries:
            data = {"turn": 99} if entry.number == 2 else json.loads(entry.data)
            anew = append(head, Record(entry.at, entry.actor, entry.action, entry.subject, data))
            uow.session.add(audit.AuditRow(**{name: getattr(anew, name) for name in Entry.__slots__}))
            head = head_after(anew)
        uow.session.commit()


def test_a_log_written_anew_is_noticed_by_the_file(units: Units, seal: AuditSeal, engine: Engine) -> None:
    _log(units, 5)
    _point(units, seal)
    _rewrite(units, engine)
    (fault,) = _check(units, seal).verdict.faults
    assert fault.kind is FaultKind.REWRITTEN


def test_history_rewritten_with_key_and_file_at_hand_is_noticed_by_a_copy_kept_elsewhere(
    units: Units, seal: AuditSeal, engine: Engine, tmp_path: Path
) -> None:
    _log(units, 5)
    _point(units, seal)
    points, _ = seal.kept()
    (tmp_path / "safe").mkdir()
    copy = tmp_path / "safe" / "key.pem"
    copy.write_bytes((seal.folder / PUBLIC_FILE).read_bytes())
    _rewrite(units, engine)
    (seal.folder / CHECKPOINT_FILE).unlink()
    _point(units, seal, 90)
    assert _check(units, seal).verdict.sound
    with units() as uow:
        verdict = verify_audit(uow, seal.verifier(copy), seal, points).verdict
    assert FaultKind.CHECKPOINTS_DISAGREE in {f.kind for f in verdict.faults}


def test_a_forged_checkpoint_is_refused(units: Units, seal: AuditSeal, engine: Engine) -> None:
    _log(units, 5)
    _point(units, seal)
    _tamper(engine, "UPDATE audit_checkpoints SET size = 4")
    assert FaultKind.CHECKPOINT_FORGED in {f.kind for f in _check(units, seal).verdict.faults}


def test_nothing_broken_is_signed(units: Units, seal: AuditSeal, engine: Engine) -> None:
    _log(units, 3)
    _point(units, seal)
    _log(units, 3)
    _tamper(engine, "UPDATE audit_entries SET actor = 'u2' WHERE number = 5")
    with pytest.raises(LogBroken, match="第5条"):
        _point(units, seal, 70)
    assert len(seal.kept()[0]) == 1


def test_a_checkpoint_that_did_not_reach_the_file_is_put_there_the_next_time(units: Units, seal: AuditSeal) -> None:
    _log(units, 3)
    _point(units, seal)
    path = seal.folder / CHECKPOINT_FILE
    path.write_bytes(path.read_bytes()[:40])  # killed while writing
    report = _check(units, seal)
    assert report.verdict.sound
    assert len(report.notes) == 2
    _log(units, 1)
    assert _point(units, seal, 70) == 4
    points, unreadable = seal.kept()
    assert ([p.size for p in points], unreadable) == ([3, 4], (1,))


def test_the_key_is_made_once_and_readable_by_its_owner_alone(seal: AuditSeal) -> None:
    first = seal.signer().key_id
    assert seal.signer().key_id == first
    assert stat.S_IMODE((seal.folder / KEY_FILE).stat().st_mode) == 0o600
    assert list(seal.verifier().keys) == [first]


def test_a_file_that_is_no_key_is_named(seal: AuditSeal, tmp_path: Path) -> None:
    path = tmp_path / "other.pem"
    path.write_text("not a key")
    with pytest.raises(ContractError, match="公钥"):
        seal.verifier(path)


def test_an_export_proves_each_entry_without_the_rest_of_the_log(units: Units, seal: AuditSeal) -> None:
    _log(units, 3, "other")
    with units() as uow:
        draft_id = draft(uow)
    with units() as uow:
        contract = create_contract(uow, LAWYER, NOW, TODAY, reference(), draft_id, PATTERN)
    _log(units, 3, contract.id)
    _log(units, 2, "other")
    _point(units, seal)
    _log(units, 1, contract.id)
    with units() as uow:
        data = json.loads(export_audit_unasked(uow, contract.number))
    point = read_checkpoint(json.dumps(data["checkpoint"]))
    assert seal.verifier().verify(point.key_id, point.message, point.signature)
    assert [e["action"] for e in data["entries"]] == ["contract.created", *["test.written"] * 4]
    proven = [
        e["proof"] is not None
        and included(
            bytes.fromhex(e["hash"]),
            e["number"] - 1,
            point.size,
            [bytes.fromhex(n) for n in e["proof"]],
            bytes.fromhex(point.root),
        )
        for e in data["entries"]
    ]
    assert proven == [True, True, True, True, False]


def test_an_export_of_an_unknown_contract_is_refused(units: Units) -> None:
    with units() as uow, pytest.raises(ContractError, match="没有找到合同"):
        export_audit_unasked(uow, "SHFW-1999-0001")
