"""What a contract says as it stands: the one place that later services ask for the answers in force.

Today that is the latest frozen version; an amendment that takes effect changes it here and nowhere else.
"""

from __future__ import annotations

from app.domain.variables import Answers
from app.services.versions import VersionDamaged, content_hash
from app.store.answers_json import read_stored_answers
from app.store.contracts import ContractRow
from app.store.uow import UnitOfWork
from app.store.versions import latest_version


def standing_answers(uow: UnitOfWork, contract: ContractRow) -> Answers | None:
    """The answers in force, computed ones included; None for a contract whose text isn't in this system. Raises ``VersionDamaged``."""
    row = latest_version(uow.session, contract.id)
    if row is None:
        return None
    if content_hash(row.tree, row.answers) != row.content:
        raise VersionDamaged(row.ordinal)
    return read_stored_answers(row.answers)
