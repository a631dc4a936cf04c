"""The KMS profile at work: as whom the control plane uses the key, by which way, and what the API servers get."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from emulator.core.http import Refusal
from emulator.core.operations import OperationFailed
from emulator.core.resources import Resource
from emulator.kubernetes.encryption import KeySlot
from emulator.providers.containerservice.bodies import minor
from emulator.providers.containerservice.kms_rules import KMS_V2, KmsProfile, profile_of
from emulator.providers.errors import aks_error
from emulator.providers.ids import group_id, name_of, same_id
from emulator.providers.keyvault import connections
from emulator.worlds.spec import SUBSCRIPTION

if TYPE_CHECKING:
    from emulator.providers.containerservice.clusters import ManagedCluster
    from emulator.world import EmulatedWorld

INTERNAL = ("InternalOperationError", "Internal server error")
"""[ISS] AKS says no more when an operation fails."""
READ = "Microsoft.KeyVault/vaults/read"
APPROVE = "Microsoft.KeyVault/vaults/privateEndpointConnectionsApproval/action"


def principal_in_use(world: EmulatedWorld, cluster: ManagedCluster) -> str:
    """[D] After a change of identity the components go on with the old one until its token expires: hours."""
    if cluster.identity_switched is not None and world.clock.now() < cluster.identity_switched:
        return cluster.former_principal
    return principal_assigned(world, cluster)


def principal_assigned(world: EmulatedWorld, cluster: Resource) -> str:
    """The object id of the control plane's identity as the document has it; empty when there is none."""
    identity = cluster.body.get("identity") or {}
    for identity_id in identity.get("userAssignedIdentities") or {}:
        found = world.resources.get(identity_id)
        return str(found.body["properties"]["principalId"]) if found else ""
    return str(identity.get("principalId") or "")


def slot_for(world: EmulatedWorld, cluster: ManagedCluster) -> KeySlot | None:
    """The key slot that the document asks for; None when KMS is off. Each key has a provider of its own. [INF] A key id
    without version stands for the newest enabled version; the new encryption's plugin is another one than the legacy
    one, also where the key is the same."""
    profile = profile_of(cluster.body)
    if profile.platform and not profile.enabled:
        return KeySlot(world.keyvault.platform_key(cluster.id.lower()).kid, "", "public", "aksplatform")
    if not profile.enabled:
        return None
    version = None if profile.versioned else world.keyvault.newest_enabled(profile.key_id)
    kid = version.kid if version else profile.key_id
    plugin = "azurekmsplus" if profile.platform else "azurekms"
    provider = f"{plugin}-{hashlib.sha256(kid.encode()).hexdigest()[:8]}"
    private: Literal["trusted", "private"] = "trusted" if profile.platform else "private"
    return KeySlot(kid, principal_in_use(world, cluster), private if profile.private else "public", provider)


def refuse_without_permission(world: EmulatedWorld, cluster: ManagedCluster) -> None:
    """[ISS] A public vault is tried as the cluster's identity before anything is done; every failure has one text.

    Raises Refusal: 400 AzureKeyVaultKmsValidateIdentityPermissionCustomerError.
    """
    profile, slot = profile_of(cluster.body), slot_for(world, cluster)
    if slot is None or profile.private or can_use(world, cluster, slot):
        return
    raise aks_error(
        400,
        "AzureKeyVaultKmsValidateIdentityPermissionCustomerError",
        f'The identity does not have keys encrypt/decrypt permission on key vault "https://{profile.host}"',
    )


def can_use(world: EmulatedWorld, cluster: Resource, slot: KeySlot) -> bool:
    """[PLUG] Whether the plugin's status would be good: a real encrypt and decrypt."""
    modern = minor(cluster.body["properties"]["kubernetesVersion"]) >= KMS_V2
    algorithm = "RSA-OAEP-256" if modern else "RSA1_5"
    value = b"healthcheck"
    try:
        for operation in ("encrypt", "decrypt"):
            value = world.keyvault.use(slot.kid, operation, value, algorithm=algorithm, caller=slot.caller)
    except Refusal:
        return False
    return True


