"""The process that has az imported already, seen from the tests: fork_az.py does the work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator import environment

PROGRAM = Path(__file__).parent / "fork_az.py"
INDEXES = "*Index.json"
"""What az has learnt about its own commands, whoever is logged in: a third of a second for each new folder. [CLI]"""

OF_THE_MACHINE = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL")
"""What az sees of the environment of the tests. It walks over all its variables before each request, for the proxies
among them."""


class AzWorker:
    """One folder with az's configuration, `ca.pem` and `output`, and the process whose children run az in it, one after
    the other. az reads where its configuration is when it is imported, so the folder is the same for all of them."""

    def __init__(self, folder: Path, extensions: Path, preload: str = "") -> None:
        """`preload`: as FORK_AZ_PRELOAD."""
        self.folder = folder
        environment.write_files(folder)
        own = {
            "AZURE_CONFIG_DIR": str(folder / "azure"),
            "AZURE_EXTENSION_DIR": str(extensions),
            "FORK_AZ_PRELOAD": preload,
            "FORK_AZ_PATH": str(extensions / "akskv"),
        }
        given = environment.complete(own)
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            env={name: given[name] for name in (*OF_THE_MACHINE, *own) if name in given},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def forget(self) -> None:
        """The folder as it was in the beginning, but for az's indexes of its own commands."""
        azure, kept = self.folder / "azure", self.folder / "kept"
        kept.mkdir()
        for index in azure.glob(INDEXES):
            index.rename(kept / index.name)
        shutil.rmtree(azure)
        environment.write_files(self.folder)
        for index in kept.iterdir():
            index.rename(azure / index.name)
        kept.rmdir()

    def begin(self, task: Mapping[str, Any]) -> int:
        """Starts az with a task of fork_az.py and returns its process id; `end` waits for it."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({**task, "output": str(self.folder / "output")}) + os.linesep)
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> tuple[int, str]:
        """The exit status, negative for a signal, and what was written on both outputs."""
        assert self._process.stdout
        return int(self._process.stdout.readline()), (self.folder / "output").read_text()

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()
