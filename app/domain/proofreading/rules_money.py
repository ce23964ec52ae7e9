"""Rules over money: payment, late payment, penalties, deductions, tax, totals, tiers, weights."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise

from app.domain.capitals import parse_capitals
from app.domain.proofreading.facts import Draft, TextHit, as_number
from app.domain.proofreading.finding import Hit, SetVariable, Severity, rule
from app.domain.variables import Row

SMALL = frozenset({"medium", "small", "micro"})
PAYMENT_TEXT = ("8.2", "8.3", "13.1", "13.2", "13.3")
NEGATION = (
    "不得",
    "不以",
    "不作为",
    "不与",
    "无论是否",
    "不论是否",
    "禁止",
    "并非",
    "不适用",
    "不采用",
    "不实行",
    "无需",
    "不因",
)
REDUCED_RATE_ENDS = date(2027, 12, 31)
"""Last day of the 1 % levy rate for small-scale taxpayers (公告 2026 年第 10 号, secondary source)."""


def annual_percent(bp: Decimal) -> Decimal:
    """Basis points of ten thousand per day → per cent per year."""
    return bp * 365 / 100


def negated(hit: TextHit) -> bool:
    """Whether the clause before the match forbids or excludes what the match says."""
    return any(word in hit.before for word in NEGATION)


def _figure(value: Decimal) -> str:
    """At most two decimals, no trailing zeros; figures beyond the context's precision as they are."""
    rounded = value.quantize(Decimal("0.01")) if abs(value) < Decimal(10) ** 20 else value
    return format(rounded.normalize(), "f")


@rule(
    "R-09", "付款期超 60 日（中小企业、公共机构）", ("SMEP:3", "SMEP:9", "SMEP:10", "PEPL:68", "AUCL:15", "AUCL:31"),
    "将付款期改为不超过 60 日；缩短确认期并设逾期视为确认；录入双方规模。",
)  # fmt: skip
def payment_term_is_lawful(d: Draft) -> Iterator[Hit]:
    """30/60 days for public bodies, 60 for large enterprises towards small ones, 90 in all with the confirmation period."""
    a, b = d.text_of("party_a.enterprise_size"), d.text_of("party_b.enterprise_size")
    days, confirm = d.number("pay.days_after_confirm"), d.number("pay.confirm_workdays") or Decimal(0)
    place = d.place("pay.days_after_confirm", "8.2")
    law = "对中小企业，机关事业单位一般 30 日、约定最长 60 日，大型企业一般 60 日，另约须符合行业规范与交易习惯且不得变相拖延。"
    if days is not None:
        total = days + confirm * Decimal("1.4")
        if a == "public_body" and days > 60:
            yield Hit(Severity.ERROR, f"付款期 {days} 日，超过机关、事业单位最长 60 日的限度；{law}", place, _pay(60))
        elif a == "public_body" and days > 30:
            yield Hit(Severity.WARN, f"付款期 {days} 日；{law}", place, _pay(30))
        elif a == "large" and b in SMALL and days > 60:
            yield Hit(Severity.WARN, f"付款期 {days} 日；{law}", place, _pay(60))
        elif total > 90:
            yield Hit(Severity.WARN, f"付款期 {days} 日，连同确认期合计约 {_figure(total)} 日，超过 90 日；{law}", place)
    unknown = [name for name, size in (("甲方", a), ("乙方", b)) if size == "unknown"]
    if unknown:
        first = "party_a.enterprise_size" if a == "unknown" else "party_b.enterprise_size"
        message = f"{'、'.join(unknown)}企业规模未录入，无法判断中小企业款项支付规则是否适用。"
        yield Hit(Severity.WARN, message, d.place(first))


def _pay(days: int) -> SetVariable:
    return SetVariable("pay.days_after_confirm", days)


