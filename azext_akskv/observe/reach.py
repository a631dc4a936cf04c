"""Whether the API server answers, and by which way: itself, or from a pod of the cluster."""

from __future__ import annotations

from dataclasses import replace

from azext_akskv.failures import Rejected
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.governance import allowed
from azext_akskv.model.observed import Observed
from azext_akskv.model.run_command import ACTIONS, OFF, TROUBLES, Trouble
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.observe.sections import observe
from azext_akskv.ports import Ports

LOG_IN = "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"
READ_PERMISSIONS = "Microsoft.Authorization/permissions/read"


def reached(snapshot: Snapshot, cluster: Cluster, ports: Ports) -> tuple[Snapshot, Observed[bool]]:
    """The snapshot with the way, and whether the API server calls itself ready.

    A command in a pod is the first thing that this way does to the cluster, so it is asked ahead whether it may be.
    """
    way = observe("the API server", LOG_IN, ports.inside.wanted)
    if way.value is not True:
        return snapshot, observe("the API server", LOG_IN, ports.secrets.ready) if way.known else Observed.unknown(
            str(way.gap)
        )
    snapshot = replace(snapshot, inside=True)
    if not cluster.run_command:
        return stopped(snapshot, Trouble(OFF, "run-command is turned off for the cluster"))
    lacks = observe("your permissions", READ_PERMISSIONS, lambda: lacking(cluster, ports))
    snapshot = replace(snapshot, lacks_for_run_command=lacks)
    if lacks.value:
        return snapshot, Observed.unknown(f"the API server was not asked: you lack {', '.join(lacks.value)}")
    trouble: list[Trouble] = []

    def ready() -> bool:
        try:
            return ports.secrets.ready()
        except Rejected as error:
            if error.code in TROUBLES:
                trouble.append(Trouble(error.code, error.message))
            raise

    found = observe("the API server", " and ".join(ACTIONS), ready)
    return stopped(snapshot, trouble[0]) if trouble else (snapshot, found)


def lacking(cluster: Cluster, ports: Ports) -> tuple[str, ...]:
    held = ports.governance.permissions(str(cluster.id))
    return tuple(action for action in ACTIONS if not allowed(held, action))


def stopped(snapshot: Snapshot, trouble: Trouble) -> tuple[Snapshot, Observed[bool]]:
    return replace(snapshot, run_command_trouble=trouble), Observed.unknown(trouble.text)
