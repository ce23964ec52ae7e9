"""A hand-built contract that shows every feature a renderer must print. No clause library is needed for it.

``sample()`` is the full instrument of fourteen chapters, ``small()`` one of four chapters, ``meta_of()`` its metadata and
``with_rows()`` the full one with a service list of many rows. Numbers are computed here from the place in the tree with
the domain's own numbering functions; the tests hold what the finished files say against them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.domain.digest import digest
from app.domain.documents import DocumentMeta
from app.domain.numbering import annex_label, chapter_number, child_number, reference_text
from app.domain.tree import (
    Blank,
    Box,
    BoxKind,
    Chapter,
    FilledValue,
    FormRow,
    Instrument,
    Level,
    PartyBlock,
    Position,
    Provision,
    Reference,
    Section,
    Span,
    Table,
    TableColumn,
    TableRow,
    TermUse,
    Text,
)
from app.domain.variables import FillStage

RARE = "喆堃镕䶮𬱖"
"""Characters of real personal names: common CJK, Extension A (䶮) and Extension E (𬱖, outside the BMP)."""

TITLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("总则", ("定义与解释", "合同双方的权益与义务", "合同的有效性与适用范围")),
    ("服务内容与范围", ("服务内容概述", "服务范围详细描述", "服务时间与响应时间")),
    ("服务团队与人员配置", ("服务团队的组成", "人员配置与职责划分", "服务人员的培训与考核")),
    ("服务流程与沟通机制", ("服务流程概述", "沟通机制与信息反馈", "问题处理与争议解决")),
    ("服务质量与绩效评估", ("服务质量标准", "绩效评估体系", "服务改进与优化")),
    ("技术支持与维护", ("技术支持内容", "系统维护与升级", "故障处理与应急方案")),
    ("信息安全与保密", ("信息安全措施", "数据保护与隐私权", "保密义务与信息泄露的处理")),
    ("费用与支付条款", ("服务费用构成", "费用支付方式与时间", "费用调整与结算")),
    ("违约责任与赔偿", ("违约行为的界定", "违约责任与赔偿方式", "合同解除与终止")),
    ("争议解决与法律适用", ("争议解决方式", "法律适用与管辖", "合同修改与补充")),
    ("合同的生效、变更与终止", ("合同的生效条件", "合同的变更程序", "合同的终止与续约")),
    ("其他条款", ("知识产权保护", "通知与送达", "双方约定的其他事项")),
    ("附件", ("服务项目详细列表", "技术参数与性能指标", "相关法律法规与行业标准")),
    ("签署页", ("甲方(委托方)签署页", "乙方(受托方)签署页", "双方授权代表签署页")),
)


@dataclass(frozen=True, slots=True)
class _Ref:
    """A reference not resolved yet."""

    target: str


_Content = Sequence[Span | _Ref]


@dataclass(frozen=True, slots=True)
class _Draft:
    id: str
    title: str
    content: tuple[Span | _Ref, ...]
    children: tuple[_Draft, ...] = ()
    items: bool = False
    table: Table | None = None
    prominent: bool = False
    position: Position = Position.STANDARD


def _p(id: str, title: str, *content: Span | _Ref | str, children: Sequence[_Draft] = (), items: bool = False,
       table: Table | None = None, prominent: bool = False) -> _Draft:  # fmt: skip
    spans = tuple(Text(c) if isinstance(c, str) else c for c in content)
    return _Draft(id, title, spans, tuple(children), items, table, prominent)


def _value(text: str, variable: str = "x.y") -> FilledValue:
    return FilledValue(text, variable)


def service_table(count: int) -> Table:
    """The service list of annex 1 with ``count`` rows and a total."""
    columns = (
        TableColumn("no", "序号", 6, True),
        TableColumn("name", "服务项目", 20),
        TableColumn("scope", "服务内容与交付物", 34),
        TableColumn("unit", "计量单位", 10),
        TableColumn("price", "不含税单价（元）", 15, True),
        TableColumn("tax", "税率", 8, True),
    )
    names = ("电话与在线客服", "远程技术支持", "上门服务", "缺陷修复", "系统巡检", "知识库维护", "用户培训", "数据备份核验")
    rows = [
        TableRow(
            f"S{i:04d}",
            (
                str(i),
                f"{names[(i - 1) % len(names)]}（{i}）",
                f"受理、分级、处理并回访；形成工单记录，交付月度报告第{i}份。",
                "人·月",
                f"{1200 + i * 37.5:,.2f}",
                "6%",
            ),
        )
        for i in range(1, count + 1)
    ]
    rows.append(TableRow("total", ("", "合计", "—", "—", f"{sum(1200 + i * 37.5 for i in range(1, count + 1)):,.2f}", "—"), True))
    return Table("annex.services", "服务项目清单", columns, tuple(rows))


def _metrics() -> Table:
    columns = (TableColumn("k", "指标", 30), TableColumn("v", "目标值", 20, True), TableColumn("m", "计算方法", 50))
    rows = (
        TableRow("r1", ("首次响应时限", "2小时", "自工单受理时起算；≥95%的工单在时限内首次响应")),
        TableRow("r2", ("月度可用率", "99.90%", "（1－不可用分钟数÷当月总分钟数）×100%")),
        TableRow("r3", ("一次解决率", "≥ 85%", "a<b && c>d \"引号\" '撇号' 与全角ＡＢＣ１２３")),
    )
    return Table("sla.metrics", "", columns, rows)


def _definitions() -> tuple[_Draft, ...]:
    return (
        _p("defs.meaning", "定义", "除本合同另有定义外，下列词语具有以下含义：", items=True, children=(
            _p("defs.meaning.a", "", "“", TermUse("服务"), "”是指乙方按照", _Ref("fees.payment.term"), "和", _Ref("s.13.1"),
               "向终端用户提供的售后服务。"),
            _p("defs.meaning.b", "", "“", TermUse("工作日"), "”是指国务院规定的法定工作日，含调休工作日。"),
            _p("defs.meaning.c", "", "“", TermUse("终端用户"), "”是指使用甲方互联网产品的自然人、法人和非法人组织。"),
        )),
        _p("defs.reading", "解释", "本合同的标题仅为方便阅读，不影响条款的解释。", children=(
            _p("defs.reading.days", "", "期间以日计算的，开始的当日不计入，自下一日开始计算；参见",
               _Ref("defs.meaning.b"), "。"),
            _p("defs.reading.order", "", "合同文件发生冲突的，按照下列顺序解释：", items=True, children=(
                _p("defs.reading.order.a", "", "补充协议；"),
                _p("defs.reading.order.b", "", "本合同正文，包括", _Ref("ch.8"), "；"),
                _p("defs.reading.order.c", "", "附件，即", _Ref("s.13.1"), "、", _Ref("s.13.2"), "和", _Ref("s.13.3"), "。"),
            )),
        )),
    )  # fmt: skip


def _fees() -> tuple[_Draft, ...]:
    return (
        _p("fees.payment.term", "付款期", "甲方应当在收到乙方开具的合法有效发票后", _value("30个自然日"), "内付款；逾期的，按照",
           _Ref("breach.payment.rate"), "承担违约责任。", prominent=True),
        _p("fees.payment.invoice", "发票", "乙方应当在结算金额确认后", _value("5个工作日"), "内开具增值税专用发票。", children=(
            _p("fees.payment.invoice.red", "", "发票有误的，乙方应当在收到通知后", _value("3个工作日"), "内更换，付款期自更换后的发票送达之日起重新计算。"),
            _p("fees.payment.invoice.late", "", "有下列情形之一的，甲方有权暂缓付款：", items=True, children=(
                _p("fees.payment.invoice.late.a", "", "发票记载事项与", _Ref("fees.payment.account"), "不一致；"),
                _p("fees.payment.invoice.late.b", "", "服务成果不得视为已经验收的其他情形，见", _Ref("fees.payment.invoice.red"), "。"),
            )),
        )),
        _p("fees.payment.account", "收款账户", "乙方的收款账户为：开户行", _value("招商银行股份有限公司北京分行"), "，户名",
           _value(f"北京{RARE}科技有限公司"), "，账号", Blank("fees.account", "账号", FillStage.FREEZE), "。"),
        _p("fees.payment.amount", "", "合同暂定总价为", _value("人民币1,407,600.00元（大写：人民币壹佰肆拾万柒仟陆佰元整）"),
           "，其中税额", _value("79,675.47元"), "。", table=_metrics()),
    )  # fmt: skip


def _breach() -> tuple[_Draft, ...]:
    return (
        _p("breach.payment.rate", "逾期付款", "每逾期一日，应当按照未付金额的", _value("0.05%"), "支付违约金；约定见",
           _Ref("fees.payment.term"), "及", _Ref("defs.reading.order.b"), "。", prominent=True),
        _p("breach.cap", "", "任何一方的赔偿总额不超过合同总价的", _value("30%"), "，但因故意或者重大过失造成对方财产损失的，不得限制赔偿责任。"),
    )  # fmt: skip


def _ordinary(section: str, seed: int) -> tuple[_Draft, ...]:
    key = f"c{section.replace('.', '_')}"
    drafts = [
        _p(f"{key}.duty", "一般义务", f"乙方应当按照第{seed % 3 + 1}类服务等级在", _value(f"{seed % 7 + 2}个工作日"),
           "内完成甲方提出的服务请求，并在工单系统中记录受理时间、处理过程和处理结果；未按时完成的，适用", _Ref("breach.cap"), "。"),
        _p(f"{key}.report", "报告", "乙方应当每月向甲方提交书面报告，报告包括：", items=True, children=(
            _p(f"{key}.report.a", "", "当月工单的数量、分级和处理时长；"),
            _p(f"{key}.report.b", "", "未达标事项的原因、整改措施和完成日期。"),
        )),
    ]  # fmt: skip
    if seed % 2:
        drafts.append(
            _p(f"{key}.review", "复核", "甲方收到报告后应当复核。", children=(
                _p(f"{key}.review.time", "", "甲方应当在收到报告后", _value("10个工作日"), "内书面提出异议；逾期未提出的，视为认可，但",
                   _Ref(f"{key}.report"), "所列数据存在虚假的除外。"),
                _p(f"{key}.review.dispute", "", "双方对报告有争议的，以工单系统的记录为准。"),
            ))
        )  # fmt: skip
    return tuple(drafts)


def _annexes(rows: int) -> dict[str, tuple[_Draft, ...]]:
    return {
        "13.1": (_p("annex.services.intro", "", "乙方按照下表提供服务，单价不含增值税：", table=service_table(rows)),),
        "13.2": (_p("annex.metrics.intro", "", "服务质量指标及计算方法如下：", table=replace(_metrics(), id="annex.metrics", caption="技术参数与性能指标")),),
        "13.3": (_p("annex.laws.intro", "", "本合同引用的法律法规以其届时有效的版本为准：", items=True, children=(
            _p("annex.laws.cc", "", "《中华人民共和国民法典》（2021年1月1日起施行）；"),
            _p("annex.laws.dsl", "", "《中华人民共和国数据安全法》（2021年9月1日起施行）。"),
        )),),
    }  # fmt: skip


def _sign(side: str, label: str) -> tuple[FormRow, ...]:
    company = "华北某某互联网科技股份有限公司" if side == "a" else f"北京{RARE}科技有限公司"
    return (
        FormRow(f"sign.{side}.name", "单位名称", (_value(company),)),
        FormRow(f"sign.{side}.uscc", "统一社会信用代码", (_value("91110108MA01ABCD2X"),)),
        FormRow(f"sign.{side}.rep", "授权代表", (_value("张喆" if side == "a" else "李䶮"),)),
        FormRow(
            f"sign.{side}.signature", f"{label}授权代表签字", (Box(f"sign.party_{side}_signature", BoxKind.SIGNATURE, 60, 20),)
        ),
        FormRow(f"sign.{side}.seal", "盖章", (Box(f"sign.party_{side}_seal", BoxKind.SEAL, 45, 45),)),
        FormRow(f"sign.{side}.date", "签署日期", (Box(f"sign.party_{side}_date", BoxKind.DATE, 50, 9),)),
        FormRow(f"sign.{side}.place", "签署地点", (Blank(f"sign.party_{side}_place", "签署地点", FillStage.FREEZE),)),
        FormRow(
            f"sign.{side}.bank", "收款账户确认", (Text("已确认账户信息 "), Box(f"sign.party_{side}_bank", BoxKind.CHECK, 5, 5))
        ),
    )


def _forms() -> dict[str, tuple[FormRow, ...]]:
    return {
        "14.1": _sign("a", "甲方"),
        "14.2": _sign("b", "乙方"),
        "14.3": (
            FormRow("sign.both.a", "甲方授权代表", (_value("张喆（总经理）"),)),
            FormRow("sign.both.a_sig", "签字", (Box("sign.both_a_signature", BoxKind.SIGNATURE, 60, 15),)),
            FormRow("sign.both.b", "乙方授权代表", (_value("李䶮（副总经理）"),)),
            FormRow("sign.both.b_sig", "签字", (Box("sign.both_b_signature", BoxKind.SIGNATURE, 60, 15),)),
            FormRow("sign.both.code", "电子验证码", (Box("sign.both_code", BoxKind.TEXT, 80, 9),)),
        ),
    }


def _number(drafts: Sequence[_Draft], parent: str, level: Level, owner: tuple[str, Level] | None,
            labels: dict[str, tuple[str, str]]) -> list[tuple[_Draft, str, Level, list[object]]]:  # fmt: skip
    result: list[tuple[_Draft, str, Level, list[object]]] = []
    for index, draft in enumerate(drafts, 1):
        number = child_number(parent, level, index)
        labels[draft.id] = (reference_text(level, number, owner[0] if owner else "", owner[1] if owner else None), number)
        below = Level.ITEM if draft.items else Level.PARAGRAPH
        children = _number(draft.children, number, below, (number, level), labels)
        result.append((draft, number, level, list(children)))
    return result


def _resolve(content: _Content, labels: dict[str, tuple[str, str]]) -> tuple[Span, ...]:
    return tuple(Reference(s.target, *labels[s.target]) if isinstance(s, _Ref) else s for s in content)


def _build(numbered: tuple[_Draft, str, Level, list[object]], labels: dict[str, tuple[str, str]]) -> Provision:
    draft, number, level, children = numbered
    return Provision(
        id=draft.id, level=level, number=number, title=draft.title, content=_resolve(draft.content, labels),
        children=tuple(_build(c, labels) for c in children),  # type: ignore[arg-type]
        table=draft.table, prominent=draft.prominent, position=draft.position,
    )  # fmt: skip


def _instrument(chapters: Sequence[tuple[int, str, Sequence[tuple[str, str, tuple[_Draft, ...]]]]],
                forms: dict[str, tuple[FormRow, ...]]) -> Instrument:  # fmt: skip
    labels: dict[str, tuple[str, str]] = {}
    numbered: dict[str, list[tuple[_Draft, str, Level, list[object]]]] = {}
    annexes = [n for _, _, sections in chapters for n, _, _ in sections if n.startswith("13.")]
    for index, _title, sections in chapters:
        labels[f"ch.{index}"] = (chapter_number(index), chapter_number(index))
        for number, _section_title, drafts in sections:
            annex = annex_label(annexes.index(number) + 1) if number in annexes else ""
            labels[f"s.{number}"] = (annex, annex) if annex else (f"第{number}节", number)
            numbered[number] = _number(drafts, number, Level.ARTICLE, None, labels)
    built = tuple(
        Chapter(
            index,
            chapter_number(index),
            title,
            tuple(
                Section(
                    number,
                    section_title,
                    tuple(_build(n, labels) for n in numbered[number]),
                    forms.get(number, ()),
                    annex_label(annexes.index(number) + 1) if number in annexes else "",
                )
                for number, section_title, _ in sections
            ),
        )
        for index, title, sections in chapters
    )
    party_a, party_b = "华北某某互联网科技股份有限公司", f"北京{RARE}科技有限公司"
    return Instrument(
        form="after_sales_outsourcing",
        title="互联网产品售后服务外包合同",
        number="HT-2026-0001",
        version="1.0",
        library_version="2026.11",
        language="zh",
        cover=(
            FormRow("cover.number", "合同编号", (_value("HT-2026-0001"),)),
            FormRow("cover.a", "甲方（委托方）", (_value(party_a),)),
            FormRow("cover.b", "乙方（受托方）", (_value(party_b),)),
            FormRow("cover.date", "签订日期", (Blank("contract.date", "签订日期", FillStage.SIGNING),)),
            FormRow("cover.place", "签订地点", (_value("北京市海淀区"),)),
        ),
        parties=(
            PartyBlock("party.a", "甲方（委托方）", (
                FormRow("party.a.name", "名称", (_value(party_a),)),
                FormRow("party.a.uscc", "统一社会信用代码", (_value("91110108MA01ABCD2X"),)),
                FormRow("party.a.address", "住所", (_value("北京市海淀区中关村大街１号Ａ座（Café Zürich 楼）"),)),
                FormRow("party.a.legal", "法定代表人", (_value("王堃"),)),
            )),
            PartyBlock("party.b", "乙方（受托方）", (
                FormRow("party.b.name", "名称", (_value(party_b),)),
                FormRow("party.b.uscc", "统一社会信用代码", (_value("91110105MA02WXYZ3T"),)),
                FormRow("party.b.address", "住所", (_value("北京市朝阳区望京东路8号"),)),
                FormRow("party.b.legal", "法定代表人", (_value("赵镕"),)),
            )),
        ),
        preamble=(
            Text("甲方委托乙方提供互联网产品售后服务。双方根据《中华人民共和国民法典》，在平等、自愿的基础上协商一致，订立本合同，以资共同遵守；合同期限自"),
            _value("2027年1月1日"), Text("起至"), _value("2027年12月31日"), Text("止。"),
        ),
        chapters=built,
    )  # fmt: skip


def sample(rows: int = 8) -> Instrument:
    """The full contract: fourteen chapters, 42 sections; ``rows`` rows in the service list."""
    special = {"1.1": _definitions(), "8.2": _fees(), "9.2": _breach(), **_annexes(rows)}
    forms = _forms()
    chapters = []
    for index, (title, names) in enumerate(TITLES, 1):
        sections = []
        for position, name in enumerate(names, 1):
            number = f"{index}.{position}"
            if index == 14:
                drafts: tuple[_Draft, ...] = ()
                if position == 2:
                    drafts = (
                        _p(
                            "sign.b.rule",
                            "乙方的签署",
                            "乙方的签署适用",
                            _Ref("s.11.1"),
                            "和",
                            _Ref("fees.payment.account"),
                            "。",
                        ),
                    )
                if position == 3:
                    drafts = (
                        _p(
                            "sign.both.intro",
                            "",
                            "双方授权代表确认已经阅读本合同全文及附件，并知悉",
                            _Ref("fees.payment.term"),
                            "等重要条款。",
                        ),
                    )
            else:
                drafts = special.get(number) or _ordinary(number, index * 3 + position)
            sections.append((number, name, drafts))
        chapters.append((index, title, sections))
    return _instrument(chapters, forms)


def with_rows(count: int) -> Instrument:
    """The full contract with ``count`` rows in annex 1."""
    return sample(count)


def small() -> Instrument:
    """Four short chapters whose numbers have gaps (1, 8, 9, 13; 8.2 is the first section of its chapter)."""
    annexes = _annexes(3)
    chapters = (
        (1, "总则", (("1.1", "定义与解释", _definitions()),)),
        (8, "费用与支付条款", (("8.2", "费用支付方式与时间", _fees()),)),
        (9, "违约责任与赔偿", (("9.2", "违约责任与赔偿方式", _breach()),)),
        (13, "附件", tuple((f"13.{i}", t, annexes[f"13.{i}"]) for i, t in enumerate(TITLES[12][1], 1))),
    )
    return _instrument(chapters, {})


def signature_page() -> Instrument:
    """One party's signature page, and nothing before it but the cover."""
    return _instrument(((14, "签署页", (("14.1", "甲方签署页", ()),)),), {"14.1": _sign("a", "甲方")})


CREATED = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)


def meta_of(instrument: Instrument, *, final: bool = False) -> DocumentMeta:
    """Metadata with the instrument's real digest and a fixed time."""
    return DocumentMeta(
        document_id="0d9cf0a2-7c1e-4e0e-9f61-3f1f1f5a2b11",
        title=instrument.title,
        number=instrument.number,
        version=instrument.version,
        digest=digest(instrument),
        created=CREATED,
        final=final,
        author="成约",
        verification=f"https://contracts.example.com/verify/{digest(instrument)}" if final else "",
    )
