"""Collect the texts to translate and bring both catalogues up to date.

Texts in the code are English; the English catalogue repeats them, the French one is written by hand. Prints what French lacks
and ends with 1 then, so that nothing untranslated goes unseen.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {"app": [("**.py", "python")], "templates": [("**.html", "jinja2"), ("**.txt", "jinja2")]}
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "_l": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
    "translate": (2,),
    "translate_plural": (2, 3),
}
OPTIONS = {"**.html": {"newstyle_gettext": "true", "encoding": "utf-8", "silent": "false"}}
OPTIONS["**.txt"] = OPTIONS["**.html"] | {"trim_blocks": "true", "lstrip_blocks": "true"}


def collect() -> Catalog:
    """Every text of code and templates, in a catalogue without places or dates, so that it changes only with the texts."""
    found = Catalog(project="Parcours", fuzzy=False)
    for folder, methods in SOURCES.items():
        for _name, _line, text, comments, context in extract_from_dir(
            ROOT / folder, method_map=methods, options_map=OPTIONS, keywords=KEYWORDS, comment_tags=("i18n:",)
        ):
            found.add(text, auto_comments=comments, context=context)
    return found


def update(locale: str, found: Catalog) -> list[str]:
    """Write one catalogue and return the texts that it does not translate."""
    path = ROOT / "app" / "translations" / locale / "LC_MESSAGES" / "messages.po"
    before = Catalog(locale=locale)
    if path.exists():
        with path.open("rb") as source:
            before = read_po(source, locale=locale)
    after = Catalog(locale=locale, project="Parcours", fuzzy=False)
    missing = []
    for message in sorted((m for m in found if m.id), key=_key):
        known = before.get(message.id if isinstance(message.id, str) else message.id[0], message.context)
        string = message.id if locale == "en" else known.string if known and known.id == message.id else ""
        entry = after.add(message.id, string, auto_comments=message.auto_comments, context=message.context)
        if not all(entry.string if isinstance(entry.string, (tuple, list)) else [entry.string]):
            missing.append(str(message.id))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        write_po(target, after, width=120, no_location=True, omit_header=False)
    text = path.read_text("utf-8").splitlines(keepends=True)
    dated = ("POT-Creation-Date", "PO-Revision-Date", "Generated-By", "Last-Translator")
    path.write_text("".join(line for line in text if not line.startswith(tuple(f'"{d}' for d in dated))), "utf-8")
    return missing


def _key(message: Message) -> tuple[str, str]:
    first = message.id if isinstance(message.id, str) else message.id[0]
    return first, message.context or ""


def main() -> int:
    found = collect()
    update("en", found)
    missing = update("fr", found)
    for text in missing:
        print(f"French lacks: {text}")
    print(f"{len([m for m in found if m.id])} texts, {len(missing)} without French")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
