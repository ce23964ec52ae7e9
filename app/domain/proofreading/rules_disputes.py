"""Rules over disputes: arbitration or litigation, the institution, the court; exclusion of statutory remedies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.domain.proofreading.facts import Draft
from app.domain.proofreading.finding import FROM_REVIEW, Hit, Severity, rule

# Names under which one institution is known; two of one row are not two institutions.
SAME_INSTITUTION = (
    ("北京仲裁委员会", "北京国际仲裁院"),
    ("上海国际经济贸易仲裁委员会", "上海国际仲裁中心"),
    ("深圳国际仲裁院", "深圳仲裁委员会", "华南国际经济贸易仲裁委员会"),
    ("中国国际经济贸易仲裁委员会", "中国国际商会仲裁院"),
)
_INSTITUTION = re.compile(r"[\u4e00-\u9fa5]{2,14}?(?:国际)?(?:经济贸易)?(?:仲裁委员会|仲裁院|国际仲裁中心)")
_LEAD_IN = re.compile(r"^.*?(?:提交|提请|应由|由|向|在|至|或者|或|和|及|选定|约定|约定的|同意)")
_VAGUE = re.compile("当地|所在地(的)?仲裁|有关仲裁(机构|委员会)|相关仲裁|仲裁部门")

_ARBITRATE = re.compile(r"(?:提交|申请|提请|交由|由|通过|进行).{0,40}?仲裁(?!前|保全)")
_NOT_CHOSEN = re.compile(r"不得|不再|不采用|不选择|不约定|不适用|排除|放弃")
_SUE = re.compile(r"(?:向|由|在|通过).{0,40}?(?:起诉|提起诉讼|诉讼(?:方式|解决|管辖)|法院管辖)")
# A court that only serves the arbitration (preservation, setting aside, enforcement, supervision) is no second way.
_SERVES_ARBITRATION = re.compile(r"保全|撤销|执行|司法监督|确认仲裁协议|不予受理|司法确认")


def _routes(text: str, pattern: re.Pattern[str], *, court: bool) -> bool:
    """Whether a sentence of ``text`` opens the way that ``pattern`` describes."""
    for sentence in re.split(r"[。；\n]", text):
        if pattern.search(sentence) and not _NOT_CHOSEN.search(sentence):
            if court and _SERVES_ARBITRATION.search(sentence):
                continue
            return True
    return False


@rule(
    "R-07", "或裁或审", ("ARB:5", "ARB:27", "ARB:29", "ARBI:7"),
    "dispute.mode 二选一，删除另一分支；补充协议、附件、工作说明同步检查。",
)  # fmt: skip
def arbitration_or_court(d: Draft) -> Iterator[Hit]:
    """One final way only: arbitration or litigation."""
    message = "争议条款同时给出仲裁与诉讼两条最终途径（或裁或审），仲裁约定原则上无效，且引发程序争议。"
    found = list(d.search("可.{0,12}仲裁.{0,20}(也可|或者?|亦可).{0,12}(起诉|诉讼|法院)"))
    for hit in found:
        yield Hit(Severity.ERROR, message, hit.place)
    arbitrates = _routes(d.text("10.1"), _ARBITRATE, court=False)
    if not found and arbitrates and _routes(d.text("10.1", "10.2"), _SUE, court=True):
        yield Hit(Severity.ERROR, message, d.section_place("10.1"))


@rule(
    "R-08", "仲裁机构未选定、不唯一或不能确定",
    ("ARB:6", "ARB:27", "ARB:29", "ARBI:3", "ARBI:4", "ARBI:5", "ARBI:6"),
    "填写机构登记全称并经系统机构库校验；仅写地名的，须该地只有一家机构才可确定，仍应改写全称。",
)  # fmt: skip
def one_institution(d: Draft) -> Iterator[Hit]:
    """Arbitration names exactly one institution by its registered name."""
    if d.text_of("dispute.mode") != "arbitration":
        return
    name, tail = d.text_of("dispute.arb_institution"), "；达不成补充协议的，仲裁协议无效。"
    place = d.place("dispute.arb_institution", "10.1")
    if not name:
        yield Hit(Severity.ERROR, f"未选定仲裁机构{tail}", place)
        return
    if _VAGUE.search(name):
        yield Hit(Severity.ERROR, f"“{name}”不是唯一、可确定的仲裁机构{tail}", place)
        return
    if not d.has_section("10.1"):
        return
    text = d.text("10.1")
    found = institutions(text, name)
    if len(found) > 1:
        yield Hit(Severity.ERROR, f"争议条款出现多家仲裁机构（{'、'.join(sorted(found))}）{tail}", d.section_place("10.1"))
    elif not found:
        what = "只约定了仲裁规则而没有写明仲裁机构" if "仲裁规则" in text else f"没有写明仲裁机构“{name}”"
        yield Hit(Severity.ERROR, f"争议条款{what}{tail}", d.section_place("10.1"))


def institutions(text: str, chosen: str) -> frozenset[str]:
    """Different arbitration institutions that ``text`` names, ``chosen`` included where it occurs."""
    found: set[str] = set()
    rest = text
    if chosen and chosen in text:
        found.add(chosen)
        rest = text.replace(chosen, "〇")
    for match in _INSTITUTION.finditer(rest):
        name = _LEAD_IN.sub("", match[0])
        if len(name) > 4 and not re.match(r"该|本|选定|约定|所选|各|仲裁", name):
            found.add(name)
    one = [next((row for row in SAME_INSTITUTION if any(n in name for n in row)), (name,)) for name in sorted(found)]
    return frozenset("/".join(row) if len(row) > 1 else row[0] for row in one)


_ADMIN = re.compile(r"[\u4e00-\u9fa5]{2,8}?(?:自治区|自治州|省|市|区|县|旗|州|盟)")
_CITY_OF_COURT = re.compile(r"^([\u4e00-\u9fa5]{2,8}?)(?:互联网|金融|知识产权|铁路|海事)")


def court_connected(court: str, addresses: list[str]) -> bool:
    """Whether the court's own district (or city, for a court above the district) occurs in one of the addresses."""
    body = re.sub(r"(?:基层|中级|高级|最高)?人民法院.*$", "", court)
    special = _CITY_OF_COURT.match(court)
    if special:
        return any(special[1] in a for a in addresses)
    units: list[str] = _ADMIN.findall(body)
    finest = units[-1] if units else body
    return any(finest in a for a in addresses)


