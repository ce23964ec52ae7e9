"""Processes that are killed on purpose: run as a program, it forks one child for each order it is sent.

An order names the kind of life (a module with ``LIFE``, ``STEPS`` and ``prepare``), the database, the folder, the steps to take and when to
die: at the n-th boundary (just before or after a commit, just before a file gets its name) or after so many seconds. The child prints a line
for everything that a service told it was done; the last line says how it ended. One program serves every kind of life: what is heavy is loaded
once, and each kind is rehearsed once over each kind of database, so that a child costs a fork.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.domain.approval import ReturnComment
from app.domain.approval_route import Function
from app.domain.effect import Condition
from app.domain.errors import ContractError
from app.domain.messages import NewMail
from app.notify.mail_texts import write_mail
from app.services.advancing import advance_due
from app.services.approval_rows import current
from app.services.auditing import make_checkpoint
from app.services.comment_mails import Post
from app.services.commenting import open_thread
from app.services.confidentiality import set_confidentiality
from app.services.deciding import approve, return_contract
from app.services.documents import check_blobs
from app.services.drafts import save_answer
from app.services.filing import DocumentKind, attach_document, create_contract
from app.services.outbox import deliver_outbox
from app.services.record import require_contract
from app.services.registering import change_organisation, create_organisation
from app.services.submitting import submit
from app.services.taking_effect import check_off, effect_of, undo_check_off
from app.services.versions import save_version
from app.store.approvals import ApprovalRow
from app.store.blobs import BlobStore
from app.store.contracts import ContractRow, contract_of_draft
from app.store.drafts import recent_drafts
from app.store.effects import SigningDateRow, fulfilments_of
from app.store.organisations import OrganisationRow
from app.store.seal import CHECKPOINT_FILE, AuditSeal
from app.store.uow import UnitOfWork
from tests.databases import copy_database, drop
from tests.services.approving import APPROVERS, REASON, SEATS, let_warnings_pass, post
from tests.services.fixtures import LAWYER, NOW, OTHER, PATTERN, TODAY, draft, ensure, later, organisation, reference
from tests.services.signed import POST, WORK, sign
from tests.services.wandering_engine import wandering_engine


class Life:
    """One child: its tools, and the count of boundaries it has come to."""

    def __init__(self, url: str, folder: Path, at: int | None) -> None:
        self.engine, self.at, self.reached = wandering_engine(url), at, 0
        self.blobs, self.seal = BlobStore(folder / "blobs"), AuditSeal(folder / "audit")
        if at is not None:
            event.listen(self.engine, "commit", lambda _connection: self.boundary())
            event.listen(Session, "after_commit", lambda _session: self.boundary())
            sys.addaudithook(self._hook)

    def boundary(self) -> None:
        self.reached += 1
        if self.reached == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def _hook(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "os.rename" or (name == "open" and str(arguments[0]).endswith(CHECKPOINT_FILE)):
            self.boundary()

    def unit(self) -> UnitOfWork:
        return UnitOfWork(self.engine)

    # ---- steps: each finds its own work, so it may be taken again after a death

    def organisation(self) -> None:
        with self.unit() as uow:
            say(organisation=create_organisation(uow, LAWYER, NOW, organisation()))

    def draft(self) -> None:
        with self.unit() as uow:
            say(draft=draft(uow))

    def contract(self) -> None:
        with self.unit() as uow:
            free = [d.id for d in recent_drafts(uow.session, 9999) if contract_of_draft(uow.session, d.id) is None]
        if not free:
            with self.unit() as uow:
                free = [draft(uow)]
            say(draft=free[0])
        with self.unit() as uow:
            say(contract=create_contract(uow, LAWYER, NOW, TODAY, reference(), free[0], PATTERN).id)

    def _contract(self, uow: UnitOfWork) -> ContractRow:
        return uow.session.scalars(select(ContractRow).order_by(ContractRow.number).limit(1)).one()

    def version(self) -> None:
        with self.unit() as uow:
            say(version=save_version(uow, LAWYER, NOW, TODAY, reference(), self._contract(uow).id).id)

    def revision(self) -> None:
        with self.unit() as uow:
            draft_id = self._contract(uow).draft_id or ""
            place = f"上海市浦东新区第{time.monotonic_ns() % 1000}号"
            save_answer(uow, LAWYER, later(1), reference().library, draft_id, "contract.sign_place", place)
            say(version=save_version(uow, LAWYER, later(2), TODAY, reference(), self._contract(uow).id).id)

    def document(self) -> None:
        with self.unit() as uow:
            added = attach_document(
                uow, LAWYER, NOW, self.blobs, self._contract(uow).id,
                kind=DocumentKind.OTHER, name="a.bin", media_type="application/octet-stream", content=os.urandom(64),
            )  # fmt: skip
        say(document=added.id)

    def comment(self) -> None:
        with self.unit() as uow:
            made = open_thread(
                uow, OTHER, NOW, TODAY, reference(), Post(write_mail, lambda contract, _thread: contract), self._contract(uow).id,
                f"意见{time.monotonic_ns()}。", ordinal=0,
            )  # fmt: skip
        say(comment=made)

    def mail(self) -> None:
        with self.unit() as uow:
            key = f"test-{time.monotonic_ns()}"
            uow.record(NOW, "u1", "test.mailed", {"key": key}, contract=self._contract(uow).id)
            uow.send(NOW, NewMail(key, "a@example.com", "标题", "正文"))
            uow.commit()
        say(mail=key)

    def delivery(self) -> None:
        deliver_outbox(self.unit, None, lambda: NOW)

    def checkpoint(self) -> None:
        with self.unit() as uow:
            made = make_checkpoint(uow, self.seal.signer(), self.seal, later(3))
        if made:
            say(checkpoint=made.size)

    # ---- review: a step that finds the contract elsewhere is refused, which is an answer, too

    def submit(self) -> None:
        with self.unit() as uow:
            ensure(uow, *APPROVERS)
            uow.commit()
        with self.unit() as uow:
            contract = self._contract(uow)
            contract_id, draft_id, stage = contract.id, contract.draft_id or "", contract.stage
        if stage == "draft":
            with self.unit() as uow:
                let_warnings_pass(uow, draft_id)
        with self.unit() as uow:
            say(submitted=submit(uow, LAWYER, later(4), TODAY, reference(), post(), contract_id))

    def resubmit(self) -> None:
        self.submit()

    def consent(self) -> None:
        with self.unit() as uow:
            contract_id = self._contract(uow).id
            found = current(uow, contract_id)
            waiting, digest = (found[1].waiting, found[1].digest) if found else ((), "")
        for seat in waiting[:1]:
            with self.unit() as uow:
                made = approve(
                    uow, SEATS[seat.function], later(5), TODAY, reference(), post(), contract_id, seat.function, digest, REASON
                )  # fmt: skip
            say(consented=f"{made.approval_id}:{seat.function.value}")

    def approval(self) -> None:
        for _ in Function:
            self.consent()

    def sendback(self) -> None:
        with self.unit() as uow:
            contract_id = self._contract(uow).id
            found = current(uow, contract_id)
            waiting, digest = (found[1].waiting, found[1].digest) if found else ((), "")
        for seat in waiting[:1]:
            with self.unit() as uow:
                said = ReturnComment("fees.payment.term", f"意见{time.monotonic_ns()}。")
                made = return_contract(
                    uow, SEATS[seat.function], later(6), post(), contract_id, seat.function, digest, "须修改", (said,)
                )  # fmt: skip
            say(returned=made.approval_id)

    # ---- the record: an older contract is signed, its conditions are checked off, the calendar moves it

    def change(self) -> None:
        with self.unit() as uow:
            row = uow.session.scalars(select(OrganisationRow).order_by(OrganisationRow.id).limit(1)).one()
            change_organisation(uow, LAWYER, later(7), row.id, row.revision, organisation(note=f"第{time.monotonic_ns()}次"))

    def sign(self) -> None:
        with self.unit() as uow:
            taken = select(ApprovalRow.contract_id).union(select(SigningDateRow.contract_id))
            free = select(ContractRow.id).where(ContractRow.stage == "draft", ContractRow.id.not_in(taken))
            found = list(uow.session.scalars(free.where(ContractRow.id != self._contract(uow).id).order_by(ContractRow.number)))
        if not found:
            return self.contract()  # the next time there is one
        with self.unit() as uow:
            say(version=save_version(uow, LAWYER, later(8), TODAY, reference(), found[0]).id)
        with self.unit() as uow:
            sign(uow, found[0])
            uow.commit()
        say(signed=found[0])
        return None

    def _signed(self, *stages: str) -> str:
        """A contract that was signed; raises ``ContractError`` where there is none."""
        with self.unit() as uow:
            wanted = select(SigningDateRow.contract_id).join(ContractRow).where(ContractRow.stage.in_(stages)).limit(1)
            found = uow.session.scalar(wanted)
        if found is None:
            raise ContractError("test.none", "没有已签的合同。")
        return found

    def check(self) -> None:
        contract = self._signed("signed")
        with self.unit() as uow:
            added = attach_document(
                uow, LAWYER, NOW, self.blobs, contract,
                kind=DocumentKind.EVIDENCE, name="b.bin", media_type="application/octet-stream", content=os.urandom(64),
            )  # fmt: skip
        with self.unit() as uow:
            open_ones = effect_of(uow, require_contract(uow, contract)).conditions.outstanding
        if open_ones:
            with self.unit() as uow:
                check_off(
                    uow, OTHER, later(9), TODAY, POST, contract, open_ones[0], on=TODAY, evidence="", document_id=added.id
                )  # fmt: skip
            say(checked=f"{contract}:{open_ones[0].value}")

    def undo(self) -> None:
        contract = self._signed("signed")
        with self.unit() as uow:
            rows = fulfilments_of(uow.session, contract)
            done = Condition(rows[0].condition) if rows else Condition.PIA_DONE
        with self.unit() as uow:
            undo_check_off(uow, OTHER, later(10), contract, done, "误记，撤销")

    def recheck(self) -> None:
        with suppress(ContractError):  # with the last condition the contract is in force
            for _ in Condition:
                self.check()

    def close(self) -> None:
        contract = self._signed("signed", "active", "expiring", "expired")
        with self.unit() as uow:
            closed = require_contract(uow, contract).confidential
            set_confidentiality(uow, LAWYER, later(11), contract, confidential=not closed, readers=frozenset({OTHER.id}))

    def advance(self) -> None:
        advance_due(self.unit, WORK, lambda: later(12), date(2027, 12, 1))

    def expire(self) -> None:
        advance_due(self.unit, WORK, lambda: later(13), date(2031, 1, 1))

    def upkeep(self) -> None:
        check_blobs(self.unit, self.blobs, lambda: later(14), write_mail, limit=5)


STEPS = (
    "organisation", "change", "draft", "contract", "version", "revision", "document", "comment", "mail", "delivery", "checkpoint",
    "sign", "sign", "check", "undo", "recheck", "close", "advance", "expire", "upkeep", "submit", "consent", "sendback", "resubmit", "approval",
)  # fmt: skip
"""In this order: the contract leaves the drafting stage last."""


LIFE = Life


def prepare(_url: str, _folder: Path) -> None:
    """Every child finds an empty database."""


def say(**what: object) -> None:
    os.write(1, (json.dumps(what) + "\n").encode())


def live(order: dict[str, Any]) -> NoReturn:
    """A child's whole life; a step that says it was taken already is done."""
    life = import_module(order["kind"]).LIFE(order["url"], Path(order["folder"]), order["at"])
    for name in order["steps"]:
        step: Callable[[], None] = getattr(life, name)
        try:
            step()
        except ContractError as error:
            say(refused=error.code)
    os._exit(0)


