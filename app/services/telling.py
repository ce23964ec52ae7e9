"""Telling people: everything that waits for one person goes out in one message, once a day.

The message, the notices it answers for and the log are one transaction. Delivery is the outbox's affair: at least once, under one
Message-ID over all attempts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.agenda import Entry
from app.domain.messages import NewMail
from app.domain.reminders import DEFAULTS, MAIL, Topic, distance
from app.domain.term import chinese_date
from app.services.decision_links import Choices, make_links
from app.services.moving import law_day
from app.services.ports import CalendarWriter, MailWriter
from app.services.reminder_house import Crowd, contracts_of, house
from app.services.reminding import days_of
from app.store.channels import find_channel
from app.store.contracts import ContractRow
from app.store.outbox import OutboxRow, message_with_key
from app.store.reminders import (
    DROPPED,
    TOLD,
    UNTOLD,
    ReminderNoticeRow,
    ReminderSubjectRow,
    Waiting,
    notices_waiting,
    people_waiting,
    person_row,
)
from app.store.uow import UnitOfWork
from app.store.users import UserRow

log = logging.getLogger(__name__)
PEOPLE = 500
SUBJECT = 300
"""Characters of a message's subject, as the outbox keeps it."""
LINES = 200
"""Dates in one message; what is beyond it goes into the next one."""


@dataclass(frozen=True, slots=True)
class Post:
    """How messages are written. ``base_url``: where the pages are; ``key``: signs the links that decide."""

    write: MailWriter
    calendar: CalendarWriter
    base_url: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Item:
    """One date as a message tells it. ``previous``: the date that people were told before, empty where none was."""

    about: str
    topic: str
    title: str
    day_label: str
    due: str
    distance: str
    detail: tuple[str, ...]
    link: str
    why: str
    previous: str
    choices: Choices


def tell_people(
    units: Callable[[], UnitOfWork], now: datetime, post: Post, *, carry_on: Callable[[], bool] = lambda: True
) -> int:
    """One message for everybody for whom something waits, one transaction each; how many messages were written."""
    told = 0
    with units() as uow:
        waiting = people_waiting(uow.session, now, PEOPLE)
    for user_id in waiting:
        if not carry_on():
            break
        try:
            with units() as uow:
                house(uow, lock=True)
                count = _tell(uow, now, post, user_id)
                uow.commit()
        except Exception:
            # A fault with one person's message must not keep the others waiting; it is tried again at the next wake-up.
            log.exception("telling %s failed", user_id)
        else:
            told += count
    return told


def _tell(uow: UnitOfWork, now: datetime, post: Post, user_id: str) -> int:
    found = notices_waiting(uow.session, user_id, now)
    crowd, contracts = Crowd(uow), contracts_of(uow, [s for _, _, s in found])
    ways: dict[str, list[Waiting]] = {}
    for notice, moment, subject in found:
        notice.not_before = None
        if subject.due_on != moment.due_on:  # closed or moved while the notice waited
            notice.state = DROPPED
        elif not crowd.can_be_told(user_id, contracts.get(subject.contract_id or "")):
            notice.state = UNTOLD
        else:
            ways.setdefault(notice.channels.split()[0], []).append((notice, moment, subject))
    user = crowd.user(user_id)
    count = 0
    if user is not None:
        for way, lines in ways.items():
            for start in range(0, len(lines), LINES):
                send_notices(uow, now, post, user, way, lines[start : start + LINES], contracts)
                count += 1
    return count


def send_notices(
    uow: UnitOfWork, now: datetime, post: Post, user: UserRow, way: str, lines: Sequence[Waiting], contracts: Mapping[str, ContractRow]
) -> None:  # fmt: skip
    """Write the message for these notices by one channel, inside the caller's transaction."""
    person = person_row(uow.session, user.id, make=True)
    assert person is not None
    person.digest_on, person.digests = law_day(now), person.digests + 1
    channel = find_channel(uow.session, way) if way != MAIL else None
    items = [
        _item(uow, now, post, user, contracts.get(s.contract_id or ""), n, s, open_to_many=channel is not None)
        for n, _, s in lines
    ]
    words = post.write("reminders" if channel is None else "reminders_posted", {
        "name": user.name, "today": chinese_date(law_day(now)), "items": items, "link": f"{post.base_url}/reminders/",
    })  # fmt: skip
    # The message is closed to whoever may not read the contracts it tells of.
    contract_id = next((s.contract_id for _, _, s in lines if s.contract_id), None)
    key = f"reminders:{user.id}:{person.digests}"
    if channel is None:
        entries = [_entry(post, contracts.get(s.contract_id or ""), s) for _, _, s in lines]
        calendar = post.calendar(entries, "成约提醒")
        mail = NewMail(key, user.email, words.subject[:SUBJECT], words.text, words.html, contract_id, user.id, calendar=calendar)
    else:
        mail = NewMail(key, channel.name, words.subject[:SUBJECT], words.text, "", contract_id, user.id, channel=channel.id)
    row = _put(uow, now, mail)
    for notice, _, _ in lines:
        notice.state, notice.not_before, notice.outbox_id = TOLD, None, row.id


def _put(uow: UnitOfWork, now: datetime, mail: NewMail) -> OutboxRow:
    """Into the outbox at once, so that the notices can name their message."""
    uow.send_now(now, mail)
    row = message_with_key(uow.session, mail.key)
    assert row is not None
    return row


def _item(
    uow: UnitOfWork, now: datetime, post: Post, user: UserRow, contract: ContractRow | None, notice: ReminderNoticeRow,
    subject: ReminderSubjectRow, *, open_to_many: bool,
) -> Item:  # fmt: skip
    """``open_to_many``: it goes to a group, where neither a link that decides nor a confidential contract has a place."""
    assert subject.due_on is not None
    today, topic = law_day(now), Topic(subject.topic)
    hidden = open_to_many and contract is not None and contract.confidential
    previous = notice.previous_due_on
    return Item(
        about="" if contract is None else "一份保密合同" if hidden else f"合同 {contract.number}《{contract.title}》",
        topic=topic.label,
        title=topic.label if hidden else subject.title,
        day_label=topic.day_label,
        due=chinese_date(subject.due_on),
        distance=distance(subject.due_on, today),
        detail=() if open_to_many else tuple(subject.detail.splitlines()),
        link=f"{post.base_url}{subject.path or '/reminders/'}",
        why=notice.why,
        previous=chinese_date(previous) if previous else "",
        choices=() if open_to_many or not subject.decides else make_links(uow, now, post.base_url, post.key, subject, user.id),
    )


def _entry(post: Post, contract: ContractRow | None, subject: ReminderSubjectRow) -> Entry:
    return entry_of(post.base_url, contract, subject)


def entry_of(base_url: str, contract: ContractRow | None, subject: ReminderSubjectRow) -> Entry:
    """A date as a day in a calendar, with the policy's usual days before it as alarms."""
    topic = Topic(subject.topic)
    assert subject.due_on is not None
    days = [d for d in {*DEFAULTS[topic].days, *days_of(subject.agreed_days)} if d < 0]
    number = f"{contract.number} " if contract is not None else ""
    return Entry(
        uid=subject.id,
        on=subject.due_on,
        title=f"{topic.day_label}：{number}{subject.title}",
        text=subject.detail,
        link=f"{base_url}{subject.path or '/reminders/'}",
        changed_at=subject.updated_at,
        alarms=tuple(timedelta(days=d) for d in sorted(days)[-2:]),
    )
