"""Checks that every paper has to pass (brief part C, 共用校验)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from app.domain.assembly import DANGLING
from app.domain.capitals import capitals_state
from app.domain.money import cents
from app.domain.paper_rules.context import PaperDraft, paper_rule
from app.domain.papers import PaperKind
from app.domain.proofreading.finding import Hit, Place, Severity
from app.domain.variables import FillStage, Row

EVERY = tuple(PaperKind)
SERVED = tuple(k for k in PaperKind if k.facts.served and not k.facts.both)
AGREED = tuple(k for k in PaperKind if k.facts.both)
GIVEN_AT_FREEZE = frozenset({"paper.no", "paper.version", "amendment.label"})
VAGUE = re.compile(
    "适当(?:调整|增加|减少|提高|降低|延长)|另行(?:协商|约定|确定|商定)|酌情|视情况|视情形|合理调整|尽快|尽量|尽可能|原则上|必要时调整|根据实际情况|"
    "相应调整(?!为)|双方再议"
)
"""Words without content: what they change is deemed not changed (CC:544)."""
_ARTICLE = re.compile(r"第\s*(\d{1,2}(?:\.\d{1,3}){1,3}(?:之[一二三四五六七八九十]+)?)\s*[条款节]")
_BOTH_FORMS = re.compile(r"人民币([\d,]+\.\d\d)元[^（]{0,4}（大写：([^）]+)）")
_MATTERS = {
    PaperKind.AMENDMENT: ("补充协议", "变更"), PaperKind.RENEWAL: ("续约", "续展", "补充协议"), PaperKind.TERMINATION: ("终止", "解除"),
    PaperKind.RESCISSION: ("解除", "通知"), PaperKind.NON_RENEWAL: ("续约", "通知"), PaperKind.SETTLEMENT: ("结算",),
    PaperKind.RECTIFICATION: ("通知", "整改", "考核"), PaperKind.DEMAND: ("通知", "催告"),
}  # fmt: skip


@paper_rule("C0-01", "合同阶段不允许该文书", EVERY, ("CC:509",), "先完成合同应处的步骤，或者改用适合现阶段的文书。")
def stage_allows_the_paper(d: PaperDraft) -> Iterator[Hit]:
    """The contract stands where such a paper makes sense."""
    allowed = d.kind.facts.stages
    if d.stage not in allowed:
        names = "、".join(f"“{s.label}”" for s in type(d.stage) if s in allowed)
        yield Hit(Severity.ERROR, f"合同为“{d.stage.label}”，{d.kind.label}只适用于{names}的合同。")


@paper_rule("C0-02", "引用的合同条款不存在", EVERY, ("CC:142",), "改为合同现行文本中存在的条款号。")
def contract_references_stand(d: PaperDraft) -> Iterator[Hit]:
    """Every article of the contract that the paper names stands in the contract as it will be."""
    after = d.amendment.redraft.after.instrument if d.amendment else d.background.standing.instrument
    numbers = {p.number for i in (after, d.background.standing.instrument) for p in i.provisions()}
    numbers |= {s.number for s in after.sections()}
    seen: set[str] = set()
    for place, text in d.printed():
        if DANGLING in text:
            yield Hit(Severity.ERROR, f"{place.label}引用的合同条款在现行文本中不存在。", place)
        for match in _ARTICLE.finditer(text):
            if match[1] not in numbers and match[1] not in seen:
                seen.add(match[1])
                yield Hit(Severity.ERROR, f"{place.label}引用的“{match[0]}”在合同现行文本中不存在。", place)


@paper_rule("C0-03", "文书日期早于合同签订日", EVERY, ("CC:490",), "改正文书日期。")
def paper_is_dated_after_the_contract(d: PaperDraft) -> Iterator[Hit]:
    signed = d.background.signed_on or d.agreed_day("contract.sign_date")
    dated = d.day("paper.date")
    if dated is not None and signed is not None and dated < signed:
        yield Hit(Severity.ERROR, f"文书日期{dated.isoformat()}早于合同签订日{signed.isoformat()}。", d.place("paper.date"))


@paper_rule("C0-04", "金额大小写不一致", EVERY, ("BILL:8", "PSM:附一"), "以小写金额为准重写大写，或者改正小写。")
def amounts_agree_in_words_and_figures(d: PaperDraft) -> Iterator[Hit]:
    for place, text in d.printed():
        for match in _BOTH_FORMS.finditer(text):
            if not capitals_state(match[2], Decimal(match[1].replace(",", ""))):
                yield Hit(Severity.ERROR, f"{place.label}的金额{match[1]}与大写“{match[2]}”不一致。", place)


@paper_rule("C0-05", "送达地址缺失或已变更", SERVED, ("CC:137",), "依合同第12.2节届时有效的送达信息填写。")
def address_is_the_one_in_force(d: PaperDraft) -> Iterator[Hit]:
    sender = d.text("paper.sender")
    if not sender:
        yield Hit(Severity.ERROR, "没有写明由哪一方发出。", d.place("paper.sender"))
        return
    other = "party_b" if sender == "party_a" else "party_a"
    for name, agreed in (("receiver.address", f"notice.{other}_address"), ("receiver.email", f"notice.{other}_email")):
        written, current = d.text(name), d.agreed_text(agreed)
        label = d.variables[name].label if name in d.variables else name
        if not written:
            yield Hit(Severity.ERROR, f"缺少{label}。", d.place(name))
        elif current and written != current:
            yield Hit(Severity.ERROR, f"{label}“{written}”不是届时有效的“{current}”。", d.place(name))


@paper_rule(
    "C0-06",
    "签署人的权限不能覆盖该事项",
    EVERY,
    ("CC:165", "CC:171", "CC:504", "CCI:20"),
    "由法定代表人签署，或者取得载明该事项的授权委托书并在合同第14.3节登记。",
)
def signatory_may_sign_this(d: PaperDraft) -> Iterator[Hit]:
    """Legal representative, or a representative whom section 14.3 registers for the matter (brief part C)."""
    people = (
        [(p, f"sign.{p}_signatory", f"sign.{p}_authority") for p in ("party_a", "party_b")]
        if d.kind.facts.both
        else [(d.text("paper.sender"), "sign.sender_signatory", "sign.sender_authority")]
    )
    for party, name, authority in people:
        person = d.text(name)
        if not person or not party or person == d.agreed_text(f"{party}.legal_rep"):
            continue
        if d.blank(authority):
            yield Hit(Severity.ERROR, f"“{person}”不是法定代表人，须写明权限依据。", d.place(authority))
            continue
        registered = [r for r in _matrix(d) if r.get("party") == party and r.get("representative") == person]
        if not registered:
            yield Hit(Severity.WARN, f"“{person}”没有登记在合同第14.3节的授权表中，请核对授权委托书原件。", d.place(name))
        elif not any(_covers(d.kind, r) for r in registered):
            yield Hit(Severity.ERROR, f"合同第14.3节登记的“{person}”的权限不包括签署{d.kind.label}。", d.place(name))
        expiry = d.agreed_day(f"sign.{party}_authority_expiry")
        if registered and expiry is not None and expiry < d.paper_day:
            yield Hit(Severity.ERROR, f"“{person}”的授权已于{expiry.isoformat()}届满。", d.place(authority))


def _matrix(d: PaperDraft) -> tuple[Row, ...]:
    value = d.background.value("sign.authority_matrix")
    return tuple(r for r in value if not isinstance(r, str)) if isinstance(value, tuple) else ()


def _covers(kind: PaperKind, row: Row) -> bool:
    """The registered powers name the matter, and no sentence of them denies it."""
    matters, powers = str(row.get("matters") or ""), str(row.get("powers") or "")
    for word in _MATTERS[kind]:
        denied = re.search(rf"(?:无权|不得|不可以)[^，。；]*{word}", powers)
        if not denied and (word in matters or word in powers):
            return True
    return False


@paper_rule("C0-07", "有未填写的内容", EVERY, ("CC:470",), "填写全部空白。")
def nothing_is_left_blank(d: PaperDraft) -> Iterator[Hit]:
    told: set[str] = set()
    for place, blank in d.instrument.blanks():
        if blank.stage in (FillStage.DRAFT, FillStage.FREEZE) and blank.variable not in GIVEN_AT_FREEZE | told:
            told.add(blank.variable)
            yield Hit(Severity.ERROR, f"“{blank.label}”未填写。", Place(place, d.place(blank.variable).number, blank.variable))
    for variable in d.variables:
        short = variable.min_rows and len(d.rows(variable.name)) < variable.min_rows
        if short and any(p.table is not None and p.table.id == variable.name for p in d.instrument.provisions()):
            yield Hit(Severity.ERROR, f"“{variable.label}”至少应有{variable.min_rows}行。", d.place(variable.name))


@paper_rule(
    "C0-08",
    "措辞没有确定内容",
    [k for k in PaperKind if k is not PaperKind.AMENDMENT],
    ("CC:510", "CC:544"),
    "写明数额、期限或者计算方法。",
)
def wording_is_definite(d: PaperDraft) -> Iterator[Hit]:
    severity = Severity.ERROR if d.kind.facts.both else Severity.WARN
    for place, text in d.typed():
        for match in VAGUE.finditer(text):
            yield Hit(
                severity, f"{place.label}的“{match[0]}”没有确定的内容。", Place(place.provision_id, place.number, "", match[0])
            )


# ---- helpers for the other rooms


def iso(day: date) -> str:
    return day.isoformat()


def near(a: Decimal, b: Decimal) -> bool:
    """Equal to the cent."""
    return cents(a) == cents(b)


RULES = (
    stage_allows_the_paper, contract_references_stand, paper_is_dated_after_the_contract, amounts_agree_in_words_and_figures,
    address_is_the_one_in_force, signatory_may_sign_this, nothing_is_left_blank, wording_is_definite,
)  # fmt: skip
