"""Typesets one document in a process of its own: JSON on standard input, the PDF on standard output.

Run as a file, for it imports nothing of the application. What typst keeps in memory (some 70 MB) ends with the process;
starting it costs no more time than that memory saves.
"""

import json
import sys
from typing import Any

import typst


def typeset(asked: dict[str, Any], fonts: typst.Fonts) -> bytes:
    return bytes(
        typst.compile(
            asked["template"],
            root=asked["root"],
            font_paths=fonts,
            sys_inputs={"document": asked["document"]},
            pdf_standards=asked["standards"],
        )
    )


def load_fonts(folder: str) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[folder])


def main() -> None:
    asked = json.load(sys.stdin)
    sys.stdout.buffer.write(typeset(asked, load_fonts(asked["fonts"])))


if __name__ == "__main__":
    main()
