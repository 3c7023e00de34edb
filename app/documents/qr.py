"""QR codes as SVG for pages and documents, and as PNG for mails.

Codes follow ISO/IEC 18004: error correction M (15 % of the symbol may be lost), a quiet zone of four modules around.
"""

import io

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

QUIET_ZONE = 4
"""Light modules kept on each side of the symbol (ISO/IEC 18004, 6.3.8)."""


def qr_svg(text: str) -> str:
    """Return a square SVG whose viewBox counts one unit a module, quiet zone included.

    It holds neither style attribute nor style element, so that a page with `style-src 'self'` may inline it. The page
    that shows it gives it a size, a role and a title. Raises ValueError for what `qr_modules` refuses.
    """
    modules = qr_modules(text)
    side = len(modules)
    dark = "".join(_row_path(y, row) for y, row in enumerate(modules))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{dark}"/></svg>'
    )


def qr_png(text: str, *, box: int = 8) -> bytes:
    """Return a black and white PNG, `box` pixels a module, quiet zone included.

    Raises ValueError when `box` is under 1, and for what `qr_modules` refuses.
    """
    if box < 1:
        raise ValueError("A module takes at least one pixel")
    modules = qr_modules(text)
    side = len(modules)
    image = Image.new("1", (side, side), 1)
    image.putdata([0 if dark else 1 for row in modules for dark in row])
    written = io.BytesIO()
    image.resize((side * box, side * box), Image.Resampling.NEAREST).save(written, format="PNG", optimize=True)
    return written.getvalue()


def qr_modules(text: str) -> list[list[bool]]:
    """Return the symbol row by row, True for a dark module, quiet zone included.

    Raises ValueError when the text is empty, or longer than the largest symbol holds (2,331 bytes at level M).
    """
    if not text:
        raise ValueError("A QR code needs a text")
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE)
    code.add_data(text)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as overflow:
        raise ValueError("The text is too long for a QR code") from overflow
    return [[bool(dark) for dark in row] for row in code.get_matrix()]


def _row_path(y: int, row: list[bool]) -> str:
    """Draw the dark runs of one row as rectangles of height 1."""
    runs: list[str] = []
    start: int | None = None
    for x, dark in enumerate([*row, False]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            runs.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
            start = None
    return "".join(runs)
