"""One sound paper of each kind over the demonstration contract, for the tests of checks, rendering and services."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from app.domain.amendment import Standing
from app.domain.assembly import assemble
from app.domain.change_table import changes_of, impact_rows, touches
from app.domain.defaults import complete
from app.domain.lifecycle import Stage
from app.domain.paper_rules import AmendmentFacts, OtherPaper, PaperDraft
from app.domain.paper_values import LEAVING_TITLE, Background, amendment_label, proposed, taken_over
from app.domain.papers import PaperKind, PaperState, paper_number, settlement_number
from app.domain.redrafting import Edit, Redraft, Rewrite, SetValue, redraft
from app.domain.variables import Answers, Value
from app.library.loader import load_paper
from tests.domain.standings import demonstration, workshop
from tests.services.fixtures import reference

SIGNED = date(2026, 11, 22)
K = PaperKind
D = Decimal

GIVEN: dict[PaperKind, dict[str, Any]] = {
    K.AMENDMENT: {"paper.date": date(2027, 2, 1), "amendment.effective_rule": "on_date", "amendment.effective_date": date(2027, 3, 1)},
    K.RENEWAL: {
        "paper.date": date(2027, 11, 10),
        "renewal.original_start": date(2027, 1, 1), "renewal.original_end": date(2027, 12, 31), "renewal.years": 1,
        "renewal.start": date(2028, 1, 1), "renewal.end": date(2028, 12, 31), "renewal.count": 1,
        "renewal.price_mode": "adjusted", "renewal.price_basis": "国家统计局公布的2026年居民消费价格指数较上年上涨2.0%",
        "renewal.price_table": (
            {"item": "固定月费", "before": D("100000.00"), "working": "100,000.00×（1＋2.0%）", "rate": D("2"), "after": D("102000.00")},
        ),
        "renewal.privacy_until": date(2028, 12, 31), "renewal.pia_mode": "updated", "renewal.pia_ref": "PIA-2027-004",
        "renewal.licence_table": (
            {"name": "增值电信业务经营许可证（呼叫中心）", "number": "沪B2-20260001", "holder": "乙方", "until": date(2030, 12, 31), "covers": True},
        ),
        "renewal.notice_deadline": date(2028, 11, 1),
    },
    K.NON_RENEWAL: {
        "paper.date": date(2027, 10, 8), "paper.sender": "party_a",
        "non_renewal.end_date": date(2027, 12, 31), "non_renewal.notice_deadline": date(2027, 11, 1),
        "non_renewal.exit_start": date(2027, 11, 2), "non_renewal.exit_plan_due": date(2027, 12, 1),
        "non_renewal.transition_end": date(2028, 2, 29), "non_renewal.export_due": date(2028, 1, 10),
        "non_renewal.deletion_due": date(2028, 1, 30), "non_renewal.settlement_due": date(2028, 1, 30),
    },
    K.RESCISSION: {
        "paper.date": date(2027, 6, 21), "paper.sender": "party_b", "rescission.ground": "agreed",
        "rescission.basis": "本合同第9.1.2条、第9.3.2条（甲方逾期付款经催告在补救期内仍未支付）",
        "rescission.fact_table": (
            {"day": date(2027, 5, 10), "fact": "2027年3月结算单到期，甲方未付款", "evidence": "JS-SHFW-2026-0001-202703"},
            {"day": date(2027, 5, 28), "fact": "催告函到达甲方", "evidence": "SHFW-2026-0001-CG-01及签收记录"},
        ),
        "rescission.known_on": date(2027, 6, 12), "rescission.demanded": True,
        "rescission.demand_no": "SHFW-2026-0001-CG-01", "rescission.demand_arrived": date(2027, 5, 28),
        "rescission.cure_ended": date(2027, 6, 15), "rescission.unperformed": "2027年3月结算单项下的服务费及逾期违约金。",
        "rescission.scope": "whole", "rescission.effect": "arrival", "rescission.transition_days": 60,
    },
    K.TERMINATION: {
        "paper.date": date(2027, 8, 2), "termination.date": date(2027, 8, 31), "termination.cause": "甲方业务调整，双方协商一致提前终止。",
        "termination.liability": "none", "termination.cutoff": date(2027, 7, 31),
        "termination.settlement_table": (
            {"number": "JS-SHFW-2026-0001-202706", "period": "2027年6月", "amount": D("113589.60"), "state": "closed"},
            {"number": "JS-SHFW-2026-0001-202707", "period": "2027年7月", "amount": D("106000.00"), "state": "closed"},
        ),
        "termination.balance_direction": "a_pays", "termination.balance": D("106000.00"), "termination.balance_due": date(2027, 9, 30),
        "termination.account": "户名示例乙方客户服务有限公司（虚构），开户行示例银行上海浦东支行，账号310000000000000001",
        "termination.damages": "none",
        "termination.handover_table": (
            {"item": "未结工单十二件", "from": "乙方", "to": "甲方", "done": False, "due": date(2027, 8, 31), "note": "附清单"},
            {"item": "客服系统账号与号码", "from": "乙方", "to": "甲方", "done": True, "due": None, "note": None},
        ),
        "termination.deletion_due": date(2027, 9, 30), "termination.certificate_due": date(2027, 10, 8),
        "termination.transition_end": date(2027, 10, 30), "termination.no_hire_months": 12,
    },
    K.SETTLEMENT: {
        "paper.date": date(2027, 4, 9), "settlement.period_start": date(2027, 3, 1), "settlement.period_end": date(2027, 3, 31),
        "settlement.model": "固定月费加超量按单", "settlement.report_no": "YB-202703",
        "settlement.line_table": (
            {"item": "固定月费", "quantity": D(1), "unit": "月", "price": D("100000.00"), "excl": D("100000.00"), "rate": D(6),
             "tax": D("6000.00"), "incl": D("106000.00")},
            {"item": "超量工单", "quantity": D(500), "unit": "单", "price": D("28.00"), "excl": D("14000.00"), "rate": D(6),
             "tax": D("840.00"), "incl": D("14840.00")},
        ),
        "settlement.score": D("82.49"), "settlement.band": "80分以上不满85分", "settlement.deduction_pct": D(6),
        "settlement.deduction_cap_pct": D(20), "settlement.score_confirmed": date(2027, 4, 8),
        "settlement.deduction_working": "114,000.00×6%", "settlement.deduction": D("6840.00"),
        "settlement.total_table": (
            {"item": "服务费", "excl": D("114000.00"), "tax": D("6840.00"), "incl": D("120840.00")},
            {"item": "服务抵扣", "excl": D("-6840.00"), "tax": D("-410.40"), "incl": D("-7250.40")},
            {"item": "本期应付", "excl": D("107160.00"), "tax": D("6429.60"), "incl": D("113589.60")},
        ),
        "settlement.payable": D("113589.60"), "settlement.cumulative": D("325589.60"), "settlement.paid": D("212000.00"),
        "settlement.unpaid": D("113589.60"), "settlement.due": date(2027, 5, 10),
        "settlement.account": "户名示例乙方客户服务有限公司（虚构），开户行示例银行上海浦东支行，账号末四位0001",
    },
    K.RECTIFICATION: {
        "paper.date": date(2027, 5, 12), "paper.sender": "party_a",
        "rectification.fact_table": (
            {"metric": "接通率", "period": "2027年4月", "agreed": "≥90%", "actual": "81.2%", "sample": "话务平台月报YB-202704"},
        ),
        "rectification.trigger": "本合同第5.3.2条第（1）项所列情形", "rectification.severity": "serious",
        "rectification.score_confirmed": date(2027, 5, 11), "rectification.round": 1, "rectification.max_rounds": 2,
        "rectification.requirement_table": ({"measure": "增加晚高峰坐席并调整排班", "criterion": "2027年6月接通率不低于90%"},),
        "rectification.plan_due": date(2027, 5, 20), "rectification.completion_due": date(2027, 6, 30),
        "rectification.consequences": ("again", "deduct"), "rectification.is_demand": False,
    },
    K.DEMAND: {
        "paper.date": date(2027, 5, 24), "paper.sender": "party_b", "demand.kind": "payment",
        "demand.source": "本合同第8.2.1条和结算单JS-SHFW-2026-0001-202703", "demand.as_of": date(2027, 5, 24),
        "demand.amount": D("113589.60"),
        "demand.amount_table": (
            {"settlement": "JS-SHFW-2026-0001-202703", "principal": D("113589.60"), "due": date(2027, 5, 10), "days": 14,
             "penalty": D("477.08")},
        ),
        "demand.rate_bp": D(3), "demand.penalty": D("477.08"), "demand.penalty_working": "113,589.60×万分之三×14天。",
        "demand.grace_days": 15, "demand.arrival_expected": date(2027, 5, 28), "demand.grace_until": date(2027, 6, 14),
        "demand.account": "户名示例乙方客户服务有限公司（虚构），开户行示例银行上海浦东支行，账号310000000000000001。",
        "demand.consequences": ("suspend", "rescind", "claim"),
    },
}  # fmt: skip
STAGES = {K.SETTLEMENT: Stage.ACTIVE, K.TERMINATION: Stage.ACTIVE}
OTHERS = (OtherPaper(K.DEMAND, "SHFW-2026-0001-CG-01", PaperState.ARRIVED, date(2027, 5, 28)),)


@cache
def background() -> Background:
    return Background(demonstration(), SIGNED)


@cache
def made() -> Redraft:
    """A sound amendment: another response time, and one provision worded otherwise."""
    base = demonstration()
    found = base.instrument.provision("process.flow.system")
    assert found is not None
    edits: tuple[Edit, ...] = (
        SetValue("sla.response_hours", D(1)),
        Rewrite("process.flow.system", found.title, found.text.replace("不得自行导出", "不得自行复制、导出")),
    )
    return redraft(base, edits, workshop())


def facts(redrafted: Redraft | None = None, **changes: Any) -> AmendmentFacts:
    return AmendmentFacts(**{"redraft": redrafted or made(), "starts": date(2027, 3, 1), **changes})


def values_of(kind: PaperKind, changes: dict[str, Value] | None = None, redrafted: Redraft | None = None) -> dict[str, Value]:
    """Every value of the sample paper: proposed, given, taken over; ``changes`` on top of all."""
    library = load_paper(kind)
    given = {
        **proposed(kind, background(), str(GIVEN[kind].get("paper.sender", "party_a")), GIVEN[kind]["paper.date"]),
        **GIVEN[kind],
    }
    values = complete(library.variables, given)
    number = (
        settlement_number("SHFW-2026-0001", GIVEN[kind]["settlement.period_start"])
        if kind is K.SETTLEMENT
        else paper_number(kind, "SHFW-2026-0001", 1)
    )
    values |= taken_over(kind, background(), values) | {"paper.no": number, "paper.version": "1"}
    if kind is K.AMENDMENT:
        values |= amendment_values(redrafted or made())
    return {**values, **(changes or {})}


def amendment_values(redrafted: Redraft) -> dict[str, Value]:
    variables = reference().library.variables
    before, after, operations = redrafted.before, redrafted.after, redrafted.operations
    changes = changes_of(before, after, operations, variables)
    touched = touches(before, after, operations)
    return {
        "amendment.label": amendment_label(1),
        "amendment.items": changes.item_rows(),
        "amendment.comparison_table": changes.comparison_rows(),
        "amendment.impact_table": impact_rows(before, after, operations, variables),
        **{f"amendment.touches_{key}": value for key, value in touched.items()},
    }


def paper(kind: PaperKind, changes: dict[str, Any] | None = None, **more: Any) -> PaperDraft:
    """The sample paper of a kind with some answers changed; ``more`` are fields of the draft."""
    redrafted = more.get("amendment").redraft if more.get("amendment") else None
    values = values_of(kind, changes, redrafted)
    library = load_paper(kind)
    own = more.get("background", background())
    instrument = assemble(library, Answers(values), own.labels())
    fields: dict[str, Any] = {
        "kind": kind, "answers": Answers(values), "instrument": instrument, "variables": library.variables, "laws": reference().laws,
        "today": values["paper.date"], "background": own, "stage": STAGES.get(kind, Stage.ACTIVE), "others": OTHERS,
        "calendar": reference().calendar, "amendment": facts() if kind is K.AMENDMENT else None,
    }  # fmt: skip
    return PaperDraft(**{**fields, **more})


def leaving(sender: str = "party_a", **changes: Any) -> dict[str, Value]:
    """What makes the sample rescission one that needs no ground: notice 60 days before the end, and what is paid for it."""
    given: dict[str, Value] = {
        **proposed(K.RESCISSION, background(), sender, date(2027, 6, 21), LEAVING_TITLE), "rescission.end_date": date(2027, 8, 31),
        "rescission.compensation": "以前十二个月的月平均服务费计一个月，即人民币113,589.60元。",
        **{name.replace("__", "."): value for name, value in changes.items()},
    }  # fmt: skip
    return given | taken_over(K.RESCISSION, background(), given)


def contract_with(**changes: Any) -> Background:
    """The demonstration contract with other values, its words unchanged."""
    base = demonstration()
    values = {name.replace("__", "."): value for name, value in changes.items()}
    return Background(Standing(base.instrument, base.answers.with_values(values)), SIGNED)
