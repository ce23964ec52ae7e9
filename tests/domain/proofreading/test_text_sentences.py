"""The test sentences of the text rules (legal rules §5): what must be hit and what must not."""

import pytest

from tests.domain.proofreading.drafts import draft, found

SENTENCES = [
    ("R-07", "10.1", "可提交北仲仲裁，也可向法院起诉", "提交中国国际经济贸易仲裁委员会仲裁"),
    ("R-10", "8.2", "甲方收到平台回款后10日内付款；按业主付款进度支付；实行背靠背付款",
     "自确认结算金额之日起30日内付款；乙方收到款项后5日内开票"),
    ("R-16", "12.3", "双方放弃援引情势变更；乙方不得请求调整违约金", "双方不得放弃情势变更的权利；发生重大变化的，30日内重新协商"),
    ("R-17", "12.3", "任何情况下均不承担任何责任", "乙方承担赔偿责任"),
    ("R-18", "12.3", "乙方有权继续保留用户数据用于分析", "乙方不得保留用户数据"),
    ("R-20", "12.3", "乙方可自行决定处理目的；乙方享有用户数据", "乙方不享有用户数据；乙方不得自行决定处理目的"),
    ("R-34", "12.3", "甲方对乙方人员实行考勤打卡并核发奖金；甲方负责排班并管理乙方人员",
     "甲方不对乙方人员考勤；本合同不构成劳务派遣"),
    ("R-39", "12.3", "最终解释权归甲方所有；甲方有权单方调整价格", "争议按第10.1条处理"),
    ("R-45", "12.3", "微信群聊内容视为对本合同的变更", "会议纪要、群聊记录不构成对本合同的变更"),
    ("R-48", "11.3", "任何一方可随时解除且不承担责任", "双方均不享有随时解除权"),
]  # fmt: skip
DRAFTED_BY_A = {"contract.drafted_by": "party_a", "sign.format_clause_notice": True}


def _values(rule: str) -> dict[str, object]:
    return DRAFTED_BY_A if rule == "R-39" else {}


HITS = [(r, s, part) for r, s, hit, _ in SENTENCES for part in hit.split("；")]
MISSES = [(r, s, part) for r, s, _, miss in SENTENCES for part in miss.split("；")]


@pytest.mark.parametrize(("rule", "section", "sentence"), HITS)
def test_the_sentence_is_hit(rule: str, section: str, sentence: str):
    findings = found(rule, draft(_values(rule), {section: (f"{sentence}。",)}))
    assert findings
    assert any(f.place.excerpt for f in findings) or rule == "R-07"


@pytest.mark.parametrize(("rule", "section", "sentence"), MISSES)
def test_the_sentence_is_not_hit(rule: str, section: str, sentence: str):
    assert found(rule, draft(_values(rule), {section: (f"{sentence}。",)})) == ()
