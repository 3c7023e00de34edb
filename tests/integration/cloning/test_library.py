"""Every kind of the library: complete in both languages, and ready to publish once its form is filled."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from app.core.actor import VISITOR
from app.core.transaction import transaction
from app.events.audiences import BUILTIN
from app.events.enums import EventKind, EventState, QuestionKind
from app.events.library import KindDesign, Part
from app.events.library_kinds import DESIGNS, kind_design
from app.events.queries import EventRow, get_event
from app.events.questions import QuestionRow, asked_of, problems_of
from app.registrations.drafts import Contact, RegistrationDraft
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.operations import register
from app.web.manage.new_event import DEFAULTS, Shape
from tests.factories import NOW
from tests.integration.public.conftest import fields_of

PARIS = ZoneInfo("Europe/Paris")
SMALL = kind_design(EventKind.INFORMATION_MEETING, 12)
EVERY = [*((kind.value, design) for kind, design in DESIGNS.items()), ("small meeting", SMALL)]
DAY = "2027-03-04"


def made(client: FlaskClient, kind: EventKind, **answers: object) -> EventRow:
    """The event of a form that holds what it proposes, and these answers."""
    proposed = {n: v for n, v in fields_of(client.get(f"/manage/events/new?kind={kind}")).items() if n != "csrf_token"}
    when = {"dates.0": DAY} if DEFAULTS[kind].shape is Shape.DATES else {"starts_day": DAY}
    answer = client.post("/manage/events/new", data=proposed | when | {"title_fr": "Essai"} | answers)
    assert answer.status_code == 302, re.findall(r'class="field-error"[^>]*>.*?</p>', answer.text, re.S)
    return get_event(answer.headers["Location"].split("/")[3])


def answer_to(question: QuestionRow) -> object:
    return {
        QuestionKind.TEXT: "Cuisine",
        QuestionKind.CHOICE: question.choices and question.choices[0].code,
        QuestionKind.SEVERAL: question.choices and [question.choices[0].code],
        QuestionKind.NUMBER: question.minimum,
        QuestionKind.CONSENT: True,
    }[question.kind]


@pytest.mark.parametrize("kind", EventKind)
def test_each_kind_is_published_and_takes_people_after_filling_its_form(client: FlaskClient, kind: EventKind) -> None:
    where = {"join_url": "https://visio.example.org/x"} if DEFAULTS[kind].online else {"venue_name": "La fabrik"}
    event = made(client, kind, **where)
    assert client.post(f"/manage/events/{event.slug}/publish").status_code == 302
    event = get_event(event.slug)
    assert event.state is EventState.PUBLISHED
    assert event.is_open(NOW)
    audience = event.audiences[0].code
    asked = asked_of(event.questions, audience)
    waves = event.waves if event.enrolment == "all" else event.waves[:1]
    person = RegistrationDraft(
        kind=RegistrationKind.INDIVIDUAL, audience=audience, waves=tuple(w.id for w in waves),
        contact=Contact("Hugo Dupont", "hugo@example.org"), answers={q.key: answer_to(q) for q in asked},
    )  # fmt: skip
    if audience == "school":
        person = RegistrationDraft(
            kind=person.kind, audience="family", waves=person.waves, contact=person.contact,
            answers={q.key: answer_to(q) for q in asked_of(event.questions, "family")},
        )  # fmt: skip
    with transaction():
        assert register(event, person, by=VISITOR, now=NOW).status is RegistrationStatus.CONFIRMED


@pytest.mark.parametrize("kind", EventKind)
def test_each_kind_brings_what_its_card_says(client: FlaskClient, kind: EventKind) -> None:
    event, design = made(client, kind, venue_name="La fabrik"), DESIGNS[kind]
    assert [s.name for s in event.spaces] == [s.name for s in design.spaces]
    assert [(s.name_fr, s.minutes) for s in event.stops] == [(s.name_fr, s.minutes) for s in design.stops]
    known = {a.code for a in event.audiences}
    assert [q.key for q in event.questions] == [
        q.key for q in design.questions if not q.audiences or known & set(q.audiences)
    ]
    assert event.summary_fr
    assert event.summary_en
    assert "{" not in event.summary_fr + event.description_fr + event.summary_en + event.description_en
    assert event.keep_names_days == design.keep_names_days
    assert all(s.capacity >= min(w.capacity for w in event.waves) // 2 for s in event.spaces)


@pytest.mark.parametrize(("name", "design"), EVERY)
def test_a_design_is_complete_in_both_languages(name: str, design: KindDesign) -> None:
    texts = (design.summary_fr, design.summary_en, design.description_fr, design.description_en)
    assert all(texts)
    assert max(len(design.summary_fr), len(design.summary_en)) <= 300
    spaces = {space.name for space in design.spaces}
    for stop in design.stops:
        assert stop.name_en
        assert bool(stop.text_fr) == bool(stop.text_en)
        assert stop.space in {"", *spaces}
    for question in design.questions:
        assert problems_of(question, BUILTIN) == {}
        assert question.label_en
        assert bool(question.help_fr) == bool(question.help_en)
        assert all(choice.en for choice in question.choices)
    assert all(limit.audience in BUILTIN for limit in design.limits)
    assert len({q.key for q in design.questions}) == len(design.questions)


@pytest.mark.parametrize("kind", [k for k in EventKind if DESIGNS[k].stops and DEFAULTS[k].shape is not Shape.WAVES])
def test_the_stops_take_as_long_as_the_hours_proposed(kind: EventKind) -> None:
    hours = DEFAULTS[kind]
    day = datetime(2027, 1, 1, tzinfo=PARIS).date()
    whole = datetime.combine(day, hours.ends) - datetime.combine(day, hours.starts)
    assert timedelta(minutes=DESIGNS[kind].minutes) == whole


def test_the_number_expected_decides_how_an_information_meeting_goes(client: FlaskClient) -> None:
    kind = EventKind.INFORMATION_MEETING
    small = made(client, kind, expected="12")
    large = made(client, kind, expected="13")
    assert [w.capacity for w in (*small.waves, *large.waves)] == [12, 13]
    assert small.ends_at - small.starts_at == timedelta(hours=1)
    assert large.ends_at - large.starts_at == timedelta(hours=1, minutes=30)
    assert [s.name for s in small.spaces] == ["Salle"]
    assert [(s.name, s.capacity) for s in large.spaces] == [("Grande salle", 13), ("Tables d’échange", 6)]
    written = made(client, kind, expected="12", capacity="15", ends_hour="12:00")
    assert written.waves[0].capacity == 15
    assert written.ends_at - written.starts_at == timedelta(hours=2)
    by_places = made(client, kind, expected="", capacity="8")
    assert by_places.ends_at - by_places.starts_at == timedelta(hours=1)


def test_a_meeting_without_any_number_is_asked_for_one(client: FlaskClient) -> None:
    answer = client.post(
        "/manage/events/new",
        data={"kind": "information_meeting", "title_fr": "Réunion", "starts_day": DAY, "starts_hour": "10:00"},
    )
    assert answer.status_code == 422
    assert 'id="expected-error"' in answer.text
    assert 'value="Réunion"' in answer.text


def test_a_morning_says_who_receives_people(client: FlaskClient) -> None:
    kind = EventKind.PRESCRIBERS_MORNING
    event = made(client, kind, host="Ateliers du Suzon", venue_commune="Longvic")
    assert event.summary_fr.startswith("Une matinée chez Ateliers du Suzon : ")
    assert event.waves[0].host == "Ateliers du Suzon"
    assert (event.venue_name, event.venue_commune) == ("Ateliers du Suzon", "Longvic")
    elsewhere = made(client, kind, host="Ateliers du Suzon", venue_name="La fabrik")
    assert elsewhere.venue_name == "La fabrik"
    form = fields_of(client.get(f"/manage/events/new?kind={kind}"))
    answer = client.post("/manage/events/new", data=form | {"title_fr": "Matinale", "starts_day": DAY})
    assert answer.status_code == 422
    assert 'id="host-error"' in answer.text


def test_only_the_ticked_parts_are_brought(client: FlaskClient) -> None:
    kind = EventKind.FORUM
    bare = made(client, kind, venue_name="La fabrik", brings=[])
    assert (bare.summary_fr, bare.spaces, bare.stops, bare.questions) == ("", (), (), ())
    assert bare.registration_closes_at is None
    assert all(wave.allotments == () for wave in bare.waves)
    rules = made(client, kind, venue_name="La fabrik", brings=[Part.RULES.value])
    assert (rules.summary_fr, rules.spaces, rules.questions) == ("", (), ())
    assert rules.asks_statistics
    assert rules.registration_closes_at == datetime(2027, 3, 3, 18, tzinfo=PARIS)
    assert {(a.audience, a.max_groups) for w in rules.waves for a in w.allotments} == {("school", 2)}


def test_an_event_of_tomorrow_is_not_closed_before_it_is_published(client: FlaskClient) -> None:
    tomorrow = (NOW + timedelta(days=1)).date().isoformat()
    event = made(client, EventKind.VISIT, venue_name="La fabrik", starts_day=tomorrow)
    assert event.registration_closes_at is None


def test_without_classes_their_limits_and_questions_stay_out(client: FlaskClient) -> None:
    event = made(client, EventKind.FORUM, venue_name="La fabrik", audiences=["job_seeker"])
    assert all(wave.allotments == () for wave in event.waves)
    assert [(q.key, q.audiences) for q in event.questions] == [("looking_for", ("job_seeker",))]


def test_what_a_kind_filled_in_is_not_shown_as_typed(client: FlaskClient) -> None:
    form = fields_of(client.get("/manage/events/new?kind=information_meeting"))
    answer = client.post(
        "/manage/events/new",
        data=form | {"title_fr": "Réunion", "starts_day": DAY, "ends_day": "2027-03-01", "expected": "10"},
    )
    assert answer.status_code == 422
    again = fields_of(answer)
    assert (again["expected"], again["ends_hour"], again["capacity"]) == (["10"], [""], [""])
