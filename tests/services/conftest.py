"""Units of work over a fresh database of each kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.services.generation import Tools
from app.store.blobs import BlobStore
from app.store.engine import reading
from app.store.seal import AuditSeal
from app.store.uow import UnitOfWork
from tests.services.sharing import shared_out
from tests.services.snapshots import Snapshots

Units = Callable[[], UnitOfWork]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Who names a test gets it on both databases, too."""
    if config.getoption("--databases") == "both" or any("::" in argument for argument in config.args):
        return
    _, left = shared_out(item for item in items if Path(__file__).parent in item.path.parents)
    out = {id(item) for item in left}
    items[:] = [item for item in items if id(item) not in out]
    config.hook.pytest_deselected(items=left)


@pytest.fixture
def units(engine: Engine) -> Units:
    return lambda: UnitOfWork(engine)


@pytest.fixture(scope="session")
def snapshots(request: pytest.FixtureRequest) -> Snapshots:
    return Snapshots(request)


@pytest.fixture
def readers(engine: Engine) -> Units:
    return lambda: UnitOfWork(reading(engine))


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


@pytest.fixture
def seal(tmp_path: Path) -> AuditSeal:
    return AuditSeal(tmp_path / "audit")


@pytest.fixture(scope="session")
def real_tools() -> Tools:
    """The real renderers and provers; the fonts are cut once for a test run."""
    from app.rendering.annexes import write_annexes
    from app.rendering.docx import render_docx
    from app.rendering.html import render_html
    from app.rendering.proof.docx_text import prove_docx
    from app.rendering.proof.pdf_text import prove_pdf
    from tests.rendering.fixtures import renderer

    return Tools(render_docx, renderer(), render_html, write_annexes, prove_docx, prove_pdf)
