"""Writing results: everything to temporary names first, then moved, so that a killed run leaves no broken file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from app.domain.errors import ContractError

PREFIX = ".chengyue-"


def write_all(folder: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write ``files`` by name into ``folder`` (made if absent). Raises ``ContractError`` where that can't be done.

    All files are complete on disk under temporary names before the first is moved into place.
    """
    pending: list[tuple[Path, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        blocked = next((folder / name for name in files if (folder / name).is_dir()), None)
        if blocked is not None:
            raise ContractError("output.unwritable", f"无法写入 {blocked}：已有同名的文件夹")
        for name, content in files.items():
            handle, temporary = tempfile.mkstemp(prefix=PREFIX, dir=folder)
            pending.append((Path(temporary), folder / name))
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temporary, 0o644)
        for temporary_path, target in pending:
            os.replace(temporary_path, target)
    except OSError as error:
        raise ContractError("output.unwritable", f"无法写入 {folder}：{error.strerror or error}") from error
    finally:
        for temporary_path, _ in pending:
            temporary_path.unlink(missing_ok=True)
    return tuple(target for _, target in pending)