def needs_restart(world: EmulatedWorld, cluster: ManagedCluster) -> bool:
    """Whether the API servers would run with other slots."""
    return slot_for(world, cluster) != cluster.current


def prepare(world: EmulatedWorld, cluster: ManagedCluster) -> None:
    """The network path and the plugin, before the API servers restart. [INF azure-docs#105101] The slots that they have
    are still asked by their old way meanwhile: a vault that was closed before it became Private fails the update.

    Raises OperationFailed.
    """
    profile, slot = profile_of(cluster.body), slot_for(world, cluster)
    if slot is None:
        return
    reachable = not profile.private or _reaches(world, cluster, profile)
    asked = {slot, cluster.current, cluster.previous} - {None} if needs_restart(world, cluster) else {slot}
    if not reachable or not all(can_use(world, cluster, one) for one in asked if one):
        raise OperationFailed(*INTERNAL)


def _reaches(world: EmulatedWorld, cluster: ManagedCluster, profile: KmsProfile) -> bool:
    """The new encryption comes to a private vault as a trusted service and makes no endpoint [D]; its identity must be
    able to read the vault [TEST]."""
    if not profile.platform:
        return _private_endpoint_approved(world, cluster, profile)
    vault = world.resources.get(profile.vault_id)
    return vault is not None and world.rights.may(principal_in_use(world, cluster), READ, vault.id)


def switch(world: EmulatedWorld, cluster: ManagedCluster) -> Callable[[], bool]:
    """The API servers restart with the new slots; the one before stays as the previous. To be asked when they have
    started: False, with the old slots back in place, when they cannot read every secret so: there are two slots only
    [ISS kubernetes-kms#291]."""
    server, wanted = world.kubernetes.server(cluster.id), slot_for(world, cluster)
    before = (cluster.current, cluster.previous)
    previous = cluster.previous
    if cluster.current is not None and (wanted is None or wanted.provider != cluster.current.provider):
        previous = cluster.current
    if wanted is not None and previous is not None:
        previous = None if wanted.provider == previous.provider else _by_the_way_of(wanted, previous)
    server.use_keys(wanted, previous)

    def took() -> bool:
        if not server.synced:
            server.use_keys(*before)
            return False
        cluster.current, cluster.previous = wanted, previous
        return True

    return took


def _by_the_way_of(wanted: KeySlot, previous: KeySlot) -> KeySlot:
    """[INF] Once the private endpoint is there, the old key of the same vault is reached through it too: today's
    document closes the vault after the change [D], and the old key must stay usable then."""
    if wanted.path == "private" and wanted.host == previous.host:
        return replace(previous, path=wanted.path)
    return previous


def _private_endpoint_approved(world: EmulatedWorld, cluster: ManagedCluster, profile: KmsProfile) -> bool:
    """[D] AKS makes a private endpoint of its own in the node resource group, never using another one. It approves the
    connection as the cluster's identity; without that right the connection stays Pending [TEST]."""
    vault = world.resources.get(profile.vault_id)
    if vault is None or not same_id(name_of(vault.id), profile.vault_name):
        return False
    state = connect(world, cluster, vault)
    if state["status"] == "Pending" and world.rights.may(principal_in_use(world, cluster), APPROVE, vault.id):
        state["status"] = "Approved"
    return bool(state["status"] == "Approved")


def connect(world: EmulatedWorld, cluster: ManagedCluster, vault: Resource) -> dict[str, Any]:
    """The state of the connection between the cluster's own private endpoint and the vault, made when missing."""
    node_group = cluster.body["properties"]["nodeResourceGroup"]
    endpoint = (
        f"{group_id(SUBSCRIPTION, node_group)}/providers/Microsoft.Network/privateEndpoints/kms-{name_of(cluster.id)}"
    )
    connection = connections.connection_of(vault, endpoint) or connections.connect(world, vault, endpoint)
    state: dict[str, Any] = connection["properties"]["privateLinkServiceConnectionState"]
    return state
