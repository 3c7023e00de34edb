"""instance/demo.json: how to get into the demo, for people and programs."""

import json
import os
from pathlib import Path
from typing import Any

from app.config import DEMO_FILE
from app.demo.operations import Demo
from app.demo.people import ACCOUNTS, CREATIV


def describe(demo: Demo, base_url: str) -> dict[str, Any]:
    """`{base_url, organiser, accounts: [{role, email, password}], tokens: {…}, events: {past, next}}`."""
    return {
        "base_url": base_url,
        "organiser": CREATIV.name,
        "accounts": [{"role": a.role, "email": a.email, "password": a.password} for a in ACCOUNTS],
        "tokens": demo.tokens,
        "events": {"past": demo.past, "next": demo.next},
    }


def write_manifest(instance: Path, manifest: dict[str, Any]) -> Path:
    """Put the file in place in one step, readable by its owner alone: it holds keys."""
    target = instance / DEMO_FILE
    draft = instance / f".{DEMO_FILE}.{os.getpid()}"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", "utf-8")
    draft.replace(target)
    return target


def read_manifest(instance: Path) -> dict[str, Any] | None:
    """What the file says, or None when there is none that can be read."""
    try:
        found = json.loads((instance / DEMO_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
