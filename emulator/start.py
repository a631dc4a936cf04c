"""How a world begins: from its data to the state of each service."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.providers.authorization import assignments, locks
from emulator.providers.containerservice import clusters, maintenance
from emulator.providers.ids import group_id
from emulator.providers.insights import settings
from emulator.providers.keyvault import vaults
from emulator.providers.managedidentity import identities
from emulator.providers.policy import language
from emulator.providers.resources import groups
from emulator.worlds import spec

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

AGE = timedelta(days=40)
"""Everything in a world is this old when it starts, so that every grant has spread."""


def populate(world: EmulatedWorld) -> None:
    """Makes what the world's data lists, in an order in which each thing finds what it refers to.

    Raises ValueError for a policy that Azure would not take.
    """
    group, created = world.spec.group, world.clock.now() - AGE
    groups.create(world, group, created)
    for name in world.spec.identities:
        identities.create(world, group, name, world.ids.principal(name), created)
    for vault in world.spec.vaults:
        _make_vault(world, vault, created)
    for grant in world.spec.grants:
        principal = world.ids.principal(grant.principal)
        assignments.grant(world, principal, grant.role, scope_id(world, grant.scope), created)
    for cluster in world.spec.clusters:
        made = clusters.create(world, group, cluster, created)
        for configuration in cluster.maintenance:
            maintenance.put(world, made, configuration.name, dict(configuration.properties))
    _govern(world, created)


def _make_vault(world: EmulatedWorld, vault: spec.Vault, created: datetime) -> None:
    request = {"location": spec.LOCATION, "properties": _vault_properties(world, vault)}
    made = vaults.create(world, world.spec.group, vault.name, request, created)
    if vault.audit_log:
        workspace = f"{scope_id(world, 'group')}/providers/Microsoft.OperationalInsights/workspaces/shop-logs"
        logs = [{"categoryGroup": "audit", "enabled": True}]
        settings.put(world, made, "audit", {"workspaceId": workspace, "logs": logs})
    for key in vault.keys:
        for _ in range(key.versions):
            world.keyvault.create(vaults.host_of(vault.name), key.name, _key_request(world, key))


def _govern(world: EmulatedWorld, created: datetime) -> None:
    """Locks and policies come last: they would refuse the rest."""
    for lock in world.spec.locks:
        properties = {"level": lock.level, "notes": lock.notes}
        locks.put(world, scope_id(world, lock.scope), lock.name, properties).created = created
    for policy in world.spec.policy_assignments:
        language.check(policy.rule)


def scope_id(world: EmulatedWorld, scope: str) -> str:
    """The id of `subscription`, `group`, or `vault/`, `cluster/`, `identity/` and a name. Raises KeyError."""
    kind, _, name = scope.partition("/")
    group = world.spec.group
    return {
        "subscription": f"/subscriptions/{spec.SUBSCRIPTION}",
        "group": group_id(spec.SUBSCRIPTION, group),
        "vault": vaults.vault_id(spec.SUBSCRIPTION, group, name),
        "cluster": clusters.cluster_id(group, name),
        "identity": identities.identity_id(spec.SUBSCRIPTION, group, name),
    }[kind]


def _vault_properties(world: EmulatedWorld, vault: spec.Vault) -> dict[str, Any]:
    policies = [
        {
            "tenantId": spec.TENANT,
            "objectId": world.ids.principal(policy.principal),
            "permissions": {"keys": list(policy.keys)},
        }
        for policy in vault.policies
    ]
    properties: dict[str, Any] = {
        "tenantId": spec.TENANT,
        "sku": {"family": "A", "name": "standard"},
        "accessPolicies": policies,
        "enableRbacAuthorization": vault.rbac,
        "publicNetworkAccess": vault.public_network_access,
        "networkAcls": {
            "bypass": vault.bypass,
            "defaultAction": vault.default_action,
            "ipRules": [{"value": address} for address in vault.ip_rules],
            "virtualNetworkRules": [],
        },
    }
    if vault.purge_protection:
        properties["enablePurgeProtection"] = True
    return properties


def _key_request(world: EmulatedWorld, key: spec.Key) -> dict[str, Any]:
    attributes: dict[str, Any] = {"enabled": key.enabled}
    if key.expires_in_days is not None:
        expires = world.clock.now() + timedelta(days=key.expires_in_days)
        attributes["exp"] = int(expires.timestamp())
    return {"kty": "RSA", "key_size": key.size, "key_ops": list(key.operations), "attributes": attributes}
