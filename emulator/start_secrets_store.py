"""How the secrets provider of a world's cluster begins: what was installed and applied."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from emulator.core.resources import Resource
from emulator.entra.metadata import VAULT_SUFFIX
from emulator.kubernetes.api_server import ApiServer
from emulator.worlds import spec
from emulator.worlds.vault_contents import MARKER

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_MOUNTED_AFTER = timedelta(seconds=10)


def begin(world: EmulatedWorld, cluster: spec.Cluster, made: Resource, created: datetime) -> None:
    """What was installed is as old as the cluster."""
    provider, server = cluster.secrets_store, world.kubernetes.server(made.id)
    if not isinstance(server, ApiServer):
        return
    applied = world.clock.now() - timedelta(seconds=provider.applied_seconds)
    server.begin_secrets_store(created, applied)
    if provider.renewed:
        server.mount_at(applied + _MOUNTED_AFTER)
    for named in provider.renewed:
        vault, _, secret = named.partition("/")
        world.keyvault.secrets.set(f"{vault}.{VAULT_SUFFIX}", secret, {"value": f"{MARKER}-renewed"})
