"""Programs made from the document alone: Schemathesis sends what it allows and what it does not."""

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from app.core.db import db
from tests.factories import make_registration
from tests.integration.api.conftest import API, World

TAKING = [
    ("POST", "/events"),
    ("GET", "/events"),
    ("PUT", "/events/{slug}"),
    ("POST", "/events/{slug}/moves"),
    ("POST", "/events/{slug}/registrations"),
    ("POST", "/registrations/{reference}/moves"),
    ("POST", "/events/{slug}/scans"),
    ("GET", "/events/{slug}/door-list"),
]
SHOWING = [("GET", "/events/{slug}"), ("GET", "/registrations/{reference}"), ("GET", "/events/{slug}/occupancy")]
POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
CASES = [(POSITIVE, *call) for call in TAKING + SHOWING] + [(NEGATIVE, *call) for call in TAKING]
load_all_checks()


LIMITS = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@pytest.mark.parametrize(("mode", "method", "path"), CASES, ids=str)
def test_answers_are_those_of_the_document(
    sqlite_app: Flask, sqlite_world: World, mode: GenerationMode, method: str, path: str
) -> None:
    made = make_registration(sqlite_world.event)
    db.session.remove()
    document = sqlite_app.test_client().get(f"{API}/openapi.json").get_json()
    del document["security"]  # the key is ours to send; test_guards tries calls without one
    schema = schemathesis.openapi.from_dict(document)
    schema.app = sqlite_app
    operation = schema[API + path][method]
    known = {"slug": sqlite_world.event.slug, "reference": made.reference}

    @LIMITS
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Case[Any]) -> None:
        case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
        # the rules of the domain (dates in order, waves that exist) say more than a document can
        case.call_and_validate(
            headers={"Authorization": f"Bearer {sqlite_world.program.token}"},
            excluded_checks=[positive_data_acceptance, unsupported_method],
        )

    send()
