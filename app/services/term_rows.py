"""Stored renewals as the law sees them."""

from __future__ import annotations

from app.domain.term_chain import Origin, Term
from app.store.terms import TermRow


def term_of(row: TermRow) -> Term:
    return Term(row.number, row.first_day, row.last_day, Origin(row.origin), row.years, row.counts, row.paper)
