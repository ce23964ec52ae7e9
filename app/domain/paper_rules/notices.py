"""Checks of rescission (C4), rectification (C7) and demand (C8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from app.domain.paper_rules.common import iso, near
from app.domain.paper_rules.context import OtherPaper, PaperDraft, figure, paper_rule
from app.domain.paper_rules.demand_rates import rates_of, stretches_add_up, the_rate_is_the_agreed_one
from app.domain.papers import PaperKind, PaperState
from app.domain.proofreading.finding import Hit, Place, Severity
from app.domain.settlement.delays import delay
from app.domain.settlement.receivable import Claim
from app.domain.term import Period, Unit, add_working_days, anniversary, due_date, roll_forward

RESCISSION = (PaperKind.RESCISSION,)
RECTIFICATION = (PaperKind.RECTIFICATION,)
DEMAND = (PaperKind.DEMAND,)
_CONTRACT_BASIS = re.compile(r"第\s*\d{1,2}(?:\.\d{1,3}){1,3}\s*[条款]")
_LAW_BASIS = re.compile(r"《[^》]+》第[^条]{1,12}条|民法典》?第[^条]{1,12}条")
_ON_TO_THE_END = re.compile("继续履行(?:合同)?(?:至|到)[^。；]{0,12}(?:届满|期满)|履行至期满")
_UNCERTAIN = re.compile("保留解除|视(?:贵方|情)|可能解除|将考虑解除|如有必要[^。；]{0,6}解除")
_HARASSING = re.compile("曝光|公开(?:贵方|其)?(?:终端)?用户|人肉|黑名单|刑事责任|让(?:贵方|你方)[^。；]{0,8}付出|上门催")


@paper_rule("C4-01", "解除权已过行使期限", RESCISSION, ("CC:564",), "解除权已经消灭的，改以协商终止或者主张违约责任。")
def the_right_has_not_lapsed(d: PaperDraft) -> Iterator[Hit]:
    known = None if _leaves(d) else d.day("rescission.known_on")
    if known is None:
        return
    days = d.agreed_number("terminate.right_exercise_days")
    last = known + timedelta(days=int(days)) if days is not None else anniversary(known, 1)
    day = max(d.today, d.paper_day)
    if day > last:
        yield Hit(Severity.ERROR, f"解除权应当在{iso(last)}以前行使，现已逾期。", d.place("rescission.known_on"))
    if known > d.paper_day:
        yield Hit(Severity.ERROR, "知道解除事由之日晚于文书日期。", d.place("rescission.known_on"))


@paper_rule("C4-02", "催告没有到达", RESCISSION, ("CC:563", "CC:137"), "先发催告函并取得到达证据。")
def the_demand_has_arrived(d: PaperDraft) -> Iterator[Hit]:
    """The demand exists among the contract's papers, has arrived, and on the day that is stated."""
    if _leaves(d) or not d.flag("rescission.demanded"):
        return
    number, stated = d.text("rescission.demand_no"), d.day("rescission.demand_arrived")
    demand = next((p for p in d.others if p.number == number and number and _demands(p)), None)
    if demand is None:
        yield Hit(
            Severity.ERROR, f"没有编号为“{number}”的催告函（或者同时构成催告的整改通知）。", d.place("rescission.demand_no")
        )
    elif demand.arrived_on is None:
        yield Hit(Severity.ERROR, f"{number}没有到达对方的记录。", d.place("rescission.demand_arrived"))
    elif stated is not None and stated != demand.arrived_on:
        yield Hit(
            Severity.ERROR,
            f"{number}的到达日记录为{iso(demand.arrived_on)}，文中为{iso(stated)}。",
            d.place("rescission.demand_arrived"),
        )


@paper_rule("C4-03", "补救期未满", RESCISSION, ("CC:563",), "补救期届满之后再发解除通知。")
def the_cure_period_is_over(d: PaperDraft) -> Iterator[Hit]:
    ended, arrived = d.day("rescission.cure_ended"), d.day("rescission.demand_arrived")
    if _leaves(d) or not d.flag("rescission.demanded") or ended is None:
        return
    if ended >= d.paper_day:
        yield Hit(Severity.ERROR, f"补救期至{iso(ended)}届满，文书日期应当在其后。", d.place("rescission.cure_ended"))
    days = d.agreed_number("breach.cure_days")
    if arrived is not None and days is not None and ended < arrived + timedelta(days=int(days)):
        yield Hit(Severity.ERROR, f"补救期自催告到达起不足合同约定的{days}个自然日。", d.place("rescission.cure_ended"))


