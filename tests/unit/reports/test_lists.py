"""A list as a value: the address says all of it and nothing more than the person may see."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.accounts.enums import EventFunction, Role
from app.accounts.rules import Access
from app.events.enums import Enrolment, EventKind, EventState, QuestionKind
from app.events.queries import EventRow, WaveRow
from app.events.questions import Choice, QuestionRow
from app.registrations.enums import RegistrationKind, RegistrationStatus, Source
from app.reports.lists import (
    COLUMNS,
    DEFAULT_COLUMNS,
    ArgList,
    Arrival,
    ListQuery,
    allowed_query,
    answer_values,
    list_columns,
    read_query,
    shown_columns,
)

OWNER, VIEWER = Access(1, role=Role.OWNER), Access(1, role=Role.VIEWER)
SCHOOLS = Access(1, 7, functions=frozenset({EventFunction.SCHOOLS}))
AT = datetime(2027, 2, 4, 23, 30, tzinfo=UTC)  # already the 5th in Paris
QUESTIONS = (
    QuestionRow(
        "menu", QuestionKind.CHOICE, "Repas ?", choices=(Choice("veg", "Végétarien"), Choice("old", "Autre", retired=True))
    ),
    QuestionRow("photo", QuestionKind.CONSENT, "Photos ?"),
    QuestionRow("piece", QuestionKind.FILE, "Pièce ?"),
    QuestionRow("age", QuestionKind.NUMBER, "Âge ?"),
)  # fmt: skip


@pytest.fixture
def event() -> EventRow:
    texts = dict.fromkeys(
        ("title_fr", "title_en", "summary_fr", "summary_en", "description_fr", "description_en", "entrance_fr",
         "entrance_en", "join_url", "cancel_code", "cancel_reason", "venue_name", "venue_address", "venue_commune",
         "project_name", "calendar_uid", "reference_prefix"), "",
    )  # fmt: skip
    values: dict[str, Any] = {
        **texts, "id": 7, "organiser_id": 1, "slug": "forum", "kind": EventKind.FORUM, "state": EventState.PUBLISHED,
        "project_id": None, "timezone": "Europe/Paris", "starts_at": AT, "ends_at": AT, "registration_opens_at": None,
        "registration_closes_at": None, "enrolment": Enrolment.ONE, "capacity": None, "asks_statistics": False,
        "waiting_list": True, "keep_names_days": 365, "revision": 1, "created_at": AT, "updated_at": AT,
        "audiences": (), "waves": (WaveRow(3, AT, AT, 60, "", "", ()),), "spaces": (), "stops": (), "checkpoints": (),
        "questions": QUESTIONS,
    }  # fmt: skip
    known: dict[str, Any] = {name: values.get(name) for name in EventRow.__dataclass_fields__}
    return EventRow(**known)


EVERYTHING = ListQuery(
    text="élodie 3e b",
    statuses=frozenset({RegistrationStatus.CONFIRMED, RegistrationStatus.LAPSED}),
    waves=frozenset({3}),
    days=frozenset({"2027-02-05"}),
    audiences=frozenset({"school"}),
    arrivals=frozenset({Arrival.SOME}),
    kinds=frozenset({RegistrationKind.GROUP}),
    sources=frozenset({Source.IMPORT}),
    structures=frozenset({4, 12}),
    oriented_by=frozenset({"Mission locale", "CIO & co"}),
    cancel_codes=frozenset({"illness"}),
    no_show_codes=frozenset({"transport"}),
    answers=(("menu", ("veg", "-")), ("photo", ("yes",))),
    sort="answer:age",
    descending=True,
    columns=("name", "answer:menu", "email"),
    size=200,
)


def test_the_address_carries_everything(event: EventRow) -> None:
    assert read_query(ArgList(EVERYTHING.to_args()), event, OWNER) == EVERYTHING
    assert ListQuery().to_args() == []
    assert read_query(ArgList([]), event, OWNER) == ListQuery()


def test_one_filter_is_taken_off_and_the_rest_stays(event: EventRow) -> None:
    less = EVERYTHING.without("answer:menu", "-").without("wave", "3").without("q", "élodie 3e b")
    assert less.answers == (("menu", ("veg",)), ("photo", ("yes",)))
    assert (less.waves, less.text) == (frozenset(), "")
    assert (less.structures, less.sort, less.columns, less.size) == (
        EVERYTHING.structures, EVERYTHING.sort, EVERYTHING.columns, 200,
    )  # fmt: skip


def test_who_sees_no_names_cannot_ask_for_them(event: EventRow) -> None:
    seen = read_query(ArgList(EVERYTHING.to_args()), event, VIEWER)
    assert (seen.answers, seen.oriented_by) == ((), frozenset())
    assert (seen.sort, seen.descending, seen.columns) == ("reference", False, ())
    assert seen.statuses == EVERYTHING.statuses
    for column in (*COLUMNS, "answer:menu"):
        sort = read_query(ArgList([("sort", column)]), event, VIEWER).sort
        assert sort == ("reference" if column.startswith("answer:") or COLUMNS[column].personal else column)
    assert not any(column.personal for column in list_columns(event, VIEWER))
    assert shown_columns(seen, event, VIEWER)[0].key == "reference"
    assert allowed_query(EVERYTHING, event, VIEWER) == seen  # whoever hands it on without reading it again


def test_a_partner_for_schools_sees_the_people_of_their_rows(event: EventRow) -> None:
    assert read_query(ArgList(EVERYTHING.to_args()), event, SCHOOLS) == EVERYTHING


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "nonsense"),
        ("wave", "4"),
        ("wave", "999999999999999999"),
        ("wave", "²"),
        ("day", "2027-02-04"),  # by the clocks of Paris there is no wave on that day
        ("structure", "x"),
        ("oriented_by", "a\x00b"),
        ("oriented_by", "x" * 161),
        ("answer:menu", "beef"),
        ("answer:age", "12"),
        ("answer:nothing", "yes"),
        ("sort", "password"),
        ("sort", "answer:piece"),
        ("column", "token"),
        ("size", "5000"),
        ("dir", "sideways"),
        ("q", " \x00 "),
    ],
)
def test_what_means_nothing_is_left_aside(event: EventRow, name: str, value: str) -> None:
    assert read_query(ArgList([(name, value)]), event, OWNER) == ListQuery()


def test_columns(event: EventRow) -> None:
    assert [c.key for c in shown_columns(ListQuery(), event, OWNER)] == list(DEFAULT_COLUMNS)
    chosen = ListQuery(columns=("status", "reference", "answer:age"))
    assert [c.key for c in shown_columns(chosen, event, OWNER)] == ["reference", "status", "answer:age"]
    assert [c.key for c in shown_columns(ListQuery(columns=("email",)), event, OWNER)] == ["name", "email"]
    assert [c.key for c in list_columns(event, OWNER)][-4:] == [
        "answer:menu",
        "answer:photo",
        "answer:piece",
        "answer:age",
    ]


def test_values_of_a_question_s_filter() -> None:
    assert [answer_values(question) for question in QUESTIONS] == [("veg", "old", "-"), ("yes", "-"), (), ()]


def test_only_filters_narrow() -> None:
    assert EVERYTHING.narrows
    assert not ListQuery(sort="status", descending=True, columns=("name",), size=100).narrows
