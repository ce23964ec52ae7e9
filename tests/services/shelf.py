"""Contracts of a few provisions for the tests of the register: filed, frozen and indexed by the real services in a moment."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.domain.permissions import Actor, Role
from app.domain.tree import (
    Chapter,
    FilledValue,
    Instrument,
    Level,
    Provision,
    Section,
    Table,
    TableColumn,
    TableRow,
    Text,
)
from app.domain.variables import Answers
from app.services.drafting import Compiled
from app.services.indexing import index_contract
from app.services.versions import freeze
from app.store.contracts import ContractPartyRow, ContractReaderRow, ContractRow, find_contract
from app.store.uow import UnitOfWork
from tests.services.fixtures import NOW, user

_ids = itertools.count(1)
Sections = tuple[tuple[str, ...], ...]


def instrument(sections: Sections, annex: tuple[str, ...] = ()) -> Instrument:
    """Section 1.1, 1.2 … of chapter 1 with these provisions; ``annex``: the rows of a table in 附件一."""
    chapters = [
        Chapter(
            1,
            "第一章",
            "总则",
            tuple(
                Section(
                    f"1.{s}", f"第{s}节", tuple(_provision(f"p{s}.{n}", f"1.{s}.{n}", text) for n, text in enumerate(texts, 1))
                )
                for s, texts in enumerate(sections, 1)
            ),
        )
    ]
    if annex:
        rows = tuple(TableRow(f"r{n}", (str(n), text)) for n, text in enumerate(annex, 1))
        table = Table("items", "服务项目表", (TableColumn("no", "序号", 10), TableColumn("name", "服务项目名称", 90)), rows)
        holder = Provision("annex.items", Level.ARTICLE, "13.1.1", "", (Text("服务项目如下表。"),), table=table)
        chapters.append(Chapter(13, "第十三章", "附件", (Section("13.1", "服务项目", (holder,), annex="附件一"),)))
    return Instrument("f", "售后服务合同", "", "1", "v1", "zh-CN", (), (), (), tuple(chapters))


def _provision(identity: str, number: str, text: str) -> Provision:
    head, mark, tail = text.partition("|")
    spans = (Text(head), FilledValue(tail, "x")) if mark else (Text(text),)
    return Provision(identity, Level.ARTICLE, number, "", spans)


@dataclass
class Shelf:
    """``lawyer`` reads and writes; every contract is his unless it says otherwise. Each act comes a minute after the last."""

    units: Callable[[], UnitOfWork]
    lawyer: Actor = field(init=False)
    minutes: int = 0

    def __post_init__(self) -> None:
        self.lawyer = self.person("keeper", "王律师", Role.DRAFTER)

    def person(self, login: str, name: str, *roles: Role) -> Actor:
        with self.units() as uow:
            made = user(uow, login, name, *roles)
            uow.commit()
        return made

    def contract(
        self, number: str, *versions: Sections, party_a: str = "甲方有限公司", party_b: str = "乙方有限公司", annex: tuple[str, ...] = (),
        owner: Actor | None = None, readers: tuple[Actor, ...] = (), **fields: Any,
    ) -> str:  # fmt: skip
        """A contract with these versions; returns its id."""
        self.minutes += 1
        now, holder = NOW + timedelta(minutes=self.minutes), owner or self.lawyer
        values: dict[str, Any] = {
            "form": "f",
            "title": "售后服务合同",
            "stage": "draft",
            "created_at": now,
            "updated_at": now,
        } | fields
        with self.units() as uow:
            row = ContractRow(
                id=f"{next(_ids):032x}", number=number, owner_id=holder.id, owner_name=holder.name, updated_by=holder.name,
                parties=[ContractPartyRow(role="a", name=party_a), ContractPartyRow(role="b", name=party_b)],
                readers=[ContractReaderRow(user_id=r.id) for r in readers], **values,
            )  # fmt: skip
            uow.session.add(row)
            index_contract(uow, row)
            uow.commit()
        for sections in versions:
            self.version(row.id, sections, annex)
        return row.id

    def version(self, contract_id: str, sections: Sections, annex: tuple[str, ...] = ()) -> None:
        self.minutes += 1
        with self.units() as uow:
            row = find_contract(uow.session, contract_id, lock=True)
            assert row is not None
            title, value, last_day = row.title, row.value, row.last_day
            compiled = Compiled(Answers({}), instrument(sections, annex), (), ())
            freeze(uow, self.lawyer, NOW + timedelta(minutes=self.minutes), row, compiled)
            row.title, row.value, row.last_day = title, value, last_day
            uow.commit()
