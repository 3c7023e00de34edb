"""How far an import got, as it is kept beside its file: checked, then written, or why nothing was."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.registrations.importing.errors import Fact
from app.registrations.importing.plan import Plan, Problem

PROBLEMS_KEPT = 1_000


@dataclass(frozen=True)
class AudienceTotal:
    """New registrations of one audience, and their people."""

    code: str
    registrations: int
    people: int


@dataclass(frozen=True)
class Difference:
    """A line whose registration is there already, but otherwise: nothing is changed, somebody looks."""

    line: int
    reference: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Checked:
    """The dry run. Of the problems the first thousand are kept; `bad_lines` names every line that has one."""

    lines: int
    registrations: int
    people: int
    there: int
    audiences: tuple[AudienceTotal, ...]
    problems: tuple[Problem, ...]
    problem_count: int
    warning_count: int
    bad_lines: tuple[int, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Written:
    """What was written, all at once."""

    registrations: int
    people: int
    there: int
    left_out: int


@dataclass(frozen=True)
class Refused:
    """Why nothing was written in the end: a line, or (line 0) the file as a whole."""

    line: int
    code: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True)
class ImportReport:
    checked: Checked | None = None
    written: Written | None = None
    refused: Refused | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> "ImportReport":
        checked, written, refused = (stored.get(name) for name in ("checked", "written", "refused"))
        return ImportReport(
            checked=_checked(checked) if checked else None,
            written=Written(**written) if written else None,
            refused=Refused(**refused) if refused else None,
        )


def report_of(plan: Plan) -> Checked:
    """The totals of a plan, and what to look at."""
    counts: dict[str, tuple[int, int]] = {}
    for entry in plan.new:
        registrations, people = counts.get(entry.draft.audience, (0, 0))
        counts[entry.draft.audience] = (registrations + 1, people + entry.draft.headcount.people)
    warnings = sum(p.warning for p in plan.problems)
    kept = sorted(plan.problems, key=lambda p: (p.warning, p.line))[:PROBLEMS_KEPT]
    return Checked(
        lines=plan.lines,
        registrations=len(plan.new),
        people=plan.people,
        there=len(plan.there),
        audiences=tuple(AudienceTotal(code, *totals) for code, totals in counts.items()),
        problems=tuple(kept),
        problem_count=len(plan.problems) - warnings,
        warning_count=warnings,
        bad_lines=tuple(plan.bad_lines),
        differences=tuple(
            Difference(e.line, e.known.reference, e.differs) for e in plan.there if e.known and e.differs
        ),
    )


def _checked(stored: Mapping[str, Any]) -> Checked:
    return Checked(
        **{
            **stored,
            "audiences": tuple(AudienceTotal(**a) for a in stored["audiences"]),
            "problems": tuple(Problem(**p) for p in stored["problems"]),
            "bad_lines": tuple(stored["bad_lines"]),
            "differences": tuple(
                Difference(d["line"], d["reference"], tuple(d["names"])) for d in stored["differences"]
            ),
        }
    )
