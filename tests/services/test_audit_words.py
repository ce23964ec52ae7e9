"""Every action that the program logs has its sentence."""

from __future__ import annotations

import ast
from pathlib import Path

from app.domain.audit_words import SENTENCES

SERVICES = Path(__file__).resolve().parents[2] / "app" / "services"
PLACES = {"note": 3, "_note": 3, "record": 2}
"""Where the action stands among the arguments of ``journal.note`` and ``UnitOfWork.record``."""


def _written(node: ast.expr) -> set[str]:
    """The texts that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _written(node.body) | _written(node.orelse)
    return set()


def logged_actions() -> set[str]:
    found = set()
    for path in SERVICES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                place = PLACES.get(name)
                if place is not None and len(node.args) > place:
                    found |= _written(node.args[place])
    return {action for action in found if "." in action}


def test_every_logged_action_has_a_sentence() -> None:
    actions = logged_actions()
    assert len(actions) > 40
    assert sorted(actions - SENTENCES.keys()) == []
