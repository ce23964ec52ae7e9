"""What the pages of signing and of seals ask of the permission table, and those of the ceremony, which need no account; part of ``gate``."""

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
    "signing.code_way": _A.LEAD_SIGNING,
    "signing.authority": _A.LEAD_SIGNING,
    "signing.replace": _A.LEAD_SIGNING,
    "signing.withdraw": _A.LEAD_SIGNING,
    "paper_signing.show": _A.READ_CONTRACTS,
    "paper_signing.state": _A.READ_CONTRACTS,
    "paper_signing.sheet": _A.READ_CONTRACTS,
    "paper_signing.copy": _A.LEAD_SIGNING,
    "paper_signing.scan": _A.LEAD_SIGNING,
    "paper_signing.record": _A.LEAD_SIGNING,
    "elsewhere.index": _A.LEAD_SIGNING,
    "elsewhere.file": _A.LEAD_SIGNING,
    "elsewhere.accept": _A.LEAD_SIGNING,
    "api_tokens.index": _A.KEEP_API_TOKENS,
    "api_tokens.make": _A.KEEP_API_TOKENS,
    "api_tokens.revoke": _A.KEEP_API_TOKENS,
    "trust.index": _A.READ_TRUST,
    "trust.look": _A.KEEP_TRUST,
    "trust.add": _A.KEEP_TRUST,
    "trust.remove": _A.KEEP_TRUST,
    "evidence.show": _A.READ_CONTRACTS,
    "evidence.state": _A.READ_CONTRACTS,
    "evidence.make": _A.LEAD_SIGNING,
    "seals.index": _A.READ_SEALS,
    "seals.show": _A.READ_SEALS,
    "seals.specimen": _A.READ_SEALS,
    "seals.authority": _A.READ_SEALS,
    "seals.new": _A.KEEP_SEALS,
    "seals.create": _A.KEEP_SEALS,
    "seals.appoint": _A.KEEP_SEALS,
    "seals.dismiss": _A.KEEP_SEALS,
    "seals.put_image": _A.READ_SEALS,
    "seals.move": _A.READ_SEALS,
    "contract_seals.show": _A.READ_CONTRACTS,
    "contract_seals.apply": _A.APPLY_FOR_SEAL,
    "contract_seals.withdraw": _A.HANDLE_SEAL,
    "contract_seals.decide": _A.HANDLE_SEAL,
    "contract_seals.release": _A.HANDLE_SEAL,
    "contract_seals.use": _A.HANDLE_SEAL,
}
CEREMONY = frozenset(
    f"ceremony.{view}" for view in ("show", "code", "enter", "page", "read", "consent", "sign", "forget", "refuse", "copy")
) | {"ceremony_elsewhere.show", "ceremony_elsewhere.upload"}
"""Whoever comes here shows a link, and a code that was mailed."""
API = frozenset(f"api.{view}" for view in ("state", "file", "show", "content", "prepare", "complete"))
"""Whoever comes here shows a token; ``app.web.api`` asks for it and the services ask the permission table for its maker."""
