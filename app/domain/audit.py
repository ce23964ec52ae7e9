"""The audit log: entries chained by SHA-256, signed checkpoints of its head, and a verification that says what is wrong and where.

The chain alone shows that an entry was changed, taken out or put in. It shows neither a missing tail nor a log that somebody wrote
anew from the first entry; a checkpoint, signed and kept outside the database, shows both up to its own size. The verdict says
how far that reaches. Signing is a port: the domain holds no key.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Protocol

from app.domain.errors import ContractError
from app.domain.merkle import Frontier

ENTRY_CONTEXT = b"chengyue.audit.entry/1\n"
CHECKPOINT_CONTEXT = b"chengyue.audit.checkpoint/1\n"
GENESIS_CONTEXT = b"chengyue.audit.genesis/1\n"
_LARGEST = 2**53 - 1


def canonical_json(value: object) -> bytes:
    """The one encoding of a value (RFC 8785 without floats): keys sorted, no white space, UTF-8.

    Raises ``audit.value`` for floats, integers beyond 2⁵³−1, keys that aren't ASCII, lone surrogates and other types.
    """
    _require_plain(value)
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ContractError("audit.value", "审计内容含有不能编码的字符。") from error


def _require_plain(value: object) -> None:
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int) and abs(value) <= _LARGEST:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise ContractError("audit.value", f"审计内容的字段名须为ASCII字符：{key!r}。")
            _require_plain(inner)
        return
    if isinstance(value, list | tuple):
        for inner in value:
            _require_plain(inner)
        return
    raise ContractError("audit.value", f"审计内容不能是{type(value).__name__}；金额、日期请写成文本。")


@dataclass(frozen=True, slots=True)
class Record:
    """What is to be logged. ``actor``: user id, or ``clock``; ``action``: stable code; ``subject``: id of the contract or empty."""

    at: datetime
    actor: str
    action: str
    subject: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A logged record. ``number`` counts from 1; ``data`` is canonical JSON text; hashes are 64 lower-case hex digits."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    data: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a log: how many entries it has, and the hash the next one is chained to."""

    size: int
    hash: str


def genesis(origin: str) -> Head:
    """The head of an empty log. ``origin`` names the system, so that entries of one log don't fit another."""
    return Head(0, hashlib.sha256(GENESIS_CONTEXT + origin.encode("utf-8")).hexdigest())


def append(head: Head, record: Record) -> Entry:
    """The entry that follows ``head``. Raises ``audit.value`` for data without canonical form and for a naive time."""
    data = canonical_json(dict(record.data)).decode("utf-8")
    number = head.size + 1
    digest = _entry_hash(number, record.at, record.actor, record.action, record.subject, data, head.hash)
    return Entry(number, record.at, record.actor, record.action, record.subject, data, head.hash, digest)


def head_after(entry: Entry) -> Head:
    return Head(entry.number, entry.hash)


def instant(at: datetime) -> str:
    """An aware instant as UTC text with microseconds: ``2026-12-01T09:00:00.000000Z``."""
    if at.tzinfo is None:
        raise ContractError("audit.value", "审计时间须带时区。")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _entry_hash(number: int, at: datetime, actor: str, action: str, subject: str, data: str, previous: str) -> str:
    content = canonical_json([number, instant(at), actor, action, subject, data, previous])
    return hashlib.sha256(ENTRY_CONTEXT + content).hexdigest()


# ---- checkpoints


class CheckpointSigner(Protocol):
    """Signs checkpoints with a key made at first run."""

    @property
    def key_id(self) -> str: ...

    def sign(self, message: bytes) -> bytes: ...


