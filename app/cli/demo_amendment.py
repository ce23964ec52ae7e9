"""The demonstration contract is amended: a price and two provisions, signed, in effect on its day; the text before and after as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from app.cli.demo_review import BEGAN, Review
from app.domain.effect import Effect
from app.domain.lifecycle import Event, Stage
from app.domain.lifecycle_facts import Facts
from app.domain.proofreading import Severity
from app.domain.redrafting import Rewrite
from app.services.amending import add_provision, draft_amendment, edit_amendment, enter_value
from app.services.amendment_signing import apply_due, freeze_amendment, record_signed
from app.services.amendment_study import study_amendment
from app.services.consolidating import InForce, terms_as_of
from app.services.filing import DocumentKind, attach_document
from app.services.moving import move
from app.services.paper_files import PaperFiles, copy_of, files_of, make_files
from app.services.paper_freezing import read_frozen
from app.services.paper_texts import fill_paper, let_pass
from app.services.record import require_contract
from app.services.review import acknowledgement_place
from app.services.sending_out import start_signing
from app.services.taking_effect import SigningDate, note_signed
from app.services.version_list import version_lines
from app.wiring import Wiring

SIGNED, BEGINS = date(2026, 11, 25), date(2027, 1, 1)
DRAFTED, EFFECTIVE = date(2027, 2, 2), date(2027, 3, 1)
EVE = EFFECTIVE - timedelta(days=1)
PRICE, PRICE_LIST, REWORDED, BEHIND = "fees.monthly_fixed", "fees.price_rows", "process.flow.system", "fees.payment.term"
OLD, NEW, YEAR = Decimal("100000.00"), Decimal("105000.00"), Decimal("1250000.00")
"""The monthly fee before and after, and the year's with two months at the old one."""
COPY = b"%PDF-1.4\n%demonstration: in place of the signed copy\n"


@dataclass(frozen=True, slots=True)
class _Stage:
    """The amendment on its way: the review that tells it, and its paper."""

    review: Review
    paper_id: str

    @property
    def wiring(self) -> Wiring:
        return self.review.wiring


def amendment_files(review: Review, wiring: Wiring) -> Mapping[str, bytes]:
    """The amendment and the consolidated text on the eve and on the day of its effect; what must hold is held in ``review``.

    ``wiring`` lends its renderers: their fonts are cut already.
    """
    told = len(review.log)
    _bring_into_force(review)
    at = _Stage(review, _drafted(review))
    _edit(at)
    _freeze(at)
    _sign(at)
    before, after = _in_force(review, EVE), _in_force(review, EFFECTIVE)
    _held(at, before, after)
    with review.wiring.reading() as uow:
        paper = files_of(read_frozen(uow, review.who("xu"), at.paper_id))
    files: dict[str, bytes] = {}
    for wanted in (paper, copy_of(before), copy_of(after)):
        files |= _made(review, wiring, wanted)
    return {**files, "amendment.txt": ("\n".join(review.log[told:]) + "\n").encode()}


def _bring_into_force(review: Review) -> None:
    """In force, after it was signed (``demo_signing``); where that is left out, a stand-in takes the place of the signed copy."""
    wiring, drafter = review.wiring, review.who("xu")
    if review.view().state.stage is Stage.APPROVED:
        _stand_in(review)
    _until(review, BEGINS)
    with wiring.unit_of_work() as uow:
        row = require_contract(uow, review.contract_id, lock=True)
        move(uow, drafter, review.now(), row, Event.TOOK_EFFECT, Facts(today=BEGINS, effect=Effect((SIGNED, BEGINS))))
        uow.commit()
    review.hold("合同签署并生效，进入履行", review.view().state.stage is Stage.ACTIVE)


def _stand_in(review: Review) -> None:
    wiring, drafter = review.wiring, review.who("xu")
    digest = review.approvals().rounds[0].digest
    with wiring.unit_of_work() as uow:
        start_signing(uow, drafter, review.now(), review.contract_id)
    _until(review, SIGNED)
    copy = _copy(review, "合同签署件.pdf")
    with wiring.unit_of_work() as uow:
        row = require_contract(uow, review.contract_id, lock=True)
        facts = Facts(digest=digest, approved_digest=digest, outstanding_signatures=(), signed_copy="合同签署件.pdf")
        move(uow, drafter, review.now(), row, Event.EXECUTED, facts)
        note_signed(
            uow,
            drafter,
            review.now(),
            row,
            [SigningDate("a", "甲方签署人", SIGNED, copy), SigningDate("b", "乙方签署人", SIGNED, copy)],
        )
        uow.commit()


def _drafted(review: Review) -> str:
    _until(review, DRAFTED)
    with review.wiring.unit_of_work() as uow:
        made = draft_amendment(uow, review.who("xu"), review.now(), DRAFTED, review.wiring.papers, review.contract_id)
    review.say("起草补充协议一：调整固定月费，改写一条，增加一条")
    return made


