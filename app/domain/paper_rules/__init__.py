"""Checks of the eight papers (brief part C): a flat list of small rules, each with its legal basis and how to mend what it finds."""

from app.domain.paper_rules.context import AmendmentFacts, OtherPaper, PaperDraft, PaperRule
from app.domain.paper_rules.registry import PAPER_RULES, proofread_paper

__all__ = ["PAPER_RULES", "AmendmentFacts", "OtherPaper", "PaperDraft", "PaperRule", "proofread_paper"]
