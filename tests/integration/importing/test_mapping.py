"""Columns proposed from the words of a header."""

import pytest
from flask import Flask

from app.registrations.importing.mapping import ColumnMapping, Field, missing_fields, propose
from app.sheets.reading import read_sheet
from tests.factories import forum, make_event, make_organiser, one_wave
from tests.integration.importing.files import REAL, make_talents


def test_every_column_of_the_real_file_is_recognised() -> None:
    mapping = propose(read_sheet(REAL.read_bytes()).header)
    assert list(mapping.columns) == [
        Field.DATE, Field.TIME, Field.AUDIENCE, Field.ORGANISATION, Field.UAI, Field.CLASS_LABEL, Field.PARTICIPANTS,
        Field.COMPANIONS, Field.FAMILY_NAME, Field.FIRST_NAME, Field.EMAIL, Field.PHONE, Field.COMMUNE,
    ]  # fmt: skip
    assert list(mapping.columns.values()) == list(range(13))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["NOM", "PRÉNOM", "E-mail"], [Field.FAMILY_NAME, Field.FIRST_NAME, Field.EMAIL]),
        (["Nom de l’établissement", "Nom", "Date de naissance"], [Field.ORGANISATION, Field.FAMILY_NAME, None]),
        (["Nom et prénom", "N° de téléphone portable"], [Field.FULL_NAME, Field.PHONE]),
        (["Visit date", "Time slot", "Number of pupils"], [Field.DATE, Field.TIME, Field.PARTICIPANTS]),
        (["Last name", "First name", "City"], [Field.FAMILY_NAME, Field.FIRST_NAME, Field.COMMUNE]),
        (["Heure d'arrivée", "Nb d'accompagnateurs", "Orienté par"], [Field.TIME, Field.COMPANIONS, Field.ORIENTED_BY]),
        (["Mail", "Mail du parent"], [Field.EMAIL, None]),
        (["Remarque", "#2", "Couleur"], [None, None, None]),
    ],
)
def test_headers_in_many_words(header: list[str], expected: list[Field | None]) -> None:
    found = {column: field for field, column in propose(header).columns.items()}
    assert [found.get(column) for column in range(len(header))] == expected


def test_mapping_is_kept_as_json_and_read_again() -> None:
    mapping = ColumnMapping({Field.EMAIL: 3, Field.DATE: 0})
    assert ColumnMapping.from_json(mapping.to_json()) == mapping
    assert ColumnMapping.from_json({"email": 1, "colour": 2}) == ColumnMapping({Field.EMAIL: 1})


def test_an_event_needs_what_tells_its_waves_apart(sqlite_app: Flask) -> None:
    nothing = ColumnMapping({})
    name, contact = (Field.FULL_NAME, Field.FAMILY_NAME), (Field.EMAIL, Field.PHONE)
    talents = make_talents()
    assert missing_fields(nothing, talents) == ((Field.DATE,), (Field.TIME,), (Field.AUDIENCE,), name, contact)
    organiser = make_organiser()
    one_day = make_event(organiser, forum())
    assert missing_fields(nothing, one_day) == ((Field.TIME,), (Field.AUDIENCE,), name, contact)
    single = make_event(organiser, one_wave(10, audiences=("family",)))
    assert missing_fields(nothing, single) == (name, contact)
    assert missing_fields(ColumnMapping({Field.FAMILY_NAME: 0, Field.PHONE: 1}), single) == ()
