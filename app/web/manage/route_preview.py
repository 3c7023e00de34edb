"""The route as each audience will walk it, from what stands in the form: shown before it is saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from flask_babel import gettext as _

from app.core.i18n import Locale
from app.events.audiences import AudienceRow
from app.events.drafts import EventDraft, StopDraft
from app.web.public.words import duration, listed


@dataclass(frozen=True)
class PreviewStop:
    """A stop as one audience sees it. `free`: in any order with the one before."""

    number: int
    name: str
    minutes: int
    optional: bool
    free: bool


@dataclass(frozen=True)
class RoutePreview:
    """One variant: who walks it, its stops, and how long it takes in words."""

    audiences: str
    stops: tuple[PreviewStop, ...]
    takes: str


def preview_routes(draft: EventDraft, audiences: Sequence[AudienceRow], locale: Locale) -> tuple[RoutePreview, ...]:
    """The variants of the route in a draft, in the order of the event's audiences."""
    variants: dict[tuple[int, ...], list[AudienceRow]] = {}
    for audience in audiences:
        key = tuple(i for i, stop in enumerate(draft.stops) if not stop.audiences or audience.code in stop.audiences)
        variants.setdefault(key, []).append(audience)
    if len(variants) < 2:
        return (_preview(draft, draft.stops, str(_("everybody")), locale),) if draft.stops else ()
    return tuple(
        _preview(draft, [draft.stops[i] for i in key], listed([a.label(locale) for a in who]), locale)
        for key, who in variants.items()
    )


def _preview(draft: EventDraft, stops: Sequence[StopDraft], who: str, locale: Locale) -> RoutePreview:
    return RoutePreview(
        who,
        tuple(
            PreviewStop(
                number, stop.name_fr if locale == "fr" else stop.name_en or stop.name_fr, stop.minutes, stop.optional,
                stop.any_order and number > 1,
            )
            for number, stop in enumerate(stops, start=1)
        ),
        _takes(draft, stops),
    )  # fmt: skip


def _takes(draft: EventDraft, stops: Sequence[StopDraft]) -> str:
    """« 1 h 45, dont 10 min à pied »."""
    walks = sum(_walk(draft, a.space, b.space) for a, b in pairwise(stops))
    whole = sum(stop.minutes for stop in stops) + walks
    if not whole:
        return ""
    if not walks:
        return duration(whole)
    return str(_("%(time)s, of which %(walk)s on foot", time=duration(whole), walk=duration(walks)))


def _walk(draft: EventDraft, space: str, other: str) -> int:
    if not space or not other or space == other:
        return 0
    told = (t.minutes for t in draft.transfers if {t.space, t.other} == {space, other})
    return next(told, draft.transfer_minutes)
