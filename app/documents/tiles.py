"""The pattern of glazed roof tiles: chevrons of small diamonds, as one picture that a document is given."""

from functools import lru_cache

COLUMNS, ROWS = 46, 34
"""Half diamonds across and down. A diamond is two units wide and high; a column or a row is one unit."""

_CHEVRON = 16
_BAND = 8
_GAP = 0.92


@lru_cache(maxsize=64)
def tiles_svg(brand: str, accent: str) -> str:
    """Return an SVG of COLUMNS by ROWS units without ground, which fades out on `brand` towards the left.

    Both colours are `#RRGGBB`. Drawn once for a pair of colours: it is several hundred diamonds.
    """
    drawn: dict[str, list[str]] = {}
    for column in range(COLUMNS):
        strength = min(max((column / COLUMNS - 0.1) * 1.6, 0.0), 1.0)
        for row in range(column % 2, ROWS, 2):
            paint = _paint(column, row, brand, accent)
            if paint is not None and strength > 0:
                drawn.setdefault(_mixed(paint, brand, strength), []).append(_diamond(column, row))
    paths = "".join(f'<path fill="{paint}" d="{"".join(shapes)}"/>' for paint, shapes in drawn.items())
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS} {ROWS}">{paths}</svg>'


def _paint(column: int, row: int, brand: str, accent: str) -> str | None:
    """Return the colour of one diamond before it fades, None where the ground shows."""
    wave = abs(column % _CHEVRON - _CHEVRON // 2)
    band = (wave + row) % _BAND
    if band == 0 and wave == 0:
        return accent
    if band in (0, 1):
        return _mixed("#000000", brand, 0.42)
    if band in (4, 5):
        return _mixed("#FFFFFF", brand, 0.2)
    return None


def _diamond(x: int, y: int) -> str:
    return f"M{x} {y - _GAP}l{_GAP} {_GAP}l-{_GAP} {_GAP}l-{_GAP} -{_GAP}z"


def _mixed(paint: str, ground: str, share: float) -> str:
    """Mix `share` of a paint (0 to 1) with the rest of a ground."""
    channels = [
        round(int(paint[at : at + 2], 16) * share + int(ground[at : at + 2], 16) * (1 - share)) for at in (1, 3, 5)
    ]
    return "#" + "".join(f"{channel:02X}" for channel in channels)
