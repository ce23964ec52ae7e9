"""The current view of the register as a workbook. What somebody may not see is not in it; that it was made is logged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.lifecycle import Stage
from app.domain.permissions import Action, Actor, require
from app.services.filing import ContractView, view_contract
from app.services.journal import note
from app.services.ports import Cell, RegisterWriter
from app.services.register import register_ids
from app.services.register_settings import COLUMN_LABELS, Column, Settings, plain_settings
from app.store.register import contracts_in_order, count_visible
from app.store.uow import UnitOfWork
from app.store.users import user_names

AT_ONCE = 2_000
"""So many are written while the browser waits; more of them in the background."""
MOST = 50_000
CHUNK = 500
WIDTHS = {
    Column.NUMBER: 20, Column.TITLE: 36, Column.PARTY_A: 34, Column.PARTY_B: 34, Column.STAGE: 20, Column.OWNER: 12, Column.VALUE: 18,
    Column.EFFECT: 13, Column.LAST_DAY: 13, Column.FORM: 28, Column.CONFIDENTIAL: 8, Column.CREATED: 18, Column.UPDATED: 18,
}  # fmt: skip
FILTER_LABELS = {
    "q": "正文查找", "stage": "阶段", "flag": "标记", "party": "当事人", "owner": "负责人", "form": "合同类型", "confidential": "保密",
    "value_from": "合同总额（起）", "value_to": "合同总额（止）", "effect_from": "生效日（起）", "effect_to": "生效日（止）", "last_from": "届满日（起）",
    "last_to": "届满日（止）",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Export:
    """A finished workbook; ``capped`` where the view has more contracts than it holds. ``ids``: the contracts in it."""

    content: bytes
    count: int
    capped: bool
    ids: tuple[str, ...] = ()


def is_large(uow: UnitOfWork, actor: Actor, settings: Settings) -> bool:
    """Whether writing takes so long that nobody should wait for it. Raises ``Forbidden``, ``UnusableQuery``."""
    require(actor, Action.EXPORT_REGISTER)
    return register_ids(uow, actor, settings.filter, settings.order, AT_ONCE)[1]


def export_register(
    reading: Callable[[], UnitOfWork], units: Callable[[], UnitOfWork], actor: Actor, now: datetime, settings: Settings, write: RegisterWriter,
    form_names: Callable[[str], str] = str, most: int = MOST,
) -> Export:  # fmt: skip
    """The contracts of the view in its order, at most ``most``; the log has the export before anybody gets it.

    ``form_names``: a form's title by its key. Raises ``Forbidden``, ``UnusableQuery``.
    """
    require(actor, Action.EXPORT_REGISTER)
    with reading() as uow:
        ids, more = register_ids(uow, actor, settings.filter, settings.order, most)
        heads = [COLUMN_LABELS[c] for c in settings.columns]
        remarks = [("导出时间", f"{now:%Y-%m-%d %H:%M} UTC"), ("导出人", actor.name), ("份数", f"{len(ids):,}")]
        if more:
            remarks.append(("未列全", f"符合条件的合同超过{len(ids):,}份，本表只有前{len(ids):,}份；请缩小筛选范围后再导出。"))
        remarks += _asked(settings, form_names, user_names(uow.session))
        rows = _rows(uow, ids, settings.columns, form_names)
        content = write(heads, [WIDTHS[c] for c in settings.columns], rows, remarks)
    with units() as uow:
        plain = {name: list(values) for name, values in plain_settings(settings).items()}
        note(uow, actor, now, "register.exported", count=len(ids), capped=more, view=plain)
        uow.commit()
    return Export(content, len(ids), more, tuple(ids))


def may_still_have(uow: UnitOfWork, actor: Actor, ids: Sequence[str]) -> bool:
    """Whether everything in a workbook made earlier is still open to ``actor``. Raises ``Hidden``, ``Forbidden`` where the right to export is gone."""
    require(actor, Action.EXPORT_REGISTER)
    return count_visible(uow.session, ids, actor.id) == len(ids)


def _rows(
    uow: UnitOfWork, ids: Sequence[str], columns: Sequence[Column], form_names: Callable[[str], str]
) -> Iterator[list[Cell]]:
    for start in range(0, len(ids), CHUNK):
        for row in contracts_in_order(uow.session, ids[start : start + CHUNK]):
            contract = view_contract(row)
            yield [_cell(contract, column, form_names) for column in columns]
        uow.session.expunge_all()


def _cell(contract: ContractView, column: Column, form_names: Callable[[str], str]) -> Cell:
    match column:
        case Column.NUMBER:
            return contract.number
        case Column.TITLE:
            return contract.title
        case Column.PARTY_A | Column.PARTY_B:
            return "、".join(p.name for p in contract.parties if p.role == column.value[-1])
        case Column.STAGE:
            return contract.state.label
        case Column.OWNER:
            return contract.owner_name
        case Column.VALUE:
            return contract.value
        case Column.EFFECT:
            return contract.took_effect_on
        case Column.LAST_DAY:
            return contract.last_day
        case Column.FORM:
            return form_names(contract.form)
        case Column.CONFIDENTIAL:
            return "保密" if contract.confidential else ""
        case Column.CREATED:
            return contract.created_at
        case Column.UPDATED:
            return contract.updated_at


def _asked(settings: Settings, form_names: Callable[[str], str], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """The filter in words."""
    stages = {s.value: s.label for s in Stage}
    words: dict[str, Callable[[str], str]] = {
        "stage": lambda v: stages.get(v, v),
        "flag": lambda v: {"rectifying": "整改中", "disputed": "争议中"}.get(v, v),
        "owner": lambda v: names.get(v, v),
        "form": form_names,
        "confidential": lambda v: "只含保密合同" if v == "yes" else "不含保密合同",
    }
    plain = plain_settings(settings)
    found = [
        (label, "、".join(words.get(name, str)(v) for v in plain[name])) for name, label in FILTER_LABELS.items() if name in plain
    ]
    way = "降序" if settings.order.descending else "升序"
    return [*found, ("排序", f"{COLUMN_LABELS[settings.order.key]}（{way}）")]
