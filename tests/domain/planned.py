"""The library's obligations planned under the demonstration contract, for tests that look at their days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from functools import cache

from app.domain.numbering import reference_labels
from app.domain.obligation_basis import Basis, Instance, Occasion, Text
from app.domain.obligation_plan import plan
from app.domain.obligations import Catalogue
from app.domain.term import BEIJING
from app.domain.term_chain import TermChain
from app.domain.variables import Value
from tests.domain.standings import demonstration
from tests.services.fixtures import reference

EFFECT = date(2026, 11, 22)
MONDAY = datetime(2026, 9, 14, 10, 0, tzinfo=BEIJING)
"""In a year whose holidays are announced."""


@cache
def catalogue() -> Catalogue:
    return Catalogue.of(reference().library)


@cache
def text() -> Text:
    standing = demonstration()
    labels = {place: reads for place, (reads, _) in reference_labels(standing.instrument).items()}
    # Branches that the demonstration did not choose read as the section they stand in.
    return Text(EFFECT, standing.answers.values, {o.provision: f"第{section}节" for section, o in catalogue().sources} | labels)


def basis(start: date = date(2027, 1, 1), years: int = 1, **values: Value) -> Basis:
    changed = replace(text(), values={**text().values, **{name.replace("__", "."): v for name, v in values.items()}})
    return Basis((changed,), TermChain.begin(start, years), EFFECT, reference().calendar)


def happening(kind: str, moment: datetime = MONDAY, **more: object) -> Occasion:
    return Occasion("e1", kind, moment.date(), moment, "T-1", **more)  # type: ignore[arg-type]


def planned(duty: str, found: Basis | None = None, *occasions: Occasion) -> list[Instance]:
    return [i for i in plan(catalogue(), found or basis(), occasions) if i.duty.id == duty]


def day(duty: str, kind: str, moment: str, found: Basis | None = None) -> date:
    (one,) = planned(duty, found, happening(kind, datetime.fromisoformat(moment).replace(tzinfo=BEIJING)))
    assert one.due is not None
    return one.due.day
