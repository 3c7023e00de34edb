"""QR codes are read back by another library than the one that makes them."""

import io
import re
import xml.etree.ElementTree as ElementTree

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.documents.qr import QUIET_ZONE, qr_modules, qr_png, qr_svg

URL = "https://parcours.example.org/t/9f2kQ7dXw3Tn5Zb8Lr4Vy1"
SVG = "{http://www.w3.org/2000/svg}"


def read_png(png: bytes) -> list[tuple[str, str]]:
    """Return text and error correction level of each code of an image."""
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)).convert("L"))
    return [(code.text, code.ec_level) for code in found]


def test_png_is_read_back_with_correction_m() -> None:
    assert read_png(qr_png(URL)) == [(URL, "M")]


@settings(max_examples=40, deadline=None)
@given(
    st.text(
        st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc", "Cs"]), min_size=1, max_size=80
    )
)
def test_any_text_is_read_back(text: str) -> None:
    assert [found for found, _ in read_png(qr_png(text, box=4))] == [text]


@pytest.mark.parametrize("box", [1, 8])
def test_png_has_box_pixels_a_module(box: int) -> None:
    side = len(qr_modules(URL)) * box
    image = Image.open(io.BytesIO(qr_png(URL, box=box)))
    assert (image.format, image.size, image.mode) == ("PNG", (side, side), "1")


def test_quiet_zone_of_four_modules_is_light() -> None:
    modules = qr_modules(URL)
    inner = [row[QUIET_ZONE:-QUIET_ZONE] for row in modules[QUIET_ZONE:-QUIET_ZONE]]
    assert QUIET_ZONE == 4
    assert sum(map(sum, modules)) == sum(map(sum, inner)) > 0
    assert inner[0][:7] == [True] * 7


def test_svg_draws_the_same_modules() -> None:
    modules = qr_modules(URL)
    side = len(modules)
    root = ElementTree.fromstring(qr_svg(URL))
    ground, dark = root.findall(f"{SVG}path")
    assert root.get("viewBox") == f"0 0 {side} {side}"
    assert (ground.get("fill"), ground.get("d")) == ("#fff", f"M0 0h{side}v{side}H0z")
    assert dark.get("fill") == "#000"
    drawn = [[False] * side for _ in range(side)]
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", dark.get("d", "")):
        for step in range(int(run)):
            drawn[int(y)][int(x) + step] = True
    assert drawn == modules


def test_svg_bears_no_style_that_the_policy_of_pages_refuses() -> None:
    svg = qr_svg('"><style>a{}</style><script>x</script>')
    assert re.findall(r"style|script|class|href|on\w+=", svg) == []


@pytest.mark.parametrize("text", ["", "x" * 2332])
def test_no_code_for_nothing_or_too_much(text: str) -> None:
    with pytest.raises(ValueError, match="QR code"):
        qr_svg(text)


def test_the_longest_text_fits() -> None:
    assert len(qr_modules("x" * 2331)) == 177 + 2 * QUIET_ZONE


def test_a_module_takes_a_pixel_at_least() -> None:
    with pytest.raises(ValueError, match="one pixel"):
        qr_png(URL, box=0)
