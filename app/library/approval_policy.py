"""``clauses/approval.yaml`` → the organisation's own part of the approval route: value bands, and when warnings are too many."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from pydantic import Field

from app.domain.approval_route import ApprovalPolicy, Function, ValueBand
from app.domain.errors import LibraryError
from app.library.loader import clauses_root
from app.library.models import Strict
from app.library.yaml_files import read_model


class BandModel(Strict):
    at_least: Decimal = Field(ge=0, decimal_places=2)
    offices: list[Function] = Field(min_length=1)


class PolicyModel(Strict):
    value_bands: list[BandModel]
    warnings_for_head: int = Field(ge=1)


@lru_cache(maxsize=2)
def load_approval_policy(path: Path | None = None) -> ApprovalPolicy:
    """The policy. Raises ``LibraryError`` with every fault and its line; a file that can't be used never means fewer approvers."""
    problems: list[str] = []
    model = read_model(path or clauses_root() / "approval.yaml", PolicyModel, problems)
    if model is None:
        raise LibraryError(problems)
    limits = [b.at_least for b in model.value_bands]
    if limits != sorted(set(limits)):
        raise LibraryError(["approval.yaml：value_bands：金额应由小到大，各不相同"])
    bands = tuple(ValueBand(b.at_least, tuple(dict.fromkeys(b.offices))) for b in model.value_bands)
    return ApprovalPolicy(bands, model.warnings_for_head)
