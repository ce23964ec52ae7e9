"""What the commands of papers share: which paper, what is entered, how findings and texts are shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from app.cli.common import print_findings, settings
from app.cli.files import write_all
from app.domain.digest import canonical_text
from app.domain.errors import ContractError
from app.domain.numbering import find_place
from app.domain.permissions import Actor
from app.domain.tree import Instrument
from app.services.access import actor_with_login
from app.services.generation import Generated
from app.services.paper_desk import paper_numbered
from app.services.paper_files import PaperFiles, make_files
from app.services.paper_freezing import CompiledPaper, FrozenPaper
from app.services.paper_texts import PaperHead, PaperKit
from app.wiring import Wiring, now

paper_argument = click.argument("paper", metavar="文书编号")
out_option = click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="输出目录。")
ENTERED = "变量=值；值可写 JSON，或者 @文件（JSON）；空值清除（可重复）。"


@dataclass(frozen=True, slots=True)
class PaperDesk:
    """The tools, who acts, and the paper."""

    wiring: Wiring
    actor: Actor
    head: PaperHead

    @property
    def kit(self) -> PaperKit:
        return self.wiring.papers


def at_paper(login: str, number: str) -> PaperDesk:
    """Raises ``user.missing``, ``PaperMissing``, ``ContractMissing``."""
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        actor = actor_with_login(uow, login)
        return PaperDesk(wiring, actor, paper_numbered(uow, actor, number))


class Entered(click.ParamType["tuple[str, Any]"]):
    """``NAME=VALUE``: JSON where it reads as such, else plain text; ``@FILE`` holds JSON; nothing clears the answer."""

    name = "变量=值"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        if not equals or not name.strip():
            self.fail(f"“{value}”应写成 变量=值 的样子。", param, ctx)
        if text.startswith("@"):
            try:
                return name.strip(), json.loads(Path(text[1:]).read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                self.fail(f"{text[1:]} 不是可读的 JSON 文件：{error}", param, ctx)
        return name.strip(), _value(text)


def _value(text: str) -> Any:
    """JSON for tables, lists and logical values; figures and dates stay text, which the variable reads by its own type."""
    if not text.strip():
        return None
    if text.lstrip()[0] in "[{" or text in ("true", "false"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def place_in(instrument: Instrument, said: str) -> str:
    """The id of the provision that a number or an id names. Raises ``place.missing``."""
    found = find_place(instrument, said)
    if found is None:
        raise ContractError("place.missing", f"合同中没有“{said[:60]}”这一处；条款写编号，如 8.2.2、8.2.1（2）。")
    return found


def show_text(instrument: Instrument) -> None:
    click.echo(canonical_text(instrument))


def show_faults(compiled: CompiledPaper) -> None:
    """Unreadable answers, findings, and how much of it keeps the paper from being frozen."""
    for fault in compiled.text.reading.faults:
        click.echo(f"[未填妥] {fault.sentence()}")
    print_findings(compiled.findings)
    count = len(compiled.blocking) + len(compiled.text.reading.faults)
    click.echo(f"须先处理：{count}项" if count else "可以定稿。")


def frozen_line(frozen: FrozenPaper) -> str:
    return f"{frozen.head.number} 已定稿（第{frozen.ordinal}次）"


def write_files(wiring: Wiring, wanted: PaperFiles, out: Path) -> Generated:
    """Render, prove, write, and say so."""
    made = make_files(wanted, lambda: wiring.tools, now(), lambda step: click.echo(f"… {step}", err=True))
    for path in write_all(out, made.files):
        click.echo(f"已写出 {path}（{path.stat().st_size:,} 字节）")
    for proof in made.proofs:
        click.echo(f"一致性证明：{proof.file} 与规范文本逐条一致（{proof.blocks} 处，{proof.characters} 字）")
    return made
