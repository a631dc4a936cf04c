"""Times as ARM writes them."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from azext_akskv.model.ids import BadInput, in_short

_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)


def parse_time(text: str | None) -> datetime | None:
    """To the second. `2023-08-23T13:05:39.5280820Z` has one digit more than Python's own parser takes. [REC]

    Raises BadInput.
    """
    if not text:
        return None
    try:
        if not _SECONDS.match(text):
            raise ValueError
        return datetime.fromisoformat(text[:19]).replace(tzinfo=timezone.utc)
    except ValueError:
        raise BadInput(f"not a time: {in_short(text)}") from None


def written(at: datetime | None) -> str | None:
    """A time in UTC as the API server writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None


def of_date_header(text: str) -> datetime:
    """When a service answered. Raises BadInput."""
    try:
        time = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        raise BadInput(f"not a time: {in_short(text)}") from None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)  # `-0000` means UTC and comes without a zone


def moment(seconds: int | None) -> datetime | None:
    """Of seconds since 1970, as Key Vault writes times. Raises BadInput."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):
        raise BadInput(f"not a time: {seconds:.3g}" if abs(seconds) < 10**300 else "not a time") from None
