"""Smaller events around the forum, of the kinds that an agency runs: the agenda looks as in real life."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from app.core.actor import SYSTEM, VISITOR
from app.demo.closures import is_closed
from app.demo.forum import PARIS, at
from app.demo.names import Names
from app.events.drafts import EventDraft, WaveDraft
from app.events.enums import Enrolment, EventKind, EventMove
from app.events.operations import create_event, move_event
from app.events.queries import get_event
from app.registrations.drafts import RegistrationDraft
from app.registrations.enums import RegistrationKind
from app.registrations.operations import register
from app.training.operations import set_training_scenarios

SEED = 390021
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = range(4)


@dataclass(frozen=True)
class _Projects:
    forum: int
    apprentices: int


@dataclass(frozen=True)
class _Entry:
    """An event, how many people registered for it, why it was called off, if it was, and the scenarios that it teaches."""

    draft: EventDraft
    registered: int = 0
    published: bool = True
    cancelled_for: str = ""
    teaches: tuple[str, ...] = ()


def make_agenda(organiser_id: int, *, forum: int, apprentices: int, now: datetime) -> list[str]:
    """The organiser's other events; their slugs. `forum` and `apprentices` are the projects they are reported under."""
    today, projects = now.astimezone(PARIS).date(), _Projects(forum, apprentices)
    names = Names(Random(SEED))  # noqa: S311 - plausible, not secret
    return [_make(entry, organiser_id, names, now) for entry in _entries(today, projects)]


def make_foreign_event(organiser_id: int, *, now: datetime) -> str:
    """The one event of the other organiser; its slug."""
    day = _weekday_after(now.astimezone(PARIS).date(), 16, WEDNESDAY)
    starts = at(day, 14)
    draft = EventDraft(
        title_fr="Les métiers de la lunetterie",
        title_en="Jobs in eyewear",
        kind=EventKind.VISIT,
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        audiences=("school", "job_seeker", "family"),
        waves=(WaveDraft(starts, starts + timedelta(hours=2), 30),),
        venue_name="Atelier des Hauts-Lacs",
        venue_commune="Morez",
        summary_fr="Deux heures dans un atelier : les machines, les gestes, ceux qui les apprennent.",
        summary_en="Two hours in a workshop: machines, gestures, those who learn them.",
    )
    return _make(_Entry(draft, registered=3), organiser_id, Names(Random(SEED + 1)), now)  # noqa: S311


def _make(entry: _Entry, organiser_id: int, names: Names, now: datetime) -> str:
    made = now - timedelta(days=14)
    slug = create_event(entry.draft, organiser_id=organiser_id, by=SYSTEM, now=made)
    if not entry.published:
        return slug
    event_id = get_event(slug).id
    move_event(event_id, EventMove.PUBLISH, by=SYSTEM, now=made)
    event = get_event(slug)
    set_training_scenarios(event, entry.teaches, by=SYSTEM, now=made)
    for number in range(entry.registered):
        waves = event.waves if event.enrolment is Enrolment.ALL else (event.waves[number % len(event.waves)],)
        draft = RegistrationDraft(
            kind=RegistrationKind.INDIVIDUAL,
            audience=event.audiences[number % len(event.audiences)].code,
            waves=tuple(w.id for w in waves),
            contact=names.contact(),
            is_15_or_older=True,
        )
        register(event, draft, by=VISITOR, now=made + timedelta(hours=7 * (number + 1)), quiet=True)
    if entry.cancelled_for:
        why = {"code": "too_few", "reason": entry.cancelled_for}
        move_event(event_id, EventMove.CANCEL, by=SYSTEM, now=now - timedelta(days=1), **why)
    return slug


def _weekday_after(today: date, days: int, weekday: int) -> date:
    """The first such weekday at least that many days from now."""
    start = today + timedelta(days=days)
    return start + timedelta(days=(weekday - start.weekday()) % 7)


def training_days(today: date) -> tuple[date, date]:
    """A Thursday and the Tuesday after it, on which the organiser is open."""
    first = _weekday_after(today, 25, THURSDAY)
    while any(is_closed(day) for day in (first, first + timedelta(days=5))):
        first += timedelta(days=7)
    return first, first + timedelta(days=5)


def _entries(today: date, projects: _Projects) -> Sequence[_Entry]:
    return (
        _Entry(_webinar(today, projects), registered=14),
        _Entry(_information_meeting(today, projects), registered=9),
        _Entry(_morning(today, projects), registered=11),
        _Entry(_training(today, projects), registered=7, teaches=("SANTE-1", "SANTE-2", "SANTE-3")),
        _Entry(_open_week(today, projects), registered=18),
        _Entry(_called_off(today, projects), registered=2, cancelled_for="Pas assez d’inscrits"),
        _Entry(_ideathon(today, projects), published=False),
    )


def _one_wave(starts: datetime, hours: float, capacity: int) -> tuple[datetime, tuple[WaveDraft, ...]]:
    ends = starts + timedelta(hours=hours)
    return ends, (WaveDraft(starts, ends, capacity),)


def _webinar(today: date, projects: _Projects) -> EventDraft:
    starts = at(_weekday_after(today, 8, TUESDAY), 18)
    ends, waves = _one_wave(starts, 1, 200)
    return EventDraft(
        title_fr="Les industries de santé recrutent : quels métiers ?",
        title_en="Health industries are hiring: which jobs?",
        kind=EventKind.WEBINAR,
        starts_at=starts,
        ends_at=ends,
        audiences=("student", "job_seeker", "family", "guidance_prescriber"),
        waves=waves,
        join_url="https://visio.example.org/industries-de-sante",
        summary_fr="Une heure en ligne avec trois personnes qui y travaillent. Posez vos questions.",
        summary_en="One hour online with three people who work there. Ask your questions.",
        project_id=projects.forum,
    )


