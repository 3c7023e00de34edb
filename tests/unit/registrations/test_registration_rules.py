"""Decisions about registrations, as values."""

import pytest

from app.core.errors import MoveNotAllowed
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft, Statistics
from app.registrations.enums import Gender, RegistrationKind, RegistrationMove, RegistrationStatus
from app.registrations.queries import normal_reference
from app.registrations.rules import card_prefix, headcount_problems, require_move, same_key, search_text, sort_name


def draft(kind: RegistrationKind, contact: Contact, organisation: Organisation | None = None) -> RegistrationDraft:
    return RegistrationDraft(kind, "school", (1,), contact, organisation=organisation or Organisation())


GROUP, INDIVIDUAL = RegistrationKind.GROUP, RegistrationKind.INDIVIDUAL
MANON = Contact("Manon Lambert", "Manon.Lambert@example.org", "+33639980102")


@pytest.mark.parametrize(
    ("label", "prefix"),
    [
        ("3e B", "3B"),
        ("3B", "3B"),
        ("3eB", "3B"),
        ("2de Pasteur", "2P"),
        ("2nde 4", "24"),
        ("6ème", "6"),
        ("602", "602"),
        ("4e Épinal", "4E"),
        ("Terminale STMG 2", "TS2"),
        ("1re (générale) A", "1GA"),
        ("Collège des Trois-Rivières", "CDT"),
        ("", "G"),
        ("()", "G"),
    ],
)
def test_route_cards_are_numbered_after_the_class(label: str, prefix: str) -> None:
    assert card_prefix(label) == prefix


@pytest.mark.parametrize(
    ("contact", "key"),
    [
        (Contact("Manon Lambert"), "lambert manon"),
        (Contact("Élodie Le Goff", family_name="Le Goff"), "le goff elodie"),
        (Contact("Élodie Le Goff", family_name="Autre"), "goff elodie le"),
        (Contact("Ana"), "ana"),
    ],
)
def test_lists_are_sorted_by_family_name_without_accents(contact: Contact, key: str) -> None:
    assert sort_name(contact) == key


def test_the_same_person_or_class_has_the_same_key() -> None:
    school = Organisation("Collège", "0219100C", "3e B")
    assert same_key(draft(INDIVIDUAL, MANON)) == "i:manon.lambert@example.org"
    assert same_key(draft(GROUP, MANON, school)) == "g:manon.lambert@example.org|0219100C|3e b"
    other_words = Organisation("Le collège", "0219100C", "3E  B")
    assert same_key(draft(GROUP, MANON, other_words)) == same_key(draft(GROUP, MANON, school))
    assert same_key(draft(GROUP, MANON)) != same_key(draft(INDIVIDUAL, MANON))


def test_without_a_mail_the_telephone_tells_people_apart() -> None:
    phone = "+33639980102"
    assert same_key(draft(INDIVIDUAL, Contact("Manon LAMBERT", phone=phone))) == "i:+33639980102|manon lambert"
    assert same_key(draft(INDIVIDUAL, Contact(MANON.name, MANON.email))) == same_key(draft(INDIVIDUAL, MANON))
    school = Organisation("Collège", "0219100C", "3e B")
    assert same_key(draft(GROUP, Contact("Manon", phone=phone), school)) == "g:+33639980102|0219100C|3e b"
    assert same_key(draft(GROUP, Contact("Paul", phone=phone), school)) == "g:+33639980102|0219100C|3e b"
    assert same_key(draft(INDIVIDUAL, Contact("Manon Lambert"))) is None
    longest = Contact("ß" * 120, phone=phone)
    assert len(same_key(draft(INDIVIDUAL, longest)) or "") <= 400


def test_a_search_looks_into_all_that_one_may_read_out() -> None:
    text = search_text(draft(GROUP, MANON, Organisation("Lycée Élan", "0219100C", "3e B", "Dijon")), "VT-7K3Q-9F")
    for words in ("manon lambert", "lycee elan", "3e b", "0219100c", "dijon", "vt-7k3q-9f", "vt7k3q9f", "0639980102"):
        assert words in text
    assert len(search_text(draft(GROUP, Contact("n" * 2000)), "VT-7K3Q-9F")) == 900


@pytest.mark.parametrize("text", ["VT-7K3Q-9F", "vt7k3q9f", " VT 7K3Q 9F", "vt.7k3q.9f", "v-t-7-k-3-q-9-f"])
def test_a_reference_is_read_however_it_is_typed(text: str) -> None:
    assert normal_reference(text) == "VT-7K3Q-9F"


@pytest.mark.parametrize("text", ["", "VT", "VT-7K3Q", "une phrase entière"])
def test_what_is_no_reference_stays_as_it_is(text: str) -> None:
    assert normal_reference(text) == text


@pytest.mark.parametrize(
    ("headcount", "problems"),
    [
        (Headcount(), {}),
        (Headcount(5000, 5000), {}),
        (Headcount(0, 3), {"headcount/participants": "out_of_range"}),
        (Headcount(5001, -1), {"headcount/participants": "out_of_range", "headcount/companions": "out_of_range"}),
    ],
)
def test_a_group_has_at_least_one_participant(headcount: Headcount, problems: dict[str, str]) -> None:
    assert headcount_problems(headcount) == problems


def test_moves_follow_the_table() -> None:
    allowed = {
        (status, move) for status in RegistrationStatus for move in RegistrationMove if not _refused(status, move)
    }
    assert allowed == {
        (RegistrationStatus.CONFIRMED, RegistrationMove.CANCEL),
        (RegistrationStatus.CONFIRMED, RegistrationMove.CHANGE),
        (RegistrationStatus.WAITLISTED, RegistrationMove.CANCEL),
        (RegistrationStatus.WAITLISTED, RegistrationMove.CHANGE),
        (RegistrationStatus.WAITLISTED, RegistrationMove.OFFER),
        (RegistrationStatus.OFFERED, RegistrationMove.CANCEL),
        (RegistrationStatus.OFFERED, RegistrationMove.ACCEPT),
        (RegistrationStatus.OFFERED, RegistrationMove.DECLINE),
        (RegistrationStatus.OFFERED, RegistrationMove.LAPSE),
        (RegistrationStatus.CANCELLED, RegistrationMove.REINSTATE),
    }


def _refused(status: RegistrationStatus, move: RegistrationMove) -> bool:
    try:
        require_move(status, move)
    except MoveNotAllowed:
        return True
    return False


def test_silence_is_no_statistic() -> None:
    assert not Statistics().said_something
    assert Statistics(gender=Gender.OTHER).said_something
    assert Statistics(rural_zone=False).said_something
