"""An application with somebody of every role, for the tests of who may do what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from app.domain.organisations import Organisation
from app.domain.permissions import Actor, Role
from app.services.comment_mails import Post
from app.services.commenting import open_thread
from app.services.drafts import create_draft
from app.services.registering import create_organisation
from app.settings import Settings
from app.web.desk import KEY, Desk
from tests.data_folders import with_database, with_fonts
from tests.web.applications import application
from tests.web.conftest import Visitor
from tests.web.people import actor_named, contract_of, first_lawyer, person, session_of


@dataclass(frozen=True, slots=True)
class House:
    """An application with one person of each role, and somebody to be administered."""

    app: Flask
    desk: Desk
    target: str
    organisation: str

    def draft(self) -> str:
        with self.desk.unit_of_work() as uow:
            return create_draft(uow, Actor("旁人", "somebody", frozenset({Role.DRAFTER})), self.desk.now(), self.desk.library, {})

    def contract(self) -> str:
        return contract_of(self.desk, actor_named(self.desk, "wang"))

    def thread(self, contract: str) -> str:
        desk = self.desk
        with desk.unit_of_work() as uow:
            return open_thread(
                uow, actor_named(desk, "wang"), desk.now(), desk.today(), desk.reference, Post(desk.write_mail, lambda _c, _t: ""),
                contract, "请核对。", ordinal=0,
            )  # fmt: skip

    def visitor(self, who: str) -> Visitor:
        visitor = Visitor(self.app.test_client())
        if who != "anonymous":
            visitor.sign_in(session_of(self.desk, who))
        return visitor


def house_in(folder: Path) -> House:
    app = application(Settings(data_dir=with_database(with_fonts(folder))))
    desk: Desk = app.extensions[KEY]
    first_lawyer(desk)
    person(desk, "nobody")
    for role in Role:
        person(desk, role.value, role, name=role.label)
    keeper = actor_named(desk, "administrator")
    with desk.unit_of_work() as uow:
        organisation = create_organisation(uow, keeper, desk.now(), Organisation("示例有限公司"))
    return House(app, desk, person(desk, "target", Role.DRAFTER), organisation)
