"""The plan of a signing: what the approved text asks for, who is proposed, and the places that a filled-in plan makes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from app.domain.approval import RoundStatus
from app.domain.authority import Authority, Capacity, Matter, Signatory, same_name
from app.domain.calendar import WorkingCalendar
from app.domain.ceremony import CodeWay
from app.domain.errors import ContractError
from app.domain.execution import PARTIES, Execution, Formation, Mark, Medium, Mode, Order, Place, Required, Terms, begin
from app.domain.phones import mobile_number
from app.domain.signing_form import FormPlace, SeamWish, SigningForm, form_of
from app.domain.term import add_working_days
from app.domain.variables import Answers
from app.services.approval_rows import current
from app.services.authority_papers import NO_POWER, PowerText, authority_of
from app.services.code_delivery import require_way
from app.services.moving import law_day
from app.services.signing_rows import Details
from app.services.versions import StoredVersion, read_version_unasked
from app.store.contracts import ContractRow
from app.store.uow import UnitOfWork
from app.store.versions import latest_version

SIGNING_DAYS = 10
"""Working days from the final text (section 11.1)."""
_ADDRESS = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+")


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who puts one mark. ``authority`` where the person signs by a power of attorney; ``document``: its copy among the files. ``code_way``:
    how one-time codes go to the person; ``phone``: a mobile number, as entered. ``power``: the power of attorney as entered, where ``authority``
    isn't given."""

    place: str
    name: str
    title: str
    email: str
    stage: int = 1
    medium: Medium = Medium.ELECTRONIC
    authority: Authority | None = None
    document: str = ""
    code_way: CodeWay = CodeWay.MAIL
    phone: str = ""
    power: PowerText = NO_POWER


@dataclass(frozen=True, slots=True)
class Plan:
    """One signing as somebody wants it. Marks that nobody is assigned to stay empty."""

    order: Order
    deadline: date
    people: tuple[Assigned, ...] = ()
    seam: SeamWish | None = None
    """骑缝章 of every party that seals electronically; None: none."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a place of the text asks for. ``fixed``: the name is printed there; ``agent``: it isn't the legal representative's.

    ``legal``: who is. Whoever else is put here signs as an agent and needs a power of attorney.
    """

    place: FormPlace
    party: str
    party_name: str
    person: Assigned
    fixed: bool
    agent: bool
    legal: str = ""

    @property
    def binds(self) -> bool:
        """Whether the place is one that binds the party: for a hand, not for a seal."""
        return self.place.mark is Mark.SIGNATURE


