"""What was changed after each signature of a certified file.

pyHanko holds every later revision against the certified one, once; the fields that a signature locks are then compared by
their own state, revision by revision. That is as strict as holding every revision against every signed one, and a tagged
contract with five signatures takes a third of the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel, SuspiciousModification
from pyhanko.sign.diff_analysis.policies import StandardDiffPolicy
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signatures.object_digest import ObjectDigests
from signatures.pdf_syntax import PdfFileReader
from signatures.verification.contents import get
from signatures.verification.verdict import Change

_POLICY: StandardDiffPolicy = DEFAULT_DIFF_POLICY
_LEVELS = {
    ModificationLevel.NONE: Change.NOTHING,
    ModificationLevel.LTA_UPDATES: Change.ARCHIVED,
    ModificationLevel.FORM_FILLING: Change.FILLED,
}
_ORDER = (Change.NOTHING, Change.ARCHIVED, Change.FILLED, Change.UNKNOWN, Change.NOT_ALLOWED)


def level_of(result: object) -> Change:
    """pyHanko's result as ours."""
    return _LEVELS.get(getattr(result, "modification_level", ModificationLevel.OTHER), Change.NOT_ALLOWED)


@dataclass(frozen=True, slots=True)
class Step:
    """One revision behind the certified one. ``problem``: why it is not allowed, in pyHanko's words."""

    revision: int
    change: Change
    problem: str = ""


class History:
    """The revisions of a file behind its certification."""

    def __init__(self, reader: PdfFileReader, certification: EmbeddedPdfSignature) -> None:
        self._reader = reader
        self._last = reader.xrefs.total_revisions - 1
        self._base = certification.signed_revision
        base = reader.get_historical_resolver(self._base)
        self.steps = tuple(self._step(base, number, certification) for number in range(self._base + 1, self._last + 1))
        self._fields: dict[int, dict[str, Any]] = {}
        self._states: dict[tuple[int, str], str] = {}
        self._digests: dict[int, ObjectDigests] = {}

    def after(self, revision: int) -> Change:
        """The most that happened behind ``revision``."""
        return max((s.change for s in self.steps if s.revision > revision), key=_ORDER.index, default=Change.NOTHING)

    def problem(self, revision: int) -> str:
        """Why a later revision is not allowed; empty if all are."""
        return next((s.problem for s in self.steps if s.revision > revision and s.problem), "")

    def disturbed(self, signature: EmbeddedPdfSignature) -> tuple[str, ...]:
        """Fields locked by ``signature`` (its own is one) whose state is not in every later revision what it was then."""
        names = self._locked(signature)
        return tuple(name for name in names if not self._same(name, signature.signed_revision))

    def removed(self) -> tuple[str, ...]:
        """Signature fields that were filled once and are empty or gone in a later revision."""
        lost: set[str] = set()
        before: set[str] = set()
        for revision in range(self._base, self._last + 1):
            at = self._reader.get_historical_resolver(revision)
            filled = {str(name) for name, value, _ in enumerate_sig_fields(at) if value is not None}
            lost |= before - filled
            before |= filled
        return tuple(sorted(lost))

    def _step(self, base: HistoricalResolver, number: int, certification: EmbeddedPdfSignature) -> Step:
        new = self._reader.get_historical_resolver(number)
        try:
            found = _POLICY.apply(base, new, certification.fieldmdp, certification.docmdp_level)
        except SuspiciousModification as problem:
            return Step(number, Change.NOT_ALLOWED, str(problem) or "suspicious modification")
        level = certification.docmdp_level
        if level is not None and found.modification_level.value > level.value:
            return Step(number, Change.NOT_ALLOWED, f"changes beyond DocMDP {level.value}")
        return Step(number, level_of(found))

    def _locked(self, signature: EmbeddedPdfSignature) -> Iterable[str]:
        lock = signature.fieldmdp
        own = {signature.fq_name}
        if lock is None:
            return sorted(own)
        return sorted(own | {name for name in self._at(signature.signed_revision) if lock.is_locked(name)})

    def _same(self, name: str, since: int) -> bool:
        first = self._state(since, name)
        return all(self._state(revision, name) == first for revision in range(since + 1, self._last + 1))

    def _state(self, revision: int, name: str) -> str:
        """Digest of everything that a field is and shows."""
        key = revision, name
        if key not in self._states:
            node = self._at(revision).get(name)
            self._states[key] = "" if node is None else self._digests.setdefault(revision, ObjectDigests()).of(node)
        return self._states[key]

    def _at(self, revision: int) -> dict[str, Any]:
        if revision not in self._fields:
            root = self._reader.get_historical_resolver(revision).root
            self._fields[revision] = dict(_terminal(get(get(root, "/AcroForm"), "/Fields") or (), "", 0))
        return self._fields[revision]


def _terminal(references: Iterable[Any], prefix: str, depth: int) -> Iterable[tuple[str, Any]]:
    if depth > 8:
        raise ValueError("form fields nested too deep")
    for reference in references:
        node = reference.get_object()
        name = f"{prefix}{get(node, '/T')}"
        kids = get(node, "/Kids")
        if kids is not None and get(node, "/FT") is None:
            yield from _terminal(kids, f"{name}.", depth + 1)
        else:
            yield name, node
