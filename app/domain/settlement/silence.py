"""Where silence counts as consent: only where the text in force says so (CC:140), and only from the receipt of what is to be answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from app.domain.calendar import WorkingCalendar
from app.domain.term import add_working_days
from app.domain.tree import Instrument

REVIEW = "quality.assessment.procedure.review"
"""Party A is silent on the figures that party B handed in (section 5.2)."""
OBJECTION = "quality.assessment.procedure.object"
"""Party B is silent on the result of party A's review (section 5.2)."""
STATEMENT = "fees.payment.cycle.confirm"
"""Party A neither confirms a 结算单 nor objects to it (section 8.2)."""
_SAID = re.compile(r"(?<!不)(?<!不得)(?<!不能)(?<!不应)(?<!不应当)视为[^，。；]*?(?:认可|确认)")


@dataclass(frozen=True, slots=True)
class Silence:
    """Whose silence would confirm, and after which day. ``last`` None: no period runs, ``why`` says what is missing.

    ``provision``: id of the provision that gives silence its meaning.
    """

    party: str
    provision: str
    last: date | None
    why: str = ""

    def lapsed(self, today: date) -> bool:
        """The last day to speak is over."""
        return self.last is not None and self.last < today


def agreed_silence(text: Instrument) -> frozenset[str]:
    """Which of the three provisions of this text say that silence counts as consent."""
    found = ((name, text.provision(name)) for name in (REVIEW, OBJECTION, STATEMENT))
    return frozenset(name for name, provision in found if provision is not None and _SAID.search(provision.text))


def silence_after(
    party: str, provision: str, received: date, workdays: tuple[int, ...], agreed: frozenset[str], calendar: WorkingCalendar
) -> Silence:
    """The longest of the periods counts, each from the day after receipt (brief B1-9)."""
    if provision not in agreed:
        return Silence(party, provision, None, "合同没有约定逾期未提出即视为认可，沉默不产生确认的效果（民法典第一百四十条）")
    return Silence(party, provision, max(add_working_days(received, days, calendar).day for days in workdays))
