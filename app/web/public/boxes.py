"""The catalogue of what is lent, open to all: dates first, or one scenario with its calendar."""

from dataclasses import dataclass, replace

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from app.boxes.enums import FileUse
from app.boxes.errors import FileNotFound, ScenarioNotFound
from app.boxes.queries import get_public_file, get_scenario_by_slug, list_files, list_items, list_scenarios
from app.boxes.rows import ScenarioRow
from app.core import clock
from app.core.errors import FieldError
from app.events.rules import SLUG
from app.loans.availability import count_free
from app.loans.nearest import nearest_free
from app.loans.rules import Borrowing, Party, period_problems
from app.loans.words import period_words
from app.resources.calendars import open_days
from app.resources.halfdays import Period
from app.web.box_days import TypedDays, days_of, month_view, today_of, typed_days, typed_month
from app.web.context import show_organiser
from app.web.guards import public
from app.web.i18n import current_locale
from app.web.loan_words import LOAN_WORDS
from app.web.manage.boxes_files import box_file_response
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
    """All that is listed; with days, what is free then."""
    scenarios = list_scenarios(None, listed=True)
    if scenarios and len({scenario.organiser_id for scenario in scenarios}) == 1:
        show_organiser(scenarios[0].organiser_id)
    typed, refused = typed_days(request.args), ""
    period = None
    try:
        period = typed.period
    except FieldError as error:
        refused = _said(error)
    answers = {s.id: _answer(s, period) for s in scenarios} if period else {}
    if period:
        scenarios.sort(key=lambda s: not answers[s.id].free)
    return render_template(
        "public/boxes/index.html",
        scenarios=scenarios,
        typed=typed,
        refused=refused,
        answers=answers,
        words=period_words(period, current_locale()) if period else "",
        today=today_of(clock.now()).isoformat(),
    )


@blueprint.get("/<slug>")
@public
def show(slug: str) -> str | Response:
    """One scenario: what it is, and its calendar. A day that is followed is the first, then the last of the days."""
    scenario, now = _listed(slug), clock.now()
    typed, refused = typed_days(request.args), ""
    if picked := request.args.get("day", ""):
        at = typed_month(request.args.get("month", ""), today_of(now)).strftime("%Y-%m")
        return redirect(f"/boxes/{slug}?{_picked(typed, picked)}&month={at}#calendar")
    period = None
    try:
        period = typed.period
    except FieldError as error:
        refused = _said(error)
    month = typed_month(request.args.get("month", "") or typed.first[:7], today_of(now))
    chosen = period or (replace(typed, last=typed.first).period if typed.first else None)
    return render_template(
        "public/boxes/show.html",
        scenario=scenario,
        items=list_items(scenario.id),
        guides=[f for f in list_files(scenario_id=scenario.id) if f.use in {FileUse.GUIDE, FileUse.PHOTO}],
        month=month_view(scenario, month, chosen, now=now),
        typed=typed,
        refused=refused,
        answer=_answer(scenario, period, nearest=True) if period else None,
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


def _answer(scenario: ScenarioRow, period: Period, *, nearest: bool = False) -> Answer:
    """As it is for anybody: of a school's holidays only its own request says something."""
    now, words = clock.now(), period_words(period, current_locale())
    who = Borrowing(Party.BORROWER, today_of(now))
    calendar = open_days(scenario.organiser_id, period.first.date, period.last.date)
    problems = period_problems(period, scenario, calendar, who)
    if problems:
        return Answer(0, message_for(next(iter(problems.values()))), words)
    free = count_free(scenario, period, now=now, calendar=calendar)
    near = suggestions(scenario, period, 1, who) if nearest and not free else ()
    return Answer(free, "", words, near)


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


def _said(error: FieldError) -> str:
    return message_for(next(iter(error.problems.values())))