@rule(
    "R-10", "以第三方付款为付款条件（背靠背）", ("BTB:1", "BTB:2", "SMEP:9", "PEPL:68", "CC:153"),
    "删除条件，改为固定期限；条款无效后由法院参照行业与交易习惯定期限并按约或 LPR 计息。",
)  # fmt: skip
def no_back_to_back_payment(d: Draft) -> Iterator[Hit]:
    """Payment does not wait for a third party's money."""
    protected = d.text_of("party_a.enterprise_size") == "large" and d.text_of("party_b.enterprise_size") in SMALL
    severity = Severity.ERROR if protected else Severity.WARN
    rest = "以收到第三方付款为支付条件或按第三方付款进度支付，对中小企业无效。"
    if d.flag("pay.third_party_condition"):
        patch = SetVariable("pay.third_party_condition", False)
        yield Hit(severity, rest, d.place("pay.third_party_condition", "8.2"), patch)
    patterns = (
        "(收到|取得).{0,12}(客户|业主|用户|第三方|上游|平台|渠道).{0,10}款.{0,15}(后|再|方可|才)",
        "按.{0,8}(客户|业主|第三方|平台).{0,10}(进度|比例).{0,6}(支付|付款)",
        "背靠背",
    )
    for pattern in patterns:
        for hit in d.search(pattern, *PAYMENT_TEXT):
            if not negated(hit):
                yield Hit(severity, f"“{hit.match[0]}”：{rest}", hit.place)


@rule(
    "R-12", "对中小企业逾期利率低于 LPR 或未约定", ("SMEP:17",),
    "提高至不低于 LPR，建议日万分之三；保留未约定时的法定标准说明。",
)  # fmt: skip
def late_rate_not_below_lpr(d: Draft) -> Iterator[Hit]:
    """Towards a small enterprise the agreed late rate is at least the one-year LPR."""
    if d.text_of("party_a.enterprise_size") not in ("large", "public_body") or d.text_of("party_b.enterprise_size") not in SMALL:
        return
    bp, lpr = d.number("pay.late_daily_rate_bp"), d.number("lpr.one_year")
    place, patch = d.place("pay.late_daily_rate_bp", "8.2"), SetVariable("pay.late_daily_rate_bp", Decimal(3))
    if bp is None:
        yield Hit(Severity.INFO, "对中小企业未约定逾期利率；未约定的按日万分之五计付。", place, patch)
    elif lpr is not None and annual_percent(bp) < lpr:
        yield Hit(
            Severity.ERROR,
            f"对中小企业迟延付款，约定年化 {_figure(annual_percent(bp))}% 低于合同订立时一年期 LPR（{_figure(lpr)}%）；"
            "未约定的按日万分之五计付。",
            place,
            patch,
        )


@rule(
    "R-13", "逾期违约金偏高", ("CC:585", "CCI:64", "CCI:65", "SALES:18", "LOAN:25"),
    "降至日万分之三或“LPR×1.5”，并设合计上限；需要更高威慑的，写明损失构成与举证要点。",
)  # fmt: skip
def late_rate_not_excessive(d: Draft) -> Iterator[Hit]:
    """Late payment at most four times the LPR per year (a reference line only) and 30 % in all; no per-cent-a-day wording."""
    bp, lpr, cap = d.number("pay.late_daily_rate_bp"), d.number("lpr.one_year"), d.number("pay.late_cap_pct")
    if bp is not None and lpr is not None and annual_percent(bp) > 4 * lpr:
        annual, line = _figure(annual_percent(bp)), _figure(4 * lpr)
        yield Hit(
            Severity.WARN,
            f"逾期违约金年化 {annual}%，超过参照线 4×LPR（{line}%）；对方可请求调减。",
            d.place("pay.late_daily_rate_bp", "8.2"),
            SetVariable("pay.late_daily_rate_bp", Decimal(3)),
        )
    if cap is not None and cap > 30:
        message = f"逾期违约金上限为逾期金额的 {cap}%，超过 30%；对方可请求调减。"
        yield Hit(Severity.WARN, message, d.place("pay.late_cap_pct", "8.2"))
    for hit in d.search("(日|每天).{0,4}(百分之|千分之)", "8.2", "9.2"):
        yield Hit(Severity.WARN, f"“{hit.match[0]}”：按日百分之或千分之计算的逾期违约金明显偏高，对方可请求调减。", hit.place)


