"""What the clock wakes, and how often."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from app.services.advancing import advance_due
from app.services.amendment_signing import apply_due
from app.services.approval_mails import Post as ApprovalPost
from app.services.archive_renewal import is_renewal_due, renew_due
from app.services.auditing import make_checkpoint
from app.services.calendar_planning import plan_by_new_calendar
from app.services.correction_mails import tell_corrections
from app.services.documents import check_blobs
from app.services.ending_clock import look_at_endings
from app.services.heartbeat import beat
from app.services.indexing import index_missing
from app.services.log_upkeep import Post as LogPost
from app.services.log_upkeep import verify_regularly
from app.services.outbox import deliver_outbox
from app.services.overdue import record_overdue
from app.services.raising import raise_due
from app.services.reminder_rules import keep_house_dates
from app.services.remote_signing import clear_copies
from app.services.renewal_reminding import work_out_waiting
from app.services.signing_finish import finish_due, is_finish_due
from app.services.signing_lead import remind_due
from app.services.silence import confirm_silent
from app.services.telling import tell_people
from app.services.vacancies import tell_vacancies
from app.wiring import Wiring

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """``work`` does what is due and says in a few words what it did, or nothing where nothing was due."""

    name: str
    seconds: int
    work: Callable[[], str]
    ending: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Asks work under way to come to an end soon."""
        self.ending.set()


