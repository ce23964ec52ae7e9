"""JSON Schema of the clause files for editors, generated from the models that read them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from app.library.models import ChapterFile, FormFile, PaperFile, PointsFile, TermsFile
from app.library.variables import VariablesFile

KINDS: dict[str, type[BaseModel]] = {
    "chapter": ChapterFile,
    "points": PointsFile,
    "terms": TermsFile,
    "form": FormFile,
    "paper": PaperFile,
    "variables": VariablesFile,
}


def json_schema(kind: str) -> dict[str, Any]:
    """The schema of one kind of file (``chapter``, ``points``, ``terms``, ``form``, ``paper``, ``variables``)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **KINDS[kind].model_json_schema()}