@rule(
    "R-14", "违约金可能过分高于损失", ("CC:585", "CCI:64", "CCI:65"),
    "合计封顶 20%（按年服务费），单项写明对应损失类型；约定“不足赔偿、超出不退”无效部分由规则提示。",
)  # fmt: skip
def penalties_not_excessive(d: Draft) -> Iterator[Hit]:
    """No single or total penalty above 30 %, and section 9.2 says which loss it stands for."""
    law = "超过所造成损失 30% 的，一般可被认定过分高而调减。"
    names = [v.name for v in d.variables if v.name.startswith("penalty.") and v.name.endswith("_pct")]
    for name in dict.fromkeys((*names, "penalty.b_subcontract_pct", "penalty.b_data_leak_pct")):
        percent = d.number(name)
        if percent is not None and percent > 30:
            message = f"{d.label(name)} {percent}% 偏高；{law}"
            yield Hit(Severity.WARN, message, d.place(name, "9.2"), SetVariable(name, Decimal(20)))
    total = d.number("liability.total_penalty_cap_pct")
    if total is not None and total > 30:
        message = f"违约金合计上限 {total}% 偏高；{law}"
        patch = SetVariable("liability.total_penalty_cap_pct", Decimal(20))
        yield Hit(Severity.WARN, message, d.place("liability.total_penalty_cap_pct", "9.2"), patch)
    for segment in d.of("9.2"):
        if "违约金" in segment.text and d.has_section("9.2") and not d.has_clause("损失", "9.2"):
            yield Hit(Severity.WARN, f"违约金未写明所对应的损失；{law}", segment.place())
            return


@rule(
    "R-15", "服务抵扣无上限、过高或与违约金重复", ("CC:582", "CC:585", "CC:884", "CCI:65"),
    "月上限 20%，写明“性质为质量不符的价款减少”“同一事实已抵扣的在赔偿中扣除”“不排除重大违约的解除与赔偿”。",
)  # fmt: skip
def deductions_are_bounded(d: Draft) -> Iterator[Hit]:
    """Deductions have a cap of at most 30 %, are set off against damages of the same fact, and are no sole remedy."""
    cap, place = d.number("perf.credit_cap_pct"), d.place("perf.credit_cap_pct", "5.2")
    if cap is None or cap > 30:
        what = "没有上限" if cap is None else f"月上限 {cap}% 过高"
        yield Hit(Severity.WARN, f"服务抵扣{what}。", place, SetVariable("perf.credit_cap_pct", Decimal(20)))
    if not d.has_section("5.2"):
        return
    if d.has_clause("抵扣", "5.2") and not d.has_clause("同一.{0,30}(扣除|扣减|抵充|不重复|冲减)", "5.2", "8.3", "9.2"):
        yield Hit(Severity.WARN, "同一事实可能既抵扣又计违约金，未见扣减条款。", d.section_place("5.2"))
    for hit in d.search("(唯一|全部|仅有)的?(、排他的?)?(救济|补救)", "5.2"):
        if not any(word in hit.before for word in ("不是", "并非", "不构成", "不作为", "非", "不属于")):
            yield Hit(Severity.WARN, f"“{hit.match[0]}”：服务抵扣被写成唯一救济，重大违约时的解除与赔偿受限。", hit.place)