def all_tasks(wiring: Wiring) -> tuple[Task, ...]:
    """Every task of the product."""
    ending = threading.Event()

    def deliver() -> str:
        done = deliver_outbox(
            wiring.unit_of_work, wiring.mailer, wiring.now, carry_on=lambda: not ending.is_set(), others=wiring.carrier
        )
        parts = (
            ("已发送", done.sent), ("存入本地发件箱", done.local), ("稍后重试", done.postponed), ("投递失败", done.failed),
            ("租约已转移", done.lost),
        )  # fmt: skip
        return "，".join(f"{label} {count} 封" for label, count in parts if count)

    def checkpoint() -> str:
        with wiring.unit_of_work() as uow:
            made = make_checkpoint(uow, wiring.audit_seal.signer(), wiring.audit_seal, wiring.now())
        return f"已为前 {made.size} 条记录设立检查点" if made else ""

    def advance() -> str:
        # What an amendment changed on its day comes first: the dates of the moves below are computed from it.
        amended = apply_due(wiring.unit_of_work, wiring.now(), wiring.today(), carry_on=lambda: not ending.is_set())
        done = advance_due(
            wiring.unit_of_work, wiring.clockwork, wiring.now, wiring.today(), carry_on=lambda: not ending.is_set()
        )
        parts = (("补充协议生效", amended), ("自动流转", done.moved), ("须人工处理", done.stuck), ("出现故障", len(done.failed)))
        return "，".join(f"{label} {count} 次" for label, count in parts if count)

    def remind() -> str:
        now, going = wiring.now(), lambda: not ending.is_set()
        with wiring.unit_of_work() as uow:
            beat(uow, now, wiring.write_mail, f"{wiring.settings.base_url}/outbox/")
        with wiring.unit_of_work() as uow:
            anew = plan_by_new_calendar(uow, now, wiring.calendar)
        with wiring.unit_of_work() as uow:
            keep_house_dates(uow, now, wiring.today(), wiring.calendar)
        worked = work_out_waiting(wiring.unit_of_work, now, wiring.today(), wiring.calendar, carry_on=going)
        raised = raise_due(wiring.unit_of_work, now, wiring.calendar, carry_on=going)
        told = tell_people(wiring.unit_of_work, now, wiring.reminder_post, carry_on=going)
        parts = (
            ("放假安排已更新，重新计算", anew.contracts if anew else 0, "份合同"),
            ("计算期限", worked, "份"),
            ("安排日期", raised.planned, "项"),
            ("到期提醒", raised.raised, "项"),
            ("写出提醒", told, "封"),
        )
        return "，".join(f"{label} {count} {unit}" for label, count, unit in parts if count)

    def settle() -> str:
        now, today, post, going = wiring.now(), wiring.today(), wiring.clockwork.post, lambda: not ending.is_set()
        silent = confirm_silent(wiring.unit_of_work, wiring.papers, now, today, post, carry_on=going)
        for fault in silent.faults:
            log.warning("视为确认：%s", fault)
        overdue = record_overdue(wiring.unit_of_work, wiring.papers, now, today, carry_on=going)
        proposed = tell_corrections(wiring.unit_of_work, now, post, carry_on=going)
        parts = (
            ("考核视为确认", silent.months, "期"),
            ("结算单视为确认", silent.settlements, "份"),
            ("付款逾期", overdue, "份"),
            ("更正建议", proposed, "项"),
        )
        return "，".join(f"{label} {count} {unit}" for label, count, unit in parts if count)

    def watch_seats() -> str:
        base = wiring.settings.base_url
        post = ApprovalPost(wiring.write_mail, lambda contract_id: f"{base}/contracts/{contract_id}/approvals")
        vacant = tell_vacancies(wiring.unit_of_work, post, wiring.now())
        return f"审批席位空缺 {vacant} 份" if vacant else ""

    def end() -> str:
        done = look_at_endings(wiring.unit_of_work, wiring.now(), wiring.today(), wiring.calendar, wiring.clockwork.term_post)
        for fault in done.faults:
            log.warning("%s", fault)
        parts = (("建立退出任务", done.begun), ("提醒处理终止事项", done.told))
        return "，".join(f"{label} {count} 份" for label, count in parts if count)

    def verify_log() -> str:
        post = LogPost(wiring.write_mail, f"{wiring.settings.base_url}/audit/")
        seal = wiring.audit_seal
        report = verify_regularly(wiring.reading, wiring.unit_of_work, seal.verifier(), seal, wiring.now(), post)
        return "" if report is None else report.verdict.summary

    def sign() -> str:
        # Only where there is something to do: the room's libraries are heavy, and nobody may ever sign here.
        told = remind_due(wiring.unit_of_work, wiring.now(), wiring.sign_post)
        done, faults = (0, list[str]())
        if is_finish_due(wiring.unit_of_work):
            done, faults = finish_due(wiring.signing_kit, carry_on=lambda: not ending.is_set())
        for fault in faults:
            log.warning("签署收尾未能完成：%s", fault)
        parts = (("完成签署", done), ("提醒签署", told))
        return "，".join(f"{label} {count} 份" for label, count in parts if count)

    def renew_archives() -> str:
        with wiring.reading() as uow:
            due = is_renewal_due(uow, wiring.now())
        if not due:
            return ""
        done = renew_due(wiring.signing_kit, carry_on=lambda: not ending.is_set())
        for fault in done.faults:
            log.warning("存档时间戳未能续期：%s", fault)
        parts = (("续期存档时间戳", done.renewed), ("存档时间戳已经到期", done.lapsed))
        return "，".join(f"{label} {count} 份" for label, count in parts if count)

    def look_after_files() -> str:
        done = check_blobs(wiring.unit_of_work, wiring.blobs, wiring.now, wiring.write_mail, carry_on=lambda: not ending.is_set())
        parts = (("文件损坏或者丢失", done.faulty), ("文件已恢复", done.healed))
        return "，".join(f"{label} {len(found)} 个" for label, found in parts if found)

    def tidy() -> str:
        with wiring.unit_of_work() as uow:
            copies = clear_copies(uow, wiring.blobs, wiring.now())
        parts = (
            ("页面图像", wiring.page_cache.tidy(wiring.now())),
            ("未写完的文件", wiring.blobs.sweep(wiring.now())),
            ("接口签署的待签副本", copies),
        )
        return "，".join(f"清理{label} {count} 个" for label, count in parts if count)

    def index() -> str:
        done = index_missing(wiring.unit_of_work, wiring.blobs, wiring.read_pdf, carry_on=lambda: not ending.is_set())
        for contract_id in done.damaged:
            log.warning("合同 %s 的存储文本无法读取，没有编入全文索引，请运行 audit verify。", contract_id)
        parts = (("编入合同", done.contracts), ("编入签署件", done.documents), ("签署件不能读取", done.unreadable))
        return "，".join(f"{label} {count} 份" for label, count in parts if count)

    return (
        Task("邮件投递", 10, deliver, ending),
        Task("签署", 15, sign, ending),
        Task("存档续期", 3600, renew_archives, ending),
        Task("合同阶段", 300, advance, ending),
        Task("到期提醒", 60, remind, ending),
        Task("终止事项", 300, end, ending),
        Task("考核与结算", 300, settle, ending),
        Task("审批席位", 3600, watch_seats, ending),
        Task("全文索引", 60, index, ending),
        Task("审计检查点", 600, checkpoint, ending),
        Task("审计日志验证", 3600, verify_log, ending),
        Task("文件核对", 3600, look_after_files, ending),
        Task("清理", 3600, tidy, ending),
    )
