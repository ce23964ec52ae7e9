"""What has to happen next with a contract, and in whose hands it lies."""

from __future__ import annotations

from enum import Enum

from app.domain.lifecycle import Stage


class NextStep(Enum):
    """The one thing that brings a contract on from where it stands."""

    SUBMIT = "submit"
    """补全文本，提交审查: the owner."""
    REVISE = "revise"
    """按退回意见修改，重新送审: the owner."""
    DECIDE = "decide"
    """审批: the seats whose turn it is."""
    START_SIGNING = "start_signing"
    """发起签署: the owner."""
    SIGN = "sign"
    """完成双方签署: the signatories; the owner sees to it."""
    CONFIRM_EFFECT = "confirm_effect"
    """勾销生效前置条件: the owner."""
    PERFORM = "perform"
    """履行，留意到期: the owner."""
    DECIDE_RENEWAL = "decide_renewal"
    """决定是否续约: the owner."""
    WIND_UP = "wind_up"
    """清理、结算、归档: the owner."""
    NOTHING = "nothing"
    """No step is left."""

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = dict(
    zip(
        NextStep,
        ("补全文本，提交审查", "按退回意见修改，重新送审", "审批", "发起签署", "完成双方签署", "勾销生效前置条件", "履行，留意到期",
         "决定是否续约", "清理、结算、归档", "无须再办"),
        strict=True,
    )
)  # fmt: skip


_AFTER = {
    Stage.DRAFT: NextStep.SUBMIT,
    Stage.IN_REVIEW: NextStep.DECIDE,
    Stage.APPROVED: NextStep.START_SIGNING,
    Stage.SIGNING: NextStep.SIGN,
    Stage.SIGNED: NextStep.CONFIRM_EFFECT,
    Stage.ACTIVE: NextStep.PERFORM,
    Stage.EXPIRING: NextStep.DECIDE_RENEWAL,
    Stage.EXPIRED: NextStep.WIND_UP,
    Stage.TERMINATED: NextStep.WIND_UP,
    Stage.ARCHIVED: NextStep.NOTHING,
    Stage.VOID: NextStep.NOTHING,
}


def next_step(stage: Stage, *, returned: bool = False) -> NextStep:
    """``returned``: the last round of approval ended with the text being sent back."""
    return NextStep.REVISE if stage is Stage.DRAFT and returned else _AFTER[stage]