@paper_rule("C4-04", "解除依据不明确", RESCISSION, ("CC:562", "CC:563"), "约定解除写合同条款号，法定解除写法条。")
def the_basis_is_named(d: PaperDraft) -> Iterator[Hit]:
    basis, ground = d.text("rescission.basis"), d.text("rescission.ground")
    if basis and ground == "agreed" and not _CONTRACT_BASIS.search(basis):
        yield Hit(Severity.ERROR, "约定解除没有写明合同条款号。", d.place("rescission.basis"))
    if basis and ground == "statutory" and not _LAW_BASIS.search(basis):
        yield Hit(Severity.ERROR, "法定解除没有写明法律条文。", d.place("rescission.basis"))


@paper_rule(
    "C4-05",
    "解除的意思不确定",
    RESCISSION,
    ("CC:565", "CC:158"),
    "写明解除的意思和时点，不附不确定的条件，不同时要求履行至期满。",
)
def rescission_is_meant(d: PaperDraft) -> Iterator[Hit]:
    for place, text in d.typed():
        for pattern, what in ((_ON_TO_THE_END, "同时要求继续履行至期满"), (_UNCERTAIN, "附有不确定的条件")):
            found = pattern.search(text)
            if found:
                yield Hit(
                    Severity.ERROR,
                    f"{place.label}的“{found[0]}”使解除{what}。",
                    Place(place.provision_id, place.number, "", found[0]),
                )


@paper_rule("C4-06", "约定解除未经催告", RESCISSION, ("CC:563",), "依合同第9.3节先行催告，或者写明无须催告的依据。")
def agreed_rescission_follows_a_demand(d: PaperDraft) -> Iterator[Hit]:
    if d.text("rescission.ground") == "agreed" and not d.flag("rescission.demanded"):
        yield Hit(Severity.WARN, "合同第9.3节约定解除前应当书面催告。", d.place("rescission.demanded"))


@paper_rule("C4-07", "自动解除期限与约定不符", RESCISSION, ("CC:565",), "与合同第9.3节的自动解除期限一致。")
def the_automatic_period_is_the_agreed_one(d: PaperDraft) -> Iterator[Hit]:
    days, agreed = d.number("rescission.automatic_days"), d.agreed_number("terminate.auto_terminate_days")
    automatic = d.text("rescission.effect") == "automatic" and not _leaves(d)
    if automatic and days is not None and agreed is not None and days < agreed:
        yield Hit(Severity.ERROR, f"自动解除期限{days}日短于合同约定的{agreed}日。", d.place("rescission.automatic_days"))


def _leaves(d: PaperDraft) -> bool:
    return d.text("rescission.ground") == "convenience"


@paper_rule(
    "C4-08", "无因提前终止的提前期不足", RESCISSION, ("CC:158", "CC:160"), "推后终止日，使通知到达至终止日满约定的提前期。"
)
def leaving_is_announced_in_time(d: PaperDraft) -> Iterator[Hit]:
    until, day = d.day("rescission.notice_until"), d.arrived_on or d.paper_day
    if _leaves(d) and until is not None and day > until:
        message = f"通知至迟应当于{iso(until)}到达，而{'到达日' if d.arrived_on else '文书日期'}为{iso(day)}。"
        yield Hit(Severity.ERROR, message, d.place("rescission.end_date"))


@paper_rule("C4-09", "没有无因提前终止的权利", RESCISSION, ("CC:562",), "改签终止协议，或者另有依据地解除。")
def who_leaves_may_leave(d: PaperDraft) -> Iterator[Hit]:
    answers = d.background.standing.answers
    if _leaves(d) and d.text("paper.sender") == "party_b" and answers.positions.get("9.3-t2") == "fallback":
        yield Hit(Severity.ERROR, "合同约定乙方不享有无因提前终止的权利。", d.place("paper.sender"))


