"""What the contract in force in a month says about service levels, fees and payment, read from its answers once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.annex_tables import metric_named
from app.domain.assessment import Band, Direction, Tier, TierMethod
from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.prices import RATE_VARIABLE
from app.domain.term import corresponding_day
from app.domain.variables import Answers, Row

EASED_MONTHS = 3
EASED_POINTS = Decimal(5)
"""Fallback of 5.1-t2: targets and floors five points lower for the first three calendar months."""


@dataclass(frozen=True, slots=True)
class LevelTerms:
    """One metric of ``perf.weights`` with the variables of its target and its limit."""

    name: str
    weight: Decimal
    target: Decimal
    limit: Decimal
    direction: Direction
    target_variable: str
    limit_variable: str

    @property
    def higher(self) -> bool:
        return self.direction is Direction.HIGHER_IS_BETTER

    def missed(self, actual: Decimal) -> bool:
        """Below the floor, or above the ceiling (section 5.3)."""
        return actual < self.limit if self.higher else actual > self.limit


@dataclass(frozen=True, slots=True)
class ServiceTerms:
    """Sections 5.1–5.3 and 9.1. ``bonus`` None: no reward agreed. ``ramp_days_end``: first day after the ramp-up, its start without one.

    ``eased_until``: first day on which the full targets apply again (fallback of 5.1-t2). ``mean_csat``: satisfaction is the mean
    of five points (fallback of 5.1-t1), so that a sample is a fifth of the denominator.
    """

    levels: tuple[LevelTerms, ...]
    minimum_sample: int
    bands: tuple[Band, ...]
    cap: Decimal
    bonus: Decimal | None
    quarterly: bool
    fail_score: Decimal
    trigger_score: Decimal
    starts: date
    ramp_ends: date
    eased_until: date
    mean_csat: bool
    fails_in_a_row: int
    fails_in_a_year: int

    def in_ramp_up(self, month: date) -> bool:
        """A month that holds a day of the ramp-up is only recorded: its score can't be split (section 5.1)."""
        return month < self.ramp_ends

    @classmethod
    def from_answers(cls, answers: Answers) -> ServiceTerms:
        """Raises ``settlement.terms`` with everything that is missing."""
        need = _Needed(answers)
        starts = need.day("term.start_date", "服务起始日")
        levels = tuple(x for x in (_level(row, need) for row in _rows(answers, "perf.weights")) if x is not None)
        bands = tuple(b for b in (_band(row) for row in _rows(answers, "perf.bands")) if b is not None)
        if not levels:
            need.missing.append("指标权重（perf.weights）")
        if not bands:
            need.missing.append("分段抵扣表（perf.bands）")
        months = need.whole("sla.ramp_up_months", "爬坡期", 0)
        eased = answers.positions.get("5.1-t2") == "fallback"
        found = cls(
            levels=levels,
            minimum_sample=need.whole("sla.min_sample", "最低样本量", 0),
            bands=bands,
            cap=need.number("perf.credit_cap_pct", "单月抵扣上限"),
            bonus=need.number("perf.bonus_cap_pct", "奖励上限") if answers.get("perf.bonus_enabled") is True else None,
            quarterly=answers.get("perf.period") == "quarterly",
            fail_score=need.number("perf.fail_score", "不合格线"),
            trigger_score=need.number("improve.trigger_score", "整改触发线"),
            starts=starts,
            ramp_ends=corresponding_day(starts, months),
            eased_until=corresponding_day(starts, EASED_MONTHS) if eased else starts,
            mean_csat=answers.positions.get("5.1-t1") == "fallback",
            fails_in_a_row=need.whole("breach.sla_fail_consecutive", "连续不合格期数", 0),
            fails_in_a_year=need.whole("breach.sla_fail_in_year", "年度不合格期数", 0),
        )
        need.check("考核")
        return found


