"""What holds for reminders in the whole house: hours, head, the levels of policies; and who could be told of a date."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, time

from app.domain.permissions import Action, Role, may
from app.domain.reminders import Hours, Level, People, Policy, Resolved, Topic, resolve, with_channels
from app.services.access import actor_of, record_of
from app.services.reminding import days_of
from app.store.channels import channels
from app.store.contracts import ContractRow, contracts_with_ids
from app.store.reminders import ReminderPolicyRow, ReminderSubjectRow, person_row, policies_at, settings_row
from app.store.uow import UnitOfWork
from app.store.users import UserRow, find_user, ids_with_role

EVERYWHERE = ""
"""The place of the house's own level."""


@dataclass(frozen=True, slots=True)
class House:
    hours: Hours
    head_id: str | None
    lpr_on: date | None
    laws_on: date | None
    silence_grace: int
    """Working days after a period to speak during which the clock does not record silence yet."""


def house(uow: UnitOfWork, *, lock: bool = False) -> House:
    """``lock``: another clock waits until the end of this transaction, so that two of them take turns."""
    row = settings_row(uow.session, lock=lock)
    hours = Hours(*(time.fromisoformat(t) for t in (row.send_at, row.quiet_from, row.quiet_until)))
    return House(hours, row.head_id, row.lpr_on, row.laws_on, row.silence_grace)


class Policies:
    """Policies of many dates, read at once."""

    def __init__(self, uow: UnitOfWork, subjects: Collection[ReminderSubjectRow]) -> None:
        self.contracts = contracts_of(uow, subjects)
        places = {(Level.HOUSE.value, EVERYWHERE)}
        for contract in self.contracts.values():
            places |= {(Level.FORM.value, contract.form), (Level.CONTRACT.value, contract.id)}
        self._rows = {(r.level, r.place, r.topic): r for r in policies_at(uow.session, places)}
        self._channels = [c.id for c in channels(uow.session) if c.active]

    def of(self, subject: ReminderSubjectRow) -> Resolved:
        contract = self.contracts.get(subject.contract_id or "")
        places = {Level.HOUSE: EVERYWHERE}
        if contract is not None:
            places |= {Level.FORM: contract.form, Level.CONTRACT: contract.id}
        rows = {level: self._rows.get((level.value, place, subject.topic)) for level, place in places.items()}
        found = resolve(Topic(subject.topic), {level: policy_of(row) for level, row in rows.items() if row is not None})
        return Resolved(with_channels(found.policy, self._channels), found.level)


def policy_of(row: ReminderPolicyRow) -> Policy:
    return Policy(days_of(row.days), row.deputy_from, row.head_from, tuple(row.channels.split()), row.working_days)


def contracts_of(uow: UnitOfWork, subjects: Collection[ReminderSubjectRow]) -> Mapping[str, ContractRow]:
    """The contracts that the dates belong to, by id."""
    ids = sorted({s.contract_id for s in subjects if s.contract_id})
    return {row.id: row for i in range(0, len(ids), 500) for row in contracts_with_ids(uow.session, ids[i : i + 500])}


class Crowd:
    """People by id, each read once."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._users: dict[str, UserRow | None] = {}
        self._deputies: dict[str, str | None] = {}
        self._keepers: tuple[str, ...] | None = None

    def user(self, user_id: str | None) -> UserRow | None:
        if user_id and user_id not in self._users:
            self._users[user_id] = find_user(self._uow.session, user_id)
        return self._users.get(user_id or "")

    def deputy_of(self, user_id: str | None) -> str | None:
        if user_id and user_id not in self._deputies:
            row = person_row(self._uow.session, user_id)
            self._deputies[user_id] = row.deputy_id if row else None
        return self._deputies.get(user_id or "")

    def keepers(self) -> tuple[str, ...]:
        if self._keepers is None:
            self._keepers = ids_with_role(self._uow.session, Role.CONTRACT_ADMINISTRATOR.value)
        return self._keepers

    def can_be_told(self, user_id: str, contract: ContractRow | None) -> bool:
        """An open account with an address; of a contract only who may read it."""
        user = self.user(user_id)
        if user is None or not user.active or not user.email:
            return False
        return contract is None or may(actor_of(user), Action.READ_CONTRACTS, record_of(contract))

    def of(self, subject: ReminderSubjectRow, contract: ContractRow | None, head_id: str | None) -> People:
        responsible = subject.responsible_id or (contract.owner_id if contract else None)
        deputy, keepers = self.deputy_of(responsible), self.keepers()
        named = [r.user_id for r in contract.readers] if contract is not None and contract.confidential else []
        keepers = tuple(dict.fromkeys([*keepers, *named]))
        able = frozenset(u for u in (responsible, deputy, head_id, *keepers) if u and self.can_be_told(u, contract))
        return People(responsible, deputy, head_id, keepers, able)
