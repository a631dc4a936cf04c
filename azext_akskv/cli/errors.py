"""Our failures as az's errors: what was tried, what the service said, what to do next; and the exit codes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from azext_akskv.cli.consent import NoTerminal
from azext_akskv.engine.journal import Busy, JournalTrouble
from azext_akskv.engine.result import EXIT_FAILED, EXIT_NOT_FOUND, EXIT_UNKNOWN, EXIT_USAGE
from azext_akskv.failures import (
    Conflict,
    Denied,
    GatewayError,
    LostTrack,
    Missing,
    Rejected,
    Throttled,
    TookTooLong,
    Unavailable,
)
from azext_akskv.model.ids import BadInput
from azext_akskv.model.observed import NotObserved
from azext_akskv.report.plain import plain

AGAIN = "Run the same command again: it looks first and goes on where it stopped."

# kind -> the class of azure.cli.core.azclierror, and what to do
GATEWAY: dict[type[GatewayError], tuple[str, str]] = {
    Denied: (
        "ForbiddenError",
        "`az account show` says who you are signed in as; ask for the right that is named above.",
    ),
    Missing: ("ResourceNotFoundError", "Check the names, and the subscription: `az account show`."),
    Conflict: ("AzureResponseError", f"Somebody else is changing it: wait for that to end. {AGAIN}"),
    Throttled: ("AzureResponseError", f"Wait a few minutes. {AGAIN}"),
    Unavailable: ("AzureConnectionError", f"Check the network, HTTPS_PROXY and REQUESTS_CA_BUNDLE. {AGAIN}"),
    LostTrack: ("AzureResponseError", f"The change goes on in Azure, unseen. {AGAIN}"),
    Rejected: ("BadRequestError", f"Change what the service does not accept. {AGAIN}"),
}
OTHER_GATEWAY = ("AzureResponseError", AGAIN)

# our own kinds -> the class, what to do, and the exit code
OURS: dict[type[Exception], tuple[str, str, int]] = {
    BadInput: ("InvalidArgumentValueError", "Add --help to see what the command takes.", EXIT_USAGE),
    NotObserved: ("AzureResponseError", f"See to it that this can be looked at. {AGAIN}", EXIT_UNKNOWN),
    NoTerminal: ("NoTTYError", "Read the plan with --dry-run, then pass --yes.", EXIT_USAGE),
    Busy: ("ValidationError", "Wait for it to end, or stop it; then run this command again.", EXIT_FAILED),
    JournalTrouble: (
        "FileOperationError",
        "Make that file or folder usable; then run this command again.",
        EXIT_FAILED,
    ),
    TookTooLong: ("AzureResponseError", AGAIN, EXIT_FAILED),
}
MISTAKE = "This is a mistake in akskv itself: run the command again with --debug and report what it shows."


@contextmanager
def speaking_azure() -> Iterator[None]:
    """What goes wrong inside ends the command as an error of az, with the exit code that commands promise."""
    from knack.util import CLIError

    try:
        yield
    except CLIError:  # az's own, as from a login that has run out before we asked anything
        raise
    except GatewayError as error:
        kind, advice = GATEWAY.get(type(error), OTHER_GATEWAY)
        request = f" (request {error.request_id})" if error.request_id else ""
        code = EXIT_NOT_FOUND if isinstance(error, Missing) else EXIT_FAILED
        leave_because(kind, f"Cannot {error}{request}", advice, code, error)
    except tuple(OURS) as error:  # pylint: disable=catching-non-exception  # it takes the call for no tuple
        kind, advice, code = OURS[type(error)]
        leave_because(kind, str(error), advice, code, error)
    except Exception as error:  # pylint: disable=broad-exception-caught  # never a traceback
        leave_because("CLIInternalError", f"{type(error).__name__}: {error}", MISTAKE, EXIT_FAILED, error)


def leave_because(kind: str, message: str, advice: str, code: int, cause: Exception) -> None:
    """Raises the error, or says it and raises SystemExit where az would end with another exit code than ours."""
    from azure.cli.core import azclierror

    text = plain(message)
    error = getattr(azclierror, kind)(text[:1].upper() + text[1:], advice)
    if code in (EXIT_FAILED, EXIT_NOT_FOUND):  # az: 3 for ResourceNotFoundError, 1 for every other [CLI]
        raise error from cause
    error.print_error()
    error.send_telemetry()
    raise SystemExit(code) from cause


def leave_with(cmd: Any, code: int) -> None:
    """Ends the command with this exit code once az has printed what the handler returns; az itself knows only 0."""
    from knack.events import EVENT_CLI_SUCCESSFUL_EXECUTE

    def leave(_context: Any, **_details: Any) -> None:
        sys.exit(code)

    if code:
        cmd.cli_ctx.register_event(EVENT_CLI_SUCCESSFUL_EXECUTE, leave)
