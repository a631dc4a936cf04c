"""A finding: what a check saw, why it matters, and the command to run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(str, Enum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Problem:
    """What a check yields when something is not as it should be."""

    text: str
    why: str = ""
    command: str = ""
    """Ready to paste, quoted for the shell."""
    state: State | None = None
    """Overrides the check's own severity, for a case that is milder or worse than its kind."""


@dataclass(frozen=True)
class Finding:
    code: str
    category: str
    state: State
    text: str
    why: str = ""
    command: str = ""
    may_accept: bool = False
    """`--accept CODE` may overrule it."""
    guards: bool = False
    """The check is of severity error: when it could not look, a change does not start."""
    url: str = ""
    """Where to read on; empty: the page of its category."""

    @property
    def blocks(self) -> bool:
        return self.state is State.ERROR or (self.state is State.UNKNOWN and self.guards)
