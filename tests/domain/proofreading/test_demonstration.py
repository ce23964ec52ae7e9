"""The demonstration contract is proofread exactly as the brief expects, and no branch of the form brings errors of its own."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Any

import pytest

from app.domain.answers import read_answers
from app.domain.assembly import assemble
from app.domain.derivation import derive
from app.domain.proofreading import Draft, Finding, Severity, Stage, proofread
from app.library.answers_file import read_answers_file
from app.library.calendars import load_calendar
from app.library.laws import load_laws
from app.library.loader import FORM, clauses_root, load_library
from tests.domain.proofreading.test_text_sentences import HITS

TODAY = date(2026, 11, 22)


@cache
def _source() -> dict[str, Any]:
    return dict(read_answers_file(clauses_root() / FORM / "example.yaml").data)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The nested answers with dotted ``changes`` put in."""
    result = {k: dict(v) if isinstance(v, dict) else v for k, v in base.items()}
    for name, value in changes.items():
        head, _, tail = name.partition(".")
        result.setdefault(head, {})[tail] = value
    return result


def findings(
    changes: dict[str, Any] | None = None, stage: Stage = Stage.REVIEW, extra: dict[str, Any] | None = None
) -> tuple[Finding, ...]:
    """What proofreading says of the demonstration contract with dotted ``changes`` and top-level ``extra`` entries."""
    library, laws, calendar = load_library(), load_laws(), load_calendar()
    raw = {**_merged(_source(), changes or {}), **(extra or {})}
    answers = read_answers(library.variables, raw, topics=tuple(library.topics())).require()
    answers = answers.with_values(derive(answers.values, TODAY, calendar, laws))
    draft = Draft(answers, assemble(library, answers), library.variables, laws, TODAY, calendar.official_years)
    return proofread(draft, stage)


def rules(found: tuple[Finding, ...], severity: Severity) -> list[str]:
    return [f.rule for f in found if f.severity is severity]


def test_the_demonstration_contract_has_no_error_two_warnings_and_one_remark():
    found = findings()
    assert [(f.rule, f.message) for f in found if f.severity is Severity.ERROR] == []
    assert sorted(rules(found, Severity.WARN)) == ["R-35", "R-46"]
    assert rules(found, Severity.INFO) == ["R-47"]


def test_a_registered_licence_leaves_only_the_calendar_warning():
    found = findings({"party_b.telecom_license_no": "B2-20260001"})
    assert rules(found, Severity.ERROR) == []
    assert rules(found, Severity.WARN) == ["R-46"]


EXPECTED = {"R-35", "R-46"}
VARIANTS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "arbitration": ({"dispute.mode": "arbitration", "dispute.arb_institution": "北京仲裁委员会"}, set()),
    "mediation first": ({"dispute.mediation": "optional", "dispute.mediation_org": "北京示例商事调解中心"}, set()),
    "automatic renewal": ({"renew.mode": "auto_once"}, set()),
    "no renewal": ({"renew.mode": "none"}, set()),
    "renewal by agreement": ({"renew.mode": "by_agreement"}, set()),
    "an option to renew": ({"renew.mode": "option", "renew.option_holder": "party_a"}, set()),
    "paper signature": (
        {"sign.mode": "wet_sign", "effect.condition": "seal_and_sign", "sign.required_marks": ["seal", "signature"],
         "sign.party_a_seal_type": "contract_seal", "sign.party_b_seal_type": "contract_seal"}, set(),
    ),
    "business users only": ({"scope.user_type": ["business"]}, set()),
    "automatic assistant": ({"service.ai_enabled": "true", "service.ai_max_failed_turns": "2"}, set()),
    "no on-site service": ({"service.onsite_enabled": "false"}, set()),
    "no call centre": ({"service.call_center": "false"}, {"-R-35"}),
    "no subcontracting": ({"subcontract.mode": "prohibited"}, set()),
    "results with the contractor": ({"ip.deliverables_owner": "party_b"}, set()),
    "results in common": ({"ip.deliverables_owner": "joint"}, set()),
    "no liability cap": ({"liability.cap_mode": "none"}, {"R-17"}),
    "a fixed liability cap": ({"liability.cap_mode": "fixed_amount", "liability.cap_amount": "1000000.00"}, set()),
    "staff on the client's site": ({"team.site_mode": "party_a_site"}, {"R-34"}),
    "price per ticket": ({"fees.model": "per_ticket"}, set()),
    "hybrid price": ({"fees.model": "hybrid"}, set()),
    "own system of the contractor": ({"process.ticket_system": "party_b_system"}, set()),
    "deductions with a bonus": ({"perf.bonus_enabled": "true"}, set()),
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_a_branch_of_the_form_brings_no_finding_of_its_own(name: str):
    changes, more = VARIANTS[name]
    found = findings(changes)
    assert [(f.rule, f.place.number, f.message) for f in found if f.severity is Severity.ERROR] == []
    expected = (EXPECTED | {r for r in more if not r.startswith("-")}) - {r[1:] for r in more if r.startswith("-")}
    assert set(rules(found, Severity.WARN)) == expected


SECTION_OF = {"R-10": "8.2", "R-07": "10.1", "R-48": "11.3"}


@pytest.mark.parametrize(("rule", "sentence"), [(r, s) for r, _, s in HITS])
def test_a_bad_sentence_put_into_the_real_contract_is_found_where_it_stands(rule: str, sentence: str):
    section = SECTION_OF.get(rule, "12.3")
    addition = {"kind": "add", "provision": "special.added", "after": f"s.{section}", "reason": "测试", "text": f"{sentence}。"}
    changes = {"contract.drafted_by": "party_a"} if rule == "R-39" else {}
    found = [f for f in findings(changes, extra={"deviations": [addition]}) if f.rule == rule]
    assert "special.added" in {f.place.provision_id for f in found}


REMOVALS = {
    "R-15": (("5.2", "8.3", "9.2"), "同一.{0,30}(扣除|扣减|抵充|不重复|冲减)"),
    "R-18": (("7.2", "11.3"), "返还|删除"),
    "R-19": (("7.1", "7.2"), "监督"),
    "R-24": (("9.3",), "通知.{0,6}到达"),
    "R-43": (("12.1",), "知识库|话术|报告"),
    "R-48": (("9.3", "11.3"), "(任意|随时)解除"),
}


@pytest.mark.parametrize("rule", REMOVALS)
def test_a_rule_notices_that_the_clause_it_asks_for_was_taken_out(rule: str):
    sections, pattern = REMOVALS[rule]
    carriers = [
        clause
        for section in load_library().sections()
        if section.number in sections
        for clause in section.walk()
        if re.search(pattern, f"{clause.title}　{clause.text}")
    ]
    removed = [{"kind": "remove", "provision": c.id, "reason": "测试"} for c in carriers]
    assert removed
    assert rule in {f.rule for f in findings({}, extra={"deviations": removed})}
