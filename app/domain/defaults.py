"""Values that a person need not give: fixed defaults, playbook presets, and defaults that follow from other answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.domain.variables import Contact, Requirement, Row, Value, VariableSet, is_blank

Values = dict[str, Value]
_ROLE_COUNTS = {"客服": "team.agents_count", "技术支持": "team.tech_count", "维修": "team.repair_count"}
_PARTIES = ("party_a", "party_b")


def complete(variables: VariableSet, given: Mapping[str, Value], presets: Mapping[str, Value] | None = None) -> Values:
    """``given`` with every default filled in below it. Order: given, playbook presets, fixed defaults, other answers.

    Computed variables are left out; ``app.domain.derivation`` brings them.
    """
    values: Values = {}
    for variable in variables:
        if variable.required is Requirement.COMPUTED:
            continue
        value = given.get(variable.name)
        if value is None and presets:
            value = presets.get(variable.name)
        if value is None:
            value = variable.default
        if value is not None:
            values[variable.name] = value
    settled = frozenset(given) | frozenset(presets or ())
    for name, follow in _FOLLOWING:
        if name in variables and name not in settled:
            value = follow(values)
            if not is_blank(value):
                values[name] = value
    for variable in variables:
        source = values.get(variable.default_from) if variable.default_from else None
        if variable.name not in values and source is not None:
            values[variable.name] = source
    for name, fill in _COMPLETED:
        if name in variables and name not in settled:
            value = fill(values)
            if not is_blank(value):
                values[name] = value
    if not is_blank(values.get("sign.contacts")):
        values["sign.contacts"] = _contacts(values)
    return values


def _rows(values: Mapping[str, Value], name: str) -> tuple[Row, ...]:
    rows = values.get(name)
    return tuple(r for r in rows if isinstance(r, Mapping)) if isinstance(rows, tuple) else ()


def _categories(values: Values) -> Value:
    """Without hardware repair the category 维修 is not offered by default."""
    chosen = values.get("service.categories")
    if isinstance(chosen, tuple) and values.get("service.repair_enabled") is False:
        return tuple(str(c) for c in chosen if c != "repair")
    return chosen


def _copies(values: Values) -> Value:
    """Copies in all are those of both parties together."""
    a, b = values.get("contract.copies_party_a"), values.get("contract.copies_party_b")
    return a + b if isinstance(a, int) and isinstance(b, int) else values.get("contract.copies_total")


def _repair_count(values: Values) -> Value:
    return 0 if values.get("service.repair_enabled") is False else values.get("team.repair_count")


def _roles(values: Values) -> Value:
    """The heads of the three basic roles follow the head counts of section 3.2; a role with none is left out."""
    rows: list[Row] = []
    for row in _rows(values, "team.roles"):
        count = values.get(_ROLE_COUNTS.get(str(row.get("role")), ""), row.get("headcount"))
        if count != 0:
            rows.append({**row, "headcount": count if isinstance(count, int) else None})
    return tuple(rows)


def _items(values: Values) -> Value:
    """Default rows of the service list keep to the chosen categories, and to visits where there are visits."""
    chosen = values.get("service.categories")
    kept = chosen if isinstance(chosen, tuple) else ()
    onsite = values.get("service.onsite_enabled") is not False
    return tuple(
        row
        for row in _rows(values, "annex.service_items")
        if row.get("category") in kept and (onsite or row.get("channels") != "上门")
    )


def _without_visits(name: str) -> Callable[[Values], Value]:
    """Default rows that price a visit are left out where the contract has none."""

    def kept(values: Values) -> Value:
        rows = _rows(values, name)
        return (
            rows
            if values.get("service.onsite_enabled") is not False
            else tuple(r for r in rows if "上门" not in str(r.get("item")))
        )

    return kept


def _effect(values: Values) -> Value:
    return "e_sign" if values.get("sign.mode") == "e_sign" else values.get("effect.condition")


def _marks(values: Values) -> Value:
    return ("e_signature",) if values.get("sign.mode") == "e_sign" else values.get("sign.required_marks")


def _seal(name: str) -> Callable[[Values], Value]:
    """A document signed electronically bears no printed seal by default."""
    return lambda values: "none" if values.get("sign.mode") == "e_sign" else values.get(name)


def _contacts(values: Values) -> Value:
    """Party B's key personnel hold the role that section 3.1 names them for; other roles without a named person fall to
    the project manager of that party. One person per role, so that sections 3.1 and 14.3 can't name two."""
    key = {str(r.get("position")): r for r in _rows(values, "team.key_personnel")}
    rows: list[Row] = []
    for row in _rows(values, "sign.contacts"):
        manager = values.get(f"{row.get('party')}.project_manager")
        named = key.get(str(row.get("role"))) if row.get("party") == "party_b" else None
        if is_blank(row.get("name")) and named and not (isinstance(manager, Contact) and manager.name == named.get("name")):
            rows.append({**row, "name": named.get("name"), "phone": named.get("contact")})
        elif is_blank(row.get("name")) and isinstance(manager, Contact):
            rows.append({**row, "name": manager.name, "phone": manager.phone, "email": manager.email})
        else:
            rows.append(row)
    return tuple(rows)


def _authority(values: Values) -> Value:
    """Signatories may sign the contract and its amendments; project managers only confirm what happened."""
    rows: list[Row] = []
    for party in _PARTIES:
        name = values.get(f"sign.{party}_signatory")
        if isinstance(name, str) and name:
            rows.append(
                {
                    "party": party,
                    "representative": name,
                    "title": _text(values.get(f"sign.{party}_title")),
                    "matters": "签署本合同、补充协议、续约文件、终止文件及通知",
                    "powers": "可以签署补充协议、确认结算、确认变更，续展、解除本合同，不限金额",
                    "term": "自签署之日起至本合同终止后结算完毕之日止",
                    "document": _text(values.get(f"sign.{party}_authority_doc")),
                }
            )
        manager = values.get(f"{party}.project_manager")
        if isinstance(manager, Contact) and manager.name:
            rows.append(
                {
                    "party": party,
                    "representative": manager.name,
                    "title": manager.title or "项目经理",
                    "matters": "日常联络，确认工单、考核数据与结算单",
                    "powers": "可以按合同计价确认结算，无权签署补充协议、确认变更，无权解除本合同",
                    "term": "自签署之日起至本合同终止后结算完毕之日止",
                }
            )
    return tuple(rows)


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) and value else None


_FOLLOWING: tuple[tuple[str, Callable[[Values], Value]], ...] = (
    ("contract.copies_total", _copies),
    ("service.categories", _categories),
    ("team.repair_count", _repair_count),
    ("team.roles", _roles),
    ("annex.service_items", _items),
    ("fees.included_items", _without_visits("fees.included_items")),
    ("fees.extra_items", _without_visits("fees.extra_items")),
    ("effect.condition", _effect),
    ("sign.required_marks", _marks),
    ("sign.party_a_seal_type", _seal("sign.party_a_seal_type")),
    ("sign.party_b_seal_type", _seal("sign.party_b_seal_type")),
)
_COMPLETED: tuple[tuple[str, Callable[[Values], Value]], ...] = (("sign.authority_matrix", _authority),)