@dataclass(frozen=True, slots=True)
class Instalment:
    """A fixed amount of the price table that is no part of the monthly fee; spread evenly over the months of the term (section 8.1)."""

    item: str
    total: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """Sections 8.1 and 8.3 as they stand in one month. ``cap`` None: no annual cap. ``seat_floor``: percent of the full seats that is
    guaranteed (fallback of 8.1-t1), nought without. ``months``: of the term, over which ``instalments`` are spread."""

    model: str
    fixed: Decimal
    ticket: Decimal
    seat: Decimal
    seats: int
    seat_floor: Decimal
    baseline: Decimal
    band: Decimal
    volume_rate: Decimal
    volume_months: int
    guarantee: Decimal
    cap: Decimal | None
    tiers: tuple[Tier, ...]
    method: TierMethod
    rate: Decimal
    instalments: tuple[Instalment, ...]
    starts: date
    months: int

    @property
    def upper(self) -> Decimal:
        """The number of tickets above which the band of section 2.1 is left."""
        return self.baseline * (1 + self.band / 100)

    @property
    def lower(self) -> Decimal:
        return self.baseline * (1 - self.band / 100)

    @classmethod
    def from_answers(cls, answers: Answers) -> FeeTerms:
        """Raises ``settlement.terms`` with everything that is missing for the agreed model."""
        need, nought = _Needed(answers), Decimal(0)
        model = str(answers.get("fees.model") or "")
        fixed = model in ("fixed_monthly", "hybrid")
        tickets = fixed or model == "per_ticket"
        cap, guarantee = answers.get("fees.annual_cap"), answers.get("fees.min_guarantee")
        tiers = tuple(t for t in (_tier(row) for row in _rows(answers, "fees.tiers")) if t is not None)
        if model not in ("fixed_monthly", "per_ticket", "per_seat", "tiered", "hybrid"):
            need.missing.append("计费模式（fees.model）")
        if model == "tiered" and not tiers:
            need.missing.append("阶梯表（fees.tiers）")
        rate = need.number("tax.vat_rate_service", "服务税率")
        found = cls(
            model=model,
            fixed=need.number("fees.monthly_fixed", "固定月费") if fixed else nought,
            ticket=need.number("fees.unit_price_ticket", "工单单价") if tickets else nought,
            seat=need.number("fees.unit_price_seat", "坐席单价") if model == "per_seat" else nought,
            seats=sum(need.whole(n, "席位数", 0) for n in ("team.agents_count", "team.tech_count")) if model == "per_seat" else 0,
            seat_floor=Decimal(80) if answers.positions.get("8.1-t1") == "fallback" else nought,
            baseline=need.number("service.baseline_tickets_month", "月基准工单量"),
            band=need.number("service.volume_band_pct", "波动区间"),
            volume_rate=need.number("adjust.volume_rate", "超量系数"),
            volume_months=need.whole("adjust.volume_months", "超区间触发月数", 0),
            guarantee=guarantee if isinstance(guarantee, Decimal) else nought,
            cap=cap if isinstance(cap, Decimal) else None,
            tiers=tiers,
            method=TierMethod(answers.get("fees.tier_method") or "marginal"),
            rate=rate,
            instalments=_instalments(answers, rate, in_fee=fixed),
            starts=need.day("term.start_date", "服务起始日"),
            months=12 * max(1, need.whole("term.years", "合同年限", 1)),
        )
        need.check("计费")
        return found


@dataclass(frozen=True, slots=True)
class PayTerms:
    """Section 8.2. Days are natural days. ``debtor`` and ``creditor``: sizes of party A and party B as of signing (SMEP:3).

    ``half_first``: half of what is undisputed falls due after thirty days (fallback of 8.2-t1). ``lpr_multiple``: the rate is one and
    a half times the LPR (fallback of 8.2-t2), otherwise nought.
    """

    days: int
    invoice_workdays: int
    confirm_workdays: int
    objection_workdays: int
    quarterly: bool
    invoice_type: str
    rate_bp: Decimal
    cap_pct: Decimal
    lpr: Decimal
    lpr_multiple: Decimal
    pause: str
    debtor: str
    creditor: str
    half_first: bool
    account: str
    without_make_up_days: bool = False

    def calendar(self, official: WorkingCalendar) -> WorkingCalendar:
        """Working days as section 1.1 of the contract defines them."""
        return official.without_make_up_days() if self.without_make_up_days else official

    @property
    def protected(self) -> bool:
        """保障中小企业款项支付条例 applies: a large enterprise or a public body owes a small or medium one (SMEP:3)."""
        return self.creditor in ("medium", "small", "micro") and self.debtor in ("large", "public_body")

    @classmethod
    def from_answers(cls, answers: Answers) -> PayTerms:
        need = _Needed(answers)
        found = cls(
            days=need.whole("pay.days_after_confirm", "付款期", 0),
            invoice_workdays=need.whole("pay.invoice_workdays", "开票期", 0),
            confirm_workdays=need.whole("pay.confirm_workdays", "确认期", 0),
            objection_workdays=need.whole("settle.objection_workdays", "结算异议期", 0),
            quarterly=answers.get("pay.period") == "quarterly",
            invoice_type=str(answers.get("tax.invoice_type") or "special"),
            rate_bp=need.number("pay.late_daily_rate_bp", "逾期付款日率"),
            cap_pct=need.number("pay.late_cap_pct", "逾期违约金上限"),
            lpr=need.number("lpr.one_year", "一年期LPR"),
            lpr_multiple=Decimal("1.5") if answers.positions.get("8.2-t2") == "fallback" else Decimal(0),
            pause=str(answers.get("pay.late_pause_rule") or "disputed_only"),
            debtor=str(answers.get("party_a.enterprise_size") or "unknown"),
            creditor=str(answers.get("party_b.enterprise_size") or "unknown"),
            half_first=answers.positions.get("8.2-t1") == "fallback",
            account=masked_account(answers),
            without_make_up_days=answers.get("defs.workday_source") == "mon_fri_only",
        )
        need.check("付款")
        return found


