"""The demonstration contract under review: two rounds between people, over a database of its own that is thrown away afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.domain.approval import ReturnComment, RoundStatus
from app.domain.approval_route import Function
from app.domain.comments import Audience
from app.domain.errors import ContractError
from app.domain.lifecycle import Stage
from app.domain.numbering_pattern import parse_pattern
from app.domain.permissions import Actor, Role
from app.domain.term import BEIJING
from app.domain.variables import DeviationKind
from app.services import comment_mails, deciding
from app.services.access import actor_with_login
from app.services.accounts import CONSOLE, UserDetails, invite
from app.services.accounts import Post as LinkPost
from app.services.approval_mails import Post
from app.services.approval_rows import Asked
from app.services.approval_views import Approvals, read_approvals
from app.services.auditing import make_checkpoint, verify_audit
from app.services.commenting import list_threads, open_thread, reply, resolve
from app.services.drafts import acknowledge, choose_position, create_draft, deviate, save_answers
from app.services.filing import ContractView, create_contract, load_contract
from app.services.review import acknowledgement_place, review_draft
from app.services.sending_out import start_signing
from app.services.submitting import submit
from app.settings import Settings
from app.store.outbox import messages
from app.store.uow import UnitOfWork
from app.wiring import Wiring

TODAY = date(2026, 11, 22)
BEGAN = datetime(2026, 11, 22, 9, 0, tzinfo=BEIJING)
F = Function
PEOPLE = {
    "xu": ("许知行", Role.DRAFTER, None),
    "fang": ("方慎言", Role.APPROVER, F.LEGAL),
    "he": ("贺远舟", Role.APPROVER, F.BUSINESS),
    "qian": ("钱有度", Role.APPROVER, F.FINANCE),
    "lu": ("陆正言", Role.APPROVER, F.LEGAL_HEAD),
}
"""Fictitious people: sign-in name → name, role, office."""
PAYMENT, KEY_STAFF = "fees.payment.term", "team.composition.key"


@dataclass
class Review:
    """The contract after its review: whoever shows more of it (comparison, signature) finds it here as people would.

    ``log`` is what happened, line by line; ``failed`` what did not hold.
    """

    wiring: Wiring
    contract_id: str = ""
    log: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    minutes: int = 0

    def now(self) -> datetime:
        """Ten minutes later each time."""
        self.minutes += 10
        return BEGAN + timedelta(minutes=self.minutes)

    def who(self, login: str) -> Actor:
        with self.wiring.reading() as uow:
            return replace(actor_with_login(uow, login), via="演示")

    def view(self) -> ContractView:
        with self.wiring.reading() as uow:
            return load_contract(uow, self.who("xu"), self.contract_id)

    def approvals(self) -> Approvals:
        with self.wiring.reading() as uow:
            return read_approvals(uow, self.who("xu"), self.wiring.reference, TODAY, self.contract_id)

    def say(self, line: str) -> None:
        self.log.append(f"{(BEGAN + timedelta(minutes=self.minutes)):%m-%d %H:%M}  {line}")

    def hold(self, what: str, holds: bool) -> None:
        self.say(f"{'✓' if holds else '✗'} {what}")
        if not holds:
            self.failed.append(what)

    def refused(self, what: str, act: Callable[[UnitOfWork], object]) -> None:
        """Something that must be refused."""
        try:
            with self.wiring.unit_of_work() as uow:
                act(uow)
        except ContractError as error:
            self.say(f"✓ {what}被拒绝：{error.message}")
        else:
            self.hold(f"{what}应当被拒绝", False)


@contextmanager
def reviewed() -> Iterator[Review]:
    """The demonstration contract, reviewed in two rounds and approved; the database lives as long as the block."""
    with TemporaryDirectory(prefix="chengyue-demo-") as folder:
        review = Review(Wiring(Settings(data_dir=Path(folder))))
        try:
            add_people(review)
            _first_round(review)
            _revise(review)
            _second_round(review)
            _audit(review)
            yield review
        finally:
            review.wiring.engine.dispose()


def report(review: Review) -> dict[str, bytes]:
    """What happened and every mail that was sent, as text files by name."""
    lines = [*review.log, "", *_route_lines(review.approvals())]
    with review.wiring.reading() as uow:
        mails = [
            f"收件人：{m.recipient}\n主题：{m.subject}\n\n{m.text}"
            for m in reversed(messages(uow.session, limit=1000))
            if m.contract_id == review.contract_id
        ]
    return {"review.txt": ("\n".join(lines) + "\n").encode(), "mails.txt": (f"\n{'─' * 60}\n".join(mails)).encode()}


def _post(review: Review) -> Post:
    base = review.wiring.settings.base_url
    return Post(review.wiring.write_mail, lambda found: f"{base}/contracts/{found}/approvals")


def _comment_post(review: Review) -> comment_mails.Post:
    base = review.wiring.settings.base_url
    return comment_mails.Post(review.wiring.write_mail, lambda found, thread: f"{base}/contracts/{found}/text#thread-{thread}")


def add_people(review: Review) -> None:
    wiring = review.wiring
    for login, (name, role, office) in PEOPLE.items():
        details = UserDetails(login, name, f"{login}@example.com", frozenset({role}), frozenset({office} if office else ()))
        with wiring.unit_of_work() as uow:
            invite(uow, CONSOLE, review.now(), details, LinkPost(wiring.write_mail, lambda token: token))


def _first_round(review: Review) -> None:
    wiring, drafter = review.wiring, review.who("xu")
    with wiring.unit_of_work() as uow:
        draft = create_draft(uow, drafter, review.now(), wiring.library, _sealed(wiring.example_answers()))
    with wiring.unit_of_work() as uow:
        pattern = parse_pattern(wiring.settings.contract_number)
        made = create_contract(uow, drafter, review.now(), TODAY, wiring.reference, draft, pattern)
    review.contract_id = made.id
    review.say(f"{drafter.name}将草稿登记为合同 {made.number}")
    review.refused("有未处理的警告时送审", lambda uow: _submit(uow, review, Asked()))
    _let_pass(review)
    with wiring.unit_of_work() as uow:
        _submit(uow, review, Asked("首次送审，请重点看付款期与关键人员。"))
    review.say("第1次送审：" + _route_words(review))
    review.hold("合同进入审查", review.view().state.stage is Stage.IN_REVIEW)
    answers = {"contract.sign_place": "上海市浦东新区"}
    review.refused("审批期间修改文本", lambda uow: save_answers(uow, drafter, review.now(), wiring.library, draft, answers))
    review.refused("未经审批发起签署", lambda uow: start_signing(uow, drafter, review.now(), made.id))
    legal, post = review.who("fang"), _comment_post(review)
    for place, text, audience in (
        (PAYMENT, "@许知行 付款期与我方回款周期不匹配，请与财务核对。", Audience.INTERNAL),
        (KEY_STAFF, "建议列明更换人员须具备同等资质。", Audience.SHAREABLE),
    ):
        with wiring.unit_of_work() as uow:
            open_thread(
                uow, legal, review.now(), TODAY, wiring.reference, post, made.id, text, ordinal=1, place=place, audience=audience
            )  # fmt: skip
        review.say(f"{legal.name}在“{place}”处批注（{audience.label}）：{text}")
    digest = review.approvals().rounds[0].digest
    with wiring.unit_of_work() as uow:
        deciding.return_contract(
            uow, legal, review.now(), _post(review), made.id, F.LEGAL, digest, "付款期须核对，关键人员条款须补充，见逐条意见。",
            (ReturnComment(PAYMENT, "请改为45日，或者说明理由。"),),
        )  # fmt: skip
    review.say(f"{legal.name}退回第1次送审")
    review.hold("退回后合同回到起草", review.view().state.stage is Stage.DRAFT)


def _sealed(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Both parties put their contract seal beside the signature."""
    seals = {"party_a_seal_type": "contract_seal", "party_b_seal_type": "contract_seal"}
    return {**answers, "sign": {**answers["sign"], **seals}}


