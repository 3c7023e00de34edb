"""The catalogue of what is lent, open to all: dates first, or one scenario with its calendar."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from app.boxes.enums import FileUse
from app.boxes.errors import FileNotFound, ScenarioNotFound
from app.boxes.queries import get_public_file, get_scenario_by_slug, list_files, list_items, list_scenarios
from app.boxes.rows import ScenarioRow
from app.core import clock
from app.events.rules import SLUG
from app.loans.availability import count_free, counts_free
from app.loans.nearest import nearest_free
from app.loans.rules import Borrowing, period_problems
from app.loans.words import period_words
from app.resources.calendars import OpenDays, open_days
from app.resources.halfdays import Period
from app.web.box_days import (
    TypedDays,
    borrower_at,
    days_of,
    days_problem,
    month_view,
    today_of,
    typed_days,
    typed_month,
)
from app.web.context import look_of, show_organiser
from app.web.guards import public
from app.web.i18n import current_locale
from app.web.loan_words import LOAN_WORDS
from app.web.manage.boxes_files import box_file_response
from app.web.public.boxes_search import FEW, find_scenarios, page_of, wanted_of
from app.web.public.found import LONGEST_SLUG, TOKEN
from app.web.wording import message_for, register_messages

blueprint = Blueprint("public_boxes", __name__, url_prefix="/boxes")
register_messages(LOAN_WORDS)


@dataclass(frozen=True)
class Suggestion:
    """Other days: in words, and as an address says them."""

    words: str
    query: str


@dataclass(frozen=True)
class Answer:
    """What holds for the days that were asked about: a number of free boxes, or why they cannot be asked for."""

    free: int
    problem: str
    words: str
    nearest: tuple[Suggestion, ...] = ()


@blueprint.get("")
@public
def index() -> str:
    """All that is listed, or what is looked for; with days, what is free then."""
    listed, locale = list_scenarios(None, listed=True), current_locale()
    lenders = {scenario.organiser_id for scenario in listed}
    if len(lenders) == 1:
        show_organiser(listed[0].organiser_id)
    scenarios, wanted = find_scenarios(listed, wanted_of(request.args), locale)
    typed = typed_days(request.args)
    problem = days_problem(request.args, typed) or ("last_day" if typed.first and not typed.last else "")
    period = None if problem else typed.period
    answers = _answers(scenarios, period) if period else {}
    if period:
        scenarios.sort(key=lambda s: not answers[s.id].free)
    return render_template(
        "public/boxes/index.html",
        found=page_of(scenarios, listed, wanted, locale),
        wanted=wanted,
        searchable=len(listed) > FEW,
        typed=typed,
        refused=message_for(problem) if problem else "",
        answers=answers,
        others=not all(scenario.is_game for scenario in listed),
        lenders={i: look_of(i).name for i in lenders} if len(lenders) > 1 else {},
        words=period_words(period, locale) if period else "",
        today=today_of(clock.now()).isoformat(),
    )


@blueprint.get("/<slug>")
@public
def show(slug: str) -> str | Response:
    """One scenario: what it is, and its calendar. A day that is followed is the first, then the last of the days."""
    scenario, now = _listed(slug), clock.now()
    typed = typed_days(request.args)
    if picked := request.args.get("day", ""):
        at = typed_month(request.args.get("month", ""), today_of(now)).strftime("%Y-%m")
        return redirect(f"/boxes/{slug}?{_picked(typed, picked)}&month={at}#calendar")
    problem = days_problem(request.args, typed)
    period = None if problem else typed.period
    month = typed_month(request.args.get("month", "") or typed.first[:7], today_of(now))
    begun = TypedDays(typed.first, last=typed.first).period if typed.first and not typed.last else None
    calendar = open_days(scenario.organiser_id, period.first.date, period.last.date) if period else None
    return render_template(
        "public/boxes/show.html",
        scenario=scenario,
        items=list_items(scenario.id),
        guides=[f for f in list_files(scenario_id=scenario.id) if f.use in {FileUse.GUIDE, FileUse.PHOTO}],
        month=month_view(scenario, month, period or begun, now=now) if scenario.boxes else None,
        typed=typed,
        refused=message_for(problem) if problem else "",
        answer=_answer(scenario, period, calendar) if period and calendar and scenario.boxes else None,
        today=today_of(now).isoformat(),
    )


@blueprint.get("/<slug>/files/<token>")
@public
def file(slug: str, token: str) -> Response:
    """A guide or a picture of the scenario, shown as what it is and never run."""
    if not TOKEN.fullmatch(token) or not SLUG.fullmatch(slug):
        raise FileNotFound("file")
    return box_file_response(*get_public_file(slug, token))


def suggestions(scenario: ScenarioRow, period: Period, boxes: int, who: Borrowing) -> tuple[Suggestion, ...]:
    """The nearest days on which so many boxes are free and may be asked for."""
    calendar = open_days(scenario.organiser_id, period.first.date, period.last.date)
    found = nearest_free(
        scenario, period, boxes, today=who.today, now=clock.now(),
        allowed=lambda candidate: not period_problems(candidate, scenario, calendar, who),
    )  # fmt: skip
    return tuple(Suggestion(period_words(p, current_locale()), days_of(p).query) for p in found)


def _answer(scenario: ScenarioRow, period: Period, calendar: OpenDays) -> Answer:
    """As it is for anybody: of a school's holidays only its own request says something. With other days where none is free."""
    now, words = clock.now(), period_words(period, current_locale())
    who = borrower_at(now)
    problems = period_problems(period, scenario, calendar, who)
    if problems:
        return Answer(0, message_for(next(iter(problems.values()))), words)
    free = count_free(scenario, period, now=now, calendar=calendar)
    return Answer(free, "", words, () if free else suggestions(scenario, period, 1, who))


def _answers(scenarios: Sequence[ScenarioRow], period: Period) -> dict[int, Answer]:
    """By scenario, in three statements and one for each organiser."""
    now, words = clock.now(), period_words(period, current_locale())
    lenders, who = {s.organiser_id for s in scenarios}, borrower_at(now)
    calendars = {i: open_days(i, period.first.date, period.last.date) for i in lenders}
    problems = {s.id: period_problems(period, s, calendars[s.organiser_id], who) for s in scenarios}
    fit = [s for s in scenarios if not problems[s.id]]
    free = counts_free(fit, period, now=now, calendars=calendars)
    return {
        i: Answer(0, message_for(next(iter(found.values()))), words) if found else Answer(free[i], "", words)
        for i, found in problems.items()
    }


def _picked(typed: TypedDays, picked: str) -> str:
    """The days once another one was followed: it ends what was begun, or begins anew."""
    day = typed_days({"from": picked}).first
    if not typed.first or typed.last or day < typed.first:
        return TypedDays(day).query if day else typed.query
    return replace(typed, last=day).query


def _listed(slug: str) -> ScenarioRow:
    """Raises ScenarioNotFound for what is not in the catalogue."""
    if len(slug) > LONGEST_SLUG or not SLUG.fullmatch(slug):
        raise ScenarioNotFound(slug)
    scenario = get_scenario_by_slug(slug)
    if not scenario.listed or scenario.archived_at is not None:
        raise ScenarioNotFound(slug)
    show_organiser(scenario.organiser_id)
    return scenario
