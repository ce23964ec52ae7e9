"""Variables of a contract form: what may be answered, of which type, within which range.

A variable has one home section; every figure in a document is rendered from it (brief §0.1, §0.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import MappingProxyType


class VariableType(Enum):
    TEXT = "text"
    INT = "int"
    DECIMAL = "decimal"
    MONEY = "money"
    """Renminbi yuan, two decimals, decimal fixed point."""
    PERCENT = "percent"
    """The figure itself: 6 means 6 %."""
    DATE = "date"
    DATETIME = "datetime"
    DURATION = "duration"
    """Period notation of the brief: ``5WD``, ``30D``, ``2H``, ``2SH``, ``1M``, ``1Y``."""
    ENUM = "enum"
    MULTI_ENUM = "multi_enum"
    BOOL = "bool"
    TABLE = "table"
    PARTY = "party"
    """The registered name of a party."""
    CONTACT = "contact"
    """A person: name, title, phone, email."""
    LIST = "list"


class Requirement(Enum):
    REQUIRED = "required"
    OPTIONAL = "optional"
    CONDITIONAL = "conditional"
    """Required while the variable's condition holds."""
    COMPUTED = "computed"
    """Never answered; derived from other variables."""


class FillStage(Enum):
    """When a blank must be filled at the latest."""

    DRAFT = "draft"
    FREEZE = "freeze"
    """Before the text is frozen for signature; a final document refuses blanks up to here."""
    SIGNING = "signing"
    """Only the signing brings it; a named box in the page, outside the digest."""
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Option:
    """One member of an enumeration; ``text`` is what the contract prints, ``label`` what a form shows."""

    value: str
    label: str
    text: str = ""

    def printed(self) -> str:
        return self.text or self.label


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table variable; ``width`` is a relative weight."""

    key: str
    label: str
    type: VariableType = VariableType.TEXT
    required: bool = True
    options: tuple[Option, ...] = ()
    width: int = 10
    unit: str = ""
    help: str = ""
    signed: bool = False
    """Takes figures below nought, too (what is taken off in a settlement)."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A named person of a party."""

    name: str = ""
    title: str = ""
    phone: str = ""
    email: str = ""


Row = Mapping[str, "Scalar"]
Scalar = str | int | Decimal | date | datetime | bool | None
Value = Scalar | tuple[str, ...] | tuple[Row, ...] | Contact


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the form.

    ``minimum``/``maximum`` are inclusive and compare with the typed value; ``constraint`` is a condition over all
    variables that must hold once they are answered (``sla.response_hours <= service.hours_per_day``).
    """

    name: str
    label: str
    type: VariableType
    section: str
    unit: str = ""
    default: Value = None
    minimum: Decimal | date | None = None
    maximum: Decimal | date | None = None
    pattern: str = ""
    pattern_help: str = ""
    options: tuple[Option, ...] = ()
    required: Requirement = Requirement.REQUIRED
    condition: str = ""
    constraint: str = ""
    constraint_help: str = ""
    stage: FillStage = FillStage.DRAFT
    help: str = ""
    columns: tuple[Column, ...] = ()
    min_rows: int = 0
    max_length: int = 2000
    multiline: bool = False
    default_from: str = ""
    """Another variable whose value is taken where this one was not answered (``pay.account_name`` ← ``party_b.name``)."""
    judged_by: str = ""
    """A proofreading rule that owns the limits of this variable: a value outside the range or the constraint is let in
    and becomes a finding with its legal basis, instead of an input fault."""
    compact: bool = False
    """Spaces and hyphens are dropped and letters upper-cased before checking (credit codes, account numbers)."""

    def option(self, value: str) -> Option | None:
        return next((o for o in self.options if o.value == value), None)

    def column(self, key: str) -> Column | None:
        return next((c for c in self.columns if c.key == key), None)


@dataclass(frozen=True, slots=True)
class VariableSet:
    """All variables of a form in the order of the brief, by name."""

    by_name: Mapping[str, Variable]

    @classmethod
    def of(cls, variables: Iterator[Variable] | list[Variable] | tuple[Variable, ...]) -> VariableSet:
        return cls(MappingProxyType({v.name: v for v in variables}))

    def __iter__(self) -> Iterator[Variable]:
        return iter(self.by_name.values())

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __getitem__(self, name: str) -> Variable:
        return self.by_name[name]

    def __len__(self) -> int:
        return len(self.by_name)

    def get(self, name: str) -> Variable | None:
        return self.by_name.get(name)


def is_blank(value: Value) -> bool:
    """True where nothing usable was answered: None, white space, an empty list, a contact without a name."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, tuple):
        return len(value) == 0
    if isinstance(value, Contact):
        return not value.name.strip()
    return False


class DeviationKind(Enum):
    OVERRIDE = "override"
    REMOVE = "remove"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class DeviationRequest:
    """A change of library text for one contract.

    OVERRIDE and REMOVE name the provision; ADD puts a new provision ``provision`` behind sibling ``after``.
    """

    kind: DeviationKind
    provision: str
    reason: str
    text: str = ""
    title: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A warning that a person let pass, with the reason (legal-rules §4.2)."""

    rule: str
    place: str
    by: str
    at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything a person decided for one contract: typed values (given and computed), playbook positions by topic id
    (``standard`` | ``fallback``), deviations, acknowledgements. ``given`` names the values that were not defaulted."""

    values: Mapping[str, Value]
    positions: Mapping[str, str] = field(default_factory=dict)
    deviations: tuple[DeviationRequest, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()
    given: frozenset[str] = frozenset()

    def get(self, name: str) -> Value:
        return self.values.get(name)

    def with_values(self, extra: Mapping[str, Value]) -> Answers:
        return Answers({**self.values, **extra}, self.positions, self.deviations, self.acknowledgements, self.given)