def _revise(review: Review) -> None:
    """Answer the comments: one position is given up, one provision reworded, a row added, figures changed."""
    wiring, drafter, draft = review.wiring, review.who("xu"), review.view().draft_id
    with wiring.unit_of_work() as uow:
        choose_position(uow, drafter, review.now(), wiring.library, draft, "3.1-t3", "fallback")
    review.say("采用可退让立场 3.1“现场驻场”")
    clause = wiring.library.clause(KEY_STAFF)
    text = (clause.text if clause else "") + "接任人员应当具备同等资质。"
    with wiring.unit_of_work() as uow:
        deviate(
            uow, drafter, review.now(), wiring.library, draft, kind=DeviationKind.OVERRIDE, provision=KEY_STAFF, text=text,
            reason="按审批意见补充接任人员的资质要求",
        )  # fmt: skip
    scope = wiring.example_answers()["scope"]["products"]
    product = {"name": "示例数据备份服务", "version": "V2.x", "kind": "platform", "status": "online"}
    changed = {"pay.days_after_confirm": "45", "scope.products": [*scope, product]}
    with wiring.unit_of_work() as uow:
        save_answers(uow, drafter, review.now(), wiring.library, draft, changed)
    review.say("付款期改为45日，产品清单增加一行，改写关键人员条款")
    _let_pass(review)
    post = _comment_post(review)
    with wiring.reading() as uow:
        threads = list_threads(uow, drafter, review.contract_id)
    for thread in threads:
        with wiring.unit_of_work() as uow:
            reply(uow, drafter, review.now(), post, review.contract_id, thread.id, "已修改。", audience=thread.audience)
        with wiring.unit_of_work() as uow:
            resolve(uow, drafter, review.now(), post, review.contract_id, thread.id)
    review.say(f"{drafter.name}回复并解决{len(threads)}条批注")


