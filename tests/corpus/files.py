"""Where the shared corpus of foreign files lies: in a folder ``shared`` beside the repository or beside one of the folders around it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = next((p for folder in ROOT.parents if (p := folder / "shared" / "corpus" / "docx").is_dir()), ROOT / "no corpus")