def _connection_points(d: Draft) -> list[str]:
    a, b = d.text_of("party_a.domicile"), d.text_of("party_b.domicile")
    place = d.text_of("law.performance_place")
    named = {"甲方住所地": a, "乙方住所地": b}
    points = [a, b, named.get(place, place), d.text_of("contract.sign_place")]
    return [p for p in points if p]


@rule(
    "R-11", "协议管辖无实际联系或违反级别、专属", ("CPL:34", "CPL:35", "CPLI:29", "CPLI:30", "CPLI:32", "NETC:1", "NETC:2"),
    "选用被告/原告住所地、履行地、签订地、标的物所在地之一；约定两个有联系地点的，原告可择一起诉（不无效，但不利预期）；"
    "“甲方住所地”固化签约时住所。",
)  # fmt: skip
def court_is_connected(d: Draft) -> Iterator[Hit]:
    """The agreed court has a real connection, the right level, can be determined and is no internet court."""
    if d.text_of("dispute.mode") != "litigation":
        return
    court, points = d.text_of("dispute.court_name"), _connection_points(d)
    place = d.place("dispute.court_name", "10.2")
    if court and points and not court_connected(court, points):
        message = f"约定法院“{court}”与争议无实际联系（住所地、履行地、签订地均不在其辖区），管辖约定可能无效。"
        yield Hit(Severity.ERROR, message, place)
    elif "互联网法院" in court:
        yield Hit(Severity.WARN, f"约定“{court}”，须核实争议属于其集中管辖范围（签订与履行均在线完成）。", place)
    if re.search("最高人民法院|高级人民法院", court):
        yield Hit(Severity.WARN, f"约定“{court}”违反级别管辖，管辖约定可能无效。", place)
    for hit in d.search("(有关|当地|相关)的?(人民)?法院", "10.2"):
        yield Hit(Severity.WARN, f"“{hit.match[0]}”不能确定具体法院，管辖约定可能无效。", hit.place)


@rule(
    "R-16", "约定排除情势变更或违约金调整", ("CC:533", "CCI:32", "CC:585", "CCI:64"),
    "删除；改为“重新协商程序 + 证据提交期限”与“违约金系合理预估”的表述。", FROM_REVIEW,
)  # fmt: skip
def statutory_adjustment_stays(d: Draft) -> Iterator[Hit]:
    """Change of circumstances and the adjustment of penalties cannot be contracted away."""
    patterns = (
        "(?<!不得)(?<!不)(放弃|排除|不适用|不得(主张|援引|请求)).{0,12}(情势变更|五百三十三条|533)",
        "(不得|放弃).{0,8}(请求|主张|要求).{0,8}(调整|减少|降低|增加).{0,6}违约金",
    )
    tail = "事先排除情势变更规则的约定无效；仅以“不得调整违约金”为由对抗调整请求的，不被支持。"
    for pattern in patterns:
        for hit in d.search(pattern):
            yield Hit(Severity.ERROR, f"“{hit.match[0]}”：{tail}", hit.place)
