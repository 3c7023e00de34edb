"""The roof tiles drawn behind a document's head."""

import re
import xml.etree.ElementTree as ElementTree

from app.documents.tiles import COLUMNS, ROWS, tiles_svg

PATH = "{http://www.w3.org/2000/svg}path"


def test_tiles_fill_their_frame_with_the_two_colours_given() -> None:
    root = ElementTree.fromstring(tiles_svg("#5E1A49", "#F2B632"))
    colours = [path.get("fill", "") for path in root.findall(PATH)]
    assert root.get("viewBox") == f"0 0 {COLUMNS} {ROWS}"
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours)
    assert {"#F2B632", "#370F2A", "#7E486D"} <= set(colours)
    starts = [
        tuple(map(float, it)) for path in root.findall(PATH) for it in re.findall(r"M(\S+) ([^l]+)l", path.get("d", ""))
    ]
    assert len(starts) == len(set(starts)) > 300
    assert (min(x for x, _ in starts) > 0, max(x for x, _ in starts)) == (True, COLUMNS - 1)


def test_tiles_are_drawn_once_for_a_pair_of_colours() -> None:
    assert tiles_svg("#5E1A49", "#F2B632") is tiles_svg("#5E1A49", "#F2B632")
    assert tiles_svg("#5E1A49", "#F2B632") != tiles_svg("#1A4A5E", "#F2B632")