@rule(
    "R-28", "金额不平或大小写不一致", ("CC:142", "CC:510", "BILL:8", "PSM:附一"),
    "一律由系统生成大写并只读；修改小写即重算。",
)  # fmt: skip
def amounts_balance(d: Draft) -> Iterator[Hit]:
    """Net + tax = gross in the total and in each row; capitals say the same amount as figures."""
    net, tax, gross = (d.number(f"fees.total_{part}") for part in ("excl_tax", "tax", "incl_tax"))
    place = d.place("fees.total_incl_tax", "8.1")
    if net is not None and tax is not None and gross is not None and abs(net + tax - gross) > Decimal("0.01"):
        message = f"金额不平：不含税 {net:,.2f} 加税额 {tax:,.2f} 不等于含税 {gross:,.2f}。"
        yield Hit(Severity.ERROR, message, place)
    caps = d.text_of("fees.total_incl_tax_caps")
    if gross is not None and caps and not _same_amount(gross, caps):
        yield Hit(Severity.ERROR, f"小写“¥{gross:,.2f}”与大写“{caps}”不一致。", d.place("fees.total_incl_tax_caps", "8.1"))
    for row in d.rows("fees.price_table"):
        excl, row_tax, incl = (as_number(row.get(k)) for k in ("excl_tax", "tax", "incl_tax"))
        if excl is not None and row_tax is not None and incl is not None and excl + row_tax != incl:
            item = row.get("item") or row.get("code") or ""
            message = f"价格表“{item}”行不平：{excl:,.2f} + {row_tax:,.2f} ≠ {incl:,.2f}。"
            yield Hit(Severity.ERROR, message, d.place("fees.price_table", "8.1"))


def _same_amount(amount: Decimal, capitals: str) -> bool:
    try:
        return parse_capitals(capitals) == amount
    except ValueError:
        return False


@rule(
    "R-30", "税率与纳税身份、业务类型不符",
    ("VAT:8", "VAT:9", "VAT:10", "VAT:11", "VAT:13", "VATR:5", "VATR:10", "VATR:36", "VATR:37", "VAT10"),
    "按身份自动带出税率；维修单列一行；跨 2027-12-31 的 1% 合同加“到期按届时规定”。",
)  # fmt: skip
def tax_rates_fit(d: Draft) -> Iterator[Hit]:
    """6 % / 13 % for general taxpayers, 3 % or (until 2027) 1 % for small-scale ones; repair in a row of its own."""
    payer, rate = d.text_of("party_b.taxpayer_type"), d.number("tax.vat_rate_service")
    place = d.place("tax.vat_rate_service", "8.1")
    if payer == "general" and rate is not None and rate != 6:
        message = f"乙方为一般纳税人，服务税率应为 6%，现为 {rate}%。"
        yield Hit(Severity.ERROR, message, place, SetVariable("tax.vat_rate_service", Decimal(6)))
    if payer == "small_scale" and rate is not None and rate not in (3, 1):
        message = f"乙方为小规模纳税人，征收率为 3%（减按 1% 至 2027-12-31），现为 {rate}%。"
        yield Hit(Severity.ERROR, message, place, SetVariable("tax.vat_rate_service", Decimal(3)))
    end = d.day("term.end_date")
    if rate == 1 and end is not None and end > REDUCED_RATE_ENDS:
        message = f"减按 1% 至 {REDUCED_RATE_ENDS.isoformat()}，合同届满日 {end.isoformat()} 在其后。"
        yield Hit(Severity.WARN, message, place)
    repair = d.number("tax.vat_rate_repair")
    if d.flag("service.repair_enabled") and payer == "general" and repair is not None and repair != 13:
        message = f"加工修理修配税率应为 13%，现为 {repair}%。"
        patch = SetVariable("tax.vat_rate_repair", Decimal(13))
        yield Hit(Severity.ERROR, message, d.place("tax.vat_rate_repair", "8.1"), patch)
    if d.text_of("tax.invoice_type") == "special" and d.text_of("party_a.type") == "natural_person":
        message = "甲方为自然人，不得开具增值税专用发票。"
        yield Hit(Severity.ERROR, message, d.place("tax.invoice_type", "8.1"), SetVariable("tax.invoice_type", "ordinary"))
    categories = {str(r.get("category")) for r in (*d.rows("fees.price_rows"), *d.rows("fees.price_table"))}
    if d.flag("service.repair_enabled") and categories and not categories & {"repair", "加工修理修配"}:
        message = "合同含维修而价格表没有单列维修行，适用不同税率的业务未分别核算有从高适用风险。"
        yield Hit(Severity.WARN, message, d.place("fees.price_table", "8.1"))


