"""The part of the wiring that texts and plans are made with: library, laws, the working-day calendar, and what hangs on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from app.domain.calendar import WorkingCalendar
from app.domain.clauses import ClauseLibrary
from app.domain.textual_change import TextDiff
from app.library.approval_policy import load_approval_policy
from app.library.calendars import calendar_fault, load_calendar
from app.library.laws import load_laws
from app.library.loader import load_library
from app.services.drafting import Reference

if TYPE_CHECKING:
    from app.services.obligation_planning import Almanac
    from app.services.paper_texts import PaperKit

MadeT = TypeVar("MadeT")


class ContractTools:
    """A part of ``app.wiring.Wiring``. What is made of the calendar is made anew when its file has changed; whoever holds an older one
    goes on with that to the end of what it does."""

    @cached_property
    def library(self) -> ClauseLibrary:
        return load_library()

    @property
    def calendar(self) -> WorkingCalendar:
        """Working days as officially announced, as their file stands now."""
        return load_calendar(now=datetime.now(UTC))

    @property
    def calendar_fault(self) -> str:
        """Why the file that lies there is not used; empty where it is."""
        return calendar_fault()

    @property
    def reference(self) -> Reference:
        def make(calendar: WorkingCalendar) -> Reference:
            from app.rendering.fonts import covered

            return Reference(self.library, load_laws(), calendar, covered, load_approval_policy())

        return self._by_calendar("reference", make)

    @property
    def papers(self) -> PaperKit:
        """What the papers of a contract are compiled against."""

        def make(_calendar: WorkingCalendar) -> PaperKit:
            from app.library.loader import load_paper
            from app.services.paper_texts import PaperKit

            return PaperKit(self.reference, load_paper, self.differ)

        return self._by_calendar("papers", make)

    @property
    def almanac(self) -> Almanac:
        """What obligations are planned by."""

        def make(calendar: WorkingCalendar) -> Almanac:
            from app.domain.obligations import Catalogue
            from app.services.obligation_planning import Almanac

            return Almanac(Catalogue.of(self.library), calendar)

        return self._by_calendar("almanac", make)

    @cached_property
    def differ(self) -> TextDiff:
        """The diff of Chinese contract text."""
        from app.rendering.textdiff import ChineseDiff

        return ChineseDiff()

    @cached_property
    def _made(self) -> dict[str, tuple[WorkingCalendar, Any]]:
        return {}

    def _by_calendar(self, name: str, make: Callable[[WorkingCalendar], MadeT]) -> MadeT:
        calendar = self.calendar
        kept = self._made.get(name)
        if kept is None or kept[0] is not calendar:
            kept = self._made[name] = (calendar, make(calendar))
        made: MadeT = kept[1]
        return made
