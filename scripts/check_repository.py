"""Checks that no linter makes: lock files without hosts, settings documented, translations complete, pages without inline code."""

import ast
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.config import RawSettings  # noqa: E402 - the checkout need not be installed
from scripts.messages import KEYWORDS, collect  # noqa: E402

INLINE = re.compile(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))[^>]*>|<style|\sstyle=|\son[a-z]+=\"")


def lock_files() -> list[str]:
    """A lock file names packages and hashes, never where they came from."""
    problems = []
    for path in sorted(ROOT.glob("*.lock")):
        text = path.read_text("utf-8")
        if "://" in text or "--index" in text or "--find-links" in text:
            problems.append(f"{path.name} names a host")
        if "--hash=sha256:" not in text:
            problems.append(f"{path.name} has no hashes")
    return problems


def settings_documented() -> list[str]:
    """docs/settings.md has a row for each setting, with its default and meaning, and for no other."""
    rows = re.findall(
        r"^\| `PARCOURS_(\w+)` \| (.*?) \| (.*?) \|$", (ROOT / "docs" / "settings.md").read_text("utf-8"), re.M
    )
    wanted = [(f.name, f"`{f.default}`" if f.default else "", f.metadata["meaning"]) for f in fields(RawSettings)]
    return [f"docs/settings.md: {row[0]} differs from app/config.py" for row in sorted(set(wanted) ^ set(rows))]


def translations() -> list[str]:
    """Both catalogues hold every text, translated and not fuzzy."""
    problems = []
    for path in sorted((ROOT / "app" / "translations").glob("*/LC_MESSAGES/*.po")):
        with path.open("rb") as source:
            catalogue = read_po(source)
        for message in catalogue:
            strings = message.string if isinstance(message.string, (tuple, list)) else [message.string]
            if message.id and (message.fuzzy or not all(strings)):
                problems.append(f"{path.relative_to(ROOT)}: not translated: {message.id!r}")
    return problems


def catalogues_current() -> list[str]:
    """`make messages` would change nothing."""
    wanted = {(m.id if isinstance(m.id, str) else m.id[0], m.context) for m in collect() if m.id}
    with (ROOT / "app/translations/fr/LC_MESSAGES/messages.po").open("rb") as source:
        held = {(m.id if isinstance(m.id, str) else m.id[0], m.context) for m in read_po(source) if m.id}
    return [f"not in the catalogues (make messages): {text!r}" for text, _ in sorted(wanted - held, key=str)]


def texts_seen() -> list[str]:
    """No text hides from `make messages` in the code: it reads no f-strings, and takes only texts that stand there whole."""
    return [
        f"{path.relative_to(ROOT)}:{problem}"
        for path in sorted((ROOT / "app").rglob("*.py"))
        for problem in hidden_texts(path.read_text("utf-8"))
    ]


def hidden_texts(code: str) -> list[str]:
    """Line and reason of each text that would not be collected. Tables of marked texts may be read by name or key."""
    tree = ast.parse(code)
    nodes = list(ast.walk(tree))
    inside = {call for node in nodes if isinstance(node, ast.JoinedStr) for call in ast.walk(node)}
    problems = []
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        places = _text_places(call)
        texts = [call.args[place] for place in places if place < len(call.args)]
        if places and call in inside:
            problems.append((call.lineno, "a text to translate inside an f-string: translate it before"))
        elif any(isinstance(text, (ast.IfExp, ast.BinOp, ast.JoinedStr)) for text in texts):
            problems.append((call.lineno, "a text to translate is put together: choose between whole translations"))
    return [f"{line}: {reason}" for line, reason in sorted(problems)]


def _text_places(call: ast.Call) -> tuple[int, ...]:
    """Which arguments of a call are texts to translate, from 0; none of any other call. `text.translate` is not ours."""
    if not isinstance(call.func, ast.Name) or call.func.id not in KEYWORDS:
        return ()
    spec = KEYWORDS[call.func.id] or (1,)
    return tuple(place - 1 for place in spec if isinstance(place, int))


def templates() -> list[str]:
    """No inline script or style: the Content-Security-Policy would refuse them. Mails are the exception."""
    problems = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        if "mail" in path.relative_to(ROOT).parts:
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if INLINE.search(line):
                problems.append(f"{path.relative_to(ROOT)}:{number}: inline script, style or handler")
    return problems


def private_words() -> list[str]:
    """No path of one machine in a tracked file."""
    found = subprocess.run(
        ["git", "grep", "-nIE", "/(home|root|Users)/[a-z]", "--", ".", ":!app/static/vendor", ":!tests/vendor", ":!scripts"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return [f"a path of one machine: {line}" for line in found.stdout.splitlines()]


def main() -> int:
    checks = (lock_files, settings_documented, translations, catalogues_current, texts_seen, templates, private_words)
    problems = [problem for check in checks for problem in check()]
    for problem in problems:
        print(problem)
    print(f"{len(checks)} checks of the repository, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
