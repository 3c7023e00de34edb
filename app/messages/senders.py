"""In whose name a mail is sent. A higher feature knows organisers and says so through `sender_source`."""

from collections.abc import Callable
from dataclasses import dataclass

WHITE, INK = "#FFFFFF", "#231D1A"


@dataclass(frozen=True)
class Sender:
    """What a mail shows of its organiser. `brand` is #RRGGBB; `email` (replies go there) and `phone` may be empty."""

    name: str
    brand: str = "#5E1A49"
    email: str = ""
    phone: str = ""

    @property
    def on_brand(self) -> str:
        """White or ink, whichever reads better on the brand colour (contrast as in WCAG 2.2, 1.4.3)."""
        light = _luminance(self.brand)
        return WHITE if 1.05 / (light + 0.05) >= (light + 0.05) / (_luminance(INK) + 0.05) else INK


PARCOURS = Sender("Parcours")

SenderSource = Callable[[int], Sender]
_sources: list[SenderSource] = []


def sender_source(function: SenderSource) -> SenderSource:
    """Register the one function that finds an organiser's sender by id. Raises ValueError when there is one already."""
    if _sources:
        raise ValueError("a source of senders is registered already")
    _sources.append(function)
    return function


def get_sender(organiser_id: int | None) -> Sender:
    """The sender of an organiser's mails; Parcours itself for mails of no organiser."""
    if organiser_id is None or not _sources:
        return PARCOURS
    return _sources[0](organiser_id)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
