"""What a PUT of a managed cluster does: merge, refuse, begin. A refused PUT leaves everything as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from emulator.core.http import Call, Refusal
from emulator.core.operations import Operation
from emulator.providers.containerservice import (
    addons,
    ages,
    bodies,
    clusters,
    filled,
    kms,
    kms_rules,
    lifecycle,
    upgrades,
    versions,
)
from emulator.providers.containerservice.clusters import ManagedCluster
from emulator.providers.errors import arm_error
from emulator.providers.managedidentity.assigning import refuse_unassignable
from emulator.worlds import spec

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld


def put(call: Call, cluster: ManagedCluster | None) -> tuple[ManagedCluster, Operation]:
    """Creates or updates. Raises Refusal with the codes of AKS and ARM."""
    request = call.json() or {}
    if not request.get("location"):
        raise arm_error(400, "LocationRequired", "The location property is required for this definition.", gateway=True)
    if cluster is None:
        return _create(call, request)
    lifecycle.refuse_while_busy(call.world, cluster)
    before = cluster.body
    after = bodies.merged(before, request, call.query["api-version"])
    _refuse(call, before, after)
    addons.refuse_disabling(call.world, cluster, after)
    return cluster, _apply(call, cluster, after)


def _create(call: Call, request: dict[str, Any]) -> tuple[ManagedCluster, Operation]:
    """A new cluster. Its API server is there at once, but away until the operation ends."""
    world, group, name = call.world, call.params["group"], call.params["cluster"]
    asked = request.get("properties") or {}
    version = asked.get("kubernetesVersion") or versions.DEFAULT
    request = {**request, "properties": {**asked, "kubernetesVersion": version}}
    newest = versions.newest_of(version, world.spec.kubernetes_versions)
    vnet = bool((asked.get("apiServerAccessProfile") or {}).get("enableVnetIntegration"))
    no_secrets = spec.Secrets(count=0)
    data = spec.Cluster(name, newest, identity=None, vnet_integration=vnet, secrets=no_secrets)
    draft = clusters.draft(world, group, data, world.clock.now())
    draft.body = ages.drafted(draft.body, call.query["api-version"], world.clock.now())
    filled.fit(draft.body, request)
    after = bodies.merged(draft.body, request, call.query["api-version"])
    _refuse(call, None, after)
    draft.body = after
    after["properties"].pop("identityProfile")
    if "agentPoolProfiles" not in asked:  # [REC] as with hosted system pools
        after["properties"].pop("agentPoolProfiles")
    _identify(world, draft)
    filled.at_once(world, draft, call.query["api-version"])
    kms.refuse_without_permission(world, draft)
    clusters.build(world, group, data, draft)
    world.kubernetes.server(draft.id).away = True
    return draft, lifecycle.start_update(world, draft, "Creating")


def _refuse(call: Call, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    vault = call.world.keyvault.vault(kms_rules.profile_of(after).host)
    upgrades.refuse(call.world.spec.kubernetes_versions, before, after)
    assigned = (after.get("identity") or {}).get("userAssignedIdentities") or {}
    refuse_unassignable(call, assigned, "Microsoft.ContainerService/managedClusters/write")
    kms_rules.refuse(before, after, vault.body if vault else None, call.query["api-version"])


def _apply(call: Call, cluster: ManagedCluster, after: dict[str, Any]) -> Operation:
    world, before = call.world, cluster.body
    former, assigned = kms.principal_in_use(world, cluster), kms.principal_assigned(world, cluster)
    switched = cluster.former_principal, cluster.identity_switched
    cluster.body = after
    if kms.principal_assigned(world, cluster) != assigned:
        until = world.clock.now() + timedelta(seconds=world.spec.delays.identity)
        cluster.former_principal, cluster.identity_switched = former, until
    try:
        if kms.needs_restart(world, cluster) or before["properties"]["provisioningState"] == "Failed":
            kms.refuse_without_permission(world, cluster)
    except Refusal:
        cluster.body = before
        cluster.former_principal, cluster.identity_switched = switched
        raise
    _identify(world, cluster)
    filled.at_once(world, cluster, call.query["api-version"])
    return lifecycle.start_update(world, cluster, "Upgrading" if upgrades.asked(before, after) else "Updating")


def fill(world: EmulatedWorld, cluster: ManagedCluster) -> None:
    """[REC] The ids of identities are filled in by the service; the keys stay as the request wrote them."""
    identity = cluster.body.get("identity") or {}
    for identity_id in identity.get("userAssignedIdentities") or {}:
        found = world.resources.get(identity_id)
        if found is not None:
            ids = found.body["properties"]
            known = {"clientId": ids["clientId"], "principalId": ids["principalId"]}
            identity["userAssignedIdentities"][identity_id] = known


def _identify(world: EmulatedWorld, cluster: ManagedCluster) -> None:
    """[REC] A system-assigned identity has its ids in the answer to the PUT already."""
    identity = cluster.body.get("identity") or {}
    if "SystemAssigned" in str(identity.get("type")):
        principal = world.ids.principal(f"cluster/{cluster.body['name']}")
        identity.update(principalId=principal, tenantId=spec.TENANT)
