"""`python -m emulator exec|serve|worlds`: see README.rst."""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from emulator import environment
from emulator.emulation import EMULATED, REAL, Emulation, Time
from emulator.real.programs import CannotStart
from emulator.worlds import catalogue

TRIPPED = 70
"""The exit code when the oracle has tripped, or the emulator itself has failed."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.verb == "worlds":
        for name in catalogue.names():
            print(f"{name:20} {catalogue.load(name).title}")
        return 0
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # what was started is ended then too
    try:
        with _running(options) as (emulation, folder):
            perform = _exec if options.verb == "exec" else _serve
            code = perform(emulation, folder, options)
            return TRIPPED if _tripped(emulation) else code
    except CannotStart as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulator", description="Azure on loopback.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("worlds", help="list the worlds")
    execute = verbs.add_parser("exec", help="run a command in the environment of an emulation")
    serve = verbs.add_parser("serve", help="keep an emulation running until SIGTERM or SIGINT")
    for verb in (execute, serve):
        verb.add_argument("--login", choices=("identity", "person"), default="identity", help="whose login az has")
        verb.add_argument("--world", required=True, choices=catalogue.names(), metavar="NAME", help="see `worlds`")
        verb.add_argument("--clock", type=_moment, metavar="ISO", help="when the emulated time begins; default: now")
        verb.add_argument("--kubernetes", choices=(EMULATED, REAL), default=EMULATED, help="real: see README.rst")
        verb.add_argument("--step", type=float, metavar="SECONDS", help="time stands still, but each request moves it")
    serve.add_argument("--ready-file", type=Path, required=True, metavar="F", help="written when all is ready")
    execute.add_argument("command", nargs="+", metavar="COMMAND", help="after --")
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


@contextmanager
def _running(options: argparse.Namespace) -> Iterator[tuple[Emulation, Path]]:
    with tempfile.TemporaryDirectory(prefix="emulator-") as folder:
        spec = catalogue.load(options.world)
        environment.write_files(Path(folder), spec.subscriptions)
        with Emulation(spec, Time(options.clock, options.step), options.kubernetes) as emulation:
            # The world lives as long as the process: without this every collection walks over all its objects.
            gc.freeze()
            if options.login == "person":
                environment.log_in_person(emulation, Path(folder))
            yield emulation, Path(folder)


def _exec(emulation: Emulation, folder: Path, options: argparse.Namespace) -> int:
    """The command's exit code; 128 and the signal's number when a signal ended it, as shells say it."""
    child_environment = environment.complete(environment.variables(emulation, folder))
    try:
        child = subprocess.Popen(options.command, env=child_environment)
    except OSError as error:
        print(f"emulator: cannot run {options.command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the command as well, which decides
    signal.signal(signal.SIGTERM, lambda number, _: child.send_signal(number))
    code = child.wait()
    return code if code >= 0 else 128 - code


def _serve(emulation: Emulation, folder: Path, options: argparse.Namespace) -> int:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    own = environment.variables(emulation, folder)
    endpoints = {**emulation.endpoints, "proxy": emulation.proxy_url, "control": emulation.control_url}
    _write_private(options.ready_file, {"endpoints": endpoints, "ca": own["REQUESTS_CA_BUNDLE"], "environment": own})
    over.wait()
    options.ready_file.unlink(missing_ok=True)
    return 0


def _write_private(path: Path, document: object) -> None:
    """Whoever sees the file sees it whole: it holds secrets of this run, so nobody else may read it."""
    descriptor, name = tempfile.mkstemp(dir=path.absolute().parent)  # mkstemp's files have mode 0600
    with os.fdopen(descriptor, "w") as file:
        json.dump(document, file, indent=2)
    os.replace(name, path)


def _tripped(emulation: Emulation) -> bool:
    verdict = emulation.verdict()
    for violation in verdict["violations"]:
        print(f"emulator: the oracle tripped: {violation['what']}, after {violation['request']}", file=sys.stderr)
    for failure in verdict["failures"]:
        print(f"emulator: failed itself: {failure.strip().splitlines()[-1]}", file=sys.stderr)
    return not verdict["ok"]


if __name__ == "__main__":
    sys.exit(main())
