"""The register in the language of the page: columns, choices, the filter in words, places of hits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, url_for
from flask_babel import gettext as _

from app.domain.lifecycle import Flag, Stage
from app.domain.passages import PassageKind
from app.rendering.html import anchor_of
from app.services.register import RECORDED
from app.services.register_settings import NEWEST_FIRST, USUAL, Column, Settings, plain_settings
from app.services.register_views import SavedView
from app.services.searching import Hit
from app.web.contract_pages import flag_name, stage_name
from app.web.desk import desk

FIGURES = frozenset({Column.VALUE})
"""Columns that stand to the right."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of the filter in words, and the address of the register without it."""

    label: str
    text: str
    without: str


def init_register(app: Flask) -> None:
    app.jinja_env.globals.update(
        column_name=column_name, hit_place=hit_place, hit_version=hit_version, hit_link=hit_link, sort_link=sort_link,
        form_title=form_title, all_columns=tuple(Column), usual_columns=USUAL, figure_columns=FIGURES, view_address=view_address, address_of=address_of,
    )  # fmt: skip


def column_name(column: Column) -> str:
    names = {
        Column.NUMBER: _("合同编号"),
        Column.TITLE: _("合同名称"),
        Column.PARTY_A: _("甲方"),
        Column.PARTY_B: _("乙方"),
        Column.STAGE: _("阶段"),
        Column.OWNER: _("负责人"),
        Column.VALUE: _("合同总额（元）"),
        Column.EFFECT: _("生效日"),
        Column.LAST_DAY: _("届满日"),
        Column.FORM: _("合同类型"),
        Column.CONFIDENTIAL: _("保密"),
        Column.CREATED: _("登记时间"),
        Column.UPDATED: _("最近修改"),
    }
    return str(names[column])


def form_titles() -> dict[str, str]:
    return {desk().library.form: str(_("互联网产品售后服务外包合同")), RECORDED: str(_("补录的合同"))}


def form_title(form: str) -> str:
    return form_titles().get(form, form)


def sort_link(settings: Settings, column: Column) -> str:
    """The register sorted by a column; once more, the other way round."""
    order = settings.order
    descending = not order.descending if order.key is column else column in NEWEST_FIRST
    return address_of(plain_settings(settings) | {"sort": [column.value], "dir": ["down" if descending else "up"]})


def address_of(plain: Mapping[str, Sequence[str]], **place: str) -> str:
    """The register with these settings, at ``place``; with none of them everything, whatever the default view is."""
    values: dict[str, Any] = {**plain, **place}
    return url_for("register.index", **(values or {"all": "1"}))


def view_address(view: SavedView) -> str:
    return address_of(plain_settings(view.settings))


def words_of_register(settings: Settings, owners: Mapping[str, str]) -> tuple[Chip, ...]:
    """The filter, part by part; the words that are looked for stand in their own field."""
    plain = plain_settings(settings)
    shown: dict[str, tuple[str, Callable[[str], str]]] = {
        "stage": (_("阶段"), lambda v: stage_name(Stage(v))),
        "flag": (_("标记"), lambda v: flag_name(Flag(v))),
        "party": (_("当事人"), str),
        "owner": (_("负责人"), lambda v: owners.get(v, v)),
        "form": (_("合同类型"), form_title),
        "confidential": (_("保密"), lambda v: _("只看保密") if v == "yes" else _("不含保密")),
        "value": (_("合同总额"), str),
        "effect": (_("生效日"), str),
        "last": (_("届满日"), str),
    }
    chips = []
    for name, (label, word) in shown.items():
        names = [n for n in (name, f"{name}_from", f"{name}_to") if n in plain]
        if names:
            text = _span(plain, name) if name not in plain else "、".join(str(word(v)) for v in plain[name])
            chips.append(Chip(str(label), text, address_of({k: v for k, v in plain.items() if k not in names})))
    return tuple(chips)


def _span(plain: Mapping[str, Sequence[str]], name: str) -> str:
    low, high = (plain.get(f"{name}_{end}", [""])[0] for end in ("from", "to"))
    if name == "value":
        low, high = (f"{float(v):,.2f}" if v else "" for v in (low, high))
    return f"{low} – {high}" if low and high else f"≥ {low}" if low else f"≤ {high}"


def hit_place(hit: Hit) -> str:
    match hit.kind:
        case PassageKind.NUMBER:
            return str(_("合同编号"))
        case PassageKind.NAME:
            return str(_("合同名称"))
        case PassageKind.PARTY:
            return str(_("当事人"))
        case PassageKind.COVER:
            return str(_("封面与当事人"))
        case PassageKind.PAGE:
            return str(_("签署件第%(page)s页", page=hit.number))
        case _:
            return hit.number or str(_("正文"))


def hit_version(hit: Hit) -> str:
    if not hit.last:
        return ""
    if not hit.current:
        return str(_("仅见于旧版本（至第%(last)d版）", last=hit.last))
    return str(
        _("第%(last)d版", last=hit.last) if hit.first == hit.last else _("第%(first)d–%(last)d版", first=hit.first, last=hit.last)
    )


def hit_link(contract_id: str, hit: Hit) -> str:
    """Where the hit stands; a page of a file is among the files, what the register says on the overview."""
    if not hit.last:
        return url_for("contracts.show", contract_id=contract_id)
    anchor = None if hit.anchor in ("", "title") else anchor_of(hit.anchor)
    return url_for("commentary.show", contract_id=contract_id, version=hit.last, _anchor=anchor)
