"""The demonstration contract's two reviewed versions compared, and the text with the comments that may go to the other party."""

from __future__ import annotations

from collections.abc import Mapping

from app.cli.demo_review import TODAY, Review
from app.domain.comparison import Change
from app.services.commented_document import make_commented, share_comments
from app.services.comparing import Compared, compare_contract
from app.services.redlining import make_redline, redline_identity
from app.wiring import Wiring

REWORDED = "team.composition.key"


def comparison_files(review: Review, wiring: Wiring) -> Mapping[str, bytes]:
    """The comparison as HTML, PDF, tracked changes and JSON, and the commented text; what they must show is held in ``review``.

    ``wiring`` lends its renderers: their fonts are cut already.
    """
    drafter = review.who("xu")
    with review.wiring.reading() as uow:
        compared = compare_contract(uow, drafter, review.wiring.reference, review.wiring.differ, TODAY, review.contract_id, 1, 2)
    _held(review, compared)
    made = make_redline(compared, redline_identity(compared, review.now()), wiring.redline_tools)
    for proof in made.proofs:
        review.hold(f"{proof.file}与版本文字逐条一致（{proof.blocks} 处）", proof.equal)
    with review.wiring.unit_of_work() as uow:
        shared = share_comments(
            uow, drafter, review.now(), review.wiring.reference, TODAY, review.contract_id, compared.new.ordinal
        )
    commented = make_commented(shared, wiring.comment_tools, review.now())
    words = "".join(r.text for t in shared.threads for r in t.remarks)
    review.hold("发给对方的文件只有可对外的批注", "同等资质" in words and "回款周期" not in words)
    return {**made.files, **commented.files}


def _held(review: Review, compared: Compared) -> None:
    changes = {e.block.id: e.change for e in compared.comparison.notable()}
    values = {v.name: (v.old, v.new) for v in compared.comparison.variables}
    counts = compared.comparison.counts()
    review.say(
        f"比较{compared.old.label}与{compared.new.label}：修改 {counts[Change.CHANGED]} 处，新增 {counts[Change.ADDED]} 处，"
        f"删除 {counts[Change.REMOVED]} 处，编号变更 {counts[Change.RENUMBERED]} 处，数值变更 {len(values)} 项"
    )
    review.hold("比较显示改写的条款", changes.get(REWORDED) is Change.CHANGED)
    review.hold("比较显示付款期由30个自然日改为45个自然日", values.get("pay.days_after_confirm") == ("30个自然日", "45个自然日"))
    rows = [r for e in compared.comparison.notable() if e.table and e.table.new.id == "scope.products" for r in e.table.rows]
    review.hold("比较显示产品清单新增一行", [r.change.value for r in rows].count("added") == 1)
