"""One registration by its team: seen, changed, cancelled, made by telephone, printed."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.errors import DatabaseBusy, WriteConflict
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.enums import Enrolment
from app.events.queries import EventRow, get_places
from app.messages.queries import list_messages
from app.registrations.drafts import Contact, Headcount, RegistrationDraft
from app.registrations.enums import RegistrationStatus, Source
from app.registrations.operations import Registered, register
from app.registrations.queries import get_by_reference, get_registration
from app.web.manage import staff_registration
from tests.integration.manage.conftest import NOW, class_draft, paris, person_draft

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
MakeEvent = Callable[..., EventRow]


def base(event: EventRow, made: Registered) -> str:
    return f"/manage/events/{event.slug}/registrations/{made.reference}"


def by_phone(event: EventRow, **changes: object) -> dict[str, object]:
    data: dict[str, object] = {
        "kind": "individual", "audience": "job_seeker", "contact.name": "Fatou N’Diaye", "contact.phone": "06 39 98 44 10",
        "contact.email": "", "headcount.participants": "1", "waves": [str(event.waves[0].id)], "locale": "fr",
        "is_15_or_older": "yes", "oriented_by": "Mission Locale",
    }  # fmt: skip
    return data | changes


def test_somebody_without_a_mailbox_is_registered_and_gets_a_ticket_to_print(
    client: FlaskClient, forum: EventRow
) -> None:
    answer = client.post(f"/manage/events/{forum.slug}/registrations/new", data=by_phone(forum))
    assert answer.status_code == 302
    reference = answer.headers["Location"].split("/")[-2]
    made = get_by_reference(reference, organiser_id=forum.organiser_id)
    assert (made.contact_name, made.contact_phone, made.contact_email) == ("Fatou N’Diaye", "+33639984410", "")
    assert (made.source, made.status, made.oriented_by) == (
        Source.STAFF,
        RegistrationStatus.CONFIRMED,
        "Mission Locale",
    )
    assert (made.people, made.waves, made.is_15_or_older) == (1, (forum.waves[0].id,), True)
    assert list_messages(subject=f"registration:{made.id}") == []
    ticket = client.get(answer.headers["Location"]).text
    assert f"/t/{made.ticket.code}.pdf" in ticket
    assert "No mail goes out" in ticket


def test_a_class_is_registered_by_telephone_on_the_day_itself(client: FlaskClient, make_event: MakeEvent) -> None:
    event = make_event(registration_closes_at=paris(3, 12))
    data = by_phone(event, kind="group", audience="school") | {
        "headcount.participants": "28", "headcount.companions": "2", "organisation.name": "Collège des Trois-Rivières",
        "organisation.class_label": "3e B", "organisation.uai": "",
    }  # fmt: skip
    assert client.post(f"/manage/events/{event.slug}/registrations/new", data=data).status_code == 302
    assert get_places(event).taken == 30


def test_what_is_wrong_stands_at_its_field_and_the_rest_is_kept(client: FlaskClient, forum: EventRow) -> None:
    data = by_phone(forum) | {"contact.phone": "06 39 98 44 1", "contact.name": "Fatou <N’Diaye>", "waves": []}
    answer = client.post(f"/manage/events/{forum.slug}/registrations/new", data=data)
    assert answer.status_code == 422
    assert "There are 9 figures, 10 are needed." in answer.text
    assert 'value="06 39 98 44 1"' in answer.text
    assert "Fatou &lt;N’Diaye&gt;" in answer.text
    no_reach = client.post(
        f"/manage/events/{forum.slug}/registrations/new", data=by_phone(forum) | {"contact.phone": ""}
    )
    assert no_reach.status_code == 422
    assert "contact.email-error" in no_reach.text
    assert get_places(forum).taken == 0


def test_a_full_wave_is_told_with_the_nearest_that_are_not(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    for n in range(2):
        enrol(forum, class_draft(forum, 0, f"Manon Nom{n}"))
    answer = client.post(f"/manage/events/{forum.slug}/registrations/new", data=by_phone(forum))
    assert answer.status_code == 422
    assert "Thursday 4 February at 9:00\N{NO-BREAK SPACE}am does not have enough places left." in answer.text
    assert "There is still room: Thursday 4 February at 9:40\N{NO-BREAK SPACE}am" in answer.text
    waiting = client.post(f"/manage/events/{forum.slug}/registrations/new", data=by_phone(forum, waitlist="y"))
    assert waiting.status_code == 302
    assert "On the waiting list: Fatou" in client.get(waiting.headers["Location"]).text


def limited(make_event: MakeEvent) -> EventRow:
    """Three waves of 60: the first without classes, the second without families, the third for anybody."""
    starts = (paris(4, 9), paris(4, 10), paris(4, 11))
    limits = (AllotmentDraft("school", None, 0),), (AllotmentDraft("family", 0),), ()
    waves = tuple(
        WaveDraft(start, start + timedelta(minutes=40), 60, allotments=allotments)
        for start, allotments in zip(starts, limits, strict=True)
    )
    return make_event(waves=waves)


def times(page: str) -> list[str]:
    """What each wave of the form says."""
    shown = page[page.index('id="places"') : page.index("data-autosubmit-button")]
    return [
        " ".join(html.unescape(re.sub(r"<[^>]+>", " ", line)).split())
        for line in re.findall(r"<li>(.*?)</li>", shown, re.DOTALL)
    ]


def test_places_are_shown_for_who_is_chosen(client: FlaskClient, make_event: MakeEvent, enrol: Enrol) -> None:
    event = limited(make_event)
    enrol(event, class_draft(event, 1, "Manon Lambert"))
    enrol(event, class_draft(event, 2, "Noël Guérin"))
    enrol(event, class_draft(event, 2, "Ana Petit"))
    url = f"/manage/events/{event.slug}/registrations/new"
    fresh = client.get(url).text
    assert times(fresh) == ["9:00 am · 60 places", "10:00 am · 30 places", "11:00 am · Full"]
    assert "Places for: Schools, one person." in fresh
    group = by_phone(event, kind="group", audience="school", refresh="1") | {
        "headcount.participants": "30", "headcount.companions": "3", "contact.name": "", "contact.phone": "06 39",
        "waves": [str(event.waves[1].id)],
    }  # fmt: skip
    refreshed = client.post(url, data=group)
    assert refreshed.status_code == 200
    assert times(refreshed.text) == ["9:00 am · No classes", "10:00 am · 30 places: not enough", "11:00 am · Full"]
    assert "Places for: Schools, a group of 33." in refreshed.text
    assert "field-error" not in refreshed.text
    assert 'value="06 39"' in refreshed.text
    assert f'value="{event.waves[1].id}" id="waves-{event.waves[1].id}" checked' in refreshed.text
    family = client.post(url, data=group | {"kind": "individual", "audience": "family"}).text
    assert times(family) == ["9:00 am · 60 places", "10:00 am · Not open", "11:00 am · Full"]
    strange = client.post(url, data=group | {"audience": "nobody", "headcount.participants": "many"})
    assert (strange.status_code, "a group of 3." in strange.text) == (200, True)


def test_a_wave_that_an_audience_does_not_come_to_says_so(client: FlaskClient, make_event: MakeEvent) -> None:
    event = limited(make_event)
    data = by_phone(event, kind="group", audience="school") | {"headcount.participants": "28"}
    answer = client.post(f"/manage/events/{event.slug}/registrations/new", data=data)
    assert answer.status_code == 422
    assert "Thursday 4 February at 9:00\N{NO-BREAK SPACE}am takes no classes." in answer.text
    assert "There is still room: Thursday 4 February at 10:00" in answer.text


def test_what_was_typed_for_a_group_is_not_asked_of_one_person(client: FlaskClient, forum: EventRow) -> None:
    data = by_phone(forum) | {
        "headcount.participants": "many", "headcount.companions": "-1", "organisation.uai": "0219",
        "organisation.class_label": "3e B", "organisation.name": "Mission Locale", "organisation.commune": "Dijon",
    }  # fmt: skip
    answer = client.post(f"/manage/events/{forum.slug}/registrations/new", data=data)
    assert answer.status_code == 302
    made = get_by_reference(answer.headers["Location"].split("/")[-2], organiser_id=forum.organiser_id)
    assert (made.people, made.uai, made.class_label) == (1, "", "")
    assert (made.organisation_name, made.commune) == ("Mission Locale", "Dijon")


def test_who_was_registered_by_a_colleague_in_the_same_instant_is_told(
    client: FlaskClient, forum: EventRow, enrol: Enrol, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    def beaten(*args: Any, **how: Any) -> Registered:
        attempts.append(1)
        if len(attempts) == 1:
            raise WriteConflict
        return register(*args, **how)

    monkeypatch.setattr(staff_registration, "register", beaten)
    url = f"/manage/events/{forum.slug}/registrations/new"
    assert client.post(url, data=by_phone(forum)).status_code == 302
    assert (len(attempts), get_places(forum).taken) == (2, 1)

    def busy(*args: Any, **how: Any) -> Registered:
        raise DatabaseBusy

    monkeypatch.setattr(staff_registration, "register", busy)
    answer = client.post(url, data=by_phone(forum))
    assert answer.status_code == 503
    assert "Your answers are kept: press the button again." in answer.text
    assert "Fatou N’Diaye" in answer.text


def test_the_same_mail_twice_names_the_registration_there_is(
    client: FlaskClient, forum: EventRow, enrol: Enrol
) -> None:
    made = enrol(forum, person_draft(forum, 0, "Hugo Dupont", contact=Contact("Hugo Dupont", "hugo@example.org")))
    data = by_phone(forum) | {"contact.email": "HUGO@example.org"}
    answer = client.post(f"/manage/events/{forum.slug}/registrations/new", data=data)
    assert answer.status_code == 422
    assert f"registered already, number {made.reference}" in answer.text


def test_a_training_is_registered_as_a_whole(client: FlaskClient, make_event: MakeEvent) -> None:
    waves = (WaveDraft(paris(4, 9), paris(4, 12), 16), WaveDraft(paris(5, 9), paris(5, 12), 16))
    event = make_event(waves=waves, enrolment=Enrolment.ALL)
    assert (
        client.post(f"/manage/events/{event.slug}/registrations/new", data=by_phone(event, waves=[])).status_code == 302
    )
    assert get_places(event).waves == {w.id: 1 for w in event.waves}


def test_waves_and_headcount_are_changed_together(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    made = enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    data = {"waves": [str(forum.waves[2].id)], "headcount.participants": "30", "headcount.companions": "3"}
    assert client.post(f"{base(forum, made)}/change", data=data).status_code == 302
    after = get_registration(made.id)
    assert (after.waves, after.participants, after.companions) == ((forum.waves[2].id,), 30, 3)
    assert get_places(forum).waves[forum.waves[0].id] == 0
    history = client.get(base(forum, made)).text
    times = "new time: Thursday 4 February at 10:20 am (before: Thursday 4 February at 9:00 am)"
    assert f"Changed: 30 people become 33, {times}" in history.replace("\N{NO-BREAK SPACE}", " ")


def test_a_change_to_a_full_wave_changes_nothing(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    made = enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    for n in range(2):
        enrol(forum, class_draft(forum, 1, f"Noël Nom{n}"))
    data = {"waves": [str(forum.waves[1].id)], "headcount.participants": "28", "headcount.companions": "2"}
    answer = client.post(f"{base(forum, made)}/change", data=data)
    assert answer.status_code == 422
    assert "does not have enough places left" in answer.text
    assert get_registration(made.id).waves == (forum.waves[0].id,)


def test_somebody_waiting_gets_a_place_at_another_time(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    for n in range(2):
        enrol(forum, class_draft(forum, 0, f"Manon Nom{n}"))
    waiting = enrol(forum, person_draft(forum, 0, "Hugo Dupont", waitlist=True))
    data = {"waves": [str(forum.waves[1].id)]}
    assert client.post(f"{base(forum, waiting)}/change", data=data).status_code == 302
    assert get_registration(waiting.id).status is RegistrationStatus.CONFIRMED


def test_cancelling_asks_again_in_figures(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    made = enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    page = client.get(f"{base(forum, made)}/cancel").text
    assert "Cancel the registration of 30 people?" in page
    assert "30 places become free again." in page
    bare = client.post(f"{base(forum, made)}/cancel", data={"reason": "Sortie déplacée"})
    assert (bare.status_code, "Sortie déplacée" in bare.text) == (422, True)
    data = {"code": "timetable", "reason": "Sortie déplacée"}
    done = client.post(f"{base(forum, made)}/cancel", data=data, follow_redirects=True)
    assert "Cancelled: 30 places are free." in done.text
    assert "Cancelled: Timetable, exam · Sortie déplacée" in done.text
    after = get_registration(made.id)
    told = (after.status, after.cancel_code, after.cancel_reason)
    assert told == (RegistrationStatus.CANCELLED, "timetable", "Sortie déplacée")
    assert "<dd>Timetable, exam · Sortie déplacée</dd>" in done.text
    assert get_places(forum).taken == 0
    assert client.get(f"{base(forum, made)}/cancel").status_code == 409
    assert f"{base(forum, made)}/change" not in done.text
    assert "Print the ticket" not in done.text
    assert client.get(f"{base(forum, made)}/ticket").location == base(forum, made)


def test_history_tells_mails_and_passages(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    made = enrol(forum, class_draft(forum, 0, "Manon Lambert", contact=Contact("Manon Lambert", "manon@example.org")))
    item = ScanInput(str(uuid4()), made.ticket_code, forum.checkpoints[0].id, Direction.IN, paris(4, 9, 5))
    again = ScanInput(str(uuid4()), made.ticket_code, forum.checkpoints[0].id, Direction.IN, paris(4, 9, 6))
    with transaction():
        record_scans(forum, "Porte A", [item, again], now=NOW)
    page = client.get(base(forum, made)).text
    assert "Registered by the team: 30 people" in page
    assert "Entrance: 30 people come in" in page
    assert "Entrance: ticket read, already in" in page
    assert "Confirmation and ticket" in page
    assert "30 of 30" in page
    with transaction():
        record_scans(forum, "Porte A", [replace(item, id=str(uuid4()), undoes=item.id)], now=NOW)
    page = client.get(base(forum, made)).text
    assert ("Entrance: a passage is taken back" in page, page.count("people come in")) == (True, 1)


def test_history_reads_well_in_french_whatever_a_door_is_called(
    client: FlaskClient, forum: EventRow, enrol: Enrol
) -> None:
    made, door = enrol(forum, class_draft(forum, 0, "Manon Lambert")), forum.checkpoints[0].id
    ways = [(Direction.IN, Headcount(1, 0)), (Direction.IN, None), (Direction.IN, None), (Direction.OUT, None)]
    items = [
        ScanInput(str(uuid4()), made.ticket_code, door, way, paris(4, 9, n), people)
        for n, (way, people) in enumerate(ways)
    ]
    with transaction():
        record_scans(forum, "Porte A", items, now=NOW)
    page = client.get(f"{base(forum, made)}?lang=fr").text.replace("\xa0", " ")
    told = re.findall(r"Entrée : [^<]+", page)
    assert told == [
        "Entrée : 30 personnes sortent", "Entrée : billet lu, déjà entré", "Entrée : 29 personnes entrent",
        "Entrée : 1 personne entre",
    ]  # fmt: skip


def test_the_link_is_sent_again(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    made = enrol(forum, person_draft(forum, 0, "Hugo Dupont", contact=Contact("Hugo Dupont", "hugo@example.org")))
    answer = client.post(f"{base(forum, made)}/mail", follow_redirects=True)
    assert "The link leaves for hugo@example.org." in answer.text
    assert [m.template for m in list_messages(subject=f"registration:{made.id}")] == [
        "registrations.link",
        "registrations.confirmed",
    ]


def test_route_cards_are_made_then_printed(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    made = enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    assert client.get(f"{base(forum, made)}/cards.pdf").status_code == 404
    assert "28 cards are ready to print." in client.post(f"{base(forum, made)}/cards", follow_redirects=True).text
    pdf = client.get(f"{base(forum, made)}/cards.pdf")
    assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    person = enrol(forum, person_draft(forum, 0, "Hugo Dupont"))
    assert client.post(f"{base(forum, person)}/cards").status_code == 404


def test_a_registration_is_seen_under_its_own_event_only(
    client: FlaskClient, forum: EventRow, make_event: MakeEvent, other_id: int, enrol: Enrol
) -> None:
    made = enrol(forum, person_draft(forum, 0, "Hugo Dupont"))
    elsewhere = make_event(title_fr="Un autre")
    assert client.get(base(elsewhere, made)).status_code == 404
    theirs = make_event(organiser=other_id)
    foreign = enrol(theirs, person_draft(theirs, 0, "Zoé Zzz"))
    assert client.get(base(forum, foreign)).status_code == 404
    assert client.get(base(theirs, foreign)).status_code == 404


def test_search_goes_straight_to_a_number_and_stays_at_home(
    client: FlaskClient, forum: EventRow, make_event: MakeEvent, other_id: int, enrol: Enrol
) -> None:
    made = enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    theirs = make_event(organiser=other_id, title_fr="Le forum des autres", title_en="")
    foreign = enrol(theirs, class_draft(theirs, 0, "Zoé Lambert"))
    answer = client.get(f"/manage/search?q={made.reference.lower().replace('-', '')}")
    assert answer.headers["Location"] == base(forum, made)
    page = client.get("/manage/search?q=lambert").text
    assert (page.count("Lambert, Manon"), "Zoé" in page) == (1, False)
    assert client.get(f"/manage/search?q={foreign.reference}").status_code == 200
    assert "Lambert" not in client.get(f"/manage/search?q={foreign.reference}").text
    assert "Le forum des autres" not in client.get("/manage/search?q=forum").text
    assert "The Talent Route" in client.get("/manage/search?q=talent").text
