"""The container in which run-command runs a command."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from emulator.core.inside import Container, Start, Ways

_PROGRAMS = (str(Path(__file__).resolve().parents[3] / ".venv" / "bin"), str(Path(sys.executable).parent))


@dataclass(frozen=True)
class CommandContainer(Container):
    """A command for bash, with files beside it (a zip archive), and a kubeconfig."""

    command: str
    context: bytes
    kubeconfig: str
    memory: int
    shown: int = 512 * 1024
    """[D]"""

    def laid_out(self, folder: Path, ways: Ways) -> Start:
        kubeconfig = folder / ".kubeconfig"
        with os.fdopen(os.open(kubeconfig, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.kubeconfig)
        work = folder / "command-files"
        work.mkdir()
        if self.context:
            with zipfile.ZipFile(io.BytesIO(self.context)) as archive:
                archive.extractall(work)
        return Start(("bash", "-c", self.command), _environment(folder, ways), work)


def _environment(folder: Path, ways: Ways) -> dict[str, str]:
    """Of its own: nothing of az's login, or of whoever started the emulator, is in it."""
    path = os.pathsep.join((*_PROGRAMS, "/usr/local/bin", "/usr/bin", "/bin"))
    return {"PATH": path, "HOME": str(folder), "KUBECONFIG": str(folder / ".kubeconfig"), "HTTPS_PROXY": ways.proxy_url}
