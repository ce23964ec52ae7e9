"""What is to be done once a contract ends: hand-over, data, settlement, and what goes on binding the parties, each with its day.

Sections 11.3, 9.3, 7.2, 7.3 and 8.3. A contract is archived when every task is done; what only goes on binding does not hinder it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from app.domain.calendar import WorkingCalendar
from app.domain.reasoning import ReasonedDate, Reasoner, days, working_days
from app.domain.term import Period, Unit
from app.domain.variables import Value

PLAN_AHEAD_DAYS, PLAN_BEHIND_WORKING_DAYS = 30, 5
"""Section 11.3: the exit plan comes thirty natural days before the end, or five working days after a rescission."""


class Ended(Enum):
    """How the contract ended, as far as the exit cares."""

    EXPIRED = "expired"
    AGREEMENT = "agreement"
    RESCINDED = "rescinded"
    CONVENIENCE = "convenience"
    DECISION = "decision"
    """By judgment or award."""


@dataclass(frozen=True, slots=True)
class Ending:
    """``on``: the day of the end. ``in_force``: it had effect before; otherwise nothing was served and nothing can be handed over.
    ``part`` empty: the whole contract. ``by``: the party that left without ground."""

    how: Ended
    on: date
    in_force: bool = True
    part: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class ExitTerms:
    """Periods of the exit, natural days unless the name says otherwise."""

    transition_days: int
    export_days: int
    delete_days: int
    certificate_workdays: int
    return_days: int
    final_days: int
    refund_days: int
    transfer_all: bool
    secret_years: int
    record_years: int
    non_solicit_months: int
    surviving: tuple[str, ...]
    without_make_up_days: bool = False

    @classmethod
    def from_values(cls, values: Mapping[str, Value]) -> ExitTerms:
        def count(name: str) -> int:
            value = values.get(name)
            return int(value) if isinstance(value, int | Decimal) else 0

        sections = values.get("terminate.survive_sections")
        return cls(
            transition_days=count("exit.transition_days"),
            export_days=count("exit.data_export_days"),
            delete_days=count("privacy.exit_delete_days"),
            certificate_workdays=count("privacy.delete_certificate_workdays"),
            return_days=count("conf.return_days"),
            final_days=count("settle.final_days"),
            refund_days=count("settle.refund_days"),
            transfer_all=values.get("exit.pending_tickets_rule") != "finish_then_transfer",
            secret_years=count("conf.survival_years"),
            record_years=count("privacy.record_years"),
            non_solicit_months=count("misc.non_solicit_months"),
            surviving=tuple(str(s) for s in sections) if isinstance(sections, tuple) else (),
            without_make_up_days=values.get("defs.workday_source") == "mon_fri_only",
        )

    def calendar(self, official: WorkingCalendar) -> WorkingCalendar:
        return official.without_make_up_days() if self.without_make_up_days else official


class TaskKey(Enum):
    """The tasks of an exit; the value is stored, so it never changes."""

    STOP = "stop"
    PLAN = "plan"
    SUPPORT = "support"
    EXPORT = "export"
    TICKETS = "tickets"
    ACCOUNTS = "accounts"
    ANNOUNCE = "announce"
    STAFF = "staff"
    REPORT = "report"
    RETURN = "return"
    ACCEPT = "accept"
    DATA = "data"
    DATA_REST = "data_rest"
    CERTIFICATE = "certificate"
    SETTLE = "settle"
    SETTLE_TRANSITION = "settle_transition"
    COMPENSATION = "compensation"
    REFUND = "refund"
    SURVIVAL = "survival"


TASKS: Mapping[TaskKey, str] = {
    TaskKey.STOP: "停止受理新增工单，进入交接",
    TaskKey.PLAN: "提交退出计划",
    TaskKey.SUPPORT: "过渡期并行支持（甲方可以书面提前结束）",
    TaskKey.EXPORT: "移交工单与录音数据、知识库、交付成果及源文件",
    TaskKey.TICKETS: "移交未结工单并附清单",
    TaskKey.ACCOUNTS: "移交服务账号、号码、渠道权限和密钥，回收权限",
    TaskKey.ANNOUNCE: "依甲方确定的内容和时间配合终端用户公告",
    TaskKey.STAFF: "提供熟悉业务的人员名单及留用建议",
    TaskKey.REPORT: "报告受托事务的结果",
    TaskKey.RETURN: "返还对方的财产、资料和密钥，返还或者销毁保密资料并出具证明",
    TaskKey.ACCEPT: "双方逐项确认移交清单",
    TaskKey.DATA: "返还或者删除个人信息（过渡期交接所必需的除外）",
    TaskKey.DATA_REST: "返还或者删除过渡期交接所必需的个人信息及全部副本",
    TaskKey.CERTIFICATE: "出具返还、删除证明（范围、方法、时间和执行人）",
    TaskKey.SETTLE: "完成终止结算",
    TaskKey.SETTLE_TRANSITION: "结算过渡期费用",
    TaskKey.COMPENSATION: "支付无因提前终止的费用和补偿",
    TaskKey.REFUND: "退还未消耗的预付款、押金（没有的，记明无须退还）",
    TaskKey.SURVIVAL: "确认存续条款及其到期日并告知双方经办人",
}
"""What each task is called."""


@dataclass(frozen=True, slots=True)
class ExitTask:
    """One thing to be done. ``obligor``: ``a``, ``b`` or ``ab``. ``source``: provision. ``proof``: a file must be filed with it.
    ``after``: counted from the day that task is done; until then ``due`` is the latest day it can be."""

    key: TaskKey
    title: str
    obligor: str
    due: ReasonedDate
    source: str
    proof: bool = False
    after: TaskKey | None = None


def exit_tasks(
    ending: Ending, terms: ExitTerms, official: WorkingCalendar, done: Mapping[TaskKey, date] | None = None
) -> tuple[ExitTask, ...]:
    """All tasks in order. ``done``: days on which tasks were done; tasks that follow others are counted from them.

    A contract that never had effect has nothing to hand over: what was disclosed is returned, costs are settled (section 9.3).
    """
    maker = _Maker(ending, terms, terms.calendar(official), dict(done or {}))
    return tuple(maker.tasks() if ending.in_force else maker.tasks_without_effect())


@dataclass(frozen=True, slots=True)
class Watch:
    """What goes on binding the parties after the end. ``until`` None: without a last day."""

    section: str
    title: str
    until: ReasonedDate | None


def watches(ending: Ending, terms: ExitTerms, official: WorkingCalendar) -> tuple[Watch, ...]:
    """Surviving duties with a day of their own, then the other sections that section 11.3 names."""
    calendar = terms.calendar(official)

    def until(label: str, amount: int, unit: Unit, source: str) -> ReasonedDate:
        reasoner = Reasoner(calendar)
        start = reasoner.given("合同终止", ending.on, "lifecycle.end.survival")
        return reasoner.result(label, reasoner.forward(label, start, Period(Decimal(amount), unit), source))

    found = []
    if terms.secret_years:
        day = until("保密期限届满", terms.secret_years, Unit.YEARS, "security.confidentiality.term")
        found.append(Watch("7.3", "保密义务（商业秘密至其为公众所知悉）", day))
    if terms.record_years and ending.in_force:
        day = until("委托处理记录保存期届满", terms.record_years, Unit.YEARS, "security.privacy.records")
        found.append(Watch("7.2", "个人信息委托处理记录的保存", day))
    if terms.non_solicit_months:
        day = until("不招揽期限届满", terms.non_solicit_months, Unit.MONTHS, "misc.other.nonsolicit")
        found.append(Watch("12.3", "不招揽对方人员", day))
    dated = {w.section for w in found}
    return (*found, *(Watch(s, "", None) for s in terms.surviving if s not in dated))


_AFTER_RESCISSION = frozenset({Ended.RESCINDED, Ended.DECISION})


def _task(
    key: TaskKey, obligor: str, due: ReasonedDate, source: str, proof: bool = False, after: TaskKey | None = None, title: str = ""
) -> ExitTask:
    return ExitTask(key, title or TASKS[key], obligor, due, source, proof, after)


@dataclass(slots=True)
class _Maker:
    ending: Ending
    terms: ExitTerms
    calendar: WorkingCalendar
    done: dict[TaskKey, date]

    def tasks(self) -> Iterator[ExitTask]:
        t, end = self.terms, self._transition_end()
        yield _task(TaskKey.STOP, "b", self._on_the_day(), "breach.termination.effects.stop")
        yield _task(TaskKey.PLAN, "b", self._plan(), "lifecycle.end.transition", proof=True)
        export = self._from_end("数据与知识库移交期限", days(t.export_days), "lifecycle.end.transition.export")
        yield _task(TaskKey.EXPORT, "b", export, "lifecycle.end.transition.export", proof=True
        )  # fmt: skip
        tickets = "移交全部未结工单并附清单" if t.transfer_all else "办结未结工单，余者移交并附清单"
        yield _task(TaskKey.TICKETS, "b", end, "lifecycle.end.transition.tickets", title=tickets)
        yield _task(TaskKey.ACCOUNTS, "b", end, "lifecycle.end.transition.accounts")
        yield _task(TaskKey.ANNOUNCE, "b", end, "lifecycle.end.transition.announce")
        yield _task(TaskKey.STAFF, "b", end, "lifecycle.end.transition.staff")
        yield _task(TaskKey.SUPPORT, "b", end, "lifecycle.end.transition.support")
        yield _task(TaskKey.REPORT, "b", end, "process.communication.account", proof=True)
        yield self._return()
        yield _task(TaskKey.ACCEPT, "ab", end, "lifecycle.end.transition.accept", proof=True)
        yield from self._data(end)
        yield from self._money(end)
        yield self._survival()

    def tasks_without_effect(self) -> Iterator[ExitTask]:
        yield self._return()
        due = self._from_end("返还或者删除期限", days(self.terms.delete_days), "security.privacy.exit")
        yield _task(TaskKey.DATA, "b", due, "security.privacy.exit", title="确认没有接触或者已经删除个人信息")
        yield self._settle()
        yield self._survival()

    # ---- parts

    def _data(self, end: ReasonedDate) -> Iterator[ExitTask]:
        t, source = self.terms, "security.privacy.exit"
        yield _task(TaskKey.DATA, "b",
            self._from_end("返还或者删除期限", days(t.delete_days), source), source,
        )  # fmt: skip
        rest = self._counted(end, "自过渡期届满起的返还或者删除期限", days(t.delete_days), source, "个人信息全部返还或者删除期限")
        yield _task(TaskKey.DATA_REST, "b", rest, source)
        after = self._after(TaskKey.DATA_REST, rest, "返还或者删除完成")
        due = self._counted(
            after, "删除证明交付期", working_days(t.certificate_workdays), f"{source}.certificate", "删除证明交付期限"
        )
        yield _task(TaskKey.CERTIFICATE, "b", due, f"{source}.certificate", True, TaskKey.DATA_REST
        )  # fmt: skip

    def _money(self, end: ReasonedDate) -> Iterator[ExitTask]:
        t, settle = self.terms, self._settle()
        yield settle
        later = self._counted(end, "自过渡期届满起的结算期限", days(t.final_days), "fees.adjustment.final", "过渡期费用结算期限")
        yield _task(TaskKey.SETTLE_TRANSITION, "ab", later, "fees.adjustment.final", proof=True)
        if self.ending.how is Ended.CONVENIENCE:
            who = self.ending.by or "a"
            source = f"lifecycle.end.convenience.{who}"
            due = self._from_end("无因终止补偿支付期限", days(t.final_days), source)
            yield _task(TaskKey.COMPENSATION, who, due, source, proof=True)
        after = self._after(TaskKey.SETTLE, settle.due, "终止结算完成")
        refund = self._counted(after, "退还期限", days(t.refund_days), "fees.adjustment.final.rules", "预付款、押金退还期限")
        yield _task(TaskKey.REFUND, "ab", refund, "fees.adjustment.final.rules", after=TaskKey.SETTLE
        )  # fmt: skip

    def _settle(self) -> ExitTask:
        due = self._from_end("终止结算期限", days(self.terms.final_days), "fees.adjustment.final")
        return _task(TaskKey.SETTLE, "ab", due, "fees.adjustment.final", proof=True)

    def _return(self) -> ExitTask:
        source = "security.confidentiality.return"
        due = self._from_end("保密资料返还或者销毁期限", days(self.terms.return_days), source)
        return _task(TaskKey.RETURN, "ab", due, source, proof=True)

    def _survival(self) -> ExitTask:
        due = self._from_end("终止结算期限", days(self.terms.final_days), "lifecycle.end.survival")
        return _task(TaskKey.SURVIVAL, "ab", due, "lifecycle.end.survival")

    # ---- days

    def _on_the_day(self) -> ReasonedDate:
        reasoner = Reasoner(self.calendar)
        return reasoner.result("终止当日", reasoner.given("合同终止", self.ending.on, "breach.termination.effects"))

    def _plan(self) -> ReasonedDate:
        reasoner, source = Reasoner(self.calendar), "lifecycle.end.transition"
        start = reasoner.given("合同终止", self.ending.on, source)
        if self.ending.how in _AFTER_RESCISSION:
            day = reasoner.forward("解除后提交退出计划", start, working_days(PLAN_BEHIND_WORKING_DAYS), source)
        else:
            raw = reasoner.back("终止日前提交退出计划", start, days(PLAN_AHEAD_DAYS), source)
            day = reasoner.earlier("往前推算的截止日遇休假日", raw, "general.definitions.periods.end")
        return reasoner.result("退出计划提交期限", day)

    def _transition_end(self) -> ReasonedDate:
        return self._from_end("过渡期", days(self.terms.transition_days), "lifecycle.end.transition", "过渡期届满日")

    def _from_end(self, rule: str, period: Period, source: str, label: str = "") -> ReasonedDate:
        start = Reasoner(self.calendar)
        start.given("合同终止", self.ending.on, source)
        return self._counted(start.result("", self.ending.on), rule, period, source, label or rule)

    def _counted(self, start: ReasonedDate, rule: str, period: Period, source: str, label: str) -> ReasonedDate:
        reasoner = Reasoner(self.calendar)
        raw = reasoner.forward(rule, reasoner.take(start), period, source)
        return reasoner.result(label, reasoner.later("期间末日遇休假日", raw, "general.definitions.periods.end", "CC:203"))

    def _after(self, key: TaskKey, latest: ReasonedDate, rule: str) -> ReasonedDate:
        """The day the task was done, or else its own last day."""
        day = self.done.get(key)
        if day is None:
            return latest
        reasoner = Reasoner(self.calendar)
        return reasoner.result(rule, reasoner.given(rule, day))


def remaining(tasks: tuple[ExitTask, ...], done: Mapping[TaskKey, date]) -> tuple[str, ...]:
    """Titles of what is still to be done; with none left the contract may be archived (brief part D, C5)."""
    return tuple(t.title for t in tasks if t.key not in done)