class CheckpointVerifier(Protocol):
    """Knows the public keys. An unknown key id is False, not an error."""

    def verify(self, key_id: str, message: bytes, signature: bytes) -> bool: ...


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The signed statement that the log of ``origin`` had ``size`` entries, this head and this Merkle root, at ``at``."""

    origin: str
    size: int
    head: str
    root: str
    at: datetime
    key_id: str
    signature: bytes

    @property
    def message(self) -> bytes:
        """What the signature covers."""
        return _message(self.origin, self.size, self.head, self.root, self.at, self.key_id)

    def line(self) -> str:
        """One line of JSON for the file outside the database."""
        signature = base64.b64encode(self.signature).decode("ascii")
        fields = {"origin": self.origin, "size": self.size, "head": self.head, "root": self.root, "at": instant(self.at)}
        return canonical_json({**fields, "key": self.key_id, "signature": signature}).decode("utf-8")


def _message(origin: str, size: int, head: str, root: str, at: datetime, key_id: str) -> bytes:
    fields = {"origin": origin, "size": size, "head": head, "root": root, "at": instant(at), "key": key_id}
    return CHECKPOINT_CONTEXT + canonical_json(fields)


def leaf_of(entry: Entry) -> bytes:
    """What the Merkle tree holds of an entry: its hash as 32 bytes."""
    return bytes.fromhex(entry.hash)


def checkpoint(origin: str, head: Head, frontier: Frontier, at: datetime, signer: CheckpointSigner) -> Checkpoint:
    """Sign the end of the log. Raises ``audit.checkpoint`` where head and tree don't have the same size."""
    if head.size != frontier.size:
        raise ContractError("audit.checkpoint", f"链条有{head.size}条，树有{frontier.size}条，不能签发检查点。")
    root = frontier.root.hex()
    signature = signer.sign(_message(origin, head.size, head.hash, root, at, signer.key_id))
    return Checkpoint(origin, head.size, head.hash, root, at, signer.key_id, signature)


def read_checkpoint(line: str) -> Checkpoint:
    """The inverse of ``Checkpoint.line``. Raises ``audit.checkpoint`` for anything else."""
    try:
        raw = json.loads(line)
        texts = [raw[k] for k in ("origin", "head", "root", "key", "at", "signature")]
        if not all(isinstance(t, str) for t in texts) or type(raw["size"]) is not int or raw["size"] < 0:
            raise ValueError(line)
        origin, head, root, key, at, signature = texts
        moment = datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        return Checkpoint(origin, raw["size"], head, root, moment, key, base64.b64decode(signature, validate=True))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ContractError("audit.checkpoint", "检查点文件中有一行不是检查点。") from error


# ---- verification


class FaultKind(Enum):
    """What is wrong with a log."""

    MISSING = "missing"
    """A number is left out: an entry was taken out."""
    OUT_OF_ORDER = "out_of_order"
    """A number that was there already: an entry was put in or moved."""
    ALTERED = "altered"
    """An entry's content doesn't have its hash."""
    UNLINKED = "unlinked"
    """An entry isn't chained to the one before it: that one was replaced, hash and all."""
    REWRITTEN = "rewritten"
    """The chain holds but isn't the one that was signed: the log was written anew."""
    TAIL_MISSING = "tail_missing"
    """A checkpoint was signed over more entries than there are."""
    CHECKPOINT_FORGED = "checkpoint_forged"
    """A checkpoint of another log, or with a signature that doesn't hold."""
    CHECKPOINTS_DISAGREE = "checkpoints_disagree"
    """Two signed checkpoints of one size with different heads: two histories were signed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the first entry concerned and the last (equal for one entry; numbers from 1)."""

    kind: FaultKind
    first: int
    last: int
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """``size``: entries that hold together, counted from the first; ``covered``: how many of them a valid checkpoint vouches for."""

    size: int
    head: str
    covered: int
    covered_at: datetime | None
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        return not self.faults

    @property
    def summary(self) -> str:
        """The verdict in Chinese; it claims no more than was shown."""
        if self.faults:
            return "审计日志验证不通过：" + "".join(f.message for f in self.faults)
        if self.covered_at is None:
            return f"审计日志共{self.size}条，链条一致；没有检查点，不能发现整体重写或者尾部缺失。"
        rest = self.size - self.covered
        tail = f"其后{rest}条只有链条保护，不能发现整体重写或者尾部缺失。" if rest else "全部条目均在检查点之内。"
        return f"审计日志共{self.size}条，链条一致；前{self.covered}条与{instant(self.covered_at)}签发的检查点相符；{tail}"


