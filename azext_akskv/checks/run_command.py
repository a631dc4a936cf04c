"""Checks of the other way to the API server: a command in a pod of the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import SECRETS, NotApplicable, check
from azext_akskv.checks.secrets import needs_secrets
from azext_akskv.checks.subjects import in_cluster, the_cluster
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.run_command import NO_ROOM, OFF, POD_REFUSED
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot


@check("run-command-off", SECRETS, State.WARNING, "there is a way to the API server")
def run_command_off(snapshot: Snapshot) -> Iterator[Problem]:
    """Only told where it matters: where the API server is not reached otherwise."""
    needs_secrets(snapshot)
    cluster = the_cluster(snapshot)
    if snapshot.api_server.value is True or not cluster.running:
        raise NotApplicable("the API server is reached" if cluster.running else "the cluster is stopped")
    if cluster.run_command and not (snapshot.run_command_trouble and snapshot.run_command_trouble.code == OFF):
        return
    yield Problem(
        f"`az aks command invoke` is turned off for {cluster.id.name}",
        "where the API server cannot be reached directly, it is the other way in; turning it on is an update of the "
        "cluster, and whoever may use it then reaches the cluster without its network",
        in_cluster(snapshot, "aks", "update", "--enable-run-command"),
        State.ERROR if snapshot.inside else None,
    )


@check("run-command-rights", SECRETS, State.ERROR, "the caller may run commands in the cluster")
def run_command_rights(snapshot: Snapshot) -> Iterator[Problem]:
    needs_secrets(snapshot)
    if snapshot.lacks_for_run_command is None:
        raise NotApplicable("no command is run in the cluster")
    if snapshot.api_server.value is True:
        return  # it was just done
    lacks = snapshot.lacks_for_run_command.get()
    if lacks:
        scope = str(the_cluster(snapshot).id)
        yield Problem(
            f"you lack what run-command takes at {the_cluster(snapshot).id.name}: {', '.join(lacks)}",
            "the API server is not reached from here, and these rights open the other way in. Azure Kubernetes Service "
            "Contributor Role has them, and so has a role of your own with these two actions",
            shell("az", "role", "assignment", "list", "--scope", scope, "--include-inherited", "--output", "table"),
        )


@check("run-command-fails", SECRETS, State.ERROR, "commands run in the cluster")
def run_command_fails(snapshot: Snapshot) -> Iterator[Problem]:
    needs_secrets(snapshot)
    trouble = snapshot.run_command_trouble
    if not snapshot.inside:
        raise NotApplicable("no command is run in the cluster")
    if trouble is None or trouble.code == OFF:
        return
    cluster = the_cluster(snapshot)
    place = ("--resource-group", cluster.id.group, "--cluster-name", cluster.id.name)
    pools = shell("az", "aks", "nodepool", "list", *place, "--output", "table")
    why, command = {
        NO_ROOM: (
            "the pod asks for 200m CPU and 500 MiB and tolerates no taint: a node pool for Linux that is ready, has "
            "room, and no taint such as CriticalAddonsOnly must be there; az aks nodepool scale makes room",
            pools,
        ),
        POD_REFUSED: (
            "its containers ask for 1 GiB of memory and a file system that they may write; let whoever owns the policy "
            "or the webhook exempt the namespace aks-command",
            shell("az", "policy", "assignment", "list", "--scope", str(cluster.id), "--output", "table"),
        ),
    }.get(
        trouble.code,
        (
            "a command that does nothing tells whether it is the cluster or this script",
            in_cluster(snapshot, "aks", "command", "invoke", "--command", "kubectl version"),
        ),
    )
    yield Problem(f"no command could be run in {cluster.id.name}: {trouble.text}", why, command)
