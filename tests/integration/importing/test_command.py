"""flask import registrations: lines, totals and exit codes that a script can rely on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from app.commands import imports
from app.core.actor import SYSTEM
from app.core.db import db
from app.events.queries import EventRow
from app.messages.models import Message
from app.registrations.importing.report import Tally
from app.registrations.importing.writing import Line, write_lines
from app.registrations.models import Registration
from app.registrations.operations import register
from tests.factories import person_draft
from tests.integration.importing.files import CLASS, GOOD, REAL, csv_of, make_talents
from tests.integration.importing.test_writing import AT


def run(app: Flask, *args: str | Path) -> Result:
    return app.test_cli_runner().invoke(args=["import", "registrations", *map(str, args)])


def count(model: type[Registration] | type[Message]) -> int:
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


@pytest.fixture
def bad_file(tmp_path: Path) -> Path:
    file = tmp_path / "mauvais.csv"
    file.write_bytes(csv_of(GOOD, CLASS | {"Code UAI": "0219100D"}, GOOD | {"Courriel": "x"}))
    return file


def test_real_file_by_command(sqlite_app: Flask) -> None:
    slug = make_talents().slug
    dry = run(sqlite_app, slug, REAL, "--dry-run")
    assert dry.exit_code == 0
    assert "line 19, Nom: warning: A letter seems lost here" in dry.output
    assert "286 lines: 286 new registrations, 912 people." in dry.output
    assert "  Schools: 26 registrations, 652 people" in dry.output
    assert dry.output.endswith("Nothing was written: this was a dry run.\n")
    assert count(Registration) == 0
    done = run(sqlite_app, slug, REAL)
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "Imported 286 registrations, 912 people.")
    again = run(sqlite_app, slug, REAL)
    assert (again.exit_code, again.output.splitlines()[-1]) == (0, "Imported 0 registrations, 0 people.")
    assert "286 lines are there already." in again.output
    assert (count(Registration), count(Message)) == (286, 0)


def test_problems_end_with_1_and_nothing_written(sqlite_app: Flask, bad_file: Path) -> None:
    slug = make_talents().slug
    for options in ([], ["--dry-run"]):
        stopped = run(sqlite_app, slug, bad_file, *options)
        assert stopped.exit_code == 1
        assert stopped.output.splitlines()[:2] == [
            "line 3, Code UAI: The letter does not go with the figures. Read the UAI again. [0219100D]",
            "line 4, Courriel: The @ sign is missing, as in camille@example.org. [x]",
        ]
        assert stopped.output.splitlines()[2:4] == [
            "1 line: The @ sign is missing, as in camille@example.org. (Courriel)",
            "1 line: The letter does not go with the figures. Read the UAI again. (Code UAI)",
        ]
        assert "2 lines have a problem: nothing was written." in stopped.output
    assert count(Registration) == 0


def test_bad_lines_are_left_out_when_asked(sqlite_app: Flask, bad_file: Path) -> None:
    done = run(sqlite_app, make_talents().slug, bad_file, "--leave-out-bad", "--send-mails")
    assert (done.exit_code, done.output.splitlines()[-1]) == (
        0,
        "Imported 1 registrations, 1 people, 2 lines left out.",
    )
    assert (count(Registration), count(Message)) == (1, 1)


def test_refused_files_and_unknown_events_end_with_1(sqlite_app: Flask, tmp_path: Path) -> None:
    slug = make_talents().slug
    empty, columns = tmp_path / "vide.csv", tmp_path / "colonnes.csv"
    empty.write_bytes(b"")
    columns.write_bytes(b"Nom;Courriel\r\nRoux;a@example.org\r\n")
    assert run(sqlite_app, slug, empty).output == "Error: This file is empty.\n"
    assert run(sqlite_app, slug, columns).output == (
        "Error: These columns are missing or not recognised: Date, Hour of arrival, Audience.\n"
    )
    assert run(sqlite_app, "nulle-part", REAL).output == "Error: There is no event nulle-part.\n"
    assert run(sqlite_app, slug, empty).exit_code == 1


def test_a_stopped_command_goes_on_where_it_was(sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    slug = make_talents().slug
    monkeypatch.setattr(imports, "CHUNK", 100)
    monkeypatch.setattr(imports, "breathe", lambda: None)
    chunks: list[int] = []

    def write_two_chunks(event: EventRow, lines: Sequence[Line], **how: Any) -> Tally:
        if len(chunks) == 2:
            raise KeyboardInterrupt
        chunks.append(len(lines))
        return write_lines(event, lines, **how)

    monkeypatch.setattr(imports, "write_lines", write_two_chunks)
    assert run(sqlite_app, slug, REAL).exit_code == 1
    assert (chunks, count(Registration)) == ([100, 100], 200)
    monkeypatch.setattr(imports, "write_lines", write_lines)
    again = run(sqlite_app, slug, REAL)
    assert "200 lines are there already." in again.output
    assert again.output.splitlines()[-1].startswith("Imported 86 registrations")
    assert count(Registration) == 286


def test_lines_that_came_too_late_are_told_and_end_with_1(
    sqlite_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_talents(capacity=31)
    file = tmp_path / "liste.csv"
    file.write_bytes(csv_of(GOOD | {"Créneau": "10h20"}, CLASS))

    def write_late(event: EventRow, lines: Sequence[Line], **how: Any) -> Tally:
        for _ in range(2):
            register(event, person_draft(event), by=SYSTEM, now=AT)
        return write_lines(event, lines, **how)

    monkeypatch.setattr(imports, "write_lines", write_late)
    done = run(sqlite_app, event.slug, file)
    assert done.exit_code == 1
    assert done.output.splitlines()[-2:] == [
        "line 3: The wave filled up while the file was being written. Not written.",
        "Imported 1 registrations, 1 people.",
    ]
