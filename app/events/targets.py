"""Numbers to reach: what a target is about, and the names of the scopes it is set for. Pure."""

from dataclasses import dataclass

from app.events.enums import Measure

MOST = 1_000_000
"""No target is larger: nobody fills a stadium ten times over by mistake."""


@dataclass(frozen=True)
class TargetKey:
    """What a target counts. `audience` and `period` empty: all of them. A period is a day of an event (2027-02-04), or a
    month of a project or a year (2027-02).
    """

    measure: Measure
    audience: str = ""
    period: str = ""

    @property
    def name(self) -> str:
        """The field of that target in forms and in the history: `registered`, `present school`, `groups school 2027-02`."""
        return " ".join(part for part in (self.measure.value, self.audience, self.period) if part)


def event_scope(event_id: int) -> str:
    return f"event:{event_id}"


def project_scope(project_id: int) -> str:
    return f"project:{project_id}"


def year_scope(year: int) -> str:
    return f"year:{year}"
