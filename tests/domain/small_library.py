"""A clause library of a few provisions, built by hand, for tests of assembly."""

from __future__ import annotations

from decimal import Decimal

from app.domain.clauses import (
    Approval,
    BoxSource,
    ChapterSource,
    ClauseLibrary,
    ClauseSource,
    DefinedTerm,
    FormRowSource,
    PartyBlockSource,
    SectionSource,
    Topic,
)
from app.domain.tree import BoxKind, Level
from app.domain.variables import Answers, Column, FillStage, Requirement, Value, Variable, VariableSet, VariableType

VARIABLES = VariableSet.of(
    [
        Variable("contract.no", "合同编号", VariableType.TEXT, "0"),
        Variable("party_a.name", "甲方名称", VariableType.PARTY, "0"),
        Variable("pay.days", "付款期", VariableType.INT, "1.1", unit="自然日", default=30),
        Variable("pay.note", "付款备注", VariableType.TEXT, "1.1", required=Requirement.OPTIONAL),
        Variable("sign.date", "签署日期", VariableType.DATE, "3.1", stage=FillStage.SIGNING),
        Variable("flag.onsite", "是否上门", VariableType.BOOL, "1.1", default=True),
        Variable(
            "annex.items",
            "服务项目表",
            VariableType.TABLE,
            "2.1",
            columns=(Column("code", "编号"), Column("price", "单价", VariableType.MONEY)),
        ),
    ]
)


def clause(clause_id: str, text: str, *, level: Level = Level.ARTICLE, **more: object) -> ClauseSource:
    return ClauseSource(clause_id, level, text, **more)  # type: ignore[arg-type]


def library(*, extra: tuple[ClauseSource, ...] = ()) -> ClauseLibrary:
    first = SectionSource(
        "1.1",
        "付款",
        (
            clause("pay.term", "甲方应当在{{pay.days}}内付款，细节见{{@pay.detail.second}}。", title="付款期"),
            clause("pay.onsite", "上门费用按{{@s.2.1}}计算。", when="flag.onsite"),
            clause(
                "pay.detail",
                "付款时应当注明：",
                children=(
                    clause("pay.detail.first", "合同编号{{contract.no}}；", level=Level.ITEM),
                    clause("pay.detail.second", "备注{{pay.note}}。", level=Level.ITEM),
                ),
            ),
            *extra,
        ),
        topics=(
            Topic(
                "1.1-t1", "1.1", "付款期", "30日", "45日", Approval.LEGAL, {"pay.term": "甲方应当在结算后{{pay.days}}内付清。"},
                {"pay.days": 45}, "超过60日", True, ("pay.term",),
            ),
        ),
    )  # fmt: skip
    annex = SectionSource("2.1", "服务项目", (clause("annex.items.list", "服务项目如下：", table="annex.items"),))
    signing = SectionSource(
        "3.1",
        "签署页",
        (),
        form=(
            FormRowSource("sign.name", "单位名称", "{{party_a.name}}"),
            FormRowSource("sign.day", "签署日期", box=BoxSource("sign.date", BoxKind.DATE, 50, 9)),
        ),
    )
    return ClauseLibrary(
        form="small",
        version="1",
        fingerprint="0" * 64,
        title="小合同",
        cover=(FormRowSource("cover.no", "合同编号", "{{contract.no}}"),),
        parties=(PartyBlockSource("parties.a", "甲方", (FormRowSource("parties.a.name", "名称", "{{party_a.name}}"),)),),
        preamble="双方约定如下：",
        chapters=(
            ChapterSource(1, "总则", (first,)),
            ChapterSource(2, "附件", (annex,)),
            ChapterSource(3, "签署", (signing,)),
        ),
        variables=VARIABLES,
        terms=(DefinedTerm("def.item", "服务项目", "{{@s.2.1}}所列", "2.1"),),
        annex_sections=("2.1",),
    )


VALUES: dict[str, Value] = {
    "contract.no": "HT-2026-01",
    "party_a.name": "示例甲方",
    "pay.days": 30,
    "flag.onsite": True,
    "annex.items": ({"code": "A1", "price": Decimal("1200.00")}, {"code": "A2", "price": Decimal("80.50")}),
}


def answers(**changes: object) -> Answers:
    values = {**VALUES, **{k.replace("__", "."): v for k, v in changes.items()}}
    return Answers(values)  # type: ignore[arg-type]
