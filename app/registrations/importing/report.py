"""How far an import got, as it is kept beside its file: checked, being written, written, or why it was not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from app.registrations.importing.errors import Fact
from app.registrations.importing.plan import Plan
from app.sheets.problems import Problem

PROBLEMS_KEPT = 1_000
UNWRITTEN_KEPT = 200


@dataclass(frozen=True)
class AudienceTotal:
    """New registrations of one audience, and their people."""

    code: str
    registrations: int
    people: int


@dataclass(frozen=True)
class AnswerTotal:
    """How many new registrations answer a question, and of a list how many take each choice, by code."""

    key: str
    answered: int
    choices: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """A line whose registration is there already, but otherwise: nothing is changed, somebody looks."""

    line: int
    reference: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Cause:
    """What is wrong alike with so many lines: one kind of problem in one column."""

    code: str
    column: str
    warning: bool
    lines: int


@dataclass(frozen=True)
class Checked:
    """The dry run. `causes` count all problems, the commonest first; of the problems themselves a thousand are kept, of
    each cause some; `bad_lines` names every line that has one.
    """

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
    causes: tuple[Cause, ...] = ()
    answers: tuple[AnswerTotal, ...] = ()


@dataclass(frozen=True)
class Unwritten:
    """A line that was fine when the file was checked, and for which it was too late when its turn came."""

    line: int
    code: str


@dataclass(frozen=True)
class Tally:
    """What came of lines: new registrations, their people, those registered before, and the first of those that failed."""

    registrations: int = 0
    people: int = 0
    there: int = 0
    unwritten: tuple[Unwritten, ...] = ()
    unwritten_count: int = 0

    def plus(self, other: "Tally") -> "Tally":
        return Tally(
            self.registrations + other.registrations,
            self.people + other.people,
            self.there + other.there,
            (self.unwritten + other.unwritten)[:UNWRITTEN_KEPT],
            self.unwritten_count + other.unwritten_count,
        )


@dataclass(frozen=True)
class Writing:
    """How far the writing got: `done` of `total` lines, all of those up to `line`; and what was chosen at its start."""

    leave_out: bool
    send_mails: bool
    total: int
    line: int = 0
    done: int = 0
    tally: Tally = Tally()


@dataclass(frozen=True)
class Written:
    """The end: all lines are dealt with."""

    registrations: int
    people: int
    there: int
    left_out: int
    unwritten: tuple[Unwritten, ...] = ()
    unwritten_count: int = 0


@dataclass(frozen=True)
class Refused:
    """Why nothing (more) is written: a line, or (line 0) the file as a whole."""

    line: int
    code: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True)
class ImportReport:
    checked: Checked | None = None
    written: Written | None = None
    refused: Refused | None = None
    writing: Writing | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> "ImportReport":
        checked, written, refused, writing = (stored.get(n) for n in ("checked", "written", "refused", "writing"))
        return ImportReport(
            checked=_checked(checked) if checked else None,
            written=Written(**_with_unwritten(written)) if written else None,
            refused=Refused(**refused) if refused else None,
            writing=Writing(**{**writing, "tally": Tally(**_with_unwritten(writing["tally"]))}) if writing else None,
        )


def report_of(plan: Plan) -> Checked:
    """The totals of a plan, and what to look at."""
    counts: dict[str, tuple[int, int]] = {}
    for entry in plan.new:
        registrations, people = counts.get(entry.draft.audience, (0, 0))
        counts[entry.draft.audience] = (registrations + 1, people + entry.draft.headcount.people)
    warnings = sum(p.warning for p in plan.problems)
    return Checked(
        lines=plan.lines,
        registrations=len(plan.new),
        people=plan.people,
        there=len(plan.there),
        audiences=tuple(AudienceTotal(code, *totals) for code, totals in counts.items()),
        problems=_some_of_each(plan.problems),
        problem_count=len(plan.problems) - warnings,
        warning_count=warnings,
        bad_lines=tuple(plan.bad_lines),
        differences=tuple(
            Difference(e.line, e.known.reference, e.differs) for e in plan.there if e.known and e.differs
        ),
        causes=causes_of(plan.problems),
        answers=_answer_totals(plan),
    )


def _answer_totals(plan: Plan) -> tuple[AnswerTotal, ...]:
    """No answer is named itself, but for the choices of lists: the report outlives what people wrote."""
    answered: dict[str, int] = {}
    chosen: dict[str, dict[str, int]] = {}
    for entry in plan.new:
        for key, answer in entry.draft.answers.items():
            answered[key] = answered.get(key, 0) + 1
            for code in answer if isinstance(answer, list) else [answer] if key in plan.lists else []:
                counts = chosen.setdefault(key, {})
                counts[code] = counts.get(code, 0) + 1
    return tuple(AnswerTotal(key, count, chosen.get(key, {})) for key, count in answered.items())


def causes_of(problems: Iterable[Problem]) -> tuple[Cause, ...]:
    """The problems by cause: those that keep lines from being written first, then the commonest."""
    lines: dict[tuple[bool, str, str], set[int]] = {}
    for problem in problems:
        lines.setdefault((problem.warning, problem.code, problem.column), set()).add(problem.line)
    causes = [Cause(code, column, warning, len(found)) for (warning, code, column), found in lines.items()]
    return tuple(sorted(causes, key=lambda c: (c.warning, -c.lines, c.code, c.column)))


def _some_of_each(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """A thousand problems, and of each cause its first ones: a rare cause is not lost behind a common one."""
    by_cause: dict[tuple[bool, str, str], list[Problem]] = {}
    for problem in sorted(problems, key=lambda p: p.line):
        by_cause.setdefault((problem.warning, problem.code, problem.column), []).append(problem)
    each = max(1, PROBLEMS_KEPT // max(1, len(by_cause)))
    kept = [p for found in by_cause.values() for p in found[:each]]
    return tuple(sorted(kept, key=lambda p: (p.warning, p.line)))


def _with_unwritten(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {**stored, "unwritten": tuple(Unwritten(**u) for u in stored.get("unwritten", ()))}


def _checked(stored: Mapping[str, Any]) -> Checked:
    problems = tuple(Problem(**p) for p in stored["problems"])
    return Checked(
        **{
            **stored,
            "audiences": tuple(AudienceTotal(**a) for a in stored["audiences"]),
            "problems": problems,
            "causes": tuple(Cause(**c) for c in stored["causes"]) if "causes" in stored else causes_of(problems),
            "bad_lines": tuple(stored["bad_lines"]),
            "answers": tuple(AnswerTotal(**a) for a in stored.get("answers", ())),
            "differences": tuple(
                Difference(d["line"], d["reference"], tuple(d["names"])) for d in stored["differences"]
            ),
        }
    )
