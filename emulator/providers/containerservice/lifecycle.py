"""How a managed cluster changes: one operation at a time, an answer at once, the effect at the operation's end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from emulator.core.operations import Operation, OperationFailed
from emulator.core.resources import Resource
from emulator.providers.containerservice import addons, filled, kms, nodegroup, renewed, upgrades
from emulator.providers.containerservice.clusters import ManagedCluster, touch
from emulator.providers.containerservice.versions import newest_of
from emulator.providers.errors import aks_error

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

UPDATE_STATUSES = ("InProgress", "ProvisioningControlPlane", "ReconcilingDNS", "ReconcilingAddons")
"""[REC] The set is open: these are from one recorded update."""
_AWAY_FROM = 0.25
_LOOK_AGAIN = timedelta(seconds=0.05)


def refuse_while_busy(world: EmulatedWorld, cluster: ManagedCluster) -> None:
    """Raises Refusal: 409 OperationNotAllowed [ISS]."""
    running = world.operations.running_on(cluster.id)
    if running is not None:
        raise aks_error(
            409,
            "OperationNotAllowed",
            "Operation is not allowed because there's an in progress update managed cluster operation (operation ID: "
            f"{running.id}) on the managed cluster started on UTC {running.started:%Y-%m-%dT%H:%M:%SZ}. Please wait "
            "for it to finish before starting a new operation. You can also use 'az aks operation-abort ...' to abort "
            "the ongoing operation.",
        )


def refuse_unless_matching(cluster: Resource | None, if_match: str | None, if_none_match: str | None) -> None:
    """[D] If-Match with another eTag, or on a cluster that is not there; If-None-Match `*` on one that is. [CLI] sends
    eTags quoted or bare.

    Raises Refusal: 412 [INF: text].
    """
    etag = cluster.body["eTag"] if cluster else None
    wanted = (if_match or "").removeprefix("W/").strip('"')
    matches = etag is not None if wanted == "*" else wanted in ("", etag)
    if not matches or (if_none_match == "*" and cluster is not None):
        named = if_match if not matches else if_none_match
        message = f"The condition {named} of the request does not match the current eTag {etag} of the managed cluster."
        raise aks_error(412, "PreconditionFailed", message, subcode="EtagMismatch")


def start_update(world: EmulatedWorld, cluster: ManagedCluster, state: str) -> Operation:
    """Begins what a PUT asked for; the document already says it, as AKS's does [REC]."""
    properties = cluster.body["properties"]
    version = properties["currentKubernetesVersion"]
    if state == "Upgrading":
        version = newest_of(properties["kubernetesVersion"], world.spec.kubernetes_versions)
    upgrade = version != properties["currentKubernetesVersion"]
    if upgrade or kms.needs_restart(world, cluster):
        _go_away(world, cluster)

    def effect(operation: Operation) -> None:
        server = world.kubernetes.server(cluster.id)
        server.away = False
        kms.prepare(world, cluster)
        filled.at_end(world, cluster)
        nodegroup.shrink(world, cluster)
        nodegroup.furnish(world, cluster, addons.on_nodes(world, cluster))
        properties["currentKubernetesVersion"] = version
        if kms.needs_restart(world, cluster):
            _switch(world, cluster, operation)
        elif upgrade:
            server.restart()
        upgrades.finish_pools(cluster, world.spec.kubernetes_versions)

    return _start(world, cluster, (state, *UPDATE_STATUSES), effect)


def _switch(world: EmulatedWorld, cluster: ManagedCluster, operation: Operation) -> None:
    """To the key slots that the document asks for. [INF] An update that cannot hangs for long, and fails."""
    took = kms.switch(world, cluster)

    def conclude() -> None:
        if took():
            renewed.begin(world, cluster)
        else:
            operation.go_on(operation.ends + timedelta(seconds=world.spec.delays.stuck), stuck)

    def stuck() -> None:
        touch(world, cluster, "Failed")
        raise OperationFailed(*kms.INTERNAL)

    _once_started(world, cluster, operation, conclude)


