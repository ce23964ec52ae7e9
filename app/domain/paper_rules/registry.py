"""The flat list of checks, and running them."""

from __future__ import annotations

from app.domain.paper_rules import amendments, common, ends, notices, settlements
from app.domain.paper_rules.context import PaperDraft, PaperRule
from app.domain.proofreading.finding import Finding

PAPER_RULES: tuple[PaperRule, ...] = (
    *common.RULES,
    *amendments.RULES,
    *ends.RULES,
    *notices.RULES,
    *settlements.RULES,
)


def proofread_paper(draft: PaperDraft) -> tuple[Finding, ...]:
    """Every finding of the checks for this kind of paper: errors first, then warnings; each in the order of the rules."""
    found = []
    for rule in PAPER_RULES:
        if draft.kind not in rule.kinds:
            continue
        basis = tuple(c for c in (draft.laws.citation(code) for code in rule.basis) if c is not None)
        for hit in rule.check(draft):
            found.append(Finding(rule.id, hit.severity, hit.message, hit.place, basis, hit.fix or rule.fix, hit.patch))
    return tuple(sorted(dict.fromkeys(found), key=lambda f: f.severity.rank))
