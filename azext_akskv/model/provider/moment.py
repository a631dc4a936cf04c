"""Points in time as logs and events have them. klog writes no year [source], so most have none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?")
_HALF_A_YEAR = timedelta(days=183)
_LEAP = 2000
"""A year that has every day there is."""


@dataclass(frozen=True)
class Moment:
    """UTC. `year` is None where the text has none."""

    year: int | None
    at: datetime
    """In the year 2000."""

    def __str__(self) -> str:
        words = self.at.strftime("%m-%dT%H:%M:%SZ")
        return words if self.year is None else f"{self.year:04}-{words}"

    def later_than(self, other: Moment) -> bool:
        """Where a year is missing, whichever way round is the shorter."""
        if self.year is not None and other.year is not None and self.year != other.year:
            return self.year > other.year
        apart = self.at - other.at
        if self.year is not None and other.year is not None:
            return apart > timedelta(0)
        return timedelta(0) < apart < _HALF_A_YEAR or apart < -_HALF_A_YEAR


def of_klog(day: str, clock: str) -> Moment | None:
    """`1122` and `09:14:05.713202`; None for what is no time."""
    try:
        hour, minute, second = int(clock[:2]), int(clock[3:5]), int(clock[6:8])
        return Moment(None, datetime(_LEAP, int(day[:2]), int(day[2:]), hour, minute, second))
    except ValueError:
        return None


def of_iso(text: str) -> Moment | None:
    """`2026-11-22T09:14:05Z`; None for what is no time."""
    found = _ISO.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(each) for each in found.groups()[:6])
    try:
        return Moment(year, datetime(_LEAP, month, day, hour, minute, second))
    except ValueError:
        return None


def of_milliseconds(number: float) -> Moment | None:
    """Milliseconds since 1970, as provider logs in JSON have them; None for what is no time."""
    try:
        when = datetime.fromtimestamp(number / 1000, timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None
    return Moment(when.year, when.replace(year=_LEAP, tzinfo=None))
