"""The calendar feed of an organiser with 200 events."""

from bench.client import Connection, NotMeasurable, Reply, request
from bench.data import FEED_EVENTS
from bench.figures import Figure, at_most, middle, spread_of
from bench.in_turn import Plan
from bench.servers import serve_ours
from bench.stage import Stage

COLD_MS, UNCHANGED_MS, NOT_MODIFIED_MS = 150, 10, 5
START_SECONDS = 2
WARMING = 40


def feed(stage: Stage, plan: Plan) -> list[Figure]:
    """The feed when nothing changed, whole and for who has it already."""
    path = f"/feeds/{stage.ground.feed_token}.ics"
    connection = Connection(stage.ours.address)
    for _ in range(WARMING):  # each on a connection of its own, so that every process has the feed
        etag = _whole(_alone(connection, request("GET", path))).header("ETag")
    asked = 30 if plan.quick else 150
    whole = [_whole(connection.ask(request("GET", path))).seconds * 1000 for _ in range(asked)]
    conditional = request("GET", path, {"If-None-Match": etag})
    same = [_unchanged(connection.ask(conditional)).seconds * 1000 for _ in range(asked)]
    connection.close()
    name = f"feed of {FEED_EVENTS} events"
    return [
        at_most(f"{name}, nothing changed", middle(whole), "ms", UNCHANGED_MS, spread_of(whole)),
        at_most(f"{name}, 304", middle(same), "ms", NOT_MODIFIED_MS, spread_of(same)),
    ]


def start(stage: Stage, plan: Plan) -> list[Figure]:
    """Processes that just began: how long until they answer, and the feed as their first page."""
    path = f"/feeds/{stage.ground.feed_token}.ics"
    begun, cold = [], []
    for _ in range(plan.rounds):
        with serve_ours(stage.url, stage.instance) as server:
            connection = Connection(server.address)
            begun.append(server.started_in)
            cold.append(_whole(connection.ask(request("GET", path))).seconds * 1000)
            connection.close()
    return [
        at_most("cold start of the web", middle(begun), "s", START_SECONDS, spread_of(begun)),
        at_most(f"feed of {FEED_EVENTS} events, cold process", middle(cold), "ms", COLD_MS, spread_of(cold)),
    ]


def _alone(connection: Connection, sent: bytes) -> Reply:
    reply = connection.ask(sent)
    connection.close()
    return reply


def _whole(reply: Reply) -> Reply:
    if reply.status != 200 or reply.body.count(b"BEGIN:VEVENT") != FEED_EVENTS:
        raise NotMeasurable(f"the feed answered {reply.status} with {reply.body.count(b'BEGIN:VEVENT')} events")
    return reply


def _unchanged(reply: Reply) -> Reply:
    if reply.status != 304:
        raise NotMeasurable(f"the feed answered {reply.status} instead of 304")
    return reply
