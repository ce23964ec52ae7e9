"""Words of the law room as the interface says them in its language: routes, choices, states, what stands on a timeline.

Reasoning, checks and grounds stay Chinese: they cite the contract's own words.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import Enum

from flask import Flask
from flask_babel import gettext as _

from app.domain.papers import PaperState
from app.domain.renewal import Mode, PriceRule
from app.domain.renewal_decision import Choice
from app.domain.term_chain import Origin
from app.domain.termination import Route
from app.domain.timeline import Timeline
from app.services.ending_rows import ENDED, OPEN, SET_ASIDE, WITHDRAWN
from app.web.language import current_language
from app.web.papers import paper_state_name

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RENEWED = re.compile(r"第(\d+)次续展期(（将自动续约）)?")


def init_term_words(app: Flask) -> None:
    app.jinja_env.globals.update(
        said=said, case_state=case_state, paper_state=paper_state, term_name=term_word, tick_name=tick_name
    )


def said(member: Enum) -> str:
    """The name of a route, a choice, a mode of renewal, an origin of a term, a rule for prices."""
    names: dict[Enum, str] = {
        Route.AGREEMENT: _("协议解除"), Route.BREACH: _("违约解除"), Route.STATUTORY: _("法定解除"), Route.CONVENIENCE: _("无因提前终止"),
        Choice.RENEW: _("续签"), Choice.RENEGOTIATE: _("重谈"), Choice.NOT_RENEW: _("不续约"), Choice.LAPSE: _("到期不续"),
        Mode.AUTOMATIC: _("自动续约"), Mode.BY_AGREEMENT: _("协商续约"), Mode.OPTION: _("一方续约选择权"), Mode.NONE: _("不续约"),
        Origin.FIRST: _("首期"), Origin.AUTOMATIC: _("自动续约"), Origin.OPTION: _("行使续约选择权"), Origin.AGREEMENT: _("续约协议"),
        PriceRule.SAME: _("价格不变"), PriceRule.SAME_OR_CAPPED: _("不变或者在年度上限内调整"), PriceRule.RENEGOTIATE: _("重新协商"),
    }  # fmt: skip
    return str(names[member])


def case_state(state: str) -> str:
    names = {OPEN: _("办理中"), ENDED: _("已终止"), WITHDRAWN: _("已撤回"), SET_ASIDE: _("被裁判否定")}
    return str(names.get(state, state))


def paper_state(state: str) -> str:
    return paper_state_name(PaperState(state))


def tick_name(label: str) -> str:
    """2027年 and 4月 of an axis, or 2027 and Apr."""
    if current_language() != "en":
        return label
    return label[:-1] if label.endswith("年") else _MONTHS[int(label[:-1]) - 1]


def in_words(timeline: Timeline) -> Timeline:
    """The timeline with its labels in the language of the interface; titles of papers stay as they are."""
    return replace(
        timeline,
        marks=tuple(replace(m, label=term_word(m.label)) for m in timeline.marks),
        spans=tuple(replace(s, label=term_word(s.label)) for s in timeline.spans),
    )


def term_word(label: str) -> str:
    fixed = {
        "签订": _("签订"), "生效": _("生效"), "届满": _("届满"), "终止": _("终止"), "部分终止": _("部分终止"), "对方异议": _("对方异议"),
        "补救期": _("补救期"), "通知到达截止": _("通知到达截止"), "快递最后安全发出": _("快递最后安全发出"), "续约窗口": _("续约窗口"),
        "过渡期": _("过渡期"), "首期": _("首期"), "今天": _("今天"),
    }  # fmt: skip
    if label in fixed:
        return str(fixed[label])
    renewed = _RENEWED.fullmatch(label)
    if renewed:
        name = _("第%(n)d次续展期", n=int(renewed[1]))
        return str(_("%(term)s（将自动续约）", term=name) if renewed[2] else name)
    for ending, words in (
        ("生效", _("%(what)s生效", what=label[:-2])),
        ("签署", _("%(what)s签署", what=label[:-2])),
        ("到达", _("%(what)s到达", what=label[:-2])),
    ):
        if label.endswith(ending):
            return str(words)
    return label
