"""The emulated time: the machine's, moved, or a steady one that each request pushes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone


class Clock:
    """Runs with the machine's clock from `start` on (default: now). With `step_seconds` it stands still between
    requests and each request moves it by that much, so that a recording comes out the same every time."""

    def __init__(self, start: datetime | None = None, step_seconds: float | None = None) -> None:
        self._machine: Callable[[], datetime] = lambda: datetime.now(timezone.utc)
        self._offset = (start - self._machine()) if start else timedelta()
        self._step_seconds = step_seconds
        self._still = start or self._machine()

    def now(self) -> datetime:
        """The emulated time, with time zone UTC."""
        return self._still if self._step_seconds is not None else self._machine() + self._offset

    def request_came(self) -> None:
        """Each request moves a stepping clock."""
        if self._step_seconds is not None:
            self._still += timedelta(seconds=self._step_seconds)

    def advance(self, seconds: float) -> None:
        """Moves the emulated time on."""
        self._offset += timedelta(seconds=seconds)
        self._still += timedelta(seconds=seconds)
