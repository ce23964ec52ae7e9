"""The house's channels: entered, tried, switched off; their addresses and secrets sealed, and never shown again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from app.domain.channels import ChannelKind, Posting, Target, target_faults
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.messages import MailRefused, MailUndelivered
from app.domain.permissions import Action, Actor, require
from app.services.journal import note
from app.services.ports import Poster
from app.store.channels import ChannelRow, channels, find_channel
from app.store.reminders import ask_for_planning
from app.store.uow import ChangedMeanwhile, UnitOfWork
from app.store.vault import Vault

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class ChannelView:
    """``problem``: why the last message failed; ``signed``: a secret is stored."""

    id: str
    kind: ChannelKind
    name: str
    active: bool
    signed: bool
    tried_at: datetime | None
    problem: str
    revision: int


@dataclass(frozen=True, slots=True)
class NewChannel:
    kind: ChannelKind
    name: str
    address: str
    secret: str = ""


class ChannelMissing(ContractError):
    def __init__(self) -> None:
        super().__init__("channel.missing", "没有找到这个渠道。")


def list_channels(uow: UnitOfWork, actor: Actor) -> tuple[ChannelView, ...]:
    require(actor, Action.READ_REMINDERS)
    return tuple(_view(row) for row in channels(uow.session))


def add_channel(
    uow: UnitOfWork, actor: Actor, now: datetime, vault: Vault, new: NewChannel, *, local_allowed: bool = False
) -> str:
    """Raises ``InputError`` with every fault; commits."""
    require(actor, Action.KEEP_REMINDERS)
    name = new.name.strip()
    faults = list(target_faults(Target(new.kind, new.address, new.secret), local_allowed=local_allowed))
    if not name or len(name) > LONGEST_NAME:
        faults.append(InputFault("name", "名称", f"须填写，不超过 {LONGEST_NAME} 个字", "例如：法务提醒群"))
    elif any(c.name == name for c in channels(uow.session)):
        faults.append(InputFault("name", "名称", "已有同名的渠道", "换一个名称"))
    if faults:
        raise InputError(faults)
    row = ChannelRow(
        id=uuid.uuid4().hex, kind=new.kind.value, name=name, active=True, problem="", created_at=now, created_by=actor.name
    )
    row.address = vault.seal(new.address, _purpose(row.id, "address"))
    row.secret = vault.seal(new.secret, _purpose(row.id, "secret")) if new.secret else ""
    uow.session.add(row)
    note(uow, actor, now, "channel.added", subject=row.id, name=name, kind=new.kind.value)
    uow.commit()
    return row.id


def switch_channel(uow: UnitOfWork, actor: Actor, now: datetime, channel_id: str, revision: int, *, active: bool) -> None:
    """What is off carries nothing; policies that name it go on to their next channel. Commits."""
    require(actor, Action.KEEP_REMINDERS)
    row = find_channel(uow.session, channel_id)
    if row is None:
        raise ChannelMissing
    if row.revision != revision:
        raise ChangedMeanwhile
    row.active = active
    note(uow, actor, now, "channel.switched", subject=row.id, name=row.name, active=active)
    ask_for_planning(uow.session, now)
    uow.commit()


def try_channel(uow: UnitOfWork, actor: Actor, now: datetime, vault: Vault, poster: Poster, channel_id: str) -> str:
    """Post a line at once; why it failed, or nothing. A person waits for the answer, so this one isn't queued. Commits."""
    require(actor, Action.KEEP_REMINDERS)
    row = find_channel(uow.session, channel_id)
    if row is None:
        raise ChannelMissing
    target, name = open_channel(row, vault), row.name
    uow.session.rollback()  # nobody waits for a lock while a platform answers
    words = Posting(uuid.uuid4().hex, "成约：渠道测试", f"{actor.name}测试渠道“{name}”。收到本条即表示可以使用。", now)
    problem = ""
    try:
        poster.post(target, words)
    except (MailRefused, MailUndelivered) as error:
        problem = error.message
    found = find_channel(uow.session, channel_id)
    if found is not None:
        found.tried_at, found.problem = now, problem
    note(uow, actor, now, "channel.tried", subject=channel_id, name=name, problem=problem)
    uow.commit()
    return problem


def open_channel(row: ChannelRow, vault: Vault) -> Target:
    """Raises ``SecretUnreadable``."""
    secret = vault.open(row.secret, _purpose(row.id, "secret")) if row.secret else ""
    return Target(ChannelKind(row.kind), vault.open(row.address, _purpose(row.id, "address")), secret)


def _purpose(channel_id: str, part: str) -> str:
    return f"channel {channel_id} {part}"


def _view(row: ChannelRow) -> ChannelView:
    return ChannelView(
        row.id, ChannelKind(row.kind), row.name, row.active, bool(row.secret), row.tried_at, row.problem, row.revision
    )
