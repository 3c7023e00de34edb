"""What the benchmarks say: figures, as one table for people and as JSON for programs."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One measured value. `goal` is None where a figure is only shown; `spread` says between what the rounds lay."""

    name: str
    value: float
    unit: str
    goal: str | None = None
    ok: bool = True
    spread: str = ""


def shown(name: str, value: float, unit: str, spread: str = "") -> Figure:
    return Figure(name, value, unit, spread=spread)


def at_least(name: str, value: float, unit: str, goal: float, spread: str = "") -> Figure:
    return Figure(name, value, unit, f"≥ {goal:g}", value >= goal, spread)


def at_most(name: str, value: float, unit: str, goal: float, spread: str = "") -> Figure:
    return Figure(name, value, unit, f"≤ {goal:g}", value <= goal, spread)


def exactly(name: str, value: float, unit: str, goal: float, spread: str = "") -> Figure:
    return Figure(name, value, unit, f"= {goal:g}", value == goal, spread)


def middle(values: Sequence[float]) -> float:
    return float(median(values))


def spread_of(values: Sequence[float]) -> str:
    """« 410 to 455 »: the least and the most of all rounds."""
    return f"{written(min(values))} to {written(max(values))}"


def written(value: float) -> str:
    """Three figures that count, without a power of ten."""
    if value == int(value) and abs(value) < 1_000_000:
        return f"{int(value)}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def as_table(figures: Iterable[Figure]) -> str:
    """The figures in columns; `no` marks a goal that was missed."""
    rows = [("name", "value", "unit", "goal", "ok", "rounds")]
    for f in figures:
        verdict = "" if f.goal is None else "yes" if f.ok else "no"
        rows.append((f.name, written(f.value), f.unit, f.goal or "", verdict, f.spread))
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    lines = []
    for name, value, *rest in rows:
        cells = [name.ljust(widths[0]), value.rjust(widths[1])]
        cells += [cell.ljust(width) for cell, width in zip(rest, widths[2:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * (sum(widths) + 10))
    return "\n".join(lines)


def write_json(figures: Iterable[Figure], file: Path) -> None:
    """A list of {name, value, unit, goal, ok}; `goal` is null where there is none, and `ok` then true."""
    rows = [{"name": f.name, "value": round(f.value, 4), "unit": f.unit, "goal": f.goal, "ok": f.ok} for f in figures]
    file.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", "utf-8")
