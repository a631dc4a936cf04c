"""Start states that several tests of flows share."""

from __future__ import annotations

from pathlib import Path

from azext_akskv.model.access import KEY_VAULT_CRYPTO_USER
from tests.builders import KEY, TENANT, Json, a_grant, cluster_json, vault_json
from tests.fakes import FakeWorld


def public_rbac(folder: Path, secrets: int = 9) -> FakeWorld:
    return FakeWorld(folder, secrets=secrets)


def public_policy(folder: Path, secrets: int = 9) -> FakeWorld:
    return FakeWorld(folder, secrets=secrets, vault=vault_json(rbac=False))


def private(folder: Path, secrets: int = 9) -> FakeWorld:
    """A closed vault, VNet integration, and grants that take two minutes to work."""
    world = FakeWorld(folder, secrets=secrets, cluster=integrated(), vault=vault_json(public="Disabled"))
    world.grant_delay = 120
    return world


def system_identity(folder: Path, secrets: int = 9) -> FakeWorld:
    return FakeWorld(folder, secrets=secrets, cluster=system_assigned())


def bare(folder: Path, secrets: int = 9) -> FakeWorld:
    """A system-assigned cluster, and neither vault nor key nor identity."""
    world = system_identity(folder, secrets)
    world.vaults.clear()
    world.keys.clear()
    world.identities.clear()
    return world


def kms_on(folder: Path, secrets: int = 9) -> FakeWorld:
    """KMS was turned on by other means, long ago, and every secret is under its key."""
    world = FakeWorld(folder, secrets=secrets, cluster=cluster_json(kms=KEY))
    world.grants.append(a_grant(KEY_VAULT_CRYPTO_USER))
    return world


def integrated() -> Json:
    cluster = cluster_json()
    cluster["properties"]["apiServerAccessProfile"]["enableVnetIntegration"] = True
    return cluster


def system_assigned() -> Json:
    cluster = cluster_json()
    cluster["identity"] = {"type": "SystemAssigned", "tenantId": TENANT, "principalId": "system"}
    return cluster
