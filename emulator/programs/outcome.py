"""How a program ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """What it prints and returns; `files` are written by path, `waits` is how often it waited for nothing in vain."""

    code: int = 0
    stdout: str = ""
    stderr: str = ""
    waits: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