def _second_round(review: Review) -> None:
    wiring = review.wiring
    with wiring.unit_of_work() as uow:
        _submit(uow, review, Asked("已按第一次退回的意见修改。"))
    review.say("第2次送审：" + _route_words(review))
    round_ = review.approvals().rounds[0]
    seat = next((s for s in round_.seats if s.function is F.LEGAL_HEAD), None)
    review.hold("可退让立场由其议题指定的法务负责人审批", seat is not None and any("现场驻场" in r for r in seat.reasons))
    order = ((F.LEGAL, "fang"), (F.FINANCE, "qian"), (F.BUSINESS, "he"), (F.LEGAL_HEAD, "lu"))
    review.refused("未轮到的席位审批", lambda uow: _approve(uow, review, F.LEGAL_HEAD, "lu"))
    for function, login in order:
        with wiring.unit_of_work() as uow:
            _approve(uow, review, function, login)
        review.say(f"{PEOPLE[login][0]}（{function.label}）通过")
    found = review.approvals().rounds[0]
    review.hold("全部席位通过，合同定稿", found.status is RoundStatus.APPROVED and review.view().state.stage is Stage.APPROVED)
    review.hold("审批只对第2版有效", found.version == 2)


def _audit(review: Review) -> None:
    wiring = review.wiring
    with wiring.unit_of_work() as uow:
        make_checkpoint(uow, wiring.audit_seal.signer(), wiring.audit_seal, review.now())
    with wiring.reading() as uow:
        verdict = verify_audit(uow, wiring.audit_seal.verifier(), wiring.audit_seal).verdict
    review.hold(f"审计日志：{verdict.summary}", verdict.sound)


def _submit(uow: UnitOfWork, review: Review, asked: Asked) -> None:
    submit(
        uow, review.who("xu"), review.now(), TODAY, review.wiring.reference, _post(review), review.contract_id, asked
    )  # fmt: skip


def _approve(uow: UnitOfWork, review: Review, function: Function, login: str) -> None:
    deciding.approve(
        uow, review.who(login), review.now(), TODAY, review.wiring.reference, _post(review), review.contract_id, function,
        review.approvals().rounds[0].digest, "已阅本版及其与上一版的差异，同意。",
    )  # fmt: skip


def _let_pass(review: Review) -> None:
    """Let every warning pass with a reason, as the drafter would one by one."""
    wiring, drafter, draft = review.wiring, review.who("xu"), review.view().draft_id
    with wiring.reading() as uow:
        _, compiled = review_draft(uow, drafter, wiring.reference, draft, TODAY)
    for finding in compiled.blocking:
        reason = f"已与业务负责人确认“{finding.rule}”所指事项，按现行口径办理，期满前复核。"
        place = acknowledgement_place(finding)
        with wiring.unit_of_work() as uow:
            acknowledge(uow, drafter, review.now(), wiring.library, draft, rule=finding.rule, place=place, reason=reason)
    review.say(f"放行{len(compiled.blocking)}项警告，各写明理由")


def _route_words(review: Review) -> str:
    steps = review.approvals().rounds[0].steps
    return " → ".join("、".join(s.function.label for s in step) for step in steps)


def _route_lines(approvals: Approvals) -> Iterator[str]:
    for round_ in reversed(approvals.rounds):
        yield f"第{round_.ordinal}次送审，第{round_.version}版：{round_.status.label}"
        for number, step in enumerate(round_.steps, 1):
            for seat in step:
                yield f"  {number}. {seat.function.label} {f'✓ {seat.consent.by}' if seat.consent else '—'}"
                yield from (f"       · {reason}" for reason in seat.reasons)
