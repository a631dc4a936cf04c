"""What every changing command has in common: connect, drive the flow, say the last word, give the row back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from azext_akskv.cli.consent import asker
from azext_akskv.cli.errors import leave_with, speaking_azure
from azext_akskv.cli.reporter import TerminalReporter, reporter_for
from azext_akskv.cli.wiring import connect
from azext_akskv.engine.result import Result
from azext_akskv.engine.runner import Interrupted
from azext_akskv.flows.drive import Flow, drive
from azext_akskv.flows.world import Consent, World
from azext_akskv.model.snapshot import Wanted
from azext_akskv.report.rows import Row, change_row


@dataclass(frozen=True)
class Given:
    """The arguments that every changing command takes."""

    group: str
    cluster: str
    accept: list[str] | None
    dry_run: bool
    yes: bool


def carry(cmd: Any, flow: Flow, wanted: Wanted, given: Given) -> Row:
    """Carries the flow out, or shows its plan; leaves with the exit code that its result means."""
    return change_row(carried(cmd, flow, wanted, given))


def carried(cmd: Any, flow: Flow, wanted: Wanted, given: Given) -> Result:
    """The same, for a command with a row of its own."""
    reporter = reporter_for(cmd.cli_ctx, given.cluster)
    consent = Consent(given.dry_run, given.accept or (), asker(cmd.cli_ctx, given.yes))
    with speaking_azure():
        world = connect(cmd, given.group, given.cluster, reporter, wanted.via or "direct")
        result = _driven(flow, wanted, world, consent, reporter)
    reporter.ended(result, world.command)
    leave_with(cmd, result.exit_code)
    return result


def _driven(flow: Flow, wanted: Wanted, world: World, consent: Consent, reporter: TerminalReporter) -> Result:
    try:
        return drive(flow, wanted, world, consent)
    except Interrupted as stop:
        return stop.result
    except KeyboardInterrupt:
        reporter.failed("Interrupted before anything was changed.", world.command)
        raise
