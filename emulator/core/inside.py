"""What runs inside the clusters' networks: containers, of run-command and of pods, each a process of this machine."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_LOOK_SECONDS, _LEAST_OFTEN = 0.05, 2.0
"""How often a process is looked at: as it gets older, less often, for each look goes through all processes."""
_IDLE = (["sleep", "infinity"], ["/bin/sleep", "infinity"])
"""[OWN] Whatever a container like this does is nothing: it takes no process, and runs until it is killed."""
KILLED = 137
"""The exit code of a container that was killed."""


@dataclass(frozen=True)
class Ways:
    """How what runs inside gets out: `proxy_url` is a way to every API server, the private ones included;
    `questions_url` is where the programs of a node ask what they see. Where nothing listens there is none, and not the
    machine's own network instead."""

    proxy_url: str = "http://127.0.0.1:9"
    questions_url: str = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Start:
    """How a container's process begins."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path


class Container(ABC):
    """What is run: killed above `memory` bytes, and of its output the first `shown` bytes are kept."""

    memory: int
    shown: int

    @abstractmethod
    def laid_out(self, folder: Path, ways: Ways) -> Start:
        """Writes what it needs into a folder of its own, which goes with it. Raises ValueError and BadZipFile for
        files that cannot be."""


class Running:
    """A container that was started. `exit_code` is None until it has ended, then `output` is complete.

    Raises ValueError and BadZipFile for files that cannot be, OSError for a program that is not there."""

    def __init__(self, container: Container, ways: Ways) -> None:
        self.exit_code: int | None = None
        self.over_memory = False
        self._output: bytes | None = None
        self._killed = threading.Event()
        self._container = container
        self._folder = Path(tempfile.mkdtemp(prefix="aks-container-"))  # mode 0700
        try:
            start = container.laid_out(self._folder, ways)
            self._idle = list(start.arguments) in _IDLE
            if not self._idle:
                self._out = (self._folder / ".output").open("w+b")
                self._process = self._started(start)
        except Exception:
            shutil.rmtree(self._folder)
            raise
        if self._idle:
            shutil.rmtree(self._folder)
            return
        self._watcher = threading.Thread(target=self._watch, name="aks-container", daemon=True)
        self._watcher.start()

    @property
    def output(self) -> bytes:
        """What it has written so far, to both streams."""
        if self._output is not None:
            return self._output
        with suppress(FileNotFoundError), (self._folder / ".output").open("rb") as file:
            return file.read(self._container.shown)
        return self._output or b""  # it has ended in between

    def wait(self, seconds: float) -> None:
        """Until it has ended, or the time is up."""
        if self._idle:
            self._killed.wait(seconds)
        else:
            self._watcher.join(seconds)

    def kill(self) -> None:
        """Ends it, with all that it has started."""
        if self._idle:
            self.exit_code = KILLED if self.exit_code is None else self.exit_code
            self._killed.set()
            return
        self._kill_all()
        self.wait(5)

    def _watch(self) -> None:
        pause = _LOOK_SECONDS
        while True:
            try:
                self._process.wait(pause)
                break
            except subprocess.TimeoutExpired:
                pause = min(pause * 1.1, _LEAST_OFTEN)
                if _memory_of(self._process.pid) > self._container.memory:
                    self.over_memory = True
                    self._kill_all()
        self._kill_all()  # what it left in the background goes with the container
        self._out.seek(0)
        self._output = self._out.read(self._container.shown)
        self._out.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        code = self._process.returncode
        self.exit_code = KILLED if self.over_memory else code if code >= 0 else 128 - code

    def _started(self, start: Start) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                list(start.arguments),
                cwd=start.folder,
                env=dict(start.environment),
                stdin=subprocess.DEVNULL,
                stdout=self._out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except Exception:
            self._out.close()
            raise

    def _kill_all(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


@dataclass
class Inside:
    """Starts containers and ends them."""

    ways: Ways = Ways()
    _started: list[Running] = field(default_factory=list)

    def run(self, container: Container) -> Running:
        running = Running(container, self.ways)
        self._started.append(running)
        return running

    def stop(self) -> None:
        """Nothing of it goes on after an emulation, or after a reset."""
        for running in self._started:
            running.kill()
        self._started.clear()


def _memory_of(session: int) -> int:
    """Resident bytes of all processes of a session; 0 where /proc does not tell."""
    pages = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            stat = (entry / "stat").read_text().rpartition(") ")[2].split()
            if int(stat[3]) == session:
                pages += int(stat[21])
    return pages * os.sysconf("SC_PAGE_SIZE")
