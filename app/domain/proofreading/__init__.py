"""Proofreading: a flat list of small rules over one draft, each giving findings (legal rules R-01…R-48 and X-03…X-06).

``proofread(draft, stage)`` runs them; ``unresolved`` says what still stands in the way of a final document.
"""

from app.domain.proofreading.facts import Draft
from app.domain.proofreading.finding import Finding, Place, ReplaceText, SetVariable, Severity, Stage
from app.domain.proofreading.registry import RULES, proofread, unresolved

__all__ = [
    "RULES", "Draft", "Finding", "Place", "ReplaceText", "SetVariable", "Severity", "Stage", "proofread", "unresolved",
]  # fmt: skip
