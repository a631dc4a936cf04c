"""What a command takes, as a process of its own."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spent:
    """In seconds; `processor` is that of the process and of those that it started."""

    clock: float
    processor: float


def spent(command: Sequence[str], codes: frozenset[int] = frozenset({0})) -> Spent:
    """Raises SystemExit when it ends with another code."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode not in codes:
        raise SystemExit(f"{' '.join(command)} ended with {ended.returncode}: {ended.stderr}")
    return Spent(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
