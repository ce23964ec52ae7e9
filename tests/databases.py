"""Real databases for tests: a private PostgreSQL server on a loopback port, and migrated databases copied in a moment."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from app.store.engine import open_engine
from app.store.migrate import upgrade
from tests.ports import free_port
from tests.scratch import scratch_folder

TEMPLATE = "chengyue_template"


def binaries() -> Path | None:
    """The newest PostgreSQL server on this machine: on the path, or where Debian puts it."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if (p / "initdb").exists()]
    return max(versions, key=lambda p: float(p.parent.name), default=None)


def _plain_user() -> tuple[list[str], str]:
    """PostgreSQL refuses to run as root: the words that run a command as somebody else, and his name."""
    if os.geteuid() != 0:
        return [], pwd.getpwuid(os.geteuid()).pw_name
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"], name
    raise RuntimeError("no unprivileged user to run PostgreSQL as")


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A server of our own with its data in a new folder; yields the address of its maintenance database."""
    bin_folder = binaries()
    assert bin_folder is not None
    words, user = _plain_user()
    home = scratch_folder()
    try:
        if os.geteuid() == 0:
            shutil.chown(home, user)
        data, port = home / "data", free_port()
        subprocess.run(
            [*words, str(bin_folder / "initdb"), "-D", str(data), "-U", "chengyue", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
             "--no-sync", "--no-instructions"],
            check=True, capture_output=True, cwd=home,
        )  # fmt: skip
        # Nothing here must outlive a power cut; what is tested is the program's order of writes, not the disk.
        # Little is logged and nothing cleaned up behind a test.
        options = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
                   "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "60", "wal_level": "minimal",
                   "max_wal_senders": "0", "max_wal_size": "128MB", "autovacuum": "off", "jit": "off"}  # fmt: skip
        with (folder / "postgresql.log").open("wb") as log:
            # The signal of a parent's death ends the server even where the tests are killed.
            server = subprocess.Popen(
                [*words, "setpriv", "--pdeathsig=INT", "--", str(bin_folder / "postgres"), "-D", str(data), *(f"--{k}={v}" for k, v in options.items())],
                stdout=log, stderr=subprocess.STDOUT, cwd=home,
            )  # fmt: skip
        try:
            address = f"postgresql+psycopg://chengyue@127.0.0.1:{port}/postgres"
            _await(address, server)
            yield address
        finally:
            server.send_signal(signal.SIGQUIT)  # immediate shutdown: what it holds is thrown away with it
            server.wait(20)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _await(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    engine = create_engine(address)
    try:
        while True:
            try:
                engine.connect().close()
                return
            except Exception:
                assert server.poll() is None, "PostgreSQL ended by itself"
                assert time.monotonic() < deadline, "PostgreSQL did not start"
                time.sleep(0.05)
    finally:
        engine.dispose()


def _command(address: str, statement: str) -> None:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def know_the_library(engine: Engine) -> None:
    """Put the text of the demonstration contract into the search index, as any installation that has a contract already knows it.

    Else the first version of every test would bring a thousand passages that the index has never met, a tenth of a second each time.
    """
    from app.domain.answers import read_answers
    from app.domain.passages import passages
    from app.library.answers_file import load_example
    from app.services.drafting import build
    from app.store.search import add_passages
    from tests.services.fixtures import TODAY, reference

    answers = read_answers(reference().library.variables, load_example().data).answers
    text = build(reference(), answers, TODAY)[1]
    with Session(engine) as session:
        add_passages(session, [p for group in passages(text) for p in group])
        session.commit()


def prepare_template(maintenance: str) -> None:
    """One migrated database of the server; each test gets a copy of it."""
    _command(maintenance, f"CREATE DATABASE {TEMPLATE}")
    engine = open_engine(maintenance.rpartition("/")[0] + f"/{TEMPLATE}")
    upgrade(engine)
    know_the_library(engine)
    engine.dispose()


@cache
def _strategy(maintenance: str) -> str:
    """How to copy a database: its files at once, without logging every page, where the server knows that (PostgreSQL 15)."""
    engine = create_engine(maintenance)
    with engine.connect() as connection:
        version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    engine.dispose()
    return " STRATEGY FILE_COPY" if version >= 150000 else ""


def copy_database(maintenance: str, name: str, template: str = TEMPLATE) -> str:
    """The address of a new database that is a copy of ``template``; it goes with its server."""
    _command(maintenance, f"CREATE DATABASE {name} TEMPLATE {template}{_strategy(maintenance)}")
    return maintenance.rpartition("/")[0] + f"/{name}"


def clone(address: str, name: str) -> str:
    """The address of a new database, beside the one at ``address``, with the same contents; nobody may be connected to that."""
    if address.startswith("sqlite"):
        source = Path(address.removeprefix("sqlite:///"))
        target = source.with_name(f"{name}.sqlite3")
        # By SQLite itself: a process that was killed leaves a part of the contents in a file of its own.
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
        return f"sqlite:///{target}"
    server, _, template = address.rpartition("/")
    return copy_database(f"{server}/postgres", name, template)


def drop(address: str) -> None:
    """Throw a database away."""
    if address.startswith("sqlite"):
        source = Path(address.removeprefix("sqlite:///"))
        for path in source.parent.glob(f"{source.name}*"):
            path.unlink()
    else:
        server, _, name = address.rpartition("/")
        _command(f"{server}/postgres", f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def copy_of_template(maintenance: str, name: str, template: str = TEMPLATE) -> Iterator[str]:
    """The address of a fresh copy of a database (a migrated one), dropped afterwards."""
    try:
        yield copy_database(maintenance, name, template)
    finally:
        _command(maintenance, f"DROP DATABASE {name} WITH (FORCE)")
