"""Sheets for the day: where a group is to be when (one A4 page each), and who comes to a stand when.

They carry no code and name no person. Hours, headcounts and names come already worded, as for tickets; whatever is written on
them, a group's sheet stays on one page, and a stand's goes on over as many as it needs.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from app.documents.labels import Locale
from app.documents.pdf import Json, colour, printable, printable_or_none, typeset
from app.documents.sheet_labels import SHEET_LABELS, SheetLabels
from app.documents.tiles import tiles_svg


@dataclass(frozen=True, slots=True)
class SheetHead:
    """What all sheets of one file share. Colours are `#RRGGBB`; `help_text` says whom to call, if anybody."""

    locale: Locale
    organiser_name: str
    brand: str
    accent: str
    event_title: str
    venue: str
    help_text: str | None = None


@dataclass(frozen=True, slots=True)
class SheetStop:
    """A stop of a team: « 9 h 40 – 10 h 10 », its name and place, minutes to walk there from the stop before (0: none).

    `span` is from which minute of the day until which, for the picture; None where no hour is known.
    """

    number: int
    hour_text: str
    name: str
    place: str = ""
    minutes: int = 0
    walk: int = 0
    optional: bool = False
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class SheetTeam:
    """« Équipe 1 · 15 personnes », empty where a group goes round in one."""

    title: str
    stops: tuple[SheetStop, ...]


@dataclass(frozen=True, slots=True)
class SheetVisit:
    """One coming of a group: its day, when it arrives, the way of each team. `place`: of a wave with one of its own."""

    day_text: str
    hour_text: str
    place: str
    teams: tuple[SheetTeam, ...]


@dataclass(frozen=True, slots=True)
class GroupSheet:
    """All that the page of a group shows; `notice` says what is particular, such as hours that are not planned yet."""

    title: str
    subtitle: str
    headcount_text: str
    entrance: str
    reference: str
    notice: str
    visits: tuple[SheetVisit, ...]


@dataclass(frozen=True, slots=True)
class StandLine:
    """Somebody who comes: when, who, from where, how many, to which stand."""

    hour_text: str
    who: str
    origin: str
    count_text: str
    stand: str = ""


@dataclass(frozen=True, slots=True)
class StandSheet:
    """A space on a day. `limit_text` is how many it holds at once."""

    title: str
    day_text: str
    limit_text: str
    notice: str
    lines: tuple[StandLine, ...]


def group_sheets_pdf(head: SheetHead, sheets: Sequence[GroupSheet]) -> bytes:
    """A4 pages, one for each group in their order, as a tagged PDF. Raises ValueError when there is none."""
    return typeset("group_sheets", group_sheets_value(head, sheets))


def stand_sheets_pdf(head: SheetHead, sheets: Sequence[StandSheet]) -> bytes:
    """A4 pages, each space and day on pages of its own, as a tagged PDF. Raises ValueError when there is none."""
    return typeset("stand_sheets", stand_sheets_value(head, sheets))


def group_sheets_value(head: SheetHead, sheets: Sequence[GroupSheet]) -> Json:
    """Return what the template `group_sheets` reads."""
    words = SHEET_LABELS[head.locale]
    title = _title(words.group_title, words.groups_title, [sheet.title for sheet in sheets])
    return {**head_value(head, title, len(sheets)), "sheets": [_group_value(sheet, words) for sheet in sheets]}


def stand_sheets_value(head: SheetHead, sheets: Sequence[StandSheet]) -> Json:
    """Return what the template `stand_sheets` reads."""
    words = SHEET_LABELS[head.locale]
    title = _title(words.stand_title, words.stands_title, [sheet.title for sheet in sheets])
    return {**head_value(head, title, len(sheets)), "sheets": [_stand_value(sheet) for sheet in sheets]}


def _title(one: str, several: str, titles: Sequence[str]) -> str:
    return one.format(printable(titles[0])) if len(titles) == 1 else several


def head_value(head: SheetHead, title: str, count: int) -> dict[str, Json]:
    """What the band and the foot of any sheet read; `title` is the file's. Raises ValueError when there is no sheet."""
    if count < 1:
        raise ValueError("There is no sheet to print")
    said: dict[str, Json] = dict(asdict(SHEET_LABELS[head.locale]))
    return {
        "locale": head.locale,
        "title": f"{title} – {printable(head.event_title)}",
        "organiser_name": printable(head.organiser_name),
        "brand": colour(head.brand),
        "accent": colour(head.accent),
        "event_title": printable(head.event_title),
        "venue": printable(head.venue),
        "help_text": printable_or_none(head.help_text),
        "footer": " · ".join(filter(None, map(printable, (head.event_title, head.organiser_name)))),
        "tiles_svg": tiles_svg(head.brand, head.accent),
        "words": said,
    }


def _group_value(sheet: GroupSheet, words: SheetLabels) -> Json:
    return {
        "title": printable(sheet.title),
        "subtitle": printable(sheet.subtitle),
        "headcount_text": printable(sheet.headcount_text),
        "entrance": printable(sheet.entrance),
        "reference": printable(sheet.reference),
        "notice": printable(sheet.notice),
        "visits": [
            {
                "day_text": printable(visit.day_text),
                "hour_text": printable(visit.hour_text),
                "place": printable(visit.place),
                "teams": [_team_value(team, words) for team in visit.teams],
            }
            for visit in sheet.visits
        ],
    }


def _team_value(team: SheetTeam, words: SheetLabels) -> Json:
    stops: list[Json] = [
        {
            "number": stop.number,
            "hour_text": printable(stop.hour_text),
            "name": printable(stop.name),
            "place": printable(stop.place),
            "minutes_text": words.minutes.format(stop.minutes) if stop.minutes else "",
            "walk_text": words.walk.format(stop.walk) if stop.walk else "",
            "optional": stop.optional,
            "span": None if stop.span is None else list(stop.span),
        }
        for stop in team.stops
    ]
    return {"title": printable(team.title), "stops": stops}


def _stand_value(sheet: StandSheet) -> Json:
    lines: list[Json] = [{name: printable(text) for name, text in asdict(line).items()} for line in sheet.lines]
    return {
        "title": printable(sheet.title),
        "day_text": printable(sheet.day_text),
        "limit_text": printable(sheet.limit_text),
        "notice": printable(sheet.notice),
        "lines": lines,
    }
