"""A contract in force for the demonstrations of its later life: a throw-away database, one person, a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.domain.calendar import WorkingCalendar
from app.domain.effect import Condition
from app.domain.errors import ContractError
from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts
from app.domain.numbering_pattern import parse_pattern
from app.domain.permissions import Actor, Role
from app.domain.reasoning import ReasonedDate
from app.services.access import actor_with_login
from app.services.accounts import CONSOLE, UserDetails, invite
from app.services.accounts import Post as LinkPost
from app.services.advancing import advance_due
from app.services.auditing import verify_audit
from app.services.drafts import create_draft
from app.services.ending_clock import look_at_endings
from app.services.filing import ContractView, DocumentKind, attach_document, create_contract, load_contract
from app.services.generation import Format, Tools
from app.services.moving import move
from app.services.paper_files import file_paper, files_of, make_files
from app.services.paper_freezing import freeze_paper
from app.services.paper_texts import fill_paper
from app.services.raising import raise_due
from app.services.record import require_contract
from app.services.renewal_reminding import work_out_waiting
from app.services.silence import confirm_silent
from app.services.taking_effect import SigningDate, check_off, note_signed
from app.services.telling import tell_people
from app.services.versions import save_version
from app.settings import Settings
from app.store.instruments import find_instrument
from app.store.outbox import messages
from app.store.uow import UnitOfWork
from app.wiring import Wiring

SIGNED, STARTS = date(2025, 11, 20), date(2026, 1, 1)
PERSON = UserDetails("zhou", "周继明", "zhou@example.com", frozenset({Role.DRAFTER, Role.CONTRACT_ADMINISTRATOR}))
"""Fictitious."""
CONDITIONS = {Condition.PIA_DONE: "影响评估报告PIA-2025-011", Condition.ANNEX_COMPLETE: "附件签收清单"}
SIGNED_COPY = "签署件存档说明.txt"
_SIGNATORIES = (("a", "甲方授权代表"), ("b", "乙方授权代表"))


@dataclass
class Life:
    """One contract. ``today`` moves only where the story moves it. ``log``: what happened; ``failed``: what did not hold; ``files``: the
    papers made, by name. ``tools``: renderers whose fonts are cut already."""

    wiring: Wiring
    tools: Callable[[], Tools]
    formats: frozenset[Format]
    name: str
    contract_id: str = ""
    settlement: str = ""
    today: date = SIGNED
    log: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """Noon in Beijing."""
        return datetime.combine(self.today, time(4), UTC)

    @property
    def actor(self) -> Actor:
        with self.wiring.reading() as uow:
            return replace(actor_with_login(uow, PERSON.login), via="演示")

    @property
    def place(self) -> tuple[Actor, datetime, date, WorkingCalendar, str]:
        """The arguments that most use cases of a contract begin with."""
        return (self.actor, self.now, self.today, self.wiring.calendar, self.contract_id)

    def at(self, year: int, month: int, day: int) -> Life:
        """Move the clock, and let it do what is due on the way."""
        self.today = date(year, month, day)
        advance_due(self.wiring.unit_of_work, self.wiring.clockwork, lambda: self.now, self.today)
        post = self.wiring.clockwork.term_post
        look_at_endings(self.wiring.unit_of_work, self.now, self.today, self.wiring.calendar, post)
        return self

    def silence(self) -> None:
        """Let the clock confirm what nobody spoke of in time."""
        confirm_silent(self.wiring.unit_of_work, self.wiring.papers, self.now, self.today, self.wiring.clockwork.post)

    def remind(self) -> str:
        """Let the clock remind of what is due; the text of the message that it wrote, empty where it wrote none."""
        units, now = self.wiring.unit_of_work, self.now
        work_out_waiting(units, now, self.today, self.wiring.calendar)
        raise_due(units, now, self.wiring.calendar)
        if not tell_people(units, now, self.wiring.reminder_post):
            return ""
        with self.wiring.reading() as uow:
            told = [m for m in messages(uow.session) if m.key.startswith("reminders:") and m.created_at == now]
            return "\n".join(m.text for m in sorted(told, key=lambda m: int(m.key.rpartition(":")[2])))

    def view(self) -> ContractView:
        with self.wiring.reading() as uow:
            return load_contract(uow, self.actor, self.contract_id)

    def do(self, act: Callable[[UnitOfWork], Any]) -> Any:
        with self.wiring.unit_of_work() as uow:
            return act(uow)

    # ---- what is told

    def say(self, line: str) -> None:
        self.log.append(f"{self.today.isoformat()}  {line}")

    def show(self, found: ReasonedDate | None) -> None:
        """A date with its reasoning, line by line."""
        if found is None:
            self.hold("该日期可以计算", holds=False)
        else:
            self.say(f"{found.label}：{found.day.isoformat()}")
            self.log += [f"{'':14}{line}" for line in found.lines]

    def hold(self, what: str, holds: bool) -> None:
        self.say(f"{'✓' if holds else '✗'} {what}")
        if not holds:
            self.failed.append(f"{self.name}：{what}")

    def refused(self, what: str, act: Callable[[UnitOfWork], Any]) -> None:
        """Something that must be refused."""
        try:
            self.do(act)
        except ContractError as error:
            self.say(f"✓ {what}被拒绝：{error.message}")
        else:
            self.hold(f"{what}应当被拒绝", holds=False)

    def audit(self) -> None:
        with self.wiring.reading() as uow:
            verdict = verify_audit(uow, self.wiring.audit_seal.verifier(), self.wiring.audit_seal).verdict
        self.hold(f"审计日志：{verdict.summary}", verdict.sound)

    # ---- papers and files

    def attach(self, name: str, kind: DocumentKind, words: str) -> str:
        """A text file in the contract's record; its id."""
        view = self.do(
            lambda uow: attach_document(
                uow, self.actor, self.now, self.wiring.blobs, self.contract_id, kind=kind, name=name, media_type="text/plain",
                content=words.encode(),
            )
        )  # fmt: skip
        return str(view.id)

    def finish(self, paper_id: str, stem: str, entered: Mapping[str, Any]) -> None:
        """Fill a paper in with what only people know, freeze it under its number, make its files and file them."""
        kit = self.wiring.papers
        self.do(lambda uow: fill_paper(uow, self.actor, self.now, self.today, kit, paper_id, entered))
        frozen = self.do(lambda uow: freeze_paper(uow, self.actor, self.now, self.today, kit, paper_id))
        made = make_files(replace(files_of(frozen), stem=frozen.head.number, formats=self.formats), self.tools, self.now)
        filed = self.do(
            lambda uow: file_paper(uow, self.actor, self.now, self.wiring.blobs, paper_id, made.files, made.meta.digest)
        )
        self.say(f"{frozen.head.title} {frozen.head.number} 定稿，归档 {len(filed)} 个文件")
        proven = len(self.formats & {Format.DOCX, Format.PDF})
        self.hold("生成的文件与文书文字逐条一致", len(made.proofs) == proven and all(p.equal for p in made.proofs))
        self.files |= {f"{stem}.{name.rpartition('.')[2]}": content for name, content in made.files.items()}

    def paper_number(self, paper_id: str) -> str:
        with self.wiring.reading() as uow:
            row = find_instrument(uow.session, paper_id)
            return row.number if row else ""


