"""The plan of a signing as a YAML file, and powers of attorney with their scans on the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
import yaml

from app.cli.contract_common import Desk
from app.domain.authority import Matter
from app.domain.ceremony import CodeWay
from app.domain.errors import ContractError
from app.domain.execution import Medium, Order
from app.domain.signing_form import SeamPages, SeamWish
from app.services.authority_papers import PowerText
from app.services.documents import file_document
from app.services.filing import DocumentKind
from app.services.signing_plan import Ask, Assigned, Plan, prepare, with_document
from app.wiring import now, today


def plan_data(ask: Ask) -> dict[str, Any]:
    """The plan to fill in: who signs where, as far as the text says it."""
    people = []
    for p in ask.proposals:
        line: dict[str, Any] = {
            "place": p.place.key, "name": p.person.name, "title": p.person.title, "email": p.person.email, "stage": 1,
            "medium": p.person.medium.value, "code": p.person.code_way.value, "phone": p.person.phone,
        }  # fmt: skip
        if p.agent:
            power = p.person.authority
            line["authority"] = {
                "number": power.number if power else "", "issued": None, "from": None, "until": power.valid_until if power else None,
                "limit": "", "matters": [Matter.CONTRACT.value], "file": None,
            }  # fmt: skip
        people.append(line)
    return {"order": Order.PARALLEL.value, "deadline": ask.terms.deadline, "seam": None, "people": people}


def read_plan(desk: Desk, ask: Ask, file: Path) -> Plan:
    """The plan in ``file``; scans of powers of attorney go among the contract's files once nothing else is wrong.

    Raises ``signing.plan`` for a file that is none, and what ``prepare`` raises.
    """
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        scans = {str(line["place"]): (line.get("authority") or {}).get("file") for line in data["people"]}
        people = tuple(_person(line) for line in data["people"])
        seam = data.get("seam")
        wish = (
            SeamWish(SeamPages(seam["pages"]), bool(seam.get("skip_cover")), int(seam.get("most_pages") or 8)) if seam else None
        )
        plan = Plan(Order(data["order"]), _day(data["deadline"]), people, wish)
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise ContractError("signing.plan", f"{file} 不是可用的签署计划（{error}）；请从 signing plan 的输出改起。") from error
    prepare(ask, plan, today())
    filed = tuple(
        with_document(p, put_scan(desk, file.parent / str(scans[p.place]))) if scans.get(p.place) else p for p in plan.people
    )
    return replace(plan, people=filed)


def put_scan(desk: Desk, path: Path | None) -> str:
    """Puts the scan of a power of attorney among the contract's files; its id, or nothing where there is none."""
    if path is None:
        return ""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ContractError("signing.authority", f"不能读取授权委托书的扫描件 {path}：{error.strerror or error}") from error
    with desk.wiring.unit_of_work() as uow:
        made = file_document(
            uow, desk.actor, now(), desk.wiring.blobs, desk.wiring.inspect_file, desk.contract_id, kind=DocumentKind.EVIDENCE,
            name=path.name, content=content, remark="授权委托书",
        )  # fmt: skip
    return made.id


def power_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a power of attorney, handed on as ``power`` and ``scan``."""
    matters = "、".join(f"{m.value}（{m.label}）" for m in Matter)

    @click.option("--power-number", default="", help="授权委托书编号。")
    @click.option("--power-issued", default="", metavar="日期", help="签发日，例如 2027-01-01。")
    @click.option("--power-from", default="", metavar="日期", help="生效日。")
    @click.option("--power-until", default="", metavar="日期", help="失效日（含当日）。")
    @click.option("--power-limit", default="", metavar="金额", help="金额上限（元）；不写为不限。")
    @click.option(
        "--power-matter", multiple=True, default=(Matter.CONTRACT.value,), metavar="事项", help=f"授权事项，可重复：{matters}。"
    )
    @click.option("--power-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="扫描件，存入合同文件。")
    @wraps(command)
    def with_power(
        power_number: str, power_issued: str, power_from: str, power_until: str, power_limit: str, power_matter: tuple[str, ...],
        power_file: Path | None, **rest: Any,
    ) -> None:  # fmt: skip
        power = PowerText(power_number, power_issued, power_from, power_until, power_limit, power_matter)
        command(power=power, scan=power_file, **rest)

    return with_power


def _person(line: dict[str, Any]) -> Assigned:
    given = line.get("authority") or {}
    matters = tuple(str(m) for m in given.get("matters", [Matter.CONTRACT.value]))
    number, issued, begins, until, limit = (_text(given.get(name)) for name in ("number", "issued", "from", "until", "limit"))
    power = PowerText(number, issued, begins, until, limit, matters)
    return Assigned(
        str(line["place"]), str(line["name"]), _text(line.get("title")), _text(line.get("email")), int(line.get("stage") or 1),
        Medium(line.get("medium") or "electronic"), None, "", CodeWay(line.get("code") or "mail"), _text(line.get("phone")), power,
    )  # fmt: skip


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))
