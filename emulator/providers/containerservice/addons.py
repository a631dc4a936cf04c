"""Add-ons: their profiles, and the identities that some of them get in the node resource group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.providers.containerservice import nodegroup
from emulator.providers.errors import aks_error
from emulator.providers.ids import group_id
from emulator.providers.managedidentity import identities
from emulator.worlds import spec

if TYPE_CHECKING:
    from emulator.providers.containerservice.clusters import ManagedCluster
    from emulator.world import EmulatedWorld

SECRETS_PROVIDER = "azureKeyvaultSecretsProvider"
_WITH_IDENTITY = (SECRETS_PROVIDER, "azurepolicy", "httpApplicationRouting", "ingressApplicationGateway")
"""[REC] Add-ons that get an identity of their own in the node resource group."""
_CLASSES = "secretproviderclasses"


def begin(world: EmulatedWorld, cluster: ManagedCluster, data: spec.Cluster) -> None:
    """The add-on of a cluster that had it before the world starts."""
    provider = data.secrets_provider
    if provider is None:
        return
    config = {"enableSecretRotation": provider.rotation, "rotationPollInterval": provider.poll_interval}
    profile = {"enabled": provider.enabled, "config": config if provider.enabled else None}
    cluster.body["properties"].setdefault("addonProfiles", {})[SECRETS_PROVIDER] = profile
    identify(world, cluster)


def refuse_disabling(world: EmulatedWorld, cluster: ManagedCluster, after: dict[str, Any]) -> None:
    """[ISS] The secrets provider stays for as long as anybody's SecretProviderClass needs it.

    Raises Refusal: 400 BadRequest.
    """
    was, will = (_is_on(properties) for properties in (cluster.body["properties"], after["properties"]))
    if was and not will and world.kubernetes.server(cluster.id).count_of(_CLASSES):
        message = "AzureKeyvaultSecretsProvider addon cannot be disabled due to more than 0 Secret Provider Classes"
        raise aks_error(400, "BadRequest", message)


def _is_on(properties: dict[str, Any]) -> bool:
    profile = (properties.get("addonProfiles") or {}).get(SECRETS_PROVIDER) or {}
    return bool(profile.get("enabled"))


def identify(world: EmulatedWorld, cluster: ManagedCluster) -> None:
    """[REC] At the operation's end: add-ons that are on have their identities, those that are off have none [INF]."""
    properties = cluster.body["properties"]
    for name, addon in (properties.get("addonProfiles") or {}).items():
        if name not in _WITH_IDENTITY:
            continue
        if addon.get("enabled"):
            addon["identity"] = identity(world, cluster, name.lower())
        else:
            _retire(world, cluster, name.lower())


def identity(world: EmulatedWorld, cluster: ManagedCluster, prefix: str) -> dict[str, str]:
    """The identity of an add-on as profiles name it, made when it is not there. [INF] One that is made again after the
    add-on was off is another principal."""
    name, node_group = f"{prefix}-{cluster.body['name']}", cluster.body["properties"]["nodeResourceGroup"]
    found = world.resources.get(identities.identity_id(spec.SUBSCRIPTION, node_group, name))
    if found is None:
        again = name in cluster.retired
        principal = world.ids.next(f"principal of {name}") if again else world.ids.principal(name)
        found = identities.create(world, node_group, name, principal, world.clock.now())
    ids = found.body["properties"]
    return {"resourceId": found.id, "clientId": ids["clientId"], "objectId": ids["principalId"]}


def _retire(world: EmulatedWorld, cluster: ManagedCluster, prefix: str) -> None:
    name, node_group = f"{prefix}-{cluster.body['name']}", cluster.body["properties"]["nodeResourceGroup"]
    own = identities.identity_id(spec.SUBSCRIPTION, node_group, name)
    if world.resources.get(own) is not None:
        nodegroup.take_identity_away(world, cluster, own)
        world.resources.remove_all(own)
        cluster.retired.add(name)


def on_nodes(world: EmulatedWorld, cluster: ManagedCluster) -> list[str]:
    """[D] The identities that AKS gives the machines of every pool: the kubelet's, and the secrets provider's."""
    profile = (cluster.body["properties"].get("addonProfiles") or {}).get(SECRETS_PROVIDER) or {}
    group = group_id(spec.SUBSCRIPTION, cluster.body["properties"]["nodeResourceGroup"])
    kubelet = f"{group}/providers/{identities.IDENTITIES}/{cluster.body['name']}-agentpool"
    own = str((profile.get("identity") or {}).get("resourceId") or "")
    return [kubelet, *([own.replace("/resourcegroups/", "/resourceGroups/")] if own else [])]
