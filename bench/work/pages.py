"""Pages: the public page of an event beside a bare « hello », and the list of registrations, long and short."""

import html
import itertools
import re
from collections.abc import Iterator
from urllib.parse import urlencode

from sqlalchemy import event as sqlalchemy_event

from app.core import clock
from app.core.db import db
from app.events.queries import EventRow
from bench.client import Connection, NotMeasurable, Reply, ask_once, request, run_load
from bench.data import EMAIL, FEW, MANY, PASSWORD, make_event
from bench.figures import Figure, at_least, at_most, exactly, middle, shown, spread_of
from bench.in_turn import Plan, measure_in_turn
from bench.stage import Stage
from bench.work.registering import is_registered, registration_requests

HELLO_RATIO = 0.2
LIST_RATIO = 1.5
CAPACITY = 887  # below a thousand: written without a space, and unlike any other number of the page
LOOKS = 4
FORM_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def event_page_requests(event: EventRow) -> Iterator[bytes]:
    return itertools.repeat(request("GET", f"/events/{event.slug}"))


def is_page(reply: Reply) -> bool:
    return reply.status == 200 and b"</html>" in reply.body


def page(stage: Stage, plan: Plan) -> list[Figure]:
    """The public page of an event, beside a bare « hello »."""
    ours, hello = event_page_requests(stage.ground.open), itertools.repeat(request("GET", "/hello"))
    pair = measure_in_turn(
        lambda seconds: run_load(stage.ours.address, ours, expected=is_page, seconds=seconds),
        lambda seconds: run_load(stage.bare.address, hello, expected=lambda r: r.body == b"hello", seconds=seconds),
        plan,
    )
    name = "public event page"
    return [
        at_least(name, pair.ratio, "of hello", HELLO_RATIO, pair.spread),
        shown(f"  {name}: ours", middle(pair.ours), "/s", spread_of(pair.ours)),
        shown(f"  {name}: hello", middle(pair.bare), "/s", spread_of(pair.bare)),
        *_stale_counts(stage, plan),
    ]


def _stale_counts(stage: Stage, plan: Plan) -> list[Figure]:
    """Register one person after the other, and each time ask for the page on new connections: is its count right?"""
    with stage.app.app_context():
        event = make_event(stage.ground.organiser_id, "Table ronde", now=clock.now(), capacity=CAPACITY, waves=1)
    sent, wrong, looked = request("GET", f"/events/{event.slug}"), 0, 0
    registrations = registration_requests(stage, event)
    for left in range(CAPACITY - 1, CAPACITY - (10 if plan.quick else 40), -1):
        if not is_registered(ask_once(stage.ours.address, next(registrations))):
            raise NotMeasurable("a registration was refused")
        for _ in range(LOOKS):
            numbers = _numbers(ask_once(stage.ours.address, sent))
            wrong += left not in numbers or left + 1 in numbers
            looked += 1
    return [exactly("public event page: counts that are not right", wrong, f"of {looked}", 0)]


def _numbers(reply: Reply) -> set[int]:
    """The numbers that a reader sees."""
    if not is_page(reply):
        raise NotMeasurable(f"the event's page answered {reply.status}")
    text = html.unescape(re.sub(r"<[^>]*>", " ", reply.body.decode()))
    return {int(number) for number in re.findall(r"\d+", text) if len(number) < 6}


def log_in(stage: Stage, email: str = EMAIL) -> str:
    """The cookie of somebody who logged in on the page, as a header's value."""
    form = ask_once(stage.ours.address, request("GET", "/login"))
    found = FORM_TOKEN.search(form.body.decode())
    if found is None:
        raise NotMeasurable(f"/login answered {form.status} without a form")
    fields = {"csrf_token": html.unescape(found[1]), "email": email, "password": PASSWORD}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": _cookie(form)}
    answer = ask_once(stage.ours.address, request("POST", "/login", headers, urlencode(fields).encode()))
    if answer.status not in {302, 303}:
        raise NotMeasurable(f"logging in answered {answer.status}")
    return _cookie(answer)


def _cookie(reply: Reply) -> str:
    return reply.header("Set-Cookie").partition(";")[0]


def list_requests(event: EventRow, cookie: str) -> Iterator[bytes]:
    return itertools.repeat(request("GET", f"/manage/events/{event.slug}/registrations", {"Cookie": cookie}))


def registration_list(stage: Stage, plan: Plan) -> list[Figure]:
    """The list of registrations as a browser asks for it, of an event with many and of one with few, in turn."""
    cookie, connection = log_in(stage), Connection(stage.ours.address)
    long, short = (next(list_requests(e, cookie)) for e in (stage.ground.many, stage.ground.few))
    times: dict[bytes, list[float]] = {long: [], short: []}
    asked = 20 if plan.quick else 100
    for number in range(asked + 20):
        for sent in (long, short):
            reply = connection.ask(sent)
            if not is_page(reply):
                raise NotMeasurable(f"the list answered {reply.status}")
            if number >= 20:
                times[sent].append(reply.seconds * 1000)
    connection.close()
    ratios = [a / b for a, b in zip(times[long], times[short], strict=True)]
    most, fewest = (count_statements(stage, e, cookie) for e in (stage.ground.many, stage.ground.few))
    name = f"list of registrations, {MANY} beside {FEW}"
    return [
        at_most(name, middle(times[long]) / middle(times[short]), "times", LIST_RATIO, spread_of(ratios)),
        exactly(f"  {name}: statements", most, "statements", fewest),
        shown(f"  list of {MANY}", middle(times[long]), "ms", spread_of(times[long])),
        shown(f"  list of {FEW}", middle(times[short]), "ms", spread_of(times[short])),
    ]


def count_statements(stage: Stage, event: EventRow, cookie: str) -> int:
    """How many statements the page takes when this process has seen neither the event nor the list."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.lstrip().upper().startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    for name in [key for key in stage.app.extensions if key.startswith("parcours.remembered.")]:
        stage.app.extensions[name].clear()
    with stage.app.app_context():
        engine = db.engine
    sqlalchemy_event.listen(engine, "before_cursor_execute", note)
    try:
        answer = stage.app.test_client(use_cookies=False).get(
            f"/manage/events/{event.slug}/registrations", headers={"Cookie": cookie}
        )
    finally:
        sqlalchemy_event.remove(engine, "before_cursor_execute", note)
    if answer.status_code != 200:
        raise NotMeasurable(f"the list answered {answer.status_code}")
    return len(statements)
