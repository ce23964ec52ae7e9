"""Verification in a process of its own, with limits of memory, processor and wall time; nothing it reads can hang or crash us.

The process is used for one file. It is a copy of one that has its libraries loaded already; see ``spawning``.
"""

from __future__ import annotations

import base64
import gc
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import IO, Any, NoReturn

from signatures.verification.asking import Expected, Trust
from signatures.verification.reasons import reason
from signatures.verification.spawning import give_up, serve, spawner
from signatures.verification.verdict import Outcome, Verdict, read_verdict

_LARGEST_ANSWER = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """``memory``: MB of address space; ``processor``: seconds for one file; ``wall``: the same, and loading libraries if it is the first."""

    memory: int = 1536
    processor: int = 60
    wall: int = 90


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies files, each in a process of its own. Safe to share between threads."""

    limits: Limits = Limits()

    def verify(self, pdf: bytes, trust: Trust, now: datetime, expected: Expected | None = None) -> Verdict:
        """The verdict on ``pdf``; a file that exceeds the limits is one that can't be read."""
        asked = _question(pdf, trust, expected or Expected(), now)
        try:
            answer = self._asked(asked)
        except TimeoutError:
            return _unreadable(pdf)
        # It ends with a line feed if the process came to its end.
        return read_verdict(json.loads(answer)) if answer.endswith(b"\n") else _unreadable(pdf)

    def _asked(self, question: bytes) -> bytes:
        limits = self.limits
        for _ in range(2):
            source = spawner()
            try:
                answer = source.answer(question, limits.memory * 1024 * 1024, limits.processor, limits.wall, _LARGEST_ANSWER)
            except TimeoutError:
                raise
            except OSError:
                answer = b""
            if answer:
                break
            give_up(source)  # somebody ended the process to copy; that is no fault of the file
        return answer


def wait() -> NoReturn:
    """The process's own side: libraries first, then copies that verify."""
    gc.disable()  # all of it stays: looking for garbage in it meanwhile takes a sixth of the time
    from signatures.verification import examine  # noqa: F401

    gc.enable()
    serve(_work)


def _work(question: int, answer: int) -> None:
    from signatures.verification.examine import examine

    with open(question, "rb") as asked:
        asked.seek(0)
        head, pdf = _read(asked)
    trust = Trust(**{name: tuple(map(base64.b64decode, items)) for name, items in head["trust"].items()})
    expected = Expected(**{**head["expected"], "system": tuple(head["expected"]["system"])})
    verdict = examine(pdf, trust, expected, datetime.fromisoformat(head["now"]))
    with open(answer, "wb") as out:
        out.write(json.dumps(verdict.data(), ensure_ascii=False).encode() + b"\n")


def _question(pdf: bytes, trust: Trust, expected: Expected, now: datetime) -> bytes:
    head = {
        "trust": {name: [base64.b64encode(i).decode() for i in items] for name, items in asdict(trust).items()},
        "expected": {"digest": expected.digest, "signers": dict(expected.signers), "system": list(expected.system)},
        "now": now.isoformat(),
    }
    text = json.dumps(head).encode()
    return len(text).to_bytes(8, "big") + text + pdf


def _read(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(stream.read(8), "big")
    head: dict[str, Any] = json.loads(stream.read(length))
    return head, stream.read()


def _unreadable(pdf: bytes) -> Verdict:
    return Verdict(Outcome.UNREADABLE, sha256(pdf).hexdigest(), len(pdf), 0, reasons=(reason("file.limits"),))
