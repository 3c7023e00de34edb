"""Who changed what and when: the journal of an organiser, of one object, and of one event."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import entrust
from app.core.actor import SYSTEM, Actor
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.enums import Axis
from app.events.operations import edit_event, save_project
from app.events.queries import EventRow
from app.registrations.drafts import RegistrationDraft
from app.registrations.operations import Registered, cancel_registration
from app.reports.queries import journal
from app.reports.queries.journal import JournalFilter, list_journal, name_subjects
from app.structures.drafts import StructureDraft
from app.structures.models import StructureKind
from app.structures.operations.directory import change_structure, create_structure
from tests import factories
from tests.conftest import counted_statements
from tests.integration.manage.conftest import NOW, class_draft, forum_draft, paris, person_draft

LogIn = Callable[[int, Role], FlaskClient]
Enrol = Callable[[EventRow, RegistrationDraft], Registered]
MakeEvent = Callable[..., EventRow]


def edit(event: EventRow, by: Actor, **changes: object) -> None:
    """Change an event whose waves, spaces and stops stay as they are made (they are named by id)."""
    draft = forum_draft()
    waves = tuple(replace(d, id=w.id) for d, w in zip(draft.waves, event.waves, strict=True))
    spaces = tuple(replace(d, id=s.id) for d, s in zip(draft.spaces, event.spaces, strict=True))
    stops = tuple(replace(d, id=s.id) for d, s in zip(draft.stops, event.stops, strict=True))
    kept = replace(draft, waves=waves, spaces=spaces, stops=stops)
    with transaction():
        edit_event(event.id, replace(kept, **changes), by=by, now=NOW)  # type: ignore[arg-type]


def test_fields_are_told_from_before_to_after(client: FlaskClient, forum: EventRow, by: Actor) -> None:
    edit(forum, by, title_en="The Path of Talents", capacity=300, waiting_list=False)
    page = client.get("/manage/history").text
    assert "Settings changed" in page
    for label, before, after in (
        ("Title in English", "The Talent Route", "The Path of Talents"),
        ("Places", "–", "300"),
        ("Waiting list", "Yes", "No"),
    ):
        assert f"<dt>{label}</dt><dd><del>{before}</del>" in page
        assert f"<ins>{after}</ins>" in page
    assert "Inès Roux" in page
    assert f'href="/manage/events/{forum.slug}/edit"' in page


def test_waves_and_spaces_are_told_one_by_one(client: FlaskClient, forum: EventRow, by: Actor) -> None:
    draft = forum_draft()
    waves = [replace(d, id=w.id) for d, w in zip(draft.waves, forum.waves, strict=True)]
    spaces = tuple(replace(d, id=s.id) for d, s in zip(draft.spaces, forum.spaces, strict=True))
    stops = tuple(replace(d, id=s.id) for d, s in zip(draft.stops, forum.stops, strict=True))
    changed = replace(
        draft,
        waves=(replace(waves[0], capacity=80), *waves[1:4]),
        spaces=(replace(spaces[0], name="Salle Construire"), *spaces[1:]),
        stops=tuple(replace(s, space="Salle Construire") if s.space == "Construire" else s for s in stops),
    )
    with transaction():
        edit_event(forum.id, changed, by=by, now=NOW)
    page = client.get(f"/manage/events/{forum.slug}/history").text
    wave = "Wave of Thursday 4 February 2027, 9:00\N{NO-BREAK SPACE}am · Places"
    assert f"<dt>{wave}</dt><dd><del>60</del>" in page
    assert "<ins>80</ins>" in page
    assert "<dt>Wave of Friday 5 February 2027, 9:00\N{NO-BREAK SPACE}am</dt><dd><ins>removed</ins>" in page
    assert "<dt>Space “Construire” · Name</dt>" in page


def test_registrations_keep_their_names_for_those_who_may_see_them(
    client: FlaskClient, log_in: LogIn, forum: EventRow, enrol: Enrol, organiser_id: int
) -> None:
    made = enrol(forum, person_draft(forum, 0, "Hugo Dupont"))
    with transaction():
        cancel_registration(made.id, code="illness", reason="Hugo a la grippe", by=SYSTEM, now=NOW)
    address = f"/manage/events/{forum.slug}/history"
    page = client.get(address).text
    assert all(text in page for text in ("Registration cancelled", "Hugo Dupont", "Hugo a la grippe", "Illness, Covid"))
    viewer = log_in(organiser_id, Role.VIEWER).get(address).text
    assert made.reference in viewer
    assert "Registration cancelled" in viewer
    assert "Illness, Covid" in viewer
    assert "Hugo" not in viewer


def test_who_may(log_in: LogIn, forum: EventRow, organiser_id: int, other_id: int) -> None:
    statuses = {Role.OWNER: (200, 200), Role.MANAGER: (200, 200), Role.VIEWER: (403, 200), Role.DOOR: (403, 403)}
    for role, expected in statuses.items():
        client = log_in(organiser_id, role)
        found = tuple(
            client.get(url).status_code for url in ("/manage/history", f"/manage/events/{forum.slug}/history")
        )
        assert found == expected
    stranger = log_in(other_id, Role.OWNER)
    assert stranger.get(f"/manage/events/{forum.slug}/history").status_code == 404
    assert forum.title_en not in stranger.get("/manage/history").text


@pytest.mark.parametrize(
    ("function", "status", "seen"),
    [
        (EventFunction.PROGRAMME, 200, set()),
        (EventFunction.SCHOOLS, 200, {"class"}),
        (EventFunction.REGISTRATIONS, 200, {"class", "person"}),
        (EventFunction.FIGURES, 403, set()),
    ],
)
def test_partners_see_their_rows(
    log_in: LogIn, forum: EventRow, enrol: Enrol, organiser_id: int, other_id: int, function: EventFunction, status: int,
    seen: set[str],
) -> None:  # fmt: skip
    made = {
        "class": enrol(forum, class_draft(forum, 0, "Ana Petit")),
        "person": enrol(forum, person_draft(forum, 0, "Zoé")),
    }
    client = log_in(other_id, Role.DOOR)
    with client.session_transaction() as session:
        account_id = session["account_id"]
    with transaction():
        entrust(forum.id, organiser_id, account_id, {function}, organisation="Campus", ends_at=None, by=SYSTEM, now=NOW)
    answer = client.get(f"/manage/events/{forum.slug}/history")
    assert answer.status_code == status
    assert {name for name, registered in made.items() if registered.reference in answer.text} == seen
    assert client.get("/manage/history").status_code == 403


def test_the_team_and_other_partners_are_no_business_of_who_does_not_manage_the_event(
    client: FlaskClient, log_in: LogIn, forum: EventRow, organiser_id: int, other_id: int
) -> None:
    partner = log_in(other_id, Role.DOOR)
    with partner.session_transaction() as session:
        account_id = session["account_id"]
    functions = {EventFunction.REGISTRATIONS}
    with transaction():
        entrust(forum.id, organiser_id, account_id, functions, organisation="CCI", ends_at=None, by=SYSTEM, now=NOW)
    sent = {"email": "zoe.zebulon@example.org", "name": "Zoé", "organisation": "Rectorat", "functions": "figures"}
    invited = client.post(f"/manage/events/{forum.slug}/partners", data={**sent, "locale": "fr"})
    assert invited.status_code == 302, invited.text
    here, base = f"/manage/events/{forum.slug}/history", f"/manage/events/{forum.slug}/registrations.csv"
    assert b"Name" in client.get(base).data
    assert b"Name" in partner.get(base).data
    whole = client.get(here).text
    assert "zebulon@example.org" in whole
    assert whole.count("Rows exported") == 2
    assert whole.count("Columns: Name, Audience, Wave, Headcount, Status, Arrival, Number") == 2
    assert 'value="people"' in whole
    for reader, own in ((partner, 1), (log_in(organiser_id, Role.VIEWER), 0)):
        for address in (here, f"{here}?about=people", f"{here}?about=exports"):
            page = reader.get(address).text
            assert "zebulon" not in page
            assert "Functions entrusted" not in page
            assert page.count("Rows exported") == own
            assert 'value="people"' not in page
        assert "Event published" in reader.get(here).text


def test_an_object_has_its_own_page(
    client: FlaskClient, log_in: LogIn, organiser_id: int, other_id: int, by: Actor
) -> None:
    draft = StructureDraft(StructureKind.SCHOOL, "Collège Marcelle-Pardé", commune="Dijon")
    with transaction():
        structure_id = create_structure(draft, organiser_id=organiser_id, by=by, now=NOW)
        other = create_structure(replace(draft, name="Lycée Hippolyte"), organiser_id=organiser_id, by=by, now=NOW)
        after = replace(draft, commune="Beaune")
        change_structure(structure_id, after, organiser_id=organiser_id, revision=1, by=by, now=NOW)
    page = client.get(f"/manage/history?object=structure:{structure_id}").text
    assert "Collège Marcelle-Pardé" in page
    assert "<dt>Town</dt><dd><del>Dijon</del>" in page
    assert "Lycée Hippolyte" not in page
    assert client.get(f"/manage/history?object=structure:{other}").status_code == 200
    for asked in ("structure:9999", "account:9999", "event:1", "structure:x", "nothing"):
        assert client.get(f"/manage/history?object={asked}").status_code == 404
    stranger = log_in(other_id, Role.OWNER)
    assert stranger.get(f"/manage/history?object=structure:{structure_id}").status_code == 404


def test_projects_tell_what_changed(client: FlaskClient, organiser_id: int, by: Actor) -> None:
    def save(axis: Axis, funders: tuple[str, ...], project_id: int | None = None) -> int:
        with transaction():
            return save_project(
                organiser_id=organiser_id, name="Cité Apprenti.e", axis=axis, funders=funders, project_id=project_id,
                by=by, now=NOW,
            )  # fmt: skip

    project_id = save(Axis.SCHOOL_COMPANY, ("Région",))
    save(Axis.LOCAL_DEVELOPMENT, ("Région", "État"), project_id)
    page = client.get(f"/manage/history?object=project:{project_id}").text
    assert "Project made" in page
    assert "<dt>Principal axis</dt><dd><del>School and company</del>" in page
    assert "<ins>Région, État</ins>" in page


def test_the_journal_is_narrowed_by_person_kind_event_and_days(
    client: FlaskClient, app: Flask, forum: EventRow, make_event: MakeEvent, enrol: Enrol, organiser_id: int, by: Actor
) -> None:
    make_event(title_fr="Matinale", title_en="Morning")
    made = enrol(forum, person_draft(forum, 0, "Hugo Dupont"))
    with transaction():
        save_project(organiser_id=organiser_id, name="Essaimage", axis=Axis.LOCAL_DEVELOPMENT, by=SYSTEM, now=NOW)

    def shown(query: str) -> set[str]:
        page = client.get(f"/manage/history?{query}").text
        names = {
            "forum": "The Talent Route</a>",
            "other": "Morning</a>",
            "person": made.reference,
            "project": "Essaimage",
        }
        return {key for key, text in names.items() if text in page}

    assert shown("") == {"forum", "other", "person", "project"}
    assert shown(f"event={forum.slug}") == {"forum", "person"}
    assert shown("about=projects&about=registrations") == {"person", "project"}
    assert shown("who=system") == {"project"}
    assert shown(f"who=staff:{by.id}") == {"forum", "other", "person"}
    assert shown("from=2027-02-04&to=2027-02-04") == {"forum", "other", "person", "project"}
    assert shown("from=2027-02-05") == set()
    assert shown("to=2027-02-03") == set()
    assert "Nothing matches these filters" in client.get("/manage/history?to=2027-02-03").text
    assert "Write a date" in client.get("/manage/history?from=yesterday").text


def test_managers_are_not_led_to_pages_of_owners(log_in: LogIn, forum: EventRow, organiser_id: int) -> None:
    for role, linked in ((Role.OWNER, True), (Role.MANAGER, False)):
        client = log_in(organiser_id, role)
        page = client.get("/manage/history?about=people").text
        assert "Joined the team" in page
        assert ('href="/manage/people/' in page) == linked


def test_nothing_in_the_address_breaks_it(client: FlaskClient, forum: EventRow) -> None:
    for query in (
        "who=staff:x",
        "about=x",
        "event=x",
        "before=x",
        "before=99999999999999999999",
        "from=0001-01-01",
        "to=9999-12-31",
    ):
        assert client.get(f"/manage/history?{query}").status_code == 200
        assert client.get(f"/manage/events/{forum.slug}/history?{query}").status_code == 200


def test_pages_go_back_in_time(
    client: FlaskClient, forum: EventRow, by: Actor, monkeypatch: pytest.MonkeyPatch, organiser_id: int
) -> None:
    first = list_journal(JournalFilter(organiser_id), limit=1)
    assert first.more
    rest = list_journal(JournalFilter(organiser_id), before_id=first.lines[0].id)
    assert first.lines[0].id not in {line.id for line in rest.lines}
    assert not rest.more
    page = client.get(f"/manage/history?about=events&before={first.lines[0].id}").text
    assert "Latest ones" in page


@pytest.mark.parametrize("count", [1, 3])
def test_statements_do_not_grow_with_lines(
    app: Flask, forum: EventRow, enrol: Enrol, count: int, organiser_id: int
) -> None:
    for number in range(count):
        made = enrol(forum, class_draft(forum, number, f"Ana Petit{number}"))
        with transaction():
            cancel_registration(made.id, code="illness", by=SYSTEM, now=NOW)
    with counted_statements() as counted:
        page = list_journal(JournalFilter(organiser_id, event_id=forum.id))
        name_subjects(page.lines, organiser_id)
    assert len(page.lines) == 2 + 2 * count
    assert int(counted) == 5  # lines, registrations, events, waves, reasons


def test_the_journal_on_both_databases(whole_app: Flask) -> None:
    organiser_id = factories.make_organiser()
    event = factories.make_event(organiser_id)
    made = factories.make_registration(event)
    other = factories.make_event(organiser_id)
    with transaction():
        cancel_registration(made.id, code="illness", by=SYSTEM, now=factories.NOW + timedelta(days=1))
    wanted = JournalFilter(organiser_id, event_id=event.id)
    lines = list_journal(wanted).lines
    verbs = ["registration.cancelled", "registration.made", "event.publish", "event.created"]
    assert [line.verb for line in lines] == verbs
    late = replace(wanted, since=factories.NOW + timedelta(hours=1), groups=("registration.", "registrations."))
    assert [line.verb for line in list_journal(late).lines] == verbs[:1]
    assert {line.subject for line in list_journal(replace(wanted, event_id=other.id)).lines} == {f"event:{other.id}"}
    names = name_subjects(lines, organiser_id)
    assert names.registrations[made.id].name == "3e B"
    assert names.zone_of(lines[0]) == "Europe/Paris"
    assert journal.list_people_at_work(organiser_id) == []


def test_french_words(client: FlaskClient, app: Flask, forum: EventRow, by: Actor) -> None:
    set_clock(app.extensions, paris(4, 12))
    edit(forum, by, capacity=300)
    page = client.get(f"/manage/events/{forum.slug}/history?lang=fr").text
    assert "Réglages changés" in page
    assert "Publié" in page
    assert "Jeudi 4 février 2027" in page
