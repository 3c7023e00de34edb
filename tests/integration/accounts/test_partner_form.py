"""What is wrong with an invitation is told in the order of the page, in words that say what to do."""

import re

from flask.testing import FlaskClient

from app.events.queries import EventRow
from tests.integration.accounts.test_partner_pages import event, manager

__all__ = ["event", "manager"]


def test_problems_stand_in_the_order_of_the_page(manager: FlaskClient, event: EventRow) -> None:
    page = manager.post(f"/manage/events/{event.slug}/partners", data={"locale": "fr"})
    assert page.status_code == 422
    listed = re.findall(r'<li><a href="#([^"]+)">([^<]+)', page.text)
    assert [field for field, _text in listed] == ["name", "email", "organisation", "functions"]
    assert listed[-1][1].endswith("Tick at least one part of the event.")
    shown = [page.text.index(f'name="{field}"') for field, _text in listed]
    assert shown == sorted(shown)
