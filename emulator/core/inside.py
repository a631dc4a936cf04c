"""What runs inside the clusters' networks: the containers of run-command, each a process of this machine."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

SHOWN = 512 * 1024
"""So much of its output is kept. [D]"""
_LOOK_SECONDS = 0.05
_PROGRAMS = (str(Path(__file__).resolve().parents[2] / ".venv" / "bin"), str(Path(sys.executable).parent))
KILLED = 137
"""The exit code of a container that was killed for its memory."""


@dataclass(frozen=True)
class Container:
    """What is run: a command for bash, with files beside it, and a kubeconfig; killed above so many bytes of memory."""

    command: str
    context: bytes
    kubeconfig: str
    memory: int


class Running:
    """A container that was started. `exit_code` is None until it has ended, then `output` is complete.

    Raises ValueError and BadZipFile for a context that is no zip archive."""

    def __init__(self, container: Container, proxy_url: str) -> None:
        self.exit_code: int | None = None
        self.output = b""
        self._memory = container.memory
        self._folder = Path(tempfile.mkdtemp(prefix="aks-command-"))  # mode 0700
        try:
            work = _laid_out(self._folder, container)
        except (ValueError, zipfile.BadZipFile):
            shutil.rmtree(self._folder)
            raise
        self._out = (self._folder / ".output").open("w+b")
        self._killed = False
        self._process = subprocess.Popen(
            ["bash", "-c", container.command],
            cwd=work,
            env=_environment(self._folder, proxy_url),
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._watcher = threading.Thread(target=self._watch, name="aks-command", daemon=True)
        self._watcher.start()

    def wait(self, seconds: float) -> None:
        """Until it has ended, or the time is up."""
        self._watcher.join(seconds)

    def kill(self) -> None:
        """Ends it, with all that it has started."""
        self._kill_all()
        self.wait(5)

    def _watch(self) -> None:
        while True:
            try:
                self._process.wait(_LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if _memory_of(self._process.pid) > self._memory:
                    self._killed = True
                    self._kill_all()
        self._kill_all()  # what it left in the background goes with the container
        self._out.seek(0)
        self.output = self._out.read(SHOWN)
        self._out.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        code = self._process.returncode
        self.exit_code = KILLED if self._killed else code if code >= 0 else 128 - code

    def _kill_all(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


@dataclass
class Inside:
    """Starts containers and ends them. `proxy_url` is a way to every API server, the private ones included; where
    nothing listens there is none, and not the machine's own network instead."""

    proxy_url: str = "http://127.0.0.1:9"
    _started: list[Running] = field(default_factory=list)

    def run(self, container: Container) -> Running:
        running = Running(container, self.proxy_url)
        self._started.append(running)
        return running

    def stop(self) -> None:
        """Nothing of it goes on after an emulation, or after a reset."""
        for running in self._started:
            running.kill()
        self._started.clear()


def _laid_out(folder: Path, container: Container) -> Path:
    kubeconfig = folder / ".kubeconfig"
    with os.fdopen(os.open(kubeconfig, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(container.kubeconfig)
    work = folder / "command-files"
    work.mkdir()
    if container.context:
        with zipfile.ZipFile(io.BytesIO(container.context)) as archive:
            archive.extractall(work)
    return work


def _environment(folder: Path, proxy_url: str) -> dict[str, str]:
    """Of its own: nothing of az's login, or of whoever started the emulator, is in it."""
    path = os.pathsep.join((*_PROGRAMS, "/usr/local/bin", "/usr/bin", "/bin"))
    return {"PATH": path, "HOME": str(folder), "KUBECONFIG": str(folder / ".kubeconfig"), "HTTPS_PROXY": proxy_url}


def _memory_of(session: int) -> int:
    """Resident bytes of all processes of a session; 0 where /proc does not tell."""
    pages = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            stat = (entry / "stat").read_text().rpartition(") ")[2].split()
            if int(stat[3]) == session:
                pages += int(stat[21])
    return pages * os.sysconf("SC_PAGE_SIZE")
