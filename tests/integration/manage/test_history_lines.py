"""One line of the history in words: values, lists, lines of the first release, and what is hidden from whom."""

from typing import Any

import pytest
from flask import Flask

from app.core.actor import ActorKind
from app.reports.queries.journal import EventName, JournalLine, JournalNames, RegistrationName
from app.web.manage.history_words_lines import Change, HistoryLine, history_line
from tests.integration.manage.conftest import NOW

NAMES = JournalNames(
    events={7: EventName("forum", "La Voie des Talents", "The Talent Route", "Europe/Paris", deleted=False)},
    registrations={3: RegistrationName("VT-7K3Q-9F", 7, "Hugo Dupont", deleted=False)},
    structures={},
    accounts={5: "Claire Delorme"},
    projects={},
    templates={},
    waves={11: (NOW, "Europe/Paris")},
    reasons={},
    contacts={},
    invitations={},
    titles={4: ("Nom", "Numéro", "Adresse mail", "Repas du midi", "Ancienne")},
)

DAY = "Thursday 4 February 2027"


def said(
    app: Flask, verb: str, details: dict[str, Any], subject: str = "event:7", *, people: bool = True
) -> HistoryLine:
    line = JournalLine(1, NOW, ActorKind.STAFF, 1, "Inès Roux", verb, subject, details)
    with app.test_request_context("/?lang=en"):
        return history_line(line, NAMES, people=people)


@pytest.mark.parametrize(
    ("verb", "details", "change"),
    [
        ("event.close", {"from": "published", "to": "closed"}, ("State", "Published", "Registration closed")),
        ("event.close", {"state": ["published", "closed"]}, ("State", "Published", "Registration closed")),
        ("member.role_changed", {"from": "door", "to": "viewer"}, ("Role", "Door", "Viewer")),
        ("member.end_set", {"until": [None, "2027-02-05T00:00:00+01:00"]}, ("Last day", "–", "Friday 5 February 2027")),
        ("partner.changed", {"functions": ["door"], "before": ["figures"]}, ("Functions", "Figures", "Door")),
        ("partner.changed", {"functions": [["figures"], ["door"]]}, ("Functions", "Figures", "Door")),
        ("event.edited", {"enrolment": ["one", "several"]},
         ("Each registration takes", "One arrival time", "Several, of their choice")),
        ("event.edited", {"audiences": [["school"], ["school", "family"]]}, ("Audiences", "Schools", "Schools, Families")),
        ("event.edited", {"starts_at": ["2027-02-04T08:00:00+00:00", "2027-02-04T08:30:00+00:00"]},
         ("Beginning", f"{DAY}, 9:00\N{NO-BREAK SPACE}am", f"{DAY}, 9:30\N{NO-BREAK SPACE}am")),
        ("targets.set", {"present school 2027-02-04": [None, 300]}, ("People who came, Schools, 4 February 2027", "–", "300")),
        ("structure.changed", {"changed": {"commune": ["Dijon", "Beaune"]}}, ("Town", "Dijon", "Beaune")),
        ("question.changed", {"kind": ["text", "number"]}, ("Kind", "A text", "A number")),
        ("event.edited", {"something_new": ["a", "b"]}, ("Something new", "a", "b")),
    ],
)  # fmt: skip
def test_a_change_is_told_in_words(
    app: Flask, verb: str, details: dict[str, Any], change: tuple[str, str, str]
) -> None:
    assert said(app, verb, details).changes == (Change(*change),)


def test_two_of_a_list_are_no_before_and_after(app: Flask) -> None:
    line = said(app, "partner.added", {"functions": ["door", "figures"], "account_id": 5, "until": None})
    assert line.changes == ()
    assert line.notes == ("Functions: Door, Figures", "Person: Claire Delorme")


def test_the_waves_of_a_registration_are_told_by_their_hours(app: Flask) -> None:
    line = said(app, "registration.changed", {"waves": [[11], [99]], "people": [30, 30]}, "registration:3")
    when = "Thursday 4 February 2027, 10:00\N{NO-BREAK SPACE}am"
    assert line.changes == (Change("Times", when, "a time that is no longer offered"),)


def test_parts_of_an_event_are_told_by_name(app: Flask) -> None:
    parts = [
        {"part": "wave", "name": "2027-02-04T08:00:00+00:00", "change": "changed",
         "fields": {"limit:school": [None, [30, 1]]}},
        {"part": "stop", "name": "Offres", "change": "added", "fields": {}},
    ]  # fmt: skip
    head = "Wave of Thursday 4 February 2027, 9:00\N{NO-BREAK SPACE}am · Limit for Schools"
    assert said(app, "event.edited", {"parts": parts}).changes == (
        Change(head, "–", "30 people, 1 group"),
        Change("Stop “Offres”", "", "added"),
    )


def test_names_and_words_of_people_are_for_those_who_may_see_them(app: Flask) -> None:
    details = {"reason": "Hugo a la grippe", "people": 1}
    seen = said(app, "registration.cancelled", details, "registration:3")
    assert seen.about == "VT-7K3Q-9F · Hugo Dupont"
    assert "In words: Hugo a la grippe" in seen.notes
    blind = said(app, "registration.cancelled", details, "registration:3", people=False)
    assert (blind.about, blind.notes) == ("VT-7K3Q-9F", ("Headcount: 1",))
    public = said(app, "event.cancel", {"reason": "Neige"}, people=False)
    assert public.notes == ("In words: Neige",)


def test_an_export_names_its_columns_as_far_as_the_reader_may_see_them(app: Flask) -> None:
    columns = ["name", "reference", "email", "answer:repas", "retired_one"]
    details = {"export": 4, "what": "registrations", "format": "csv", "columns": columns, "rows": 3}
    seen = said(app, "export.made", details)
    assert "Columns: Name, Number, E-mail address, Repas du midi, retired_one" in seen.notes
    blind = said(app, "export.made", details, people=False)
    assert "Columns: Number, 4 columns of people’s data" in blind.notes
    pair = said(app, "export.made", {"what": "registrations", "columns": ["name", "people"]})
    assert (pair.changes, pair.notes[-1]) == ((), "Columns: Name, Headcount")
    directory = said(
        app, "export.made", {"what": "structures", "columns": ["name", "latest"]}, "organiser:1", people=False
    )
    assert "Columns: Name, Last event" in directory.notes
    assert "Columns" not in " ".join(said(app, "export.made", {"what": "registrations"}).notes)


def test_what_is_gone_is_said_to_be_gone(app: Flask) -> None:
    assert said(app, "event.removed", {"title": "Vieux forum"}, "event:99").about == "Vieux forum"
    assert said(app, "registration.made", {}, "registration:99").about == "a registration that is gone"
    unknown = said(app, "comet.seen", {"tail": 3}, "comet:1")
    assert (unknown.text, unknown.about, unknown.notes) == ("comet.seen", "", ("Tail: 3",))