def masked_account(answers: Answers) -> str:
    """户名、开户行 and the last four digits of the account (brief C6)."""
    name, bank, account = (str(answers.get(f"pay.account_{part}") or "") for part in ("name", "bank", "no"))
    if not (name and bank and account):
        return ""
    return f"户名{name}，开户行{bank}，账号{'*' * max(0, len(account) - 4)}{account[-4:]}"


class _Needed:
    """Reads typed values and remembers what was not there, so that everything is told at once."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.missing: list[str] = []

    def number(self, name: str, label: str) -> Decimal:
        value = self.answers.get(name)
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            return Decimal(value)
        self.missing.append(f"{label}（{name}）")
        return Decimal(0)

    def whole(self, name: str, label: str, instead: int) -> int:
        value = self.answers.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.missing.append(f"{label}（{name}）")
        return instead

    def day(self, name: str, label: str) -> date:
        value = self.answers.get(name)
        if isinstance(value, date):
            return value
        self.missing.append(f"{label}（{name}）")
        return date(2000, 1, 1)

    def check(self, what: str) -> None:
        if self.missing:
            words = "、".join(dict.fromkeys(self.missing))
            raise ContractError("settlement.terms", f"合同没有约定{what}所需的下列事项，不能结算：{words}。")


def _level(row: Row, need: _Needed) -> LevelTerms | None:
    known, weight = metric_named(str(row.get("metric"))), row.get("weight")
    if known is None or not isinstance(weight, Decimal | int):
        return None
    direction = Direction.LOWER_IS_BETTER if known.lower_is_better else Direction.HIGHER_IS_BETTER
    target, limit = need.number(known.target, f"{known.name}目标值"), need.number(known.floor, f"{known.name}底线值")
    return LevelTerms(known.name, Decimal(weight), target, limit, direction, known.target, known.floor)


def _band(row: Row) -> Band | None:
    lower, upper, ratio = row.get("from"), row.get("to"), row.get("ratio")
    if isinstance(lower, Decimal) and isinstance(upper, Decimal) and isinstance(ratio, Decimal):
        return Band(lower, upper, ratio)
    return None


def _tier(row: Row) -> Tier | None:
    lower, upper, price = row.get("from"), row.get("to"), row.get("price")
    if isinstance(lower, int) and isinstance(price, Decimal):
        return Tier(Decimal(lower), Decimal(upper) if isinstance(upper, int) else None, price)
    return None


def _instalments(answers: Answers, rate: Decimal, *, in_fee: bool) -> tuple[Instalment, ...]:
    """Rows of the price table that are not the monthly fee itself: with a fixed fee, its service rows are."""
    found = []
    for row in _rows(answers, "fees.price_rows"):
        total, category, own = row.get("excl_tax"), str(row.get("category")), row.get("rate")
        if not isinstance(total, Decimal) or (category == "service" and in_fee):
            continue
        agreed = own if own is not None else answers.get(RATE_VARIABLE.get(category, ""))
        found.append(Instalment(str(row.get("item")), total, Decimal(agreed) if isinstance(agreed, Decimal | int) else rate))
    return tuple(found)


def _rows(answers: Answers, name: str) -> Iterable[Row]:
    value = answers.get(name)
    return tuple(r for r in value if not isinstance(r, str)) if isinstance(value, tuple) else ()
