"""Checks of the amendment (brief C1)."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.amendment import AddRow, Insert, Operation, Reword, SetLine, SetRow, Substitute, is_tombstone
from app.domain.digest import canonical_text
from app.domain.folding import apply
from app.domain.numbering import reference_labels
from app.domain.paper_rules.common import VAGUE, iso
from app.domain.paper_rules.context import AmendmentFacts, PaperDraft, paper_rule
from app.domain.papers import PaperKind
from app.domain.proofreading.finding import Hit, Place, Severity
from app.domain.redrafting import SetValue
from app.domain.tree import Reference, plain

ONLY = (PaperKind.AMENDMENT,)
IMPACTS = ("合同总价（不含税）", "税额", "服务响应时限", "合同期限", "个人信息处理")
"""What the statement of consequences must at least speak of (brief C1, 4), beside the annexes."""


@paper_rule("C1-01", "没有变更内容", ONLY, ("CC:543",), "在现行文本上作出修改。")
def something_changes(d: PaperDraft) -> Iterator[Hit]:
    if d.amendment is not None and not d.amendment.redraft.operations:
        yield Hit(Severity.ERROR, "本补充协议没有变更任何内容。")


@paper_rule("C1-02", "变更内容不明确", ONLY, ("CC:544", "CC:510"), "写明数额、期限或者计算方法；内容不明确的推定为未变更。")
def new_words_are_definite(d: PaperDraft) -> Iterator[Hit]:
    """Words without content in what is new; what the contract said before is not looked at again."""
    for number, text in _new_words(d.amendment):
        for match in VAGUE.finditer(text):
            yield Hit(Severity.ERROR, f"{number}新增的“{match[0]}”没有确定的内容。", Place("", number, "", match[0]))
    for name in ("amendment.retroactive_settlement",):
        for match in VAGUE.finditer(d.text(name)):
            yield Hit(Severity.ERROR, f"追溯期间结算处理中的“{match[0]}”没有确定的内容。", d.place(name))


@paper_rule("C1-03", "生效日不合规", ONLY, ("CC:158", "CC:502"), "生效日不得早于文书日期；要覆盖此前期间的，写明追溯。")
def effective_day_is_sound(d: PaperDraft) -> Iterator[Hit]:
    day = d.day("amendment.effective_date")
    if d.text("amendment.effective_rule") == "on_date" and day is not None and day < d.paper_day:
        yield Hit(Severity.ERROR, f"生效日{iso(day)}早于文书日期{iso(d.paper_day)}。", d.place("amendment.effective_date"))
    start, end = d.agreed_day("term.start_date"), d.agreed_day("term.end_date")
    if day is not None and end is not None and day > end and not _moves_the_term(d.amendment):
        yield Hit(Severity.ERROR, f"生效日{iso(day)}晚于合同届满日{iso(end)}。", d.place("amendment.effective_date"))
    reaches = d.day("amendment.retroactive_from")
    if d.flag("amendment.retroactive") and reaches is not None:
        first = min(x for x in (d.background.signed_on, start) if x is not None) if d.background.signed_on or start else None
        if reaches > (day or d.paper_day):
            yield Hit(Severity.ERROR, f"追溯起算日{iso(reaches)}晚于生效日。", d.place("amendment.retroactive_from"))
        if first is not None and reaches < first:
            yield Hit(Severity.ERROR, f"追溯起算日{iso(reaches)}早于合同的起始。", d.place("amendment.retroactive_from"))


@paper_rule("C1-04", "追溯期间的结算没有处理", ONLY, ("CC:543",), "写明差额的计算方法、支付期限和发票处理。")
def retroaction_is_settled(d: PaperDraft) -> Iterator[Hit]:
    text = d.text("amendment.retroactive_settlement")
    if d.flag("amendment.retroactive") and 0 < len(text) < 15:
        yield Hit(Severity.ERROR, "追溯期间的结算处理过于简略，无法据以计算。", d.place("amendment.retroactive_settlement"))


@paper_rule("C1-05", "对照表不能得到新文本", ONLY, ("CC:544",), "刷新后重新生成；仍有此提示的，请联系管理员。")
def the_table_yields_the_new_text(d: PaperDraft) -> Iterator[Hit]:
    """The operations, applied to the text in force, give exactly the text that was edited (brief C1, 校验)."""
    if d.amendment is None:
        return
    made = d.amendment.redraft
    if canonical_text(apply(made.before, made.operations).instrument) != canonical_text(made.after.instrument):
        yield Hit(Severity.ERROR, "各项变更应用到现行文本后，得不到拟改后的全文。")
    stated = len(d.rows("amendment.comparison_table"))
    if made.operations and not stated:
        yield Hit(Severity.ERROR, "变更对照表是空的。", d.place("amendment.comparison_table"))


@paper_rule("C1-06", "变更后的文本有新的校对意见", ONLY, ("CC:143", "CC:543"), "按该项校对意见修改拟改文本。")
def the_new_text_passes_every_rule(d: PaperDraft) -> Iterator[Hit]:
    """All R rules over the text as it will stand; what they said of the old text already is not said again."""
    for finding in d.amendment.new_findings if d.amendment else ():
        yield Hit(finding.severity, f"变更后 {finding.rule}：{finding.message}", finding.place, fix=finding.fix)


@paper_rule(
    "C1-07", "改变争议解决方式而未废止原约定", ONLY, ("ARB:27", "ARBI:7", "CC:507"), "在补充协议中写明原争议解决约定全部废止。"
)
def the_old_dispute_clause_is_repealed(d: PaperDraft) -> Iterator[Hit]:
    if not d.flag("amendment.touches_dispute"):
        return
    if d.instrument.provision("amendment.misc.dispute_changed") is None:
        yield Hit(Severity.ERROR, "本补充协议改变争议解决方式，但没有废止原约定，可能形成或裁或审。")


@paper_rule("C1-08", "与已签署的补充协议冲突", ONLY, ("CC:543", "CC:544"), "以最新文本为基础重新拟定，逐处确认。")
def signed_amendments_do_not_meet_it(d: PaperDraft) -> Iterator[Hit]:
    if d.amendment is None:
        return
    for conflict in d.amendment.conflicts:
        yield Hit(Severity.ERROR, conflict.sentence, Place(conflict.place, conflict.number))
    for open_day in d.amendment.unsettled:
        yield Hit(Severity.ERROR, f"{open_day.sentence}请把起算日改到该日或者之后，或者分别约定。", Place("", open_day.number))


@paper_rule("C1-09", "正文中的数字脱离变量", ONLY, ("CC:510",), "改为修改该变量，使正文、附件和提醒一致。")
def figures_stay_with_their_variables(d: PaperDraft) -> Iterator[Hit]:
    for loose in d.amendment.redraft.loosened if d.amendment else ():
        message = f"{loose.number}中的“{loose.label}”被直接改写，附件、其他条款和提醒不会随之改变。"
        yield Hit(Severity.WARN, message, Place(loose.provision, loose.number, loose.variable))


@paper_rule("C1-10", "有不能由系统确定的连带变化", ONLY, ("CC:544",), "打开该条款，直接写出变更后的文字。")
def nothing_is_left_in_doubt(d: PaperDraft) -> Iterator[Hit]:
    for doubt in d.amendment.redraft.doubts if d.amendment else ():
        yield Hit(Severity.WARN, doubt.message, Place(doubt.place, doubt.number))


@paper_rule("C1-11", "修订没有着落", ONLY, ("CC:544",), "撤回该项修订，或者按现行文本重新修订。")
def every_edit_has_its_place(d: PaperDraft) -> Iterator[Hit]:
    for lost in d.amendment.redraft.misplaced if d.amendment else ():
        variable = lost.edit.variable if isinstance(lost.edit, SetValue) else ""
        yield Hit(Severity.ERROR, lost.message, Place("", "", variable))


@paper_rule("C1-12", "仍有条款引用已删除的条款", ONLY, ("CC:142",), "同时修改引用处。")
def nothing_refers_to_what_is_gone(d: PaperDraft) -> Iterator[Hit]:
    if d.amendment is None:
        return
    after = d.amendment.redraft.after.instrument
    labels = reference_labels(after)
    standing = (
        {p.id for p in after.provisions() if not is_tombstone(p)}
        | {s.id for s in after.sections()}
        | {c.id for c in after.chapters}
    )
    gone = {p.id for p in d.amendment.redraft.before.instrument.provisions() if not is_tombstone(p)} - standing
    for place, span in after.spans():
        if isinstance(span, Reference) and span.target in gone and place in labels:
            message = f"{labels[place][0]}仍然引用{span.text}，而该条款将被删除或者代替。"
            yield Hit(Severity.ERROR, message, Place(place, labels[place][0]))


@paper_rule("C1-13", "连带变化没有写全", ONLY, ("CC:544",), "补全费用、税额、服务级别、附件、个人信息处理和期限的说明。")
def consequences_are_stated(d: PaperDraft) -> Iterator[Hit]:
    told = " ".join(str(r.get("item")) for r in d.rows("amendment.impact_table"))
    missing = [item for item in IMPACTS if item not in told and _known(d, item)]
    missing += [s.annex for s in d.background.standing.instrument.annexes() if s.annex not in told]
    if missing:
        yield Hit(Severity.ERROR, f"没有说明对{'、'.join(missing)}的影响。", d.place("amendment.impact_table"))


@paper_rule("C1-14", "单价变更而合同总价未变", ONLY, ("CC:510", "STAMP:5"), "核对价格行；总价确实不变的，写明理由放行。")
def prices_and_totals_move_together(d: PaperDraft) -> Iterator[Hit]:
    if d.amendment is None:
        return
    old, new = d.amendment.redraft.before.answers, d.amendment.redraft.after.answers
    units = [n for n in ("fees.monthly_fixed", "fees.unit_price_ticket", "fees.unit_price_seat") if old.get(n) != new.get(n)]
    if units and old.get("fees.total_incl_tax") == new.get("fees.total_incl_tax"):
        yield Hit(Severity.WARN, "单价已经变更，合同总价（价格行）没有随之变更。", Place("", "", units[0]))


@paper_rule("C1-15", "已续展的期限不以补充协议改变", ONLY, ("CC:160", "CC:543"), "以续约协议约定下一期，或者以终止协议提前结束。")
def a_renewed_term_is_left_alone(d: PaperDraft) -> Iterator[Hit]:
    """The text has the first term; later ones hang on it, and none of their dates may move behind their back."""
    if d.amendment is not None and d.amendment.renewed and _moves_the_term(d.amendment):
        yield Hit(Severity.ERROR, "合同已经续展，不能再以补充协议改变首期的起止日。", Place("", "", "term.end_date"))


def _moves_the_term(facts: AmendmentFacts | None) -> bool:
    if facts is None:
        return False
    return facts.redraft.before.answers.get("term.end_date") != facts.redraft.after.answers.get("term.end_date")


def _known(d: PaperDraft, item: str) -> bool:
    names = {
        "合同总价（不含税）": "fees.total_excl_tax",
        "税额": "fees.total_tax",
        "服务响应时限": "sla.response_hours",
        "合同期限": "term.end_date",
    }
    return item not in names or d.background.value(names[item]) is not None


def _new_words(facts: AmendmentFacts | None) -> Iterator[tuple[str, str]]:
    """What the operations write that did not stand before, with the number of its place."""
    if facts is None:
        return
    before = canonical_text(facts.redraft.before.instrument)
    labels = reference_labels(facts.redraft.after.instrument)
    for operation in facts.redraft.operations:
        for place, text in _written(operation):
            for sentence in text.replace("\n", "。").split("。"):
                if sentence and sentence not in before:
                    yield labels.get(place, (place, ""))[0], sentence


def _written(operation: Operation) -> Iterator[tuple[str, str]]:
    match operation:
        case Reword(provision=place, title=title, content=content):
            yield place, f"{title}。{plain(content)}"
        case Substitute(by=provision) | Insert(provision=provision):
            yield from ((p.id, f"{p.title}。{p.text}") for p in provision.walk())
        case SetLine(place=place, content=content):
            yield place, plain(content)
        case SetRow(table=table, cells=cells):
            yield from ((table, cell) for cell in cells)
        case AddRow(table=table, row=row):
            yield from ((table, cell) for cell in row.cells)


RULES = (
    something_changes, new_words_are_definite, effective_day_is_sound, retroaction_is_settled, the_table_yields_the_new_text,
    the_new_text_passes_every_rule, the_old_dispute_clause_is_repealed, signed_amendments_do_not_meet_it,
    figures_stay_with_their_variables, nothing_is_left_in_doubt, every_edit_has_its_place, nothing_refers_to_what_is_gone,
    consequences_are_stated, prices_and_totals_move_together, a_renewed_term_is_left_alone,
)  # fmt: skip
