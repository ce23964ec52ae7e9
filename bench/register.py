"""How the register grows: its pages and a fixed mix of searches with 100,000 contracts against 1,000, on SQLite and on PostgreSQL.

Each request goes through the whole web application (session, permission, page). What counts is the 95th percentile over all requests of a
kind, run in turn on the small and the large register. Processor time is that of this process and, on PostgreSQL, of its backends, too.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, text

from app.domain.permissions import Role
from app.factory import create_app
from app.services.access import Client, sign_in
from app.services.accounts import CONSOLE, Post, UserDetails, invite
from app.services.own_account import set_password_by_link
from app.settings import Settings
from app.wiring import Wiring
from bench.clocks import Time
from bench.register_data import generate
from bench.register_load import load
from tests.databases import binaries, postgresql

SMALL, LARGE = 1_000, 100_000
ROUNDS = 5
LOGIN, PASSWORD = "bench", "正确的马电池钉书针-测量"
PAGES = (
    "all=1", "stage=active", "stage=void", "sort=value&dir=down", "sort=party_b&dir=up", "sort=stage&dir=up", "sort=title&dir=down",
    f"owner={3:032x}", "party=科技", "party=云帆远景数据", "flag=disputed", "stage=expiring&sort=value&dir=down",
    "last_from=2024-01-01&last_to=2024-01-31&sort=last_day&dir=up", "value_from=8900000", "confidential=yes",
)  # fmt: skip
COMMON = ("违约", "违约金", "服务", "甲方", "人民币", "有限公司", "金", "个人信息保护", "逾期 违约金", "累计不超过", "特别约定")
RARE = (
    "SHFW-2022-000077", "000077", "1,234,", "星河云帆科技", "N-00123", "公证见证", "量子纠缠", "签订地点：宁波市", "扫地机器人巡检",
)  # fmt: skip
NARROWED = ("q=违约&stage=void", "q=违约金&sort=value&dir=down&stage=expiring", "q=服务&party=云帆")
SEARCHES = (*(f"q={word}" for word in (*COMMON, *RARE)), *NARROWED)


@dataclass(frozen=True, slots=True)
class Grown:
    """The 95th percentile of each size: one kind of request, one kind of database."""

    database: str
    kind: str
    requests: int
    small: Time
    large: Time


@dataclass(slots=True)
class _House:
    """The application over one register, with somebody signed in. ``backends``: processor seconds of the database's own processes."""

    client: FlaskClient
    engine: Engine

    def backends(self) -> float:
        if self.engine.dialect.name != "postgresql":
            return 0.0
        with self.engine.connect() as connection:
            mine = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
            pids = list(connection.scalars(text(mine)))
        return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e9

    def get(self, query: str) -> Time:
        address = f"/contracts/?{quote(query, safe='=&,-:%+')}"
        gc.collect()
        held, spent, wall = self.backends(), time.process_time(), time.perf_counter()
        status = self.client.get(address).status_code
        wall, spent = time.perf_counter() - wall, time.process_time() - spent
        assert status == 200, (query, status)
        return Time(wall, spent + max(0.0, self.backends() - held))


def measure(rounds: int = ROUNDS) -> Iterator[Grown]:
    """Both kinds of request on both kinds of database; makes the registers first, which takes some minutes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chengyue-register-")))
        for count in (SMALL, LARGE):
            generate(count, folder / str(count))
        yield from _measured("SQLite", folder, lambda count: f"sqlite:///{folder / f'{count}.sqlite3'}", rounds)
        if binaries() is not None:
            address = stack.enter_context(postgresql(folder))
            yield from _measured("PostgreSQL", folder, lambda count: _database(address, count), rounds)


def _measured(database: str, folder: Path, address: Callable[[int], str], rounds: int) -> Iterator[Grown]:
    houses = [_house(folder, f"{database}-{count}", address(count), count) for count in (SMALL, LARGE)]
    for kind, queries in (("page", PAGES), ("search", SEARCHES)):
        times: tuple[list[Time], list[Time]] = ([], [])
        for index in range(rounds + 1):
            for query in queries:
                for slot, house in zip(times, houses, strict=True):
                    taken = house.get(query)
                    if index:
                        slot.append(taken)
        yield Grown(database, kind, len(queries), *(_percentile(slot) for slot in times))
    for house in houses:
        house.engine.dispose()


def _house(folder: Path, name: str, address: str, count: int) -> _House:
    load(folder / str(count), address).dispose()
    wiring = Wiring(Settings(data_dir=folder / name, database_url=address))
    app = create_app(wiring.settings, wiring)
    links: list[str] = []

    def link(token: str) -> str:
        links.append(token)
        return token

    details = UserDetails(LOGIN, "测量", "", frozenset({Role.DRAFTER}))
    with wiring.unit_of_work() as uow:
        invite(uow, CONSOLE, wiring.now(), details, Post(wiring.write_mail, link))
    with wiring.unit_of_work() as uow:
        set_password_by_link(uow, wiring.now(), links[-1], PASSWORD, wiring.write_mail)
    with wiring.unit_of_work() as uow:
        token = sign_in(uow, wiring.now(), LOGIN, PASSWORD, Client("127.0.0.1", "bench"), wiring.write_mail).token
    client = app.test_client()
    with client.session_transaction() as session:
        session["token"] = token
        session.permanent = True
    return _House(client, wiring.engine)


def _database(maintenance: str, count: int) -> str:
    engine = create_engine(maintenance, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE register_{count}"))
    engine.dispose()
    return f"{maintenance.rpartition('/')[0]}/register_{count}"


def _percentile(times: list[Time]) -> Time:
    """The 95th, of each clock for itself."""

    def of(values: list[float]) -> float:
        return statistics.quantiles(values, n=20, method="inclusive")[-1]

    return Time(of([t.wall for t in times]), of([t.processor for t in times]))
