"""flask plan: files in, JSON out, clear words and an exit status for whatever is wrong with them."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import Result
from flask import Flask

from app.flows.reading import InstanceSchema, PlanSchema, json_schema
from bench.planning_data import make_impossible, make_instance


def run(app: Flask, *args: object) -> Result:
    return app.test_cli_runner().invoke(args=["plan", *(str(arg) for arg in args)])


def write(folder: Path, content: Any, name: str = "instance.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_a_plan_is_printed_and_accepted(sqlite_app: Flask, tmp_path: Path) -> None:
    instance = write(tmp_path, make_instance(2, groups=6))
    solved = run(sqlite_app, "solve", instance, "--effort", 2)
    assert solved.exit_code == 0
    checked = run(sqlite_app, "check", instance, write(tmp_path, solved.output, "plan.json"))
    assert (checked.exit_code, checked.output) == (0, "The plan keeps all that is asked.\n")


def test_what_is_in_the_way_is_printed_and_ends_with_1(sqlite_app: Flask, tmp_path: Path) -> None:
    solved = run(sqlite_app, "solve", write(tmp_path, make_impossible(1)), "--effort", 1)
    assert solved.exit_code == 1
    assert {cause["kind"] for cause in json.loads(solved.output)["causes"]} == {"wave_too_large"}


def test_a_wrong_plan_is_told_and_ends_with_1(sqlite_app: Flask, tmp_path: Path) -> None:
    instance = write(tmp_path, make_instance(2, groups=6))
    plan = json.loads(run(sqlite_app, "solve", instance, "--effort", 1).output)
    plan["passages"][0]["people"] += 1
    checked = run(sqlite_app, "check", instance, write(tmp_path, plan, "plan.json"))
    assert checked.exit_code == 1
    assert "people" in checked.output


@pytest.mark.parametrize("seed", range(6))
def test_examples_are_what_the_published_schemas_say(seed: int, sqlite_app: Flask, tmp_path: Path) -> None:
    asked = make_impossible(seed) if seed % 2 else make_instance(seed)
    instance, plan = (
        jsonschema_rs.Draft202012Validator(json.loads(run(sqlite_app, "schema", what).output))
        for what in ("instance", "plan")
    )
    assert list(instance.iter_errors(asked)) == []
    made = json.loads(run(sqlite_app, "solve", write(tmp_path, asked), "--effort", 1).output)
    assert list(plan.iter_errors(made)) == []
    assert list(plan.iter_errors({**made, "found": "yes"}))
    assert list(instance.iter_errors({**asked, "step": 7}))


def test_the_schemas_say_what_a_file_must_hold() -> None:
    assert set(json_schema(InstanceSchema)["required"]) == {"format", "days", "spaces", "stops", "groups"}
    assert "causes" in json_schema(PlanSchema)["required"]


def broken(**changes: Any) -> dict[str, Any]:
    return {**make_instance(2, groups=2), **changes}


GROUP = {"id": "G", "people": 10, "stops": [["s0"]], "windows": [{"from": 540, "until": 550}]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is no JSON"),
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("null", "an object is expected"),
        ("[]", "an object is expected"),
        ('"plan"', "an object is expected"),
        ("{}", "/format: Missing data"),
        (broken(format="parcours-plan/1"), "/format: "),
        (broken(days=[]), "/days: "),
        (broken(days=[{"name": "1", "from": 600, "until": 540}]), "/days/0: a day ends after it begins"),
        (broken(days=[{"name": "1", "from": 540, "until": 10**400}]), "/days/0/until: "),
        (broken(spaces=[{"id": "S0", "capacity": -1}]), "/spaces/0/capacity: "),
        (broken(spaces=[{"id": "S0", "capacity": 1.5}]), "/spaces/0/capacity: "),
        (broken(groups={}), "/groups: "),
        (broken(groups=[{**GROUP, "stops": [["nowhere"]]}]), "/groups/0/stops: there is no stop 'nowhere'"),
        (broken(groups=[{**GROUP, "stops": [["s0"], ["s0"]]}]), "/groups/0/stops: a stop stands twice"),
        (broken(groups=[{**GROUP, "windows": [{"from": 540, "until": 5000}]}]), "/groups/0/windows/0: a window lies inside"),
        (broken(groups=[GROUP, GROUP]), "/groups: an id stands twice"),
        (broken(groups=[{**GROUP, "name": "3e B"}]), "/groups/0/name: Unknown field."),
        (broken(transfers=[{"from": "S0", "to": "S9", "minutes": 5}]), "/transfers/0/to: there is no space 'S9'"),
        (broken(pins=[{"group": "G9", "team": 1, "stop": "s0", "start": 540}]), "/pins/0: it names no group and stop"),
        (broken(flow=[{"space": "S9", "from": 540, "until": 550, "people": 1}]), "/flow/0/space: "),
        (broken(weights={"moved": float("nan"), "uneven": 1}), "/weights/moved: "),
        (broken(step=7), "/step: "),
    ],
)  # fmt: skip
def test_what_is_no_instance_is_said_to_be_none(content: Any, words: str, sqlite_app: Flask, tmp_path: Path) -> None:
    path = write(tmp_path, content)
    for args in (("solve", path), ("check", path, path)):
        result = run(sqlite_app, *args)
        assert result.exit_code == 1
        assert words in result.output
        assert "Traceback" not in result.output


def test_a_file_that_is_not_there_or_no_text_is_said_so(sqlite_app: Flask, tmp_path: Path) -> None:
    assert run(sqlite_app, "solve", tmp_path / "none.json").exit_code == 2
    assert run(sqlite_app, "solve", tmp_path).exit_code == 2
    binary = tmp_path / "plan.json"
    binary.write_bytes(b"\xff\xfe\x00")
    result = run(sqlite_app, "solve", binary)
    assert (result.exit_code, "is no JSON" in result.output) == (1, True)


def test_a_huge_file_is_refused_unread(sqlite_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.commands.plan.MOST_BYTES", 1_000_000)
    result = run(sqlite_app, "solve", write(tmp_path, " " * 1_000_001))
    assert (result.exit_code, "is larger than 1 MB" in result.output) == (1, True)


@pytest.mark.parametrize("name", ["passages", "arrivals", "left_out", "objective"])
def test_a_plan_about_others_is_told_not_crashed_on(name: str, sqlite_app: Flask, tmp_path: Path) -> None:
    instance = write(tmp_path, make_instance(2, groups=4))
    plan = json.loads(run(sqlite_app, "solve", instance, "--effort", 1).output)
    nobody = {"group": "nobody", "team": 1, "people": 1, "stop": "x", "space": "y", "start": 1, "end": 2}
    others: list[Any] = [[], {}, None, [nobody]]
    for other in others:
        result = run(sqlite_app, "check", instance, write(tmp_path, {**plan, name: other}, "plan.json"))
        assert result.exit_code == (0 if (name, other) == ("left_out", []) else 1), (name, other, result.output)
        assert result.exception is None or isinstance(result.exception, SystemExit)


def test_the_example_of_the_documentation_is_what_it_prints(sqlite_app: Flask, tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "planning.md").read_text("utf-8")
    asked, printed = (json.loads(block.partition("```")[0]) for block in text.split("```json\n")[1:])
    instance = write(tmp_path, asked)
    solved = run(sqlite_app, "solve", instance)
    assert (solved.exit_code, json.loads(solved.output)) == (0, printed)
    checked = run(sqlite_app, "check", instance, write(tmp_path, printed, "plan.json"))
    assert checked.output == "The plan keeps all that is asked.\n"
    assert printed["objective"]["total"] == 0
    spaces = {space["id"]: space["capacity"] for space in asked["spaces"]}
    there = [
        sum(p["people"] for p in printed["passages"] if p["space"] == "hall" and p["start"] <= at < p["end"])
        for at in range(540, 600)
    ]
    assert max(there) == 58 <= spaces["hall"]
