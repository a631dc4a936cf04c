"""A program: parses az command lines as az does, one JSON list of arguments a line, and runs none of them. Each is
answered with a line of JSON: what az says against it, empty when it can be parsed."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from typing import Any, NoReturn

from azure.cli.core import get_default_cli
from knack.events import EVENT_INVOKER_POST_PARSE_ARGS

PARSED = 77


def stop(_cli: Any, **_details: Any) -> NoReturn:
    raise SystemExit(PARSED)


def refusal_of(cli: Any, arguments: list[str]) -> str:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            code = cli.invoke(arguments)
    except SystemExit as end:
        code = end.code
    return "" if code == PARSED else said.getvalue() or f"az ended with {code}"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    az = get_default_cli()
    az.register_event(EVENT_INVOKER_POST_PARSE_ARGS, stop)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(refusal_of(az, json.loads(line))) + "\n")
        sys.stdout.flush()
