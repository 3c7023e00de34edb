"""The list of registrations at 20,000: every sort, every filter, and the search as one types. The slowest of all counts."""

from itertools import cycle
from typing import cast
from urllib.parse import quote, urlencode
from uuid import uuid4

from sqlalchemy import Table, bindparam, select, update

from app.accounts.enums import Role
from app.accounts.rules import Access
from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import QuestionKind
from app.events.models import Event
from app.events.operations.questions import save_question
from app.events.queries import EventRow, get_event
from app.events.questions import Choice, QuestionRow
from app.registrations.enums import Source
from app.registrations.models import Registration
from app.reports.lists import list_columns
from app.structures.drafts import StructureDraft
from app.structures.models import StructureKind
from app.structures.operations.directory import create_structure
from bench.client import Connection, NotMeasurable, request
from bench.data import MANY, make_event, register_many
from bench.figures import Figure, at_most, middle, spread_of
from bench.in_turn import Plan
from bench.stage import Stage
from bench.work.pages import is_page, log_in

LIST_MS, SEARCH_MS = 60.0, 40.0
ARRIVED = 4_000
STRUCTURES = 60
TYPED = ("l", "la", "lam", "lambert", "lambert 19", "trois rivieres 3e", "dijon", "zzzz")
TOWNS = ("Dijon", "Échenon", "Beaune", "Chenôve", "Longvic", "Époisses", "Talant", "")
SENDERS = ("", "", "Mission locale", "France Travail", "Cap emploi", "CIO de Dijon")
CHOICES = tuple(Choice(word.lower(), word) for word in ("Bus", "Vélo", "Train", "Voiture", "Pied"))
QUESTIONS = (
    QuestionRow("", QuestionKind.CHOICE, "Transport", choices=CHOICES),
    QuestionRow("", QuestionKind.SEVERAL, "Ateliers", choices=CHOICES),
    QuestionRow("", QuestionKind.CONSENT, "Photos"),
    QuestionRow("", QuestionKind.NUMBER, "Age"),
    QuestionRow("", QuestionKind.TEXT, "Projet"),
    QuestionRow("", QuestionKind.DATE, "Depuis"),
)


def lists(stage: Stage, plan: Plan) -> list[Figure]:
    """As a browser asks, on one connection. Something changed before each list: nothing that was counted before helps it."""
    with stage.app.app_context():
        event = _dressed(stage)
        asked = _addresses(event)
        cookie, connection = log_in(stage), Connection(stage.ours.address)
        here, rounds = f"/manage/events/{event.slug}/registrations", 3 if plan.quick else 9
        times: dict[str, list[float]] = {said: [] for said in asked}
        for number in range(rounds + 1):
            for said in asked:
                with transaction():
                    db.session.execute(update(Event).where(Event.id == event.id).values(version=Event.version + 1))
                reply = connection.ask(request("GET", f"{here}?{said}", {"Cookie": cookie}))
                if not is_page(reply):
                    raise NotMeasurable(f"the list answered {reply.status} for {said}")
                if number:
                    times[said].append(reply.seconds * 1000)
        typed = _type(connection, here, cookie, rounds)
        connection.close()
    slowest, typing = _slowest(times), _slowest(typed)
    return [
        at_most(
            f"list of {MANY}, slowest of {len(asked)} filters and sorts, {stage.kind}",
            middle(times[slowest]), "ms", LIST_MS, f"{spread_of(times[slowest])} {slowest}",
        ),
        at_most(
            f"search the list of {MANY} as one types, slowest of {len(TYPED)} texts, {stage.kind}",
            middle(typed[typing]), "ms", SEARCH_MS, f"{spread_of(typed[typing])} {typing}",
        ),
    ]  # fmt: skip


def _slowest(times: dict[str, list[float]]) -> str:
    return max(times, key=lambda said: middle(times[said]))


def _type(connection: Connection, here: str, cookie: str, rounds: int) -> dict[str, list[float]]:
    """Each text asked for as the page asks while one types: the results alone."""
    times: dict[str, list[float]] = {text: [] for text in TYPED}
    for number in range(2 * rounds + 1):
        for text in TYPED:
            sent = request("GET", f"{here}?q={quote(text)}", {"Cookie": cookie, "HX-Request": "true"})
            reply = connection.ask(sent)
            if reply.status != 200 or b"</html>" in reply.body:
                raise NotMeasurable(f"the search of the list answered {reply.status}")
            if number:
                times[text].append(reply.seconds * 1000)
    return times