@contextmanager
def lives(tools: Callable[[], Tools], formats: frozenset[Format]) -> Iterator[Callable[[str], Life]]:
    """A database of its own for as long as the block lives; each call of what it gives adds a contract in force."""
    with TemporaryDirectory(prefix="chengyue-demo-") as folder:
        wiring = Wiring(Settings(data_dir=Path(folder)))
        try:
            with wiring.unit_of_work() as uow:
                at = datetime.combine(SIGNED, time(1), UTC)
                invite(uow, CONSOLE, at, PERSON, LinkPost(wiring.write_mail, lambda token: token))
            yield lambda name: _in_force(Life(wiring, tools, formats, name))
        finally:
            wiring.engine.dispose()


def _in_force(life: Life) -> Life:
    """The demonstration contract for the year 2026, entered as signed on paper, in effect from its first day."""
    wiring, actor = life.wiring, life.actor
    answers = dict(wiring.example_answers())
    answers["term"] = {**answers["term"], "start_date": STARTS.isoformat()}
    signed = {"sign_date": SIGNED.isoformat(), "final_date": SIGNED.isoformat()}
    answers["contract"] = {k: v for k, v in {**answers["contract"], **signed}.items() if k != "no"}
    draft = life.do(lambda uow: create_draft(uow, actor, life.now, wiring.library, answers))
    pattern = parse_pattern(wiring.settings.contract_number)
    made = life.do(lambda uow: create_contract(uow, actor, life.now, SIGNED, wiring.reference, draft, pattern))
    life.contract_id = made.id
    life.do(lambda uow: save_version(uow, actor, life.now, SIGNED, wiring.reference, made.id))
    copy = life.attach(SIGNED_COPY, DocumentKind.SIGNED, "演示：纸质签署件存档案室，柜号A-01。")
    life.do(lambda uow: _signed(uow, life, copy))
    for condition, evidence in CONDITIONS.items():
        proof = life.attach(f"{condition.label}.txt", DocumentKind.EVIDENCE, evidence)
        life.do(partial(_fulfilled, life=life, condition=condition, evidence=evidence, proof=proof))
    life.at(STARTS.year, STARTS.month, STARTS.day)
    life.say(f"合同 {made.number} 补录为已签署，自{STARTS.isoformat()}起生效")
    life.hold("合同履行中", life.view().state.stage.value == "active")
    return life


def _fulfilled(uow: UnitOfWork, life: Life, condition: Condition, evidence: str, proof: str) -> None:
    post = life.wiring.clockwork.post
    check_off(
        uow, life.actor, life.now, life.today, post, life.contract_id, condition, on=SIGNED, evidence=evidence, document_id=proof
    )


def _signed(uow: UnitOfWork, life: Life, copy: str) -> None:
    contract = require_contract(uow, life.contract_id, lock=True)
    facts = Facts(reason="纸质签署的合同补录", outstanding_signatures=(), signed_copy=SIGNED_COPY)
    move(uow, life.actor, life.now, contract, Event.RECORDED_AS_SIGNED, facts)
    note_signed(uow, life.actor, life.now, contract, [SigningDate(role, who, SIGNED, copy) for role, who in _SIGNATORIES])
    uow.commit()