def _edit(at: _Stage) -> None:
    """A price, with the row of the price list that states it, and two provisions."""
    wiring, drafter = at.wiring, at.review.who("xu")
    with wiring.reading() as uow:
        before = study_amendment(uow, drafter, wiring.papers, at.paper_id, DRAFTED).redraft.before.instrument
    provision = before.provision(REWORDED)
    assert provision is not None
    rows = [
        {**row, "excl_tax": YEAR} if row["code"] == "FW-01" else row for row in wiring.example_answers()["fees"]["price_rows"]
    ]
    for name, value in ((PRICE, str(NEW)), (PRICE_LIST, [{k: str(v) for k, v in row.items()} for row in rows])):
        with wiring.unit_of_work() as uow:
            enter_value(uow, drafter, at.review.now(), wiring.papers, at.paper_id, name, value)
    words = Rewrite(REWORDED, provision.title, provision.text.replace("不得自行导出", "不得自行复制、导出"))
    with wiring.unit_of_work() as uow:
        edit_amendment(uow, drafter, at.review.now(), at.paper_id, words)
    text = "乙方应当以数电票形式开具发票，并于开具当日发送至甲方指定邮箱；发票的开具不以甲方付款为前提。"
    with wiring.unit_of_work() as uow:
        add_provision(uow, drafter, at.review.now(), at.paper_id, BEHIND, "发票的电子交付", text)
    dated = {"amendment.effective_rule": "on_date", "amendment.effective_date": EFFECTIVE.isoformat()}
    with wiring.unit_of_work() as uow:
        fill_paper(uow, drafter, at.review.now(), DRAFTED, wiring.papers, at.paper_id, dated)


def _until(review: Review, day: date) -> None:
    """Let the clock of the demonstration come to nine o'clock of that day."""
    moment = datetime.combine(day, BEGAN.timetz())
    review.minutes = max(review.minutes, int((moment - BEGAN).total_seconds() // 60))


def _copy(review: Review, name: str, paper_id: str = "") -> str:
    with review.wiring.unit_of_work() as uow:
        return attach_document(
            uow, review.who("xu"), review.now(), review.wiring.blobs, review.contract_id, kind=DocumentKind.SIGNED, name=name,
            media_type="application/pdf", content=COPY + name.encode(), paper_id=paper_id,
        ).id  # fmt: skip


def _freeze(at: _Stage) -> None:
    """Let every warning pass with a reason, and fix the text."""
    wiring, drafter = at.wiring, at.review.who("xu")
    with wiring.reading() as uow:
        found = study_amendment(uow, drafter, wiring.papers, at.paper_id, DRAFTED)
    at.review.say(f"对照表{len(found.changes.lines)}行，校对提出{len(found.paper.findings)}项")
    for finding in (f for f in found.paper.blocking if f.severity is Severity.WARN):
        reason = f"已与业务负责人确认“{finding.rule}”所指事项，按现行口径办理，履行中复核。"
        with wiring.unit_of_work() as uow:
            place = acknowledgement_place(finding)
            let_pass(uow, drafter, at.review.now(), DRAFTED, wiring.papers, at.paper_id, finding.rule, place, reason)
    with wiring.unit_of_work() as uow:
        frozen = freeze_amendment(uow, drafter, at.review.now(), DRAFTED, wiring.papers, at.paper_id)
    at.review.say(f"{frozen.head.number} 定稿")


def _sign(at: _Stage) -> None:
    wiring, drafter = at.wiring, at.review.who("xu")
    copy = _copy(at.review, "补充协议一签署件.pdf", at.paper_id)
    with wiring.unit_of_work() as uow:
        signed = record_signed(
            uow, drafter, at.review.now(), DRAFTED, wiring.papers, at.paper_id, signed_on=DRAFTED, evidence_id=copy
        )  # fmt: skip
    at.review.hold(
        f"{signed.number} 已签署，{signed.effective_on}起生效", not signed.in_effect and signed.effective_on == EFFECTIVE
    )
    early = apply_due(wiring.unit_of_work, at.review.now(), EVE)
    _until(at.review, EFFECTIVE)
    at.review.hold(
        "生效日以前不生效，到日由后台任务生效", (early, apply_due(wiring.unit_of_work, at.review.now(), EFFECTIVE)) == (0, 1)
    )


def _in_force(review: Review, day: date) -> InForce:
    with review.wiring.reading() as uow:
        return terms_as_of(uow, review.who("xu"), review.contract_id, day)


def _held(at: _Stage, before: InForce, after: InForce) -> None:
    old, new = before.consolidated, after.consolidated
    was, now, total = old.standing.answers, new.standing.answers, "fees.total_excl_tax"
    at.review.hold(f"{EVE}的文本仍按原月费", was.get(PRICE) == OLD and not old.marks)
    at.review.hold(f"{EFFECTIVE}起按新月费，合同总价随之改变", now.get(PRICE) == NEW and now.get(total) != was.get(total))
    mark = new.last(REWORDED)
    at.review.hold(f"第4.1.3条注明“{mark.sentence if mark else ''}”", mark is not None and "修改" in mark.sentence)
    added = [p for p in new.standing.instrument.provisions() if p.title == "发票的电子交付"]
    at.review.hold("增加的条款为第8.2.2条之一，其他编号不变", [p.number for p in added] == ["8.2.2之一"])
    at.review.hold("合并文本存为合同的新版本", at.review.view().state.stage is Stage.ACTIVE and _versions(at) == 3)


def _versions(at: _Stage) -> int:
    with at.wiring.reading() as uow:
        return len(version_lines(uow, at.review.who("xu"), at.review.contract_id))


def _made(review: Review, wiring: Wiring, wanted: PaperFiles) -> Mapping[str, bytes]:
    made = make_files(wanted, lambda: wiring.tools, review.now())
    for proof in made.proofs:
        review.hold(f"{wanted.stem}：{proof.file}与文本逐条一致（{proof.blocks} 处）", proof.equal)
    return made.files