def verify(origin: str, entries: Iterable[Entry], checkpoints: Sequence[Checkpoint], verifier: CheckpointVerifier) -> Verdict:
    """Check a log, read in the order of its numbers, against its chain and its checkpoints; entries are read once, one at a time.

    Reports every faulty checkpoint and the first fault of the chain. Never raises for what is in the log.
    """
    faults, signed = _sift(origin, checkpoints, verifier)
    head, frontier = genesis(origin), Frontier()
    covered = 0
    covered_at: datetime | None = None
    broken: Fault | None = None
    for entry in entries:
        broken = _break(entry, head)
        if broken is not None:
            break
        head, frontier = head_after(entry), frontier.push(leaf_of(entry))
        due = signed.get(head.size)
        if due is None:
            continue
        if not _matches(due, head, frontier):
            words = f"第{covered + 1}至{head.size}条之间的内容与{instant(due.at)}签发的检查点不符，日志被重写。"
            broken = Fault(FaultKind.REWRITTEN, covered + 1, head.size, words)
            break
        covered, covered_at = head.size, due.at
    largest = max(signed, default=0)
    if broken is None and largest > head.size:
        words = f"检查点证明曾有{largest}条，现只有{head.size}条，第{head.size + 1}至{largest}条缺失。"
        broken = Fault(FaultKind.TAIL_MISSING, head.size + 1, largest, words)
    return Verdict(head.size, head.hash, covered, covered_at, (*faults, *((broken,) if broken else ())))


def _sift(
    origin: str, checkpoints: Sequence[Checkpoint], verifier: CheckpointVerifier
) -> tuple[list[Fault], dict[int, Checkpoint]]:
    """Faulty checkpoints, and the valid ones by size."""
    faults: list[Fault] = []
    valid: dict[int, Checkpoint] = {}
    for point in checkpoints:
        other = valid.get(point.size)
        if point.origin != origin or not verifier.verify(point.key_id, point.message, point.signature):
            words = f"第{point.size}条处的检查点签名无效或者不属于本系统。"
            faults.append(Fault(FaultKind.CHECKPOINT_FORGED, point.size, point.size, words))
        elif other is not None and (other.head, other.root) != (point.head, point.root):
            words = f"第{point.size}条处有两个相互矛盾的检查点。"
            faults.append(Fault(FaultKind.CHECKPOINTS_DISAGREE, point.size, point.size, words))
        else:
            valid[point.size] = point
    return faults, valid


def _matches(point: Checkpoint, head: Head, frontier: Frontier) -> bool:
    return (point.size, point.head, point.root) == (head.size, head.hash, frontier.root.hex())


def _break(entry: Entry, head: Head) -> Fault | None:
    """What is wrong with ``entry`` as the one behind ``head``."""
    number = head.size + 1
    if entry.number > number:
        gap = f"第{number}条" if entry.number == number + 1 else f"第{number}至{entry.number - 1}条"
        return Fault(FaultKind.MISSING, number, entry.number - 1, f"{gap}缺失。")
    if entry.number < number:
        return Fault(FaultKind.OUT_OF_ORDER, entry.number, entry.number, f"第{entry.number}条重复或者次序错乱。")
    if _computed(entry) != entry.hash:
        return Fault(FaultKind.ALTERED, number, number, f"第{number}条的内容与其哈希不符，被改动。")
    if entry.previous != head.hash:
        words = f"第{number}条与前一条不衔接，前一条或者本条被替换。"
        return Fault(FaultKind.UNLINKED, number, number, words)
    return None


def _computed(entry: Entry) -> str:
    """The hash of what the entry says; empty where it says something that could never have been logged."""
    try:
        return _entry_hash(entry.number, entry.at, entry.actor, entry.action, entry.subject, entry.data, entry.previous)
    except ContractError:
        return ""
