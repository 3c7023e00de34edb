"""The preview of an event: what people will see, with a note to its team, and no way out into pages that are not there."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from app.events.queries import EventRow

MakeEvent = Callable[..., EventRow]

NOTE = "Aperçu : seule votre équipe voit ce brouillon".replace(" :", "\u00a0:")


def test_a_draft_is_shown_as_it_will_be_once_published(client: FlaskClient, make_event: MakeEvent) -> None:
    draft = make_event(publish=False)
    page = client.get(f"/manage/events/{draft.slug}/preview?lang=fr").text
    assert NOTE in page
    assert f'href="/manage/events/{draft.slug}/edit"' in page
    assert "M’inscrire" in page
    assert "Les inscriptions sont closes" not in page


def test_every_link_of_a_drafts_preview_opens(client: FlaskClient, make_event: MakeEvent) -> None:
    draft = make_event(publish=False)
    page = client.get(f"/manage/events/{draft.slug}/preview?lang=fr").text
    for address in set(re.findall(rf'href="(/[^"]*{draft.slug}[^"]*)"', page)):
        assert client.get(address.replace("&amp;", "&")).status_code == 200, address


def test_the_preview_of_a_published_event_leads_to_its_registration(client: FlaskClient, make_event: MakeEvent) -> None:
    event = make_event()
    page = client.get(f"/manage/events/{event.slug}/preview?lang=fr").text
    assert "Aperçu" in page
    assert NOTE not in page
    assert f'"/events/{event.slug}/register' in page
    assert f'"/manage/events/{event.slug}/preview?' in page
    assert "Aperçu" not in client.get(f"/events/{event.slug}?lang=fr").text
