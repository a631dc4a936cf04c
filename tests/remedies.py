"""Whether a command that is offered for pasting is one that its program takes."""

from __future__ import annotations

import atexit
import json
import os
import shlex
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


@cache
def refusal_of(command: str) -> str:
    """What az says against a command line, or each of several joined by `&&`; empty when it can be parsed. A line for
    another program is only split into words. Nothing is run."""
    for line in command.split(" && "):
        program, *arguments = shlex.split(line) or [""]
        if program == "az" and (said := _asked(arguments)):
            return f"{line}: {said}"
    return ""


def _asked(arguments: list[str]) -> str:
    parser = _parser()
    assert parser.stdin and parser.stdout
    parser.stdin.write(json.dumps(arguments) + "\n")
    parser.stdin.flush()
    answer: str = json.loads(parser.stdout.readline())
    return answer


@cache
def _parser() -> subprocess.Popen[str]:
    """A process of its own: az's modules warn when they are imported, and tests take warnings for errors."""
    config = tempfile.TemporaryDirectory(prefix="akskv-parse-")
    own = {
        "AZURE_CONFIG_DIR": config.name,
        "AZURE_EXTENSION_DIR": str(CHECKOUT / ".venv" / "extensions"),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
    }
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.parse_az"],
        cwd=CHECKOUT,
        env={**os.environ, **own},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )

    def end() -> None:
        assert program.stdin and program.stdout
        program.stdin.close()
        program.wait(timeout=10)
        program.stdout.close()
        config.cleanup()

    atexit.register(end)
    return program
