"""A house in which contracts are submitted and decided: one person for each office, and the steps of a round in one call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.approval import ReturnComment, RoundStatus
from app.domain.approval_route import Function
from app.domain.messages import MailText
from app.domain.permissions import Actor, Role
from app.notify.mail_texts import write_mail
from app.services.approval_mails import Post
from app.services.approval_rows import Asked, current
from app.services.deciding import Decision, approve, return_contract
from app.services.drafts import acknowledge, load_draft_unasked, save_answer
from app.services.filing import ContractView, create_contract, load_contract_unasked
from app.services.review import acknowledgement_place, review_draft
from app.services.submitting import submit
from app.store.audit import entries_of
from app.store.outbox import messages
from app.store.uow import UnitOfWork
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, PATTERN, TODAY, draft, ensure, reference

PLACE = "contract.sign_place"
REASON = "双方业务负责人已就此当面确认，按现行口径执行，期满前复核一次"
"""Long enough to let a warning pass."""

LEGAL = Actor("周法务", "zhou", frozenset({Role.APPROVER}), frozenset({Function.LEGAL}))
BUSINESS = Actor("钱业务", "qian", frozenset({Role.APPROVER}), frozenset({Function.BUSINESS}))
FINANCE = Actor("孙财务", "sun", frozenset({Role.APPROVER}), frozenset({Function.FINANCE}))
HEAD = Actor("吴总监", "wu", frozenset({Role.APPROVER}), frozenset({Function.LEGAL_HEAD}))
MANAGER = Actor("郑总", "zheng", frozenset({Role.APPROVER}), frozenset({Function.GENERAL_MANAGER}))
DEPUTY = Actor("冯代理", "feng", frozenset({Role.APPROVER}))
APPROVERS = (LEGAL, BUSINESS, FINANCE, HEAD, MANAGER, DEPUTY)
SEATS = {Function.LEGAL: LEGAL, Function.BUSINESS: BUSINESS, Function.FINANCE: FINANCE, Function.LEGAL_HEAD: HEAD,
         Function.GENERAL_MANAGER: MANAGER}  # fmt: skip


def post() -> Post:
    return Post(_write, lambda contract_id: f"https://example.com/contracts/{contract_id}/approvals")


def _write(mail: str, values: Mapping[str, str]) -> MailText:
    return write_mail(mail, values)


def ready_contract(uow: UnitOfWork) -> str:
    """The demonstration contract, filed, every warning let pass with a reason; returns its id."""
    ensure(uow, LAWYER, *APPROVERS)
    draft_id = draft(uow)
    contract_id = create_contract(uow, LAWYER, NOW, TODAY, reference(), draft_id, PATTERN).id
    let_warnings_pass(uow, draft_id)
    return contract_id


def let_warnings_pass(uow: UnitOfWork, draft_id: str) -> None:
    _, compiled = review_draft(uow, LAWYER, reference(), draft_id, TODAY)
    for finding in compiled.blocking:
        place = acknowledgement_place(finding)
        acknowledge(uow, LAWYER, NOW, reference().library, draft_id, rule=finding.rule, place=place, reason=REASON)


@dataclass
class Office:
    """The steps of a round over one contract."""

    units: Units
    contract: str
    now: datetime = NOW
    asked: Asked = field(default_factory=Asked)

    @property
    def view(self) -> ContractView:
        with self.units() as uow:
            return load_contract_unasked(uow, self.contract)

    @property
    def digest(self) -> str:
        with self.units() as uow:
            found = current(uow, self.contract)
            assert found
            return found[0].digest

    @property
    def revision(self) -> int:
        with self.units() as uow:
            return load_draft_unasked(uow, reference().library, self.view.draft_id).revision

    @property
    def status(self) -> RoundStatus:
        with self.units() as uow:
            found = current(uow, self.contract)
            assert found
            return found[1].status

    @property
    def stages(self) -> list[str]:
        """What moved the contract so far."""
        with self.units() as uow:
            return [json.loads(e.data)["event"] for e in entries_of(uow.session, self.contract) if e.action == "contract.moved"]

    def edit(self, value: str = "上海市浦东新区", actor: Actor = LAWYER) -> None:
        with self.units() as uow:
            save_answer(uow, actor, self.now, reference().library, self.view.draft_id, PLACE, value)

    def submit(self, actor: Actor = LAWYER, asked: Asked | None = None, *, seen: int | None = None) -> str:
        with self.units() as uow:
            return submit(uow, actor, self.now, TODAY, reference(), post(), self.contract, asked or self.asked, seen=seen)

    def approve(self, function: Function, actor: Actor | None = None, words: str = "", digest: str = "") -> Decision:
        who, shown = actor or SEATS[function], digest or self.digest
        with self.units() as uow:
            return approve(uow, who, self.now, TODAY, reference(), post(), self.contract, function, shown, words)

    def send_back(self, function: Function, reason: str, *remarks: ReturnComment, actor: Actor | None = None) -> Decision:
        shown = self.digest
        with self.units() as uow:
            return return_contract(
                uow, actor or SEATS[function], self.now, post(), self.contract, function, shown, reason, remarks
            )

    def approve_all(self) -> None:
        """Every seat that is left, in its turn."""
        while True:
            with self.units() as uow:
                found = current(uow, self.contract)
                assert found
                waiting = found[1].waiting
            if not waiting:
                return
            self.approve(waiting[0].function, words=REASON)

    def mailed(self) -> list[tuple[str, str]]:
        """Recipient and subject of every mail, in the order of recipients."""
        with self.units() as uow:
            return sorted((m.recipient.partition("@")[0], m.subject) for m in messages(uow.session))


def ready(units: Units) -> Office:
    with units() as uow:
        return Office(units, ready_contract(uow))
