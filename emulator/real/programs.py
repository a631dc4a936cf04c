"""The programs of `make apiserver` as processes: started here, ended here, and never left behind."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

FOLDER = Path(sys.prefix) / "apiserver"
"""A link beside this Python, which `make apiserver` sets."""
_STARTER = ThreadPoolExecutor(1, "starter")
"""Its thread lives as long as this process: a parent-death signal comes when the starting thread ends. [prctl(2)]"""
_POLL_SECONDS = 0.05
_GRACE_SECONDS = 5.0


class CannotStart(Exception):
    """A program is missing, or ended before it was ready; the text says which, and the end of what it wrote."""


def program(name: str) -> Path:
    """Raises CannotStart."""
    found = FOLDER / name
    if not found.exists():
        raise CannotStart(f"there is no {found}; `make apiserver` builds kube-apiserver and fetches what it needs")
    return found


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _started(command: list[str], output: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


class Process:
    """One program with its log. It dies with this process (setpriv), so nothing outlives a crash."""

    def __init__(self, name: str, arguments: list[str], log: Path) -> None:
        self.log = log
        command = ["setpriv", "--pdeathsig", "KILL", "--", str(program(name)), *arguments]
        with log.open("ab") as output:
            self._process = _STARTER.submit(_started, command, output).result()
        self._name = name

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_for(self, ready: Callable[[], bool], limit_seconds: float) -> bool:
        """Whether `ready` said yes in time. Raises CannotStart when the program ended first."""
        deadline = time.monotonic() + limit_seconds
        while not ready():
            if not self.running:
                raise CannotStart(f"{self._name} ended with {self._process.returncode}:\n{self.last_words()}")
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def last_words(self) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-12:])

    def stop(self) -> None:
        """Asks it to end, then ends it."""
        self._process.terminate()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """As a crash would."""
        self._process.kill()
        self._process.wait()