def start_delete(world: EmulatedWorld, cluster: ManagedCluster) -> Operation:
    """[D] The node resource group goes with the cluster, and etcd with both."""

    def finish() -> None:
        nodegroup.dissolve(world, cluster)
        world.resources.remove(cluster.id)
        world.kubernetes.remove(cluster.id)

    touch(world, cluster, "Deleting")
    return world.operations.start(cluster, ("InProgress",), world.spec.delays.update, finish)


def start_stop(world: EmulatedWorld, cluster: ManagedCluster) -> Operation:
    """[D] The control plane goes away and keeps its state."""

    def effect(_: Operation) -> None:
        world.kubernetes.server(cluster.id).away = True
        cluster.body["properties"]["powerState"] = {"code": "Stopped"}

    return _start(world, cluster, ("Stopping", "InProgress"), effect)


def start_start(world: EmulatedWorld, cluster: ManagedCluster) -> Operation:
    """[INF] The API servers come back with their slots, so they need the keys and the vault."""

    server = world.kubernetes.server(cluster.id)

    def effect(operation: Operation) -> None:
        cluster.body["properties"]["powerState"] = {"code": "Running"}
        server.away = False
        server.restart()
        _once_started(world, cluster, operation, conclude)

    def conclude() -> None:
        if not server.synced:
            raise OperationFailed(*kms.INTERNAL)

    return _start(world, cluster, ("Starting", "InProgress", "ProvisioningControlPlane"), effect)


def abort(world: EmulatedWorld, cluster: ManagedCluster) -> Operation:
    """[REC] Ends the running operation without its effect: the cluster is then Canceled.

    Raises Refusal: 400 when nothing runs [INF: text].
    """
    running = world.operations.running_on(cluster.id)
    if running is None:
        raise aks_error(
            400, "OperationNotAllowed", "There is no operation in progress on the managed cluster to abort."
        )
    world.operations.cancel(running)
    server = world.kubernetes.server(cluster.id)
    server.away = cluster.body["properties"]["powerState"]["code"] == "Stopped"
    if server.starting:
        server.use_keys(cluster.current, cluster.previous)
    touch(world, cluster, "Canceled")
    return running


def _start(
    world: EmulatedWorld, cluster: ManagedCluster, states: Sequence[str], effect: Callable[[Operation], None]
) -> Operation:
    """`states`: the cluster's provisioningState for now, then the statuses of the operation. `effect` may raise
    OperationFailed, or let the operation go on."""
    touch(world, cluster, states[0])

    def finish() -> None:
        _finish(world, cluster, operation, lambda: effect(operation))

    operation = world.operations.start(cluster, states[1:], world.spec.delays.update, finish)
    return operation


def _finish(world: EmulatedWorld, cluster: ManagedCluster, operation: Operation, effect: Callable[[], None]) -> None:
    try:
        effect()
    except OperationFailed:
        touch(world, cluster, "Failed")
        raise
    if operation.result is not None:
        touch(world, cluster, "Succeeded")


def _once_started(
    world: EmulatedWorld, cluster: ManagedCluster, operation: Operation, then: Callable[[], None]
) -> None:
    """A real API server takes seconds to start: the operation goes on until it is there."""
    if not world.kubernetes.server(cluster.id).starting:
        then()
        return

    def look_again() -> None:
        _finish(world, cluster, operation, lambda: _once_started(world, cluster, operation, then))

    operation.go_on(world.clock.now() + _LOOK_AGAIN, look_again)


def _go_away(world: EmulatedWorld, cluster: ManagedCluster) -> None:
    """The API servers restart on every change of KMS; connections break off for the rest of the operation."""

    def leave() -> None:
        if world.operations.running_on(cluster.id):
            world.kubernetes.server(cluster.id).away = True

    servers = Resource(f"{cluster.id}/apiServers", {}, world.clock.now())
    world.operations.start(servers, (), world.spec.delays.update * _AWAY_FROM, leave)
