"""A small cache in the process: values a few seconds old at most, oldest thrown out when full."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class TtlCache(Generic[Value]):
    """Keeps at most `size` values for `seconds` of the machine's monotonic time. Safe between threads."""

    def __init__(self, seconds: float, size: int, tick: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._size, self._tick = seconds, size, tick
        self._kept: dict[str, tuple[float, Value]] = {}
        self._lock = Lock()
        self._generation = 0

    def get(self, key: str, read: Callable[[], Value]) -> Value:
        """The value of `key`, read anew when it is missing or too old. Its age counts from before it was read."""
        asked = self._tick()
        with self._lock:
            kept = self._kept.get(key)
            generation = self._generation
        if kept is not None and asked - kept[0] < self._seconds:
            return kept[1]
        value = read()
        with self._lock:
            if generation == self._generation:  # cleared meanwhile: what was read may be what had to go
                self._kept.pop(key, None)
                self._kept[key] = (asked, value)
                while len(self._kept) > self._size:
                    del self._kept[next(iter(self._kept))]
        return value

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._generation += 1

    def __len__(self) -> int:
        return len(self._kept)