def _addresses(event: EventRow) -> list[str]:
    """Every column as a sort, both ways; every filter, alone and with others; whole and last pages."""
    columns = list_columns(event, Access(event.organiser_id, role=Role.OWNER))
    sorts = [[("sort", c.key), *way] for c in columns if c.sortable for way in ([], [("dir", "desc")])]
    waves = [("wave", str(wave.id)) for wave in event.waves]
    structures = db.session.execute(
        select(Registration.structure_id).where(Registration.event_id == event.id).distinct().limit(2)
    ).scalars()
    filters = [
        waves[:1], waves[1:], [("audience", "job_seeker")], [("audience", "school")], [("status", "confirmed")],
        [("status", "cancelled")], [("arrival", "all")], [("arrival", "nobody")], [("kind", "group")],
        [("source", "web"), ("source", "api")], [("structure", str(i)) for i in structures],
        [("oriented_by", "Mission locale")], [("answer:transport", "bus")], [("answer:transport", "-")],
        [("answer:ateliers", "train")], [("answer:photos", "yes")], [("answer:photos", "-"), ("answer:ateliers", "bus")],
        [("cancel_code", "illness")], [("no_show_code", "transport")], [("q", "l")], [("q", "zzzz")],
    ]  # fmt: skip
    together = [
        [("status", "confirmed"), ("sort", "waves")], [("q", "l"), ("sort", "commune")],
        [("status", "confirmed"), ("sort", "answer:age")], [("arrival", "nobody"), ("sort", "organisation")],
        [("answer:photos", "yes"), ("arrival", "nobody"), ("sort", "answer:projet")],
        [("sort", "commune"), ("page", "400")], [("page", "400")],
    ]  # fmt: skip
    return [urlencode(said) for said in (*sorts, *filters, *together)]


def _dressed(stage: Stage) -> EventRow:
    """An event of its own with MANY registrations that have answers, towns, structures, senders; some have come."""
    now, organiser_id = clock.now(), stage.ground.organiser_id
    event = make_event(organiser_id, "Semaine de l’industrie", now=now)
    with transaction():
        for question in QUESTIONS:
            save_question(event.id, question, by=SYSTEM, now=now)
        structures = [
            create_structure(
                StructureDraft(kind=StructureKind.SCHOOL, name=f"Collège n° {number}", commune="Dijon"),
                organiser_id=organiser_id, by=SYSTEM, now=now,
            )
            for number in range(STRUCTURES)
        ]  # fmt: skip
    codes = register_many(event, MANY, now=now)
    ids = db.session.execute(select(Registration.id).where(Registration.event_id == event.id)).scalars().all()
    towns, senders, sources, schools = cycle(TOWNS), cycle(SENDERS), cycle(Source), cycle(structures)
    table = cast(Table, Registration.__table__)
    values = [
        {
            "its_id": registration_id, "answers": _answers(number), "commune": next(towns), "oriented_by": next(senders),
            "source": next(sources), "structure_id": next(schools),
        }
        for number, registration_id in enumerate(ids)
    ]  # fmt: skip
    with transaction():
        change = table.update().where(table.c.id == bindparam("its_id"))
        db.session.execute(change, values)
    event = get_event(event.slug)
    for start in range(0, ARRIVED, 500):
        some = codes[start : start + 500]
        scans = [ScanInput(str(uuid4()), code, event.checkpoints[0].id, Direction.IN, now) for code in some]
        with transaction():
            record_scans(event, "Porte A", scans, now=now)
    return event


def _answers(number: int) -> dict[str, object]:
    """Four in five answer each question, whichever."""
    code = CHOICES[number % len(CHOICES)].code
    given: dict[str, object] = {
        "transport": code, "ateliers": ["bus", "train"] if number % 2 else [code], "photos": True, "age": 15 + number % 50,
        "projet": f"Projet n° {number * 7919 % MANY} de formation", "depuis": f"2026-{1 + number % 12:02d}-11",
    }  # fmt: skip
    return {key: answer for position, (key, answer) in enumerate(given.items()) if (number + position) % 5}