@paper_rule("C7-01", "考核结果未经确认", RECTIFICATION, ("CC:577",), "引用已经确认的考核结果。")
def results_are_confirmed(d: PaperDraft) -> Iterator[Hit]:
    confirmed = d.day("rectification.score_confirmed")
    if confirmed is not None and confirmed > d.paper_day:
        yield Hit(Severity.ERROR, f"考核结果确认日{iso(confirmed)}晚于文书日期。", d.place("rectification.score_confirmed"))


@paper_rule("C7-02", "整改期限短于约定", RECTIFICATION, ("CC:582",), "方案和完成期限不得短于合同第5.3节的约定。")
def periods_are_those_agreed(d: PaperDraft) -> Iterator[Hit]:
    plan, done = d.day("rectification.plan_due"), d.day("rectification.completion_due")
    workdays, days = d.agreed_number("improve.plan_workdays"), d.agreed_number("improve.verify_days")
    if plan is not None and workdays is not None:
        first = add_working_days(d.paper_day, int(workdays), d.calendar).day
        if plan < first:
            yield Hit(
                Severity.ERROR, f"方案提交期限不得早于{iso(first)}（{workdays}个工作日）。", d.place("rectification.plan_due")
            )
    if done is not None and days is not None and done < d.paper_day + timedelta(days=int(days)):
        yield Hit(Severity.ERROR, f"完成期限短于合同约定的{days}个自然日。", d.place("rectification.completion_due"))
    if plan is not None and done is not None and done < plan:
        yield Hit(Severity.ERROR, "完成期限早于方案提交期限。", d.place("rectification.completion_due"))


@paper_rule("C7-03", "超过约定的整改轮次", RECTIFICATION, ("CC:563",), "轮次用尽的，依合同第9.3节处理。")
def rounds_are_not_used_up(d: PaperDraft) -> Iterator[Hit]:
    number, most = d.number("rectification.round"), d.agreed_number("improve.max_rounds")
    if number is not None and most is not None and number > most:
        yield Hit(Severity.ERROR, f"合同约定整改以{most}轮为限，本次为第{number}轮。", d.place("rectification.round"))
    earlier = sum(1 for p in d.others if p.kind is PaperKind.RECTIFICATION and p.state is not PaperState.VOID)
    if number is not None and number > earlier + 1:
        yield Hit(Severity.ERROR, f"此前只有{earlier}份整改通知，本次不可能是第{number}轮。", d.place("rectification.round"))


@paper_rule("C7-04", "催告期短于补救期", RECTIFICATION, ("CC:563",), "同时构成催告的，完成期限不得短于合同第9.1节的补救期。")
def a_demand_gives_the_cure_period(d: PaperDraft) -> Iterator[Hit]:
    done, days = d.day("rectification.completion_due"), d.agreed_number("breach.cure_days")
    if (
        d.flag("rectification.is_demand")
        and done is not None
        and days is not None
        and done < d.paper_day + timedelta(days=int(days))
    ):
        yield Hit(
            Severity.ERROR, f"完成期限短于{days}个自然日的补救期，不能同时作为催告。", d.place("rectification.completion_due")
        )


@paper_rule("C8-01", "宽限期短于补救期", DEMAND, ("CC:563",), "宽限期不得短于合同第9.1节的补救期。")
def grace_is_long_enough(d: PaperDraft) -> Iterator[Hit]:
    grace, cure = d.number("demand.grace_days"), d.agreed_number("breach.cure_days")
    if grace is not None and cure is not None and grace < cure:
        yield Hit(Severity.ERROR, f"宽限期{grace}日短于合同约定的补救期{cure}日。", d.place("demand.grace_days"))


@paper_rule("C8-02", "宽限期截止日有误", DEMAND, ("CC:201", "CC:203"), "自预计到达日的次日起算，末日遇休假日顺延。")
def grace_ends_when_it_says(d: PaperDraft) -> Iterator[Hit]:
    arrival, grace, until = d.day("demand.arrival_expected"), d.number("demand.grace_days"), d.day("demand.grace_until")
    if arrival is None or grace is None or until is None:
        return
    expected = due_date(arrival, Period(grace, Unit.DAYS), d.calendar).day
    if until != expected:
        yield Hit(Severity.ERROR, f"宽限期截止日应为{iso(expected)}，现为{iso(until)}。", d.place("demand.grace_until"))
    if arrival < d.paper_day:
        yield Hit(Severity.ERROR, "预计到达日早于文书日期。", d.place("demand.arrival_expected"))


