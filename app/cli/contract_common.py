"""What the commands of a contract share: who acts, which contract, which of its texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from app.cli.common import settings
from app.domain.permissions import Actor
from app.services.access import actor_with_login
from app.services.documents import file_document
from app.services.filing import DocumentKind
from app.services.record import id_of
from app.services.texts import DRAFT
from app.wiring import Wiring, now

number_argument = click.argument("number", metavar="合同编号")
acting_option = click.option("--as", "login", required=True, metavar="登录名", help="以谁的账号办理。")


class TextChoice(click.ParamType[int]):
    """A version's ordinal from 1, or the draft as it stands."""

    name = "版本号|draft"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        text = str(value).strip().lower()
        if text in ("draft", "草稿"):
            return DRAFT
        if not text.isdecimal() or int(text) < 1:
            self.fail(f"“{value}”不是版本；应为 1、2…… 或者 draft（草稿）。", param, ctx)
        return int(text)


@dataclass(frozen=True, slots=True)
class Desk:
    """The tools, who acts, and the contract."""

    wiring: Wiring
    actor: Actor
    contract_id: str


def at_desk(login: str, number: str) -> Desk:
    """Raises ``user.missing`` and ``ContractMissing``."""
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        actor = actor_with_login(uow, login)
        return Desk(wiring, actor, id_of(uow, actor, number))


def put_evidence(desk: Desk, files: Iterable[Path], remark: str = "") -> tuple[str, ...]:
    """The files among the contract's documents, checked as those that come by the page; their ids. Raises ``RefusedFile``."""
    read = [(file.name, file.read_bytes()) for file in files]
    ids = []
    for name, content in read:
        with desk.wiring.unit_of_work() as uow:
            made = file_document(
                uow, desk.actor, now(), desk.wiring.blobs, desk.wiring.inspect_file, desk.contract_id, kind=DocumentKind.EVIDENCE,
                name=name, content=content, remark=remark,
            )  # fmt: skip
        ids.append(made.id)
    return tuple(ids)
