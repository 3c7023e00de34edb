"""The search of the desk as one types: among all registrations of an organiser, its events and its structures."""

from urllib.parse import quote

from bench.client import Connection, NotMeasurable, request
from bench.data import FEW, MANY
from bench.figures import Figure, at_most, middle, spread_of
from bench.in_turn import Plan
from bench.stage import Stage
from bench.work.pages import log_in

SEARCH_MS = 40.0
TYPED = ("l", "lam", "lambert", "lambert 19", "trois rivieres 3e", "0219100c", "zzzz")
"""What finds many, some, one and nobody: the last is the slowest, for every row is looked at."""


def palette(stage: Stage, plan: Plan) -> list[Figure]:
    """Each text asked for as the palette asks, by one person; the slowest text counts."""
    headers = {"Cookie": log_in(stage), "HX-Request": "true"}
    connection = Connection(stage.ours.address)
    times: dict[str, list[float]] = {text: [] for text in TYPED}
    for number in range((10 if plan.quick else 40) + 5):
        for text in TYPED:
            reply = connection.ask(request("GET", f"/manage/search?q={quote(text)}", headers))
            if reply.status != 200 or b"</html>" in reply.body:
                raise NotMeasurable(f"the search answered {reply.status}")
            if number >= 5:
                times[text].append(reply.seconds * 1000)
    connection.close()
    slowest = max(times, key=lambda text: middle(times[text]))
    name = f"search everything, {MANY + 2 * FEW} registrations, {stage.kind}"
    return [at_most(name, middle(times[slowest]), "ms", SEARCH_MS, spread_of(times[slowest]))]
