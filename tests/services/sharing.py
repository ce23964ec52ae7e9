"""Which database a test of the services runs on: each on one of the two, in turn by its name; some on both; all on both if asked.

SQLite and PostgreSQL differ in locks, in SQL and in what they refuse, hardly in what a use case decides. A test whose point is one of
the former bears ``both_databases``; so does one that alone issues a statement. Of the others, half run on each: every area meets both
kinds, and no test is set up and done twice.
``--databases both`` (``make test DATABASES=both``, and the first thing that ``make soak`` does) runs everything on both.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable

import pytest

KINDS = ("sqlite", "postgresql")
both_databases = pytest.mark.both_databases


def shared_out(items: Iterable[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """What runs and what is left out, in the order given. A case that is there for one kind only always runs."""
    kept, cases = list(items), defaultdict(dict[str, pytest.Item])
    for item in kept:
        kind = kind_of(item)
        if kind and item.get_closest_marker(both_databases.name) is None:
            cases[_name(item, kind)][kind] = item
    out = {
        id(found[other]) for name, found in cases.items() if len(found) == len(KINDS) for other in KINDS if other != turn(name)
    }
    return [i for i in kept if id(i) not in out], [i for i in kept if id(i) in out]


def turn(name: str) -> str:
    """The kind of database that a case runs on; it hangs on the name alone, so that a case stays where it is when others come."""
    return KINDS[zlib.crc32(name.encode()) % len(KINDS)]


def kind_of(item: pytest.Item) -> str:
    """The kind of database that a test is parametrised with; empty if with none, or with more than one."""
    callspec = getattr(item, "callspec", None)
    found = {value for value in callspec.params.values() if value in KINDS} if callspec is not None else set()
    return found.pop() if len(found) == 1 else ""


def _name(item: pytest.Item, kind: str) -> str:
    return "-".join(part for part in item.nodeid.replace("[", "-").rstrip("]").split("-") if part != kind)
