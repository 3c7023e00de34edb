"""Searching the catalogue of what is lent: words, job universe, number of players, who lends; by pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from app.boxes.rows import ScenarioRow
from app.core.i18n import Locale
from app.core.text import fold

SHOWN = 24
FEW = 4
"""With no more than that there is nothing to search."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for; `players`: for each box. Universes are named in the reader's language."""

    text: str = ""
    universe: str = ""
    players: int | None = None
    lender_id: int | None = None
    page: int = 1

    @property
    def narrows(self) -> bool:
        return bool(self.text or self.universe or self.players or self.lender_id)

    @property
    def values(self) -> dict[str, str]:
        """As an address and hidden fields say it, without the page."""
        said = {"q": self.text, "universe": self.universe, "players": self.players, "lender": self.lender_id}
        return {name: str(value) for name, value in said.items() if value}

    def query(self, days: str, page: int) -> str:
        """For an address, with the days as one says them."""
        return "&".join(part for part in (days, urlencode(self.values), f"page={page}") if part)


@dataclass(frozen=True)
class Found:
    """A page of what was found. `universes`: all there are to choose from."""

    scenarios: list[ScenarioRow]
    universes: list[str]
    whole: int
    total: int
    page: int
    pages: int


def wanted_of(said: Mapping[str, str]) -> Wanted:
    """What an address says; what is no number is left out."""
    players, lender, page = (_number(said.get(name, "")) for name in ("players", "lender", "page"))
    text, universe = (said.get(name, "").replace("\x00", "").strip()[:100] for name in ("q", "universe"))
    return Wanted(text, universe, players, lender, page or 1)


def find_scenarios(
    scenarios: Sequence[ScenarioRow], wanted: Wanted, locale: Locale
) -> tuple[list[ScenarioRow], Wanted]:
    """Those that fit, in their order, and what was looked for without a universe or lender that there is none of."""
    universes, lenders = {s.universe(locale) for s in scenarios}, {s.organiser_id for s in scenarios}
    wanted = replace(
        wanted,
        universe=wanted.universe if wanted.universe in universes else "",
        lender_id=wanted.lender_id if wanted.lender_id in lenders else None,
    )
    words = fold(wanted.text).split()
    return [s for s in scenarios if _fits(s, wanted, words, locale)], wanted


def page_of(found: Sequence[ScenarioRow], scenarios: Sequence[ScenarioRow], wanted: Wanted, locale: Locale) -> Found:
    """The page that is asked for, else the last one."""
    pages = max(1, -(-len(found) // SHOWN))
    page = min(max(wanted.page, 1), pages)
    universes = sorted({name for s in scenarios if (name := s.universe(locale))}, key=fold)
    return Found(list(found[(page - 1) * SHOWN : page * SHOWN]), universes, len(scenarios), len(found), page, pages)


def _fits(scenario: ScenarioRow, wanted: Wanted, words: Sequence[str], locale: Locale) -> bool:
    if wanted.universe and scenario.universe(locale) != wanted.universe:
        return False
    if wanted.lender_id and scenario.organiser_id != wanted.lender_id:
        return False
    least, most = scenario.players_min or 1, scenario.players_max
    if wanted.players and (not scenario.is_game or wanted.players < least or (most and wanted.players > most)):
        return False
    said = (scenario.title(locale), scenario.universe(locale), scenario.public(locale), scenario.skills(locale))
    searched = fold(" ".join((scenario.code, *said, scenario.summary(locale)))) if words else ""
    return all(word in searched for word in words)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
