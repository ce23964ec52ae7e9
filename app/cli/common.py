"""What several commands share: reading an answers file, printing findings, the date option."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.domain.variables import DeviationKind
from app.moments import today as beijing_today
from app.settings import Settings

if TYPE_CHECKING:  # whatever a command needs of these it loads itself; most need but the settings
    from app.domain.answers import Reading
    from app.domain.clauses import ClauseLibrary
    from app.domain.proofreading import Finding
    from app.domain.tree import Deviation, Instrument


class Day(click.ParamType[date]):
    """A date as YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"“{value}”不是有效日期，应写成 2026-11-22 的样子。", param, ctx)


today_option = click.option("--today", type=Day(), default=beijing_today, show_default="今天", help="以这一天为今天。")


def settings() -> Settings:
    """Settings from the environment; one that can't be used is a sentence for the user."""
    try:
        return Settings.from_environment()
    except ValueError as error:
        raise click.ClickException(f"环境变量有误：\n{error}") from error


def read_file(path: Path, library: ClauseLibrary) -> Reading:
    """An answers file as typed answers with all its faults. Raises ``InputError`` where the file itself can't be used."""
    from app.domain.answers import read_answers
    from app.library.answers_file import read_answers_file

    source = read_answers_file(path)
    return read_answers(library.variables, source.data, topics=library.topics(), lines=source.lines)


def finding_data(finding: Finding) -> dict[str, Any]:
    from app.domain.interchange import plain_value

    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "place": {
            "provision": finding.place.provision_id,
            "number": finding.place.number,
            "variable": finding.place.variable,
            "excerpt": finding.place.excerpt,
        },
        "basis": [{"code": c.code, "text": c.sentence} for c in finding.basis],
        "fix": finding.fix,
        "patch": plain_value(getattr(finding.patch, "value", None)) if finding.patch else None,
    }


_KINDS = {DeviationKind.OVERRIDE: "改写", DeviationKind.REMOVE: "删去", DeviationKind.ADD: "增加"}


def deviation_data(deviation: Deviation) -> dict[str, str]:
    return {
        "kind": deviation.kind.value,
        "provision": deviation.provision,
        "reason": deviation.reason,
        "library_text": deviation.library_text,
        "contract_text": deviation.contract_text,
    }


def print_deviations(instrument: Instrument) -> None:
    """What this contract changed against the library, each with its reason; a reviewer must see it beside the findings."""
    numbers = {p.id: p.number for p in instrument.provisions()}
    for deviation in instrument.deviations:
        place = " ".join(filter(None, (numbers.get(deviation.provision, ""), deviation.provision)))
        click.echo(f"[偏离] {_KINDS[deviation.kind]} {place}：{deviation.reason}")


def print_findings(findings: Iterable[Finding]) -> None:
    for finding in findings:
        basis = "；".join(c.sentence for c in finding.basis)
        click.echo(f"[{finding.severity.label}] {finding.rule} {finding.place.label}：{finding.message}")
        if finding.fix:
            click.echo(f"        改法：{finding.fix}")
        if basis:
            click.echo(f"        依据：{basis}")


def tally(findings: Iterable[Finding]) -> str:
    found = list(findings)
    counts = {s: sum(1 for f in found if f.severity.value == s) for s in ("error", "warn", "info")}
    return f"错误 {counts['error']}，警告 {counts['warn']}，提示 {counts['info']}"
