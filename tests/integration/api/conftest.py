"""An organiser with a published forum and a key, on both databases, and a program that calls the API with it."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.events.queries import EventRow
from tests.factories import make_api_token, make_event, make_organiser

API = "/api/v1"


@dataclass
class Program:
    """Calls the API with one key."""

    app: Flask
    token: str

    def get(self, path: str, **headers: str) -> TestResponse:
        return self._open("GET", path, headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self._open("POST", path, headers, json=body)

    def put(self, path: str, body: Any) -> TestResponse:
        return self._open("PUT", path, {}, json=body)

    def send(self, path: str, data: bytes, content_type: str = "application/json") -> TestResponse:
        return self._open("POST", path, {}, data=data, content_type=content_type)

    def _open(self, method: str, path: str, headers: dict[str, str], **sent: Any) -> TestResponse:
        with self.app.app_context():  # of its own, as each call has outside of tests
            client = self.app.test_client()
            return client.open(API + path, method=method, headers=self._headers(headers), **sent)

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in more.items()}}


@dataclass
class World:
    organiser_id: int
    event: EventRow
    program: Program
    foreign: Program


def make_world(app: Flask) -> World:
    organiser_id = make_organiser()
    event = make_event(organiser_id)
    program = Program(app, make_api_token(organiser_id))
    return World(organiser_id, event, program, Program(app, make_api_token(make_organiser("Ailleurs"))))


@pytest.fixture
def world(whole_app: Flask) -> World:
    """On both databases."""
    return make_world(whole_app)


@pytest.fixture
def sqlite_world(sqlite_app: Flask) -> World:
    return make_world(sqlite_app)


def problem_of(answer: TestResponse) -> tuple[int, str]:
    """(status, code) of a problem document; fails for any other answer."""
    assert answer.content_type == "application/problem+json", answer.get_data(as_text=True)
    body = answer.get_json(force=True)
    assert body["status"] == answer.status_code
    assert body["type"] == "about:blank"
    return answer.status_code, body["code"]


def errors_of(answer: TestResponse) -> dict[str, str]:
    """Codes by pointer of a 422 invalid."""
    assert problem_of(answer) == (422, "invalid")
    errors = answer.get_json(force=True)["errors"]
    assert all(error["message"] for error in errors)
    return {error["pointer"]: error["code"] for error in errors}
