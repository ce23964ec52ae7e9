"""The service fee of one month by the model in force, line by line, each with its working (sections 8.1, 8.3; brief §0.7)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from app.domain.assessment import TierMethod, tiered_fee
from app.domain.money import ZERO, TaxedAmount, cents, from_excl
from app.domain.presentation import money_digits, number
from app.domain.settlement.figure import Figure, agreed, entered
from app.domain.settlement.month import MonthFigures
from app.domain.settlement.terms import FeeTerms, Instalment

_MODEL = "fees.composition.model"
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class FeeLine:
    """``quantity`` × ``price`` is ``amount.excl`` to the 分; where a formula gives no such price the quantity is one.

    ``fee``: part of the service fee that deduction and reward are counted from; an instalment of the price table is not. ``raw``: the
    amount without tax before it was rounded.
    """

    item: str
    quantity: Decimal
    unit: str
    price: Decimal
    amount: TaxedAmount
    fee: bool
    figure: Figure
    raw: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class MonthFee:
    """``amount``: the service fee of the month without tax, before deduction; ``uncapped``: what it was before the annual cap."""

    month: date
    lines: tuple[FeeLine, ...]
    amount: Decimal
    uncapped: Decimal
    figure: Figure
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The days of service in one calendar month, both included."""

    first: date
    last: date

    @property
    def served(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def days(self) -> int:
        return monthrange(self.first.year, self.first.month)[1]

    @property
    def whole(self) -> bool:
        return self.served == self.days

    @property
    def share(self) -> Fraction:
        return Fraction(self.served, self.days)


def span_of(month: date, first_day: date, last_day: date) -> Span | None:
    """The part of a calendar month that lies in the term; None where none does."""
    end = month.replace(day=monthrange(month.year, month.month)[1])
    first, last = max(month, first_day), min(end, last_day)
    return Span(first, last) if first <= last else None


def month_fee(figures: MonthFigures, terms: FeeTerms, span: Span, already: Decimal = ZERO) -> MonthFee:
    """``already``: service fees of the same contract year before this month, for the annual cap.

    Raises ``ValueError`` for figures that ``month_faults`` would have refused, and for a quantity beyond the tiers.
    """
    beside = [instalment_line(x, terms, span) for x in terms.instalments]
    return summed_fee(figures, uncapped_lines(figures, terms, span), beside, terms, volume_notices(figures, terms, span), already)


def uncapped_lines(figures: MonthFigures, terms: FeeTerms, span: Span) -> list[FeeLine]:
    """The service fee by the model in force with the guarantee, before the annual cap. Raises ``ValueError`` as ``month_fee`` does."""
    lines = list(_BY_MODEL[terms.model](figures, terms, span))
    return [*lines, *_guaranteed(lines, figures, terms, span)]


def summed_fee(
    figures: MonthFigures, uncapped: Sequence[FeeLine], beside: Sequence[FeeLine], terms: FeeTerms, notices: Sequence[str], already: Decimal
) -> MonthFee:  # fmt: skip
    """The lines of a month with what the annual cap takes off; ``beside``: instalments, which are no part of the fee."""
    lines, said = list(uncapped), list(notices)
    whole = sum((x.amount.excl for x in lines), ZERO)
    if terms.cap is not None:
        lines += _capped(whole, terms, terms.cap, already)
        said += _cap_notices(min(already + whole, terms.cap), terms.cap, already)
    amount = sum((x.amount.excl for x in lines), ZERO)
    how = " + ".join(money_digits(x.amount.excl) for x in lines) or "无"
    figure = Figure(
        f"{figures.month.year}年{figures.month.month}月服务费",
        amount,
        how=how,
        clause=_MODEL,
        parts=tuple(x.figure for x in lines),
    )
    every = (*lines, *beside)
    return MonthFee(figures.month, tuple(x for x in every if x.amount.excl), amount, whole, figure, tuple(said))


# ---- the models


def _fixed(figures: MonthFigures, terms: FeeTerms, span: Span) -> list[FeeLine]:
    excess = _excess(figures, terms, span)
    return [_monthly(terms, span), *_beyond(excess, figures, terms, span)]


def _hybrid(figures: MonthFigures, terms: FeeTerms, span: Span) -> list[FeeLine]:
    tickets, base, upper = _tickets(figures), _prorated(terms.baseline, span), _prorated(terms.upper, span)
    within = max(Fraction(0), min(Fraction(tickets), upper) - base)
    lines = [_monthly(terms, span)]
    if within:
        count = _decimal(within)
        parts = (entered("有效工单量", tickets, figures.report_no, "单"), _baseline(terms), _price(terms))
        how = f"超过基准量的{number(count)}单×{money_digits(terms.ticket)}"
        lines.append(
            _line("基准量以上工单", count, "单", terms.ticket, count * terms.ticket, terms.rate, how, f"{_MODEL}.hybrid", parts)
        )
    return [*lines, *_beyond(_excess(figures, terms, span), figures, terms, span)]


def _per_ticket(figures: MonthFigures, terms: FeeTerms, _span: Span) -> list[FeeLine]:
    tickets = _tickets(figures)
    parts = (entered("有效工单量", tickets, figures.report_no, "单"), _price(terms))
    how = f"{number(tickets)}单×{money_digits(terms.ticket)}"
    return [_line("按工单计费", tickets, "单", terms.ticket, tickets * terms.ticket, terms.rate, how, f"{_MODEL}.ticket", parts)]


def _per_seat(figures: MonthFigures, terms: FeeTerms, span: Span) -> list[FeeLine]:
    due, present = figures.seat_days_due, figures.seat_days_present
    if due is None or present is None or due <= 0 or not 0 <= present <= due:
        raise ValueError("应到岗席位日须大于零，实际到岗不得超过应到岗")
    full = Fraction(terms.seat) * terms.seats * span.share
    parts = (
        agreed("席位单价", terms.seat, "fees.unit_price_seat", f"{_MODEL}.seat", "元"),
        agreed("席位数（客服与技术支持人数之和）", terms.seats, "team.agents_count, team.tech_count", f"{_MODEL}.seat", "席"),
        entered("实际到岗席位日", present, figures.report_no, "席位日"),
        entered("应到岗席位日", due, figures.report_no, "席位日"),
        *_part_month(span),
    )
    how = f"{money_digits(terms.seat)}×{terms.seats}席×{number(present)}÷{number(due)}{_share_words(span)}"
    amount = _decimal(full * Fraction(present) / Fraction(due))
    lines = [_line("按坐席计费", _ONE, "项", cents(amount), amount, terms.rate, how, f"{_MODEL}.seat", parts)]
    if terms.seat_floor:
        least = cents(_decimal(full * Fraction(terms.seat_floor) / 100 * _served_share(figures, span)))
        short = least - lines[0].amount.excl
        if short > 0:
            why = f"满勤金额×{number(terms.seat_floor)}%{_outage_words(figures, span)}，补足{money_digits(short)}"
            lines.append(_line("坐席保底补足", _ONE, "项", short, short, terms.rate, why, _MODEL, ()))
    return lines


def _tiered(figures: MonthFigures, terms: FeeTerms, _span: Span) -> list[FeeLine]:
    tickets = _tickets(figures)
    whole = tiered_fee(tickets, terms.tiers, terms.method)
    clause = f"{_MODEL}.{terms.method.value}"
    report = entered("有效工单量", tickets, figures.report_no, "单")
    if terms.method is TierMethod.WHOLE:
        place = max(i for i, t in enumerate(terms.tiers) if t.lower <= tickets)
        tier = terms.tiers[place]
        parts = (report, agreed("所处段单价", tier.price, "fees.tiers", clause))
        if whole == cents(tickets * tier.price):
            how = f"{number(tickets)}单×{money_digits(tier.price)}"
            return [_line("阶梯计费（全额）", tickets, "单", tier.price, whole, terms.rate, how, clause, parts)]
        below = terms.tiers[place - 1].price
        how = f"不低于前一段上限{number(tier.lower)}单×{money_digits(below)}"
        return [_line("阶梯计费（全额，保底）", tier.lower, "单", below, whole, terms.rate, how, clause, parts)]
    lines = []
    for tier in terms.tiers:
        reached = min(tickets, tier.upper) if tier.upper is not None else tickets
        count = reached - tier.lower
        if count > 0:
            span_words = f"{number(tier.lower)}单起" + (f"至{number(tier.upper)}单" if tier.upper is not None else "")
            parts = (report, agreed(f"{span_words}单价", tier.price, "fees.tiers", clause))
            how = f"{number(count)}单×{money_digits(tier.price)}"
            lines.append(
                _line(f"阶梯计费（{span_words}）", count, "单", tier.price, count * tier.price, terms.rate, how, clause, parts)
            )
    return lines


_BY_MODEL = {"fixed_monthly": _fixed, "hybrid": _hybrid, "per_ticket": _per_ticket, "per_seat": _per_seat, "tiered": _tiered}


# ---- parts of the models


def _monthly(terms: FeeTerms, span: Span) -> FeeLine:
    leaf = agreed(
        "固定月费", terms.fixed, "fees.monthly_fixed", f"{_MODEL}.fixed" if terms.model == "fixed_monthly" else f"{_MODEL}.hybrid"
    )
    clause = leaf.clause
    if span.whole:
        return _line("固定月费", _ONE, "月", terms.fixed, terms.fixed, terms.rate, "合同约定的月费", clause, (leaf,))
    amount = _decimal(Fraction(terms.fixed) * span.share)
    how = f"{money_digits(terms.fixed)}{_share_words(span)}"
    return _line(
        "固定月费（不足一个公历月）", _ONE, "项", cents(amount), amount, terms.rate, how, clause, (leaf, *_part_month(span))
    )


def _excess(figures: MonthFigures, terms: FeeTerms, span: Span) -> Fraction:
    return max(Fraction(0), Fraction(_tickets(figures)) - _prorated(terms.upper, span))


def _beyond(excess: Fraction, figures: MonthFigures, terms: FeeTerms, span: Span) -> list[FeeLine]:
    """What exceeds the band of section 2.1, at unit price × volume rate."""
    if not excess:
        return []
    count, price = _decimal(excess), terms.ticket * terms.volume_rate
    upper = _decimal(_prorated(terms.upper, span))
    bound = Figure("波动区间上限", upper, "单", f"{number(terms.baseline)}×(1＋{number(terms.band)}%){_share_words(span)}", "fees.adjustment.volume",
                   parts=(_baseline(terms), agreed("波动区间", terms.band, "service.volume_band_pct", "s.2.1", "%"), *_part_month(span)))  # fmt: skip
    parts = (
        entered("有效工单量", _tickets(figures), figures.report_no, "单"), bound, _price(terms),
        agreed("超量系数", terms.volume_rate, "adjust.volume_rate", "fees.adjustment.volume", ""),
    )  # fmt: skip
    how = f"({number(_tickets(figures))}－{number(upper)})×{money_digits(terms.ticket)}×{number(terms.volume_rate)}"
    return [_line("超出波动区间的工单", count, "单", price, count * price, terms.rate, how, "fees.adjustment.volume", parts)]


def _guaranteed(lines: list[FeeLine], figures: MonthFigures, terms: FeeTerms, span: Span) -> list[FeeLine]:
    """What is missing up to the guarantee, reduced by the days that party B did not serve (section 8.1)."""
    if not terms.guarantee:
        return []
    least = cents(_decimal(Fraction(terms.guarantee) * span.share * _served_share(figures, span)))
    short = least - sum((x.amount.excl for x in lines), ZERO)
    if short <= 0:
        return []
    leaf = agreed("最低保底", terms.guarantee, "fees.min_guarantee", f"{_MODEL}.floor")
    how = (
        f"保底{money_digits(terms.guarantee)}{_share_words(span)}{_outage_words(figures, span)}＝{money_digits(least)}，补足差额"
    )
    return [_line("保底补足", _ONE, "项", short, short, terms.rate, how, f"{_MODEL}.floor", (leaf,))]


def _capped(uncapped: Decimal, terms: FeeTerms, cap: Decimal, already: Decimal) -> list[FeeLine]:
    over = already + uncapped - cap
    cut = min(uncapped, max(ZERO, over))
    if cut <= 0:
        return []
    parts = (
        agreed("年度上限", cap, "fees.annual_cap", f"{_MODEL}.cap"),
        Figure("本合同年度此前累计", already, how="各期结算单服务费之和"),
    )
    how = f"累计{money_digits(already + uncapped)}超过年度上限{money_digits(cap)}，冲减"
    return [_line("年度上限冲减", _ONE, "项", -cut, -cut, terms.rate, how, f"{_MODEL}.cap", parts)]


def instalment_line(found: Instalment, terms: FeeTerms, span: Span) -> FeeLine:
    """The month's share of a fixed amount, as the difference of two rounded sums, so that all of them add up to it to the 分."""
    done, whole = _elapsed(terms, span)
    amount = _shared(found.total, whole, terms.months) - _shared(found.total, done, terms.months)
    leaf = agreed(f"{found.item}（合同期总额）", found.total, "fees.price_rows", "fees.composition.price_table.rows")
    how = f"{money_digits(found.total)}÷{terms.months}个月，逐期结算"
    line = _line(f"{found.item}（按月分摊）", _ONE, "期", amount, amount, found.rate, how, leaf.clause, (leaf,))
    return replace(line, fee=False)


def _elapsed(terms: FeeTerms, span: Span) -> tuple[Fraction, Fraction]:
    """Months of the term run before the span and by its end; a part of a month by its days, and the last one whatever is left."""
    months = (span.first.year - terms.starts.year) * 12 + span.first.month - terms.starts.month
    if months == 0:
        return Fraction(0), span.share
    first = Span(terms.starts, terms.starts.replace(day=monthrange(terms.starts.year, terms.starts.month)[1]))
    done = first.share + (months - 1)
    return done, Fraction(terms.months) if months >= terms.months else done + span.share


def _shared(total: Decimal, elapsed: Fraction, months: int) -> Decimal:
    return cents(_decimal(Fraction(total) * min(Fraction(1), elapsed / months)))


def volume_notices(figures: MonthFigures, terms: FeeTerms, span: Span) -> list[str]:
    if figures.tickets is None or not span.whole:
        return []
    if figures.tickets > terms.upper:
        return [f"有效工单{number(figures.tickets)}单，超出波动区间上限{number(terms.upper)}单"]
    if figures.tickets < terms.lower:
        return [f"有效工单{number(figures.tickets)}单，低于波动区间下限{number(terms.lower)}单"]
    return []


def _cap_notices(total: Decimal, cap: Decimal, already: Decimal) -> list[str]:
    warned = cap * Decimal("0.8")
    if total >= cap:
        return [f"本合同年度服务费累计达到上限{money_digits(cap)}元"]
    if already < warned <= total:
        return [f"本合同年度服务费累计{money_digits(total)}元，达到上限的80%，乙方应当自达到之日起五个工作日内书面预警"]
    return []


def _line(
    item: str, quantity: Decimal, unit: str, price: Decimal, amount: Decimal, rate: Decimal, how: str, clause: str, parts: tuple[Figure, ...],
) -> FeeLine:  # fmt: skip
    excl = cents(amount)
    if cents(price) != price or cents(quantity * price) != excl:
        quantity, unit, price = _ONE, "项", excl
    figure = Figure(item, excl, how=how, clause=clause, parts=parts)
    return FeeLine(item, quantity, unit, price, from_excl(excl, rate), True, figure, amount)


def _tickets(figures: MonthFigures) -> Decimal:
    if figures.tickets is None or figures.tickets < 0:
        raise ValueError("缺少当月有效工单量")
    return figures.tickets


def _price(terms: FeeTerms) -> Figure:
    return agreed("工单单价", terms.ticket, "fees.unit_price_ticket", _MODEL)


def _baseline(terms: FeeTerms) -> Figure:
    return agreed("月基准工单量", terms.baseline, "service.baseline_tickets_month", "s.2.1", "单")


def _part_month(span: Span) -> tuple[Figure, ...]:
    if span.whole:
        return ()
    return (Figure("服务日数", Decimal(span.served), "日", f"当月{span.days}日中的服务日", f"{_MODEL}.month"),)


def _share_words(span: Span) -> str:
    return "" if span.whole else f"×{span.served}÷{span.days}"


def _served_share(figures: MonthFigures, span: Span) -> Fraction:
    return Fraction(max(0, span.served - figures.outage_days), span.served)


def _outage_words(figures: MonthFigures, span: Span) -> str:
    return f"×({span.served}－{figures.outage_days})÷{span.served}" if figures.outage_days else ""


def _prorated(value: Decimal, span: Span) -> Fraction:
    return Fraction(value) * span.share


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
