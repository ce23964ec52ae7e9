"""The shape of the files under ``clauses/``: pydantic models, from which the editors' JSON Schema is generated."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ProvisionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$", max_length=36)]
PointId = Annotated[str, StringConstraints(pattern=r"^\d{1,2}\.\d-b\d{1,2}$")]
Citation = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*:[0-9附一二三四五六七八九十\-]+$")]
SectionNumber = Annotated[str, StringConstraints(pattern=r"^\d{1,2}\.\d$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VariantModel(Strict):
    """One wording of a repeated provision."""

    when: str = Field(min_length=1)
    text: str = Field(min_length=1)


class ClauseModel(Strict):
    """A provision: 条, or 款/项 as a child. ``each``: repeated for each row of a table variable (papers only)."""

    id: ProvisionId
    title: str = ""
    text: str = ""
    when: str = ""
    covers: list[PointId] = Field(default_factory=list, max_length=3)
    laws: list[Citation] = Field(default_factory=list)
    prominent: bool = False
    fixed: bool = False
    each: str = ""
    variants: list[VariantModel] = Field(default_factory=list)
    table: str = ""
    paragraphs: list[ClauseModel] = Field(default_factory=list)
    items: list[ClauseModel] = Field(default_factory=list)


class BoxModel(Strict):
    name: str
    kind: Literal["signature", "seal", "date", "text", "check"]
    width: float = Field(gt=0, le=170)
    height: float = Field(gt=0, le=100)


class FormRowModel(Strict):
    id: ProvisionId
    label: str = Field(min_length=1)
    text: str = ""
    box: BoxModel | None = None
    when: str = ""


class FallbackModel(Strict):
    summary: str = Field(min_length=1)
    approval: Literal["legal", "legal_head", "legal_and_business"]
    wording: dict[str, str | None] = Field(min_length=1)
    set: dict[str, Any] = Field(default_factory=dict)


class UnacceptableModel(Strict):
    summary: str = Field(min_length=1)
    waivable: bool = True


class TopicModel(Strict):
    id: str = Field(pattern=r"^\d{1,2}\.\d-t\d{1,2}$")
    title: str = Field(min_length=1)
    standard: str = Field(min_length=1)
    provisions: list[str] = Field(min_length=1)
    fallback: FallbackModel
    unacceptable: UnacceptableModel


class ObligationModel(Strict):
    id: str = Field(pattern=r"^O-\d{1,2}\.\d-\d{1,2}$")
    obligor: Literal["A", "B", "AB", "SYS"]
    action: str = Field(min_length=1)
    trigger: str = Field(min_length=1)
    due: str = ""
    clock: str = ""
    remind: str = ""
    variable: str = ""
    provision: str = Field(min_length=1)
    further: list[str] = Field(default_factory=list)
    fixed: bool = False
    when: str = ""


class SectionModel(Strict):
    number: SectionNumber
    title: str
    provisions: list[ClauseModel] = Field(default_factory=list)
    form: list[FormRowModel] = Field(default_factory=list)
    topics: list[TopicModel] = Field(default_factory=list)
    obligations: list[ObligationModel] = Field(default_factory=list)


class ChapterFile(Strict):
    """One ``NN_<chapter>.yaml``."""

    chapter: int = Field(ge=1, le=14)
    title: str
    sections: list[SectionModel]


class PointModel(Strict):
    id: PointId
    gist: str
    actors: list[str]
    modality: list[str]
    variables: list[str]
    keywords: list[str] = Field(min_length=1)


class PointsFile(Strict):
    """One ``points/NN.yaml``."""

    points: list[PointModel]


class TermModel(Strict):
    id: ProvisionId
    term: str = Field(min_length=1)
    meaning: str = Field(min_length=1)
    first_used: SectionNumber


class TermsFile(Strict):
    """``terms.yaml``."""

    terms: list[TermModel]


class PartyBlockModel(Strict):
    id: ProvisionId
    heading: str
    rows: list[FormRowModel]


class FormFile(Strict):
    """``form.yaml``. ``layout``: ``paper`` for the short instruments that follow a contract."""

    form: str
    title: str
    version: str
    layout: Literal["book", "paper"] = "book"
    cover: list[FormRowModel]
    parties: list[PartyBlockModel]
    preamble: str


class PaperChapterModel(Strict):
    """A part of a short instrument; without title it prints no heading (the signatures)."""

    title: str
    provisions: list[ClauseModel] = Field(default_factory=list)
    form: list[FormRowModel] = Field(default_factory=list)
    signatures: Literal["", "both", "sender"] = ""


class SignaturesFile(Strict):
    """``paper_signatures.yaml``: the signature blocks that papers share."""

    both: list[FormRowModel]
    sender: list[FormRowModel]


class PaperFile(Strict):
    """``text.yaml`` of a short instrument."""

    chapters: list[PaperChapterModel] = Field(min_length=1)