def rehearse(kind: str, url: str, migrated: str) -> None:
    """Every step of a kind of life once over a database that is thrown away, so that a child finds everything warm: beside the one at
    ``url``, or a copy of the SQLite file ``migrated``."""
    module = import_module(kind)
    with TemporaryDirectory() as folder:
        if url.startswith("sqlite"):
            at = f"sqlite:///{shutil.copy(migrated, folder)}"
        else:
            server = url.rpartition("/")[0]
            at = copy_database(f"{server}/postgres", f"rehearsal_{os.getpid()}_{kind.rpartition('.')[2]}")
        module.prepare(at, Path(folder))
        life = module.LIFE(at, Path(folder), None)
        for name in module.STEPS:
            getattr(life, name)()
        life.engine.dispose()
        drop(at)


def main() -> None:
    gc.disable()  # short lives: the collector would only copy pages that a child shares
    for line in sys.stdin:
        order = json.loads(line)
        if "steps" not in order:
            rehearse(order["kind"], order["url"], order["migrated"])
            say(ready=True)
            continue
        child = os.fork()
        if child == 0:
            live(order)
        if order["seconds"] is not None:
            time.sleep(order["seconds"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        say(end=os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status))


if __name__ == "__main__":
    sys.modules["tests.services.nursery"] = sys.modules["__main__"]  # the module that each kind of life imports
    main()
