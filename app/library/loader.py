"""``clauses/<form>/`` → ``ClauseLibrary``. Reads, converts and pins; content rules are in ``app.library.check``."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from app.domain.clauses import (
    Approval,
    BoxSource,
    ChapterSource,
    ClauseLibrary,
    ClauseSource,
    DefinedTerm,
    FormRowSource,
    ObligationSource,
    PartyBlockSource,
    RequiredPoint,
    SectionSource,
    Topic,
    Variant,
)
from app.domain.errors import LibraryError
from app.domain.papers import PaperKind
from app.domain.tree import BoxKind, Layout, Level
from app.library.models import (
    ChapterFile,
    ClauseModel,
    FormFile,
    FormRowModel,
    PaperChapterModel,
    PaperFile,
    PointsFile,
    SectionModel,
    SignaturesFile,
    TermsFile,
    TopicModel,
)
from app.library.variables import load_variables
from app.library.yaml_files import read_model

FORM = "after_sales_outsourcing"
SHARED = "papers.yaml"
"""Variables that every paper has: the contract it belongs to, parties, addresses, who signs."""
SIGNATURES = "paper_signatures.yaml"


def clauses_root() -> Path:
    """The repository's ``clauses/`` folder."""
    return Path(__file__).resolve().parents[2] / "clauses"


def load_paper(kind: PaperKind) -> ClauseLibrary:
    """The form of one of the eight papers. Raises ``LibraryError``."""
    return load_library(clauses_root() / kind.form)


@lru_cache(maxsize=16)
def load_library(folder: Path | None = None) -> ClauseLibrary:
    """The library of one form. Raises ``LibraryError`` with every fault of every file at once."""
    root = folder or clauses_root() / FORM
    if (root / "text.yaml").exists():
        return _load_paper(root)
    problems: list[str] = []
    form = read_model(root / "form.yaml", FormFile, problems)
    terms = read_model(root / "terms.yaml", TermsFile, problems)
    chapters = [read_model(p, ChapterFile, problems) for p in sorted(root.glob("[0-9][0-9]_*.yaml"))]
    points = [read_model(p, PointsFile, problems) for p in sorted((root / "points").glob("*.yaml"))]
    try:
        variables = load_variables(root / "variables.yaml")
    except LibraryError as error:
        problems.extend(error.problems)
    if problems or form is None or terms is None:
        raise LibraryError(problems or ["clauses：缺少 form.yaml 或 terms.yaml"])
    return ClauseLibrary(
        form=form.form,
        version=form.version,
        fingerprint=fingerprint(root),
        title=form.title,
        cover=tuple(_row(r) for r in form.cover),
        parties=tuple(PartyBlockSource(b.id, b.heading, tuple(_row(r) for r in b.rows)) for b in form.parties),
        preamble=form.preamble,
        chapters=tuple(
            ChapterSource(c.chapter, c.title, tuple(_section(s) for s in c.sections)) for c in chapters if c is not None
        ),
        variables=variables,
        terms=tuple(DefinedTerm(t.id, t.term, t.meaning, t.first_used) for t in terms.terms),
        points=tuple(
            RequiredPoint(p.id, p.gist, tuple(p.actors), tuple(p.modality), tuple(p.variables), tuple(p.keywords))
            for f in points
            if f is not None
            for p in f.points
        ),
    )


def _load_paper(root: Path) -> ClauseLibrary:
    """A short instrument: ``form.yaml``, ``variables.yaml`` and one ``text.yaml``."""
    problems: list[str] = []
    form = read_model(root / "form.yaml", FormFile, problems)
    text = read_model(root / "text.yaml", PaperFile, problems)
    shared, signing = root.parent / SHARED, root.parent / SIGNATURES
    signatures = read_model(signing, SignaturesFile, problems)
    try:
        variables = load_variables(root / "variables.yaml", shared)
    except LibraryError as error:
        problems.extend(error.problems)
    if problems or form is None or text is None or signatures is None:
        raise LibraryError(problems or [f"{root.name}：缺少 form.yaml 或 text.yaml"])
    blocks = {"": [], "both": signatures.both, "sender": signatures.sender}
    return ClauseLibrary(
        form=form.form,
        version=form.version,
        fingerprint=fingerprint(root, shared, signing),
        title=form.title,
        cover=tuple(_row(r) for r in form.cover),
        parties=tuple(PartyBlockSource(b.id, b.heading, tuple(_row(r) for r in b.rows)) for b in form.parties),
        preamble=form.preamble.strip(),
        chapters=tuple(_paper_chapter(i, c, blocks[c.signatures]) for i, c in enumerate(text.chapters, 1)),
        variables=variables,
        terms=(),
        annex_sections=(),
        layout=Layout(form.layout),
    )


def _paper_chapter(index: int, model: PaperChapterModel, signatures: list[FormRowModel]) -> ChapterSource:
    provisions = tuple(_clause(c, Level.ARTICLE) for c in model.provisions)
    form = tuple(_row(r) for r in (*model.form, *signatures))
    return ChapterSource(index, model.title, (SectionSource(f"{index}.1", "", provisions, form),))


def fingerprint(root: Path, *more: Path) -> str:
    """SHA-256 over names and contents of the form's source files; the version of the library that a contract pins."""
    total = hashlib.sha256()
    for path in more:
        total.update(path.read_bytes())
    for path in sorted(root.rglob("*.yaml")):
        content = path.read_bytes()
        total.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def _clause(model: ClauseModel, level: Level) -> ClauseSource:
    children = tuple(_clause(c, Level.PARAGRAPH) for c in model.paragraphs) + tuple(_clause(c, Level.ITEM) for c in model.items)
    return ClauseSource(
        id=model.id,
        level=level,
        text=model.text.strip(),
        title=model.title.strip(),
        when=model.when.strip(),
        covers=tuple(model.covers),
        laws=tuple(model.laws),
        prominent=model.prominent,
        table=model.table,
        children=children,
        fixed=model.fixed,
        each=model.each,
        variants=tuple(Variant(v.when.strip(), v.text.strip()) for v in model.variants),
    )


def _row(model: FormRowModel) -> FormRowSource:
    box = BoxSource(model.box.name, BoxKind(model.box.kind), model.box.width, model.box.height) if model.box else None
    return FormRowSource(model.id, model.label, model.text, box, model.when)


def _topic(model: TopicModel, section: str) -> Topic:
    return Topic(
        id=model.id,
        section=section,
        title=model.title,
        standard=model.standard,
        fallback=model.fallback.summary,
        approval=Approval(model.fallback.approval),
        wording={k: (v.strip() if v is not None else None) for k, v in model.fallback.wording.items()},
        presets=dict(model.fallback.set),
        unacceptable=model.unacceptable.summary,
        waivable=model.unacceptable.waivable,
        provisions=tuple(model.provisions),
    )


def _section(model: SectionModel) -> SectionSource:
    return SectionSource(
        number=model.number,
        title=model.title,
        provisions=tuple(_clause(c, Level.ARTICLE) for c in model.provisions),
        form=tuple(_row(r) for r in model.form),
        topics=tuple(_topic(t, model.number) for t in model.topics),
        obligations=tuple(
            ObligationSource(
                o.id,
                o.obligor,
                o.action,
                o.trigger,
                o.due,
                o.clock,
                o.remind,
                o.variable,
                o.provision,
                tuple(o.further),
                o.fixed,
                o.when,
            )
            for o in model.obligations
        ),
    )
