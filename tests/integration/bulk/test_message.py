"""The team's own words: each reads them in their language, with what they need to find their registration again."""

from typing import Any

import pytest

from app.core.actor import SYSTEM, Actor
from app.core.i18n import Locale
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.messages.rendering import Mail, RenderContext, render
from app.registrations.drafts import Contact
from app.registrations.enums import BulkKind
from app.registrations.operations import Registered, cancel_registration, erase_registration
from app.registrations.queries import get_registration
from tests.factories import NOW, make_registration, person_draft
from tests.integration.bulk.conftest import prepared

SAID = {
    "subject_fr": "La salle change", "text_fr": "Venez salle B.\r\nAu premier étage.\r\n\r\nÀ bientôt <3",
    "subject_en": "The room changes", "text_en": "Come to room B.", "with_cancelled": True,
}  # fmt: skip


@pytest.fixture
def made(event: EventRow) -> Registered:
    return make_registration(event, person_draft(event, contact=Contact("Ann Lee", "ann@example.org")))


def mail_to(event: EventRow, made: Registered, by: Actor, locale: Locale = "fr", **changes: Any) -> Mail | None:
    bulk_id = prepared(event, BulkKind.MESSAGE, [made.id], SAID | changes, by)
    params = {"registration_id": made.id, "bulk_id": bulk_id}
    return render(
        "registrations.message",
        RenderContext(params, locale, event.organiser_id, NOW, f"registration:{made.id}", 1),
    )


def test_each_reads_it_in_their_language_with_the_number_and_the_link(
    event: EventRow, made: Registered, manager: Actor
) -> None:
    french, english = mail_to(event, made, manager), mail_to(event, made, manager, "en")
    assert french is not None
    assert english is not None
    assert (french.title, english.title) == ("La salle change", "The room changes")
    assert "Venez salle B.\nAu premier étage.\n\nÀ bientôt <3" in french.text
    assert "À bientôt &lt;3" in french.html
    for mail in (french, english):
        assert made.reference in mail.text
        assert get_registration(made.id).token in mail.html
    assert "Come to room B." in english.text
    assert "La Voie des Talents" in french.text
    assert french.attachments == ()


def test_without_english_words_they_read_the_french_ones(event: EventRow, made: Registered, manager: Actor) -> None:
    mail = mail_to(event, made, manager, "en", subject_en="", text_en="")
    assert mail is not None
    assert mail.title == "La salle change"
    assert "Number to read out" in mail.text


def test_who_is_cancelled_reads_it_without_a_link_and_who_is_forgotten_not_at_all(
    event: EventRow, made: Registered, manager: Actor
) -> None:
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    mail = mail_to(event, made, manager)
    assert mail is not None
    assert get_registration(made.id).token not in mail.text + mail.html
    with transaction():
        erase_registration(made.id, by=SYSTEM, now=NOW)
    assert mail_to(event, made, manager) is None
