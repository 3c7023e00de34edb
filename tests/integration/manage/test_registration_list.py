"""The list of registrations: names first, found whatever the accents, in a fixed number of statements."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.accounts.rules import Access
from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import Actor
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.operations import Registered, cancel_registration
from app.reports.lists import Arrival, ListQuery
from app.reports.queries.registration_list import Totals, get_totals, list_registrations
from tests.conftest import counted_statements
from tests.integration.manage.conftest import NOW, class_draft, paris, person_draft

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
MakeEvent = Callable[..., EventRow]


@pytest.fixture
def enrolled(forum: EventRow, enrol: Enrol, by: Actor) -> dict[str, Registered]:
    """Two classes, two people, one of them cancelled, one class in part at the door."""
    made = {
        "lambert": enrol(forum, class_draft(forum, 0, "Manon Lambert")),
        "guerin": enrol(
            forum,
            class_draft(
                forum, 1, "Noël Guérin", headcount=Headcount(20, 1),
                organisation=Organisation("Lycée hôtelier de la Côte", class_label="Tle CAP cuisine"),
            ),
        ),
        "dupont": enrol(forum, person_draft(forum, 4, "Hugo Dupont", contact=Contact("Hugo Dupont", "hugo@example.org"))),
        "zerrouki": enrol(forum, person_draft(forum, 1, "Lina Zerrouki", audience="family")),
    }  # fmt: skip
    with transaction():
        cancel_registration(made["zerrouki"].id, by=by, now=NOW, reason="malade")
        entrance = forum.checkpoints[0].id
        record_scans(
            forum,
            "Porte A",
            [
                ScanInput(
                    str(uuid4()), made["lambert"].ticket_code, entrance, Direction.IN, paris(4, 9, 5), Headcount(27, 2)
                )
            ],
            now=NOW,
        )
    return made


def owner_of(event: EventRow) -> Access:
    return Access(event.organiser_id, role=Role.OWNER)


def names(page: str) -> list[str]:
    return re.findall(r'class="row-link"[^>]*>([^<]+)<', page)


def test_family_names_come_first_and_sort_the_list(
    client: FlaskClient, forum: EventRow, enrolled: dict[str, Registered]
) -> None:
    page = client.get(f"/manage/events/{forum.slug}/registrations").text
    assert names(page) == ["Dupont, Hugo", "Guérin, Noël", "Lambert, Manon", "Zerrouki, Lina"]
    assert "<b>3 registrations, 52 people</b>" in page
    assert "With 1 cancelled or lapsed: 4 rows." in page
    assert "Rows 1 to 4 of 4" in page
    assert "29 of 30" in page
    assert "no mail, 06\N{NO-BREAK SPACE}39" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=GUERIN", ["Guérin, Noël"]),
        ("q=cote+hoteliere", []),
        ("q=cote+hotelier", ["Guérin, Noël"]),
        ("q=3e+b+trois", ["Lambert, Manon"]),
        ("q=0639980745", ["Zerrouki, Lina"]),
        ("q=%25", []),
        ("q=_", []),
        ("status=cancelled", ["Zerrouki, Lina"]),
        ("status=confirmed&status=cancelled&audience=family", ["Zerrouki, Lina"]),
        ("status=nonsense", ["Dupont, Hugo", "Guérin, Noël", "Lambert, Manon", "Zerrouki, Lina"]),
        ("day=2027-02-05", ["Dupont, Hugo"]),
        ("arrival=some", ["Lambert, Manon"]),
        ("arrival=nobody", ["Dupont, Hugo", "Guérin, Noël"]),
        ("arrival=all", []),
    ],
)
def test_searching_and_narrowing(
    client: FlaskClient, forum: EventRow, enrolled: dict[str, Registered], query: str, found: list[str]
) -> None:
    assert names(client.get(f"/manage/events/{forum.slug}/registrations?{query}").text) == found


def test_one_wave_and_a_number(client: FlaskClient, forum: EventRow, enrolled: dict[str, Registered]) -> None:
    base = f"/manage/events/{forum.slug}/registrations"
    page = client.get(f"{base}?wave={forum.waves[1].id}").text
    assert names(page) == ["Guérin, Noël", "Zerrouki, Lina"]
    assert "<b>1 registration, 21 people</b> of 3 registrations, 52 people" in page
    assert names(client.get(f"{base}?q={enrolled['dupont'].reference.replace('-', '')}").text) == ["Dupont, Hugo"]


def test_the_words_add_up_whatever_is_cancelled(
    client: FlaskClient, forum: EventRow, enrolled: dict[str, Registered], by: Actor
) -> None:
    base = f"/manage/events/{forum.slug}/registrations"
    off = client.get(f"{base}?status=cancelled").text
    assert "<b>0 registrations, 0 people</b> of 3 registrations, 52 people · With 1 cancelled or lapsed: 1 row." in off
    assert "Rows 1 to 1 of 1" in off
    standing = client.get(f"{base}?status=confirmed").text
    assert "<b>3 registrations, 52 people</b>" in standing
    assert "cancelled or lapsed" not in standing
    assert "Rows 1 to 3 of 3" in standing


def test_nothing_found_says_what_was_asked(
    client: FlaskClient, forum: EventRow, enrolled: dict[str, Registered]
) -> None:
    assert "Nobody matches “Lambrt”" in client.get(f"/manage/events/{forum.slug}/registrations?q=Lambrt").text


def test_totals_are_those_of_now(forum: EventRow, enrolled: dict[str, Registered], by: Actor) -> None:
    assert get_totals(forum.id) == Totals(3, 52, 1)
    with transaction():
        cancel_registration(enrolled["guerin"].id, by=by, now=NOW)
    assert get_totals(forum.id) == Totals(2, 31, 2)
    some = list_registrations(forum, ListQuery(arrivals=frozenset({Arrival.SOME})), owner_of(forum))
    assert some.shown == Totals(1, 30, 0)


def test_who_waits_is_counted_apart_everywhere(client: FlaskClient, make_event: MakeEvent, enrol: Enrol) -> None:
    event = make_event(capacity=40, waiting_list=True)
    enrol(event, class_draft(event, 0, "Manon Lambert"))
    other = Organisation("Collège des Trois-Rivières", class_label="4e A")
    enrol(event, class_draft(event, 0, "Inès Roux", organisation=other, waitlist=True))
    base = f"/manage/events/{event.slug}"
    assert get_totals(event.id) == Totals(2, 60, 0, waiting=1, waiting_people=30)
    page = client.get(f"{base}/registrations").text
    assert "<b>1 registration (30 people) and 1 waiting (30 people)</b>" in page
    assert "<b>1 waiting (30 people)</b>" in client.get(f"{base}/registrations?status=waitlisted").text
    searched = client.get(f"{base}/registrations?q=4e").text
    assert "<b>1 waiting (30 people)</b> of 1 registration (30 people) and 1 waiting (30 people)" in searched
    for name, count in (("Registrations", 1), ("Waiting list", 1)):
        tab = re.search(rf'<a[^>]*>{name} <span class="count">(\d+)', page)
        assert tab is not None, name
        assert int(tab[1]) == count
    dashboard = client.get(base).text
    assert re.search(r"\b1 registration\b", dashboard)
    assert "2 registrations" not in dashboard


def test_pages_follow_each_other_both_ways_without_loss(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    expected = []
    for n in range(103):
        # two of each name: the id decides between them
        enrol(
            forum,
            person_draft(
                forum, n % 2, f"Zoé Nom{n // 2:03d}", contact=Contact(f"Zoé Nom{n // 2:03d}", f"z{n}@example.org")
            ),
        )
        expected.append(f"Nom{n // 2:03d}, Zoé")
    path: str | None = f"/manage/events/{forum.slug}/registrations"
    seen, texts, last = [], [], ""
    while path:
        page = client.get(path).text
        seen += names(page)
        texts.append(re.findall(r"(\d+) to (\d+) of (\d+)", page)[0])
        last, path = path, _link(page, "next")
    assert seen == expected
    assert texts == [("1", "50", "103"), ("51", "100", "103"), ("101", "103", "103")]
    back = _link(client.get(last).text, "prev")
    assert back is not None
    page = client.get(back).text
    assert names(page) == expected[50:100]
    assert re.findall(r"(\d+) to (\d+) of (\d+)", page) == [("51", "100", "103")]
    first = client.get(_link(page, "prev") or "").text
    assert names(first) == expected[:50]
    assert _link(first, "prev") is None


def _link(page: str, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else None


def test_one_row_and_thirty_take_as_many_statements(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    path = f"/manage/events/{forum.slug}/registrations"
    counts = []
    for upto in (1, 30):
        for n in range(0 if upto == 1 else 1, upto):
            enrol(forum, person_draft(forum, n % 2, f"Zoé Nom{n}", contact=Contact(f"Zoé Nom{n}", f"z{n}@example.org")))
        client.get(path)
        with counted_statements() as counted:
            client.get(path)
        counts.append(int(counted))
        with counted_statements() as narrowed:
            client.get(f"{path}?q=nom&status=confirmed&arrival=nobody")
        counts.append(int(narrowed))
    assert counts == [11, 12, 11, 12]  # what is narrowed is counted apart