@rule(
    "R-37", "考核权重合计不为 100", (), "调整权重或剔除停用指标后按比例归一。"
)  # fmt: skip
def weights_sum_to_hundred(d: Draft) -> Iterator[Hit]:
    """Every weight is positive and they add up to 100."""
    weights = [(str(r.get("metric") or ""), as_number(r.get("weight")) or Decimal(0)) for r in d.rows("perf.weights")]
    if not weights:
        return
    total, place = sum((w for _, w in weights), Decimal(0)), d.place("perf.weights", "5.2")
    if abs(total - 100) > Decimal("0.001"):
        yield Hit(Severity.ERROR, f"考核权重合计为 {_figure(total)}，应为 100。", place)
    for metric, weight in weights:
        if weight <= 0:
            yield Hit(Severity.ERROR, f"指标“{metric}”的考核权重为 {_figure(weight)}，应大于零。", place)


@rule(
    "R-38", "阶梯或分段有缺口、重叠", ("CC:510",),
    "采用左闭右开、首段从 0 起、末段封顶；比例随得分下降单调不减。",
)  # fmt: skip
def bands_are_continuous(d: Draft) -> Iterator[Hit]:
    """Half-open bands without gap or overlap from 0 upwards; a lower score never costs less."""
    for name, section, what in (("fees.tiers", "8.1", "阶梯"), ("perf.bands", "5.2", "得分分段")):
        for problem in _band_problems(d.rows(name), closed=name == "perf.bands"):
            yield Hit(Severity.ERROR, f"{what}{problem}。", d.place(name, section))
    ratios = sorted(
        (lower, ratio)
        for lower, ratio in ((as_number(r.get("from")), as_number(r.get("ratio"))) for r in d.rows("perf.bands"))
        if lower is not None and ratio is not None
    )
    for (low, worse), (high, better) in pairwise(ratios):
        if better > worse:
            message = f"抵扣比例倒挂：{_figure(high)} 分起抵扣 {_figure(better)}%，高于 {_figure(low)} 分起的 {_figure(worse)}%。"
            yield Hit(Severity.ERROR, message, d.place("perf.bands", "5.2"))


def _band_problems(rows: tuple[Row, ...], *, closed: bool) -> Iterator[str]:
    """Gaps and overlaps of bands ``[from, to)``. A closed scale ends at 100, an open one with a blank upper end."""
    bands = sorted(
        ((low, as_number(r.get("to"))) for r in rows if (low := as_number(r.get("from"))) is not None),
        key=lambda band: band[0],
    )
    if not bands:
        return
    if bands[0][0] != 0:
        yield f"从 {_figure(bands[0][0])} 起，0 至 {_figure(bands[0][0])} 之间有缺口"
    for (low, high), (next_low, _) in pairwise(bands):
        if high is None or high > next_low:
            end = "不封顶" if high is None else _figure(high)
            yield f"[{_figure(low)}, {end}) 与 {_figure(next_low)} 起的一段重叠"
        elif high < next_low:
            yield f"在 {_figure(high)} 与 {_figure(next_low)} 之间有缺口"
        if high is not None and high <= low:
            yield f"[{_figure(low)}, {_figure(high)}) 上限不高于下限"
    last = bands[-1][1]
    if closed and last != 100:
        yield f"末段止于 {_figure(last) if last is not None else '不封顶'}，应为 100"
    if not closed and last is not None and last <= bands[-1][0]:
        yield f"末段上限 {_figure(last)} 不高于下限"
