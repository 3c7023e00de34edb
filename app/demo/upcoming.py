"""The next edition, about six weeks from today, with a few dozen people who registered already."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

from app.core.actor import SYSTEM, VISITOR
from app.demo.forum import PARIS, at, forum, forum_waves, with_classes
from app.demo.names import Names
from app.demo.plans import make_plan
from app.demo.questions import QUESTIONS, answers_of_class, answers_of_person
from app.events.enums import EventMove
from app.events.operations import create_event, move_event
from app.events.operations.questions import save_question
from app.events.queries import EventRow, get_event
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft, Statistics
from app.registrations.enums import AgeBand, Gender, RegistrationKind, Source
from app.registrations.operations import register

SEED = 20270204
WEEKS_AHEAD = 6
THURSDAY = 3
CAPACITY = 60


@dataclass(frozen=True)
class _School:
    name: str
    uai: str
    commune: str


TROIS_RIVIERES = _School("Collège des Trois-Rivières", "0219100C", "Dijon")
WEISS = _School("Collège Louise-Weiss-du-Parc", "0219137T", "Chenôve")
OUCHE = _School("Collège de l’Ouche-Verte", "0219174H", "Longvic")
QUATRE_VENTS = _School("Lycée des Quatre-Vents", "0219322U", "Dijon")
SUZON = _School("Lycée professionnel du Suzon", "0219359J", "Dijon")
COTE = _School("Lycée hôtelier de la Côte", "0219396Z", "Beaune")
PLAINE = _School("CFA de la Plaine", "0219470E", "Longvic")

# (day, wave, school, class, pupils, adults). Thursday 9:00 and Friday 10:20 hold two classes: a third one waits.
CLASSES = (
    (0, 0, TROIS_RIVIERES, "4e A", 26, 2),
    (0, 0, SUZON, "Tle bac pro", 27, 2),
    (0, 0, WEISS, "3e SEGPA", 16, 2),
    (0, 1, OUCHE, "3e prépa-métiers", 21, 2),
    (0, 2, WEISS, "3e C", 27, 2),
    (0, 2, QUATRE_VENTS, "2de 4", 25, 1),
    (0, 4, COTE, "1re STHR", 24, 2),
    (1, 0, PLAINE, "CAP 2", 22, 2),
    (1, 1, TROIS_RIVIERES, "3e A", 28, 2),
    (1, 2, OUCHE, "4e B", 26, 2),
    (1, 2, SUZON, "2de pro", 28, 2),
    (1, 2, COTE, "Tle CAP cuisine", 22, 2),
    (1, 5, QUATRE_VENTS, "1re STMG", 30, 2),
)
# (day, wave): how many come alone. Thursday at 10:20 ends full, with people waiting.
ALONE = {
    (0, 0): 1, (0, 1): 4, (0, 2): 8, (0, 3): 7, (0, 5): 3, (0, 7): 6,
    (1, 0): 4, (1, 3): 8, (1, 4): 2, (1, 6): 3, (1, 7): 5,
}  # fmt: skip
STRUCTURES = ("Mission Locale du bassin", "PLIE métropole", "Cap insertion 21", "Centre social des Grésilles-Nord", "")
TOWNS = ("Dijon", "Quetigny", "Chenôve", "Talant", "Longvic", "Beaune", "Genlis")
KINDS_ALONE = ("job_seeker", "job_seeker", "job_seeker", "family", "student", "employment_prescriber", "professional")


def next_days(today: date) -> tuple[date, date]:
    """The Thursday and Friday that follow six weeks from now."""
    start = today + timedelta(weeks=WEEKS_AHEAD)
    thursday = start + timedelta(days=(THURSDAY - start.weekday()) % 7)
    return thursday, thursday + timedelta(days=1)


def make_next_forum(organiser_id: int, project_id: int, *, now: datetime) -> str:
    """The published edition to come; its slug. Nobody is written to: these people are invented."""
    days = next_days(now.astimezone(PARIS).date())
    made = now - timedelta(days=20)
    draft = replace(
        forum(days, tuple(with_classes(w) for w in forum_waves(days, CAPACITY)), project_id),
        asks_statistics=True,
        registration_closes_at=at(days[0] - timedelta(days=1), 18),
    )
    slug = create_event(draft, organiser_id=organiser_id, by=SYSTEM, now=made)
    event_id = get_event(slug).id
    for question in QUESTIONS:
        save_question(event_id, question, by=SYSTEM, now=made)
    move_event(event_id, EventMove.PUBLISH, by=SYSTEM, now=made)
    event = get_event(slug)
    drafts = list(_drafts(event))
    for number, registration in enumerate(drafts):
        when = made + (now - made) * (number + 1) / (len(drafts) + 1)
        by = SYSTEM if registration.source is Source.STAFF else VISITOR
        register(event, registration, by=by, now=when, quiet=True)
    make_plan(event_id, now=now - timedelta(days=1))
    return slug


def _drafts(event: EventRow) -> Iterator[RegistrationDraft]:
    random = Random(SEED)  # noqa: S311 - plausible, not secret
    random_answers = Random(SEED + 1)  # noqa: S311 - as above; of their own, so that everybody else stays who they were
    names = Names(random)
    waves = [w.id for w in event.waves]
    for day, wave, school, label, pupils, adults in CLASSES:
        yield RegistrationDraft(
            kind=RegistrationKind.GROUP,
            audience="school",
            waves=(waves[day * 8 + wave],),
            contact=names.contact(),
            headcount=Headcount(pupils, adults),
            organisation=Organisation(school.name, school.uai, label, school.commune),
            waitlist=True,
            answers=answers_of_class(random_answers),
        )
    for (day, wave), people in ALONE.items():
        for _ in range(people):
            registration = _alone(waves[day * 8 + wave], names, random)
            yield replace(registration, answers=answers_of_person(registration.audience, random_answers))


def _alone(wave_id: int, names: Names, random: Random) -> RegistrationDraft:
    """Somebody alone: by themselves, or by a counsellor when they have no mailbox."""
    audience = random.choice(KINDS_ALONE)
    without_mail = audience == "job_seeker" and random.random() < 0.3
    structure = random.choice(STRUCTURES) if audience in {"job_seeker", "employment_prescriber"} else ""
    contact = names.contact()
    return RegistrationDraft(
        kind=RegistrationKind.INDIVIDUAL,
        audience=audience,
        waves=(wave_id,),
        contact=Contact(contact.name, "", contact.phone, contact.family_name) if without_mail else contact,
        organisation=Organisation(commune=random.choice(TOWNS)),
        waitlist=True,
        is_15_or_older=True,
        statistics=_declared(random),
        oriented_by=structure,
        source=Source.STAFF if without_mail else Source.WEB,
    )


def _declared(random: Random) -> Statistics:
    """What two people in three say when they are asked."""
    if random.random() < 0.35:
        return Statistics()
    return Statistics(
        gender=random.choice((Gender.WOMAN, Gender.MAN)),
        age_band=random.choice((AgeBand.FROM_16_TO_29, AgeBand.FROM_16_TO_29, AgeBand.FROM_30_TO_54, AgeBand.FROM_55)),
        priority_neighbourhood=random.random() < 0.25,
        rural_zone=random.random() < 0.04,
        recognised_disability=random.random() < 0.055,
    )
