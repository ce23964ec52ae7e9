"""Routes whose builders are made late give the addresses that Werkzeug's own ones give."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import Map, Rule

from app.web.routes import Route


def _values(rule: Rule) -> dict[str, object]:
    kinds = {"IntegerConverter": 7, "AnyConverter": None}
    made: dict[str, object] = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        value = kinds.get(type(converter).__name__, "甲 b")
        made[name] = next(iter(converter.items)) if value is None else value  # type: ignore[attr-defined]
    return made


def test_every_address_is_the_one_that_plain_rules_build(app: Flask) -> None:
    rules = list(app.url_map.iter_rules())
    assert [rule.endpoint for rule in rules if not isinstance(rule, Route)] == [
        "static"
    ]  # made by Flask itself, before all others
    plain = Map([Rule(r.rule, endpoint=r.endpoint, methods=r.methods, defaults=r.defaults) for r in rules])
    ours, theirs = app.url_map.bind("a.example"), plain.bind("a.example")
    for rule in rules:
        for more in ({}, {"seen": "1 2"}):
            method = next(iter(rule.methods or {"GET"}))
            wanted = theirs.build(rule.endpoint, _values(rule) | more, method=method)
            assert ours.build(rule.endpoint, _values(rule) | more, method=method) == wanted
    assert len(rules) > 300
