"""The demonstration contract is signed and sealed by both parties, each with a key of their own, as signatories would by the link in
their mail; then archived, verified, and formed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.cli.demo_evidence import evidence_file
from app.cli.demo_review import BEGAN, Review
from app.domain.errors import ContractError
from app.domain.execution import Mark, Order
from app.domain.lifecycle import Stage
from app.domain.signing_form import Hand, HandKind, SeamWish
from app.domain.term import BEIJING
from app.services.access import Client
from app.services.signing_access import enter_code, request_code
from app.services.signing_ceremony import bench, consent, mark_read, sign
from app.services.signing_finish import finish
from app.services.signing_kit import SigningKit
from app.services.signing_plan import Assigned, Plan, Proposal
from app.services.signing_start import read_ask, start
from app.services.signing_views import read_signing
from app.signing_room import Room
from app.store.outbox import messages
from app.wiring import Wiring

CLIENT = Client("203.0.113.24", "演示")
HANDS = {
    "party_a": (((0.0, 22.0), (26.0, 4.0), (24.0, 60.0)), ((10.0, 34.0), (44.0, 26.0)), ((58.0, 8.0), (50.0, 36.0), (86.0, 22.0), (64.0, 58.0)),
                ((98.0, 12.0), (92.0, 52.0), (124.0, 40.0), (132.0, 14.0))),
    "party_b": (((4.0, 10.0), (12.0, 20.0)), ((0.0, 34.0), (14.0, 40.0), (30.0, 6.0), (28.0, 56.0)), ((24.0, 24.0), (52.0, 20.0)),
                ((66.0, 14.0), (82.0, 40.0), (104.0, 6.0)), ((72.0, 52.0), (112.0, 46.0), (120.0, 58.0))),
}  # fmt: skip


@dataclass
class _Clock:
    """Five seconds later each time."""

    at: datetime

    def now(self) -> datetime:
        self.at += timedelta(seconds=5)
        return self.at


def signed_files(review: Review, wiring: Wiring, on: date) -> Mapping[str, bytes]:
    """The signed PDF and DOCX and the evidence package; what must hold is held in ``review``. ``wiring`` lends its renderers."""
    own = review.wiring
    clock = _Clock(datetime(on.year, on.month, on.day, 10, 0, tzinfo=BEIJING))
    review.minutes = max(review.minutes, int((clock.at - BEGAN).total_seconds()) // 60)
    room = Room(own.settings.data_dir / "pki", "演示单位", "", lambda: clock.at)
    kit = SigningKit(
        own.unit_of_work, room, own.blobs, own.sign_post, own.clockwork.post, lambda: wiring.tools, clock.now, lambda: on, "演示单位"
    )  # fmt: skip
    files = ceremony(review, kit, room, on)
    return {**files, **evidence_file(review, wiring, kit, room, on)}


def ceremony(review: Review, kit: SigningKit, room: Room, on: date) -> Mapping[str, bytes]:
    """The approved contract of ``review`` signed by everybody whom its text asks for; the signed PDF and DOCX."""
    with review.wiring.reading() as uow:
        ask = read_ask(uow, review.who("xu"), review.wiring.calendar, on, review.contract_id)
    people = tuple(sorted((_assigned(p) for p in ask.proposals), key=lambda person: person.stage))
    review.refused(
        "少一枚印章的签署计划", lambda _uow: _start(kit, review, Plan(Order.PARALLEL, ask.terms.deadline, people[:-1]))
    )
    signing = _start(kit, review, Plan(Order.STAGED, ask.terms.deadline, people, SeamWish()))
    review.say(f"文本定稿认证，发起签署：{'、'.join(f'{p.name}（{p.email}）' for p in people)}")
    for person in people:
        _sign(kit, review, person)
    finish(kit, signing)
    with review.wiring.reading() as uow:
        view = read_signing(uow, review.who("xu"), review.contract_id).current
    assert view is not None
    files = {("signed.docx" if f.name.endswith("docx") else "signed.pdf"): kit.blobs.get(f.sha256) for f in view.files}
    verdict = room.verify(files["signed.pdf"], kit.now())
    review.hold(
        f"已签署的 PDF 验证通过，{len(people)}个签名各用自己的证书",
        verdict.outcome.value == "valid" and len({x.serial for x in view.lines}) == len(people),
    )
    review.hold("双方签署完毕，合同成立", review.view().state.stage in (Stage.SIGNED, Stage.ACTIVE))
    return files


def _assigned(proposal: Proposal) -> Assigned:
    party, seal = proposal.party[-1], proposal.place.mark is Mark.SEAL
    name = f"{'甲' if party == 'a' else '乙'}方印章保管人" if seal else proposal.person.name
    address = f"{'seal' if seal else 'sign'}@party-{party}.example"
    return Assigned(proposal.place.key, name, proposal.person.title, address, 1 if party == "b" else 2)


def _start(kit: SigningKit, review: Review, plan: Plan) -> str:
    return start(kit, review.who("xu"), review.wiring.calendar, review.contract_id, plan)


def _sign(kit: SigningKit, review: Review, person: Assigned) -> None:
    token = _mailed(review, person.email, r"/sign/([A-Za-z0-9_-]{20,})")
    request_code(kit, CLIENT, token)
    secret = enter_code(kit, CLIENT, token, _mailed(review, person.email, r"【验证码】(\d{6})"))
    with review.wiring.reading() as uow:
        at = bench(uow, kit.now(), token, secret)
        pages, statements, party = at.visit.row.pages, frozenset(f.name for f in at.statements), at.visit.place_row.party
        seal, label = at.visit.place.mark is Mark.SEAL, at.visit.place.label
    mark_read(kit, CLIENT, token, secret, pages)
    consent(kit, CLIENT, token, secret, statements, agreed=True)
    pin = f"演示-{person.place[-12:]}"
    sign(kit, CLIENT, token, secret, None if seal else Hand(HandKind.DRAWN, HANDS[party]), pin, pin)
    review.say(f"{label}：验证码、逐页阅读{pages}页、同意、以本人密钥签署")


def _mailed(review: Review, address: str, pattern: str) -> str:
    with review.wiring.reading() as uow:
        for mail in sorted(messages(uow.session, limit=1000), key=lambda m: m.created_at, reverse=True):
            found = re.search(pattern, mail.text) if mail.recipient == address else None
            if found:
                return found[1]
    raise ContractError("demo.mail", f"没有发往 {address} 的邮件。")
