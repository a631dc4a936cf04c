"""What must be true once the commands of the secrets provider have done their work: of Azure's state and of the
cluster's, not of what the commands say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emulator.providers.compute.scale_sets import identities_of
from emulator.world import EmulatedWorld

if TYPE_CHECKING:
    from tests.e2e.conftest import Ended, Station

ADDON = "azurekeyvaultsecretsprovider-shop"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
CLASSES = "/registry/secretproviderclasses/"
PODS = "/registry/pods/default/"


def enabled(station: Station, _ended: Ended) -> Iterator[str]:
    """The add-on with its rotation, and its identity on every scale set."""
    profile = station.cluster().body["properties"]["addonProfiles"]["azureKeyvaultSecretsProvider"]
    config = profile.get("config") or {}
    if not profile["enabled"] or config.get("enableSecretRotation") != "true" or config["rotationPollInterval"] != "5m":
        yield f"the add-on: {profile}"
    world = station.emulation.world
    yield from station.emulation.server.call(lambda: [*_without_identity(world)])


def _without_identity(world: EmulatedWorld) -> Iterator[str]:
    for each in world.resources.under("/", "Microsoft.Compute/virtualMachineScaleSets"):
        if not any(name.rpartition("/")[2].lower() == ADDON for name in identities_of(each)):
            yield f"{each.id} lacks the identity"


def granted(station: Station, _ended: Ended) -> Iterator[str]:
    """One role, at the vault, to the add-on's identity, and no other."""
    world = station.emulation.world
    principal = world.ids.principal(ADDON)
    found = station.emulation.server.call(
        lambda: [
            (each.body["properties"]["roleDefinitionId"].rpartition("/")[2], each.body["properties"]["scope"])
            for each in world.resources.under("/", "Microsoft.Authorization/roleAssignments")
            if each.body["properties"]["principalId"] == principal
        ]
    )
    if [(role, scope.rpartition("/")[2]) for role, scope in found] != [(SECRETS_USER, "shop-kv")]:
        yield f"granted: {found}"


def generated(station: Station, _ended: Ended) -> Iterator[str]:
    """One class and one pod, which mounts what is in the vault."""
    classes, pods = _stored(station, CLASSES), _stored(station, PODS)
    if [each["metadata"]["name"] for each in classes] != ["shop-kv"]:
        yield f"classes: {[each['metadata']['name'] for each in classes]}"
    elif "objectName: db-pass" not in classes[0]["spec"]["parameters"]["objects"]:
        yield f"the class names {classes[0]['spec']['parameters']['objects']}"
    if [each["metadata"]["name"] for each in pods] != ["shop-kv-reader"]:
        yield f"pods: {[each['metadata']['name'] for each in pods]}"


def _stored(station: Station, prefix: str) -> list[dict[str, Any]]:
    storage = station.api_server().registry.storage
    return [json.loads(entry.value) for _, entry in storage.range(prefix, "", storage.revision)]
