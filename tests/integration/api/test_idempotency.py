"""Idempotency-Key: the same call again gets the same answer and does nothing."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

from flask import Flask

from app.accounts.enums import Scope
from app.core.clock import set_clock
from tests.factories import NOW, make_api_token, make_event, one_wave
from tests.integration.api.conftest import Program, World, errors_of, problem_of
from tests.integration.api.test_registrations import group, left, path, person


def test_the_same_key_and_body_are_done_once(world: World) -> None:
    sent = group(world.event)
    first = world.program.post(path(world.event), sent, Idempotency_Key="class-3b")
    again = world.program.post(path(world.event), sent, Idempotency_Key="class-3b")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert left(world, world.event) == 30


def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    assert world.program.post(path(world.event), group(world.event), Idempotency_Key="k").status_code == 201
    other = world.program.post(path(world.event), person(world.event), Idempotency_Key="k")
    assert problem_of(other) == (422, "idempotency_key_reused")
    elsewhere = world.program.post("/events", group(world.event), Idempotency_Key="k")
    assert elsewhere.status_code == 422
    assert left(world, world.event) == 30


def test_a_refusal_is_the_answer_too(world: World) -> None:
    event = make_event(world.organiser_id, one_wave(30))
    first = world.program.post(path(event), group(event)).get_json()
    late = group(event, contact={"name": "Late", "email": "late@example.org"})
    refused = world.program.post(path(event), late, Idempotency_Key="late")
    assert problem_of(refused) == (409, "wave_full")
    world.program.post(f"/registrations/{first['reference']}/moves", {"move": "cancel"})
    again = world.program.post(path(event), late, Idempotency_Key="late")
    assert problem_of(again) == (409, "wave_full")
    assert again.get_json(force=True) == refused.get_json(force=True)
    assert world.program.post(path(event), late, Idempotency_Key="later").status_code == 201


def test_a_key_belongs_to_its_token_and_ends(sqlite_app: Flask, sqlite_world: World) -> None:
    sent = person(sqlite_world.event)
    keys: dict[str, Any] = {"Idempotency_Key": "k"}
    first = sqlite_world.program.post(path(sqlite_world.event), sent, **keys).get_json()
    other = Program(sqlite_app, make_api_token(sqlite_world.organiser_id, Scope.REGISTRATIONS_WRITE))
    again = sqlite_world.program.post(path(sqlite_world.event), sent, **keys)
    assert (again.status_code, again.get_json()) == (201, first)
    assert problem_of(other.post(path(sqlite_world.event), sent, **keys)) == (409, "already_registered")
    set_clock(sqlite_app.extensions, NOW + timedelta(hours=25))
    later = sqlite_world.program.post(path(sqlite_world.event), sent, **keys)
    assert problem_of(later) == (409, "already_registered")


def test_every_post_keeps_its_answer(sqlite_world: World) -> None:
    slug = sqlite_world.event.slug
    move = {"move": "close"}
    states = [sqlite_world.program.post(f"/events/{slug}/moves", move, Idempotency_Key="c") for _ in range(2)]
    assert [s.get_json()["state"] for s in states] == ["closed", "closed"]
    batch = {"device": "door-1", "scans": []}
    answers = [sqlite_world.program.post(f"/events/{slug}/scans", batch, Idempotency_Key="s") for _ in range(2)]
    assert [a.get_json() for a in answers] == [{"results": []}] * 2


def test_a_key_that_is_too_long(sqlite_world: World) -> None:
    answer = sqlite_world.program.post("/events/x/moves", {"move": "close"}, Idempotency_Key="k")
    assert problem_of(answer) == (404, "not_found")
    slug = sqlite_world.event.slug
    answer = sqlite_world.program.post(f"/events/{slug}/moves", {"move": "close"}, Idempotency_Key="k" * 256)
    assert errors_of(answer) == {"/Idempotency-Key": "too_long"}


def test_eight_at_once_with_one_key_are_one(world: World) -> None:
    sent, barrier = group(world.event), Barrier(8)
    answers: list[Any] = []

    def send() -> None:
        barrier.wait()
        answers.append(world.program.post(path(world.event), sent, Idempotency_Key="race").get_json())

    threads = [Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len({answer["reference"] for answer in answers}) == 1
    assert left(world, world.event) == 30
