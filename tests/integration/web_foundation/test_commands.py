import pytest
from flask import Flask

from app.accounts.enums import Role
from app.accounts.queries import find_account_id, find_signed_in
from app.core import clock
from tests.integration.web_foundation.conftest import PASSWORD, Crew, log_in


def create(app: Flask, *extra: str, text: str | None = None) -> tuple[int, str]:
    known = ["--name", "Odile Martin", "--organiser", "Cap Neuf"]
    result = app.test_cli_runner().invoke(args=["user", "create", *known, *extra], input=text)
    return result.exit_code, result.output


def test_first_person_is_made_with_their_organiser(app: Flask) -> None:
    code, output = create(app, "--email", "Odile@example.org", text=f"{PASSWORD}\n{PASSWORD}\n")
    assert (code, output.splitlines()[-1]) == (
        0, "Odile@example.org can log in as owner: http://127.0.0.1:8000/login",
    )  # fmt: skip
    assert PASSWORD not in output
    log_in(app.test_client(), "odile")
    assert create(app, "--email", "paul@example.org", "--role", "door", "--password", PASSWORD)[0] == 0
    with app.app_context():
        found = find_signed_in(find_account_id("paul@example.org") or 0, clock.now())
    assert found is not None
    assert [(m.organiser.name, m.role) for m in found.memberships] == [("Cap Neuf", Role.DOOR)]


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("odile", PASSWORD, "This is not an e-mail address: odile"),
        ("odile@example.org", "court", "The password needs at least 10 characters."),
        ("odile@example.org", "motdepasse123", "Many people use this password"),
    ],
)
def test_wrong_person_is_refused_in_words(app: Flask, email: str, password: str, words: str) -> None:
    code, output = create(app, "--email", email, "--password", password)
    assert code == 1
    assert words in output
    with app.app_context():
        assert find_account_id("odile@example.org") is None


def test_person_is_not_added_twice(app: Flask, crew: Crew) -> None:
    for expected in (0, 1):
        assert create(app, "--email", "owner@example.org")[0] == expected


def test_doctor_and_worker_end_well(app: Flask, crew: Crew) -> None:
    runner = app.test_cli_runner()
    doctor = runner.invoke(args=["doctor"], catch_exceptions=False)
    assert (doctor.exit_code, doctor.output.splitlines()[-1].endswith("all well.")) == (0, True), doctor.output
    assert runner.invoke(args=["worker", "--drain"]).exit_code == 0
