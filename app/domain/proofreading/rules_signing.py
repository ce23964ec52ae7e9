"""Rules over the parties and the signing: identity, authority, seals, dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from app.domain.parties import normalise_uscc, uscc_faults
from app.domain.proofreading.facts import Draft
from app.domain.proofreading.finding import Hit, Place, SetVariable, Severity, rule

_PARTIES = (("party_a", "甲方", "14.1"), ("party_b", "乙方", "14.2"))
_CEILING = re.compile(r"(?:不超过|不高于|至多|上限)(?:为)?(?:人民币)?\s*(\d[\d,]*(?:\.\d+)?)\s*(万|亿|)元")
_NAME_LABEL = re.compile("^(单位名称|名称|单位|全称)$")


def _same_name(first: str, second: str) -> bool:
    """Names are equal but for spaces and the width of brackets."""
    table = str.maketrans("（）　", "() ")
    return "".join(first.translate(table).split()) == "".join(second.translate(table).split())


@rule(
    "R-29", "主体代码、名称、账户不一致", ("MSR:10", "MSR:21", "CC:470", "GB 32100-2015"),
    "按营业执照更正；名称变更须附变更证明；代收款须另签三方协议并提示税务与诈骗风险。",
)  # fmt: skip
def identities_agree(d: Draft) -> Iterator[Hit]:
    """Credit codes pass their check digits and differ; names agree everywhere; the account is the contractor's own."""
    codes = {party: d.text_of(f"{party}.uscc") for party, _, _ in _PARTIES}
    for party, word, _ in _PARTIES:
        faults = uscc_faults(codes[party]) if codes[party] else ()
        if faults:
            message = f"{word}统一社会信用代码“{codes[party]}”校验失败：{'；'.join(faults)}。"
            yield Hit(Severity.ERROR, message, d.place(f"{party}.uscc"))
    if codes["party_a"] and normalise_uscc(codes["party_a"]) == normalise_uscc(codes["party_b"]):
        yield Hit(Severity.ERROR, "双方统一社会信用代码相同。", d.place("party_b.uscc"))
    for party, word, section in _PARTIES:
        name = d.text_of(f"{party}.name")
        home = d.instrument.section(section)
        for row in home.form if home is not None else ():
            if name and _NAME_LABEL.match(row.label) and row.text and not _same_name(row.text, name):
                message = f"签署页的{word}名称“{row.text}”与“{name}”不一致。"
                yield Hit(Severity.ERROR, message, Place(row.id, f"第{section}节", f"{party}.name"))
    account, name = d.text_of("pay.account_name"), d.text_of("party_b.name")
    if account and name and not _same_name(account, name):
        message = f"收款户名“{account}”与乙方名称“{name}”不符。"
        place = d.place("pay.account_name", "8.2")
        yield Hit(Severity.ERROR, message, place, SetVariable("pay.account_name", name))


@rule(
    "R-32", "签署权限、印章、日期缺陷",
    ("CC:165", "CC:170", "CC:171", "CC:172", "CC:504", "CCI:20", "CCI:21", "CCI:22"),
    "补授权书；更正要素；双方签署日不同的，生效日取较晚者。",
)  # fmt: skip
def signatories_have_authority(d: Draft) -> Iterator[Hit]:
    """Who signs may sign, with the seal the effect clause needs, on a possible day.

    Before the signing only what is known is judged; a date that nobody has given yet is no fault.
    """
    agreed, final = d.day("contract.sign_date"), d.day("contract.final_date")
    if agreed is not None and final is not None and agreed < final:
        message = f"签订日期 {agreed.isoformat()} 早于文本定稿日 {final.isoformat()}。"
        yield Hit(Severity.WARN, message, d.place("contract.final_date"))
    for party, word, section in _PARTIES:
        yield from _authority(d, party, word, section)
        place = d.place(f"sign.{party}_date", section)
        if d.text_of("effect.condition") == "seal_and_sign" and d.text_of(f"sign.{party}_seal_type") == "none":
            message = f"生效条件为签名并盖章，{word}却不加盖印章。"
            yield Hit(Severity.WARN, message, d.place(f"sign.{party}_seal_type", section))
        signed = d.day(f"sign.{party}_date")
        if signed is not None and final is not None and signed < final:
            message = f"{word}签署日期 {signed.isoformat()} 早于文本定稿日 {final.isoformat()}。"
            yield Hit(Severity.WARN, message, place)
        if signed is not None and signed > d.today:
            yield Hit(Severity.WARN, f"{word}签署日期 {signed.isoformat()} 晚于今日。", place)


def _authority(d: Draft, party: str, word: str, section: str) -> Iterator[Hit]:
    signatory, representative = d.text_of(f"sign.{party}_signatory"), d.text_of(f"{party}.legal_rep")
    if not signatory:
        return
    place = d.place(f"sign.{party}_signatory", section)
    if representative and signatory != representative:
        expiry = d.day(f"sign.{party}_authority_expiry")
        signed = d.day(f"sign.{party}_date") or d.signing_day
        if d.blank(f"sign.{party}_authority_doc"):
            message = f"{word}签署人“{signatory}”不是法定代表人“{representative}”，且没有授权书。"
            yield Hit(Severity.ERROR, message, place)
        elif expiry is not None and expiry < signed:
            message = f"{word}签署人“{signatory}”的授权至 {expiry.isoformat()} 届满，早于签署日 {signed.isoformat()}。"
            yield Hit(Severity.ERROR, message, d.place(f"sign.{party}_authority_expiry", section))
    total = d.number("fees.total_incl_tax")
    for row in d.rows("sign.authority_matrix"):
        if str(row.get("representative") or "").strip() != signatory:
            continue
        limit = amount_limit(str(row.get("powers") or ""))
        if limit is not None and total is not None and total > limit:
            message = f"{word}签署人“{signatory}”的权限为 {limit:,.2f} 元以内，低于合同总额 {total:,.2f} 元。"
            yield Hit(Severity.ERROR, message, place)


def amount_limit(powers: str) -> Decimal | None:
    """The ceiling that a line of the authority table states (``金额不超过100万元``); None where it states none."""
    match = _CEILING.search(powers)
    if match is None:
        return None
    return Decimal(match[1].replace(",", "")) * {"": 1, "万": 10_000, "亿": 100_000_000}[match[2]]


@rule("X-04", "双方为同一主体", ("CC:470",), "更正当事人；同一主体不能与自己订立合同。")
def parties_differ(d: Draft) -> Iterator[Hit]:
    """The two parties are two persons."""
    first, second = d.text_of("party_a.name"), d.text_of("party_b.name")
    if first and second and _same_name(first, second):
        yield Hit(Severity.ERROR, f"甲方与乙方同为“{first}”。", d.place("party_b.name"))