def _information_meeting(today: date, projects: _Projects) -> EventDraft:
    starts = at(_weekday_after(today, 11, WEDNESDAY), 14)
    ends, waves = _one_wave(starts, 1.5, 24)
    return EventDraft(
        title_fr="Cité Apprenti.e : réunion d’information",
        title_en="Cité Apprenti.e: information meeting",
        kind=EventKind.INFORMATION_MEETING,
        starts_at=starts,
        ends_at=ends,
        audiences=("job_seeker", "family", "employment_prescriber"),
        waves=waves,
        venue_name="Centre social des Grésilles-Nord",
        venue_address="6 place des Tuiles",
        venue_commune="Dijon",
        summary_fr="L’apprentissage expliqué simplement, et comment trouver une entreprise.",
        summary_en="Apprenticeships in plain words, and how to find a company.",
        project_id=projects.apprentices,
    )


def _morning(today: date, projects: _Projects) -> EventDraft:
    starts = at(_weekday_after(today, 18, THURSDAY), 8, 30)
    ends, waves = _one_wave(starts, 2.5, 25)
    return EventDraft(
        title_fr="Matinale de l’emploi : la maintenance",
        title_en="Employment morning: maintenance",
        kind=EventKind.PRESCRIBERS_MORNING,
        starts_at=starts,
        ends_at=ends,
        audiences=("employment_prescriber", "guidance_prescriber"),
        waves=waves,
        venue_name="Ateliers du Suzon",
        venue_address="12 rue des Forges",
        venue_commune="Longvic",
        summary_fr="Visitez l’entreprise, rencontrez ceux qui recrutent, repartez avec les postes ouverts.",
        summary_en="Visit the company, meet those who hire, leave with the open positions.",
        project_id=projects.forum,
    )


def _training(today: date, projects: _Projects) -> EventDraft:
    starts = [at(day, 9) for day in training_days(today)]
    waves = tuple(WaveDraft(s, s + timedelta(hours=3), 16) for s in starts)
    return EventDraft(
        title_fr="Animer la boîte « Industries de santé »",
        title_en="Running the “Health industries” box",
        kind=EventKind.TRAINING,
        starts_at=starts[0],
        ends_at=starts[1] + timedelta(hours=3),
        audiences=("guidance_prescriber", "professional"),
        waves=waves,
        enrolment=Enrolment.ALL,
        venue_name="La fabrik",
        venue_address="2 place de la Chambre",
        venue_commune="Dijon",
        summary_fr="Deux matinées pour savoir animer le jeu avec une classe. On vient aux deux.",
        summary_en="Two mornings to learn how to run the game with a class. One comes to both.",
        project_id=projects.forum,
    )


def _open_week(today: date, projects: _Projects) -> EventDraft:
    monday = _weekday_after(today, 52, MONDAY)
    hosts = (
        ("Moutarderie des Ducs", "Chenôve"),
        ("Imprimerie du Canal", "Longvic"),
        ("Menuiserie Tissot-Faivre", "Quetigny"),
        ("Clinique des Remparts", "Dijon"),
        ("Transports du Val de Saône", "Auxonne"),
    )
    starts = [at(monday + timedelta(days=n), hour) for n in range(5) for hour in (10, 14)]
    waves = tuple(
        WaveDraft(s, s + timedelta(hours=1, minutes=30), 15, place=hosts[n // 2][1], host=hosts[n // 2][0])
        for n, s in enumerate(starts)
    )
    return EventDraft(
        title_fr="Cap Nord fête ses métiers",
        title_en="Cap Nord celebrates its jobs",
        kind=EventKind.OPEN_WEEK,
        starts_at=starts[0],
        ends_at=waves[-1].ends_at,
        audiences=("school", "student", "job_seeker", "family"),
        waves=waves,
        enrolment=Enrolment.SEVERAL,
        summary_fr="Cinq jours, cinq entreprises ouvrent leurs portes. Choisissez vos visites.",
        summary_en="Five days, five companies open their doors. Choose your visits.",
        project_id=projects.forum,
    )


def _called_off(today: date, projects: _Projects) -> EventDraft:
    starts = at(_weekday_after(today, 5, TUESDAY), 10)
    ends, waves = _one_wave(starts, 1.5, 20)
    return EventDraft(
        title_fr="Cité Apprenti.e : réunion à Talant",
        title_en="Cité Apprenti.e: meeting in Talant",
        kind=EventKind.INFORMATION_MEETING,
        starts_at=starts,
        ends_at=ends,
        audiences=("job_seeker", "family"),
        waves=waves,
        venue_name="Maison de quartier du Belvédère",
        venue_commune="Talant",
        summary_fr="L’apprentissage expliqué simplement.",
        summary_en="Apprenticeships in plain words.",
        project_id=projects.apprentices,
    )


def _ideathon(today: date, projects: _Projects) -> EventDraft:
    starts = at(_weekday_after(today, 80, THURSDAY), 9)
    ends, waves = _one_wave(starts, 8, 120)
    return EventDraft(
        title_fr="Idéathon : donner envie d’un métier",
        title_en="Ideathon: making people want a job",
        kind=EventKind.IDEATHON,
        starts_at=starts,
        ends_at=ends,
        audiences=("student", "professional"),
        waves=waves,
        venue_name="La fabrik",
        venue_commune="Dijon",
        summary_fr="Étudiants et entreprises en équipes, une journée, une idée à défendre.",
        summary_en="Students and companies in teams, one day, one idea to defend.",
        project_id=projects.forum,
    )
