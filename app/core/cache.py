"""What a process remembers between requests, per application: only for values whose key says exactly which state they show."""

from flask import current_app


def remembered(name: str, *, most: int = 500) -> dict[object, object]:
    """This application's store of that name. It is emptied when it holds `most` values: simple, bounded, never wrong."""
    store: dict[object, object] = current_app.extensions.setdefault(f"parcours.remembered.{name}", {})
    if len(store) >= most:
        store.clear()
    return store
