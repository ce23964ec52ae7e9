"""The audit log: one encoding, one chain, and a verification that finds every tampering and names its place."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.audit import (
    Checkpoint,
    Entry,
    FaultKind,
    Record,
    Verdict,
    append,
    canonical_json,
    checkpoint,
    genesis,
    head_after,
    instant,
    leaf_of,
    read_checkpoint,
    verify,
)
from app.domain.errors import ContractError
from app.domain.merkle import Frontier, included, inclusion_proof

ORIGIN = "chengyue-test"
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


class Key:
    """Stands in for the system's key: a keyed hash, so that a signature can't be made without the secret."""

    def __init__(self, key_id: str = "k1", secret: bytes = b"secret") -> None:
        self.key_id = key_id
        self._secret = secret

    def sign(self, message: bytes) -> bytes:
        return hmac.digest(self._secret, message, "sha256")

    def verify(self, key_id: str, message: bytes, signature: bytes) -> bool:
        return key_id == self.key_id and hmac.compare_digest(self.sign(message), signature)


KEY = Key()


def record(number: int, **data: Any) -> Record:
    at = NOW + timedelta(minutes=number)
    return Record(at, "lin", "contract.saved", "C-12", {"revision": number, "note": "修改第8.2.3条", **data})


def log(size: int, origin: str = ORIGIN, **data: Any) -> list[Entry]:
    head, entries = genesis(origin), []
    for number in range(1, size + 1):
        entries.append(append(head, record(number, **data)))
        head = head_after(entries[-1])
    return entries


def point(entries: Sequence[Entry], origin: str = ORIGIN, key: Key = KEY) -> Checkpoint:
    frontier = Frontier()
    for entry in entries:
        frontier = frontier.push(leaf_of(entry))
    head = head_after(entries[-1]) if entries else genesis(origin)
    return checkpoint(origin, head, frontier, NOW + timedelta(days=1), key)


def rechained(entries: Sequence[Entry]) -> list[Entry]:
    """The same contents with numbers, links and hashes computed anew, as somebody with the database could."""
    head, out = genesis(ORIGIN), []
    for entry in entries:
        out.append(append(head, Record(entry.at, entry.actor, entry.action, entry.subject, {"raw": entry.data})))
        head = head_after(out[-1])
    return out


def check(entries: Sequence[Entry], *points: Checkpoint) -> Verdict:
    return verify(ORIGIN, entries, points, KEY)


def fault(verdict: Verdict) -> tuple[FaultKind, int, int]:
    first = verdict.faults[0]
    return first.kind, first.first, first.last


# ---- encoding


def test_equal_values_have_one_encoding_whatever_the_order_of_their_keys() -> None:
    assert canonical_json({"b": [1, True, None], "a": "条\n"}) == '{"a":"条\\n","b":[1,true,null]}'.encode()
    assert canonical_json({"a": "条\n", "b": (1, True, None)}) == canonical_json({"b": [1, True, None], "a": "条\n"})


@pytest.mark.parametrize("value", [1.5, 2**53, {"条": 1}, {1: 1}, "\ud800", NOW, {"a": [object()]}, b"x", {"a"}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ContractError, match="审计内容"):
        canonical_json(value)


def test_an_instant_is_written_in_utc_with_microseconds() -> None:
    beijing = timezone(timedelta(hours=8))
    assert instant(datetime(2026, 12, 1, 17, 0, 0, 5, tzinfo=beijing)) == "2026-12-01T09:00:00.000005Z"
    with pytest.raises(ContractError, match="时区"):
        append(genesis(ORIGIN), replace(record(1), at=datetime(2026, 12, 1)))


def test_the_hash_of_an_entry_can_be_computed_from_its_description_alone() -> None:
    entry = log(1)[0]
    start = hashlib.sha256(b"chengyue.audit.genesis/1\nchengyue-test").hexdigest()
    content = (
        '[1,"2026-12-01T09:01:00.000000Z","lin","contract.saved","C-12",'
        '"{\\"note\\":\\"修改第8.2.3条\\",\\"revision\\":1}","' + start + '"]'
    )
    assert entry.hash == hashlib.sha256(("chengyue.audit.entry/1\n" + content).encode()).hexdigest()


# ---- a sound log


def test_a_log_that_nobody_touched_is_sound_and_says_how_far_it_is_vouched_for() -> None:
    entries = log(9)
    verdict = check(entries, point(entries[:4]), point(entries[:7]))
    assert verdict.sound
    assert (verdict.size, verdict.covered, verdict.head) == (9, 7, entries[-1].hash)
    assert "前7条与2026-12-02T09:00:00.000000Z签发的检查点相符；其后2条只有链条保护" in verdict.summary


def test_without_checkpoints_the_verdict_claims_no_more_than_the_chain() -> None:
    verdict = check(log(3))
    assert verdict.sound
    assert "没有检查点，不能发现整体重写或者尾部缺失" in verdict.summary


def test_an_empty_log_is_sound() -> None:
    assert check([]).sound
    assert check([], point([])).sound


# ---- tampering

CHANGES = [
    {"at": NOW}, {"at": datetime(2026, 12, 1, 9, 3)}, {"actor": "he"}, {"action": "contract.voided"}, {"subject": "C-13"},
    {"data": '{"note":"修改第8.2.4条","revision":3}'}, {"data": '{"note": "修改第8.2.3条","revision":3}'}, {"hash": "0" * 64},
    {"hash": "not a hash"},
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_entry_is_named(change: dict[str, Any]) -> None:
    entries = log(6)
    entries[2] = replace(entries[2], **change)
    verdict = check(entries)
    assert fault(verdict) == (FaultKind.ALTERED, 3, 3)
    assert "第3条的内容与其哈希不符" in verdict.summary
    assert verdict.size == 2


def test_an_entry_replaced_with_its_hash_shows_at_the_link_behind_it() -> None:
    entries = log(6)
    entries[2] = append(head_after(entries[1]), record(3, note="伪造"))
    assert fault(check(entries)) == (FaultKind.UNLINKED, 4, 4)


def test_an_entry_taken_out_is_named() -> None:
    entries = log(6)
    assert fault(check([*entries[:2], *entries[4:]])) == (FaultKind.MISSING, 3, 4)
    assert fault(check(entries[1:])) == (FaultKind.MISSING, 1, 1)


def test_an_entry_repeated_or_moved_is_named() -> None:
    entries = log(6)
    assert fault(check([*entries[:4], entries[1], *entries[4:]])) == (FaultKind.OUT_OF_ORDER, 2, 2)
    swapped = [entries[0], entries[2], entries[1], *entries[3:]]
    assert fault(check(swapped)) == (FaultKind.MISSING, 2, 2)


def test_a_renumbered_log_is_noticed() -> None:
    entries = log(5)
    closed = [*entries[:2], *(replace(e, number=e.number - 1) for e in entries[3:])]
    assert fault(check(closed)) == (FaultKind.ALTERED, 3, 3)


def test_a_log_written_anew_shows_between_the_checkpoint_that_holds_and_the_one_that_does_not() -> None:
    entries = log(9)
    points = point(entries[:3]), point(entries[:6]), point(entries)
    forged = [*entries[:4]]
    for number in range(5, 10):
        forged.append(append(head_after(forged[-1]), record(number, note="伪造")))
    assert check(forged).sound, "the chain alone can't see it"
    verdict = check(forged, *points)
    assert fault(verdict) == (FaultKind.REWRITTEN, 4, 6)
    assert "第4至6条之间" in verdict.summary


def test_a_log_written_anew_from_the_first_entry_is_noticed() -> None:
    entries = log(5)
    assert fault(check(rechained(entries), point(entries))) == (FaultKind.REWRITTEN, 1, 5)


def test_a_missing_tail_is_noticed_up_to_the_last_checkpoint() -> None:
    entries = log(9)
    verdict = check(entries[:5], point(entries[:4]), point(entries[:8]))
    assert fault(verdict) == (FaultKind.TAIL_MISSING, 6, 8)
    assert "第6至8条缺失" in verdict.summary
    assert check(entries[:8], point(entries[:8])).sound, "what came after the last checkpoint can't be seen"


def test_an_emptied_log_is_noticed() -> None:
    assert fault(check([], point(log(3)))) == (FaultKind.TAIL_MISSING, 1, 3)


@pytest.mark.parametrize(
    "change",
    [{"size": 2}, {"head": "0" * 64}, {"root": "0" * 64}, {"at": NOW}, {"key_id": "k2"}, {"signature": b""}, {"origin": "x"}],
)
def test_a_forged_checkpoint_is_noticed_and_vouches_for_nothing(change: dict[str, Any]) -> None:
    entries = log(3)
    verdict = check(entries, replace(point(entries), **change))
    assert verdict.faults[0].kind is FaultKind.CHECKPOINT_FORGED
    assert verdict.covered == 0


def test_a_checkpoint_of_another_system_vouches_for_nothing() -> None:
    entries, other = log(3), log(3, "other")
    assert fault(check(entries, point(other, "other")))[0] is FaultKind.CHECKPOINT_FORGED
    assert fault(check(other))[0] is FaultKind.UNLINKED


def test_two_signed_histories_contradict_each_other() -> None:
    entries = log(3)
    verdict = check(entries, point(entries), point(log(3, note="另一份")))
    assert FaultKind.CHECKPOINTS_DISAGREE in {f.kind for f in verdict.faults}


def test_a_fault_of_a_checkpoint_does_not_hide_one_of_the_chain() -> None:
    entries = log(4)
    points = point(entries), replace(point(entries[:2]), signature=b"x")
    entries[3] = replace(entries[3], actor="he")
    assert [f.kind for f in check(entries, *points).faults] == [FaultKind.CHECKPOINT_FORGED, FaultKind.ALTERED]


@given(st.integers(1, 12), st.data())
def test_no_single_change_of_a_log_under_a_checkpoint_goes_unnoticed(size: int, data: st.DataObject) -> None:
    entries = log(size)
    seal = point(entries)
    index = data.draw(st.integers(0, size - 1))
    kind = data.draw(st.sampled_from(["drop", "cut", "copy", "edit", "relink", "rewrite"]))
    match kind:
        case "drop":
            bad = [*entries[:index], *entries[index + 1 :]]
        case "cut":
            bad = entries[:index]
        case "copy":
            bad = [*entries[: index + 1], entries[index], *entries[index + 1 :]]
        case "edit":
            bad = [*entries[:index], replace(entries[index], actor="he"), *entries[index + 1 :]]
        case "relink":
            bad = [*entries[:index], replace(entries[index], previous="0" * 64), *entries[index + 1 :]]
        case _:
            bad = rechained(entries)
    verdict = check(bad, seal)
    assert not verdict.sound
    assert kind == "rewrite" or verdict.faults[0].first in (index, index + 1)


# ---- checkpoints outside the database


def test_a_checkpoint_survives_its_file() -> None:
    seal = point(log(3))
    assert read_checkpoint(seal.line()) == seal
    assert seal.line().isascii()


@pytest.mark.parametrize("line", ["", "{}", "[]", "null", '{"size":1}', '{"origin":1}', "[" * 100_000])
def test_a_line_that_is_no_checkpoint_is_refused(line: str) -> None:
    with pytest.raises(ContractError, match="不是检查点"):
        read_checkpoint(line)


def test_a_checkpoint_is_not_signed_over_a_tree_of_another_size() -> None:
    with pytest.raises(ContractError, match="不能签发检查点"):
        checkpoint(ORIGIN, genesis(ORIGIN), Frontier().push(b"x"), NOW, KEY)


def test_an_exported_entry_is_proven_against_the_root_of_a_checkpoint() -> None:
    entries = log(9)
    leaves = [leaf_of(e) for e in entries]
    assert included(leaves[4], 4, 9, inclusion_proof(leaves, 4), bytes.fromhex(point(entries).root))


def test_five_thousand_entries_are_verified_within_seconds() -> None:
    entries = log(5_000)
    seal = point(entries)
    start = time.perf_counter()
    assert check(entries, seal).sound
    assert time.perf_counter() - start < 5
