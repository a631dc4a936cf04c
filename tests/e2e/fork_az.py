"""Runs az commands in forked children of a process that has az imported already, and kills them where told to.

A child is killed with SIGKILL by itself: right before it opens the journal for its nth line, or right after the nth
line is on the disk. Nothing in the extension knows of this: the one is seen by an audit hook, the other by os.fsync.
Protocol: a JSON object a line on standard input, {argv, env, output, kill: {line, when}}; for each, two lines on
standard output: the child's process id, then its exit status, negative for a signal. FORK_AZ_PRELOAD names modules that
every child finds imported already, beside those that any az imports, and a package's whole content as `package.*`;
FORK_AZ_PATH is where to find them. All that saves a second a child.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

ANY_AZ = (
    "azure.cli.core.azlogging",
    "azure.cli.core.command_recommender",
    "azure.cli.core.commands",
    "azure.cli.core.commands.command_operation",
    "azure.cli.core.commands.transform",
    "azure.cli.core.extension.operations",
    "azure.cli.core.parser",
    "azure.cli.core.sdk.policies",
    "azure.cli.core.style",
    "azure.cli.core._help",
    "azure.cli.core._output",
    "azure.cli.core.auth.msal_credentials",
    "azure.core.pipeline.transport._requests_basic",
    "azure.core.rest._requests_basic",
    "jmespath",
    "msal.managed_identity",
    "_strptime",
)
"""Imported by nearly every command. Nothing in it acts when it is imported; the configuration's folder, which some of
it reads then, is the same for all children."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_before_line(number: int) -> None:
    opened = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal opened
        if event == "open" and str(arguments[0]).endswith(".jsonl") and arguments[2] & os.O_APPEND:
            opened += 1
            if opened == number:
                die()

    sys.addaudithook(hook)


def kill_after_line(number: int) -> None:
    real: Callable[[int], None] = os.fsync
    written = 0

    def fsync(descriptor: int) -> None:
        nonlocal written
        real(descriptor)
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".jsonl"):
            written += 1
            if written == number:
                die()

    os.fsync = fsync


KILLS = {"before": kill_before_line, "after": kill_after_line}


def run_az(task: dict[str, Any]) -> None:
    """Never returns: the child ends as az would."""
    os.environ.update(task["env"])
    sys.argv = ["az", *task["argv"]]
    if "output" in task:
        descriptor = os.open(task["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
    if kill := task.get("kill"):
        KILLS[kill["when"]](kill["line"])
    from azure.cli.core import get_default_cli

    try:
        code = get_default_cli().invoke(task["argv"])
    except SystemExit as stop:
        code = stop.code or 0
    sys.stdout.flush()
    os._exit(code)


def answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def import_az() -> None:
    sys.path += os.environ.get("FORK_AZ_PATH", "").split(os.pathsep)
    for name in (*ANY_AZ, *os.environ.get("FORK_AZ_PRELOAD", "").split()):
        for module in modules(name):
            importlib.import_module(module)
    gc.collect()
    gc.freeze()  # else each child's collector walks over all that, and copies it


def modules(name: str) -> Iterator[str]:
    package = name.removesuffix(".*")
    yield package
    if package != name:
        found = pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")
        yield from (each.name for each in found)


def main() -> None:
    import_az()
    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if child == 0:
            run_az(task)
        answer(child)
        _, status = os.waitpid(child, 0)
        answer(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
