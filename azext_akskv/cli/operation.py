"""Handlers of `az aks kv operation`: what this machine's journal remembers. They ask Azure nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azext_akskv.engine.journal import RunFile

Row = dict[str, Any]


def list_runs(cmd: Any, resource_group_name: str | None = None, name: str | None = None) -> list[Row]:
    """The runs, newest first."""
    from azext_akskv.cli.errors import speaking_azure
    from azext_akskv.report.runs import run_row

    with speaking_azure():
        return [run_row(run) for run in runs_of(cmd, resource_group_name, name)]


def show_run(cmd: Any, run: str | None = None, resource_group_name: str | None = None, name: str | None = None) -> Row:
    """One run with everything that its journal holds: the one named, else the latest."""
    from azext_akskv.cli.errors import speaking_azure
    from azext_akskv.report.runs import run_story

    with speaking_azure():
        runs = runs_of(cmd, resource_group_name, name)
        return run_story(one_of(runs if run else runs[:1], run))


def abandon_run(
    cmd: Any, run: str | None = None, resource_group_name: str | None = None, name: str | None = None, yes: bool = False
) -> Row:
    """Marks a run as not to be continued. Nothing in Azure changes, and nothing in the journal is forgotten."""
    from azext_akskv.cli.consent import asker
    from azext_akskv.cli.errors import speaking_azure
    from azext_akskv.cli.wiring import journal_folder
    from azext_akskv.engine.journal import Journal
    from azext_akskv.engine.waiting import SystemClock
    from azext_akskv.report.runs import run_row

    with speaking_azure():
        chosen = one_of([each for each in runs_of(cmd, resource_group_name, name) if not each.finished], run)
        journal = Journal(journal_folder(cmd.cli_ctx), chosen.cluster, SystemClock())
        with journal.locked():
            question = f"Give up run {chosen.run} of {chosen.cluster.name}? What it changed stays."
            if asker(cmd.cli_ctx, yes)(question, ""):
                journal.abandon(chosen)
        return run_row(journal.find(chosen.run) or chosen)


def runs_of(cmd: Any, group: str | None, cluster: str | None) -> list[RunFile]:
    """The runs in this machine's journal, newest first; of one resource group or cluster when it is named."""
    from azext_akskv.cli.wiring import journal_folder
    from azext_akskv.engine.journal import every_run

    return [
        run
        for run in reversed(every_run(journal_folder(cmd.cli_ctx)))
        if (group or run.cluster.group).lower() == run.cluster.group.lower()
        and (cluster or run.cluster.name).lower() == run.cluster.name.lower()
    ]


def one_of(runs: Sequence[RunFile], wanted: str | None) -> RunFile:
    """The run named, or the only one there is."""
    from azure.cli.core.azclierror import ResourceNotFoundError

    chosen = [run for run in runs if wanted in (None, run.run)]
    if len(chosen) == 1:
        return chosen[0]
    if not chosen:
        raise ResourceNotFoundError(
            f"There is no such run in this machine's journal: {wanted}" if wanted else "There is no such run here.",
            recommendation="az aks kv operation list shows all of them.",
        )
    raise ResourceNotFoundError(
        f"Which run? There are {len(chosen)}: {', '.join(run.run for run in chosen)}",
        recommendation="Name one with --run, or its cluster with --resource-group and --name.",
    )
