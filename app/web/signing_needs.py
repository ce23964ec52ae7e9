"""What the pages of a contract's signing ask of the permission table, and those of the ceremony, which need no account; part of ``gate``."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.permissions import Action

_A = Action
SIGNING_NEEDS: Mapping[str, Action] = {
    "signing.show": _A.READ_CONTRACTS,
    "signing.state": _A.READ_CONTRACTS,
    "signing.begin": _A.LEAD_SIGNING,
    "signing.remind": _A.LEAD_SIGNING,
    "signing.address": _A.LEAD_SIGNING,
    "signing.replace": _A.LEAD_SIGNING,
    "signing.withdraw": _A.LEAD_SIGNING,
}
CEREMONY = frozenset(
    f"ceremony.{view}" for view in ("show", "code", "enter", "page", "read", "consent", "sign", "forget", "refuse", "copy")
)
"""Whoever comes here shows a link, and a code that was mailed."""
