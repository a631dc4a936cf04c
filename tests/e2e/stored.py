"""What is behind the API server of an emulation's cluster: the values in etcd, and the key in ARM."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from emulator.emulation import Emulation
from emulator.kubernetes.api_server import ApiServer
from emulator.kubernetes.encryption import KeySlot
from emulator.providers.containerservice.clusters import ManagedCluster

SHOP = "shop"


def cluster_of(emulation: Emulation, name: str = SHOP) -> ManagedCluster:
    """The only cluster, or of several the one of that name."""
    found = list(emulation.world.resources.under("", "Microsoft.ContainerService/managedClusters"))
    (cluster,) = found if len(found) == 1 else (each for each in found if each.body["name"].lower() == name.lower())
    assert isinstance(cluster, ManagedCluster)
    return cluster


def api_server_of(emulation: Emulation, name: str = SHOP) -> ApiServer:
    server = emulation.world.kubernetes.server(cluster_of(emulation, name).id)
    assert isinstance(server, ApiServer)
    return server


def key_in_arm(emulation: Emulation, name: str = SHOP) -> str:
    """The key that the cluster's profile names."""
    return str(cluster_of(emulation, name).body["properties"]["securityProfile"]["azureKeyVaultKms"]["keyId"])


def secrets(emulation: Emulation, name: str = SHOP) -> Iterator[tuple[str, bytes]]:
    """The key and the value in etcd of every Secret."""
    storage = api_server_of(emulation, name).registry.storage
    for key, entry in storage.range("/registry/secrets/", "", storage.revision):
        assert entry.value is not None
        yield key, entry.value


def stale(emulation: Emulation, name: str = SHOP) -> list[str]:
    """The secrets that the API server itself would write anew."""
    providers = api_server_of(emulation, name).registry.providers
    return [key for key, value in secrets(emulation, name) if providers.read(value, key)[1]]


def stored_under(emulation: Emulation, name: str = SHOP) -> set[str]:
    """The keys that etcd's values are encrypted under, read from the values themselves; `plain` is one of them."""
    slots = api_server_of(emulation, name).slots
    return {kid_of(value, slots) for _, value in secrets(emulation, name)}


def kid_of(value: bytes, slots: Sequence[KeySlot]) -> str:
    """Every value names its provider, of which each key has one of its own. [kubernetes-kms]"""
    if not value.startswith(b"k8s:enc:"):
        return "plain"
    named = [slot.kid for slot in slots if f":{slot.provider}:".encode() in value]
    return named[0] if named else "unknown"


def forget_holder(emulation: Emulation, name: str = SHOP) -> None:
    """The Lease of a run at work has lapsed long ago."""
    storage, key = api_server_of(emulation, name).registry.storage, "/registry/leases/default/akskv-run"
    emulation.server.call(lambda: storage.delete(key) if storage.get(key) else None)