@paper_rule("C8-03", "逾期金额或违约金算错", DEMAND, ("CC:579", "CC:585"), "逐行按本金、到期日和约定利率重算。")
def arrears_add_up(d: PaperDraft) -> Iterator[Hit]:
    """Every line by brief B5, and both sums."""
    rows, place = d.rows("demand.amount_table"), d.place("demand.amount_table")
    if d.text("demand.kind") != "payment" or not rows:
        return
    cap, as_of = d.agreed_number("pay.late_cap_pct"), d.day("demand.as_of")
    principal = penalty = Decimal(0)
    claims: dict[tuple[str, date], list[tuple[date | None, Decimal, Decimal]]] = {}
    for row in rows:
        owed, asked, due, days, paid = (row.get(k) for k in ("principal", "penalty", "due", "days", "paid_on"))
        owed, asked = figure(owed), figure(asked)
        principal, penalty = principal + (owed or 0 if not paid else 0), penalty + (asked or 0)
        if not isinstance(due, date) or as_of is None or owed is None:
            continue
        end = paid if isinstance(paid, date) else as_of
        rolled = roll_forward(due, d.calendar).day
        late = max((end - rolled).days, 0)
        if days != late:
            yield Hit(Severity.ERROR, f"“{row.get('settlement')}”的逾期天数应为{late}，现为{days}。", place)
        part = (paid if isinstance(paid, date) else None, owed, asked or Decimal(0))
        claims.setdefault((str(row.get("settlement")), rolled), []).append(part)
    for (number, due), parts in claims.items():
        rate = rates_of(d, number, due)
        if rate is None or as_of is None:
            break
        whole = Claim(sum((owed for _, owed, _ in parts), Decimal(0)), due, due, number)
        settled = [(day, owed) for day, owed, _ in parts if day is not None]
        expected = delay(whole, settled, as_of, rate, cap if cap is not None else Decimal(100)).damages
        named = sum((asked for _, _, asked in parts), Decimal(0))
        if not near(named, expected):
            yield Hit(Severity.ERROR, f"“{number}”的逾期违约金应为{expected}元，现为{named}元。", place)
    for name, total in (("demand.amount", principal), ("demand.penalty", penalty)):
        stated = d.number(name)
        if stated is not None and not near(stated, total):
            yield Hit(Severity.ERROR, f"{d.variables[name].label}应为各行之和{total}元，现为{stated}元。", d.place(name))


@paper_rule("C8-05", "付款账户与合同不一致", DEMAND, ("CC:509",), "使用合同第8.2节登记的账户。")
def the_account_is_the_agreed_one(d: PaperDraft) -> Iterator[Hit]:
    account = d.agreed_text("pay.account_no")
    written = re.sub(r"\s", "", d.text("demand.account"))
    if d.text("demand.kind") == "payment" and account and written and account not in written:
        yield Hit(Severity.ERROR, "付款账户与合同第8.2节登记的账户不一致。", d.place("demand.account"))


@paper_rule("C8-06", "威胁或骚扰式措辞", DEMAND, ("CC:509", "CC:1034"), "删去威胁、公开他人信息的表述，只写依法可以采取的措施。")
def the_tone_is_lawful(d: PaperDraft) -> Iterator[Hit]:
    for place, text in d.typed():
        found = _HARASSING.search(text)
        if found:
            yield Hit(
                Severity.ERROR,
                f"{place.label}的“{found[0]}”超出依法催告的范围。",
                Place(place.provision_id, place.number, "", found[0]),
            )


def _demands(paper: OtherPaper) -> bool:
    return paper.kind in (PaperKind.DEMAND, PaperKind.RECTIFICATION) and paper.state is not PaperState.VOID


RULES = (
    the_right_has_not_lapsed, the_demand_has_arrived, the_cure_period_is_over, the_basis_is_named, rescission_is_meant,
    agreed_rescission_follows_a_demand, the_automatic_period_is_the_agreed_one,
    leaving_is_announced_in_time, who_leaves_may_leave, results_are_confirmed, periods_are_those_agreed,
    rounds_are_not_used_up, a_demand_gives_the_cure_period, grace_is_long_enough, grace_ends_when_it_says, arrears_add_up,
    the_rate_is_the_agreed_one, stretches_add_up, the_account_is_the_agreed_one, the_tone_is_lawful,
)  # fmt: skip
