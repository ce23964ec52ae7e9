"""The workbook of a month's figures: its sheets, rows and columns, which the template writes and the upload reads."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.settlement.month import ItemKind

FACTS, METRICS, ITEMS = "月度数据", "指标", "另计项"
MONTH = "服务月份"
FACT_ROWS: Mapping[str, tuple[str, str]] = {
    MONTH: ("month", "写成 2027-03"),
    "来源报表编号": ("report_no", "数据来源报表的编号，结算单据以追溯"),
    "有效工单量": ("tickets", "去重，剔除乙方原因重开和骚扰；按坐席计费的可不填"),
    "应到岗席位日": ("seat_days_due", "按坐席计费时填写"),
    "实际到岗席位日": ("seat_days_present", "按坐席计费时填写"),
    "未提供服务天数": ("outage_days", "因乙方原因未提供服务的日数，没有填0"),
    "查实数据造假": ("falsified", "是或者否；是的，该月按最低分段抵扣"),
    "不予奖励的事由": ("no_bonus", "发生重大投诉、安全事件的写明，没有留空"),
}
"""Label → field and note."""
METRIC_COLUMNS: Mapping[str, str] = {
    "指标": "metric", "分子": "numerator", "分母": "denominator", "邀评数": "invited", "数据无法核实": "lost", "说明": "remark",
}  # fmt: skip
ITEM_COLUMNS: Mapping[str, str] = {
    "类型": "kind", "项目": "item", "不含税金额": "excl", "税率": "rate", "凭证编号": "voucher",
}  # fmt: skip
KINDS: Mapping[str, ItemKind] = {k.label: k for k in ItemKind}
YES, NO = "是", "否"
