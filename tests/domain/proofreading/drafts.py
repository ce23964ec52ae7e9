"""One small but sound draft; tests change a value or a sentence and see which rule notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from app.domain.conditions import Condition
from app.domain.numbering import annex_label, chapter_number
from app.domain.proofreading import Draft, Finding, Stage, proofread
from app.domain.proofreading.registry import RULES
from app.domain.tree import (
    Chapter,
    FilledValue,
    FormRow,
    Instrument,
    Level,
    Provision,
    Reference,
    Section,
    Span,
    Table,
    TableColumn,
    TableRow,
    Text,
)
from app.domain.variables import Answers, Variable, VariableSet
from app.library.laws import load_laws

TODAY = date(2026, 11, 22)

VALUES: dict[str, Any] = {
    "contract.sign_date": date(2026, 11, 22),
    "contract.final_date": date(2026, 11, 20),
    "contract.sign_place": "北京市朝阳区",
    "contract.drafted_by": "negotiated",
    "contract.retroactive": False,
    "party_a.name": "示例甲方科技有限公司（虚构）",
    "party_a.uscc": "91110105MA00ABCD4R",
    "party_a.domicile": "北京市朝阳区示例路1号",
    "party_a.legal_rep": "赵一",
    "party_a.enterprise_size": "large",
    "party_a.is_platform": False,
    "party_b.name": "示例乙方客户服务有限公司（虚构）",
    "party_b.uscc": "91310115MA1K0XYW5B",
    "party_b.domicile": "上海市浦东新区示例路2号",
    "party_b.legal_rep": "钱二",
    "party_b.enterprise_size": "small",
    "party_b.taxpayer_type": "general",
    "party_b.telecom_license_no": "B2-20260001",
    "term.start_date": date(2027, 1, 1),
    "term.end_date": date(2027, 12, 31),
    "term.years": 1,
    "service.call_center": True,
    "service.ai_enabled": False,
    "service.repair_enabled": True,
    "service.hours_per_day": Decimal(12),
    "service.days_per_week": 7,
    "service.start_time": "09:00",
    "service.end_time": "21:00",
    "sla.response_hours": Decimal(2),
    "sla.response_clock": "service_hours",
    "sla.p1_response_minutes": 15,
    "sla.p1_restore_hours": Decimal(4),
    "sla.p1_resolve_hours": Decimal(24),
    "sla.p2_response_minutes": 30,
    "sla.p2_restore_hours": Decimal(8),
    "sla.p2_resolve_hours": Decimal(72),
    "sla.p3_response_hours": Decimal(1),
    "sla.p3_restore_hours": Decimal(24),
    "sla.p3_resolve_workdays": 5,
    "sla.p4_response_hours": Decimal(2),
    "sla.p4_resolve_workdays": 10,
    "sla.csat_target": Decimal(90),
    "sla.csat_floor": Decimal(85),
    "sla.complaint_rate_target": Decimal("0.5"),
    "sla.complaint_rate_ceiling": Decimal("1.0"),
    "team.site_mode": "party_b_site",
    "team.min_headcount": 12,
    "team.repair_count": 1,
    "team.trainee_ratio_max": Decimal(20),
    "team.roles": ({"role": "客服", "headcount": 8}, {"role": "技术支持", "headcount": 3}, {"role": "维修", "headcount": 1}),
    "complaint.accept_hours": Decimal(2),
    "complaint.close_workdays": 5,
    "complaint.regulator_notify_hours": Decimal(2),
    "process.record_retention_months": 36,
    "perf.weights": ({"metric": "首次响应达标率", "weight": Decimal(60)}, {"metric": "满意度", "weight": Decimal(40)}),
    "perf.bands": (
        {"from": Decimal(90), "to": Decimal(100), "ratio": Decimal(0)},
        {"from": Decimal(70), "to": Decimal(90), "ratio": Decimal(6)},
        {"from": Decimal(0), "to": Decimal(70), "ratio": Decimal(20)},
    ),
    "perf.credit_cap_pct": Decimal(20),
    "security.log_months": 6,
    "security.ai_training_allowed": False,
    "privacy.role": "entrusted",
    "privacy.purpose": "为终端用户提供售后服务",
    "privacy.duration": "与服务期一致",
    "privacy.methods": ("collect", "store", "use", "transmit"),
    "privacy.data_types": ({"category": "联系信息", "fields": "姓名、手机号"},),
    "privacy.subprocessing": "prohibited",
    "privacy.exit_delete_days": 15,
    "privacy.record_years": 3,
    "privacy.pia_done": True,
    "privacy.pia_retention_years": 3,
    "privacy.storage_region": "中国境内",
    "privacy.cross_border": False,
    "leak.first_report_hours": Decimal(2),
    "leak.written_report_hours": Decimal(24),
    "fees.model": "fixed_monthly",
    "fees.total_excl_tax": Decimal("1320000.00"),
    "fees.total_tax": Decimal("87600.00"),
    "fees.total_incl_tax": Decimal("1407600.00"),
    "fees.total_incl_tax_caps": "人民币壹佰肆拾万柒仟陆佰元整",
    "fees.price_table": (
        {"item": "客服", "category": "服务", "excl_tax": Decimal("1200000.00"), "tax": Decimal("72000.00"),
         "incl_tax": Decimal("1272000.00")},
        {"item": "维修", "category": "加工修理修配", "excl_tax": Decimal("120000.00"), "tax": Decimal("15600.00"),
         "incl_tax": Decimal("135600.00")},
    ),
    "tax.vat_rate_service": Decimal(6),
    "tax.vat_rate_repair": Decimal(13),
    "tax.invoice_type": "special",
    "pay.days_after_confirm": 30,
    "pay.confirm_workdays": 5,
    "pay.third_party_condition": False,
    "pay.account_name": "示例乙方客户服务有限公司（虚构）",
    "pay.late_daily_rate_bp": Decimal(3),
    "pay.late_cap_pct": Decimal(20),
    "pay.late_pause_rule": "disputed_only",
    "lpr.one_year": Decimal("3.00"),
    "lpr.as_of": date(2026, 11, 20),
    "breach.list_a": ("late_payment",),
    "breach.list_b": ("data_leak",),
    "liability.cap_mode": "multiple_of_fees",
    "liability.cap_multiple": Decimal("1.0"),
    "liability.data_cap_multiple": Decimal("3.0"),
    "liability.carve_outs": ("personal_injury", "intent_gross_negligence"),
    "liability.total_penalty_cap_pct": Decimal(20),
    "penalty.b_subcontract_pct": Decimal(20),
    "penalty.b_data_leak_pct": Decimal(20),
    "terminate.right_exercise_days": 90,
    "dispute.mode": "litigation",
    "law.performance_place": "甲方住所地",
    "effect.condition": "seal_and_sign",
    "renew.mode": "by_agreement",
    "renew.max_times": 1,
    "renew.notice_days": 60,
    "subcontract.mode": "with_consent",
    "subcontract.max_ratio": Decimal(30),
    "ip.deliverables_owner": "party_a",
    "annex.legal_status_date": date(2026, 11, 22),
    "sign.party_a_signatory": "赵一",
    "sign.party_a_seal_type": "contract_seal",
    "sign.party_b_signatory": "钱二",
    "sign.party_b_seal_type": "contract_seal",
    "sign.annex_confirmed": True,
}  # fmt: skip

TEXTS: dict[str, tuple[str, ...]] = {
    "1.1": ("双方应当履行本合同。",),
    "2.1": ("乙方提供附件一所列服务。",),
    "2.2": ("乙方按照附件二所列指标服务。",),
    "4.1": ("乙方按照流程处理工单。",),
    "5.2": ("服务抵扣是质量不符的价款减少；同一事实已经抵扣的，在赔偿中扣除。",),
    "7.1": ("甲方有权对乙方的处理活动进行监督检查。",),
    "7.2": ("合同终止后，乙方应当返还或者删除个人信息，不得保留。",),
    "8.2": ("甲方应当自确认结算金额之日起30日内付款。",),
    "9.1": ("乙方重大违约的，甲方可以书面催告，乙方应当在补救期内改正。",),
    "9.2": ("违约金与守约方的实际损失相当。",),
    "9.3": ("解除通知自通知到达对方时生效。",),
    "10.1": ("协商不成的，任何一方可以向有管辖权的人民法院起诉。",),
    "10.2": ("适用附件三所列法律。",),
    "11.3": ("任何一方行使任意解除权的，应当提前书面通知并支付补偿。",),
    "12.1": ("知识库、话术、报告的权利归甲方所有。",),
    "13.1": ("服务项目如下。",),
    "13.2": ("指标如下。",),
    "13.3": ("法律与标准如下。",),
    "14.1": ("签署页。",),
}
ANNEXES = ("13.1", "13.2", "13.3")


def table(variable: str, *rows: Sequence[str]) -> Table:
    width = max((len(r) for r in rows), default=1)
    columns = tuple(TableColumn(f"c{i}", f"列{i}", 10) for i in range(width))
    return Table(variable, "", columns, tuple(TableRow(f"r{i}", tuple(r)) for i, r in enumerate(rows)))


def instrument(
    texts: Mapping[str, Sequence[str]] | None = None,
    *,
    spans: Mapping[str, Sequence[Span]] | None = None,
    tables: Mapping[str, Table] | None = None,
    titles: Mapping[str, Sequence[str]] | None = None,
    forms: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    without: frozenset[str] = frozenset(),
) -> Instrument:
    """Sections of one sentence each. ``texts`` replaces a section's sentences, ``spans`` adds a provision of spans,
    ``tables`` a table under a section's first provision, ``titles`` headings, ``forms`` rows of a signature page."""
    words = {**TEXTS, **(texts or {})}
    chapters: dict[int, list[Section]] = {}
    for number in sorted(words, key=lambda n: tuple(int(x) for x in n.split("."))):
        if number in without:
            continue
        heads = (titles or {}).get(number, ())
        provisions = []
        for index, sentence in enumerate(words[number]):
            title = heads[index] if index < len(heads) else ""
            held = (tables or {}).get(number) if index == 0 else None
            pid = f"p{number.replace('.', '_')}.{'abcdefgh'[index]}"
            provisions.append(Provision(pid, Level.ARTICLE, f"{number}.{index + 1}", title, (Text(sentence),), table=held))
        if number in (spans or {}):
            extra = f"{number}.{len(provisions) + 1}"
            provisions.append(Provision(f"p{number.replace('.', '_')}.x", Level.ARTICLE, extra, "", tuple((spans or {})[number])))
        rows = tuple(FormRow(f"f{number}.{i}", label, (Text(t),)) for i, (label, t) in enumerate((forms or {}).get(number, ())))
        annex = annex_label(ANNEXES.index(number) + 1) if number in ANNEXES else ""
        section = Section(number, f"第{number}节标题", tuple(provisions), rows, annex)
        chapters.setdefault(int(number.split(".")[0]), []).append(section)
    return Instrument(
        "test", "合同", "T-000001", "1.0", "1", "zh", (), (), (),
        tuple(Chapter(i, chapter_number(i), f"第{i}章标题", tuple(s)) for i, s in sorted(chapters.items())),
    )  # fmt: skip


def draft(
    values: Mapping[str, Any] | None = None,
    texts: Mapping[str, Sequence[str]] | None = None,
    *,
    variables: Sequence[Variable] = (),
    calendar_years: frozenset[int] = frozenset({2026, 2027}),
    today: date = TODAY,
    stage: Stage = Stage.REVIEW,
    covered: Any = None,
    tree: Instrument | None = None,
    **shape: Any,
) -> Draft:
    """The sound draft with ``values`` and ``texts`` changed."""
    return Draft(
        answers=Answers({**VALUES, **(values or {})}),
        instrument=tree if tree is not None else instrument(texts, **shape),
        variables=VariableSet.of(list(variables)),
        laws=load_laws(),
        today=today,
        calendar_years=calendar_years,
        stage=stage,
        covered=covered,
    )


def found(rule: str, d: Draft) -> tuple[Finding, ...]:
    """The findings of one rule."""
    return tuple(f for f in proofread(d, d.stage) if f.rule == rule)


def ids() -> tuple[str, ...]:
    return tuple(rule.id for rule in RULES)


__all__ = ["TODAY", "VALUES", "Condition", "FilledValue", "Reference", "draft", "found", "ids", "instrument", "table"]
