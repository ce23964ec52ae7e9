"""Files made in the background, as pages show them: finished, on their way, failed, or not asked for yet."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import abort, send_file
from flask.typing import ResponseReturnValue

from app.web.jobs import Finished, Job, Jobs


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one set of files."""

    finished: Finished | None
    job: Job | None

    @classmethod
    def of(cls, jobs: Jobs, key: str) -> Made:
        return cls(jobs.finished(key), jobs.running(key))

    @property
    def underway(self) -> bool:
        return self.finished is None and self.job is not None and not self.job.problem

    @property
    def problem(self) -> str:
        return self.job.problem if self.finished is None and self.job is not None else ""


def send(jobs: Jobs, key: str, name: str, stem: str) -> ResponseReturnValue:
    """One finished file under the name ``stem``; 404 where it isn't there."""
    finished, folder = jobs.finished(key), jobs.folder(key)
    if finished is None or folder is None or name not in finished.files:
        abort(404)
    return send_file(folder.resolve() / name, as_attachment=True, download_name=f"{stem}.{name.rpartition('.')[2]}")


def stem_of(number: str) -> str:
    """A contract number as the beginning of a file's name."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", number) or "合同"
