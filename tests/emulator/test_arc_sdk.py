"""Microsoft's own poller follows the operations of connected clusters and extensions."""

from __future__ import annotations

from typing import Any

from azure.mgmt.resource import ResourceManagementClient

from emulator.worlds.spec import Delays
from tests.emulator.conftest import Connect, Running
from tests.emulator.edge_client import EDGE, STORE


def test_the_sdks_poller_follows_an_extension_and_its_cluster(running: Running, connect: Connect) -> None:
    emulation = running("ss-ready", delays=Delays(update=0.2, retry_after=0.05))
    client: Any = connect(emulation, ResourceManagementClient)
    properties = {"extensionType": "microsoft.azure.secretstore", "autoUpgradeMinorVersion": True}
    body = {"identity": {"type": "SystemAssigned"}, "properties": {**properties, "scope": {"cluster": {}}}}
    made = client.resources.begin_create_or_update_by_id(STORE, "2023-05-01", body).result()
    assert made.properties["provisioningState"] == "Succeeded" and made.properties["currentVersion"] == "1.5.1"
    change = {"location": "westeurope", "properties": {"oidcIssuerProfile": {"enabled": True}}}
    updated = client.resources.begin_create_or_update_by_id(EDGE, "2025-08-01-preview", change).result()
    assert updated.properties["provisioningState"] == "Succeeded"
    client.resources.begin_delete_by_id(STORE, "2023-05-01").result()
    assert emulation.world.resources.get(STORE) is None
