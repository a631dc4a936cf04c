"""Contenders as processes, and what they and the servers used, as Linux counts it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
POLL_SECONDS = 0.05


class Failed(Exception):
    """A contender ended otherwise than well."""


@dataclass(frozen=True)
class Ended:
    """A pipeline that ended well. `said`: the JSON on the last line that it printed; empty when there is none."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    said: dict[str, Any]


def finished(pipeline: Sequence[Sequence[str]], environment: Mapping[str, str], limit_seconds: float) -> Ended:
    """Runs the commands, each with the output of the one before as its input, to their end. Raises Failed, also when
    that takes longer than the limit."""
    began = time.monotonic()
    running: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryFile() as complaints, ExitStack() as at_the_end:
        at_the_end.callback(_end, running)
        for command in pipeline:
            running.append(_started(command, environment, running[-1].stdout if running else None, complaints))
        peaks = at_the_end.enter_context(_Peaks(process.pid for process in running))
        limit = threading.Timer(limit_seconds, running[-1].kill)
        at_the_end.callback(limit.cancel)
        limit.start()
        output = running[-1].stdout.read() if running[-1].stdout else b""
        cpu = sum(_reaped(process) for process in running)
        seconds = time.monotonic() - began
        complaints.seek(0)
        words = complaints.read()[-2000:].decode("utf-8", "replace")
    if any(process.returncode for process in running):
        raise Failed(f"{Path(pipeline[-1][0]).name} ended with {[each.returncode for each in running]}: {words}")
    return Ended(seconds, cpu, sum(peaks.of.values()), _said(output))


def _end(running: list[subprocess.Popen[bytes]]) -> None:
    for process in running:
        process.kill()  # does nothing to one that has ended
        process.wait()


def _said(output: bytes) -> dict[str, Any]:
    last = output.rstrip().rpartition(b"\n")[2]
    return dict(json.loads(last)) if last.startswith(b"{") and last.endswith(b"}") else {}


def _started(
    command: Sequence[str], environment: Mapping[str, str], before: IO[bytes] | None, complaints: IO[bytes]
) -> subprocess.Popen[bytes]:
    """It dies with us (setpriv), so nothing outlives the benchmark."""
    own = ["setpriv", "--pdeathsig", "KILL", "--", *command]
    settings: dict[str, Any] = {"stdin": before or subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": complaints}
    process = subprocess.Popen(own, env={**os.environ, **environment}, **settings)
    if before:
        before.close()  # else the first would never hear that the second has ended
    return process


def _reaped(process: subprocess.Popen[bytes]) -> float:
    """Waits for its end; the processor seconds that it used."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime


class _Peaks:
    """Looks at processes until they have ended. ru_maxrss would not do: it begins with the memory of who started
    them."""

    def __init__(self, pids: Iterable[int]) -> None:
        self.of = dict.fromkeys(pids, 0)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Peaks:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            for pid in self.of:
                self.of[pid] = max(self.of[pid], peak_bytes(pid))


def peak_bytes(pid: int) -> int:
    """0 for one that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def cpu_seconds(pid: int) -> float:
    """Of all its threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND
