"""The demonstration contract as the services know it; loaded once, since the library never changes during a run."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from functools import cache

from app.domain.approval_route import Function
from app.domain.numbering_pattern import parse_pattern
from app.domain.organisations import BankAccount, Licence, Organisation, Person, ServiceAddress
from app.domain.permissions import Role
from app.library.answers_file import load_example
from app.library.calendars import load_calendar
from app.library.laws import load_laws
from app.library.loader import load_library
from app.services.access import OFFICE
from app.services.drafting import Reference
from app.services.drafts import Actor, create_draft
from app.store.uow import UnitOfWork
from app.store.users import UserRoleRow, UserRow, find_user

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
TODAY = date(2026, 11, 22)
PATTERN = parse_pattern("SHFW-{YYYY}-{NNNN}")
LAWYER = Actor("王律师", "lawyer", frozenset({Role.DRAFTER, Role.CONTRACT_ADMINISTRATOR}))
OTHER = Actor("李律师", "other", frozenset({Role.DRAFTER}))


@cache
def reference() -> Reference:
    return Reference(load_library(), load_laws(), load_calendar())


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def ensure(uow: UnitOfWork, *people: Actor) -> None:
    """Accounts for these people where there are none yet; nobody can sign in with them."""
    for person in people:
        if find_user(uow.session, person.id) is None:
            names = [r.value for r in person.roles] + [OFFICE + f.value for f in person.offices]
            uow.session.add(
                UserRow(
                    id=person.id,
                    login=person.id,
                    name=person.name,
                    email=f"{person.id}@example.com",
                    active=True,
                    created_at=NOW,
                    roles=[UserRoleRow(role=name) for name in sorted(names)],
                )
            )
    uow.session.flush()


def draft(uow: UnitOfWork, number: str = "") -> str:
    """The demonstration contract as a draft; without ``number`` nobody has typed one yet."""
    ensure(uow, LAWYER, OTHER)
    raw = dict(load_example().data)
    contract = {k: v for k, v in raw["contract"].items() if k != "no"}
    if number:
        contract["no"] = number
    return create_draft(uow, LAWYER, NOW, reference().library, {**raw, "contract": contract})


def user(uow: UnitOfWork, login: str, name: str, *roles: Role, offices: frozenset[Function] = frozenset()) -> Actor:
    """A person who acts; the caller commits. Nobody signs in as him, so there is no password."""
    made = Actor(name, uuid.uuid4().hex, frozenset(roles), offices)
    names = [r.value for r in roles] + [OFFICE + o.value for o in offices]
    rows = [UserRoleRow(role=n) for n in names]
    uow.session.add(UserRow(id=made.id, login=login, name=name, email=f"{login}@example.com", created_at=NOW, roles=rows))
    return made


def organisation(**changes: object) -> Organisation:
    """A sound fictitious company."""
    whole = Organisation(
        name="示例科技（北京）有限公司",
        uscc="91110105MA0000007L",
        legal_representative="张三",
        registered_address="北京市朝阳区示例路1号",
        size_class="small",
        addresses=(ServiceAddress("postal", "北京市朝阳区示例路1号", "张三"), ServiceAddress("email", "notice@example.com")),
        bank_accounts=(BankAccount("示例科技（北京）有限公司", "示例银行北京分行", "1100000000000001"),),
        licences=(
            Licence("增值电信业务经营许可证", "京B2-20260001", valid_from=date(2026, 1, 1), valid_until=date(2030, 12, 31)),
        ),
        contacts=(Person("李四", "项目负责人", "010-00000000", "li@example.com"),),
    )
    return Organisation(**{**{name: getattr(whole, name) for name in Organisation.__slots__}, **changes})  # type: ignore[arg-type]
