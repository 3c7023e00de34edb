"""Flows through the API: what is sent comes back, every fault is named, ids and names keep stops."""

from copy import deepcopy
from typing import Any

from tests.integration.api.conftest import World
from tests.integration.api.test_events import body

FLOWS: dict[str, Any] = {
    "audiences": ["school", "job_seeker"],
    "spaces": [{"name": "Construire", "capacity": 60, "stands": 2}, {"name": "Orientation", "capacity": 40}],
    "stops": [
        {"name": {"fr": "Construire"}, "minutes": 20, "space": "Construire", "largest_team": 15},
        {
            "name": {"fr": "Orientation"}, "minutes": 30, "space": "Orientation", "any_order": True, "audiences": ["school"],
            "box": "Mission énergie",
        },
    ],
    "transfer_minutes": 4,
    "transfers": [{"spaces": ["Orientation", "Construire"], "minutes": 2}],
    "waiting_policy": "skip",
    "offer_hours": 12,
    "apart": [{"audiences": ["school", "job_seeker"], "span": "half_day"}],
    "absent_minutes": 25,
}  # fmt: skip


def flow_body(**changes: Any) -> dict[str, Any]:
    sent = body(**deepcopy(FLOWS))
    sent["waves"][0] |= {"forecast": 12, "allotments": []}
    return sent | changes


def test_flows_come_back_as_they_were_sent(world: World) -> None:
    event = world.program.post("/events", flow_body()).get_json()
    same = {key: event[key] for key in ("transfer_minutes", "waiting_policy", "offer_hours", "apart", "absent_minutes")}
    assert same == {key: FLOWS[key] for key in same}
    assert event["transfers"] == [{"spaces": ["Construire", "Orientation"], "minutes": 2}]
    assert [s["stands"] for s in event["spaces"]] == [2, None]
    assert event["waves"][0]["forecast"] == 12
    assert [(s["any_order"], s["audiences"], s["largest_team"], s["box"]) for s in event["stops"]] == [
        (False, [], 15, ""), (True, ["school"], None, "Mission énergie"),
    ]  # fmt: skip


def test_without_them_an_event_is_as_before(world: World) -> None:
    event = world.program.post("/events", body()).get_json()
    assert (event["transfer_minutes"], event["transfers"], event["apart"]) == (0, [], [])
    assert (event["waiting_policy"], event["offer_hours"], event["absent_minutes"]) == ("hold", 24, None)


def test_stops_are_kept_by_id_and_else_by_name(world: World) -> None:
    event = world.program.post("/events", flow_body()).get_json()
    before = {s["name"]["fr"]: s["id"] for s in event["stops"]}
    sent = flow_body()
    sent["waves"] = [{"id": w["id"]} | new for w, new in zip(event["waves"], sent["waves"], strict=True)]
    sent["spaces"] = [{"id": s["id"]} | new for s, new in zip(event["spaces"], sent["spaces"], strict=True)]
    sent["stops"].reverse()
    sent["stops"][0] |= {"id": event["stops"][1]["id"], "name": {"fr": "S’orienter"}}
    sent["stops"].append({"name": {"fr": "Offres"}, "minutes": 10})
    answer = world.program.put(f"/events/{event['slug']}", sent)
    assert answer.status_code == 200, answer.get_json()
    after = answer.get_json()["stops"]
    assert [s["id"] for s in after[:2]] == [before["Orientation"], before["Construire"]]
    assert [s["name"]["fr"] for s in after] == ["S’orienter", "Construire", "Offres"]


def test_every_fault_is_named(sqlite_world: World) -> None:
    wrong = flow_body(
        offer_hours=169, absent_minutes=0, waiting_policy="first", transfer_minutes=-1,
        transfers=[{"spaces": ["Construire", "Cave"], "minutes": 1}, {"spaces": ["Construire"], "minutes": 500}],
        apart=[{"audiences": ["school", "school"], "span": "day"}, {"audiences": ["family", "school"], "span": "week"}],
    )  # fmt: skip
    wrong["stops"][0]["audiences"] = ["family"]
    wrong["spaces"][0]["stands"] = 0
    answer = sqlite_world.program.post("/events", wrong)
    assert answer.status_code == 422
    found = {e["pointer"]: e["code"] for e in answer.get_json()["errors"]}
    assert found == {
        "/offer_hours": "out_of_range", "/absent_minutes": "out_of_range", "/waiting_policy": "choice",
        "/transfer_minutes": "out_of_range", "/transfers/0/spaces": "unknown_space", "/transfers/1/minutes": "out_of_range",
        "/transfers/1/spaces": "unknown_space", "/apart/0/audiences": "repeated", "/apart/1/span": "choice",
        "/apart/1/audiences": "unknown_audience", "/stops/0/audiences": "unknown_audience", "/spaces/0/stands": "out_of_range",
    }  # fmt: skip
