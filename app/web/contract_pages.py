"""What the pages of a contract share: the head above every one of them, and the tabs.

Whoever adds a page of a contract adds its line to ``tabs``, in the order in which the tabs stand, and shows it with ``contract_page``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, render_template, request, url_for
from flask_babel import gettext as _

from app.domain.lifecycle import Flag, Stage
from app.domain.next_step import NextStep
from app.domain.permissions import Action, may
from app.services.overview import Head, read_head
from app.web.desk import desk
from app.web.gate import actor


def init_contract_pages(app: Flask) -> None:
    app.jinja_env.globals.update(
        stage_name=stage_name, flag_name=flag_name, step_name=step_name, stage_tone=stage_tone, has_page=has_page
    )


def has_page(endpoint: str) -> bool:
    """Whether there is such a page; one part of a contract links to another only where it exists."""
    return endpoint in current_app.view_functions


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of a contract. ``endpoint`` is its first view; every view of the same blueprint, or of one of ``others``,
    belongs to the tab."""

    endpoint: str
    label: str
    action: Action = Action.READ_CONTRACTS
    others: tuple[str, ...] = ()


def tabs() -> tuple[Tab, ...]:
    """概览 · 文本与批注 · 审批 · 版本与比较 · 变更 · 期限 · 结算 · 签署 · 用印 · 文件 · 人员 · 审计: those that there are."""
    return (
        Tab("contracts.show", _("概览")),
        Tab("commentary.show", _("文本与批注"), others=("sharing",)),
        Tab("approval.show", _("审批")),
        Tab("versions.index", _("版本与比较"), others=("comparison",)),
        Tab("papers.index", _("变更"), others=("paper_form", "paper_documents", "amendment", "consolidated", "annex")),
        Tab("term.show", _("期限"), others=("ending", "exits", "contract_reminders")),
        Tab("signing.show", _("签署"), others=("paper_signing", "elsewhere", "evidence")),
        Tab("settlements.show", _("结算"), others=("settlement_months", "settlement_sheets", "payments", "corrections")),
        Tab("contract_seals.show", _("用印")),
        Tab("obligations.show", _("履行"), others=("duty_events",)),
        Tab("files.index", _("文件")),
        Tab("people.show", _("人员")),
        Tab("contract_log.show", _("审计")),
    )


def contract_page(template: str, contract_id: str, **values: Any) -> str:
    """A page of a contract: ``template`` extends ``contracts/_frame.html`` and has ``head`` and ``contract``. Raises ``ContractMissing``."""
    with desk().reading() as uow:
        head: Head = read_head(uow, actor(), contract_id)
    shown = [t for t in tabs() if may(actor(), t.action, g.record)]
    return render_template(
        template,
        head=head,
        contract=head.contract,
        tabs=[(url_for(t.endpoint, contract_id=contract_id), t.label, _is_current(t)) for t in shown],
        **values,
    )


def _is_current(tab: Tab) -> bool:
    return request.blueprint in (tab.endpoint.partition(".")[0], *tab.others)


def stage_name(stage: Stage) -> str:
    names = {
        Stage.DRAFT: _("起草"),
        Stage.IN_REVIEW: _("审查中"),
        Stage.APPROVED: _("已定稿"),
        Stage.SIGNING: _("签署中"),
        Stage.SIGNED: _("已签未生效"),
        Stage.ACTIVE: _("履行中"),
        Stage.EXPIRING: _("即将届满"),
        Stage.EXPIRED: _("已届满"),
        Stage.TERMINATED: _("已终止"),
        Stage.ARCHIVED: _("已归档"),
        Stage.VOID: _("已作废"),
    }
    return str(names[stage])


def flag_name(flag: Flag) -> str:
    return str({Flag.RECTIFYING: _("整改中"), Flag.DISPUTED: _("争议中")}[flag])


def step_name(step: NextStep) -> str:
    names = {
        NextStep.SUBMIT: _("补全文本，提交审查"),
        NextStep.REVISE: _("按退回意见修改，重新送审"),
        NextStep.DECIDE: _("审批"),
        NextStep.START_SIGNING: _("发起签署"),
        NextStep.SIGN: _("完成双方签署"),
        NextStep.CONFIRM_EFFECT: _("勾销生效前置条件"),
        NextStep.PERFORM: _("履行，留意到期"),
        NextStep.DECIDE_RENEWAL: _("决定是否续约"),
        NextStep.WIND_UP: _("清理、结算、归档"),
        NextStep.NOTHING: _("无须再办"),
    }
    return str(names[step])


TONES = {
    Stage.DRAFT: "plain", Stage.IN_REVIEW: "note", Stage.APPROVED: "good", Stage.SIGNING: "note", Stage.SIGNED: "warn",
    Stage.ACTIVE: "good", Stage.EXPIRING: "warn", Stage.EXPIRED: "plain", Stage.TERMINATED: "plain", Stage.ARCHIVED: "plain",
    Stage.VOID: "bad",
}  # fmt: skip
"""The colour of each stage's badge."""


def stage_tone(stage: Stage) -> str:
    return TONES[stage]
