"""What is behind the API server of an emulation's only cluster: the values in etcd, and the key in ARM."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from emulator.emulation import Emulation
from emulator.kubernetes.api_server import ApiServer
from emulator.providers.containerservice.clusters import ManagedCluster


def cluster_of(emulation: Emulation) -> ManagedCluster:
    (cluster,) = emulation.world.resources.under("", "Microsoft.ContainerService/managedClusters")
    assert isinstance(cluster, ManagedCluster)
    return cluster


def api_server_of(emulation: Emulation) -> ApiServer:
    return emulation.world.kubernetes.server(cluster_of(emulation).id)


def key_in_arm(emulation: Emulation) -> str:
    """The key that the cluster's profile names."""
    return str(cluster_of(emulation).body["properties"]["securityProfile"]["azureKeyVaultKms"]["keyId"])


def secrets(emulation: Emulation) -> Iterator[tuple[str, bytes]]:
    """The key and the value in etcd of every Secret."""
    storage = api_server_of(emulation).registry.storage
    for key, entry in storage.range("/registry/secrets/", "", storage.revision):
        assert entry.value is not None
        yield key, entry.value


def stale(emulation: Emulation) -> list[str]:
    """The secrets that the API server itself would write anew."""
    providers = api_server_of(emulation).registry.providers
    return [key for key, value in secrets(emulation) if providers.read(value, key)[1]]


def stored_under(emulation: Emulation) -> set[str]:
    """The keys that etcd's values are encrypted under, read from the values themselves; `plain` is one of them."""
    kids = {slot.kid for slot in api_server_of(emulation).slots}
    return {kid_of(value, kids) for _, value in secrets(emulation)}


def kid_of(value: bytes, kids: set[str]) -> str:
    """A value of KMS v2 names the plugin's key id, which is the hash of the key's URL. [kubernetes-kms]"""
    if not value.startswith(b"k8s:enc:"):
        return "plain"
    named = [kid for kid in kids if hashlib.sha256(kid.encode()).hexdigest().encode() in value]
    return named[0] if named else "unknown"
