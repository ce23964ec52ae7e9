"""The flat list of rules, and running them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.domain.conditions import Condition
from app.domain.proofreading import (
    rules_citations,
    rules_disputes,
    rules_liability,
    rules_money,
    rules_privacy,
    rules_signing,
    rules_structure,
    rules_term,
    rules_values,
)
from app.domain.proofreading.facts import Draft, as_number
from app.domain.proofreading.finding import Finding, Hit, Rule, Severity, Stage
from app.domain.variables import Acknowledgement, Variable

MINIMUM_REASON = 20
"""A warning is let pass only with a reason of at least this many characters (legal rules §4.2)."""
ANYWHERE = "*"

RULES: tuple[Rule, ...] = (
    rules_values.no_blank_or_placeholder,
    rules_values.response_within_service_day,
    rules_values.service_clock_agrees,
    rules_term.term_runs_forward,
    rules_term.term_matches_years,
    rules_term.notice_window_is_open,
    rules_disputes.arbitration_or_court,
    rules_disputes.one_institution,
    rules_money.payment_term_is_lawful,
    rules_money.no_back_to_back_payment,
    rules_disputes.court_is_connected,
    rules_money.late_rate_not_below_lpr,
    rules_money.late_rate_not_excessive,
    rules_money.penalties_not_excessive,
    rules_money.deductions_are_bounded,
    rules_disputes.statutory_adjustment_stays,
    rules_liability.liability_cap_keeps_the_floor,
    rules_privacy.personal_information_is_given_back,
    rules_privacy.entrusted_processing_is_complete,
    rules_privacy.contractor_stays_processor,
    rules_privacy.transfer_abroad_has_a_path,
    rules_privacy.incidents_are_reported_at_once,
    rules_structure.terms_are_defined_once_and_used,
    rules_term.rescission_is_complete,
    rules_structure.references_resolve,
    rules_structure.annexes_are_complete,
    rules_liability.subcontracting_needs_consent,
    rules_money.amounts_balance,
    rules_signing.identities_agree,
    rules_money.tax_rates_fit,
    rules_structure.service_levels_are_ordered,
    rules_signing.signatories_have_authority,
    rules_citations.cited_law_is_in_force,
    rules_liability.no_disguised_dispatch,
    rules_liability.telecom_licence_is_on_file,
    rules_values.complaints_closed_in_time,
    rules_money.weights_sum_to_hundred,
    rules_money.bands_are_continuous,
    rules_liability.standard_terms_are_fair,
    rules_privacy.records_are_kept_long_enough,
    rules_term.renewal_has_an_exit,
    rules_values.roster_meets_commitment,
    rules_liability.results_have_an_owner,
    rules_liability.ai_service_hands_over,
    rules_liability.changes_are_formal,
    rules_values.calendar_covers_the_term,
    rules_values.parameters_are_fresh,
    rules_term.termination_at_will_is_settled,
    rules_structure.headings_are_unique,
    rules_signing.parties_differ,
    rules_structure.named_annexes_exist,
    rules_structure.characters_can_be_printed,
)


def proofread(draft: Draft, stage: Stage = Stage.REVIEW) -> tuple[Finding, ...]:
    """Every finding of the rules of ``stage``: errors first, then warnings, then information; each in rule order."""
    if draft.stage is not stage:
        draft = replace(draft, stage=stage)
    found = [_finding(draft, rule, hit) for rule in RULES if stage in rule.stages for hit in rule.check(draft)]
    found += _out_of_range(draft, found)
    return tuple(sorted(dict.fromkeys(found), key=lambda f: f.severity.rank))


def _finding(draft: Draft, rule: Rule, hit: Hit) -> Finding:
    basis = tuple(c for c in (draft.laws.citation(code) for code in rule.basis) if c is not None)
    return Finding(rule.id, hit.severity, hit.message, hit.place, basis, hit.fix or rule.fix, hit.patch)


def _out_of_range(draft: Draft, found: list[Finding]) -> list[Finding]:
    """Values that answering let in because a rule owns their limits, and that the rule's own condition did not report."""
    told = {(f.rule, f.place.variable) for f in found}
    rules = {rule.id: rule for rule in RULES}
    extra: list[Finding] = []
    for variable in draft.variables:
        owner = rules.get(variable.judged_by)
        if owner is None or draft.blank(variable.name) or (owner.id, variable.name) in told:
            continue
        limits = _limits_broken(draft, variable)
        if limits:
            message = f"{variable.label}超出通常范围：{limits}。"
            extra.append(_finding(draft, owner, Hit(Severity.WARN, message, draft.place(variable.name))))
    return extra


def _limits_broken(draft: Draft, variable: Variable) -> str:
    value = draft.number(variable.name)
    low, high = as_number(variable.minimum), as_number(variable.maximum)
    if value is not None and ((low is not None and value < low) or (high is not None and value > high)):
        ends = [f"不低于 {low}" if low is not None else "", f"不高于 {high}" if high is not None else ""]
        return f"现为 {value}，应{'且'.join(e for e in ends if e)}"
    if variable.constraint and not Condition.parse(variable.constraint).holds(draft.answers.values):
        return variable.constraint_help or variable.constraint
    return ""


def unresolved(findings: Iterable[Finding], acknowledgements: Iterable[Acknowledgement]) -> tuple[Finding, ...]:
    """What blocks a final document: every error, and every warning that nobody let pass with a full reason."""
    valid = [a for a in acknowledgements if _complete(a)]
    return tuple(
        f
        for f in findings
        if f.severity is Severity.ERROR or (f.severity is Severity.WARN and not any(_covers(a, f) for a in valid))
    )


def _complete(acknowledgement: Acknowledgement) -> bool:
    return bool(acknowledgement.by.strip()) and acknowledgement.at is not None and is_full_reason(acknowledgement.reason)


def is_full_reason(reason: str) -> bool:
    """Whether a reason for letting a warning pass is long enough; white space doesn't count."""
    return len("".join(reason.split())) >= MINIMUM_REASON


def _covers(acknowledgement: Acknowledgement, finding: Finding) -> bool:
    if acknowledgement.rule != finding.rule:
        return False
    place = acknowledgement.place.strip()
    return place == ANYWHERE or (bool(place) and place in (finding.place.provision_id, finding.place.variable))
