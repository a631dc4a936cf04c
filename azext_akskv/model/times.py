"""Times as ARM writes them."""

from __future__ import annotations

from datetime import datetime, timezone


def parse_time(text: str | None) -> datetime | None:
    """To the second. `2023-08-23T13:05:39.5280820Z` has one digit more than Python's own parser takes. [REC]"""
    if not text:
        return None
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
