"""The Chinese diff: what a person reads in a redline, and that its hunks are exactly both texts."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.textual_change import (
    Hunk,
    HunkKind,
    Nature,
    compare_texts,
    fold_width,
    new_text,
    old_text,
)
from app.rendering.textdiff import ChineseDiff, atoms

DIFF = ChineseDiff()
NUMBER = re.compile(r"[0-9０-９][0-9０-９,.]*%?|[零一二三四五六七八九十百]{2,}|[壹贰叁肆伍陆柒捌玖拾佰仟]{2,}")

PAIRS = {
    "payment term and percentage": (
        "甲方应在验收合格之日起二十日内，支付服务费总额的25%（即人民币250,000.00元）。",
        "甲方应在验收合格之日起十个工作日内，支付服务费总额的35%（即人民币350,000.00元）。",
    ),
    "liquidated damages rewritten": (
        "乙方迟延响应的，每迟延一小时，按当月服务费的万分之三支付违约金；迟延超过四十八小时的，甲方有权终止服务，并追究全部责任。",
        "乙方未在约定时限内响应的，每超出一小时，按该工单服务费的千分之二支付违约金，但不超过当月服务费的百分之五；超出七十二小时的，甲方有权书面通知终止服务。",
    ),
    "dispute resolution": (
        "双方因履行本合同发生争议的，应先行协商；协商不成的，任何一方可以向乙方住所地人民法院起诉。",
        "双方因履行本合同发生争议的，应协商解决；协商不成的，任何一方应将争议提交北京仲裁委员会，按照其现行仲裁规则仲裁。裁决是终局的。",
    ),
    "small changes of a confidentiality clause": (
        "乙方对用户信息应予保密，未经甲方事先书面许可，不得提供给第三方。保密期限为本合同终止后两年。",
        "乙方对用户信息应当予以保密，未经甲方书面许可，不得提供给第三方（监管机关依法要求的除外）。保密期限为本合同终止后五年。",
    ),
    "party, capitals and punctuation": (
        "合同总价为人民币（大写）捌拾万元整（¥800,000.00），含税，税率为6%，由甲方上海样例科技有限公司支付。",
        "合同总价为人民币（大写）玖拾伍万元整（￥950,000.00），不含税，税率6%，由甲方广州样例科技（集团）有限公司支付。",
    ),
}  # fmt: skip


def _marked(hunks: tuple[Hunk, ...]) -> str:
    marks = {HunkKind.EQUAL: "{}", HunkKind.DELETE: "[-{}]", HunkKind.INSERT: "[+{}]"}
    return "".join(marks[h.kind].format(h.text) for h in hunks)


def _cut_numbers(text: str, hunks: tuple[Hunk, ...], gone: HunkKind) -> list[str]:
    """Numbers of one side that a boundary between kept and changed text falls into."""
    edges, place = set(), 0
    for hunk in hunks:
        if hunk.kind is not gone:
            place += len(hunk.text)
            edges.add(place)
    return [m.group() for m in NUMBER.finditer(text) if any(m.start() < e < m.end() for e in edges)]


def _islands(hunks: tuple[Hunk, ...]) -> list[str]:
    return [h.text for h in hunks[1:-1] if h.kind is HunkKind.EQUAL and len(h.text) < 2]


def _faithful(old: str, new: str) -> tuple[Hunk, ...]:
    hunks = DIFF.diff(old, new)
    assert old_text(hunks) == old
    assert new_text(hunks) == new
    return hunks


@pytest.mark.parametrize("name", PAIRS)
def test_a_real_change_is_marked_without_cut_numbers_and_without_islands(name: str) -> None:
    old, new = PAIRS[name]
    hunks = _faithful(old, new)
    assert _islands(hunks) == []
    assert _cut_numbers(old, hunks, HunkKind.INSERT) == []
    assert _cut_numbers(new, hunks, HunkKind.DELETE) == []


def test_the_five_pairs_need_few_marks() -> None:
    """A limit that keeps the marks readable: a character diff of these pairs has about half as many hunks again."""
    changed = [sum(h.kind is not HunkKind.EQUAL for h in DIFF.diff(*pair)) for pair in PAIRS.values()]
    assert sum(changed) <= 45


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("支付总价的30%作为预付款", "支付总价的40%作为预付款", "支付总价的[-30%][+40%]作为预付款"),
        ("共计1,200,000.00元", "共计1,350,000.00元", "共计[-1,200,000.00][+1,350,000.00]元"),
        ("按照第8.2.3条执行", "按照第8.2.4条执行", "按照第[-8.2.3][+8.2.4]条执行"),
        ("三十日内付款", "十五日内付款", "[-三十][+十五]日内付款"),
        ("按万分之五计算", "按千分之五计算", "按[-万分之五][+千分之五]计算"),
        ("壹佰万元整", "贰佰万元整", "[-壹佰万元整][+贰佰万元整]"),
        ("投资120万元", "投资120亿元", "投资[-120万][+120亿]元"),
        ("温度为-5度", "温度为5度", "温度为[-5][+5]度".replace("[-5]", "[--5]")),
        ("2027年1月1日起", "2027年11月1日起", "2027年[-1][+11]月1日起"),
        ("账号6222 0210", "账号6222 0310", "账号6222 [-0210][+0310]"),
        ("甲方应付款。", "甲方应付款。乙方应开票。", "甲方应付款。[+乙方应开票。]"),
        ("一、甲方；二、乙方；", "一、甲方；二、丙方；三、乙方；", "一、甲方；二、[+丙方；三、]乙方；"),
    ],
)
def test_marks_read_as_a_person_would_set_them(old: str, new: str, marked: str) -> None:
    assert _marked(_faithful(old, new)) == marked


def test_a_rare_name_with_a_variant_selector_is_not_torn() -> None:
    old, new = "经办人葛\U000e0100某", "经办人葛\U000e0101某"
    assert "葛\U000e0100" in atoms(old)
    assert _marked(_faithful(old, new)) == "经办人[-葛\U000e0100][+葛\U000e0101]某"


def test_a_change_of_width_alone_is_named_so() -> None:
    nature, hunks = compare_texts(DIFF, "（¥100）共计", "(￥100)共计")
    assert nature is Nature.WIDTH
    assert old_text(hunks) == "（¥100）共计"
    assert fold_width("ＡＢ１２，；") == "AB12,;"


def test_a_text_with_little_in_common_is_replaced_as_a_whole() -> None:
    old, new = "乙方应当提供电话客服。", "本合同自双方签字之日起生效，一式四份。"
    assert compare_texts(DIFF, old, new) == (
        Nature.REWRITTEN,
        (Hunk(HunkKind.DELETE, old), Hunk(HunkKind.INSERT, new)),
    )


def test_an_equal_text_is_one_hunk_and_an_empty_one_none() -> None:
    assert compare_texts(DIFF, "甲方", "甲方") == (Nature.NONE, (Hunk(HunkKind.EQUAL, "甲方"),))
    assert compare_texts(DIFF, "", "") == (Nature.NONE, ())


def test_a_number_change_that_only_follows_a_renumbering_is_named_so() -> None:
    nature, _ = compare_texts(DIFF, "按照第8.2.3条", "按照第8.2.4条", "按照{fees}", "按照{fees}")
    assert nature is Nature.REFERENCE


def test_twenty_thousand_characters_take_well_under_a_second() -> None:
    base = "".join(old for old, _ in PAIRS.values())
    old = (base * (20_000 // len(base) + 1))[:20_000]
    new = old.replace("甲方", "委托方").replace("25%", "30%")
    started = time.perf_counter()
    _faithful(old, new)
    assert time.perf_counter() - started < 2


# The alphabet is small on purpose, so that the texts share stretches; numbers and marks meet in every way.
_WORDS = st.lists(
    st.sampled_from(
        ["甲方", "乙", "应", "当", "三十", "三", "日", "，", "。",
         "30%", "3", "0", "1,200.00", ".", "-", "万", "百分之五", "￥", "A", "b1", "\n", "葛\U000e0100", "壹佰", "元", " "]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(_WORDS, _WORDS)
def test_hunks_are_exactly_both_texts_and_cut_no_atom(old: str, new: str) -> None:
    hunks = _faithful(old, new)
    assert _islands(hunks) == []
    assert all(h.text for h in hunks)
    for text, gone in ((old, HunkKind.INSERT), (new, HunkKind.DELETE)):
        allowed, place = {0}, 0
        for atom in atoms(text):
            place += len(atom)
            allowed.add(place)
        place = 0
        for hunk in hunks:
            if hunk.kind is not gone:
                place += len(hunk.text)
                assert place in allowed


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_are_diffed_faithfully_in_both_directions(old: str, new: str) -> None:
    _faithful(old, new)
    _faithful(new, old)
    assert "".join(atoms(old)) == old


@given(_WORDS)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert all(h.kind is HunkKind.EQUAL for h in DIFF.diff(text, text))
