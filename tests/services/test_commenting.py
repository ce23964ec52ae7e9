"""Comments: threads at provisions, their audience, who is told, and what is refused."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import select

from app.domain.comments import Audience, CommentRefused, Standing
from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts
from app.domain.messages import Mail
from app.domain.permissions import Actor, Forbidden, Hidden, Role
from app.domain.variables import DeviationKind
from app.notify.mail_texts import write_mail
from app.services.comment_mails import HOLD, Post
from app.services.commented_document import commented_text
from app.services.commenting import (
    ALL,
    Filter,
    Thread,
    list_threads,
    open_thread,
    read_thread,
    reopen,
    reply,
    resolve,
    set_audience,
    shareable,
)
from app.services.drafts import deviate
from app.services.filing import create_contract, load_contract_unasked
from app.services.moving import move
from app.services.outbox import deliver_outbox
from app.services.record import ContractMissing, require_contract
from app.services.texts import DRAFT, load_text
from app.services.versions import save_version
from app.store.audit import entries_of
from app.store.comments import CommentRow
from app.store.outbox import FAILED, OutboxRow, messages
from app.store.users import find_user
from tests.services.conftest import Units
from tests.services.fixtures import NOW, PATTERN, TODAY, draft, later, reference, user
from tests.services.sharing import both_databases
from tests.services.snapshots import filled

POST = Post(write_mail, lambda contract, thread: f"https://example.com/contracts/{contract}/text#thread-{thread}")
PLACE = "fees.payment.term"
LATER = "breach.events.general"


@dataclass
class Room:
    """A contract with its owner, an approver, an auditor and somebody without any role."""

    units: Units
    contract: str
    owner: Actor
    approver: Actor
    auditor: Actor
    outsider: Actor

    def open(self, actor: Actor, text: str, minutes: float = 0, **more: object) -> str:
        with self.units() as uow:
            return open_thread(
                uow, actor, later(minutes), TODAY, reference(), POST, self.contract, text, **{"ordinal": DRAFT, "place": PLACE, **more}  # type: ignore[arg-type]
            )  # fmt: skip

    def reply(self, actor: Actor, thread: str, text: str, minutes: float = 1, audience: Audience = Audience.INTERNAL) -> str:
        with self.units() as uow:
            return reply(uow, actor, later(minutes), POST, self.contract, thread, text, audience=audience)

    def threads(self, ordinal: int | None = DRAFT, wanted: Filter = ALL) -> tuple[Thread, ...]:
        with self.units() as uow:
            shown = None if ordinal is None else load_text(uow, self.owner, reference(), TODAY, self.contract, ordinal)
            return list_threads(uow, self.owner, self.contract, shown, wanted)

    def mails(self) -> list[OutboxRow]:
        with self.units() as uow:
            found = messages(uow.session)
            uow.session.expunge_all()
            return found

    def actions(self) -> list[str]:
        with self.units() as uow:
            return [e.action for e in entries_of(uow.session, self.contract) if e.action.startswith("comment.")]

    def rewrite(self, kind: DeviationKind, text: str = "") -> None:
        with self.units() as uow:
            draft_id = load_contract_unasked(uow, self.contract).draft_id
            deviate(
                uow, self.owner, later(5), reference().library, draft_id, kind=kind, provision=PLACE, text=text,
                reason="对方在谈判中提出，经内部讨论决定接受的修改。",
            )  # fmt: skip


@dataclass
class MailServer:
    """Takes everything."""

    carried: list[Mail] = field(default_factory=list)

    def send(self, mail: Mail) -> None:
        self.carried.append(mail)


def _room(units: Units) -> Room:
    with units() as uow:
        owner = user(uow, "wang", "王律师", Role.DRAFTER)
        approver = user(uow, "zhao", "赵经理", Role.APPROVER)
        auditor = user(uow, "shen", "沈审计", Role.AUDITOR)
        outsider = user(uow, "wai", "外人")
        uow.commit()
    with units() as uow:
        draft_id = draft(uow)
    with units() as uow:
        contract = create_contract(uow, owner, NOW, TODAY, reference(), draft_id, PATTERN).id
    return Room(units, contract, owner, approver, auditor, outsider)


room = filled(_room)


# ---- threads


def test_a_thread_stands_at_its_provision_with_the_words_of_its_day(room: Room) -> None:
    room.open(room.approver, "付款期限过短。")
    (thread,) = room.threads()
    assert thread.place == PLACE
    assert thread.label == thread.label_now
    assert thread.label[0].isdigit()
    assert thread.quote
    assert thread.standing is Standing.SAME
    assert [(c.author, c.text, c.mine) for c in thread.comments] == [("赵经理", "付款期限过短。", False)]


def test_replies_follow_in_the_order_in_which_they_were_made(room: Room) -> None:
    thread = room.open(room.approver, "付款期限过短。")
    room.reply(room.owner, thread, "已与业务确认。", 2)
    room.reply(room.approver, thread, "好的。", 3)
    assert [c.text for c in room.threads()[0].comments] == ["付款期限过短。", "已与业务确认。", "好的。"]


def test_threads_come_in_the_order_of_the_text_those_on_the_whole_first(room: Room) -> None:
    room.open(room.owner, "违约金", place=LATER)
    room.open(room.owner, "序言", 1, place="preamble")
    room.open(room.owner, "整体", 2, place="")
    assert [t.first.text for t in room.threads()] == ["整体", "序言", "违约金"]
    assert [t.first.text for t in room.threads(None)] == ["违约金", "序言", "整体"]


def test_a_reworded_provision_says_that_its_words_have_changed(room: Room) -> None:
    room.open(room.approver, "付款期限过短。")
    room.rewrite(DeviationKind.OVERRIDE, "甲方应当在收到发票后六十日内付款。")
    (thread,) = room.threads()
    assert thread.standing is Standing.REWORDED
    assert "六十日" not in thread.quote


def test_a_thread_whose_provision_is_gone_says_so_and_stays_with_its_replies(room: Room) -> None:
    with room.units() as uow:
        save_version(uow, room.owner, NOW, TODAY, reference(), room.contract)
    thread = room.open(room.approver, "此条应当删除。", ordinal=1)
    room.rewrite(DeviationKind.REMOVE)
    room.reply(room.owner, thread, "已删除。", 6)
    with room.units() as uow:
        save_version(uow, room.owner, later(7), TODAY, reference(), room.contract)
    (gone,) = room.threads(2)
    assert (gone.standing, gone.label_now, gone.made_on) == (Standing.GONE, "", 1)
    assert gone.label
    assert gone.quote
    assert len(gone.comments) == 2
    assert room.threads(1)[0].standing is Standing.SAME


def test_threads_are_filtered_by_state_and_audience(room: Room) -> None:
    kept = room.open(room.owner, "未解决内部")
    done = room.open(room.owner, "已解决可对外", 1, audience=Audience.SHAREABLE)
    with room.units() as uow:
        resolve(uow, room.owner, later(2), POST, room.contract, done)
    assert [t.id for t in room.threads(wanted=Filter(resolved=False))] == [kept]
    assert [t.id for t in room.threads(wanted=Filter(resolved=True))] == [done]
    assert [t.id for t in room.threads(wanted=Filter(audience=Audience.SHAREABLE))] == [done]
    assert room.threads(wanted=Filter(resolved=True, audience=Audience.INTERNAL)) == ()


def test_a_settled_thread_takes_no_reply_until_it_is_opened_again(room: Room) -> None:
    thread = room.open(room.approver, "付款期限过短。")
    for _ in range(2):  # the second time nothing happens
        with room.units() as uow:
            resolve(uow, room.owner, later(1), POST, room.contract, thread)
    assert (room.threads()[0].resolved, room.threads()[0].resolved_by) == (True, "王律师")
    with pytest.raises(CommentRefused, match=r"王律师.*已解决"):
        room.reply(room.approver, thread, "还没有。")
    for _ in range(2):
        with room.units() as uow:
            reopen(uow, room.approver, later(2), POST, room.contract, thread)
    room.reply(room.approver, thread, "还没有。", 3)
    assert not room.threads()[0].resolved
    assert room.actions() == ["comment.added", "comment.resolved", "comment.reopened", "comment.answered"]


# ---- audience


def test_under_an_internal_comment_nothing_is_shareable(room: Room) -> None:
    thread = room.open(room.owner, "底线是六十日。")
    with pytest.raises(CommentRefused, match="仅供内部"):
        room.reply(room.owner, thread, "对外说法", audience=Audience.SHAREABLE)


def test_what_goes_to_the_other_party_leaves_out_internal_threads_and_internal_replies(room: Room) -> None:
    room.open(room.owner, "底线是六十日。")
    outer = room.open(room.owner, "请把付款期限改为六十日。", 1, audience=Audience.SHAREABLE)
    room.reply(room.approver, outer, "内部：可以让到四十五日。", 2)
    room.reply(room.owner, outer, "理由：我方付款流程较长。", 3, Audience.SHAREABLE)
    found = shareable(room.threads())
    assert [[r.text for r in t.remarks] for t in found] == [["请把付款期限改为六十日。", "理由：我方付款流程较长。"]]


def test_only_its_author_lets_a_remark_out_and_anybody_takes_it_back(room: Room) -> None:
    thread = room.open(room.approver, "可以让步。")
    with room.units() as uow, pytest.raises(CommentRefused, match="赵经理"):
        set_audience(uow, room.owner, later(1), room.contract, thread, Audience.SHAREABLE)
    with room.units() as uow:
        set_audience(uow, room.approver, later(1), room.contract, thread, Audience.SHAREABLE)
    assert room.threads()[0].audience is Audience.SHAREABLE
    with room.units() as uow:
        set_audience(uow, room.owner, later(2), room.contract, thread, Audience.INTERNAL)
    assert room.threads()[0].audience is Audience.INTERNAL
    assert room.actions().count("comment.audience_changed") == 2


# ---- words


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "{{ 7*7 }}{% raw %}", "第一行\n第二行\t\u200b", "控制\x07\x1b[31m字符", "𠮷野家"]
)
def test_any_text_is_kept_as_it_was_typed(room: Room, text: str) -> None:
    thread = room.open(room.owner, text)
    with room.units() as uow:
        assert read_thread(uow, room.owner, room.contract, thread).first.text == text


def test_what_no_database_can_hold_becomes_the_replacement_sign(room: Room) -> None:
    room.open(room.owner, "甲\0乙\ud800丙\r\n丁")
    assert room.threads()[0].first.text == "甲\ufffd乙\ufffd丙\n丁"


@pytest.mark.parametrize(("text", "why"), [("", "没有内容"), (" \n ", "没有内容"), ("长" * 4001, "4,001字")])
def test_a_comment_without_words_or_with_too_many_is_refused(room: Room, text: str, why: str) -> None:
    with pytest.raises(CommentRefused, match=why):
        room.open(room.owner, text)
    assert room.threads() == ()


def test_a_place_that_the_text_does_not_have_is_refused(room: Room) -> None:
    with pytest.raises(CommentRefused, match="草稿中没有这一条款"):
        room.open(room.owner, "意见", place="no.such.place")


# ---- who may


def test_an_auditor_reads_and_does_not_comment(room: Room) -> None:
    thread = room.open(room.owner, "意见")
    with room.units() as uow:
        assert list_threads(uow, room.auditor, room.contract)
    with pytest.raises(Forbidden):
        room.open(room.auditor, "意见")
    with pytest.raises(Forbidden):
        room.reply(room.auditor, thread, "意见")
    for act in (resolve, reopen):
        with room.units() as uow, pytest.raises(Forbidden):
            act(uow, room.auditor, NOW, POST, room.contract, thread)


def test_for_somebody_who_may_not_read_the_contract_there_is_nothing(room: Room) -> None:
    thread = room.open(room.owner, "意见")
    with room.units() as uow:
        require_contract(uow, room.contract, lock=True).confidential = True
        uow.commit()
    for stranger in (room.approver, room.outsider):
        with room.units() as uow, pytest.raises(ContractMissing):
            list_threads(uow, stranger, room.contract)
        with pytest.raises(ContractMissing):
            room.reply(stranger, thread, "意见")
        with pytest.raises(ContractMissing):
            room.open(stranger, "意见")


def test_a_mail_that_waits_for_one_who_lost_the_contract_goes_nowhere(room: Room) -> None:
    room.open(room.owner, "@zhao 内部底线是95万元。")
    with room.units() as uow:
        require_contract(uow, room.contract, lock=True).confidential = True
        uow.commit()
    post = MailServer()
    assert deliver_outbox(room.units, post, lambda: later(6)).failed == 1
    (row,) = room.mails()
    assert (post.carried, row.state, "不能阅读" in row.problem) == ([], FAILED, True)


@pytest.mark.parametrize("active", [True, False])
def test_a_mail_that_waits_for_one_whose_account_was_closed_goes_nowhere(room: Room, active: bool) -> None:
    room.open(room.owner, "@zhao 请看。")
    with room.units() as uow:
        approver = find_user(uow.session, room.approver.id)
        assert approver
        approver.active = active
        uow.commit()
    post = MailServer()
    deliver_outbox(room.units, post, lambda: later(6))
    assert len(post.carried) == active


def test_a_thread_of_another_contract_is_not_there(room: Room) -> None:
    thread = room.open(room.owner, "意见")
    with room.units() as uow:
        other_draft = draft(uow)
    with room.units() as uow:
        other = create_contract(uow, room.owner, NOW, TODAY, reference(), other_draft, PATTERN).id
    with room.units() as uow, pytest.raises(Hidden):
        reply(uow, room.owner, NOW, POST, other, thread, "意见", audience=Audience.INTERNAL)
    with room.units() as uow, pytest.raises(Hidden):
        set_audience(uow, room.owner, NOW, other, thread, Audience.INTERNAL)


def test_the_file_for_the_other_party_is_made_anew_once_the_text_is_approved(room: Room) -> None:
    """It was marked as a draft; the comments alone would name the same file."""
    room.open(room.owner, "请核对", audience=Audience.SHAREABLE)
    with room.units() as uow:
        found = commented_text(uow, room.owner, reference(), TODAY, room.contract, DRAFT)
    assert not found.final
    assert replace(found, final=True).key != found.key
    assert replace(found).key == found.key


def test_a_void_contract_takes_no_more_comments(room: Room) -> None:
    room.open(room.owner, "意见")
    with room.units() as uow:
        move(uow, room.owner, NOW, require_contract(uow, room.contract, lock=True), Event.VOIDED, Facts(reason="双方放弃合作"))
        uow.commit()
    with pytest.raises(CommentRefused, match="已作废"):
        room.open(room.owner, "意见")
    assert len(room.threads()) == 1


# ---- who is told


def test_the_owner_is_told_of_a_comment_and_who_wrote_in_the_thread_of_an_answer(room: Room) -> None:
    thread = room.open(room.approver, "付款期限过短。")
    assert [m.recipient for m in room.mails()] == ["wang@example.com"]
    assert "付款期限过短。" in room.mails()[0].text
    assert f"#thread-{thread}" in room.mails()[0].text
    room.reply(room.owner, thread, "已确认。")
    assert sorted(m.recipient for m in room.mails()) == ["wang@example.com", "zhao@example.com"]


def test_nobody_is_told_of_what_he_did_himself(room: Room) -> None:
    thread = room.open(room.owner, "记下一点。")
    room.reply(room.owner, thread, "再记一点。")
    assert room.mails() == []


def test_somebody_named_with_at_is_told_if_he_may_read_the_contract(room: Room) -> None:
    room.open(room.owner, "请@沈审计 和@zhao看一下，@外人 不必。")
    assert sorted(m.recipient for m in room.mails()) == ["shen@example.com", "zhao@example.com"]


def test_a_lively_talk_makes_one_mail_until_it_has_gone_out(room: Room) -> None:
    thread = room.open(room.approver, "第一点。")
    room.reply(room.approver, thread, "第二点。", 1)
    room.open(room.approver, "第三点。", 2, place="")
    (mail,) = room.mails()
    assert all(words in mail.text for words in ("第一点。", "第二点。", "第三点。"))
    deliver_outbox(room.units, None, lambda: later(4))
    assert room.mails()[0].state == "waiting", "it waits for what may follow"
    deliver_outbox(room.units, None, lambda: NOW + HOLD)
    room.reply(room.approver, thread, "第四点。", 6)
    after = room.mails()
    assert [m.state for m in after] == ["waiting", "local"]
    assert "第四点。" in after[0].text
    assert "第四点。" not in after[1].text


@both_databases
def test_remarks_made_at_the_same_moment_are_all_told(room: Room) -> None:
    start = threading.Barrier(4)

    def write(worker: int) -> None:
        start.wait()
        for number in range(3):
            room.open(room.approver, f"第{worker}人第{number}条。", place="")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    told = "".join(m.text for m in room.mails())
    assert [words for w in range(4) for n in range(3) if (words := f"第{w}人第{n}条。") not in told] == []
    assert len(room.threads(None)) == 12


def test_a_mail_shows_markup_and_control_characters_as_text(room: Room) -> None:
    room.open(room.approver, "{{ 7*7 }}<b>\x1b[31m")
    text = room.mails()[0].text
    assert "{{ 7*7 }}<b>" in text
    assert "\x1b" not in text


# ---- the record


def test_a_comment_and_its_entry_and_its_mail_are_one(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.store import uow as store

    def broken(*_: object) -> None:
        raise RuntimeError("the power went off")

    with monkeypatch.context() as patch:
        patch.setattr(store, "append_records", broken)
        with pytest.raises(RuntimeError):
            room.open(room.approver, "意见")
    assert room.threads() == ()
    assert room.mails() == []
    assert room.actions() == []


def test_the_log_names_place_audience_text_and_the_words_digest(room: Room) -> None:
    room.open(room.approver, "意见", audience=Audience.SHAREABLE)
    with room.units() as uow:
        entry = next(e for e in entries_of(uow.session, room.contract) if e.action == "comment.added")
        comment = uow.session.scalars(select(CommentRow.id)).one()
    data = json.loads(entry.data)
    assert (data["comment"], data["place"], data["audience"]) == (comment, PLACE, "shareable")
    assert len(data["sha256"]) == 64
    assert entry.actor == room.approver.id


def test_without_roles_or_account_nobody_comments(room: Room) -> None:
    for nobody in (Actor("本机用户"), room.outsider):
        with pytest.raises(ContractMissing):
            room.open(nobody, "意见")
