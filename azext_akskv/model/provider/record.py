"""One thing that a text tells: a log entry with what belongs to it, an event, a sample of a metric, a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from azext_akskv.model.provider.moment import Moment


class Kind(str, Enum):
    EVENT = "event"
    LOG = "log"
    METRIC = "metric"
    PROSE = "text"
    MOUNTED = "mounted"
    """Not an error: a mount that went well."""


@dataclass(frozen=True)
class Record:
    """`texts` are readings of the same text, the likeliest first, as they stand: nothing of them may be kept. `line`
    counts from 1."""

    kind: Kind
    texts: tuple[str, ...]
    line: int
    first_line: str = ""
    """Where there are several."""
    grave: bool = False
    """Its severity says that it is an error: it is never dropped without a word."""
    whole: bool = True
    """Neither its beginning nor its end is known to be missing."""
    file: str = ""
    """The source file that wrote a log entry."""
    reason: str = ""
    """Of an event."""
    count: int = 1
    first: Moment | None = None
    last: Moment | None = None
    known: dict[str, str] = field(default_factory=dict)
    """What stands beside the text, and not in it: the pod and the node of an event."""
