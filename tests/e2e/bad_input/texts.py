"""What is brought to `diagnose --logs` and is no text."""

from __future__ import annotations

import sys

from tests.e2e.bad_input.case import BadInput
from tests.e2e.commands import JSON

DIAGNOSE = ("aks", "kv", "diagnose")


def refused(
    brought: str, name: str, words: str, expected: str = "expected a file, or - for standard input"
) -> BadInput:
    command = (*DIAGNOSE, "--logs", name, *JSON)
    return BadInput(brought, 2, command, error=words, expected=expected, found=name, remedy="")


CASES = (
    BadInput(
        "neither a cluster nor a text to diagnose",
        2,
        (*DIAGNOSE, *JSON),
        error="a cluster is needed",
        expected="--logs with files to read",
        found="a cluster is needed",
        remedy="",
    ),
    refused("a log that is not there", "/no/such/provider.log", "there is no file"),
    refused("a folder for a log", "/usr", "is a folder"),
    refused("an empty log", "/dev/null", "is empty", "is the filter before it too narrow?"),
    refused("a program for a log", sys.executable, "is not a text", "bytes that no text has"),
    BadInput(
        "a log whose name is empty",
        2,
        (*DIAGNOSE, "--logs", "", *JSON),
        error="the value is empty",
        expected="is a variable of the shell unset?",
        found="empty",
        remedy="",
    ),
)