@dataclass(frozen=True, slots=True)
class Ask:
    """What the approved text says of its signing, and who is proposed."""

    version: StoredVersion
    terms: Terms
    form: SigningForm
    proposals: tuple[Proposal, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan that may start: the text, the form with the places that are used, the signing, and what each place knows."""

    ask: Ask
    form: SigningForm
    execution: Execution
    details: dict[str, Details] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    codes: dict[str, tuple[CodeWay, str]] = field(default_factory=dict)
    """How codes go, and the number as E.164, by place."""


def ask_of(uow: UnitOfWork, contract: ContractRow, calendar: WorkingCalendar, today: date) -> Ask:
    """What the latest version asks for. Raises ``signing.version`` unless a completed approval binds it."""
    latest, approved = latest_version(uow.session, contract.id), current(uow, contract.id, RoundStatus.APPROVED)
    if latest is None or approved is None or approved[1].approved_digest != latest.digest:
        raise ContractError("signing.version", "合同文本尚未经全部审批人通过，不能发起签署。")
    version = read_version_unasked(uow, latest.id)
    form, answers = form_of(version.instrument), version.answers
    deadline = add_working_days(today, SIGNING_DAYS, calendar).day
    final = answers.get("contract.final_date")
    made = law_day(version.head.created_at)
    terms = Terms(
        version.head.digest,
        Mode(str(answers.get("sign.mode") or Mode.PAPER.value)),
        Formation(str(answers.get("effect.condition") or Formation.BOTH.value)),
        frozenset(Required(str(m)) for m in _many(answers.get("sign.required_marks"))),
        min(final, today) if isinstance(final, date) else made,
        deadline,
        _amount(answers),
        representatives=representatives_of(answers),
    )
    proposals = tuple(_proposal(place, answers, terms) for place in form.places)
    return Ask(version, terms, form, proposals, str(answers.get("contract.sign_place") or ""))


def prepare(ask: Ask, plan: Plan, today: date) -> Prepared:
    """The signing that ``plan`` makes. Raises ``execution.plan``, ``signing.plan`` with everything that is wrong."""
    faults: list[str] = []
    if plan.deadline < today:
        faults.append("签署期限不能早于今日")
    known = {p.place.key: p for p in ask.proposals}
    if ask.terms.formation is not Formation.EITHER:
        # The pages print the box: leaving it empty would be a signing other than the one agreed.
        assigned = {p.place for p in plan.people}
        empty = [p.place for p in ask.proposals if p.place.key not in assigned]
        faults += [f"{PARTIES[place.owner]}{place.mark.label}没有指定签署人" for place in empty]
    places, details, emails, codes = [], {}, {}, {}
    for person in plan.people:
        proposal = known.get(person.place)
        if proposal is None:
            faults.append(f"文本中没有签署栏位“{person.place[:60]}”")
            continue
        label = f"{PARTIES[proposal.party]}{proposal.place.mark.label}"
        faults += _person_faults(label, person, proposal)
        signatory = signatory_of(_authorised(label, person, proposal, faults), proposal)
        places.append(Place(person.place, signatory, proposal.place.mark, person.medium, person.stage, proposal.fixed))
        details[person.place] = Details(signatory, proposal.fixed, _code(ask, proposal.party), person.document)
        emails[person.place] = person.email.strip()
        codes[person.place] = (person.code_way, _number(label, person, faults))
    if faults:
        raise ContractError("signing.plan", "不能发起签署：" + "；".join(dict.fromkeys(faults)) + "。")
    execution = begin(replace(ask.terms, deadline=plan.deadline), plan.order, places, today)
    used = {p.id for p in places}
    form = replace(ask.form, places=tuple(p for p in ask.form.places if p.key in used))
    return Prepared(ask, form, execution, details, emails, codes)


def signatory_of(person: Assigned, proposal: Proposal) -> Signatory:
    """The person with the power that the place asks for."""
    capacity = capacity_of(person.name, proposal.legal) if proposal.binds else Capacity.SEAL_KEEPER
    power = person.authority if capacity is Capacity.AGENT else None
    return Signatory(
        uuid.uuid4().hex, proposal.party, proposal.party_name, person.name.strip(), person.title.strip(), capacity, power
    )


def capacity_of(name: str, legal: str) -> Capacity:
    """By which power somebody binds a party whose legal representative is ``legal`` (empty: the text doesn't say)."""
    return Capacity.REPRESENTATIVE if legal and same_name(name, legal) else Capacity.AGENT


def representatives_of(answers: Answers) -> tuple[tuple[str, str], ...]:
    """Party and legal representative, where the text says it."""
    return tuple((party, name) for party in PARTIES if (name := _text(answers, f"{party}.legal_rep")))


def with_document(person: Assigned, document: str) -> Assigned:
    """With the scan of the power of attorney, by the id of its file."""
    return replace(person, document=document)


def require_address(email: str) -> str:
    """Raises ``signing.email``."""
    text = email.strip()
    if len(text) > 200 or not _ADDRESS.fullmatch(text):
        raise ContractError("signing.email", f"邮箱“{text[:60]}”的写法有误，例如 name@example.com。")
    return text


def _authorised(label: str, person: Assigned, proposal: Proposal, faults: list[str]) -> Assigned:
    """With the power of attorney that was entered; what is wrong with it goes to ``faults``."""
    if person.authority is not None or not proposal.binds or capacity_of(person.name, proposal.legal) is not Capacity.AGENT:
        return person
    try:
        return replace(person, authority=authority_of(person.power, proposal.party_name, person.name.strip(), f"{label}的"))
    except ContractError as error:
        faults.append(error.message.rstrip("。"))
        return person


def _number(label: str, person: Assigned, faults: list[str]) -> str:
    """The number as E.164; what is wrong with it goes to ``faults``."""
    if person.medium is not Medium.ELECTRONIC:
        return ""
    try:
        number = mobile_number(person.phone) if person.phone.strip() else ""
        require_way(person.code_way, number)
    except ContractError as error:
        faults.append(f"{label}：{error.message.rstrip('。')}")
        return ""
    return number


def _person_faults(label: str, person: Assigned, proposal: Proposal) -> list[str]:
    faults = []
    if not person.name.strip():
        faults.append(f"{label}没有填写姓名")
    if proposal.fixed and person.name.strip() != proposal.person.name:
        faults.append(f"{label}处印有“{proposal.person.name}”的姓名，不能由“{person.name.strip()}”签署")
    if person.medium is Medium.ELECTRONIC:
        try:
            require_address(person.email)
        except ContractError as error:
            faults.append(f"{label}：{error.message.rstrip('。')}")
    if not 1 <= person.stage <= 9:
        faults.append(f"{label}的阶段应为1至9")
    return faults


def _proposal(place: FormPlace, answers: Answers, terms: Terms) -> Proposal:
    party, prefix = place.owner, f"sign.{place.owner}"
    party_name, legal = _text(answers, f"{party}.name"), _text(answers, f"{party}.legal_rep")
    printed = _text(answers, f"{prefix}_signatory")
    seal = place.mark is Mark.SEAL
    name = "" if seal else printed or legal
    title = "用印人" if seal else _text(answers, f"{prefix}_title")
    medium = Medium.PAPER if terms.mode is Mode.PAPER else Medium.ELECTRONIC
    if terms.mode is Mode.HYBRID and party == "party_b":
        medium = Medium.PAPER
    agent = not seal and bool(name) and capacity_of(name, legal) is Capacity.AGENT
    power = _power(answers, prefix, party_name, name, terms) if agent else None
    person = Assigned(
        place.key,
        name,
        title,
        _contact(answers, party, name, "email"),
        1,
        medium,
        power,
        phone=_mobile(answers, party, name),
    )
    return Proposal(place, party, party_name, person, not seal and bool(printed), agent, legal)


def _power(answers: Answers, prefix: str, party_name: str, name: str, terms: Terms) -> Authority | None:
    """The power of attorney as far as the text tells it; scope and limit are for a person to fill in."""
    number, expiry = _text(answers, f"{prefix}_authority_doc"), answers.get(f"{prefix}_authority_expiry")
    if not number or not isinstance(expiry, date):
        return None
    return Authority(number, party_name, name, frozenset({Matter.CONTRACT}), terms.final_on, terms.final_on, expiry)


def _contact(answers: Answers, party: str, name: str, what: str) -> str:
    for row in _many(answers.get("sign.contacts")):
        if isinstance(row, Mapping) and (row.get("party"), row.get("name")) == (party, name) and row.get(what):
            return str(row[what])
    return ""


def _mobile(answers: Answers, party: str, name: str) -> str:
    """The telephone among the contacts, if it is one that takes short messages."""
    try:
        return mobile_number(_contact(answers, party, name, "phone"))
    except ContractError:
        return ""


def _code(ask: Ask, party: str) -> str:
    return _text(ask.version.answers, f"{party}.uscc")


def _amount(answers: Answers) -> Decimal | None:
    found = answers.get("fees.total_incl_tax")
    return found if isinstance(found, Decimal) else None


def _many(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def _text(answers: Answers, name: str) -> str:
    value = answers.get(name)
    return value.strip() if isinstance(value, str) else ""
